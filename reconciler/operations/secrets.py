"""Secrets of a run: read to compare, read to write, made anew. No value leaves this file but sealed or fingerprinted.

GEN-22 is reported for every secret that must be read and cannot be, at its line, all of them at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from reconciler.engine.diff import wanted_fingerprints
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Change
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.encode import GENERATED, field_value
from reconciler.model.errors import WorldError
from reconciler.model.kind import Kind
from reconciler.model.pace import each
from reconciler.model.placing import diagnose, path_key
from reconciler.model.plan import Plan
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, RuleText
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.model.view import View
from reconciler.operations.moving import fingerprint_address
from reconciler.operations.request import Doors
from reconciler.ports import SecretUnreadable

UNREADABLE = RuleText("GEN-22", Severity.ERROR, Phase.PLAN, "A secret that must be read cannot be read.")
POLICY = RuleText("GEN-14", Severity.ERROR, Phase.PLAN, "The value of a secret does not fit its field.")

Sealed = Mapping[tuple[Address, str], tuple[str | None, str | None]]
"""By address and field path: the form in which a secret rests, and its fingerprint where it has no version."""

AT_APPLY = "will be read at apply"
"""Stands in a plan that was made without reading secrets."""

_LENGTHS = (24, 32, 16, 8)
_TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A secret that was made in this run, for the sink that the user named."""

    address: Address
    path: str
    value: SecretValue


def fingerprints(doors: Doors, view: View) -> tuple[dict[Address, dict[str, str]], list[Diagnostic]]:
    """Keyed hashes of the secrets without version, as the comparison wants them."""
    found: dict[Address, dict[str, str]] = {}
    problems: list[Diagnostic] = []
    for resource, field, ref in wanted_fingerprints(view):
        value = _read(doors, resource, field, ref, problems)
        if value is not None:
            marks = found.setdefault(resource.address, {})
            # What moves is known by the fingerprint of its old address.
            kind = doors.catalog[resource.address.kind]
            address = fingerprint_address(view, kind, resource.address, field.path)
            marks[field.path] = doors.sealer.fingerprint(address, field.path, value)
    return found, problems


def unreadable(doors: Doors, plan: Plan, view: View) -> list[Diagnostic]:
    """What is wrong with the secrets that applying a plan would read."""
    problems: list[Diagnostic] = []
    for one in _wanted(doors.catalog, plan):
        if one.ref.scheme != "generate":
            value = _read(doors, one.resource, one.field, one.ref, problems)
            if value is not None:
                problems += _judged(one, value, view)
    return in_order(problems)


def secrets_at_apply(plan: Plan) -> Plan:
    """A plan for which nobody reads secrets: each secret that it writes says so."""

    def told(change: Change) -> Change:
        if not change.secrets:
            return change
        fields = tuple(
            replace(one, note=f"{one.note}; {AT_APPLY}") if one.sensitive and one.note != "removed" else one
            for one in change.fields
        )
        return replace(change, fields=fields)

    return replace(plan, changes=tuple(map(told, plan.changes)))


def unread_secrets(view: View, plan: Plan, selects: Callable[[Address], bool]) -> tuple[tuple[Address, str], ...]:
    """Stored secrets without version that an apply would read in order to compare them, and that ``plan`` leaves."""
    written = {(one.address, path) for one in plan.changes for path in one.secrets}
    found = ((one.address, field.path) for one, field, _ in wanted_fingerprints(view) if selects(one.address))
    return tuple(one for one in found if one not in written)


def sealed(
    doors: Doors, plan: Plan, view: View, *, may_generate: bool
) -> tuple[Sealed, list[Generated], list[Diagnostic]]:
    """Every secret that a plan writes, sealed; those that were made here; and what is wrong.

    Without a sink (``may_generate`` is false) none is made, which is an error where one is wanted (GEN-22).
    """
    values: list[tuple[_Wanted, SecretValue]] = []
    problems: list[Diagnostic] = []
    made: list[Generated] = []
    for one in _wanted(doors.catalog, plan):
        at = (one.resource.address, one.field.path)
        if one.ref.scheme == "generate":
            if not may_generate:
                problems.append(_no_sink(one))
                continue
            value = _generate(doors, one, view)
            made.append(Generated(address=at[0], path=at[1], value=value))
        else:
            read = _read(doors, one.resource, one.field, one.ref, problems)
            if read is None:
                continue
            value = read
            problems += _judged(one, value, view)
        values.append((one, value))
    return _all_sealed(doors, values), made, in_order(problems)


