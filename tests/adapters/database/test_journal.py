"""What the triggers do, whoever writes."""

from __future__ import annotations

import json
import sqlite3

import pytest

from reconciler.model.change import Action, Change
from tests.adapters.database.worlds import LAMP, SECRET_TEXT, apply, create, filled, sql, update
from tests.engine.toy import partner

ROWS = (
    "SELECT table_name, tenant, name, operation, columns, run, actor FROM reconciler_journal "
    "WHERE table_name <> 'reconciler_resources' ORDER BY seq"
)


def journal(store) -> list[tuple]:
    return [(*row[:4], json.loads(row[4]), *row[5:]) for row in sql(store, ROWS)]


def test_the_journal_names_the_run_of_an_apply(place):
    store = filled(place)
    assert journal(store) == [
        ("partners", "", "farol", "insert", [], "run-1", "op@example.com"),
        ("gadgets", "farol", "lamp", "insert", [], "run-1", "op@example.com"),
        ("gadgets", "farol", "bell", "insert", [], "run-1", "op@example.com"),
    ]


def test_the_journal_names_columns_that_another_program_changed_and_never_a_value(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET size = 5, password = ?, title = 'Lamp' WHERE name = 'lamp'", SECRET_TEXT)
    assert journal(store)[-1] == ("gadgets", "farol", "lamp", "update", ["size", "password"], None, None)
    assert SECRET_TEXT not in str(sql(store, "SELECT * FROM reconciler_journal"))


def test_other_programs_that_leave_rev_alone_have_it_moved_and_journalled_once(place):
    store = filled(place)
    before = len(journal(store))
    sql(store, "UPDATE gadgets SET size = 5")
    assert sql(store, "SELECT rev FROM gadgets") == [(2,), (2,)]
    assert sql(store, "SELECT count(*) FROM gadgets WHERE updated_at > '2026-05-01T10:00:01Z'") == [(2,)]
    assert len(journal(store)) == before + 2


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_the_bump_never_loops(tmp_path, recursive):
    store = filled(tmp_path)
    connection = sqlite3.connect(store.file.path)
    connection.execute(f"PRAGMA recursive_triggers = {recursive}")
    connection.execute("UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
    assert connection.execute("SELECT rev FROM gadgets WHERE name = 'lamp'").fetchone() == (2,)
    connection.close()


def test_a_program_that_moves_rev_itself_keeps_its_number(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET size = 5, rev = 9 WHERE name = 'lamp'")
    assert sql(store, "SELECT rev FROM gadgets WHERE name = 'lamp'") == [(9,)]


def test_an_update_that_changes_nothing_leaves_no_trace(place):
    store = filled(place)
    before = journal(store)
    sql(store, "UPDATE gadgets SET size = size")
    assert journal(store) == before
    assert sql(store, "SELECT DISTINCT rev FROM gadgets") == [(1,)]


def test_a_deletion_and_a_renaming_are_journalled_under_the_names_that_knew_the_row(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET name = 'lantern' WHERE name = 'lamp'")
    sql(store, "DELETE FROM gadgets WHERE name = 'lantern'")
    assert [row[2:5] for row in journal(store)[-3:]] == [
        ("lamp", "update", ["name"]),
        ("lantern", "update", ["name"]),
        ("lantern", "delete", []),
    ]


def test_every_new_tenant_gets_a_lock_row_whoever_makes_it(place):
    store = filled(place)
    sql(store, "INSERT INTO partners (name, title, country) VALUES ('cedro', 'Cedro', 'PRT')")
    apply(store, create(partner("lumen")), number=2)
    assert store.read().generations == {"": 2, "house": 0, "farol": 1, "cedro": 0, "lumen": 0}


def test_apply_moves_rev_by_one_and_the_generation_of_touched_tenants_only(place):
    store = filled(place)
    before = store.read().generations
    apply(store, update(LAMP, 1, size=5), number=2)
    live = store.read()
    assert live.row(LAMP)[2] == 2
    assert live.generations == {**before, "farol": before["farol"] + 1}
    assert journal(store)[-1] == ("gadgets", "farol", "lamp", "update", ["size"], "run-2", "op@example.com")


def test_the_session_row_is_gone_after_the_commit(place):
    store = filled(place)
    assert sql(store, "SELECT * FROM reconciler_session") == []


@pytest.mark.parametrize("action", [Action.ADOPT, Action.REFRESH, Action.FORGET])
def test_a_change_of_the_ledger_alone_moves_the_generation_too(tmp_path, action):
    store = filled(tmp_path)
    before = store.read().generations["farol"]
    apply(store, Change(address=LAMP, action=action, applied='{"size":1}'), number=2)
    assert store.read().row(LAMP)[2] == 1
    assert store.read().generations["farol"] == before + 1
