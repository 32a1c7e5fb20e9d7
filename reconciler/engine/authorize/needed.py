"""Parts: what of a change needs a right, and which changes need one at all."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.model.change import Action, Change
from reconciler.model.dataclass import dataclass
from reconciler.model.encode import field_value
from reconciler.model.kind import Deletion
from reconciler.model.resource import AWAITED, asked_before
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

_PROTECT = "lifecycle.protect"
_ENVELOPE = ("metadata.", "lifecycle.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that needs a right. ``verb`` is a verb of the matrix, or ``manage`` or ``unprotect``."""

    change: Change
    entity: Entity
    verb: str
    path: str = ""
    edge: str = ""
    source: Source | None = None


def needs_a_right(change: Change, view: View) -> bool:
    """Whether anything of a change needs a right."""
    if change.action is Action.REFRESH:
        return manages_otherwise(change, view)
    if change.action is Action.MANUAL:
        return _asks_anew(change, view)
    return change.writes or change.action in (Action.ADOPT, Action.MOVE, Action.FORGET)


def manages_otherwise(change: Change, view: View) -> bool:
    """Whether a renewed ledger entry manages another part of the resource: a change of ``lifecycle`` and no more."""
    entry = None if view.live is None else view.live.ledger.get(change.address)
    nowhere = change.resource is None and change.back is None
    if entry is None or nowhere or entry.management != change.management:
        return True
    known = set(json.loads(entry.applied or "{}")) - {AWAITED}
    return bool(known) and known != set(json.loads(change.applied or "{}")) - {AWAITED}


def _asks_anew(change: Change, view: View) -> bool:
    """Whether a person's step is asked for that no apply has asked for: what waits already is nobody's wish of now.

    So a certificate that waits for its holder, or for a renewal, does not deny the plans of everybody else.
    """
    wanted = json.loads(change.applied or "{}").get(AWAITED)
    entry = None if view.live is None else view.live.ledger.get(change.address)
    return wanted is None or not asked_before(entry, str(wanted))


def parts(change: Change, entity: Entity) -> Iterator[Part]:
    """What of a change needs a right."""
    match change.action:
        case Action.CREATE:
            yield Part(change=change, entity=entity, verb="create", source=change.source)
            yield from _fields_of_their_own(change, entity)
        case Action.UPDATE | Action.ROTATE_SECRET:
            for line in change.fields:
                verb = "update"
                if line.path.startswith(_ENVELOPE):
                    verb = "unprotect" if line.path == _PROTECT and line.before else "manage"
                path = _judged_path(entity, line.path)
                yield Part(change=change, entity=entity, verb=verb, path=path, source=line.source or change.source)
        case Action.TRANSITION | Action.MANUAL:
            source = next((line.source for line in change.fields if line.source is not None), change.source)
            yield Part(change=change, entity=entity, verb="transition", edge=str(change.edge), source=source)
        case Action.DELETE:
            yield Part(change=change, entity=entity, verb="delete", source=change.source)
        case Action.MOVE:
            yield from _as_gone_and_made(change, entity)
        case Action.ADOPT | Action.FORGET | Action.REFRESH:
            yield Part(change=change, entity=entity, verb="manage", source=change.source)


def _as_gone_and_made(change: Change, entity: Entity) -> Iterator[Part]:
    """A move needs what deleting the old one and creating the new one would need, steps of the life cycle included."""
    fresh = Entity(entity.address, entity.kind, entity.resource, None)
    yield Part(change=change, entity=fresh, verb="create", source=change.source)
    yield from _fields_of_their_own(change, fresh)
    yield from as_gone(change, entity)


def as_gone(change: Change, entity: Entity) -> Iterator[Part]:
    """What deleting a resource would need, steps of its life cycle included."""
    kind, state = entity.kind, entity.live_state
    goals = kind.delete_from
    if kind.lifecycle is not None and kind.deletion in (Deletion.PATH, Deletion.RETAINED):
        goals = (kind.lifecycle.tombstone,)
    if kind.lifecycle is not None and goals and state not in goals:
        paths = [path for goal in goals if (path := kind.lifecycle.path(state, goal))]
        for edge in min(paths, key=len, default=()):
            yield Part(change=change, entity=entity, verb="transition", edge=str(edge), source=change.source)
        if paths and kind.deletion is not Deletion.ROW:
            return
    yield Part(change=change, entity=entity, verb="delete", source=change.source)


def _judged_path(entity: Entity, path: str) -> str:
    """The path whose right is needed. What never changes is free inside an object that comes or goes whole (GEN-05)."""
    field = entity.kind.by_path.get(path)
    if field is None or not field.immutable:
        return path
    for parent in field.optional_parents:
        inside = [one.path for one in entity.kind.fields if one.path.startswith(f"{parent}.") and not one.transient]
        if not any(entity.live(one) is not None for one in inside) or all(entity.value(one) is None for one in inside):
            return parent
    return path


def _fields_of_their_own(change: Change, entity: Entity) -> Iterator[Part]:
    """Fields with a ``create`` row of their own, when the manifest gives another value than the default."""
    resource = entity.resource
    if resource is None:
        return
    for row in entity.kind.allow:
        if row.verb != "create" or row.fields == ("*",):
            continue
        for field in entity.kind.fields:
            if not any(field.path == one or field.path.startswith(f"{one}.") for one in row.fields):
                continue
            if resource.given(field.path) and field_value(field, resource) != field.default:
                source = next((one.source for one in change.fields if one.path == field.path), None)
                yield Part(change=change, entity=entity, verb="create", path=field.path, source=source or change.source)
