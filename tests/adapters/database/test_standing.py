"""What was read stands under the locks, or is read again: nothing that anybody wrote since is missed."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from reconciler.model.errors import WorldError
from tests.adapters.database.test_server import granted
from tests.adapters.database.worlds import Store, apply, create, empty, filled, sql, unwatch
from tests.engine.toy import gadget, partner

EVERYWHERE = {
    "a field": "UPDATE gadgets SET title = 'another' WHERE name = 'lamp'",
    "a row that goes": "DELETE FROM gadgets WHERE name = 'bell'",
    "the ledger": "UPDATE reconciler_resources SET applied = '{}' WHERE name = 'lamp'",
    "an entry of the ledger that goes": "DELETE FROM reconciler_resources WHERE name = 'lamp'",
    "a generation": "UPDATE reconciler_tenants SET generation = generation + 1 WHERE tenant = 'farol'",
    "a tenant": "INSERT INTO reconciler_tenants (tenant, generation) VALUES ('elsewhere', 3) ON CONFLICT DO NOTHING",
    "the identity": "UPDATE reconciler_meta SET value = 'another' WHERE key = 'identity'",
}
ON_A_SERVER = {
    "a field, to what it is": "UPDATE gadgets SET title = title WHERE name = 'lamp'",
    "a row without triggers": (
        "BEGIN; SET LOCAL session_replication_role = replica; UPDATE gadgets SET title = 'x'; COMMIT"
    ),
    "a row that goes and comes back": (
        "BEGIN; CREATE TEMP TABLE aside ON COMMIT DROP AS SELECT * FROM reconciler_resources WHERE name = 'lamp';"
        "DELETE FROM reconciler_resources WHERE name = 'lamp';"
        "INSERT INTO reconciler_resources SELECT * FROM aside; COMMIT"
    ),
    "one row goes as another comes": (
        "BEGIN; DELETE FROM reconciler_resources WHERE name = 'lamp';"
        "INSERT INTO reconciler_tenants (tenant, generation) VALUES ('elsewhere', 3) ON CONFLICT DO NOTHING; COMMIT"
    ),
    "a column with another default": (
        "BEGIN; ALTER TABLE reconciler_resources DROP COLUMN source;"
        "ALTER TABLE reconciler_resources ADD COLUMN source text NOT NULL DEFAULT 'elsewhere.yaml:1'; COMMIT"
    ),
    "an emptied table": "TRUNCATE reconciler_resources",
    "rows that some do not see": (
        "BEGIN; ALTER TABLE gadgets ENABLE ROW LEVEL SECURITY; UPDATE gadgets SET title = 'y'; COMMIT"
    ),
}


def locked(store, since, tenants=("farol",)):
    """What a session gives that has the locks, and whether it took it for what was read."""
    with store.apply(list(tenants), lock_timeout=2) as session:
        found = session.live(since)
        return found, found.rows is since.live.rows and found.ledger is since.live.ledger


def test_what_nobody_has_touched_is_not_read_again(place):
    store = filled(place)
    with store.standing() as since:
        assert since.live == store.read()
        assert locked(store, since) == (since.live, True)
        assert locked(store, since) == (since.live, True), "locks alone move nothing, also after they are given back"


def test_without_what_was_read_everything_is_read(place):
    store = filled(place)
    with store.apply(["farol"], lock_timeout=2) as session:
        assert session.live() == store.read()


@pytest.mark.parametrize("how", EVERYWHERE)
@pytest.mark.parametrize("watched", [True, False], ids=["triggers", "no-triggers"])
def test_whatever_was_written_is_read(place, how, watched):
    store = filled(place)
    with store.standing() as since:
        if not watched:
            unwatch(store)
        sql(store, EVERYWHERE[how])
        if not watched:
            store.upgrade()  # puts the triggers back, and nobody has told what was written meanwhile
        _found(store, since)


@pytest.mark.parametrize("how", ON_A_SERVER)
def test_whatever_was_written_on_a_server_is_read(served, how):
    store = filled(served)
    with store.standing() as since:
        sql(store, ON_A_SERVER[how])
        _found(store, since)


def test_another_table_of_that_name_is_refused(served):
    store = filled(served)
    with store.standing() as since:
        sql(store, "ALTER TABLE reconciler_resources RENAME TO aside")
        sql(store, "CREATE TABLE reconciler_resources AS SELECT * FROM aside")
        with pytest.raises(WorldError, match="does not watch its tables"):
            locked(store, since)


def test_approvals_are_always_read_again(place):
    store = filled(place)
    values = "'sha256:x', 'Operator/ana', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', 'r', 'r'"
    columns = "digest, approver, approved_at, valid_until, rights, rules"
    with store.standing() as since:
        sql(store, f"INSERT INTO reconciler_approvals ({columns}) VALUES ({values})")
        found, _ = locked(store, since)
    assert [one.approver for one in found.approvals] == ["Operator/ana"]
    assert since.live.approvals == ()


def test_the_row_of_a_new_tenant_is_the_business_of_its_own_apply(served):
    store = filled(served)
    with store.standing() as since:
        found, same = locked(store, since, ("farol", "cedro", "lumen"))
        assert (found, same) == (since.live, True)
    assert "cedro" not in store.read().generations


def test_an_apply_of_another_program_is_read(place):
    store = filled(place)
    with store.standing() as since:
        apply(store, create(gadget("spare")), number=2)
        found, same = locked(store, since)
    assert (same, found) == (False, store.read())
    assert ("farol", "spare") in found.rows["Gadget"]


def test_what_another_program_has_not_committed_does_not_count(served):
    store = filled(served)
    with store.connect() as other, store.standing() as since:
        with other.transaction():
            other.execute("UPDATE reconciler_resources SET applied = '{}' WHERE name = 'bell'")
            assert locked(store, since) == (since.live, True)
        assert not locked(store, since)[1]


def test_tables_that_show_each_user_something_else_are_read_every_time(served):
    store = filled(served)
    sql(store, "ALTER TABLE gadgets ENABLE ROW LEVEL SECURITY")
    with store.standing() as since:
        assert locked(store, since) == (since.live, False)


def test_a_role_that_owns_nothing_is_told_and_one_that_only_plans_reads_every_time(served):
    store = filled(served)
    applying, planning = granted(store)
    worker, reader = (served.open(store.name, user=one) for one in (applying, planning))
    with worker.standing() as since:
        assert locked(worker, since) == (since.live, True)
    with reader.standing() as since:
        assert since.live == store.read()
        assert locked(worker, since) == (since.live, False)


def test_another_file_at_the_same_path_is_read(tmp_path):
    store = filled(tmp_path)
    path = store.file.path
    with store.standing() as since:
        shutil.copy(path, tmp_path / "aside")
        (tmp_path / "aside").replace(path)
        sql(store, EVERYWHERE["a field"])
        _found(store, since)
    with store.standing() as since:
        aside = tmp_path / "older"
        shutil.copy(path, aside)
        sql(store, "UPDATE gadgets SET title = 'third' WHERE name = 'lamp'")
        with store.standing() as later:
            shutil.copyfile(aside, path)  # as a backup is put back, over the file that is there
            _found(store, later)
        assert not locked(store, since)[1]


def test_a_file_that_keeps_its_log_beside_it_is_read(tmp_path):
    store = filled(tmp_path)
    with closing(sqlite3.connect(store.file.path)) as other:
        other.execute("PRAGMA journal_mode = WAL").fetchall()
    with store.standing() as since:
        assert locked(store, since) == (since.live, False), "an apply turns the log off, and nobody may be in the way"
    sql(store, "PRAGMA journal_mode = WAL")
    with store.standing() as since:
        sql(store, EVERYWHERE["a field"])
        _found(store, since)


def test_a_database_that_is_made_by_the_apply_is_read(tmp_path):
    store = empty(tmp_path)
    with store.standing() as since, store.apply(["farol"], lock_timeout=2) as session:
        found = session.live(since)
    assert {kind: set(rows) for kind, rows in found.rows.items()} == {"Gadget": set(), "Partner": {("", "house")}}
    assert set(found.generations.values()) == {0}


def test_a_database_that_came_meanwhile_is_read(tmp_path):
    store = empty(tmp_path)
    with store.standing() as since:
        apply(store, create(partner()))
        _found(store, since)


@pytest.mark.parametrize("seed", range(6))
def test_at_random_nothing_is_missed(place, seed):
    """Where a session says that nothing has moved, a whole read says so too; and where nothing was done, it says so."""
    store = filled(place)
    chance = random.Random(seed)  # noqa: S311 - the same writes in every run
    ways = {**EVERYWHERE, **(ON_A_SERVER if isinstance(store, Store) else {})}
    stood = 0
    for _ in range(8):
        chosen = [ways.pop(chance.choice(sorted(ways))) for _ in range(chance.choice((0, 1, 1, 2))) if ways]
        with store.standing() as since:
            for one in chosen:
                sql(store, one)
            found, same = locked(store, since)
            if "ROW LEVEL" in "".join(chosen):
                sql(store, "ALTER TABLE gadgets DISABLE ROW LEVEL SECURITY")
        assert found == store.read()
        assert same or chosen
        stood += same
    assert stood < 8


def _found(store, since):
    found, same = locked(store, since)
    assert not same
    assert found == store.read()
