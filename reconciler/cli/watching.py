"""The watch of ``drift --every``: its options, its log on standard error, and how signals end it."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from reconciler.cli import exits
from reconciler.cli.options import INTERRUPTS
from reconciler.cli.output import write
from reconciler.cli.session import Session
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.watch import LogEntry
    from reconciler.operations.drift import Observed
    from reconciler.operations.request import Doors, People

SHORTEST, LONGEST = 1, 7 * 86400
"""Seconds between two rounds."""

_SPAN = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_QUIET = frozenset({"info"})


SLICE = 1.0
"""Seconds of sleep at a time: a signal that comes in the moment before it is noticed after it."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whoever runs a watch as a service ends it so, and that is no failure."""


def interval(text: str) -> int:
    """``--every`` in seconds.

    Raises:
        UsageError: it is no span, or none between :data:`SHORTEST` and :data:`LONGEST`.
    """
    found = _SPAN.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not SHORTEST <= seconds <= LONGEST:
        raise UsageError("--every takes a span between 1s and 7d", hint="write a number and s, m, h or d, as in 5m")
    return seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What a watch was asked for."""

    every: int
    paths: Sequence[str]
    rev: str | None
    targets: tuple[str, ...]
    excludes: tuple[str, ...]
    tenants: tuple[str, ...]
    record: bool
    metrics: str | None
    webhook: str | None


def watch_drift(session: Session, asked: Watching) -> int:
    """Watch until a signal comes: 0 after SIGTERM, 130 after an interrupt.

    Raises:
        UsageError: the words of the call, or the configuration, are off.
        Denied: whoever asks is nobody, or may not record.
    """
    from reconciler import __version__
    from reconciler.model.watch import LogEntry
    from reconciler.operations.watch import WatchDoors, watch
    from reconciler.wiring.watching import metrics_of, webhook_of

    if asked.webhook is not None and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", asked.webhook):
        raise UsageError("--webhook takes the name of a variable", hint="an address of a webhook is a secret")
    gc.enable()  # a watch has no end at which everything is thrown away
    log, ending = _Log(session), _Ending()
    try:
        house = session.house
        people = session.people()
        courier = webhook_of(house, asked.webhook or "")
        metrics = None if asked.metrics is None else metrics_of(house, asked.metrics)
        rounds = _Rounds(session, asked, people, ending)
        facts = {
            "every": asked.every,
            "record": asked.record,
            "metrics": getattr(metrics, "place", None),
            "webhook": courier is not None,
            "version": __version__,
        }
        log(LogEntry(at=_now(), level="info", event="watch.started", message=f"every {asked.every} s", facts=facts))
        watch(
            WatchDoors(
                look=rounds.look,
                tell=log,
                clock=_now,
                monotonic=time.monotonic,
                sleep=ending.sleep,
                write_down=rounds.write_down if asked.record else None,
                metrics=metrics,
                courier=courier,
            ),
            every=asked.every,
        )
    except KeyboardInterrupt as end:
        orderly = isinstance(end, Terminated)
        message = "asked to end" if orderly else "interrupted"
        log(LogEntry(at=_now(), level="info", event="watch.stopped", message=message))
        return exits.DONE if orderly else exits.INTERRUPTED


class _Rounds:
    """What each round reads anew: configuration, manifests, waivers, database."""

    def __init__(self, session: Session, asked: Watching, people: People, ending: _Ending) -> None:
        self._session = session
        self._asked = asked
        self._people = people
        self._ending = ending
        self._doors: Doors | None = None

    def look(self) -> Observed:
        """One look, through doors of its own."""
        from reconciler.operations.drift import DriftRequest, observe
        from reconciler.wiring import open_house

        self._ending.check()
        asked, options = self._asked, self._session.options
        house = open_house(os.environ, config=options.config, environment=options.env)
        doors = house.doors(house.reader(asked.paths, rev=asked.rev), writes=False)
        self._doors = replace(doors, store=house.writing_database) if asked.record else doors
        request = DriftRequest(
            targets=asked.targets,
            excludes=asked.excludes,
            tenants=asked.tenants,
            environment=house.environment,
            layout=house.settings.layout,
            people=self._people,
        )
        return observe(self._doors, request, record=asked.record)

    def write_down(self, observed: Observed) -> None:
        """Keep the findings of the look, through its own doors."""
        from reconciler.operations.drift import write_down

        if self._doors is not None:
            write_down(self._doors, observed)


class _Log:
    """Writes entries to standard error, one a line. Warnings about manifests come with ``--verbose`` alone."""

    def __init__(self, session: Session) -> None:
        from reconciler.render.log_lines import log_json, log_text

        self._options = session.options
        self._line = log_json if session.options.log_format == "json" else log_text

    def __call__(self, entry: LogEntry) -> None:
        """Take an entry."""
        if self._options.quiet and entry.level in _QUIET:
            return
        if entry.event == "diagnostic" and entry.level != "error" and not self._options.verbose:
            return
        write(sys.stderr, self._line(entry))


class _Ending:
    """From now on SIGTERM and an interrupt end the watch, each unless it is ignored or somebody else's.

    They do at once, by an exception; and where that is lost, as in a callback of C code or while objects are destroyed,
    they are remembered until the watch sleeps or looks again.
    """

    def __init__(self) -> None:
        self._heard: type[KeyboardInterrupt] | None = None
        if threading.current_thread() is threading.main_thread():
            for one in INTERRUPTS:
                if signal.getsignal(one) in (signal.SIG_DFL, signal.default_int_handler):
                    signal.signal(one, self._hear)

    def check(self) -> None:
        """Raise what a signal has raised before."""
        if self._heard is not None:
            raise self._heard

    def sleep(self, seconds: float) -> None:
        """As :func:`time.sleep`, until a signal comes or has come."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, SLICE))

    def _hear(self, number: int, _frame: Any) -> NoReturn:
        self._heard = Terminated if number == signal.SIGTERM else KeyboardInterrupt
        raise self._heard


def _now() -> datetime:
    return datetime.now(UTC)
