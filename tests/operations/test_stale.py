"""What moved is told to those who may read it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.plan import Precondition
from reconciler.operations.stale import moved
from tests.engine.people import SIGNING, case, category


def test_rows_that_moved_are_named_to_those_who_may_read_them() -> None:
    found = case(category(displayName="Stamps"))
    later = replace(found.plan, preconditions=tuple(_touched(one) for one in found.plan.preconditions))
    assert str(SIGNING.address) in str(moved(found.plan, later))
    assert str(SIGNING.address) in str(moved(found.plan, later, lens=found.lens("ines@farol.example.com")))
    told = str(moved(found.plan, later, lens=found.lens("mara@maresia.example.com")))
    assert str(SIGNING.address) not in told
    assert "rows of the database that you may not read have moved" in told


def test_a_row_that_one_plan_alone_rests_on_is_not_said_to_have_moved() -> None:
    found = case(category(displayName="Stamps"))
    fewer = replace(
        found.plan, preconditions=tuple(one for one in found.plan.preconditions if one.address != SIGNING.address)
    )
    for told in (str(moved(found.plan, fewer)), str(moved(fewer, found.plan))):
        assert f"it rests on other rows: {SIGNING.address}" in told
        assert "rows of the database have moved" not in told
        assert "a waiver holds otherwise" in told


def _touched(one: Precondition) -> Precondition:
    return replace(one, rev=9) if one.address == SIGNING.address else one
