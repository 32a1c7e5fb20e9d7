"""A gate of TCP in front of a server's socket, which spoils one link in a chosen way when it hears a chosen message.

One thread carries a link in both directions, so that what passes before and after the cut is exact to the byte.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
"""The whole message that asks a server to commit."""

ANSWER = len(b"C\0\0\0\x0bCOMMIT\0" + b"Z\0\0\0\x05I")
"""How many bytes a server answers to it."""

NOTE = b"pg_current_xact_id"
"""Stands in the question by which an apply notes its transaction, shortly before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoil:
    """What happens to the first link that carries ``message``.

    ``sent`` bytes of it reach the server, all when None; of the answer, ``heard`` bytes reach the client. Then both
    ends are cut, with a reset when ``reset``. With ``race`` seconds the link is cut that long after the message,
    answer or not. ``ends`` is called instead of any cut: ``before`` the message passes, or that long after it.
    New links find nobody for ``away`` seconds.
    """

    message: bytes = COMMIT
    sent: int | None = None
    heard: int = 0
    race: float | None = None
    ends: str = ""
    reset: bool = False
    away: float = 0.0

    def __str__(self) -> str:
        what = "commit" if self.message == COMMIT else "note"
        how = f"server ends it {self.ends}" if self.ends else "reset" if self.reset else "closed"
        if self.race is not None:
            how += f" after {self.race * 1000:.1f} ms"
        elif not self.ends:
            how += f", {'all' if self.sent is None else self.sent} sent, {self.heard} heard"
        return f"{what}, {how}, away {self.away:.1f} s"


@contextmanager
def gate(server: Path, spoil: Spoil, end: Callable[[], None]) -> Iterator[int]:
    """The port of a gate to the server whose socket lies in ``server``; ``end`` ends the link at the server's side."""
    door = socket.create_server(("127.0.0.1", 0))
    made = _Gate(server=str(server / ".s.PGSQL.5432"), spoil=spoil, end=end)
    thread = threading.Thread(target=made.serve, args=(door,), daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1]
    finally:
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()
        made.closing.set()
        for one in made.threads:
            one.join()


@dataclass(kw_only=True)
class _Gate:
    server: str
    spoil: Spoil
    end: Callable[[], None]
    armed: bool = True
    shut_until: float = 0.0
    closing: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def serve(self, door: socket.socket) -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            if time.monotonic() < self.shut_until:
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.threads.append(threading.Thread(target=self._carry, args=(client,), daemon=True))
            self.threads[-1].start()

    def _carry(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            server.connect(self.server)
            while not self.closing.is_set():
                ready = select.select([client, server], [], [], 0.2)[0]
                if server in ready:
                    data = server.recv(65536)
                    if not data:
                        return
                    client.sendall(data)
                if client in ready:
                    data = client.recv(65536)
                    if not data:
                        return
                    place = data.find(self.spoil.message) if self.armed else -1
                    if place < 0:
                        server.sendall(data)
                    elif self._strike(client, server, data, place):
                        return

    def _strike(self, client: socket.socket, server: socket.socket, data: bytes, place: int) -> bool:
        """Spoil the link; gives whether it is to be cut."""
        self.armed = False
        spoil = self.spoil
        if spoil.away:
            self.shut_until = inf if spoil.away == inf else time.monotonic() + spoil.away
        if spoil.ends:
            if spoil.ends == "before":
                self.end()
            with suppress(OSError):
                server.sendall(data)
            if spoil.ends == "with":
                time.sleep(spoil.race or 0)
                self.end()
            return False
        server.sendall(data if spoil.sent is None else data[: place + spoil.sent])
        if spoil.race is not None:
            time.sleep(spoil.race)
        elif spoil.sent is None:
            answer = b""
            while len(answer) < ANSWER and (more := server.recv(65536)):
                answer += more
            client.sendall(answer[: spoil.heard])
        if spoil.reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True
