"""Digests: a digest of everything that a plan reads of the database, made without knowing a kind.

A run that has read the database names the tables and columns that it read, and its digest (:func:`digest_read`). Later
another one reads the same columns, through the same doors and under the same rules, and needs no declaration for it
(:func:`digest_now`). Both digests are the same when the same is there; rows, ledger, generations, approvals, the
findings that were written down, the identity of the database and the revision of its schema.

The names come from a file, so they are looked at before they become part of a statement.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from reconciler.adapters.database.revisions import VERSION_TABLE
from reconciler.adapters.database.urls import Server, SqliteFile

if TYPE_CHECKING:  # who looks whether anything has moved needs no model
    from reconciler.model.catalog import Catalog
    from reconciler.model.resource import Live

Tables = list[list[str | list[str]]]
"""Of each kind its name, its table, and the columns that are read of it; an empty name stands for NULL."""
Rows = Callable[[str], Iterable[tuple[Any, ...]]]
"""Runs a statement and gives its rows one by one."""

_NAME = re.compile("[a-z][a-z0-9_]{0,62}").fullmatch
_CHUNK = 2_000
_PLAINLY = 2
"""The form of marshal in which equal values are equal bytes. What it writes is hashed and never read."""
_REVISION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608  # a constant
_IDENTITY = "SELECT value FROM reconciler_meta WHERE key = 'identity'"
_LEDGER = "SELECT kind, tenant, name, applied, source, commit_id, management FROM reconciler_resources"
_GENERATIONS = "SELECT tenant, generation FROM reconciler_tenants"
_APPROVALS = (
    "SELECT digest, approver, approved_at, valid_until, rights, rules FROM reconciler_approvals "
    "WHERE withdrawn_at IS NULL"
)

OPEN_FINDINGS = "SELECT id FROM reconciler_findings WHERE state <> 'resolved'"
"""The findings of drift that are written down and open."""


def tables_of(catalog: Catalog) -> Tables:
    """What a plan reads of the tables of kinds."""
    from reconciler.adapters.database.columns import every_column

    found: Tables = []
    for name, kind in catalog.items():
        there = frozenset(every_column(kind))
        columns = ["tenant_key" if one == "tenant" else one if one in there else "" for one in kind.row_columns]
        found.append([name, kind.table, columns])
    return found


def digest_read(live: Live, tables: Tables, *, revision: str) -> str | None:
    """The digest of a database of this revision that was read; None where not all of it is plain data."""
    digest = sha256()
    try:
        _add_head(digest, revision, live.identity, live.generations.items())
        for name, *_ in tables:
            _add(digest, _in_order(live.rows[str(name)].values(), 2))
        entries = live.ledger.values()
        _add(digest, _in_order(((*e.address, e.applied, e.source, e.commit, e.management) for e in entries), 3))
        approvals = live.approvals
        _add(digest, ((a.digest, a.approver, a.approved_at, a.valid_until, a.rights, a.rules) for a in approvals))
    except (ValueError, KeyError, TypeError):
        return None
    return digest.hexdigest()


def digest_now(place: SqliteFile | Server, tables: Tables, *, settled: bool) -> str:
    """The digest of a database as it is, read in one transaction that cannot write.

    ``settled`` asks whether no open finding of drift is written down; where one is, there is no digest.

    Raises:
        ReconcilerError: it cannot be opened or read.
        ValueError, TypeError: a name is none, or not all of it is plain data.
    """
    statements = [_statement(str(table), columns) for _, table, columns in tables]
    digest = sha256()
    with _opened(place) as rows:
        revision = [str(one) for (one,) in rows(_REVISION)]
        identity = [str(one) for (one,) in rows(_IDENTITY)]
        generations = {str(tenant): int(number) for tenant, number in rows(_GENERATIONS)}
        _add_head(digest, revision[0] if revision else "", identity[0] if identity else "", generations.items())
        for statement in statements:
            _add(digest, _in_order(rows(statement), 2))
        if settled and any(True for _ in rows(OPEN_FINDINGS)):
            return ""
        _add(digest, _in_order(rows(_LEDGER), 3))
        _add(digest, sorted(tuple(str(one or "") for one in row) for row in rows(_APPROVALS)))
    return digest.hexdigest()


def _statement(table: str, columns: str | Sequence[str]) -> str:
    if not _NAME(table) or not all(one == "" or _NAME(one) for one in columns):
        msg = "no name of a table or column"
        raise ValueError(msg)
    terms = ", ".join(f'one."{name}"' if name else "NULL" for name in columns)
    return f'SELECT {terms} FROM "{table}" AS one'  # noqa: S608  # looked at above


def _opened(place: SqliteFile | Server) -> AbstractContextManager[Rows]:
    return _embedded(place) if isinstance(place, SqliteFile) else _served(place)


@contextmanager
def _embedded(file: SqliteFile) -> Iterator[Rows]:
    from reconciler.adapters.database.reading import reading

    with reading(file) as connection:
        yield connection.execute


@contextmanager
def _served(server: Server) -> Iterator[Rows]:
    from reconciler.adapters.database.postgres.connecting import reading

    with reading(server) as connection:

        def rows(statement: str) -> Iterator[tuple[Any, ...]]:
            with connection.cursor(name="standing") as cursor:  # of the server: some rows at a time
                cursor.itersize = _CHUNK
                yield from cursor.execute(statement.encode())

        yield rows


def _in_order(rows: Iterable[tuple[Any, ...]], key: int) -> list[tuple[Any, ...]]:
    """Rows by the key with which they begin: a database promises no order, and a reading need not keep its."""
    return sorted(rows, key=itemgetter(slice(key)))


def _add_head(digest: Any, revision: str, identity: str, generations: Iterable[tuple[str, int]]) -> None:
    digest.update(marshal.dumps((revision, identity, sorted(generations)), _PLAINLY))


def _add(digest: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    digest.update(b"\1")
    rest = iter(rows)
    while part := list(islice(rest, _CHUNK)):
        digest.update(marshal.dumps(part, _PLAINLY))
