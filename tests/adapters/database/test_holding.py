"""A reading is of one state also where somebody empties or rewrites a table meanwhile."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from reconciler.adapters.database.postgres import holding
from reconciler.adapters.database.postgres.connecting import reading
from reconciler.adapters.database.read import revision_of
from reconciler.model.errors import LockTimeout
from tests.adapters.database.worlds import CATALOG, filled, sql

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


REPLACED = {
    "another table of the name": (
        "CREATE TABLE fresh AS SELECT * FROM gadgets",
        "DROP TABLE gadgets",
        "ALTER TABLE fresh RENAME TO gadgets",
    ),
    "one of another schema": (
        "CREATE SCHEMA fresh",
        "CREATE TABLE fresh.gadgets AS SELECT * FROM gadgets",
        "DROP TABLE gadgets",
        "ALTER TABLE fresh.gadgets SET SCHEMA public",
    ),
    "the revision": (
        "CREATE TEMP TABLE kept AS SELECT * FROM alembic_version",
        "TRUNCATE alembic_version",
        "INSERT INTO alembic_version SELECT * FROM kept",
    ),
}
"""How a program puts the same rows into another table while others read."""


@pytest.mark.parametrize("how", REPLACED)
def test_what_is_replaced_as_a_reading_begins_is_of_one_state(served, how):
    store = filled(served)
    before = store.read()
    assert _read_beside(store, REPLACED[how]) == before


def test_a_table_that_took_the_name_of_another_is_read_as_of_one_state(served):
    store = filled(served)
    sql(store, "CREATE TABLE next AS SELECT * FROM gadgets")
    written = ("UPDATE next SET size = 77", "UPDATE partners SET title = 'Another' WHERE name = 'farol'")
    names = ("ALTER TABLE gadgets RENAME TO last", "ALTER TABLE next RENAME TO gadgets")
    live = _read_beside(store, (*written, *names))
    assert "Another" in str(live.rows["Partner"])
    assert "77" in str(live.rows["Gadget"])


BELOW = {
    "a view": ("CREATE VIEW gadgets AS SELECT * FROM below",),
    "a partition": (
        "CREATE TABLE gadgets (LIKE below) PARTITION BY LIST (tenant_key)",
        "ALTER TABLE gadgets ATTACH PARTITION below DEFAULT",
    ),
    "a child": ("CREATE TABLE gadgets (LIKE below)", "ALTER TABLE below INHERIT gadgets"),
}
"""Where the rows may lie that are read by a name."""


@pytest.mark.parametrize("where", BELOW)
def test_what_is_emptied_below_a_name_is_of_one_state(served, where):
    store = filled(served)
    sql(store, "ALTER TABLE gadgets RENAME TO below")
    sql(store, "ALTER TABLE below ALTER tenant_key DROP EXPRESSION, ALTER id DROP IDENTITY")
    for statement in BELOW[where]:
        sql(store, statement)
    before = store.read()
    assert len(before.rows["Gadget"]) == 2
    again = ("CREATE TEMP TABLE kept AS SELECT * FROM below", "TRUNCATE below")
    live = _read_beside(store, (*again, "INSERT INTO below SELECT * FROM kept"))
    assert live == before


def _read_beside(store, statements):
    """What is read while another program is about to commit what it did; it does so when the reading waits for it."""
    with store.connect() as other, store.connect() as looking:
        other.autocommit = False
        for one in statements:
            other.execute(one.encode())
        later = threading.Thread(target=lambda: (_somebody_waits(looking), other.commit()))
        later.start()
        try:
            return store.read()
        finally:
            later.join()


def _somebody_waits(looking):
    until = time.monotonic() + 10
    here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    waiting = f"SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN ({here})".encode()  # constants
    while looking.execute(waiting).fetchone() is None and time.monotonic() < until:
        time.sleep(0.01)


def test_nobody_empties_what_is_being_read(served):
    store = filled(served)
    before = store.read()
    with store.look() as look, store.connect() as other:
        other.execute(b"SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(EMPTIED)
        assert look.live() == before


@pytest.mark.parametrize("limit", ["100ms", "10s"])
@pytest.mark.parametrize("read", [_read, _standing, _look])
def test_whoever_locks_tables_in_another_order_and_who_reads_both_come_to_their_end(served, read, limit):
    """Whoever waits for longer than its limit is ended for a deadlock: the reading, or the other program."""
    store = filled(served)
    before = read(store)
    sql(store, f"ALTER DATABASE {store.name} SET deadlock_timeout = '{limit}'")
    with store.connect() as other, store.connect() as looking, ThreadPoolExecutor() as pool:
        other.execute(b"SET deadlock_timeout = '1s'")
        with other.transaction():
            other.execute(b"LOCK partners")
            reading = pool.submit(read, store)
            _somebody_waits(looking)
            other.execute(b"LOCK gadgets")
        assert reading.result() == before


def test_what_is_asked_behind_waits_as_long_as_ever(served):
    store = filled(served)
    with reading(store.server, wait=holding.BRIEFLY) as connection:
        fetch = holding.hold_all(connection, CATALOG)
        assert fetch("SHOW lock_timeout") == [("5s",)]


def test_a_table_that_is_locked_for_long_is_told(served, monkeypatch):
    monkeypatch.setattr(holding, "WAITING_SECONDS", 1.0)
    store = filled(served)
    with store.connect() as other, other.transaction():
        other.execute(b"LOCK partners")
        with pytest.raises(LockTimeout) as error:
            store.read()
    assert error.value.code == "DB-08"


def test_a_rewritten_table_is_read_as_it_is(served):
    store = filled(served)
    before = store.read()
    sql(store, "ALTER TABLE gadgets ADD COLUMN odd text DEFAULT random()::text")
    assert store.read() == before


def test_tables_that_are_emptied_all_the_time_are_told(served, monkeypatch):
    store = filled(served)
    monkeypatch.setattr(holding, "WAITING_SECONDS", 0.1)
    monkeypatch.setattr(holding, "hold", lambda *_: False)
    with pytest.raises(LockTimeout) as error:
        store.read()
    assert error.value.code == "DB-08"


def test_a_schema_that_is_made_as_a_reading_begins_is_read(served, monkeypatch):
    store = served.store()
    asked = []

    def beside(fetch, dialect):
        if not asked:
            store.upgrade()
        asked.append(dialect)
        return revision_of(fetch, dialect)

    monkeypatch.setattr(holding, "revision_of", beside)
    assert sorted(store.read().rows["Partner"]) == [("", "house")]
