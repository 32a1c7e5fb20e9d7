"""The figures about privileges: decisions held against the oracle, and chains of plans in small worlds."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.campaigns.figures import Figure
from tests.oracle import small
from tests.oracle.asked import oracle_of
from tests.oracle.databases import Base, Embedded, Served
from tests.oracle.oracle import read_matrix
from tests.oracle.plans import chosen, hold
from tests.oracle.test_cells import held_against
from tests.oracle.test_portals import answers
from tests.oracle.world import things
from tests.servers import installed, running


def privilege_decisions(_seed: int) -> Figure:
    """Every cell of an operator role, for every field, resource and operator of one rich world."""
    n, wrong, cells = held_against(every_field=True)
    return Figure(
        "privilege decisions equal to an independent oracle", "all", n, len(wrong), f"{len(cells)} cells", tuple(wrong)
    )


def privileges_at_apply(seed: int, backend: str) -> Figure:
    """Each answer of every cell that changes something, at plan and at apply; what is denied must write nothing."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if backend == "SQLite":
            base: Base = Embedded(folder / "live.db")
        else:
            base = Served(stack.enter_context(running(backend.split()[1])))
        stack.callback(base.close)
        base.seed()
        probes = chosen(seed=seed)
        tally = hold(base, probes, oracle_of(things(), read_matrix()))
    note = f"{len(tally.cells)} cells; {len(tally.unjudged)} that no valid manifest asks"
    return Figure(
        f"privileges at plan and apply, {backend}", "all", len(probes), len(tally.wrong), note, tuple(tally.wrong)
    )


def portals(_seed: int) -> Figure:
    """Each writing cell of the people of portals, at validate, plan and apply: they are nobody, and write nothing."""
    with tempfile.TemporaryDirectory() as folder:
        base = Embedded(Path(folder) / "live.db")
        base.seed()
        before = base.content()
        number, every, codes = answers(base, step=1)
        wrong = [f"{code}: {count}" for code, count in codes.items() if code != "OPR-09"]
        wrong += [] if base.content() == before else ["the database is another one"]
        base.close()
    note = f"{number} of {every} cells, {sum(codes.values())} calls"
    return Figure("people of portals answered as nobody, SQLite", "all", number, len(wrong), note, tuple(wrong))


def escalation_chains(_seed: int, backend: str) -> Figure:
    """Every chain of allowed plans: of all moves in four worlds, or of the moves that feed rights in one, further."""
    if backend == "six nodes":
        found = [small.explore(world, depth=2) for world in small.STARTS.values()]
        depth = 2
    else:
        found = [small.explore(small.STARTS["partners"], depth=4, only=small.NARROW, administrators=1)]
        depth = 4
    wrong = [line for one in found for line in one.wrong]
    states = sum(one.states for one in found)
    name = f"escalation chains found by exhaustive small worlds, depth {depth}"
    return Figure(name, "0", sum(one.plans for one in found), len(wrong), f"{states} states", tuple(wrong))


def measures() -> tuple[Callable[[int], Figure], ...]:
    """Each figure, for each place where it is measured."""
    places = ("SQLite", *(f"PostgreSQL {one}" for one in installed() if one == "16"))
    return (
        privilege_decisions,
        portals,
        *(partial(privileges_at_apply, backend=one) for one in places),
        partial(escalation_chains, backend="six nodes"),
        partial(escalation_chains, backend="followed further"),
    )
