"""Reading the live database: one SELECT a kind, rows kept as the plain tuples that the driver makes.

The same statements serve the read-only connection of a plan and the locked one of an apply: ``fetch`` runs one and
gives all its rows. They are plain standard SQL over names that come from the declarations only, so they need no
compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.adapters.database.columns import ROW, every_column, selected
from reconciler.adapters.database.revisions import VERSION_TABLE
from reconciler.adapters.database.seeds import seeded_rows
from reconciler.model.address import Address
from reconciler.model.approval import Approval
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind
from reconciler.model.pace import counter
from reconciler.model.resource import LedgerEntry, Live, Row

Fetch = Callable[[str], list[Row]]
"""Runs a statement and gives all its rows as plain tuples."""

LEDGER = "SELECT kind, tenant, name, applied, source, commit_id, management FROM reconciler_resources"
"""Reads the ledger; an alias and a condition may follow."""
_VERSION_TABLE_THERE = {
    "sqlite": f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{VERSION_TABLE}'",  # noqa: S608  # a constant
    "postgresql": f"SELECT 1 WHERE to_regclass('{VERSION_TABLE}') IS NOT NULL",
}


def read_live(fetch: Fetch, catalog: Catalog) -> Live:
    """Everything that is managed or may be referred to. The caller has seen to the revision of the schema."""
    rows: dict[str, Mapping[tuple[str, str], Row]] = {}
    done = counter()
    for name, kind in catalog.items():
        rows[name] = {row[:2]: row for row in fetch(select_rows(kind))}
        done(len(rows[name]))
    return Live(
        identity=identity_of(fetch),
        rows=rows,
        ledger=_ledger(fetch),
        generations=generations_of(fetch),
        approvals=approvals_of(fetch),
    )


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


def _ledger(fetch: Fetch) -> dict[Address, LedgerEntry]:
    return {entry.address: entry for entry in map(ledger_entry, fetch(LEDGER))}


def generations_of(fetch: Fetch) -> dict[str, int]:
    """How often an apply has touched each tenant."""
    return dict(fetch("SELECT tenant, generation FROM reconciler_tenants"))
