"""Every cell of the matrix that an operator has: the engine decides as the oracle does, over every resource."""

from __future__ import annotations

from reconciler.kinds import discover
from tests.oracle.asked import Asked, ask, oracle_of, questions, worlds
from tests.oracle.conftest import Told
from tests.oracle.oracle import OPERATORS, WRITES, Cell, read_matrix
from tests.oracle.world import things

KINDS = frozenset(discover())
AT_LEAST = 100_000
"""Fewer decisions than this would mean that the world or the matrix has shrunk."""


def held_against(*, every_field: bool) -> tuple[int, list[str], set[Cell]]:
    """How many decisions were compared, which differ, and the cells they were about."""
    cells = read_matrix()
    count = 0
    touched: set[Cell] = set()
    wrong = []
    for place, world in enumerate(worlds(things())):
        oracle, engine = oracle_of(world, cells), Asked(world)
        kinds = KINDS if place == 0 else frozenset({"SmtpSettings"})
        for question in questions(world, cells, oracle, kinds=kinds, every_field=every_field):
            if question.cell.verb in WRITES and oracle.way_back(question.actor):
                continue  # what a suspended company may apply is judged over the plan, not over one change
            count += 1
            touched.add(question.cell)
            expected, said = ask(oracle, question), engine.decide(question)
            if expected != said:
                wrong.append(f"{question}: {expected} but {said}")
    return count, wrong, touched


def test_every_cell_is_decided_as_written(told: Told) -> None:
    count, wrong, touched = held_against(every_field=False)
    told(f"decisions equal to the oracle: {count - len(wrong)} of {count}, {len(touched)} cells")
    assert wrong[:20] == []
    assert count >= AT_LEAST
    assert touched == {cell for cell in read_matrix() if cell.role in OPERATORS and cell.kind != "Engine"}
