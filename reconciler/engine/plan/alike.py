"""Alike: a resource that goes and one that comes may be the same one under another name; then a move is meant.

Looked for within a kind and tenant, by the stored values, at a cost that grows with the number of changes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.engine.plan.draft import Draft
from reconciler.model.address import Address
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import Entity

RENAMED = RuleText(
    "MOV-16", Severity.WARNING, Phase.PLAN, "What goes and comes again under another name is written as a move."
)

_ENOUGH = 0.8
"""Share of equal values from which the only two of a kind and tenant are taken to be one."""


def alike(drafts: Mapping[Address, Draft]) -> Iterator[tuple[RuleText, Finding]]:
    """The creations that look like what goes in the same plan, held or not; each of both is told of once."""
    if not any(one.removed for one in drafts.values()):
        return
    coming: dict[tuple[str, str], list[Entity]] = {}
    going: dict[tuple[str, str], list[Entity]] = {}
    for address, draft in sorted(drafts.items()):
        if draft.creates:
            coming.setdefault((address.kind, address.tenant), []).append(draft.entity)
        elif draft.removed and draft.entity.exists and not draft.entity.buried:
            going.setdefault((address.kind, address.tenant), []).append(draft.entity)
    for place in sorted(set(coming) & set(going)):
        yield from map(_told, _pairs(coming[place], going[place], drafts))


def _pairs(
    coming: Iterable[Entity], going: list[Entity], drafts: Mapping[Address, Draft]
) -> Iterator[tuple[Entity, Entity]]:
    new = [(one, dict(drafts[one.address].difference.columns)) for one in coming]
    names = [name for name in _compared(going[0]) if any(name in columns for _, columns in new)]
    known: dict[tuple[Any, ...], list[Entity]] = {}
    for one in going:
        known.setdefault(tuple(_stored(one, name) for name in names), []).append(one)
    rest: list[tuple[Entity, dict[str, Any]]] = []
    left = {one.address for one in going}
    for one, columns in new:
        same = known.get(tuple(columns.get(name) for name in names))
        if same:
            gone = same.pop(0)
            left.discard(gone.address)
            yield gone, one
        else:
            rest.append((one, columns))
    last = [one for one in going if one.address in left]
    if len(last) == len(rest) == 1:
        gone, (one, columns) = last[0], rest[0]
        equal = sum(_stored(gone, name) == columns.get(name) for name in names)
        if names and equal >= _ENOUGH * len(names):
            yield gone, one


def _compared(entity: Entity) -> list[str]:
    """Columns that tell resources apart: not the state, which may differ, and no part of a secret."""
    fields = (one for one in entity.kind.fields if not one.transient and not one.state and one.type != "secret")
    return [column.name for one in fields for column in one.columns]


def _stored(entity: Entity, name: str) -> Any:
    return None if entity.row is None else entity.row[entity.kind.index[name]]


def _told(pair: tuple[Entity, Entity]) -> tuple[RuleText, Finding]:
    gone, new = pair
    return RENAMED, Finding(
        f"{new.address} looks like {gone.address}, which no manifest names any more",
        at="metadata.name",
        hint=f"if it was renamed, bring the old name back and run reconciler move {gone.address} {new.address}",
        address=new.address,
    )
