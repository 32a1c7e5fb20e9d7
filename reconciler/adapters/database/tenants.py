"""Reading some tenants: their rows and those of no tenant, and rows of others by natural key. Nothing else is touched.

Statements go by the indexes that the tables have: tenant and name, and the natural keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.adapters.database.columns import ROW, TENANTS
from reconciler.adapters.database.natural_keys import key_condition, key_fields, key_part
from reconciler.adapters.database.read import LEDGER, Fetch, approvals_of, identity_of, ledger_in, select_rows
from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.focus import NeedsAll, Reading
from reconciler.model.formats import folded
from reconciler.model.kind import Kind, Level, Unique
from reconciler.model.pace import counter
from reconciler.model.resource import LedgerEntry, Row
from reconciler.model.rule import Seek
from reconciler.model.tenantview import TenantLive

Ask = Callable[[str, Sequence[Any]], list[Row]]
"""Runs a statement with values, for which ``?`` stands, and gives all its rows as plain tuples."""

_AT_ONCE = 400
"""Values in one statement: the oldest SQLite takes 999."""


def read_tenants(fetch: Fetch, ask: Ask, catalog: Catalog, reading: Reading, declared: Iterable[Address]) -> TenantLive:
    """The tenants of ``reading``, every resource of no tenant, and their ledger; ``declared`` is what manifests name.

    A tenant that was not read is there as a row. The ledger knows of it only when it is declared: otherwise its
    manifest would seem to be gone.
    """
    rows: dict[str, Mapping[tuple[str, str], Row]] = {}
    done = counter()
    known = _known(ask, catalog, reading, declared)
    for name, kind in catalog.items():
        found = fetch(select_rows(kind)) if kind.level is Level.PLATFORM else _in_tenants(ask, kind, [PLATFORM, *known])
        rows[name] = {row[:2]: row for row in found}
        done(len(rows[name]))
    homes = {*known, *(one.name for one in declared if one.kind == reading.focus.kind)}
    return TenantLive(
        identity=identity_of(fetch),
        rows=rows,
        ledger=_ledger(ask, catalog, reading.focus.kind, tenants=known, homes=sorted(homes)),
        generations=_generations(ask, [PLATFORM, *known]),
        approvals=approvals_of(fetch),
        reading=reading,
    )


def holders(ask: Ask, catalog: Catalog, seeks: Iterable[Seek]) -> set[Address]:
    """The resources that have one of some natural keys.

    Raises:
        NeedsAll: they are no keys by which the database finds rows as this program compares them.
    """
    wanted: dict[tuple[str, tuple[str, ...]], set[tuple[Any, ...]]] = {}
    for one in seeks:
        wanted.setdefault((one.kind, one.paths), set()).add(one.values)
    found: set[Address] = set()
    for (name, paths), values in sorted(wanted.items()):
        kind = catalog[name]
        key = next((one for one in kind.unique if one.paths == paths and one.within == "platform"), None)
        if key is None:
            raise NeedsAll
        found.update(Address(name, row[0], row[1]) for row in _having(ask, kind, key, sorted(values, key=repr)))
    return found


# --- rows ------------------------------------------------------------------------------------------------------------


def _known(ask: Ask, catalog: Catalog, reading: Reading, declared: Iterable[Address]) -> list[str]:
    """The names of the tenants to read: those that are named in full, else those that anybody knows of."""
    named = reading.focus.named
    if not named:
        tenants = catalog[reading.focus.kind].table
        everyone = {str(row[0]) for row in ask(f'SELECT name FROM "{tenants}" UNION SELECT tenant FROM {TENANTS}', ())}  # noqa: S608  # names of tables
        everyone.update(one.tenant for one in declared)
        named = tuple(one for one in everyone if one and reading.has(one))
    return sorted({*named, *reading.beside})


def _in_tenants(ask: Ask, kind: Kind, tenants: Sequence[str]) -> Iterator[Row]:
    for some in _parts(tenants):
        yield from ask(f"{select_rows(kind)} WHERE {ROW}.tenant_key IN ({_marks(some)})", some)


def _ledger(
    ask: Ask, catalog: Catalog, kind: str, *, tenants: Sequence[str], homes: Sequence[str]
) -> dict[Address, LedgerEntry]:
    """The entries of ``tenants`` and of no tenant; of those that are tenants themselves only ``homes``."""
    select = f"{LEDGER} WHERE kind = ? AND tenant"
    found: list[Row] = []
    for name, one in catalog.items():
        if name == kind:
            for some in _parts(homes):
                found += ask(f"{select} = '' AND name IN ({_marks(some)})", [name, *some])
            continue
        for some in _parts([PLATFORM] if one.level is Level.PLATFORM else [PLATFORM, *tenants]):
            found += ask(f"{select} IN ({_marks(some)})", [name, *some])
    return ledger_in(found)


def _generations(ask: Ask, tenants: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _parts(tenants):
        found.update(ask(f"SELECT tenant, generation FROM {TENANTS} WHERE tenant IN ({_marks(some)})", some))  # noqa: S608  # constants
    return found


# --- keys ------------------------------------------------------------------------------------------------------------


def _having(ask: Ask, kind: Kind, key: Unique, values: Sequence[tuple[Any, ...]]) -> Iterator[Row]:
    """Tenant and name of the rows with one of some values of a key, by its index."""
    fields = key_fields(kind, key)
    if not fields:
        raise NeedsAll
    terms = [key_part(one, key, alone=len(fields) == 1) for one in fields]
    condition = key_condition(kind, key)
    folds = [term.startswith("lower(") for term in terms]
    wanted = sorted({tuple(map(_stored, one, folds)) for one in values})
    here = " AND ".join(
        [*(f"{term} = k{place}" for place, term in enumerate(terms)), *([condition] if condition else [])]
    )
    names = ", ".join(f"k{place}" for place in range(len(terms)))
    for some in _parts(wanted, _AT_ONCE // len(terms)):
        listed = ", ".join([f"({_marks(terms)})"] * len(some))
        # A join in this order: SQLite would look through the whole index for alternatives.
        statement = (
            f"WITH wanted ({names}) AS (VALUES {listed}) "  # noqa: S608  # names come from the declarations only
            f'SELECT tenant_key, name FROM wanted CROSS JOIN "{kind.table}" WHERE {here}'
        )
        yield from ask(statement, [part for one in some for part in one])


def _stored(value: Any, folds: bool) -> str:  # noqa: FBT001  # called by map
    """A value as the index of its key has it. The database folds letters of ASCII alone as this program does."""
    if value is None:
        return ""
    if not isinstance(value, str) or (folds and not value.isascii()):
        raise NeedsAll
    return folded(value) if folds else value


def _parts(things: Sequence[Any], size: int = _AT_ONCE) -> Iterator[list[Any]]:
    for start in range(0, len(things), size):
        yield list(things[start : start + size])


def _marks(some: Sequence[Any]) -> str:
    return ", ".join("?" for _ in some)
