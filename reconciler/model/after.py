"""After: the live database as a plan would leave it, in memory. Guards and rights look at it; nothing writes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.resource import Live, Row

Rows = Mapping[tuple[str, str], Row]


def live_after(catalog: Catalog, live: Live, plan: Plan, *, kinds: Collection[str] | None = None) -> Live:
    """The database behind the plan. The ledger is that of before, and so are rows of other kinds than ``kinds``."""
    changes: dict[str, list[Change]] = {one.address.kind: [] for one in plan.cascades}
    for one in plan.changes:
        if one.writes:
            changes.setdefault(one.address.kind, []).append(one)
    rows = dict(live.rows)
    for name in sorted(changes if kinds is None else changes.keys() & set(kinds)):
        rows[name] = _rows(plan, catalog[name], live.rows.get(name, {}), changes[name])
    return replace(live, rows=rows)


def rows_after(plan: Plan, kind: Kind, rows: Rows) -> Rows:
    """The rows of one kind as the plan leaves them."""
    return _rows(plan, kind, rows, [one for one in plan.changes if one.address.kind == kind.name and one.writes])


def _rows(plan: Plan, kind: Kind, rows: Rows, changes: Iterable[Change]) -> Rows:
    after = dict(rows)
    for one in changes:
        key = (one.address.tenant, one.address.name)
        if one.action is Action.DELETE:
            after.pop(key, None)
        else:
            after[key] = _written(kind, after.get(key) or (*key, 1), one.columns)
    for cascade in plan.cascades:
        key = (cascade.address.tenant, cascade.address.name)
        if cascade.address.kind == kind.name and key in after:
            after[key] = _written(kind, after[key], {"state": cascade.state, **dict(cascade.columns)})
    return after


def _written(kind: Kind, row: Row, columns: Mapping[str, Any]) -> Row:
    values = list(row) + [None] * (len(kind.index) - len(row))
    for name, value in columns.items():
        if name in kind.index:  # a row that is put back brings the time at which it was made, which no row here holds
            values[kind.index[name]] = value
    return tuple(values)
