"""Stage rollback: from what a run found and left, and what is there now, to what must be put back.

Field by field: what the run wrote must still be there, or be as it was before already; otherwise somebody changed it
since, and that is a conflict. What others wrote into the same rows meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json, to_json

from reconciler.engine.rollback.shapes import Conflict, Undoing, Undone, changed_fields
from reconciler.engine.rollback.words import (
    CLOSED,
    MOVED,
    WHOLE,
    closed,
    faults_of,
    remarks,
    told,
    unmet,
    unopened,
    unsayable,
    written_since,
)
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Back, Cause, FieldChange
from reconciler.model.columns import Field, column_name
from reconciler.model.difference import Difference, Differences, Restore, Standing
from reconciler.model.drift import Written
from reconciler.model.encode import decode, same
from reconciler.model.kind import Deletion, Kind
from reconciler.model.past import Image, Past
from reconciler.model.resource import LedgerEntry, Live, Row
from reconciler.model.view import Entity, View

__all__ = [
    "CLOSED",
    "MOVED",
    "WHOLE",
    "Undoing",
    "Undone",
    "closed",
    "differences",
    "leaves",
    "remarks",
    "rest_conflicts",
    "told",
    "undo",
    "unmet",
    "unopened",
    "unsayable",
]


def undo(catalog: Catalog, past: Past, live: Live, *, moving: Collection[Address] = ()) -> Undoing:
    """What must be put back so that the resources of a run are as they were before it.

    Where the run moved something, ``past`` and ``live`` speak of it by its former name; ``moving`` are the former names
    of what does not have them in the database yet.
    """
    faults = tuple(faults_of(catalog, past))
    if faults:
        return Undoing(faults=faults)
    items: list[Undone] = []
    conflicts: list[Conflict] = []
    for address in sorted(past.images):
        image, kind = past.images[address], catalog[address.kind]
        row, entry = live.row(address), live.ledger.get(address)
        elsewhere = past.moved.get(address)
        if row is None and elsewhere is not None and live.row(elsewhere) is not None:
            conflicts.append(Conflict(address=address, what=f"has moved to {elsewhere}"))
            continue
        conflicts += _row_conflicts(kind, image, row)
        conflicts += _ledger_conflicts(image, row, entry)
        found = _undone(kind, image, row, entry)
        if found.target != found.row or found.ledger != found.entry:
            items.append(found)
    conflicts += _lost(past, live)
    changed = {one.address for one in items}
    named = (_as_it_is(catalog, live, one) for one in sorted(moving) if one not in changed)
    return Undoing(items=tuple(items), named=tuple(named), conflicts=tuple(conflicts))


def rest_conflicts(
    catalog: Catalog, past: Past, undoing: Undoing, writes: Mapping[Address, Sequence[Written]]
) -> Iterator[Conflict]:
    """Secrets that other programs wrote since, which no column that may be read tells."""
    for one in undoing.items:
        kind, image = catalog[one.address.kind], past.images[one.address]
        for field in kind.fields:
            if field.type != "secret" or field.transient:
                continue
            column = column_name(field.path)
            if image.before is not None and column not in image.secrets:
                continue
            foreign = [entry for entry in written_since(past, writes.get(one.address, ())) if not entry.run]
            if any(column in entry.columns for entry in foreign):
                yield Conflict(address=one.address, what="was set anew", path=field.path, columns=frozenset({column}))


def differences(view: View, undoing: Undoing) -> Differences:
    """What differs from what shall be again, for a plan. Every resource that stays is declared in ``view``."""
    found = []
    for one in undoing.items:
        entity = view.at(one.address) or Entity(one.address, one.kind, None, None)
        found.append(_difference(one, entity))
    return Differences(items=tuple(found), unchanged=len(undoing.named))


def leaves(undoing: Undoing) -> frozenset[Address]:
    """The rows that go."""
    return frozenset(one.address for one in undoing.items if one.target is None and one.kind.deletion is Deletion.ROW)


# --- names -----------------------------------------------------------------------------------------------------------


def _lost(past: Past, live: Live) -> Iterator[Conflict]:
    """What the run moved and has nowhere a row now. Where an image speaks of it, that has told it already."""
    for one in past.changes:
        if one.previous is None or one.previous in past.images or live.row(one.previous) is not None:
            continue
        elsewhere = past.moved.get(one.previous)
        there = elsewhere is not None and live.row(elsewhere) is not None
        yield Conflict(address=one.previous, what=f"has moved to {elsewhere}" if there else "is gone since")


def _as_it_is(catalog: Catalog, live: Live, address: Address) -> Undone:
    row, entry = live.row(address), live.ledger.get(address)
    kind = catalog[address.kind]
    return Undone(address=address, kind=kind, row=row, target=row, entry=entry, ledger=entry, columns={})


# --- conflicts -------------------------------------------------------------------------------------------------------


def _row_conflicts(kind: Kind, image: Image, row: Row | None) -> Iterator[Conflict]:
    address = image.address
    if row is None:
        if image.after is not None and image.before is not None:
            yield Conflict(address=address, what="is gone since")
        return
    if image.after is None:
        if image.before is not None and not _is_as_before(kind, image.before, row):
            yield Conflict(address=address, what="was deleted by the run, and there is another row now")
        return
    for field in kind.fields:
        if field.transient:
            continue
        names = [column.name for column in field.columns]
        if image.before is not None and names[0] not in image.after:
            continue
        now = [row[kind.index[name]] for name in names]
        left = [image.after.get(name) for name in names]
        before = None if image.before is None else [image.before.get(name) for name in names]
        if not _alike(field, now, left) and (before is None or not _alike(field, now, before)):
            yield Conflict(address=address, what="was changed since", path=field.path, columns=frozenset(names))


def _is_as_before(kind: Kind, before: Mapping[str, Any], row: Row) -> bool:
    return all(row[kind.index[column.name]] == before.get(column.name) for column in kind.columns)


def _alike(field: Field, one: Sequence[Any], other: Sequence[Any]) -> bool:
    if one == other:
        return True
    return field.type != "secret" and same(field, one[0], other[0]) and one[1:] == other[1:]


def _ledger_conflicts(image: Image, row: Row | None, entry: LedgerEntry | None) -> Iterator[Conflict]:
    before, after = image.ledger_before, image.ledger_after
    # A row that the run created and somebody let go since belongs to others: it is not deleted behind their backs.
    let_go = image.before is None and image.after is not None and row is not None and entry is None
    if entry == after or (entry == before and not let_go):
        return
    if entry is None:
        yield Conflict(address=image.address, what="is not managed any more", written=False)
    elif after is None:
        yield Conflict(address=image.address, what="is managed again", written=False)
    elif entry.management != after.management:
        yield Conflict(address=image.address, what=f"is managed otherwise since ({entry.management})", written=False)


# --- what is put back ------------------------------------------------------------------------------------------------


def _undone(kind: Kind, image: Image, row: Row | None, entry: LedgerEntry | None) -> Undone:
    target: Row | None = None
    columns: dict[str, Any] = {}
    if image.before is not None:
        columns = dict(image.before) if row is None else dict(_to_restore(kind, image, row))
        if row is None and image.after is None:
            head = (image.address.tenant, image.address.name, 0)
            target = (*head, *(image.before.get(name) for name in list(kind.index)[3:]))
        elif row is not None:
            values = list(row)
            for name, value in columns.items():
                if name in kind.index:
                    values[kind.index[name]] = value
            target = tuple(values)
    paths = {column_name(one.path): one.path for one in kind.fields if one.type == "secret" and not one.transient}
    return Undone(
        address=image.address,
        kind=kind,
        row=row,
        target=target,
        entry=entry,
        ledger=_ledger(image, entry),
        columns=columns,
        rests=tuple(sorted(paths[column] for column in image.secrets if column in paths)),
    )


def _to_restore(kind: Kind, image: Image, row: Row) -> Iterator[tuple[str, Any]]:
    """The columns that the run wrote; what the platform moved since in its own columns stays."""
    before, after = image.before or {}, image.after or {}
    compared = {column.name for column in kind.columns}
    for name, value in before.items():
        if name in kind.index and (name in compared or row[kind.index[name]] == after.get(name)):
            yield name, value


def _ledger(image: Image, entry: LedgerEntry | None) -> LedgerEntry | None:
    """The ledger's entry from before the run; what later runs have noted about other fields stays."""
    before, after = image.ledger_before, image.ledger_after
    if entry in (before, after) or before is None or entry is None or after is None:
        return before
    now, was, left = _noted(entry), _noted(before), _noted(after)
    for name in {*was, *left}:
        if was.get(name, ...) == left.get(name, ...) or now.get(name, ...) != left.get(name, ...):
            continue
        if name in was:
            now[name] = was[name]
        else:
            now.pop(name, None)
    moved = (entry.source, entry.commit) != (after.source, after.commit)
    last = entry if moved else before
    applied = to_json(dict(sorted(now.items()))).decode()
    return LedgerEntry(image.address, applied, last.source, last.commit, before.management)


