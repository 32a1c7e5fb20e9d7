"""Lines: from drafts to the changes of a plan, and the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from pydantic_core import from_json, to_json

from reconciler.engine.plan.draft import Draft
from reconciler.model.address import Address
from reconciler.model.change import WRITING, Action, Cause, Change, FieldChange
from reconciler.model.columns import Field
from reconciler.model.difference import Difference, Standing
from reconciler.model.encode import CONVERTED, decode
from reconciler.model.given import GivenFields
from reconciler.model.kind import Kind
from reconciler.model.later import Later
from reconciler.model.lifecycle import Edge, Risk
from reconciler.model.references import creation_key
from reconciler.model.resource import AWAITED, Row, asked_before
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

HIDDEN = "(secret)"
"""Stands for a secret in ``before`` and ``after``."""

STATE = "state"

_ENVELOPE = ("metadata", "lifecycle", "spec")


def changes_of(view: View, draft: Draft, *, mails: bool) -> list[Change]:
    """The changes of one resource, in the order in which they are applied."""
    if draft.frozen:
        return [_plain(draft, Action.ADOPT)] if draft.adopts else []
    if draft.removed:
        return _finished(view, draft, _removal(draft), mails=mails)
    if draft.refreshes:
        return [_put_back(_plain(draft, Action.REFRESH), difference=draft.difference)]
    lines: list[Change] = []
    difference = draft.difference
    if draft.creates:
        lines.append(_creation(view, draft))
    else:
        if draft.adopts:
            lines.append(_plain(draft, Action.ADOPT))
        if difference.fields:
            lines.append(
                replace(_plain(draft, Action.UPDATE), fields=difference.fields, columns=dict(difference.columns))
            )
        if difference.secrets:
            lines.append(_rotation(draft))
    lines.extend(_edges(draft))
    if draft.manual is not None:
        if not lines and _asks_anew(draft):
            lines.append(_plain(draft, Action.REFRESH))
        lines.append(replace(_edge(draft, draft.manual, Action.MANUAL), risks=()))
        lines.extend(_beyond(draft, draft.manual))
    if difference.restore is not None and difference.restore.unmanage:
        lines.append(_plain(draft, Action.FORGET))
    return _finished(view, draft, lines, mails=mails)


def _beyond(draft: Draft, manual: Edge) -> Iterator[Change]:
    """The way on behind the step of a person: nothing of it is planned, and it waits (LIF-04)."""
    wanted = draft.difference.state
    if wanted is not None and wanted.after != manual.target:
        reason = f"the way on to {wanted.after} waits for the step {manual}"
        yield replace(_plain(draft, Action.BLOCKED_BY), reason=reason, applied="")


def observed(difference: Difference) -> Change:
    """A resource that is only watched, as it differs."""
    entity = difference.entity
    fields = [*difference.fields, *difference.secrets]
    if difference.state is not None:
        fields.append(difference.state)
    return Change(
        address=difference.address,
        action=Action.UPDATE if entity.exists else Action.CREATE,
        fields=tuple(fields),
        rev=_rev(entity),
        before=None if entity.row is None else _tree(entity.kind, _columns(entity.kind, entity.row)),
        after=_after(difference, {}),
        reason=difference.reason or "it is only observed",
        source=_source(entity),
        resource=entity.resource,
    )


def whole(kind: Kind, row: Row) -> Mapping[str, Any]:
    """A live row as nested plain data like a manifest's, secrets hidden."""
    return _tree(kind, _columns(kind, row))


# --- one resource ----------------------------------------------------------------------------------------------------


def _plain(
    draft: Draft,
    action: Action,
    *,
    fields: Sequence[FieldChange] = (),
    columns: Mapping[str, Any] | None = None,
    secrets: tuple[str, ...] = (),
) -> Change:
    return Change(
        address=draft.address,
        action=action,
        fields=fields,
        columns={} if columns is None else columns,
        secrets=secrets,
        rev=_rev(draft.entity),
        reason=draft.reason,
        source=_source(draft.entity),
        resource=draft.entity.resource,
        applied=_applied(draft),
    )


def _applied(draft: Draft) -> str:
    """What the ledger keeps: the state that is reached, not the one that a person still has to bring about."""
    applied = draft.difference.applied
    if draft.manual is None or draft.difference.state is None or draft.entity.resource is None:
        return applied
    kept = {**from_json(applied), STATE: draft.manual.source, AWAITED: draft.difference.state.after}
    return to_json(dict(sorted(kept.items()))).decode()


