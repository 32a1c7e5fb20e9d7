"""The short ways of the tests end where the long ones end, and somebody who goes the long way goes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from argon2 import extract_parameters, profiles
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from reconciler.adapters.database import at_once, tables
from reconciler.adapters.database.columns import IDENTITY, META
from reconciler.adapters.database.migrate import check, upgrade
from reconciler.adapters.database.revisions import head
from reconciler.adapters.secrets.keys import new_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.secret import SecretValue
from tests.haste import the_long_way
from tests.servers import Cluster, installed

EVERYTHING = {
    "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid",
    "postgresql": """
        SELECT 'column', table_name, column_name, data_type, is_nullable, column_default, generation_expression
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'key', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'function', proname, prosrc, prosecdef::text, '', '', ''
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '', ''
            FROM pg_trigger WHERE NOT tgisinternal
        ORDER BY 1, 2, 3, 4
    """,
}


@pytest.fixture(params=["sqlite", *(f"postgresql-{version}" for version in installed())])
def empty(
    request: pytest.FixtureRequest, tmp_path: Path, clusters: Callable[[str], Cluster]
) -> Iterator[Callable[[], str]]:
    """Where another empty database is, each time it is asked."""
    if request.param == "sqlite":
        numbers = iter(range(9))
        yield lambda: f"sqlite:///{tmp_path}/{next(numbers)}.db"
        return
    cluster = clusters(request.param.partition("-")[2])
    yield lambda: cluster.url(cluster.database())
    cluster.tidy()


def _made(url: str, catalog: Catalog, revision: str | None = None) -> tuple[list[object], dict[str, object]]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        upgrade(connection, catalog)
        assert check(connection, catalog) == []
        schema = [tuple(row) for row in connection.exec_driver_sql(EVERYTHING[connection.dialect.name])]
        names = sorted(sa.inspect(connection).get_table_names())
        counts = {name: len(connection.exec_driver_sql(f'SELECT * FROM "{name}"').fetchall()) for name in names}
        told = {"revision": connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()}
        identity = f"SELECT value FROM {META} WHERE key = '{IDENTITY}'"
        told["identity"] = connection.exec_driver_sql(identity).scalar_one()
    return schema, {**told, **counts}


def test_a_repeated_upgrade_makes_what_every_revision_by_itself_makes(empty: Callable[[], str]) -> None:
    catalog = discover()
    ways = [the_long_way(), nullcontext(), nullcontext()]
    found = []
    for way in ways:
        with way:
            found.append(_made(empty(), catalog))
    (schema, rows), *others = found
    assert len(schema) > 100
    assert [one for one, _ in others] == [schema, schema]
    assert [{**told, "identity": ""} for _, told in found] == [{**rows, "identity": ""}] * 3
    assert len({told["identity"] for _, told in found}) == 3


@pytest.mark.parametrize("why", ["written", "stale", "not empty", "fewer kinds"])
def test_a_new_file_is_made_at_once_or_walked_and_is_the_same(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = discover()
    with the_long_way():
        walked = _made(f"sqlite:///{tmp_path}/walked.db", catalog)[0]
    stale = tmp_path / "whole.sql"
    stale.write_text(at_once.FILE.read_text(encoding="utf-8").replace(head(), "0000", 1), encoding="utf-8")
    if why == "stale":
        monkeypatch.setattr(at_once, "FILE", stale)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/new.db", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        if why == "not empty":
            connection.exec_driver_sql("CREATE TABLE of_somebody_else (id INTEGER)")
        asked = Catalog(list(catalog.values())[:-1]) if why == "fewer kinds" else catalog
        assert at_once.made_at_once(connection, asked) is (why == "written")
        if why != "fewer kinds":
            assert upgrade(connection, catalog) == head()
            there = connection.exec_driver_sql(EVERYTHING["sqlite"]).fetchall()
            assert [tuple(row) for row in there if "of_somebody_else" not in row] == walked


def test_a_new_file_loads_no_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from reconciler.kinds import discover; "
        "from reconciler.adapters.database.store import open_database; "
        f"open_database('sqlite:///{tmp_path}/new.db', discover()).upgrade(); "
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_database_that_is_not_empty_goes_the_long_way(empty: Callable[[], str]) -> None:
    catalog, url = discover(), empty()
    schema, rows = _made(empty(), catalog)  # now the way is known
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_somebody_else (id INTEGER)")
    again, there = _made(url, catalog)
    assert set(schema) < set(again)
    assert {**there, "identity": rows["identity"]} == {**rows, "of_somebody_else": 0}


def test_remembered_tables_are_those_of_the_kinds_asked_for(catalog: Catalog) -> None:
    def text(one: Catalog) -> list[str]:
        made = tables.metadata_of(one).sorted_tables
        parts = [part for table in made for part in (CreateTable(table), *map(CreateIndex, table.indexes))]
        return [str(part.compile(dialect=sqlite.dialect())) for part in parts]

    fewer = Catalog(list(catalog.values())[:-1])  # no other kind refers to the last one
    whole = text(catalog)
    assert text(discover()) == whole
    assert tables.metadata_of(discover()) is tables.metadata_of(catalog)
    assert len(text(fewer)) < len(whole)
    assert text(catalog) == whole


def test_only_the_tests_hash_passwords_cheaply() -> None:
    quick, lamp = profiles.RFC_9106_LOW_MEMORY, Address("Operator", "", "root")
    short, repeated = KeySealer(new_key()), command.upgrade
    with the_long_way():
        dear = extract_parameters(short.seal(lamp, "password", "password", SecretValue("a")))
        assert command.upgrade is not repeated
    cheap = extract_parameters(short.seal(lamp, "password", "password", SecretValue("a")))
    assert (dear.time_cost, dear.memory_cost, dear.parallelism, cheap) == (3, 65536, 4, quick)
    assert command.upgrade is repeated
