"""A host of reviews on loopback: the parts of two REST APIs that the program speaks to, as their makers document them.

It keeps comments, pages them, asks for a token, and can be told to be busy, slow, silent or rude for a while.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "tok-5f1c-not-for-output"
GITHUB_COMMENTS = re.compile(r"/repos/farol/live/issues/7/comments")
GITHUB_COMMENT = re.compile(r"/repos/farol/live/issues/comments/(\d+)")
GITLAB_NOTES = re.compile(r"/projects/42/merge_requests/7/notes")
GITLAB_NOTE = re.compile(r"/projects/42/merge_requests/7/notes/(\d+)")


@dataclass
class Fault:
    """What happens instead of an answer. ``after`` a change was made, or before; ``method`` narrows it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    method: str = ""
    after: bool = False
    hang_up: bool = False
    text: bytes | None = None
    """Sent as it is, whatever it is."""


@dataclass
class Host:
    """The state of the host. ``requests`` are method, path and whether the token was right."""

    me: str = "github-actions[bot]"
    knows_me: bool = False
    comments: list[tuple[int, str, str]] = field(default_factory=list)
    system: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def writes(self) -> list[str]:
        return [method for method, _ in self.requests if method != "GET"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    host: Host

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_PATCH(self) -> None:
        self.answer("PATCH")

    def do_PUT(self) -> None:
        self.answer("PUT")

    def answer(self, method: str) -> None:
        size = int(self.headers.get("Content-Length", 0))
        content = json.loads(self.rfile.read(size)) if size else None
        parts = urlsplit(self.path)
        self.host.requests.append((method, parts.path))
        fault = next((one for one in self.host.faults if one.method in ("", method)), None)
        if fault is not None:
            self.host.faults.remove(fault)
            if fault.after:
                self.outcome(method, parts.path, parse_qs(parts.query), content)
            self.fail(fault)
            return
        status, found, headers = self.outcome(method, parts.path, parse_qs(parts.query), content)
        self.send(status, found, headers)

    def fail(self, fault: Fault) -> None:
        if fault.hang_up:
            self.close_connection = True
            self.connection.close()
            return
        if fault.text is not None:
            self.write(fault.status, fault.text, fault.headers)
            return
        self.send(fault.status, {"message": f"no {TOKEN}"}, fault.headers)

    def send(self, status: int, content: Any, headers: dict[str, str]) -> None:
        self.write(status, json.dumps(content).encode(), headers)

    def write(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def outcome(
        self, method: str, path: str, query: dict[str, list[str]], content: Any
    ) -> tuple[int, Any, dict[str, str]]:
        gitlab = path.startswith(("/projects", "/user")) and "PRIVATE-TOKEN" in self.headers
        given = self.headers.get("PRIVATE-TOKEN") if gitlab else self.headers.get("Authorization", "")[7:]
        if given != TOKEN:
            return 401, {"message": "Bad credentials"}, {}
        if path == "/user":
            if gitlab:
                return 200, {"username": self.host.me}, {}
            return (200, {"login": self.host.me}, {}) if self.host.knows_me else (403, {"message": "no"}, {})
        return self.comment(method, path, query, content, gitlab=gitlab)

    def comment(
        self, method: str, path: str, query: dict[str, list[str]], content: Any, *, gitlab: bool
    ) -> tuple[int, Any, dict[str, str]]:
        whole, single = (GITLAB_NOTES, GITLAB_NOTE) if gitlab else (GITHUB_COMMENTS, GITHUB_COMMENT)
        if whole.fullmatch(path) and method == "GET":
            size, page = int(query["per_page"][0]), int(query["page"][0])
            shown = self.host.comments[(page - 1) * size : page * size]
            more = len(self.host.comments) > page * size
            headers = {"Link": f'<{self.host.url}{path}?page={page + 1}>; rel="next"'} if more else {}
            return 200, [self.one(comment, gitlab=gitlab) for comment in shown], headers
        if whole.fullmatch(path) and method == "POST":
            made = (max((one[0] for one in self.host.comments), default=100) + 1, self.host.me, content["body"])
            self.host.comments.append(made)
            return 201, self.one(made, gitlab=gitlab), {}
        found = single.fullmatch(path)
        if found and method == ("PUT" if gitlab else "PATCH"):
            for place, (number, author, _) in enumerate(self.host.comments):
                if number == int(found[1]):
                    self.host.comments[place] = (number, author, content["body"])
                    return 200, self.one(self.host.comments[place], gitlab=gitlab), {}
        return 404, {"message": "Not Found"}, {}

    def one(self, comment: tuple[int, str, str], *, gitlab: bool) -> dict[str, Any]:
        number, author, body = comment
        body = body.rstrip("\n").replace("\n", "\r\n") if not gitlab else body.rstrip()
        if gitlab:
            return {"id": number, "author": {"username": author}, "body": body, "system": number in self.host.system}
        return {"id": number, "user": {"login": author}, "body": body}


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    """The host, listening on a free port of loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"host": host}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