def _asks_anew(draft: Draft) -> bool:
    """Whether a person is asked for a step that no apply has asked for before: the ledger is to remember that."""
    entry, wanted = draft.difference.entry, draft.difference.state
    if draft.manual is None or wanted is None or entry is None or entry.management != "full":
        return False
    return not asked_before(entry, str(wanted.after))


def _creation(view: View, draft: Draft) -> Change:
    difference, kind = draft.difference, draft.entity.kind
    columns = {**difference.columns, **difference.secret_columns}
    if kind.lifecycle is not None:
        columns[STATE] = draft.entry
    for name, value in kind.at_creation(draft.entity.resource, view):
        if columns.get(name) is None:
            columns[name] = value
    more = difference.secrets
    if difference.state is not None and difference.state.after == draft.entry:
        more = (*more, difference.state)
    fields = difference.fields
    if more:
        fields = fields.with_more(more) if isinstance(fields, GivenFields) else (*fields, *more)
    return _plain(
        draft,
        Action.CREATE,
        fields=fields,
        columns=columns,
        secrets=tuple(one.path for one in difference.secrets),
    )


def _rotation(draft: Draft) -> Change:
    difference = draft.difference
    return replace(
        _plain(draft, Action.ROTATE_SECRET),
        fields=difference.secrets,
        columns=dict(difference.secret_columns),
        secrets=tuple(one.path for one in difference.secrets),
    )


def _edges(draft: Draft) -> Iterator[Change]:
    for edge in draft.edges:
        yield replace(_edge(draft, edge, Action.TRANSITION), columns={STATE: edge.target})


def _edge(draft: Draft, edge: Edge, action: Action) -> Change:
    wanted = draft.difference.state
    field = FieldChange(
        path=STATE,
        before=edge.source,
        after=edge.target,
        base=None if wanted is None else wanted.base,
        cause=Cause.INTENT if wanted is None else wanted.cause,
        source=None if wanted is None else wanted.source,
    )
    reason = edge.effect or draft.reason
    return replace(_plain(draft, action), fields=(field,), edge=edge, risks=edge.risks, reason=reason)


def _removal(draft: Draft) -> list[Change]:
    if draft.held:
        return [replace(_plain(draft, Action.HELD), reason=draft.held)]
    lines = [replace(one, applied="") for one in _edges(draft)]
    if draft.manual is not None:
        lines.append(replace(_edge(draft, draft.manual, Action.MANUAL), risks=()))
    if draft.deletes:
        lines.append(_plain(draft, Action.DELETE))
    if draft.forgets:
        lines.append(_plain(draft, Action.FORGET))
    return lines


def _finished(view: View, draft: Draft, lines: list[Change], *, mails: bool) -> list[Change]:
    """The changes with the columns and risks that the kind adds, and the whole resource before and after."""
    writing = [place for place, one in enumerate(lines) if one.action in WRITING]
    entity, planned = draft.entity, draft.planned
    if writing and planned is not None:
        extra = _extra(view, draft, lines)
        last = lines[writing[-1]]
        if extra and last.action is not Action.DELETE:
            lines[writing[-1]] = replace(last, columns={**last.columns, **extra})
        first = lines[writing[0]]
        risks = [*first.risks, *entity.kind.risks(planned, view)]
        if mails and not any(Risk.SENDS_MAIL in one.risks for one in lines):
            risks.append(Risk.SENDS_MAIL)
        if tuple(risks) != first.risks:
            lines[writing[0]] = replace(first, risks=tuple(dict.fromkeys(risks)))
    before = None if entity.row is None else _tree(entity.kind, _columns(entity.kind, entity.row))
    written: Mapping[str, Any] = lines[0].columns if len(lines) == 1 == len(writing) else {}
    if len(lines) > 1:
        for place in writing:
            written = {**written, **lines[place].columns}
    gone = draft.deletes or (draft.removed and not entity.exists)
    after: Mapping[str, Any] | None = None
    if not gone:
        difference = draft.difference
        after = _new(difference, written) if difference.standing is Standing.NEW else _after(difference, written)
    for one in lines:  # they were made just now, and nobody else has seen them
        one.before, one.after = before, after
    return [_put_back(one, difference=draft.difference) for one in lines]


