"""Holding tables for as long as they are read.

To a transaction a table that somebody empties or rewrites after it began has been empty all the time, whatever other
tables show. So a reading holds its tables, as every reader does in the end, before it asks the first of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from reconciler.adapters.database.columns import APPROVALS, META, RESOURCES, TENANTS
from reconciler.adapters.database.postgres.connecting import WAITING_SECONDS, begin, fetching
from reconciler.adapters.database.read import Fetch, revision_of
from reconciler.adapters.database.revisions import VERSION_TABLE, require
from reconciler.model.catalog import Catalog
from reconciler.model.errors import LockTimeout

BRIEFLY = 0.4
"""Seconds that whoever is about to hold tables waits for one of them, with the others held. Somebody may wait for these
meanwhile: a server looks for a deadlock after one second, and would end that other program for it.
"""

_PATIENT = f"SELECT NULL::oid WHERE set_config('lock_timeout', '{round(WAITING_SECONDS * 1000)}ms', true) IS NULL"
"""Nothing; what is asked once all are held may wait longer again."""

_MOVED = """
SELECT l.relation FROM pg_locks AS l
LEFT JOIN pg_class AS c ON c.oid = l.relation LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_identify_object('pg_class'::regclass, l.relation, 0) AS now
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND (c.relkind IN ('i', 'I')) IS NOT TRUE AND (
    (c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(l.relation))
    OR quote_ident(n.nspname) || '.' || quote_ident(c.relname) IS DISTINCT FROM now.identity
)
"""
"""What this transaction holds and sees at another place, under another name or not at all: functions tell of now."""


def hold(fetch: Fetch, tables: Sequence[str]) -> bool:
    """Let nobody empty, rewrite or replace these tables until the transaction ends; what stands below views as well.

    False where somebody has done so since it began, and what it sees is of no one state.
    """
    # Whoever may read one column may hold a table so, and may not say LOCK. All are held before the first row is made.
    held = " UNION ALL ".join(f'(SELECT NULL::oid FROM "{one}" LIMIT 0)' for one in tables)  # noqa: S608  # declared names
    return not fetch(f"({_MOVED}) UNION ALL ({_PATIENT}) UNION ALL {held}")


def hold_all(connection: psycopg.Connection[Any], catalog: Catalog) -> Fetch:
    """Hold all tables of what is managed, in a transaction that has asked nothing yet; how to ask it.

    It has begun to wait :data:`BRIEFLY`, and does so again and again, with nothing held in between.

    Raises:
        WorldError: it has no schema or another one (DB-02, DB-03).
        LockTimeout: somebody locks one for too long, or empties, rewrites or replaces them all the time (DB-08).
    """
    fetch = fetching(connection)
    tables = sorted({*(kind.table for kind in catalog.values()), VERSION_TABLE, META, TENANTS, RESOURCES, APPROVALS})
    until, fits = time.monotonic() + WAITING_SECONDS, False
    while True:
        try:
            if hold(fetch, tables):
                require(revision_of(fetch, "postgresql"))
                return fetch
            why = "somebody empties or rewrites tables of the database again and again"
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            why = "another program has locked a table of the database"
        except psycopg.ProgrammingError:  # a table is not there, or may not be read
            if fits:
                raise
            connection.rollback()
            begin(connection)
            require(revision_of(fetch, "postgresql"))
            fits = True  # perhaps since a moment ago
            why = "another program changes the schema of the database"
        if time.monotonic() > until:
            raise LockTimeout(why, code="DB-08", hint="try again later")
        connection.rollback()
        begin(connection, BRIEFLY)
