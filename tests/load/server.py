"""A small HTTP server on loopback whose latencies, errors and stalls are known: `python -m tests.load.server`.

It prints its port. A path is a behaviour; `/seen/<path>` says how often it was asked, and how many were under way at
once at most.
"""

import asyncio
import contextlib
from collections import Counter

SLOW = 0.060
PERCENTILES = [0.002] * 90 + [0.030] * 8 + [0.060] * 2
"""Seconds of the answers of `/percentiles`, again and again."""

CUT_OFF = "cut off"
"""In place of where a redirect leads to: the connection ends in the middle of the body."""

SLOW_STARTS = 60
SLOW_START = 0.150

asked: Counter[str] = Counter()
under_way: Counter[str] = Counter()
most: Counter[str] = Counter()


async def behave(path: str) -> tuple[int, str]:
    """Wait as the path has it, and return the status and where it redirects to."""
    number = asked[path]
    match path:
        case "/percentiles":
            await asyncio.sleep(PERCENTILES[number % len(PERCENTILES)])
        case "/slow":
            await asyncio.sleep(SLOW)
        case "/tenth-of-a-second":
            await asyncio.sleep(0.1)
        case "/slow-start" if number <= SLOW_STARTS:
            await asyncio.sleep(SLOW_START)
        case "/erring" if number % 10 == 0:
            return 503, ""
        case "/hanging" if number > 1:  # the first is the one that looks whether anybody is there
            await asyncio.sleep(60)
        case "/late-and-hanging":
            await asyncio.sleep(3 if number == 1 else 60)
        case "/cut-off":
            return 200, CUT_OFF
        case "/elsewhere":
            return 302, "http://example.com/elsewhere"
        case _:
            pass
    return 200, ""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of a connection."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            seen = path.removeprefix("/seen") if path.startswith("/seen/") else None
            status, location = 200, ""
            if seen is None:
                asked[path] += 1
                under_way[path] += 1
                most[path] = max(most[path], under_way[path])
                try:
                    status, location = await behave(path)
                finally:
                    under_way[path] -= 1
            body = b"ok" if seen is None else f"{asked[seen]} {most[seen]}".encode()
            if location == CUT_OFF:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the start")
                break
            more = f"Location: {location}\r\n" if location else ""
            writer.write(f"HTTP/1.1 {status} OK\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    writer.close()


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=500)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
