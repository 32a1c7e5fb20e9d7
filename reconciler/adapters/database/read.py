"""Reading the live database: one SELECT a kind, rows kept as the plain tuples that the driver makes.

The same statements serve the read-only connection of a plan and the locked one of an apply: ``fetch`` runs one and
gives all its rows. They are plain standard SQL over names that come from the declarations only, so they need no
compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from reconciler.adapters.database.columns import ROW, every_column, selected
from reconciler.adapters.database.revisions import VERSION_TABLE
from reconciler.adapters.database.seeds import seeded_rows
from reconciler.model.address import Address
from reconciler.model.approval import Approval
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind
from reconciler.model.pace import counter
from reconciler.model.resource import LedgerEntry, Live, Row
from reconciler.ports import Recognizer

Fetch = Callable[[str], list[Row]]
"""Runs a statement and gives all its rows as plain tuples."""

Parts = Callable[[str], Iterator[list[Row]]]
"""Runs a statement and gives its rows part by part, so that not all of them are there as the driver makes them."""

AT_ONCE = 2_000
"""Rows of a part."""

LEDGER = "SELECT kind, tenant, name, applied, source, commit_id, management FROM reconciler_resources"
"""Reads the ledger; an alias and a condition may follow."""
_MANY = 5_000
"""Rows of a table from which it pays to look for texts that are the same."""
_LOOKED_AT = 1_000
"""Rows by which is known what comes often; they are spread over the table."""
_NONE: Mapping[str, Mapping[tuple[str, str], Row]] = MappingProxyType({})
_NO_ROWS: Mapping[tuple[str, str], Row] = MappingProxyType({})
_VERSION_TABLE_THERE = {
    "sqlite": f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{VERSION_TABLE}'",  # noqa: S608  # a constant
    "postgresql": f"SELECT 1 WHERE to_regclass('{VERSION_TABLE}') IS NOT NULL",
}


def read_live(fetch: Fetch, catalog: Catalog, recognizer: Recognizer | None = None, parts: Parts | None = None) -> Live:
    """Everything that is managed or may be referred to. The caller has seen to the revision of the schema.

    With a ``recognizer``, ``parts`` are read one after the other, and what it knows is held as it gives it.
    """
    if recognizer is not None:
        return _recognized(fetch, catalog, recognizer, parts or (lambda statement: iter((fetch(statement),))))
    rows: dict[str, Mapping[tuple[str, str], Row]] = {}
    done = counter()
    for name, kind in catalog.items():
        rows[name] = {row[:2]: row for row in sharing(fetch(select_rows(kind)))}
        done(len(rows[name]))
    return Live(
        identity=identity_of(fetch),
        rows=rows,
        ledger=ledger_in(fetch(LEDGER), rows),
        generations=generations_of(fetch),
        approvals=approvals_of(fetch),
    )


def _recognized(fetch: Fetch, catalog: Catalog, recognizer: Recognizer, parts: Parts) -> Live:
    recognizer.begin()
    for part in parts(LEDGER):
        recognizer.entries(part)
    rows: dict[str, Mapping[tuple[str, str], Row]] = {}
    done = counter()
    for name, kind in catalog.items():
        mine: dict[tuple[str, str], Row] = {}
        rest: list[Row] = []
        for part in parts(select_rows(kind)):
            rest += recognizer.rows(name, part, mine)
        for row in sharing(rest):
            mine[row[:2]] = row
        rows[name] = mine
        done(len(mine))
    return Live(
        identity=identity_of(fetch),
        rows=rows,
        ledger=recognizer.ledger,
        generations=generations_of(fetch),
        approvals=approvals_of(fetch),
    )


def sharing(rows: list[Row]) -> list[Row]:
    """The same rows; of many, those that hold the same text often hold one and the same.

    A driver makes every text anew. What comes often in some rows is taken for what comes often in all.
    """
    if len(rows) < _MANY:
        return rows
    seen: set[Any] = set()
    words: dict[Any, Any] = {}
    for row in rows[:: len(rows) // _LOOKED_AT]:
        words.update((one, one) for one in row if type(one) is str and one in seen)
        seen.update(row)
    find = words.get
    for place, row in enumerate(rows):
        rows[place] = tuple(map(find, row, row))
    return rows


def empty_live(catalog: Catalog) -> Live:
    """What a database that does not exist yet will hold once it has been made: the seeds, and nothing else."""
    rows = {name: {row[:2]: row for row in seeded_rows(kind)} for name, kind in catalog.items()}
    return Live(identity="", rows=rows, ledger={}, generations={"": 0})


def revision_of(fetch: Fetch, dialect: str) -> str | None:
    """The revision of the schema; None when there is none."""
    if not fetch(_VERSION_TABLE_THERE[dialect]):
        return None
    found = fetch(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
    return str(found[0][0]) if found else None


def identity_of(fetch: Fetch) -> str:
    """The name that the database was given when it was made."""
    found = fetch("SELECT value FROM reconciler_meta WHERE key = 'identity'")
    return str(found[0][0]) if found else ""


def approvals_of(fetch: Fetch) -> tuple[Approval, ...]:
    """Those that nobody took back, in order. One that lacks anything counts for nothing."""
    found = fetch(
        "SELECT digest, approver, approved_at, valid_until, rights, rules FROM reconciler_approvals "
        "WHERE withdrawn_at IS NULL"
    )
    return tuple(Approval(*row) for row in sorted(tuple(str(one or "") for one in row) for row in found))


def select_rows(kind: Kind) -> str:
    """The statement that reads the rows of a kind; a condition may follow, in which a row is called ``one``."""
    there = frozenset(every_column(kind))
    terms = ", ".join(selected(column, there) for column in kind.row_columns)
    return f'SELECT {terms} FROM "{kind.table}" AS {ROW}'  # noqa: S608  # names come from the declarations only


def ledger_entry(row: Row) -> LedgerEntry:
    """The entry that :data:`LEDGER` has read."""
    kind, tenant, name, *rest = row
    return LedgerEntry(Address(kind, tenant, name), *rest)


def ledger_in(
    found: list[Row], rows: Mapping[str, Mapping[tuple[str, str], Row]] = _NONE
) -> dict[Address, LedgerEntry]:
    """The ledger by address, from what :data:`LEDGER` has read; ``found`` is emptied meanwhile.

    A driver makes every text anew, so an entry takes tenant and name from its row among ``rows``, and words that come
    again and again from the first entry that has them.
    """
    words: dict[str, str] = {}
    ledger: dict[Address, LedgerEntry] = {}
    found.reverse()
    while found:
        kind, tenant, name, applied, source, commit, management = found.pop()
        row = rows.get(kind, _NO_ROWS).get((tenant, name))
        if row is not None:
            tenant, name = row[0], row[1]
        address = Address(words.setdefault(kind, kind), tenant, name)
        ledger[address] = LedgerEntry(address, applied, source, commit, words.setdefault(management, management))
    return ledger


def generations_of(fetch: Fetch) -> dict[str, int]:
    """How often an apply has touched each tenant."""
    return dict(fetch("SELECT tenant, generation FROM reconciler_tenants"))