def _extra(view: View, draft: Draft, lines: Sequence[Change]) -> Mapping[str, Any]:
    """What else is written with the last change: what the kind adds, or what a rollback puts back instead of that."""
    entity, planned, restore = draft.entity, draft.planned, draft.difference.restore
    row, index = entity.row, entity.kind.index
    if planned is None:
        return {}
    if restore is None:
        return {
            name: value
            for name, value in entity.kind.on_change(planned, view)
            if row is None or row[index[name]] != value
        }
    reached = {} if row is None else {name: row[place] for name, place in index.items()}
    for one in lines:
        reached.update(one.columns)
    return {name: value for name, value in restore.columns.items() if reached.get(name) != value}


def _put_back(change: Change, *, difference: Difference) -> Change:
    """The change as one of a rollback, if it is: then the ledger gets what it had."""
    restore = difference.restore
    if restore is None:
        return change
    entry = restore.back.ledger
    whole = change.action is Action.CREATE
    rests = tuple(one for one in restore.back.rests if whole or one in change.secrets)
    return replace(change, applied="" if entry is None else entry.applied, back=replace(restore.back, rests=rests))


# --- the whole resource ----------------------------------------------------------------------------------------------


def _new(difference: Difference, written: Mapping[str, Any]) -> Mapping[str, Any]:
    """A new resource: nobody looks at most of those of a first apply, so it is put together when somebody does."""
    secrets = {one.path: one.note != "removed" for one in difference.secrets} if difference.secrets else None
    return Later(partial(_tree, difference.entity.kind, written, secrets))


def _after(difference: Difference, written: Mapping[str, Any]) -> Mapping[str, Any]:
    entity = difference.entity
    columns = {} if entity.row is None else dict(_columns(entity.kind, entity.row))
    columns.update(difference.columns)
    columns.update(written)
    if difference.standing is Standing.OBSERVED and difference.state is not None:
        columns[STATE] = difference.state.after
    secrets = {one.path: one.note != "removed" for one in difference.secrets}
    return _tree(entity.kind, columns, secrets)


def _columns(kind: Kind, row: Row) -> Mapping[str, Any]:
    start = kind.index["rev"] + 1
    return {column.name: row[start + place] for place, column in enumerate(kind.columns)}


def _tree(kind: Kind, columns: Mapping[str, Any], secrets: Mapping[str, bool] | None = None) -> dict[str, Any]:
    """A resource as nested plain data like a manifest's, secrets hidden, empty values left out."""
    tree: dict[str, Any] = {"metadata": {}, "lifecycle": {}, "spec": {}}
    for one, names, above, leaf in _branches(kind):
        if one.type == "secret":
            there = any(columns.get(name) is not None for name in names)
            value = HIDDEN if (secrets or {}).get(one.path, there) else None
        else:
            value = columns.get(names[0])
            if type(value) is not str or one.type in CONVERTED:
                value = decode(one, value)
        if value is None:
            continue
        node = tree
        for key in above:
            node = node.setdefault(key, {})
        node[leaf] = value
    return tree


@cache  # a kind is equal to itself only
def _branches(kind: Kind) -> tuple[tuple[Field, tuple[str, ...], tuple[str, ...], str], ...]:
    """The fields of a kind that are stored, each with its columns, and the keys that lead to its leaf in a tree."""
    found = []
    for one in kind.fields:
        if not one.transient:
            keys = one.path.split(".")
            *above, leaf = keys if keys[0] in _ENVELOPE else ["spec", *keys]
            found.append((one, tuple(column.name for column in one.columns), tuple(above), leaf))
    return tuple(found)


def _rev(entity: Entity) -> int | None:
    return None if entity.row is None else int(entity.row[entity.kind.index["rev"]])


def _source(entity: Entity) -> Source | None:
    if entity.resource is None:
        return None
    return entity.resource.document.places.nearest(("metadata", "name"))


# --- order -----------------------------------------------------------------------------------------------------------


def in_order(view: View, lines: Mapping[Address, list[Change]], removed: frozenset[Address]) -> list[Change]:
    """All changes in the order of apply: creations and changes by kind, parents first; removals in reverse at the end.

    Steps into a tombstone count as removals: what belongs to a resource goes before it.
    """
    order = sorted(lines, key=creation_key(view))
    forward = [one for address in order for one in lines[address] if not _is_tail(view, one, removed)]
    backward = [one for address in reversed(order) for one in lines[address] if _is_tail(view, one, removed)]
    return forward + backward


def _is_tail(view: View, change: Change, removed: frozenset[Address]) -> bool:
    if change.address in removed:
        return True
    lifecycle = view.catalog[change.address.kind].lifecycle
    return change.edge is not None and lifecycle is not None and change.edge.target == lifecycle.tombstone != ""