def stand_ins(catalog: Catalog, plan: Plan) -> Sealed:
    """For every secret that a plan writes a word that is none: to try statements without reading a secret."""
    wanted = ((one.resource.address, one.field.path) for one in _wanted(catalog, plan))
    return {at: (f"stands in for {at[1]} of {at[0]}", None) for at in wanted}


def _all_sealed(doors: Doors, values: Sequence[tuple[_Wanted, SecretValue]]) -> Sealed:
    """Passwords side by side: the hash of one takes long on purpose, and lets other threads run meanwhile."""
    from concurrent.futures import ThreadPoolExecutor  # late: a plan without writes needs no pool

    def seal(pair: tuple[_Wanted, SecretValue]) -> tuple[str, str | None]:
        one, value = pair
        return doors.sealer.seal(one.resource.address, one.field.path, one.storage, value), _mark(doors, one, value)

    slow = [pair for pair in values if pair[0].storage == "password"]
    rest = [pair for pair in values if pair[0].storage != "password"]
    with ThreadPoolExecutor(max_workers=min(len(slow), os.cpu_count() or 1) or 1) as pool:
        hashing = pool.map(seal, slow)
        done = list(each(chain(map(seal, rest), hashing), len(values)))
    return {(one.resource.address, one.field.path): found for (one, _), found in zip([*rest, *slow], done, strict=True)}


@dataclass(frozen=True, slots=True)
class _Wanted:
    kind: Kind
    resource: Resource[Any]
    field: Field
    ref: SecretRef

    @property
    def storage(self) -> str:
        return "encrypted" if self.field.secret is None else self.field.secret.storage


def _wanted(catalog: Catalog, plan: Plan) -> Iterator[_Wanted]:
    for change in plan.changes:
        yield from _of_change(catalog, change)


def _of_change(catalog: Catalog, change: Change) -> Iterator[_Wanted]:
    kind = catalog.get(change.address.kind)
    if kind is None or change.resource is None or not change.writes:
        return
    former = () if change.back is None else change.back.rests
    for path in change.secrets:
        if path in former:
            continue  # it comes back in the form in which it was kept
        field = kind.by_path[path]
        ref = field_value(field, change.resource)
        if isinstance(ref, SecretRef):  # a secret that is taken away has no source
            yield _Wanted(kind, change.resource, field, ref)


def _read(
    doors: Doors, resource: Resource[Any], field: Field, ref: SecretRef, problems: list[Diagnostic]
) -> SecretValue | None:
    try:
        holder = resource.document.holder((*path_key(field.path), ref.scheme, "file"))
        return doors.secrets.read(replace(ref, folder=holder.folder), tenant=resource.address.tenant)
    except SecretUnreadable as error:
        finding = Finding(str(error), at=field.path, hint="set it, or correct where it comes from")
        kind = doors.catalog.get(resource.address.kind)
        problems.append(diagnose(UNREADABLE, finding, kind=kind, resource=resource))
        return None


def _judged(one: _Wanted, value: SecretValue, view: View) -> Iterator[Diagnostic]:
    for finding in one.kind.secret_check(one.field.path, value, view):
        yield diagnose(POLICY, finding, kind=one.kind, resource=one.resource)


def _no_sink(one: _Wanted) -> Diagnostic:
    finding = Finding(
        "this secret would be made now, and nothing is there to take it",
        at=one.field.path,
        hint="give --secrets-out FILE; the file is written with mode 0600",
    )
    return diagnose(UNREADABLE, finding, kind=one.kind, resource=one.resource)


def _generate(doors: Doors, one: _Wanted, view: View) -> SecretValue:
    """A value that the field's own check accepts: drawn again until it does, in another length now and then."""
    for length in _LENGTHS:
        for _ in range(_TRIES):
            value = doors.draw(one.storage, {"minLength": length, "maxLength": length})
            if next(iter(one.kind.secret_check(one.field.path, value, view)), None) is None:
                return value
    msg = f"no value was found that {one.field.path} of {one.resource.address} accepts"
    raise WorldError(msg, code="GEN-22", hint="look at the password policy")


def _mark(doors: Doors, one: _Wanted, value: SecretValue) -> str | None:
    if one.ref.version is not None:
        return None
    if one.ref.scheme == "generate":
        return GENERATED
    return doors.sealer.fingerprint(one.resource.address, one.field.path, value)
