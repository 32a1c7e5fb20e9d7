"""Diff: manifest, database and ledger side by side, and the cause of everything that differs.

A resource that is in sync costs one comparison of two tuples. Only where they differ are fields looked at one by one,
in canonical form, so that a difference of spelling is no change. What was applied last tells who moved: git
(``intent``), the world (``drift``), both (``conflict``), or a default that came to hold (``default``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Cause, FieldChange
from reconciler.model.columns import UNMANAGED, Field
from reconciler.model.difference import Difference, Differences, Standing
from reconciler.model.encode import CARRIAGE_RETURN, Encoder, encoder, field_value, same
from reconciler.model.given import ENVELOPE, GivenFields, in_envelope, prepared, shown
from reconciler.model.pace import each
from reconciler.model.placing import path_key
from reconciler.model.resource import ROW_HEAD, LedgerEntry, Resource, Row, asked_before, last_applied
from reconciler.model.secret import SecretRef
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

Fingerprints = Mapping[Address, Mapping[str, str]]
"""Keyed hashes of the secrets without version, by address and field path. They are compared and never kept."""

_NO_HASHES: Mapping[str, str] = {}


def diff(view: View, fingerprints: Fingerprints) -> Differences:
    """Compare every declared resource and every managed one with the database.

    Raises:
        ValueError: the view has no live data.
    """
    live = view.live
    if live is None:
        msg = "a comparison needs live data"
        raise ValueError(msg)
    found: list[Difference] = []
    unchanged = len(view.declared) - len(view.compared)
    ledger = live.ledger
    encoders = {name: (encoder(kind), ROW_HEAD + len(kind.columns)) for name, kind in view.catalog.items()}
    rows = {name: live.rows.get(name, {}) for name in view.catalog}
    for address, resource in each(view.compared.items(), len(view.compared)):
        prepared, end = encoders[address.kind]
        row = rows[address.kind].get((address.tenant, address.name))
        entry = ledger.get(address)
        if entry is not None and (known := entry.in_step) is not None and known.stands and known.resource is resource:
            unchanged += 1
            continue
        if (
            row is not None
            and entry is not None
            and resource.management == entry.management == "full"
            and (expected := prepared.expected(resource)) is not None
            and expected == row[ROW_HEAD:end]
            and entry.applied == (applied := prepared.applied(expected))
            and CARRIAGE_RETURN not in applied
        ):
            unchanged += 1
            continue
        values = prepared.values(resource, fingerprints.get(address, _NO_HASHES))
        wanted = prepared.managed(resource, values)
        side = _Sides(view.entity(resource), resource, prepared, values, wanted, row, entry)
        differences = _compare(side)
        found.extend(differences)
        unchanged += not differences
    found.extend(_gone(view, ledger))
    found.sort(key=lambda one: (one.address, one.standing.value))
    return Differences(items=tuple(found), unchanged=unchanged)


def wanted_fingerprints(view: View) -> list[tuple[Resource[Any], Field, SecretRef]]:
    """The secrets whose value must be read in order to compare: declared without version, and not made by ourselves."""
    secret = _secret_fields(view.catalog)
    found = []
    for address, resource in view.compared.items():
        for field, ref in _read_to_compare(secret[address.kind], resource):
            entity = view.entity(resource)
            if not entity.exists or not entity.left_alone(field.path):
                found.append((resource, field, ref))
    found.sort(key=lambda one: one[0].address)
    return found


def rests_on_secrets(catalog: Catalog) -> Callable[[Resource[Any]], bool]:
    """Says of a resource whether the value of a secret may have to be read in order to compare it."""
    secret = _secret_fields(catalog)
    return lambda one: any(True for _ in _read_to_compare(secret[one.address.kind], one))


def _secret_fields(catalog: Catalog) -> dict[str, list[Field]]:
    return {
        name: [one for one in kind.fields if one.type == "secret" and not one.transient]
        for name, kind in catalog.items()
    }


def _read_to_compare(fields: Iterable[Field], resource: Resource[Any]) -> Iterator[tuple[Field, SecretRef]]:
    for field in fields:
        ref = field_value(field, resource)
        if isinstance(ref, SecretRef) and ref.version is None and ref.scheme != "generate":
            yield field, ref


class _Sides(NamedTuple):
    """One resource from its three sides."""

    entity: Entity
    resource: Resource[Any]
    encoder: Encoder
    values: tuple[Any, ...]
    wanted: tuple[Any, ...]
    row: Row | None
    entry: LedgerEntry | None


def _compare(side: _Sides) -> list[Difference]:
    """What is off with one declared resource; a watched one may differ and have a stale ledger as well."""
    resource, entry = side.resource, side.entry
    applied = side.encoder.applied(side.wanted)
    if side.row is None and resource.management != "observe":
        return [_created(side, applied)]
    plain = Difference(entity=side.entity, standing=Standing.CHANGED, applied=applied, entry=entry)
    if resource.management == "observe":
        watched = _observed(side)
        found = [] if watched is None else [watched]
        if entry is not None and entry.management != "observe":
            found.append(replace(plain, standing=Standing.STALE, applied=entry.applied))
        return found
    if resource.management == "createOnly":
        stale = entry is not None and entry.management != "createOnly"
        return [replace(plain, standing=Standing.STALE)] if stale else []
    changed = _changed(side, plain)
    if entry is None:
        return [replace(changed, standing=Standing.UNOWNED)]
    if changed.fields or changed.secrets or changed.state is not None:
        return [changed]
    if entry.applied != applied or entry.management != resource.management:
        return [replace(changed, standing=Standing.STALE)]
    return []


def _created(side: _Sides, applied: str) -> Difference:
    """A new row: everything is written; what the manifest gives is listed."""
    resource, values = side.resource, side.values
    kind = prepared(side.encoder)
    form, apart = kind.given(resource)
    fields: Sequence[FieldChange] = GivenFields(form, values, resource.document)
    base = last_applied(side.entry)
    cause = Cause.INTENT
    reason = ""
    if side.entry is not None:
        cause, reason = Cause.DRIFT, "it was deleted outside git"
        by_path = side.entity.kind.by_path
        fields = tuple(
            replace(one, cause=cause, base=_applied(by_path[one.path], base) if base else None) for one in fields
        )
    secrets: list[FieldChange] = []
    state: FieldChange | None = None
    for place, field, key in apart:
        secret = field.type == "secret"
        change = FieldChange(
            path=field.path,
            before=None,
            after=shown(field, values[place]),
            base=_applied(field, base) if base else None,
            cause=cause,
            sensitive=secret,
            note="set" if secret else "",
            source=resource.document.places.nearest(key),
        )
        if secret:
            secrets.append(change)
        else:
            state = change
    return Difference(
        entity=side.entity,
        standing=Standing.NEW,
        fields=fields,
        secrets=tuple(secrets),
        state=state,
        columns={name: values[place] for name, place in kind.columns},
        secret_columns={name: values[place] for name, place in kind.secrets},
        applied=applied,
        entry=side.entry,
        reason=reason,
    )


def _applied(field: Field, base: Mapping[str, Any]) -> Any:
    """What was applied last of a field, as people write it."""
    return shown(field, base.get(field.columns[0].name))


def _changed(side: _Sides, plain: Difference) -> Difference:
    """The fields in which an existing row differs from its manifest."""
    base = last_applied(side.entry)
    row = side.row or ()
    columns: dict[str, Any] = {}
    secret_columns: dict[str, Any] = {}
    fields: list[FieldChange] = []
    secrets: list[FieldChange] = []
    state: FieldChange | None = None
    for place, width, field in side.encoder.places:
        wanted = side.wanted[place : place + width]
        before = row[ROW_HEAD + place : ROW_HEAD + place + width]
        if wanted == before or _same(field, wanted, before):
            continue
        names = [column.name for column in field.columns]
        if field.type == "secret":
            secrets.append(_secret_change(side, field, before, wanted, base))
            secret_columns[names[0]] = wanted[0]
            continue
        change = FieldChange(
            path=field.path,
            before=shown(field, before[0]),
            after=shown(field, wanted[0]),
            base=shown(field, base.get(names[0])),
            cause=_cause(side, field, wanted, before, base),
            source=_source(side.resource, field.path),
        )
        if field.state:
            state = change
        else:
            fields.append(change)
            columns.update((name, value) for name, value in zip(names, wanted, strict=True) if value is not UNMANAGED)
    return replace(
        plain,
        fields=tuple(fields),
        secrets=tuple(secrets),
        state=state,
        columns=columns,
        secret_columns=secret_columns,
    )


def _observed(side: _Sides) -> Difference | None:
    """A resource that is only watched: its differences are drift, unless git asks for something new."""
    if side.row is None:
        created = _created(side, "")
        return replace(created, standing=Standing.OBSERVED, reason=created.reason or "it does not exist")
    found = _changed(side, Difference(entity=side.entity, standing=Standing.OBSERVED, entry=side.entry))
    # Secrets of a watched resource are not read: only their versions are compared.
    found = replace(found, secrets=tuple(one for one in found.secrets if one.before != one.after))
    if found.fields or found.secrets or found.state is not None:
        if side.entry is None:
            found = replace(
                found,
                fields=tuple(replace(one, cause=Cause.DRIFT) for one in found.fields),
                state=None if found.state is None else replace(found.state, cause=Cause.DRIFT),
            )
        return found
    return None


def _gone(view: View, ledger: Mapping[Address, LedgerEntry]) -> Iterator[Difference]:
    for address in view.dropped:
        entry = ledger.get(address)
        if entry is None or address in view.declared or entry.management == "observe":
            continue
        kind = view.catalog.get(address.kind)
        if kind is not None:
            entity = view.at(address) or Entity(address, kind, None, None)
            yield Difference(entity=entity, standing=Standing.GONE, entry=entry)


# --- one field -------------------------------------------------------------------------------------------------------


def _same(field: Field, wanted: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    if field.type == "secret":
        return False
    return same(field, wanted[0], before[0]) and wanted[1:] == before[1:]


def _cause(
    side: _Sides, field: Field, wanted: tuple[Any, ...], before: tuple[Any, ...], base: Mapping[str, Any]
) -> Cause:
    """Who moved: git, the world, or both, since the last apply."""
    given = _written(side.resource, field)
    names = [column.name for column in field.columns]
    if side.entry is None or names[0] not in base:
        return Cause.INTENT if given else Cause.DEFAULT
    last = tuple(base.get(name) for name in names)
    # A state that waits for a person since the last apply is what git wanted then as well.
    git_moved = not _same(field, wanted, last) and not (field.state and asked_before(side.entry, str(wanted[0])))
    world_moved = not _same(field, before, last)
    if git_moved and world_moved:
        return Cause.CONFLICT
    if world_moved:
        return Cause.DRIFT
    return Cause.INTENT if given else Cause.DEFAULT


def _secret_change(
    side: _Sides, field: Field, before: tuple[Any, ...], wanted: tuple[Any, ...], base: Mapping[str, Any]
) -> FieldChange:
    """What becomes of a secret, in versions; neither a value nor a hash is ever part of it."""
    old, new = before[0], wanted[0]
    stored = any(value is not None for value in before)
    if field_value(field, side.resource) is None:
        note = "removed"
    elif not stored:
        note = "set"
    elif old == new:
        note = "value changed"
    else:
        note = f"version {old or 'none'} -> {new or 'none'}"
    name = field.columns[0].name
    drifted = side.entry is not None and name in base and base[name] == new and old != new
    given = _written(side.resource, field)
    return FieldChange(
        path=field.path,
        before=old,
        after=new,
        base=base.get(name),
        cause=Cause.DRIFT if drifted else Cause.INTENT if given else Cause.DEFAULT,
        sensitive=True,
        note=note,
        source=_source(side.resource, field.path),
    )


def _written(resource: Resource[Any], field: Field) -> bool:
    if not field.path.startswith(ENVELOPE):
        return resource.given(field.path)
    return in_envelope(resource, path_key(field.path))


def _source(resource: Resource[Any], path: str) -> Source:
    return resource.document.places.nearest(path_key(path))
