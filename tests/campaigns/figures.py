"""The rows of the scorecard that faults on purpose make, each for one sort of database."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.campaigns import commits, crashes
from tests.servers import installed, running

TIMED = 350
"""Kills at any moment, for each database: with the named places, more than a thousand crash points."""

COMMITS = 500
"""Links that break around a commit."""


class Figure(NamedTuple):
    """One row: what was tried ``n`` times, and how often it went wrong."""

    name: str
    target: str
    n: int
    wrong: int
    note: str = ""
    details: tuple[str, ...] = ()


Measure = Callable[[int], Figure]


def crash_points(seed: int, backend: str) -> Figure:
    """Signals, errors and cut links at every named place of an apply, and kills at any moment."""
    with _home(backend) as home:
        n, wrong = crashes.survived(home, seed=seed, timed=TIMED)
    return _survived("crash points survived", backend, n, wrong)


def commit_ambiguity(seed: int, backend: str) -> Figure:
    """Links that break before, within and behind COMMIT and its answer."""
    with _home(backend) as home:
        n, wrong = commits.survived(home, seed=seed, n=COMMITS)
    return _survived("commit ambiguity resolved truthfully", backend, n, wrong)


def measures() -> Iterator[Measure]:
    """Every row, by database."""
    servers = [f"PostgreSQL {one}" for one in installed()]
    for backend in ("SQLite", *servers):
        yield partial(crash_points, backend=backend)
    for backend in servers:
        if backend.endswith("16"):
            yield partial(commit_ambiguity, backend=backend)


@contextlib.contextmanager
def _home(backend: str) -> Iterator[crashes.Home]:
    with contextlib.ExitStack() as stack:
        cluster = None if backend == "SQLite" else stack.enter_context(running(backend.split()[1]))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(crashes.home(folder, cluster))


def _survived(name: str, backend: str, n: int, wrong: list[str]) -> Figure:
    good = n - len(wrong)
    return Figure(f"{name}, {backend}", "all", n, len(wrong), f"{good} of {n}", tuple(wrong))
