"""How long the locks of an apply outlive it: its process killed while idle or busy, or frozen.

A frozen one cannot be told from a slow one. A server ends it when it was idle for longer than an apply may be; an
embedded database waits for as long as it takes, and whoever waits for it gives up at the timeout.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import NamedTuple

from reconciler.adapters.database.store import open_database
from reconciler.kinds import discover
from reconciler.model.errors import LockTimeout
from tests.campaigns.crashes import APPLY, ROOT, Home

LIMITS = {"idle": 1.0, "busy": 2.0}
"""Seconds within which the locks of a killed process must be free."""

WAIT, GRACE = 0.5, 3.0
"""How long somebody waits for a lock, in seconds, and how late the answer may be where many others work too."""

TENANTS = ["", "cais", "farol"]


class Freed(NamedTuple):
    """After how many seconds the locks were free, and what was wrong."""

    seconds: float
    wrong: list[str]


def killed(home: Home, doing: str) -> Freed:
    """Kill a process that holds the locks while it is ``idle`` or ``busy``."""
    with _holder(home, doing) as holder:
        before = home.dump() if home.cluster is not None else None
        wrong = _in_vain(home)
        with _waiting(home, until=30) as wait:
            holder.send_signal(signal.SIGKILL)
            seconds = wait()
        holder.wait()
    if before is not None and home.dump() != before:
        wrong.append("the database is not as it was")
    if seconds > LIMITS[doing]:
        wrong.append(f"the locks were free after {seconds:.2f} s only")
    return Freed(seconds, wrong)


def frozen(home: Home, *, idle: int) -> Freed:
    """Freeze a process that holds the locks of a server, which lets it be idle for ``idle`` seconds."""
    with _holder(home, "idle", idle=idle) as holder:
        before = home.dump()
        holder.send_signal(signal.SIGSTOP)
        wrong = _in_vain(home)
        with _waiting(home, until=idle + 10) as wait:
            seconds = wait()
        if seconds > idle + GRACE:
            wrong.append(f"the locks were free after {seconds:.2f} s only")
        holder.send_signal(signal.SIGCONT)
        holder.send_signal(signal.SIGINT)  # it waits for nothing in particular
        if _code(holder) in (0, None) or home.dump() != before:
            wrong.append("it went on when it could not any more, or did not end")
    return Freed(seconds, wrong)


def frozen_file(home: Home) -> Freed:
    """Freeze a process that holds an embedded database: others give up at their timeout, until it is killed."""
    with _holder(home, "idle") as holder:
        holder.send_signal(signal.SIGSTOP)
        wrong = _in_vain(home)
        with _waiting(home, until=30) as wait:
            holder.send_signal(signal.SIGKILL)
            seconds = wait()
        holder.wait()
    return Freed(seconds, wrong)


def _code(holder: subprocess.Popen[str]) -> int | None:
    """How a process ended, if it did so soon."""
    try:
        return holder.wait(timeout=20)
    except subprocess.TimeoutExpired:
        return None


@contextmanager
def _holder(home: Home, doing: str, *, idle: int = 60) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the locks of every tenant."""
    home.reset("later")
    words = [sys.executable, "-m", "tests.campaigns.holder", doing, str(idle), *APPLY["later"]]
    environment = {**home.environment, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=home.work, env=environment, text=True, **pipes) as holder:  # type: ignore[call-overload]  # pipes are pipes
        assert holder.stderr is not None
        try:
            while (line := holder.stderr.readline()) != "held\n":
                assert line, "it ended before it held anything"
            time.sleep(0.1 if doing == "busy" else 0)  # until the statement runs
            yield holder
        finally:
            holder.kill()


def _in_vain(home: Home) -> list[str]:
    """What is wrong with how somebody waits for the locks in vain."""
    begun = time.monotonic()
    try:
        _lock(home, WAIT)
    except LockTimeout as error:
        late = time.monotonic() - begun - WAIT
        named = home.cluster is None or "is held by process" in error.message
        found = [] if late <= GRACE else [f"who waited was told {late:.2f} s late"]
        return found if named else [*found, f"nobody was named: {error.message}"]
    return ["the locks were not held at all"]


@contextmanager
def _waiting(home: Home, *, until: float) -> Iterator[Callable[[], float]]:
    """Somebody who is connected already: called, it waits for the locks and gives the seconds that it took."""
    with ExitStack() as stack:
        if home.cluster is None:
            file = stack.enter_context(closing(sqlite3.connect(home.work / ".reconciler/live.db", timeout=until)))
            ask, back = partial(file.execute, "BEGIN IMMEDIATE"), file.rollback
        else:
            server = stack.enter_context(home.cluster.connect(home.database))
            ask, back = partial(server.execute, "SELECT FROM reconciler_tenants FOR UPDATE"), server.rollback

        def wait() -> float:
            begun = time.monotonic()
            ask()
            seconds = time.monotonic() - begun
            back()
            return seconds

        yield wait
    _lock(home, until)


def _lock(home: Home, timeout: float) -> None:
    with open_database(home.url, discover()).apply(TENANTS, lock_timeout=timeout):
        pass
