"""What the database remembers beside its rows: who wrote, what was applied, and findings of drift."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from reconciler.adapters.database.trail import Look
from reconciler.model.address import Address
from reconciler.model.drift import FindingState, Recorded, Sort, finding_id
from reconciler.model.errors import WorldError
from tests.adapters.database.worlds import CATALOG, LAMP, SECRET_TEXT, database, empty, filled, sql, tables

BELL = Address("Gadget", "farol", "bell")
NOBODY = Address("Gadget", "farol", "nobody")
FINDING = Recorded(
    id=finding_id(LAMP, "colour", Sort.CHANGED),
    address=LAMP,
    path="colour",
    sort=Sort.CHANGED,
    state=FindingState.NEW,
    first_seen="2026-06-15T08:00:00Z",
    last_seen="2026-06-15T09:00:00Z",
)


def test_the_journal_of_some_rows_is_told_oldest_first(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET colour = 'blue' WHERE name = 'lamp'")
    sql(store, "DELETE FROM gadgets WHERE name = 'bell'")
    with store.look() as look:
        writes = look.writes([LAMP, BELL, NOBODY, Address("Nothing", "", "x")])
    assert [(one.operation, one.columns, one.run) for one in writes[LAMP]] == [
        ("insert", (), "run-1"),
        ("update", ("colour",), ""),
    ]
    assert [one.operation for one in writes[BELL]] == ["insert", "delete"]
    assert (writes[NOBODY], len(writes)) == ([], 3)
    assert SECRET_TEXT not in str(writes)


def test_a_run_that_was_never_committed_is_none(place):
    store = filled(place)
    sql(store, "UPDATE reconciler_journal SET run = 'made-up' WHERE name = 'lamp'")
    with store.look() as look:
        assert [one.run for one in look.writes([LAMP])[LAMP]] == [""]


def test_many_rows_are_asked_about_in_parts(place):
    store = filled(place)
    many = [Address("Gadget", "farol", f"g{number}") for number in range(700)]
    with store.look() as look:
        writes = look.writes([*many, LAMP])
        applied = look.applied([*many, LAMP])
    assert (len(writes), len(writes[LAMP]), len(applied[LAMP])) == (701, 1, 1)


def test_what_applies_wrote_is_told_by_field(place):
    store = filled(place)
    with store.look() as look:
        changes = look.applied([LAMP, NOBODY])
    assert set(changes) == {LAMP}
    assert [one.commit for one in changes[LAMP]] == [None]


def test_findings_are_written_down_and_renewed(place):
    store = filled(place)
    other = replace(FINDING, id="drift-other", address=BELL, state=FindingState.WAIVED, waiver="w")
    store.record([FINDING, other])
    with store.look() as look:
        assert look.findings() == {FINDING.id: FINDING, other.id: other}
    gone = replace(FINDING, state=FindingState.RESOLVED, resolved_at="2026-06-16T00:00:00Z")
    store.record([gone])
    with store.look() as look:
        assert look.findings() == {FINDING.id: gone, other.id: other}
    before = store.read()
    store.record([FINDING])
    assert store.read() == before, "findings are no part of what is managed"


def test_a_look_is_one_consistent_read(place):
    store = filled(place)
    with store.look() as look:
        before = look.live()
        if not store.embedded:  # a file keeps writers out meanwhile
            sql(store, "UPDATE gadgets SET colour = 'blue' WHERE name = 'lamp'")
        assert [one.operation for one in look.writes([LAMP])[LAMP]] == ["insert"]
        assert look.live() == before
    assert before.row(LAMP) is not None


def test_before_a_file_is_made_nothing_is_remembered_and_nothing_is_made(tmp_path):
    store = database(tmp_path / "none")
    with store.look() as look:
        assert look.live() == store.read()
        assert (look.writes([LAMP]), look.applied([LAMP]), look.findings()) == ({}, {}, {})
    store.record([FINDING])
    assert not store.file.path.parent.exists()


def test_without_the_schema_of_today_nobody_looks_or_records(place):
    store = empty(place)
    if store.embedded:
        store.file.path.parent.mkdir(parents=True, exist_ok=True)
        sqlite3.connect(store.file.path).executescript("CREATE TABLE other (a)")
    with pytest.raises(WorldError, match="schema"), store.look() as look:
        look.live()
    with pytest.raises(WorldError, match="schema"):
        store.record([FINDING])


def test_findings_have_a_table(place):
    assert "reconciler_findings" in tables(filled(place))


def test_the_trail_of_a_few_rows_is_found_by_an_index(tmp_path):
    """The journal grows for good: asking about some rows must not read all of it."""
    store = filled(tmp_path)
    plans: list[str] = []
    with closing(sqlite3.connect(store.file.path)) as connection:

        def ask(statement, values):
            plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))
            return []

        look = Look(lambda statement: ask(statement, ()), ask, CATALOG, store.read)
        look.writes([LAMP])
        look.applied([LAMP])
    assert [one for one in plans if "SCAN reconciler_" in one] == []
    assert sum("USING INDEX ix_reconciler_" in one for one in plans) == 2


def test_that_a_revision_was_moved_is_no_write_of_a_field(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET rev = rev + 1 WHERE name = 'lamp'")
    with store.look() as look:
        assert [one.operation for one in look.writes([LAMP])[LAMP]] == ["insert"]
