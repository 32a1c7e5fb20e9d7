"""A link between a client and a server that is cut in the worst moment."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path

_NAME = ".s.PGSQL.5432"
_COMMIT = b"COMMIT\0"


class Cut(Enum):
    """When the link is cut. Later links hold, but for the last sort."""

    BEFORE_COMMIT = auto()
    AFTER_COMMIT = auto()
    FOR_GOOD = auto()


@contextmanager
def cut_links(server: Path, cut: Cut) -> Iterator[str]:
    """A folder with a socket that leads to the server in ``server``, until somebody commits through it."""
    with tempfile.TemporaryDirectory(prefix="rln-", dir="/tmp") as folder:  # a socket's path must be short
        door = socket.socket(socket.AF_UNIX)
        door.bind(f"{folder}/{_NAME}")
        door.listen()
        link = _Link(server, cut)
        thread = threading.Thread(target=link.serve, args=(door,), daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
            thread.join()
            link.end()


class _Link:
    def __init__(self, server: Path, cut: Cut) -> None:
        self._server = str(server / _NAME)
        self._cut: Cut | None = cut
        self._closed = False
        self._deaf: set[socket.socket] = set()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def serve(self, door: socket.socket) -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            if self._closed:
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._open += [client, server]
            for work in ((self._up, client, server), (self._down, server, client)):
                self._threads.append(threading.Thread(target=work[0], args=work[1:], daemon=True))
                self._threads[-1].start()

    def end(self) -> None:
        for one in self._open:
            _close(one)
        for thread in self._threads:
            thread.join()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        for data in _received(client):
            if _COMMIT in data and self._cut is not None:
                cut, self._cut = self._cut, None
                if cut is not Cut.AFTER_COMMIT:
                    self._closed = cut is Cut.FOR_GOOD
                    break
                self._deaf.add(server)  # the server will answer, and nobody hears it
            try:
                server.sendall(data)
            except OSError:
                break
        _close(server)
        _close(client)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        for data in _received(server):
            if server in self._deaf:
                break
            try:
                client.sendall(data)
            except OSError:
                break
        _close(client)
        _close(server)


def _received(link: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = link.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def _close(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
