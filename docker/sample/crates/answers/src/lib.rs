//! What the sample answers to the first line of a request.
mod status;

pub fn answer(request: &str) -> String {
    let path = request.split(' ').nth(1).unwrap_or("");
    let (code, body) = status::of(path);
    format!("HTTP/1.1 {code}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
