"""Making and upgrading the schema, and finding out how it differs.

Revisions are frozen snapshots of the tables of the kinds in this package, and of our own. Tables of further kinds,
which another package brings, are made from their declarations afterwards. A catalogue that lacks kinds of this
package has no history: all its tables are made from declarations.
"""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from reconciler.adapters.database import at_once
from reconciler.adapters.database.columns import CACHE_KEY, IDENTITY, JOURNAL, META, TENANTS, tenant_kind
from reconciler.adapters.database.read import revision_of
from reconciler.adapters.database.revisions import FOLDER, head, known, refuse_newer
from reconciler.adapters.database.seeds import seed_columns
from reconciler.adapters.database.snapshot_tables import KIND_TABLES
from reconciler.adapters.database.tables import metadata_of
from reconciler.adapters.database.triggers import differences, install, lax
from reconciler.adapters.database.writing import fetching
from reconciler.model.catalog import Catalog

if TYPE_CHECKING:  # a first apply makes its database without it
    from alembic.config import Config


def upgrade(connection: sa.Connection, catalog: Catalog, metadata: sa.MetaData | None = None) -> str:
    """Bring the schema to the newest revision inside the caller's transaction; gives that revision.

    A new database also gets its identity, the lock row of the platform, and the seeds. ``metadata`` are the tables of
    the catalogue, for whoever has them already.

    Raises:
        WorldError: it is newer than this version knows (DB-03).
    """
    before = current(connection)
    refuse_newer(before)
    metadata = metadata or metadata_of(catalog, connection.dialect.name)
    if before is not None or not at_once.made_at_once(connection, catalog):
        _walk(connection, catalog, metadata)
    if before is None:
        _begin(connection, catalog, metadata)
    _tenant_rows(connection, catalog, metadata)
    _cache_key(connection, metadata)
    _forget_foreign(connection, metadata)
    install(connection, catalog)
    return head()


def _walk(connection: sa.Connection, catalog: Catalog, metadata: sa.MetaData) -> None:
    """Every revision that is still to be made, and then what no revision makes."""
    from alembic import command

    if KIND_TABLES.issubset(kind.table for kind in catalog.values()):
        command.upgrade(configuration(connection, metadata), "head")
        metadata.create_all(connection)
    else:
        metadata.create_all(connection)
        command.stamp(configuration(connection, metadata), "head")


def current(connection: sa.Connection) -> str | None:
    """The revision of the database; None when it has no schema."""
    return revision_of(fetching(connection), connection.dialect.name)


def check(connection: sa.Connection, catalog: Catalog) -> list[str]:
    """How the database differs from what this version expects, a sentence each; empty when it does not."""
    from reconciler.adapters.database.comparing import compared

    revision = current(connection)
    if revision is None:
        return ["the database has no schema of reconciler"]
    if revision not in known():
        return [f"revision {revision} is newer than this version knows ({head()})"]
    found = [f"revision {revision} is older than {head()}"] if revision != head() else []
    wrong = [*differences(connection, catalog), *lax(connection, catalog)]
    return [*found, *compared(connection, metadata_of(catalog)), *wrong]


def configuration(connection: sa.Connection, metadata: sa.MetaData) -> Config:
    """Alembic's configuration without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def _begin(connection: sa.Connection, catalog: Catalog, metadata: sa.MetaData) -> None:
    meta, tenants = metadata.tables[META], metadata.tables[TENANTS]
    connection.execute(sa.insert(meta).values(key=IDENTITY, value=str(uuid.uuid4())))
    connection.execute(sa.insert(tenants).values(tenant="", generation=0))
    for kind in catalog.values():
        for seed in seed_columns(kind):
            connection.execute(sa.insert(metadata.tables[kind.table]).values(**seed))


def _cache_key(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Give a server's database the key by which its rows are sealed in caches. Rows of a file are kept nowhere else."""
    meta = metadata.tables[META]
    there = sa.select(meta.c.key).where(meta.c.key == CACHE_KEY)
    if connection.dialect.name == "postgresql" and connection.execute(there).first() is None:
        connection.execute(sa.insert(meta).values(key=CACHE_KEY, value=secrets.token_hex(32)))


def _forget_foreign(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Forget transactions that this server has not come to: another one numbered them before a dump was restored."""
    if connection.dialect.name == "postgresql":
        journal = metadata.tables[JOURNAL]
        following = sa.text("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        foreign = journal.c.xid > following
        if connection.execute(sa.select(journal.c.seq).where(foreign).limit(1)).first() is not None:
            connection.execute(sa.update(journal).where(foreign).values(xid=None))


def _tenant_rows(connection: sa.Connection, catalog: Catalog, metadata: sa.MetaData) -> None:
    """Give a lock row to every tenant that was there before the triggers were."""
    kind = tenant_kind(catalog)
    if kind is None:
        return
    there, tenants = metadata.tables[kind.table], metadata.tables[TENANTS]
    missing = sa.select(there.c.name, sa.literal(0)).where(there.c.name.not_in(sa.select(tenants.c.tenant)))
    connection.execute(sa.insert(tenants).from_select(["tenant", "generation"], missing))
