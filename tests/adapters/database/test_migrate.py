"""Making, upgrading and checking the schema."""

from __future__ import annotations

import pytest

from reconciler.adapters.database import revisions
from reconciler.adapters.database.snapshot_tables import KIND_TABLES
from reconciler.model.catalog import Catalog
from reconciler.model.errors import WorldError
from tests.adapters.database.worlds import CATALOG, THING, apply, create, database, empty, filled, sql, tables, unwatch
from tests.engine.toy import partner


def test_the_frozen_revisions_make_exactly_the_tables_of_the_kinds(place, catalog: Catalog):
    store = empty(place, catalog)
    assert store.upgrade() == revisions.head()
    assert store.check() == []
    assert {kind.table for kind in catalog.values()} <= tables(store)
    named = {kind.table for kind in catalog.values()}
    assert named == KIND_TABLES, "run python scripts/revision.py"


def test_a_kind_of_another_package_gets_its_table_beside_the_frozen_ones(place, catalog: Catalog):
    more = Catalog([*catalog.values(), THING])
    store = empty(place, more)
    store.upgrade()
    assert store.check() == []
    assert store.read().rows["Gadget"] == {}


def test_upgrading_twice_changes_nothing(place):
    store = filled(place)
    before = store.read()
    store.upgrade()
    assert store.read() == before
    assert store.check() == []


def test_a_new_database_has_an_identity_and_its_seeds_and_each_is_its_own(place):
    one, two = empty(place), empty(place, name="other")
    one.upgrade()
    two.upgrade()
    assert one.read().identity
    assert one.read().identity != two.read().identity
    assert list(one.read().rows["Partner"]) == [("", "house")]
    assert one.read().generations == {"": 0, "house": 0}


def test_what_is_read_before_the_first_apply_is_what_the_apply_finds(tmp_path, catalog: Catalog):
    for known, name in ((CATALOG, "toy"), (catalog, "all")):
        store = database(tmp_path / name, known)
        before = store.read()
        assert not store.file.path.parent.exists()
        with store.apply([""], lock_timeout=1) as session:
            under_lock = session.live()
        clocked = {"created_at", "updated_at", "id"}  # columns that nothing compares
        for kind in known.values():
            places = [tmp_path for column, tmp_path in kind.index.items() if column not in clocked]
            seen = [
                {key: [row[at] for at in places] for key, row in live.rows[kind.name].items()}
                for live in (before, under_lock)
            ]
            assert seen[0] == seen[1]
        assert before.identity == under_lock.identity == ""
        assert before.ledger == under_lock.ledger
        assert not store.exists(), "nothing was committed"


def test_a_database_without_our_schema_is_refused(place):
    store = empty(place)
    sql(store, "CREATE TABLE other (x INT)")
    with pytest.raises(WorldError) as caught:
        store.read()
    assert caught.value.code == "DB-02"
    assert "db upgrade" in caught.value.hint
    with pytest.raises(WorldError, match="no schema"), store.apply([""], lock_timeout=1):
        pass
    assert store.current() is None
    assert store.check() == ["the database has no schema of reconciler"]


@pytest.mark.parametrize("verb", ["read", "apply", "upgrade"])
def test_a_newer_database_is_refused(place, verb):
    store = filled(place)
    sql(store, "UPDATE alembic_version SET version_num = '9999'")
    verbs = {"read": store.read, "upgrade": store.upgrade, "apply": lambda: apply(store, create(partner("cedro")))}
    with pytest.raises(WorldError) as caught:
        verbs[verb]()
    assert caught.value.code == "DB-03"
    assert "9999" in store.check()[0]


def test_an_older_database_is_refused_with_the_way_out(place, monkeypatch):
    store, real = filled(place), revisions.known()
    monkeypatch.setattr(revisions, "known", lambda: (*real, "9998"))
    with pytest.raises(WorldError) as caught:
        store.read()
    assert caught.value.code == "DB-02"
    assert "db upgrade" in caught.value.hint


def test_check_names_what_is_missing_altered_or_unknown(tmp_path):
    store = filled(tmp_path)
    sql(store, "ALTER TABLE gadgets ADD COLUMN extra TEXT")
    sql(store, "DROP TRIGGER reconciler_gadgets_update")
    sql(store, "DROP TRIGGER reconciler_partners_delete")
    sql(store, "CREATE TRIGGER reconciler_partners_delete AFTER DELETE ON partners BEGIN SELECT 1; END")
    sql(store, "DROP INDEX uq_partners_country_title")
    sql(store, "CREATE TABLE other (x INT)")
    assert sorted(store.check()) == [
        "missing index uq_partners_country_title",
        "trigger reconciler_gadgets_update is missing",
        "trigger reconciler_partners_delete was altered",
        "unknown column gadgets.extra",
    ]


def test_apply_refuses_a_database_that_no_longer_watches_and_upgrade_mends_it(place):
    store = filled(place)
    unwatch(store)
    with pytest.raises(WorldError) as caught, store.apply([""], lock_timeout=1):
        pass
    assert caught.value.code == "DB-04"
    store.upgrade()
    assert store.check() == []


def test_a_missing_column_is_told_without_a_traceback(place):
    store = filled(place)
    unwatch(store)
    sql(store, "ALTER TABLE gadgets DROP COLUMN note")
    with pytest.raises(WorldError) as caught:
        store.read()
    assert caught.value.code == "DB-04"


def test_a_tenant_that_was_there_before_the_triggers_gets_its_lock_row(place):
    store = filled(place)
    sql(store, "DELETE FROM reconciler_tenants WHERE tenant = 'farol'")
    store.upgrade()
    assert store.read().generations["farol"] == 0
