"""A server on this machine that publishes files, and does with them what servers do."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Published:
    """A file at a path, and how the server goes about sending it.

    ``breaks``: how many times the connection is closed half-way. ``ranges``: the rest of a file
    can be asked for. ``etag``, ``modified``: marks of its version. ``length``: ``"said"``,
    ``"chunked"`` or ``"unsaid"``. ``ignores_if_range``: sends the rest of another version.
    ``shift``: goes on so many bytes too early. ``drifts``: how far one break is from the next.
    """

    content: bytes
    breaks: int = 0
    ranges: bool = True
    etag: str = '"v1"'
    modified: str = ""
    length: str = "said"
    coding: str = ""
    ignores_if_range: bool = False
    shift: int = 0
    drifts: int = 0
    type: str = "text/csv"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers
        mark = self.etag or self.modified
        if self.etag and asked["If-None-Match"] == self.etag:
            handler.send_response(304)
            handler.end_headers()
            return
        body = gzip.compress(self.content, mtime=0) if self.coding == "gzip" else self.content
        start = 0
        fits = self.ignores_if_range or asked["If-Range"] in (None, mark)
        if asked["Range"] and self.ranges and fits:
            start = int(asked["Range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                handler.send_response(416)
                handler.send_header("Content-Range", f"bytes */{len(body)}")
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
        self._send(handler, body, max(0, start - self.shift) if start else 0, bool(start))

    def _send(self, handler: BaseHTTPRequestHandler, body: bytes, start: int, part: bool) -> None:
        rest = body[start:]
        handler.send_response(206 if part else 200)
        if part:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        marks = {"ETag": self.etag, "Last-Modified": self.modified, "Content-Type": self.type,
                 "Content-Encoding": self.coding}  # fmt: skip
        for name, value in marks.items():
            if value:
                handler.send_header(name, value)
        if self.length == "said":
            handler.send_header("Content-Length", str(len(rest)))
        elif self.length == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
        else:
            handler.send_header("Connection", "close")
        handler.end_headers()
        broken = self.breaks > 0
        self.breaks -= 1
        sent = rest[: len(rest) // 2 + self.breaks * self.drifts] if broken else rest
        if self.length == "chunked":
            for at in range(0, len(sent), 40_000):
                block = sent[at : at + 40_000]
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
            handler.wfile.write(b"" if broken else b"0\r\n\r\n")
        else:
            handler.wfile.write(sent)
        handler.close_connection = broken or self.length == "unsaid"


@dataclass
class Publisher:
    """What the server does at each path, and what it was asked."""

    base: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def file(self, path: str, content: bytes, **how: Any) -> str:
        """Publish a file; return its address."""
        self.answers[path] = Published(content, **how).answer
        return self.base + path

    def page(self, path: str, *links: str) -> str:
        """Publish a web page of links; return its address."""
        body = "".join(f'<li><a class="x" href="{link}">{link}</a></li>' for link in links)
        html = f"<!DOCTYPE html><html><body>{body}</body></html>"
        return self.file(path, html.encode(), type="text/html", etag="")

    def status(
        self, path: str, code: int, times: int = 10**9, headers: dict[str, str] | None = None
    ) -> str:
        """Answer with a status some times, before what is at the path already."""
        after = self.answers.get(path)
        left = [times]

        def answer(handler: BaseHTTPRequestHandler) -> None:
            if left[0] <= 0 and after:
                after(handler)
                return
            left[0] -= 1
            handler.send_response(code)
            for name, value in (headers or {}).items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer
        return self.base + path


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher's server, as long as the test runs."""
    made = Publisher()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            made.asked.append((path, self.headers.get("Range")))
            answer = made.answers.get(path)
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so there
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Keep quiet where the other side hangs up."""

    server = Server(("127.0.0.1", 0), Handler)
    made.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
