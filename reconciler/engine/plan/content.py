"""Content: what a plan relies on, what it adds up to, and the digest that names it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import rfc8785

from reconciler.engine.plan.draft import Draft
from reconciler.model.address import Address
from reconciler.model.canonical import SAFE, ordered, ordered_json, plain_json
from reconciler.model.change import COUNTED, Action, Back, Change
from reconciler.model.effect import Cascade, Notice
from reconciler.model.given import paths_of
from reconciler.model.moved import Rewrite
from reconciler.model.plan import Plan, Precondition
from reconciler.model.view import View

_CHANGES = "changes"
_DOES = COUNTED | {Action.REFRESH}


def preconditions(view: View, drafts: Iterable[Draft], cascades: Iterable[Cascade]) -> tuple[Precondition, ...]:
    """The revisions of the rows that the plan changes or that a changed resource names."""
    read: set[Address] = {cascade.address for cascade in cascades}
    for draft in drafts:
        if draft.held:
            continue
        read.add(draft.address)
        if draft.planned is not None and not draft.deletes:
            read.update(address for address, _ in draft.named(view))
    found = []
    for address in sorted(read):
        entity = view.at(address)
        row = None if entity is None else entity.row
        rev = None if row is None or entity is None else int(row[entity.kind.index["rev"]])
        found.append(Precondition(address=address, rev=rev))
    return tuple(found)


def digest(plan: Plan) -> str:
    """SHA-256 over the canonical JSON of what the plan would do and of what must be true when it does."""
    content: dict[str, Any] = {
        "format": 1,
        "identity": plan.identity,
        "environment": plan.environment,
        "cascades": [[str(one.address), one.state, one.reason, dict(one.columns)] for one in plan.cascades],
        "notices": [_notice(one) for one in plan.notices],
        "preconditions": [[str(one.address), one.rev] for one in plan.preconditions],
        **({"rollback": plan.rollback} if plan.rollback else {}),
        **({"letsGo": True} if plan.lets_go else {}),
    }
    if plan.rewrites:
        content["rewrites"] = [_rewrite(one) for one in plan.rewrites]
    found = hashlib.sha256()
    for part in _written(content, (one for one in plan.changes if one.action in _DOES)):
        found.update(part)
    return f"sha256:{found.hexdigest()}"


def _written(content: Mapping[str, Any], changes: Iterable[Change]) -> Iterator[bytes]:
    """Canonical JSON of ``content`` with the changes in it, in parts: those of a first apply are much text."""
    for number, name in enumerate(sorted((*content, _CHANGES))):
        yield f'{"," if number else "{"}"{name}":'.encode()
        if name != _CHANGES:
            yield _canonical(content[name])
            continue
        yield b"["
        for place, one in enumerate(changes):
            yield (b"," if place else b"") + (_plainly(one) or _canonical(_change(one)))
        yield b"]"
    yield b"}"


def _plainly(change: Change) -> bytes | None:
    """The canonical JSON of a change where nothing in it needs care: keys are put in order, and values are plain."""
    columns = ordered(change.columns)
    if columns is None or change.back is not None or change.previous is not None:
        return None
    return ordered_json(
        {
            "action": change.action.value,
            "address": str(change.address),
            "applied": change.applied,
            "columns": columns,
            "edge": None if change.edge is None else str(change.edge),
            "fields": paths_of(change.fields),
            "rev": change.rev,
            "risks": [one.value for one in change.risks],
            "secrets": change.secrets,
        }
    )


def _canonical(value: Any) -> bytes:
    return plain_json(value) or rfc8785.dumps(_safe(value))


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "fields": list(paths_of(change.fields)),
        "edge": None if change.edge is None else str(change.edge),
        "columns": dict(change.columns),
        "secrets": list(change.secrets),
        "rev": change.rev,
        "risks": [one.value for one in change.risks],
        "applied": change.applied,
        **_back(change.back),
        **({} if change.previous is None else {"previous": str(change.previous)}),
    }


def _back(back: Back | None) -> dict[str, Any]:
    """What is put back: nothing stands here for a change that a manifest asks for."""
    if back is None:
        return {}
    entry = back.ledger
    kept = None if entry is None else [entry.applied, entry.source, entry.commit, entry.management]
    return {"back": [kept, list(back.rests)]}


def _rewrite(one: Rewrite) -> list[Any]:
    return [str(one.address), str(one.previous), one.rev, dict(one.columns), one.applied]


def _notice(notice: Notice) -> list[Any]:
    return [notice.event, str(notice.resource), notice.recipient, notice.language, dict(notice.payload)]


def _safe(value: Any) -> Any:
    """Integers that JSON readers would round become text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value) if abs(value) >= SAFE else value
    if isinstance(value, Mapping):
        return {str(key): _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return value
