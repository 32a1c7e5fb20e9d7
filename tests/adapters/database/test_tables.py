"""The tables hold by themselves what a declaration can say in SQL, on either database."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import Dialect, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from reconciler.adapters.database.columns import every_column
from reconciler.adapters.database.tables import metadata_of
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from tests.adapters.database.worlds import FAROL, REFUSED, apply, create, database, filled, plan_of, sql, update
from tests.engine.toy import gadget, partner


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gadgets SET colour = 'mauve'",
        "UPDATE gadgets SET size = 0",
        "UPDATE gadgets SET size = 100",
        "UPDATE gadgets SET limits_daily = 101",
        "UPDATE gadgets SET enabled = 2",
        "UPDATE gadgets SET protect = 7",
        "UPDATE gadgets SET state = 'asleep'",
        "UPDATE gadgets SET state = NULL",
        "UPDATE gadgets SET title = NULL",
        "UPDATE gadgets SET rev = 0",
        "UPDATE gadgets SET size = 'big'",
        "UPDATE gadgets SET tenant = NULL",
        "UPDATE gadgets SET tenant = 'nobody'",
        "UPDATE gadgets SET keeper = 'nobody'",
        "UPDATE gadgets SET maker = 'nobody'",
        "UPDATE gadgets SET serial = 'the-same'",
        "UPDATE partners SET tenant = 'farol'",
        "UPDATE partners SET title = ' THE HOUSE' WHERE name = 'farol'",
        "INSERT INTO gadgets (tenant, name, title, serial) VALUES ('farol', 'lamp', 'Twin', 'x')",
        "DELETE FROM partners WHERE name = 'farol'",
    ],
)
def test_another_program_cannot_store_what_the_declaration_forbids(place, statement):
    store = filled(place)
    with pytest.raises(REFUSED):
        sql(store, statement)


def test_a_reference_stays_in_its_own_tenant(place):
    store = filled(place)
    apply(store, create(partner("cedro")), create(gadget("spare", "cedro")), number=2)
    with pytest.raises(REFUSED):
        sql(store, "UPDATE gadgets SET keeper = 'lamp' WHERE name = 'spare'")
    sql(store, "UPDATE gadgets SET keeper = 'lamp' WHERE name = 'bell'")


def test_a_natural_key_counts_only_while_its_conditions_hold(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET keeper = 'lamp', contact_email = 'a@example.com' WHERE name = 'lamp'")
    with pytest.raises(REFUSED):
        sql(store, "UPDATE gadgets SET keeper = 'lamp', contact_email = 'A@example.com' WHERE name = 'bell'")
    statement = "UPDATE gadgets SET keeper = 'lamp', contact_email = 'A@example.com', enabled = false"
    sql(store, statement)


def test_a_deleted_row_frees_its_natural_key(place):
    store = filled(place)
    sql(store, "UPDATE partners SET state = 'deleted' WHERE name = 'house'")
    sql(store, "UPDATE partners SET title = 'the house' WHERE name = 'farol'")
    assert store.read().rows["Partner"]["", "farol"][6] == "the house"


def test_the_tables_of_all_kinds_are_strict_and_compile_for_both_databases(catalog: Catalog):
    metadata = metadata_of(catalog)
    for table in metadata.sorted_tables:
        assert table.dialect_options["sqlite"]["strict"], table.name
        text = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "strftime" not in text
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=postgresql.dialect()))
    for kind in catalog.values():
        assert tuple(metadata.tables[kind.table].columns.keys()) == every_column(kind)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda one: one.name)
def test_tables_for_one_database_are_those_for_both(catalog: Catalog, dialect: Dialect):
    def texts(made: MetaData) -> list[str]:
        parts = [part for table in made.sorted_tables for part in (CreateTable(table), *_indexes(table))]
        return [str(part.compile(dialect=dialect)) for part in parts]

    whole = texts(metadata_of(catalog))
    assert texts(metadata_of(catalog, dialect.name)) == whole
    assert any(" WHERE " in one for one in whole)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_tables_for_one_database_load_nothing_of_the_other(dialect: str):
    """In a process of its own, for this one knows both."""
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[dialect]
    program = (
        "import sys\n"
        "from reconciler.adapters.database.tables import metadata_of\n"
        "from reconciler.kinds import discover\n"
        f"metadata_of(discover(), {dialect!r})\n"
        f"sys.exit('sqlalchemy.dialects.{other}' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("dialect", ["postgres", "SQLite", "mysql"])
def test_there_are_no_tables_for_another_database(catalog: Catalog, dialect: str):
    with pytest.raises(ValueError, match=f"no tables for {dialect}"):
        metadata_of(catalog, dialect)


def _indexes(table: Table) -> list[CreateIndex]:
    return [CreateIndex(one) for one in sorted(table.indexes, key=lambda one: str(one.name))]


def test_every_reference_of_every_kind_is_a_foreign_key(catalog: Catalog):
    metadata = metadata_of(catalog)
    for kind in catalog.values():
        wanted = {one.columns[0].name for one in kind.references if one.type == "text" and not one.transient}
        table = metadata.tables[kind.table]
        found = {key.column_keys[-1] for key in table.foreign_key_constraints}
        assert wanted <= found, kind.name
        if kind.level.value != "platform":
            assert "tenant" in found, kind.name


def test_the_catalogue_has_exactly_one_kind_of_tenants(catalog: Catalog):
    assert [kind.name for kind in catalog.values() if kind.is_tenant] == ["Partner"]


def test_references_inside_one_plan_may_point_at_what_it_creates(place):
    store = database(place)
    changes = [create(partner()), create(gadget("top")), create(gadget("below", keeper="top", maker="farol"))]
    apply(store, *changes)
    row = store.read().row(Address("Gadget", "farol", "below"))
    assert row is not None
    assert "top" in row


def test_nothing_is_there_twice_in_a_plan_with_two_classes_of_change(place):
    store = filled(place)
    apply(store, update(FAROL, 1, title="Farol Services"), update(FAROL, 1, state="suspended"), number=2)
    row = store.read().row(FAROL)
    assert row is not None
    assert (row[2], row[6], row[8]) == (2, "Farol Services", "suspended")
    assert plan_of().empty


def test_no_two_indexes_or_keys_share_a_name(catalog: Catalog):
    names: list[str] = []
    for table in metadata_of(catalog).sorted_tables:
        names += [str(one.name) for one in table.indexes]
        names += [str(one.name) for one in table.constraints if isinstance(one, UniqueConstraint) and one.name]
    assert sorted(set(names)) == sorted(names)