def _noted(entry: LedgerEntry) -> dict[str, Any]:
    try:
        found = from_json(entry.applied)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# --- differences -----------------------------------------------------------------------------------------------------


def _difference(one: Undone, entity: Entity) -> Difference:
    fields: list[FieldChange] = []
    secrets: list[FieldChange] = []
    state: FieldChange | None = None
    columns: dict[str, Any] = {}
    secret_columns: dict[str, Any] = {}
    for field in changed_fields(one):
        change = _field_change(one, field)
        values = {column.name: one.columns.get(column.name) for column in field.columns}
        if field.type == "secret":
            secrets.append(change)
            secret_columns.update(values)
        elif field.state:
            state = change
        else:
            fields.append(change)
            columns.update(values)
    return Difference(
        entity=entity,
        standing=_standing(one, changes=bool(fields or secrets or state)),
        fields=tuple(fields),
        secrets=tuple(secrets),
        state=state,
        columns=columns,
        secret_columns=secret_columns,
        applied="" if one.ledger is None else one.ledger.applied,
        entry=None if one.target is None else one.entry,
        reason=_reason(one),
        restore=Restore(
            columns=one.columns,
            back=Back(ledger=one.ledger, rests=one.rests),
            unmanage=one.target is not None and one.row is not None and one.ledger is None and one.entry is not None,
        ),
    )


