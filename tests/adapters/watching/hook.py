"""A webhook on loopback that keeps what it is told, and can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """``answers`` are the statuses of the next requests, then ``otherwise``; 0 hangs until ``release`` is set."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    otherwise: int = 204
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

        def _take(self) -> None:
            hook.paths.append(f"{self.command} {self.path}")
            hook.headers.append(dict(self.headers.items()))
            hook.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            hook.asked.set()
            status = hook.answers.pop(0) if hook.answers else hook.otherwise
            if status == 0:
                hook.release.wait(30)
                status = 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{hook.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self._take()

        def do_GET(self) -> None:
            self._take()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
