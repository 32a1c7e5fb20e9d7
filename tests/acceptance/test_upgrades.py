"""A database that older versions filled is upgraded: every row stays, the chain holds, and runs go on as before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from reconciler.adapters.database import revisions
from reconciler.adapters.database.audit import link
from reconciler.adapters.database.columns import CACHE_KEY
from reconciler.adapters.database.migrate import configuration
from reconciler.adapters.database.tables import metadata_of
from reconciler.kinds import discover
from tests.campaigns.undoing import KEY, called, everybody, newest
from tests.examples.test_tenants import TREE, secrets
from tests.servers import Cluster, installed

CLOCK = "2026-06-15T12:00:00Z"
DATABASES = ["sqlite", f"postgresql-{list(installed())[-1]}"] if installed() else ["sqlite"]

Rows = dict[str, list[dict[str, Any]]]


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example tree beside an embedded database of today, with two runs, findings, an approval and mails."""
    folder = tmp_path_factory.mktemp("filled") / "tree"
    shutil.copytree(TREE, folder)
    with pytest.MonkeyPatch.context() as patch, standing_in(folder):
        for name, value in {**secrets(), "RECONCILER_CLOCK": CLOCK, "RECONCILER_SECRET_KEY": KEY}.items():
            patch.setenv(name, value)
        assert called("apply", "--auto-approve", "--quiet", "--bootstrap").code == 0
        engine = sa.create_engine(f"sqlite:///{folder}/.reconciler/live.db")
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE service_types SET sort_order = sort_order + 500")
            connection.exec_driver_sql(
                "INSERT INTO reconciler_approvals (digest, approver, approved_at) VALUES ('d', 'Operator/x', 't')"
            )
        assert called("drift", "--record").code == 0
        engine.dispose()
        yield folder


def rows_of(engine: sa.Engine) -> Rows:
    """Every row of every table, by column; booleans of either sort of database are alike."""
    found: Rows = {}
    with engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()
            found[table] = [{key: _plain(one) for key, one in row.items()} for row in rows]
    return found


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def aged(rows: Rows, engine: sa.Engine, revision: str) -> Rows:
    """Fill an empty database as a version would have filled it whose schema ``revision`` was; what was put into it."""
    with engine.begin() as connection:
        command.upgrade(configuration(connection, metadata_of(discover())), revision)
    put: Rows = {}
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET session_replication_role = replica")  # rows come in no order of keys
        inspector = sa.inspect(connection)
        tables = {
            table: [one for one in inspector.get_columns(table) if not one.get("computed")]
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }
        for table, columns in tables.items():
            put[table] = [{one["name"]: row[one["name"]] for one in columns} for row in rows[table]]
        if revision < "0005":
            _chained_anew(put)
        for table, columns in tables.items():
            if put[table]:
                _put(connection, table, columns, put[table])
    return put


def _put(connection: sa.Connection, table: str, columns: Sequence[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    truths = {one["name"] for one in columns if isinstance(one["type"], sa.Boolean)}
    into = sa.table(table, *(sa.column(one["name"]) for one in columns))
    given = [{key: bool(one) if key in truths and one is not None else one for key, one in row.items()} for row in rows]
    connection.execute(sa.insert(into), given)
    for one in columns:
        if one.get("identity"):
            last = max(row[one["name"]] for row in rows)
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', '{one['name']}'), {last})")


def _chained_anew(put: Rows) -> None:
    """The chain over all changes as it was before there were images."""
    end = next(row["value"] for row in put["reconciler_meta"] if row["key"] == "identity")
    ends = {0: end}
    for row in sorted(put["reconciler_changes"], key=lambda one: one["seq"]):
        row["previous"] = end
        end = row["hash"] = link({**row, "image": None})
        ends[row["seq"]] = end
    for run in put["reconciler_runs"]:
        run["chain"] = ends[run["last_change"]]


@pytest.fixture
def ready(
    filled: Path,
    request: pytest.FixtureRequest,
    clusters: Callable[[str], Cluster],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[sa.Engine, Rows]]:
    """The manifests beside a database of an older version, in the folder of the test."""
    revision, sort = request.param
    rows = rows_of(sa.create_engine(f"sqlite:///{filled}/.reconciler/live.db"))
    folder = tmp_path / "tree"
    shutil.copytree(filled, folder, ignore=shutil.ignore_patterns(".reconciler"))
    monkeypatch.chdir(folder)
    for name, value in {**secrets(), "RECONCILER_SECRET_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    if sort == "sqlite":
        (folder / ".reconciler").mkdir()
        monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
        engine = sa.create_engine(f"sqlite:///{folder}/.reconciler/live.db")
    else:
        cluster = clusters(sort.partition("-")[2])
        name = cluster.database()
        monkeypatch.delenv("RECONCILER_CLOCK", raising=False)
        monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(name))
        engine = sa.create_engine(cluster.url(name))
    yield engine, aged(rows, engine, revision)
    engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "ready", [(revision, sort) for revision in revisions.known()[:-1] for sort in DATABASES], indirect=True, ids=str
)
def test_every_row_stays_and_runs_go_on(ready: tuple[sa.Engine, Rows]) -> None:
    engine, before = ready
    assert all(before[kind.table] for kind in discover().values()), "a row of every kind"
    older = called("plan")
    assert (older.code, "DB-02" in older.err) == (1, True)
    done = called("db", "upgrade")
    assert done.code == 0, done.err
    assert called("db", "check").code == 0
    after = rows_of(engine)
    # A server's database gets a key for the rows that caches keep.
    after["reconciler_meta"] = [one for one in after["reconciler_meta"] if one["key"] != CACHE_KEY]
    for table, rows in before.items():
        names = list(rows[0]) if rows else []
        assert sorted(map(repr, rows)) == sorted(repr({name: row[name] for name in names}) for row in after[table]), (
            table
        )
    verified = called("history", "verify")
    assert verified.code == 0, verified.out + verified.err
    run = newest()
    refused = called("rollback", run, "--format", "text")
    if "reconciler_images" not in before:
        assert (refused.code, "RBK-02" in refused.err) == (7, True), refused.err
    assert "sortOrder" in called("drift").out

    def ask(statement: str) -> list[dict[str, Any]]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql(statement).mappings()]

    carriers = everybody(ask)
    applied = called("apply", "--auto-approve", *carriers)
    assert applied.code == 0, applied.err
    assert called("plan").out.startswith("No changes.")
    back = called("rollback", newest(), "--auto-approve", *carriers)
    assert back.code == 0, back.err
    numbers = "SELECT tenant, name, sort_order FROM service_types ORDER BY 1, 2"
    former = [(one["tenant"], one["name"], one["sort_order"]) for one in before["service_types"]]
    assert [tuple(row.values()) for row in ask(numbers)] == sorted(former)
    assert called("history", "verify").code == 0
