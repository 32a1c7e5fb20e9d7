"""Standing: the digest of a database that was read is that of the database as it is, and of no other one."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from reconciler.adapters.database import reading
from reconciler.adapters.database.digests import digest_now, digest_read, tables_of
from reconciler.adapters.database.revisions import head
from reconciler.model.errors import ReconcilerError
from tests.adapters.database.worlds import CATALOG, REFUSED, Place, Store, filled, sql

TABLES = tables_of(CATALOG)
APPROVE = (
    "INSERT INTO reconciler_approvals (digest, approver, approved_at, valid_until, rights, rules) "
    "VALUES ('sha256:1', 'ada@example.com', 'then', 'later', 'r', 'r')"
)


def now(store: Any, *, settled: bool = True) -> str:
    return digest_now(store.server if isinstance(store, Store) else store.file, TABLES, settled=settled)


def test_what_was_read_is_what_is_there(place: Place) -> None:
    store = filled(place)
    read = digest_read(store.read(), TABLES, revision=head())
    assert read is not None
    assert read == now(store)


def test_whatever_a_plan_reads_is_part_of_it(place: Place) -> None:
    store = filled(place)
    changes = [
        *(
            f'UPDATE "{table}" SET "{column}" = {_other(store, str(table), column)}'
            for _, table, columns in TABLES
            for column in columns
            if column and column not in ("tenant_key", "id")
        ),
        *(
            f"UPDATE reconciler_resources SET {column} = 'other' WHERE name = 'lamp'"
            for column in ("applied", "source", "commit_id", "management", "tenant", "kind", "name")
        ),
        "DELETE FROM reconciler_resources",
        "UPDATE reconciler_tenants SET generation = generation + 7",
        "UPDATE reconciler_meta SET value = 'other' WHERE key = 'identity'",
        "UPDATE alembic_version SET version_num = '0001'",
        APPROVE,
        "UPDATE reconciler_approvals SET withdrawn_at = 'then'",
    ]
    seen = {now(store)}
    for statement in changes:
        try:
            sql(store, statement)
        except REFUSED:
            continue
        digest = now(store)
        assert digest not in seen or "withdrawn" in statement, statement
        seen.add(digest)
    assert len(seen) > 15


def _other(store: Any, table: str, column: str) -> str:
    (value,) = sql(store, f'SELECT "{column}" FROM "{table}" LIMIT 1')[0]
    if isinstance(value, bool):
        return f'NOT "{column}"'
    return f'"{column}" + 3' if isinstance(value, int) else "'other'"


def test_an_open_finding_leaves_none(place: Place) -> None:
    store = filled(place)
    sql(
        store,
        "INSERT INTO reconciler_findings (id, kind, tenant, name, path, finding, state, first_seen, last_seen) "
        "VALUES ('1', 'Gadget', 'farol', 'lamp', '', 'missing', 'new', 'then', 'then')",
    )
    assert now(store) == ""
    assert now(store, settled=False) != ""
    sql(store, "UPDATE reconciler_findings SET state = 'resolved'")
    assert now(store) == now(store, settled=False) != ""


@pytest.mark.parametrize("name", ['x"; DROP TABLE gadgets; --', "X", "", "a b", "1", "ä"])
def test_a_name_that_is_none_is_no_statement(place: Place, name: str) -> None:
    store = filled(place)
    where = store.server if isinstance(store, Store) else store.file
    with pytest.raises(ValueError, match="no name"):
        digest_now(where, [["Gadget", name, ["name"]]], settled=False)
    if name:
        with pytest.raises(ValueError, match="no name"):
            digest_now(where, [["Gadget", "gadgets", ["name", name]]], settled=False)


def test_a_database_that_is_not_there_has_none(tmp_path: Any) -> None:
    store = filled(tmp_path)
    store.file.path.unlink()
    with pytest.raises((ReconcilerError, sqlite3.Error)):
        now(store)
    assert not store.file.path.exists()


def test_all_that_a_plan_asks_is_asked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a plan read something else has to say so here as well."""
    store = filled(tmp_path)
    asked: list[str] = []
    opened = reading.open_for_reading

    def listened(file: Any) -> sqlite3.Connection:
        connection = opened(file)
        connection.set_trace_callback(lambda statement: asked.append(statement.replace('"', "")))
        return connection

    monkeypatch.setattr(reading, "open_for_reading", listened)
    store.read()
    read = {one for one in asked if one.startswith("SELECT") and "sqlite_master" not in one}
    asked.clear()
    now(store, settled=False)
    assert read == {one for one in asked if one.startswith("SELECT")}
    assert len(read) == len(CATALOG) + 5
