"""The pulse of a database: whatever is written after a reading, by whatever way, the next one knows of it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.adapters.database.postgres.connecting import asking, reading
from reconciler.adapters.database.postgres.since import Entry, pulse_in, since
from reconciler.adapters.database.pulse import SETTLED, file_pulse
from reconciler.adapters.database.store import Database
from reconciler.adapters.database.urls import SqliteFile
from reconciler.model.approval import Approval
from tests.adapters.database.worlds import CATALOG, LAMP, Served, Store, apply, filled, sql, update
from tests.servers import installed, running

WRITES = {
    "insert": "INSERT INTO gadgets (tenant, name, title, serial, state) "
    "SELECT tenant, 'new', 'New', 'n-1', state FROM gadgets WHERE name = 'lamp'",
    "update": "UPDATE gadgets SET title = 'Other' WHERE name = 'lamp'",
    "delete": "DELETE FROM gadgets WHERE name = 'bell'",
    "rev alone": "UPDATE gadgets SET rev = rev + 1 WHERE name = 'bell'",
    "rename": "UPDATE gadgets SET name = 'horn' WHERE name = 'bell'",
    "ledger": "UPDATE reconciler_resources SET applied = '{}' WHERE name = 'lamp'",
    "ledger entry gone": "DELETE FROM reconciler_resources WHERE name = 'lamp'",
    "generation": "UPDATE reconciler_tenants SET generation = 40 WHERE tenant = 'farol'",
    "identity": "UPDATE reconciler_meta SET value = 'another' WHERE key = 'identity'",
}

SERVED: dict[str, str] = {
    "truncate": "TRUNCATE gadgets",
    "truncate of the ledger": "TRUNCATE reconciler_resources",
    "a replica's write": "SET session_replication_role = replica; UPDATE gadgets SET size = 9 WHERE name = 'lamp'",
    "triggers off and on": "ALTER TABLE gadgets DISABLE TRIGGER ALL; UPDATE gadgets SET size = 9; "
    "ALTER TABLE gadgets ENABLE TRIGGER ALL; ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_journal; "
    "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_rev; "
    "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_truncate",
    "catalogue written by hand": "SET allow_system_table_mods = on; UPDATE pg_trigger SET tgenabled = 'D' "
    "WHERE tgname = 'reconciler_gadgets_journal'; UPDATE gadgets SET size = 9; "
    "UPDATE pg_trigger SET tgenabled = 'A' WHERE tgname = 'reconciler_gadgets_journal'",
    "a function that writes nothing for a while": "DO $$ DECLARE body text; BEGIN "
    "SELECT pg_get_functiondef('reconciler_gadgets_journal'::regproc) INTO body; "
    "CREATE OR REPLACE FUNCTION reconciler_gadgets_journal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'; "
    "UPDATE gadgets SET size = 9; EXECUTE body; END $$",
    "a rule on the journal": "CREATE RULE hush AS ON INSERT TO reconciler_journal DO INSTEAD NOTHING; "
    "UPDATE gadgets SET size = 9; DROP RULE hush ON reconciler_journal",
    "the journal cut": "UPDATE gadgets SET size = 9; DELETE FROM reconciler_journal WHERE operation = 'update'",
    "the journal emptied": "UPDATE gadgets SET size = 9; TRUNCATE reconciler_journal",
    "the journal altered": "UPDATE gadgets SET size = 9; "
    "UPDATE reconciler_journal SET xid = 1, seq = -seq WHERE operation = 'update'",
    "a rewrite": "ALTER TABLE gadgets ALTER COLUMN size TYPE bigint USING size + 1",
    "columns that change places": "ALTER TABLE gadgets RENAME COLUMN title TO held; "
    "ALTER TABLE gadgets RENAME COLUMN serial TO title; ALTER TABLE gadgets RENAME COLUMN held TO serial",
    "another table": "CREATE TABLE spare (LIKE gadgets INCLUDING ALL); ALTER TABLE gadgets RENAME TO former; "
    "ALTER TABLE spare RENAME TO gadgets",
    "a child of the table": "CREATE TABLE child () INHERITS (gadgets)",
    "row security": "ALTER TABLE gadgets ENABLE ROW LEVEL SECURITY",
    "a copy": "COPY gadgets (tenant, name, title, serial, state) FROM PROGRAM "
    "'printf \"farol\\tcopy\\tCopy\\tc-1\\tactive\\n\"'",
}  # fmt: skip


def pulse_of(store: Any) -> str:
    settle(store)
    found = store.read().pulse
    assert found
    assert store.still(found)
    return str(found)


def settle(store: Any) -> None:
    """Time passes behind the last write."""
    if isinstance(store, Store):
        return
    found = store.file.path.stat()
    past = min(found.st_mtime_ns, time.time_ns()) - 10**10 + 1
    os.utime(store.file.path, ns=(past, past))
    time.sleep(SETTLED + 0.02)


@pytest.mark.parametrize("what", WRITES)
def test_whatever_is_written_is_noticed(place, what):
    store = filled(place)
    pulse = pulse_of(store)
    sql(store, WRITES[what])
    assert not store.still(pulse)
    assert store.still(pulse_of(store))


def test_an_apply_and_an_approval_are_noticed(place):
    store = filled(place)
    pulse = pulse_of(store)
    apply(store, update(LAMP, 1, size=5), number=2)
    assert not store.still(pulse)
    pulse = pulse_of(store)
    with store.apply([], lock_timeout=1) as session:
        session.approve(Approval("sha256:0", "op@example.com", "2026-05-01T10:00:00Z", "", "", ""))
        session.commit()
    assert not store.still(pulse)


def test_what_was_rolled_back_and_what_is_no_ones_business_changes_nothing(served):
    store = filled(served)
    pulse = pulse_of(store)
    with store.connect() as other:
        other.execute("BEGIN; UPDATE gadgets SET size = 9; ROLLBACK")
    for statement in ("CREATE TABLE elsewhere (one int)", "INSERT INTO elsewhere VALUES (1)", "VACUUM", "ANALYZE"):
        sql(store, statement)
    assert store.still(pulse)


@pytest.mark.parametrize("what", SERVED)
def test_whatever_a_server_lets_an_administrator_do_is_noticed(served, what):
    store = filled(served)
    pulse = pulse_of(store)
    with store.connect() as other:
        other.execute(SERVED[what].encode())
    assert not store.still(pulse)


@pytest.mark.parametrize("what", ["row security", "a child of the table"])
def test_where_the_journal_cannot_be_relied_on_there_is_no_pulse(served, what):
    store = filled(served)
    sql(store, SERVED[what])
    assert store.read().pulse == ""


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE gadgets DISABLE TRIGGER reconciler_gadgets_journal",
        "ALTER TABLE gadgets ENABLE TRIGGER reconciler_gadgets_journal",
        "DROP TRIGGER reconciler_gadgets_truncate ON gadgets",
        "CREATE RULE hush AS ON INSERT TO reconciler_journal DO INSTEAD NOTHING",
        "ALTER TABLE gadgets SET UNLOGGED",
        "ALTER FUNCTION reconciler_gadgets_journal() SECURITY INVOKER",
    ],
)
def test_triggers_that_are_not_as_they_must_be_give_no_pulse(served, statement):
    store = filled(served)
    assert store.read().pulse
    sql(store, statement)
    assert store.read().pulse == ""


def test_a_trigger_of_somebody_else_on_the_journal_gives_no_pulse(served):
    store = filled(served)
    sql(store, "CREATE FUNCTION hush() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    sql(store, "CREATE TRIGGER reconciler_journal_hush BEFORE INSERT ON reconciler_journal FOR EACH ROW "
               "EXECUTE FUNCTION hush()")  # fmt: skip
    assert store.read().pulse == ""


def test_a_write_that_is_committed_late_is_noticed(served):
    """The entry of a long transaction has a smaller number and an older transaction than what came first."""
    store = filled(served)
    with store.connect() as slow, slow.transaction():
        slow.execute("UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
        sql(store, "UPDATE gadgets SET size = 8 WHERE name = 'bell'")
        pulse = pulse_of(store)
    newest = sql(store, "SELECT name FROM reconciler_journal ORDER BY seq")
    assert newest[-2:] == [("lamp",), ("bell",)]
    assert not store.still(pulse)
    assert [one.name for one in entries(store, pulse)] == ["lamp"]


def test_what_is_prepared_and_committed_later_is_noticed():
    with running(next(iter(installed())), settings={"max_prepared_transactions": "5"}) as cluster:
        store = filled(Served(cluster))
        with store.connect() as other:
            other.execute("BEGIN; UPDATE gadgets SET size = 7 WHERE name = 'lamp'; PREPARE TRANSACTION 'later'")
        pulse = pulse_of(store)
        sql(store, "COMMIT PREPARED 'later'")
        assert not store.still(pulse)


def test_entries_since_a_pulse_name_the_rows(served):
    store = filled(served)
    pulse = pulse_of(store)
    sql(store, "UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
    sql(store, "DELETE FROM reconciler_resources WHERE name = 'bell'")
    found = entries(store, pulse)
    assert [(one.table, one.tenant, one.name, one.operation) for one in found] == [
        ("gadgets", "farol", "lamp", "update"),
        ("reconciler_resources", "farol", "bell", "delete"),
    ]


def entries(store: Store, text: str) -> list[Entry]:
    pulse = pulse_in(text)
    assert pulse is not None
    with reading(store._server) as connection:  # the very door of the product
        found = since(asking(connection), pulse)
    assert found is not None
    return found


def test_a_journal_that_is_emptied_while_it_is_asked_is_noticed(served):
    """To the transaction that asks, it was empty all the time."""
    store = filled(served)
    pulse = pulse_in(pulse_of(store))
    assert pulse is not None
    sql(store, "UPDATE gadgets SET size = 9")
    with reading(store.server) as connection:
        ask = asking(connection)

        def beside(statement, values):
            if "FROM reconciler_journal" in statement:
                sql(store, "TRUNCATE reconciler_journal")
            return ask(statement, values)

        assert since(beside, pulse) is None


def test_another_database_with_the_same_past_is_another(served):
    """A copy of a database has its identity, and the numbers of all its tables and transactions."""
    store = filled(served)
    pulse = pulse_of(store)
    copy = served.store(store.name)
    assert copy.read().identity == store.read().identity
    assert not copy.still(pulse)


@pytest.mark.parametrize("version", installed())
def test_a_server_that_has_recovered_is_believed_nothing(version):
    """What it had not written down is lost, and its transactions are numbered anew from there."""
    with running(version) as cluster:
        store = filled(Served(cluster))
        pulse = pulse_of(store)
        with cluster.connect() as other, pytest.raises(psycopg.OperationalError):
            other.execute("COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'")
        _wait(lambda: bool(store.read()))
        assert not store.still(pulse)
        assert store.still(pulse_of(store))


def _wait(works: Callable[[], bool]) -> None:
    for _ in range(200):
        try:
            works()
        except Exception:  # noqa: BLE001  # it recovers
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not come back")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '["file"]', "\x00", '{"facts": 1}', "9" * 5000])
def test_what_is_no_pulse_is_none(place, text):
    assert not filled(place).still(text)


def test_a_damaged_pulse_is_none(served):
    store = filled(served)
    pulse = json.loads(pulse_of(store))
    for name, wrong in {"facts": "0", "oldest": "1", "next": 2**60, "head": 0, "seen": ["1"], "more": 1}.items():
        assert not store.still(json.dumps({**pulse, name: wrong})), name
    assert store.still(json.dumps(pulse))


def test_an_older_copy_of_the_file_is_another_state(tmp_path):
    store = filled(tmp_path)
    shutil.copy2(store.file.path, tmp_path / "older")
    sql(store, "UPDATE gadgets SET size = 5")
    pulse = pulse_of(store)
    times = store.file.path.stat()
    shutil.copy2(tmp_path / "older", store.file.path)
    os.utime(store.file.path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not store.still(pulse)


def test_rows_replaced_without_a_trigger_are_noticed(tmp_path):
    """What INSERT OR REPLACE deletes, the journal of an embedded database never hears of."""
    store = filled(tmp_path)
    pulse = pulse_of(store)
    before = sql(store, "SELECT count(*) FROM reconciler_journal WHERE operation = 'delete'")
    sql(store, "INSERT OR REPLACE INTO gadgets (id, tenant, name, title, serial, state) "
               "SELECT id, tenant, 'horn', 'Horn', 'h-1', state FROM gadgets WHERE name = 'bell'")  # fmt: skip
    assert sql(store, "SELECT count(*) FROM reconciler_journal WHERE operation = 'delete'") == before
    assert not store.still(pulse)


def test_a_write_ahead_log_gives_no_pulse(tmp_path):
    store = filled(tmp_path)
    with closing(sqlite3.connect(store.file.path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
    settle(store)
    assert store.read().pulse == ""


def test_a_file_that_was_changed_this_very_moment_gives_no_pulse(tmp_path):
    """Another write in the same moment would leave the same time."""
    path = tmp_path / "one.db"
    path.write_bytes(b"x")
    changed = path.stat().st_ctime_ns / 1e9
    os.utime(path, ns=(10**18 + 1, 10**18 + 1))
    changed = path.stat().st_ctime_ns / 1e9

    def fetch(_statement: str) -> list[tuple[str]]:
        return [("delete",)]

    assert file_pulse(path, fetch, now=lambda: changed + SETTLED / 2) == ""
    assert file_pulse(path, fetch, now=lambda: changed - 1000) == ""
    assert file_pulse(path, fetch, now=lambda: changed + 3) != ""


def test_a_file_that_is_not_there_is_not_still(tmp_path: Path):
    assert not Database(SqliteFile(tmp_path / "none.db"), CATALOG).still('["file",1,2,3,4,5]')
