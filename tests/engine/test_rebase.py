"""Rebase: live data with new names in memory, and what has to be written for it; on the real catalogue."""

from __future__ import annotations

import json

import pytest

from reconciler.engine.rebase import rebase
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.moved import Move
from reconciler.model.resource import LedgerEntry, Live, Row

CATALOG = discover()


def row(kind: str, tenant: str, name: str, rev: int = 1, **columns: object) -> Row:
    index = CATALOG[kind].index
    values: list[object] = [None] * len(index)
    for key, value in {"tenant": tenant, "name": name, "rev": rev, **columns}.items():
        values[index[key]] = value
    return tuple(values)


def entry(kind: str, tenant: str, name: str, **applied: object) -> LedgerEntry:
    return LedgerEntry(Address(kind, tenant, name), json.dumps(applied), "a.yaml:1", None, "full")


def live(rows: list[tuple[str, Row]], ledger: list[LedgerEntry]) -> Live:
    found: dict[str, dict[tuple[str, str], Row]] = {}
    for kind, one in rows:
        found.setdefault(kind, {})[(one[0] or "", one[1])] = one
    return Live(identity="x", rows=found, ledger={one.address: one for one in ledger})


def move(before: str, after: str) -> Move:
    return Move(name=after.rpartition("/")[2], previous=Address.parse(before), address=Address.parse(after))


ISSUER = "Issuer/farol/cedro"
WORLD = live(
    [
        ("Issuer", row("Issuer", "farol", "cedro", 4, state="active")),
        ("Issuer", row("Issuer", "", "cedro", 1, state="active")),
        ("Operator", row("Operator", "", "helena", 2, audit_scope='["cedro","farol/cedro"]')),
        ("Operator", row("Operator", "farol", "marta", 3, issuer="cedro")),
        ("Operator", row("Operator", "", "nuno", 1, issuer="cedro")),
        ("Operator", row("Operator", "", "odd", 1, audit_scope="no json")),
    ],
    [
        entry("Issuer", "farol", "cedro", alias="x"),
        entry("Operator", "farol", "marta", issuer="cedro", phone="1"),
        entry("Operator", "farol", "gone", issuer="cedro"),
    ],
)


def test_references_follow_in_columns_in_lists_and_in_the_ledger() -> None:
    made = rebase(CATALOG, WORLD, [move(ISSUER, "Issuer/farol/cedro-retail")])
    assert made.diagnostics == ()
    operators = made.live.rows["Operator"]
    index = CATALOG["Operator"].index
    assert operators[("", "helena")][index["audit_scope"]] == '["cedro","farol/cedro-retail"]'
    assert operators[("farol", "marta")][index["issuer"]] == "cedro-retail"
    assert operators[("", "nuno")][index["issuer"]] == "cedro"  # which is the one of the platform
    assert operators[("", "odd")][index["audit_scope"]] == "no json"
    assert set(made.live.rows["Issuer"]) == {("farol", "cedro-retail"), ("", "cedro")}
    assert {str(one.previous): (str(one.address), one.rev) for one in made.rewrites} == {
        ISSUER: ("Issuer/farol/cedro-retail", 4),
        "Operator/helena": ("Operator/helena", 2),
        "Operator/farol/gone": ("Operator/farol/gone", None),
        "Operator/farol/marta": ("Operator/farol/marta", 3),
    }
    kept = made.live.ledger[Address("Operator", "farol", "marta")]
    assert json.loads(kept.applied) == {"issuer": "cedro-retail", "phone": "1"}
    assert Address.parse(ISSUER) not in made.live.ledger


def test_the_world_that_went_in_stays_as_it_was() -> None:
    before = (repr(WORLD.rows), repr(WORLD.ledger))
    rebase(CATALOG, WORLD, [move(ISSUER, "Issuer/farol/other")])
    assert (repr(WORLD.rows), repr(WORLD.ledger)) == before


def test_what_is_done_costs_nothing_and_gives_the_same_data() -> None:
    done = rebase(CATALOG, WORLD, [move("Issuer/farol/former", ISSUER)])
    assert done.live is WORLD
    assert (done.rewrites, dict(done.moves), done.diagnostics) == ((), {}, ())


def test_a_chain_is_followed_to_its_end() -> None:
    chain = [move(ISSUER, "Issuer/farol/b"), move("Issuer/farol/b", "Issuer/farol/c"), move("Issuer/farol/z", ISSUER)]
    made = rebase(CATALOG, WORLD, chain)
    assert [str(one) for one in made.moves] == ["Issuer/farol/c"]
    assert str(made.moves[Address.parse("Issuer/farol/c")].previous) == ISSUER


def test_two_of_one_chain_that_are_both_live_do_not_meet() -> None:
    both = live(
        [("Issuer", row("Issuer", "farol", name, state="active")) for name in ("a", "b")],
        [entry("Issuer", "farol", "a"), entry("Issuer", "farol", "b")],
    )
    made = rebase(CATALOG, both, [move("Issuer/farol/a", "Issuer/farol/b"), move("Issuer/farol/b", "Issuer/farol/c")])
    assert [one.code for one in made.diagnostics] == ["MOV-08"]
    assert [str(one.previous) for one in made.moves.values()] == ["Issuer/farol/a"]


@pytest.mark.parametrize("scope", ['["farol/new"]', '["farol/cedro","farol/new"]'])
def test_a_dangling_reference_to_the_new_name_is_not_caught(scope: str) -> None:
    world = live(
        [
            ("Issuer", row("Issuer", "farol", "cedro", state="active")),
            ("Operator", row("Operator", "", "helena", audit_scope=scope)),
        ],
        [entry("Issuer", "farol", "cedro")],
    )
    made = rebase(CATALOG, world, [move(ISSUER, "Issuer/farol/new")])
    assert [one.code for one in made.diagnostics] == ["MOV-11"]
    assert made.live is world
