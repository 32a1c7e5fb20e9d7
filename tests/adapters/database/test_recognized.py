"""A database that is read beside what it should hold is the database that was read, and compares as it does."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from benchmarks import corpus
from reconciler.adapters.database import read, store
from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.diff import diff
from reconciler.engine.recognize import Recognizer
from reconciler.engine.validate import validate
from reconciler.kinds import discover
from reconciler.model.encode import encoder
from reconciler.model.resource import Live, Resource
from reconciler.model.view import View
from tests.adapters.database.worlds import CATALOG, Place, Served, Store, apply, create, database, gadget, partner, sql

SOURCE = {"fromEnv": "PASSWORD"}


def _declared() -> list[Resource[Any]]:
    many = [gadget(f"g{one}", serial=f"no-{one}", title=f"Title of {one % 3}", tags=["b", "a"]) for one in range(60)]
    odd = [
        gadget("ends", title="one\r\ntwo"),
        gadget("slash", title="c:\\\\rest"),
        gadget("versioned", password={**SOURCE, "version": "3"}),
        gadget("bare", password=SOURCE),
        gadget("spoken", language="pt-PT"),
        gadget("alike", language="inherit"),
        gadget("stopped", state="stopped"),
        gadget("kept", contact={"email": "Ana@Example.com"}, limits={"strict": True}),
        gadget("file", note={"fromFile": "note.txt"}),
        gadget("told", note="a text"),
    ]
    watched, partly, labelled = gadget("watched"), gadget("partly"), gadget("labelled")
    watched.management = "observe"
    partly.ignore_changes = ("colour",)
    labelled.labels = {"team": "b", "cost": "a"}
    return [partner(), *many, *odd, watched, partly, labelled]


def _held(place: Place, declared: list[Resource[Any]]) -> Any:
    """A database into which all of it was applied, and in which some of it was changed since.

    Nothing is kept of it between readings, as in a run without cache.
    """
    found = database(place)
    if isinstance(place, Served):
        found = Store(found.cluster, found.name, CATALOG, "postgres", keeping=None)
    changes = []
    for one in declared:
        if one.address.name == "file":
            continue
        prepared = encoder(CATALOG[one.address.kind])
        managed = prepared.managed(one, prepared.values(one, {}))
        changes.append(replace(create(one), applied=prepared.applied(managed)))
    secrets = {(one.address, path): ("v1:key:rest", None) for one in changes for path in one.secrets}
    apply(found, *changes, create(gadget("undeclared")), sealed=secrets)
    sql(found, "UPDATE gadgets SET password_version = '3' WHERE name = 'versioned'")
    sql(found, "UPDATE gadgets SET title = 'another' WHERE name = 'g1'")
    sql(found, "UPDATE gadgets SET colours = '[\"red\" ]' WHERE name = 'g2'")
    sql(found, "DELETE FROM gadgets WHERE name = 'g3'")
    sql(found, "UPDATE reconciler_resources SET applied = '{}' WHERE name = 'g4'")
    sql(found, "DELETE FROM reconciler_resources WHERE name = 'g5'")
    sql(found, "UPDATE reconciler_resources SET management = 'createOnly' WHERE name = 'g6'")
    sql(found, "UPDATE gadgets SET title = ? WHERE name = 'ends'", "one\r\ntwo")
    return found


def _same(left: Live, right: Live) -> None:
    for one in fields(Live):
        if one.name != "pulse":
            assert getattr(left, one.name) == getattr(right, one.name), one.name
    assert list(left.ledger) == list(right.ledger)
    assert [entry.applied for entry in left.ledger.values()] == [entry.applied for entry in right.ledger.values()]
    assert list(map(hash, left.ledger.values())) == list(map(hash, right.ledger.values()))
    for kind, rows in left.rows.items():
        assert list(rows) == list(right.rows[kind])
        for key, row in rows.items():
            assert list(map(type, row)) == list(map(type, right.rows[kind][key])), key


@pytest.mark.parametrize("size", [7, 2_000])
def test_what_is_recognized_is_what_was_read(place: Place, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(read, "AT_ONCE", size)
    monkeypatch.setattr(store, "AT_ONCE", size)
    declared = _declared()
    there = _held(place, declared)
    plain, known = there.read(), there.read(Recognizer(CATALOG, declared))
    _same(known, plain)
    stand = {one.address.name for one in known.ledger.values() if one.in_step is not None and one.in_step.stands}
    assert {"g0", "g7", "farol", "versioned", "spoken", "alike", "stopped", "told", "labelled", "kept"} <= stand
    assert not stand & {"g1", "g2", "g3", "g4", "g5", "g6", "ends", "bare", "file", "watched", "partly", "undeclared"}
    row, spec = known.row(declared[1].address), declared[1].spec
    assert row is not None
    assert any(one is spec.title for one in row)  # its texts are those of the spec


def test_what_is_recognized_compares_as_what_was_read(place: Place) -> None:
    declared = [one for one in _declared() if one.address.name != "file"]
    there = _held(place, declared)
    by_address = {one.address: one for one in declared}
    plain = diff(View(CATALOG, by_address, there.read()), {})
    known = diff(View(CATALOG, by_address, there.read(Recognizer(CATALOG, declared))), {})
    assert [replace(one, entity=plain.items[0].entity) for one in known.items] == [
        replace(one, entity=plain.items[0].entity) for one in plain.items
    ]
    assert [one.address for one in known.items] == [one.address for one in plain.items]
    assert known.unchanged == plain.unchanged
    assert known.unchanged > 60
    assert {one.address.name for one in known.items} >= {"g1", "g3", "g4", "g5", "g6", "undeclared"}


def test_another_resource_of_the_same_address_is_compared_for_itself(place: Place) -> None:
    declared = _declared()
    live = _held(place, declared).read(Recognizer(CATALOG, declared))
    other = gadget("g0", serial="no-0", title="not that", tags=["b", "a"])
    found = diff(View(CATALOG, {other.address: other}, live), {})
    assert [one.fields[0].path for one in found.items if one.address == other.address] == ["title"]


def test_a_recognizer_may_read_twice(place: Place) -> None:
    declared = _declared()
    there = _held(place, declared)
    recognizer = Recognizer(CATALOG, declared)
    first = there.read(recognizer)
    _same(there.read(recognizer), first)


def test_what_is_expected_is_what_is_compared_unless_line_ends_differ() -> None:
    kinds = discover()
    texts = [text.encode() for _, text in corpus.manifests(400, 3)] + [kind.example.encode() for kind in kinds.values()]
    found = validate(kinds, [one for text in texts for one in parse("a.yaml", text, limits=Limits())[0]])[0]
    known = 0
    for one in found:
        prepared = encoder(kinds[one.address.kind])
        wanted = prepared.expected(one)
        if wanted is not None:
            long_way = prepared.managed(one, prepared.values(one, {}))
            assert wanted == long_way
            assert prepared.text(one) == prepared.applied(long_way)
            known += 1
    assert known > 380