def _reason(one: Undone) -> str:
    if one.target is None and one.row is not None:
        return "the run created it"
    if one.target is not None and one.row is None:
        return "the run deleted it"
    return "as it was before the run"


def _standing(one: Undone, *, changes: bool) -> Standing:
    if one.target is None:
        # Nothing is there and nothing was: only what the ledger says of it comes back, or goes.
        return Standing.GONE if one.row is not None or one.ledger is None else Standing.STALE
    if one.row is None:
        return Standing.NEW
    if one.entry is None and one.ledger is not None:
        return Standing.UNOWNED
    if not changes and one.ledger is not None:
        return Standing.STALE
    return Standing.CHANGED


def _field_change(one: Undone, field: Field) -> FieldChange:
    place = one.kind.index[field.columns[0].name]
    before = None if one.row is None else one.row[place]
    after = None if one.target is None else one.target[place]
    if field.type != "secret":
        shown = [value if field.type == "file" else decode(field, value) for value in (before, after)]
        return FieldChange(path=field.path, before=shown[0], after=shown[1], cause=Cause.INTENT)
    held = one.target is not None and any(one.target[one.kind.index[c.name]] is not None for c in field.columns)
    note = "the former value comes back" if held else "removed"
    return FieldChange(path=field.path, before=before, after=after, cause=Cause.INTENT, sensitive=True, note=note)
