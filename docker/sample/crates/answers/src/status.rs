pub fn of(path: &str) -> (&'static str, String) {
    match path {
        "/health" => ("200 OK", "healthy\n".into()),
        "/commit" => ("200 OK", std::env::var("COMMIT").unwrap_or_default()),
        _ => ("404 Not Found", "nothing here\n".into()),
    }
}
