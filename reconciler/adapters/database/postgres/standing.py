"""Standing: what was read of a server, and whether any row of it was written since, without reading the rows again.

A row of PostgreSQL is never altered where it stands: who changes it writes another version, which carries the number of
the transaction that wrote it (``xmin``). Of the versions that one transaction has written, those that a snapshot sees
can only become fewer in a later one. So where each number of each table counts as many rows as before, they are the
very same versions, whoever wrote and whether or not any trigger told. What alters rows without writing them is a change
of the table's columns; the entries of the catalogue about these are counted alike. The statement counts in one
snapshot, and sends a line for each transaction instead of the rows.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from reconciler.adapters.database.columns import META, RESOURCES, TENANTS
from reconciler.adapters.database.sqlstates import is_lost
from reconciler.adapters.database.standing import Standing
from reconciler.model.catalog import Catalog
from reconciler.model.resource import Live

Stamp = frozenset[tuple[int, str, int]]
"""Table, number of a transaction, how many rows of the table it has written that are there."""


class StandingRows(Standing):
    """What was read of a server; ``stamp`` is None where the server does not tell whether it moves."""

    def __init__(self, live: Live, stamp: Stamp | None) -> None:
        super().__init__(live)
        self._stamp = stamp

    def unmoved(self, connection: psycopg.Connection[Any], catalog: Catalog) -> bool:
        """Whether another transaction sees the very rows that were read; what itself has written does not count."""
        return self._stamp is not None and stamp_of(connection, catalog) == self._stamp


def stamp_of(connection: psycopg.Connection[Any], catalog: Catalog) -> Stamp | None:
    """The versions of all rows that a plan is made from, as this transaction sees them. Approvals are not among them.

    None where a table is no plain table or shows each user something else, or the user may not ask.
    """
    tables = sorted({*(kind.table for kind in catalog.values()), META, TENANTS, RESOURCES})
    try:
        with connection.transaction():
            row = connection.execute(_PLAIN, (tables,)).fetchone()
            if row is None or row[0] != len(tables):
                return None
            found = connection.execute(_counts(tables), (tables,)).fetchall()
    except psycopg.Error as error:
        if is_lost(error) or connection.closed:
            raise
        return None
    return frozenset((int(table), str(number), int(count)) for table, number, count in found)


def _counts(tables: list[str]) -> sql.Composed:
    # FOR UPDATE leaves xmin alone; the rows that this transaction adds for new tenants are its own business.
    own = sql.SQL("xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid")
    each = sql.SQL("SELECT tableoid::bigint, xmin::text, count(*) FROM {} WHERE {} GROUP BY 1, xmin")
    parts = [each.format(sql.Identifier(one), own) for one in tables]
    return sql.SQL(" UNION ALL ").join([*parts, sql.SQL(_COLUMNS)])


_OIDS = "SELECT to_regclass(quote_ident(name)) FROM unnest(%s::text[]) AS name"
_PLAIN = (
    "SELECT count(*) FROM pg_class "  # noqa: S608  # constants
    f"WHERE oid IN ({_OIDS}) AND relkind = 'r' AND NOT relrowsecurity AND NOT relhassubclass"
).encode()
_COLUMNS = (
    "SELECT -attrelid::bigint, xmin::text, count(*) FROM pg_attribute "  # noqa: S608  # constants
    f"WHERE attrelid IN ({_OIDS}) AND attnum > 0 GROUP BY 1, xmin"
)
