"""The rows of the scorecard that faults on purpose make, each for one sort of database."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from reconciler.adapters.database.postgres import transactions
from tests.campaigns import commits, crashes, disks, houses, locks, plans, stops, updates
from tests.servers import Cluster, installed, running

TIMED = 350
"""Kills at any moment, for each database: with the named places, more than a thousand crash points."""

COMMITS = 500
"""Links that break around a commit."""

UPDATES = 5_000
"""Values written at the same time, for each of two databases."""

TAMPERED, RENEWED, UNTIMELY = 10_000, 200, 200
"""Plan files that are not what was reviewed: where they are read, with a new seal through the program, and too late."""

WORLDS = {"SQLite": 10_000, "PostgreSQL 16": 200}
"""Random worlds, by database; one takes about nine steps."""

CROWDS = ((2, 6), (4, 5), (8, 4), (16, 3))
"""Appliers at the same time, and how often each of them applies."""


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


def lost_updates(seed: int, backend: str) -> Figure:
    """Appliers and other programs that write the same rows at the same time."""
    n, refused, number = 0, 0, 0
    bad: list[str] = []
    with contextlib.ExitStack() as stack:
        cluster = _cluster(stack, backend)
        while n < UPDATES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            arena = updates.Arena(folder=folder, cluster=cluster)
            arena.make()
            appliers, rounds = CROWDS[number % len(CROWDS)]
            came = updates.fought(arena, appliers=appliers, rounds=rounds, seed=seed + number)
            n, refused, number = n + came.n, refused + came.refused, number + 1
            bad += [*came.lost, *came.wrong]
    note = f"{number} crowds of 2 to 16 appliers; {refused} applies were refused and came again"
    return Figure(f"lost updates, {backend}", "0 of 10,000 on both together", n, len(bad), note, tuple(bad))


def io_error_points(seed: int, backend: str) -> Figure:
    """Calls of the system that fail or kill, each by its number, and bounds on the size of files."""
    with _home(backend) as home:
        n, wrong = disks.survived(home, seed=seed)
    name = "I/O error points survived" if disks.traced() else "I/O error points survived, without strace"
    return _survived(name, backend, n, wrong)


def immediate_stops(seed: int, backend: str) -> Figure:
    """The server stopped at once at every named place of an apply, and started again."""
    with _home(backend) as home:
        n, wrong = stops.survived(home, seed=seed)
    return _survived("immediate stops of the server survived", backend, n, wrong)


def lock_recovery_idle(_seed: int, backend: str) -> Figure:
    """The holder killed while its transaction waits for it."""
    return _recovered("holder killed idle", backend, "under 1 s", lambda home: locks.killed(home, "idle"), n=20)


def lock_recovery_busy(_seed: int, backend: str) -> Figure:
    """The holder killed while the database works for it."""
    return _recovered("holder killed busy", backend, "under 2 s", lambda home: locks.killed(home, "busy"), n=20)


def lock_recovery_frozen(_seed: int, backend: str) -> Figure:
    """The holder frozen: a server ends it, an embedded database waits for its end."""
    if backend == "SQLite":
        target = "who waits is told in time; under 1 s from its end"
        return _recovered("holder frozen", backend, target, locks.frozen_file, n=5)
    idle = transactions.IDLE_SECONDS
    target = f"the timeout of {idle} s"
    return _recovered("holder frozen", backend, target, lambda home: locks.frozen(home, idle=idle), n=2)


def tampered_plans(seed: int, backend: str) -> Figure:
    """Files changed by the byte and by the field, where they are read and compared, and a share applied."""
    with _home(backend) as home:
        commits.furnish(home)
        n, wrong = plans.tampered(home, seed=seed, n=TAMPERED)
        more, also = plans.renewed(home, seed=seed, n=RENEWED)
    name = "tampered plans refused, or known to mean the same"
    figure = _survived(name, backend, n + more, wrong + also)
    return figure._replace(note=f"{figure.note}; {more} of them with a new seal through the program")


def untimely_plans(seed: int, backend: str) -> Figure:
    """Stale, foreign and replayed files through the program."""
    with _home(backend) as home:
        commits.furnish(home)
        n, wrong = plans.untimely(home, seed=seed, n=UNTIMELY)
    return _survived("stale, foreign and replayed plans without effect", backend, n, wrong)


def random_worlds(seed: int, backend: str) -> Figure:
    """Random worlds applied, changed by other programs, taken back, accepted, exported and adopted."""
    with contextlib.ExitStack() as stack:
        found = houses.survived(seed=seed, worlds=WORLDS[backend], cluster=_cluster(stack, backend))
    thrown, kept = found.seen["thrown away"], found.seen["resources"]
    note = f"{found.worlds} worlds of {kept} resources; {found.seen['mended']} faults of their making were mended, "
    note += f"{found.seen['dropped']} resources and {thrown} worlds thrown away"
    name, target = f"steps of random worlds that do not hold, {backend}", "0"
    return Figure(name, target, found.n, len(found.wrong), note, tuple(found.wrong))


def measures() -> Iterator[Measure]:
    """Every row, by database."""
    servers = [f"PostgreSQL {one}" for one in installed()]
    for backend in ("SQLite", *servers):
        yield partial(crash_points, backend=backend)
        if backend in {"SQLite", "PostgreSQL 16"}:
            yield partial(random_worlds, backend=backend)
            for measure in (lost_updates, lock_recovery_idle, lock_recovery_busy, lock_recovery_frozen):
                yield partial(measure, backend=backend)
    for measure in (io_error_points, tampered_plans, untimely_plans):
        yield partial(measure, backend="SQLite")
    for backend in servers:
        if backend == "PostgreSQL 16":
            yield partial(commit_ambiguity, backend=backend)
            yield partial(immediate_stops, backend=backend)


def _recovered(what: str, backend: str, target: str, once: Callable[[crashes.Home], locks.Freed], *, n: int) -> Figure:
    with _home(backend) as home:
        found = [once(home) for _ in range(n)]
    wrong = tuple(f"{one.seconds:.2f} s: {one.wrong}" for one in found if one.wrong)
    slowest = max(one.seconds for one in found)
    return Figure(f"lock recovery, {what}, {backend}", target, n, len(wrong), f"slowest {slowest:.2f} s", wrong)


@contextlib.contextmanager
def _home(backend: str) -> Iterator[crashes.Home]:
    with contextlib.ExitStack() as stack:
        cluster = _cluster(stack, backend)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(crashes.home(folder, cluster))


def _cluster(stack: contextlib.ExitStack, backend: str) -> Cluster | None:
    return None if backend == "SQLite" else stack.enter_context(running(backend.split()[1]))


def _survived(name: str, backend: str, n: int, wrong: list[str]) -> Figure:
    good = n - len(wrong)
    return Figure(f"{name}, {backend}", "all", n, len(wrong), f"{good} of {n}", tuple(wrong))
