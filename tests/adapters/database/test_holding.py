"""A reading is of one state also where somebody empties or rewrites a table meanwhile."""

from __future__ import annotations

import threading

import psycopg
import pytest

from reconciler.adapters.database.postgres import holding
from reconciler.model.errors import LockTimeout
from tests.adapters.database.worlds import filled, sql

EMPTIED = b"TRUNCATE gadgets, reconciler_resources CASCADE"
"""To a transaction that has begun before, these tables were empty all the time."""


def _read(store):
    return store.read()


def _standing(store):
    with store.standing() as since:
        return since.live


def _look(store):
    with store.look() as look:
        return look.live()


@pytest.mark.parametrize("read", [_read, _standing, _look])
def test_what_is_emptied_as_a_reading_begins_is_of_one_state(served, read):
    store = filled(served)
    with store.connect() as other:
        other.autocommit = False
        other.execute(b"UPDATE partners SET title = 'Another' WHERE name = 'farol'")
        other.execute(EMPTIED)
        later = threading.Timer(0.5, other.commit)
        later.start()
        live = read(store)
        later.join()
    assert (live.rows["Gadget"], live.ledger) == ({}, {})
    assert "Another" in str(live.rows["Partner"])


def test_nobody_empties_what_is_being_read(served):
    store = filled(served)
    before = store.read()
    with store.look() as look, store.connect() as other:
        other.execute(b"SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(EMPTIED)
        assert look.live() == before


def test_a_rewritten_table_is_read_as_it_is(served):
    store = filled(served)
    before = store.read()
    sql(store, "ALTER TABLE gadgets ADD COLUMN odd text DEFAULT random()::text")
    assert store.read() == before


def test_tables_that_are_emptied_all_the_time_are_told(served, monkeypatch):
    store = filled(served)
    monkeypatch.setattr(holding, "hold", lambda *_: False)
    with pytest.raises(LockTimeout) as error:
        store.read()
    assert error.value.code == "DB-08"
