"""From the changes of a plan to the writes of its rows: one write a row, in an order that the keys allow.

A resource may have several changes, one a class of change and one an edge of its life cycle. Each is audited by
itself; its row is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal

from reconciler.adapters.database.columns import MADE_BY_DATABASE, every_column
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.columns import Field, column_name
from reconciler.model.dataclass import dataclass
from reconciler.model.encode import GENERATED, field_value
from reconciler.model.errors import WorldError
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.secret import SecretRef

Sealed = Mapping[tuple[Address, str], tuple[str | None, str | None]]
"""Resting form and fingerprint of each changed secret, by address and field path."""

Operation = Literal["insert", "update", "delete"]


@dataclass(slots=True)
class Write:
    """What happens to one row. ``rev`` is the revision that it must have; None on an insert, or where it is open."""

    address: Address
    operation: Operation
    values: dict[str, Any]
    rev: int | None


def writes_of(plan: Plan, catalog: Catalog, sealed: Sealed, *, at: str) -> list[Write]:
    """The writes of a plan, in order. ``at`` is the time that they carry.

    Raises:
        WorldError: a changed secret has no value (GEN-22).
    """
    found: dict[Address, Write] = {}
    for change in plan.changes:
        if change.writes:
            _add(found, change, _values(catalog[change.address.kind], change, sealed))
    known = {one.address: one.rev for one in plan.preconditions}
    for cascade in plan.cascades:
        there = found.get(cascade.address)
        if there is None:
            there = Write(cascade.address, "update", {}, known.get(cascade.address))
            found[cascade.address] = there
        if there.operation != "delete":
            there.values |= {"state": cascade.state, **dict(cascade.columns)}
    blank = {name: _blank(catalog[name]) for name in {one.kind for one in found}}
    for write in found.values():
        _complete(write, blank[write.address.kind], at)
    return list(found.values())


def groups_of(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Writes that one statement can do: the same table, operation and columns, targets still before referrers.

    Updates of one kind that follow each other may change places, because they change no row that another one needs.
    """
    run: dict[tuple[Any, ...], list[Write]] = {}
    place: tuple[str, str] | None = None
    for write in writes:
        here = (write.address.kind, write.operation)
        if here != place:
            yield from run.values()
            run, place = {}, here
        run.setdefault((tuple(write.values), write.rev is None), []).append(write)
    yield from run.values()


def _add(found: dict[Address, Write], change: Change, values: dict[str, Any]) -> None:
    address = change.address
    there = found.get(address)
    if change.action is Action.DELETE:
        # The delete takes its place at the end, where the plan has put it, and not where an edge before it stood.
        found.pop(address, None)
        found[address] = Write(address, "delete", {}, change.rev if there is None else there.rev)
    elif there is not None:
        there.values.update(values)
    elif change.action is Action.CREATE:
        found[address] = Write(address, "insert", values, None)
    else:
        found[address] = Write(address, "update", values, change.rev)


def _values(kind: Kind, change: Change, sealed: Sealed) -> dict[str, Any]:
    values: dict[str, Any] = {}
    rests = () if change.back is None else change.back.rests
    for path in change.secrets:
        if path not in rests:
            values.update(_secret(kind, change, path, sealed))
    values.update(change.columns)
    for path in rests:
        values[column_name(path)] = _former(change, path, sealed)
    for one in _stored_secrets(kind):
        # A secret that is left out leaves the database, its resting form first of all.
        if one.path not in change.secrets and one.path not in rests:
            name = column_name(one.path)
            both = [values.get(column.name, ...) for column in one.columns]
            if both == [None, None]:
                values[name] = None
    return values


@cache  # a kind is equal to itself only
def _stored_secrets(kind: Kind) -> tuple[Field, ...]:
    return tuple(one for one in kind.fields if one.type == "secret" and not one.transient)


def _secret(kind: Kind, change: Change, path: str, sealed: Sealed) -> dict[str, Any]:
    name = column_name(path)
    declared = None if change.resource is None else field_value(kind.by_path[path], change.resource)
    rest, fingerprint = sealed.get((change.address, path), (None, None))
    if not isinstance(declared, SecretRef):
        return {name: None, f"{name}_version": None, f"{name}_fingerprint": None}
    if rest is None:
        raise WorldError(f"the secret {path} of {change.address} has no value", code="GEN-22")
    if declared.version is not None:
        fingerprint = None
    elif declared.scheme == "generate":
        fingerprint = GENERATED
    return {name: rest, f"{name}_version": declared.version, f"{name}_fingerprint": fingerprint}


def _former(change: Change, path: str, sealed: Sealed) -> str | None:
    """A secret in the form in which it rested before, None where there was none."""
    if (change.address, path) not in sealed:
        raise WorldError(f"the former secret {path} of {change.address} was not kept", code="RBK-02")
    return sealed[(change.address, path)][0]


def _blank(kind: Kind) -> dict[str, Any]:
    """Every column that a new row is written with, as it is when the plan does not say."""
    blank: dict[str, Any] = dict.fromkeys(one for one in every_column(kind) if one not in MADE_BY_DATABASE)
    blank.update(labels="{}", annotations="{}", protect=False)
    if kind.lifecycle is not None:
        blank["state"] = kind.lifecycle.entry
    return blank


def _complete(write: Write, blank: Mapping[str, Any], at: str) -> None:
    if write.operation == "update":
        write.values["updated_at"] = at
    elif write.operation == "insert":
        given = write.values
        made = given.get("created_at") or at
        own = {"tenant": write.address.tenant or None, "name": write.address.name}
        write.values = {**blank, **given, **own, "rev": 1, "created_at": made, "updated_at": at}
