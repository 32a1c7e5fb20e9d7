"""Holding tables for as long as they are read.

To a transaction a table that somebody empties or rewrites after it began has been empty all the time, whatever other
tables show. So a reading holds its tables, as every reader does in the end, before it asks the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from reconciler.adapters.database.columns import APPROVALS, META, RESOURCES, TENANTS
from reconciler.adapters.database.postgres.connecting import begin, fetching
from reconciler.adapters.database.read import Fetch, revision_of
from reconciler.adapters.database.revisions import require
from reconciler.model.catalog import Catalog
from reconciler.model.errors import LockTimeout

_TIMES = 5


def hold(fetch: Fetch, tables: Sequence[str]) -> bool:
    """Let nobody empty or rewrite these tables until the transaction ends.

    False where somebody has done so since it began, and what it sees is of no one state.
    """
    # Whoever may read one column may hold a table so, and may not say LOCK. All are held before the first row is made.
    held = " UNION ALL ".join(f'(SELECT NULL::oid FROM "{one}" LIMIT 0)' for one in tables)  # noqa: S608  # declared names
    names = ", ".join(f"to_regclass('\"{one}\"')" for one in tables)
    moved = f"SELECT oid FROM pg_class WHERE oid IN ({names}) AND relfilenode <> pg_relation_filenode(oid)"  # noqa: S608  # the same
    return not fetch(f"({moved}) UNION ALL {held}")


def hold_all(connection: psycopg.Connection[Any], catalog: Catalog) -> Fetch:
    """Hold all tables of what is managed, in a transaction that has asked nothing yet; how to ask it.

    Raises:
        WorldError: it has no schema or another one (DB-02, DB-03).
        LockTimeout: somebody empties or rewrites them all the time (DB-08).
    """
    fetch = fetching(connection)
    tables = sorted({*(kind.table for kind in catalog.values()), META, TENANTS, RESOURCES, APPROVALS})
    for _ in range(_TIMES):
        require(revision_of(fetch, "postgresql"))
        if hold(fetch, tables):
            return fetch
        connection.rollback()
        begin(connection)
    raise LockTimeout(
        "somebody empties or rewrites tables of the database again and again", code="DB-08", hint="try again later"
    )
