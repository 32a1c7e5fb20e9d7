"""What turned between two rounds, and how findings are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from reconciler.engine.watch import TENANTS, advance, carried, counted
from reconciler.model.address import Address
from reconciler.model.drift import DriftFinding, DriftReport, FindingState, Recorded, finding_id
from reconciler.model.watch import Transition
from tests.render.test_drift import WAIVER, finding

NOON, LATER = "2026-06-15T12:00:00Z", "2026-06-15T12:05:00Z"
ONE = replace(finding(), id="drift-1", first_seen="2026-06-15T09:00:00Z")
TWO = replace(ONE, id="drift-2", path="audience")
WAIVED = replace(ONE, state=FindingState.WAIVED, waiver=WAIVER)


def go(
    before: dict[str, Recorded], *found: DriftFinding, at: str = NOON, partial: bool = False, only: str = ""
) -> tuple[list[Transition], dict[str, Recorded]]:
    return advance(
        before,
        DriftReport(findings=found, as_of=at),
        at=at,
        selects=lambda address: only in str(address),
        partial=partial,
    )


def turns(found: Iterable[Transition]) -> list[tuple[str, str]]:
    return [(str(one.turn).partition(".")[2], one.finding.id if one.finding else "") for one in found]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((), (ONE,), [("appeared", "drift-1")]),
        ((), (WAIVED,), [("waived", "drift-1")]),
        ((ONE,), (ONE,), []),
        ((ONE,), (replace(ONE, state=FindingState.KNOWN),), []),
        ((ONE,), (replace(ONE, actual="another"),), []),
        ((ONE,), (WAIVED,), [("waived", "drift-1")]),
        ((WAIVED,), (WAIVED,), []),
        ((WAIVED,), (ONE,), [("returned", "drift-1")]),
        ((WAIVED,), (), [("resolved", "drift-1")]),
        ((ONE, TWO), (TWO,), [("resolved", "drift-1")]),
        ((ONE,), (TWO,), [("appeared", "drift-2"), ("resolved", "drift-1")]),
    ],
)
def test_only_what_turned_is_told(
    before: tuple[DriftFinding, ...], now: tuple[DriftFinding, ...], told: list[tuple[str, str]]
) -> None:
    _, memory = go({}, *before)
    found, after = go(memory, *now, at=LATER)
    assert sorted(turns(found)) == sorted(told)
    again, _ = go(after, *now, at=LATER)
    assert again == []


def test_who_starts_again_from_the_same_memory_gives_the_same_names() -> None:
    _, memory = go({}, ONE)
    first, _ = go(memory, WAIVED, TWO, at=LATER)
    again, _ = go(memory, WAIVED, TWO, at="2026-06-15T13:00:00Z")
    assert [one.id for one in first] == [one.id for one in again]


def test_what_comes_back_has_another_name_than_the_first_time() -> None:
    memory: dict[str, Recorded] = {}
    names = []
    for minute, found in enumerate([(ONE,), (), (ONE,), (), (ONE,), (WAIVED,), (ONE,), (WAIVED,)]):
        turned, memory = go(memory, *found, at=f"2026-06-15T12:{minute:02}:00Z")
        names += [one.id for one in turned]
    assert len(names) == len(set(names)) == 8


def test_a_partial_round_ends_nothing() -> None:
    _, memory = go({}, ONE, replace(WAIVED, id="drift-3"))
    found, after = go(memory, replace(ONE, id="drift-3"), TWO, at=LATER, partial=True)
    assert turns(found) == [("appeared", "drift-2")]
    found, _ = go(after, ONE, TWO, replace(WAIVED, id="drift-3"), at=LATER)
    assert found == []


def test_what_was_not_looked_at_is_not_gone() -> None:
    _, memory = go({}, ONE)
    found, after = go(memory, at=LATER, only="Domain/")
    assert (found, after) == ([], memory)


def test_tenants_beyond_a_limit_are_counted_together_and_no_other_text_is_a_label() -> None:
    found = [replace(ONE, address=Address("Category", f"t{n:04}", "x")) for n in range(3 * TENANTS)]
    found += [replace(ONE, address=Address("Category", "t0299", f"y{n}")) for n in range(5)]
    found += [replace(ONE, address=Address("Category", text, "x")) for text in ("ana@example.com", "a\nb", "_x")]
    found += [replace(ONE, address=Address("Bundle", "", "x"), state=FindingState.WAIVED)]
    numbers = counted(DriftReport(findings=tuple(found)))
    assert sum(numbers.values()) == len(found)
    assert numbers["t0299", "Category", "new"] == 6
    assert numbers["_platform", "Bundle", "waived"] == 1
    tenants = {tenant for tenant, _, _ in numbers}
    assert len(tenants) <= TENANTS + 2
    assert not {"ana@example.com", "a\nb", "_x"} & tenants


def test_what_has_moved_neither_ends_nor_begins() -> None:
    was, now = ONE.address, ONE.address._replace(name="other")
    old = replace(ONE, id=finding_id(was, ONE.path, ONE.sort))
    pending = replace(old, address=now, previous=was)
    done = replace(old, address=now, id=finding_id(now, ONE.path, ONE.sort))
    _, memory = go({}, old)
    found, memory = go(memory, pending, at=LATER)
    assert (found, memory[old.id].address) == ([], was)
    found, _ = go(carried(memory, {was: now}), done, at=LATER)
    assert found == []
    assert turns(go(memory, done, at=LATER)[0]) == [("appeared", done.id), ("resolved", old.id)]
