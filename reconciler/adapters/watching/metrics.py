"""Metrics of a watch in the format of Prometheus: written into a file, or served over HTTP.

========= ===================================================================
code      finding
========= ===================================================================
WCH-02    the file, or the address, of the metrics cannot be used
WCH-03    the library that writes metrics is not installed
========= ===================================================================
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from reconciler.model.errors import UsageError, WorldError
from reconciler.model.watch import RoundOutcome, Tally, Turn

LOOPBACK = "127.0.0.1"
"""Where metrics are served when nobody names a host."""
PATIENCE = 5.0
"""Seconds for which a reader may be silent."""

_LAST_PORT = 65535
_LEFT = 3600.0
"""Seconds after which nobody writes a file any more that was to replace the one of the metrics."""
_PLACE = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*):([0-9]{1,5})")
_SUMS = (
    ("rounds", "rounds", "Rounds of looking for drift, by outcome.", "outcome", tuple(map(str, RoundOutcome))),
    ("transitions", "transitions", "Transitions of findings and of the watch.", "transition", tuple(map(str, Turn))),
    ("deliveries", "webhook_deliveries", "Deliveries to the webhook.", "outcome", ("delivered", "failed")),
)
_NUMBERS = (
    ("interval", "interval_seconds", "Seconds from the beginning of one round to that of the next."),
    ("managed", "managed_resources", "Managed resources that the last round looked at."),
    ("pending", "webhook_pending_transitions", "Transitions that wait for the webhook."),
    ("duration", "round_duration_seconds", "How long the last round took."),
    ("last_round", "last_round_timestamp_seconds", "When the last round ended."),
    ("last_complete", "last_success_timestamp_seconds", "When the last complete round ended."),
)


def open_metrics(place: str, *, folder: Path, version: str, environment: str = "") -> MetricsFile | MetricsServer:
    """``:PORT`` or ``HOST:PORT`` is served from now on, on loopback without a host; else ``place`` is a file.

    Raises:
        UsageError: the place cannot be used (WCH-02), or the library is not installed (WCH-03).
    """
    try:
        library = import_module("prometheus_client")
    except ImportError:
        hint = "pip install 'reconciler[metrics]'"
        raise UsageError("--metrics needs prometheus-client", code="WCH-03", hint=hint) from None
    board = _Board(library, {"version": version, "environment": environment})
    found = _PLACE.fullmatch(place)
    if found is None:
        return MetricsFile(board, _file(folder / place if place else None, place))
    host, port = found[1].strip("[]") or LOOPBACK, int(found[2])
    if port > _LAST_PORT:
        raise UsageError(f"--metrics {place}: there is no such port", code="WCH-02")
    try:
        return MetricsServer(board, host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "there is no such address"
        raise UsageError(f"--metrics {place}: {reason}", code="WCH-02", hint="choose another address") from None


class MetricsFile:
    """A file that is replaced as a whole, as the textfile collector of a node exporter wants it."""

    def __init__(self, board: _Board, path: Path) -> None:
        self._board = board
        self._path = path
        self.place = path.name
        self._sweep()

    def show(self, tally: Tally) -> None:
        """Replace the file.

        Raises:
            WorldError: it cannot be written (WCH-02).
        """
        self._board.tally = tally
        try:
            self._board.library.write_to_textfile(str(self._path), self._board.registry)
        except OSError as error:
            raise WorldError(f"the metrics cannot be written: {error.strerror}", code="WCH-02") from error

    def _sweep(self) -> None:
        """Remove what watches have left that were killed while they wrote. What is young may be written just now."""
        left = re.compile(re.escape(self._path.name) + r"\.[0-9]+\.[0-9]+")
        with suppress(OSError):
            for one in sorted(self._path.parent.iterdir()):
                if left.fullmatch(one.name) and one.is_file() and time.time() - one.stat().st_mtime > _LEFT:
                    one.unlink(missing_ok=True)


class MetricsServer:
    """Answers GET with the numbers that were shown last."""

    def __init__(self, board: _Board, host: str, port: int) -> None:
        self._board = board
        self._server = _Server((host, port))
        self._server.set_app(board.library.make_wsgi_app(board.registry))
        bound, self.port = self._server.server_address[:2]
        self.place = f"[{bound!s}]:{self.port}" if ":" in str(bound) else f"{bound!s}:{self.port}"
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def show(self, tally: Tally) -> None:
        """From now on, answer with this."""
        self._board.tally = tally

    def close(self) -> None:
        """Serve no longer."""
        self._server.shutdown()
        self._server.server_close()


class _Board:
    """What the library collects: the tally of the last round, made into families when somebody reads."""

    def __init__(self, library: Any, build: dict[str, str]) -> None:
        self.library = library
        self.tally: Tally | None = None
        self._build = build
        self.registry = library.CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def describe(self) -> list[Any]:
        """Nothing is known before it is collected."""
        return []

    def collect(self) -> Iterator[Any]:
        """The families."""
        core = self.library.metrics_core
        info = core.GaugeMetricFamily("reconciler_build_info", "The program that watches.", labels=[*self._build])
        info.add_metric([*self._build.values()], 1)
        yield info
        tally = self.tally  # the loop replaces it as a whole, at any time
        if tally is None:
            return
        findings = core.GaugeMetricFamily(
            "reconciler_drift_findings",
            "Findings of the last round that could look, by tenant, kind and state.",
            labels=["tenant", "kind", "state"],
        )
        for labels, count in sorted(tally.findings.items()):
            findings.add_metric([*labels], count)
        yield findings
        for name, word, text, label, values in _SUMS:
            sums = core.CounterMetricFamily(f"reconciler_drift_{word}", text, labels=[label])
            for value in values:
                sums.add_metric([value], getattr(tally, name).get(value, 0))
            yield sums
        for name, word, text in _NUMBERS:
            number = getattr(tally, name)
            if number is not None:
                yield core.GaugeMetricFamily(f"reconciler_drift_{word}", text, value=number)


class _Handler(WSGIRequestHandler):
    """Says nothing on standard error, and waits for nobody for long."""

    timeout = PATIENCE

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    """One thread a reader; none of them keeps the program from ending."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int]) -> None:
        found = socket.getaddrinfo(address[0], address[1], type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        super().__init__(found[0][4][:2], _Handler)  # type: ignore[arg-type]  # a host and a port, whatever the family

    def server_bind(self) -> None:
        """As of any server, without asking a name server for the own name, which may take long."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, *_arguments: Any) -> None:
        """A reader that goes away is no news."""


def _file(path: Path | None, place: str) -> Path:
    if path is None or not place.strip() or place.startswith(":"):
        raise UsageError("--metrics names a file, or :PORT", code="WCH-02", hint="write ./ before a file with a colon")
    target = _target(path)
    if target is None:
        raise UsageError(f"--metrics {place}: this is no file", code="WCH-02", hint="name a file, or :PORT")
    if not target.parent.is_dir():
        raise UsageError(f"--metrics {place}: there is no such folder", code="WCH-02", hint="make it first")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--metrics {place}: its folder may not be written", code="WCH-02")
    return target


def _target(path: Path) -> Path | None:
    """Where the file is or will be; None for a device, a folder, and a name that leads nowhere."""
    try:
        target = path.resolve()
        # What is still a link after all are followed is a part of a circle.
        fits = not target.is_symlink() and (target.is_file() or not target.exists())
    except (OSError, RuntimeError):  # a name that is too long, or a circle
        return None
    # The name counts as well: a standard stream may lead into a file, which is not to be replaced.
    named = Path(os.path.normpath(path))
    return target if fits and not _device(named) and not _device(target) else None


def _device(path: Path) -> bool:
    return path.is_relative_to("/dev") and not path.is_relative_to("/dev/shm")  # noqa: S108  # memory, where files live
