"""Keys: no two resources claim the same natural key.

Nearly always none do. So the keys are first only counted, those of declared resources from their specs and without an
entity for each; only the name spaces in which a key comes twice are looked at again, claim by claim.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.encode import value_getter
from reconciler.model.judging import placed
from reconciler.model.kind import Kind, Unique
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import Entity, View
from reconciler.model.words import folded

Fetch = Callable[[Resource[Any]], Any]
"""Gives the declared value of one field."""
Space = str | tuple[str, int]
"""What sets apart the keys of one rule from those of others: its own word, or kind and place in the declaration."""
Part = tuple[str, Field | None, Fetch | None]
"""A part of a key: its path, its field, and how to get a declared value where no manifest can leave it out."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One entity that claims a natural key."""

    entity: Entity
    unique: Unique


def judge_keys(view: View) -> Iterator[Diagnostic]:
    """Every natural key that is claimed twice."""
    twice = spaces_taken_twice(view)
    if twice:
        yield from clashes_in(view, twice)


def spaces_taken_twice(view: View) -> set[Space]:
    """The name spaces in which some key comes twice; a key of which no clash would be told may be among them."""
    asked = {space for name, kind in view.catalog.items() if view.keyed(name) for _, space, _ in _keys_of(kind)}
    keys = {name: [one for one in _keys_of(kind) if one[1] in asked] for name, kind in view.catalog.items()}
    if view.leaving:
        return {space for mine in keys.values() for _, space, _ in mine}
    count = _Count()
    direct = {name: [(*one, _direct(one[2])) for one in mine] for name, mine in keys.items()}
    for address in view.declared if asked else ():
        if ways := direct[address.kind]:
            resource = view.declared[address]
            for unique, space, parts, fetches in ways:
                count.add(space, _declared_key(unique, space, parts, fetches, resource, view))
    for name, mine in keys.items():
        for entity in view.undeclared(name) if mine else ():
            for unique, space, parts in mine:
                count.add(space, _key(unique, space, parts, entity, view))
    return count.twice


class _Count:
    """Which keys were seen, and in which name spaces one came ``twice``."""

    def __init__(self) -> None:
        self._seen: set[tuple[Any, ...]] = set()
        self.twice: set[Space] = set()

    def add(self, space: Space, key: tuple[Any, ...] | None) -> None:
        if key in self._seen:
            self.twice.add(space)
        elif key is not None:
            self._seen.add(key)


def clashes_in(view: View, spaces: Collection[Space]) -> Iterator[Diagnostic]:
    """The clashes in some name spaces, claim by claim."""
    claims: dict[tuple[Any, ...], list[_Claim]] = {}
    for name, kind in view.catalog.items():
        keys = [one for one in _keys_of(kind) if one[1] in spaces]
        for entity in view.all(name) if keys else ():
            for unique, space, parts in keys:
                key = _key(unique, space, parts, entity, view)
                if key is not None:
                    claims.setdefault(key, []).append(_Claim(entity, unique))
    for same in claims.values():
        if len(same) > 1:
            yield from _clashes(view, same)


def _keys_of(kind: Kind) -> list[tuple[Unique, Space, list[Part]]]:
    return [
        (unique, unique.space or (kind.name, place), _parts(kind, unique)) for place, unique in enumerate(kind.unique)
    ]


def _direct(parts: list[Part]) -> list[tuple[Field, Fetch] | None] | None:
    """How to get the declared values of a key, None for the tenant; None where a manifest may leave one out."""
    if any(field is not None and fetch is None for _, field, fetch in parts):
        return None
    return [None if field is None or fetch is None else (field, fetch) for _, field, fetch in parts]


def _declared_key(
    unique: Unique,
    space: Space,
    parts: list[Part],
    direct: list[tuple[Field, Fetch] | None] | None,
    resource: Resource[Any],
    view: View,
) -> tuple[Any, ...] | None:
    """:func:`_key` of a declared resource; where states and conditions would leave it out, its key all the same."""
    if direct is None or resource.ignore_changes or resource.management != "full":
        return _key(unique, space, parts, view.entity(resource), view)
    address = resource.address
    key: list[Any] = [space, address.tenant if unique.within == "tenant" else PLATFORM]
    given = False
    for one in direct:
        value = address.tenant if one is None else _part(unique, one[0], one[1](resource), address, view)
        given = given or value is not None
        key.append(value)
    return tuple(key) if given else None


def _part(unique: Unique, field: Field | None, value: Any, address: Address, view: View) -> Any:
    """A value as it stands in a key."""
    if field is not None and isinstance(value, str):
        if field.ref is not None:
            return view.target_address(field, address, value)
        if unique.fold or field.folded:
            return folded(value)
    return tuple(value) if isinstance(value, list) else value


def _parts(kind: Kind, unique: Unique) -> list[Part]:
    """The paths of a key with their fields, and how to get a declared value where no manifest can leave it out."""
    found: list[Part] = []
    for path in unique.paths:
        field = kind.by_path.get(path)
        plain = field is not None and field.inherit is None and not field.state
        found.append((path, field, value_getter(field) if field is not None and plain else None))
    return found


def _key(unique: Unique, space: Space, parts: list[Part], entity: Entity, view: View) -> tuple[Any, ...] | None:
    """The key under which two entities clash; None when this entity takes no part."""
    if unique.unless_state and entity.state in unique.unless_state:
        return None
    for path, wanted in unique.when:
        if entity.value(path) != wanted:
            return None
    resource = entity.resource
    # A new row takes the declared value as it is; an existing one may be left to the world in part.
    direct = resource is not None and (
        entity.row is None or (resource.management == "full" and not resource.ignore_changes)
    )
    values: list[Any] = []
    for path, field, fetch in parts:
        if field is None:
            values.append(entity.address.tenant)
            continue
        value = fetch(resource) if direct and fetch is not None and resource is not None else entity.value(path)
        values.append(_part(unique, field, value, entity.address, view))
    if all(value is None for value in values):
        return None
    return (space, entity.address.tenant if unique.within == "tenant" else PLATFORM, *values)


def _clashes(view: View, same: list[_Claim]) -> Iterator[Diagnostic]:
    """Reports every claim but the first: who holds the key in the database, then who exists, then order of address."""

    def rank(claim: _Claim) -> tuple[bool, bool, Address]:
        entity = claim.entity
        before = Entity(entity.address, entity.kind, None, entity.row)
        parts = _parts(entity.kind, claim.unique)
        holds = entity.exists and _key(claim.unique, "", parts, before, view) == _key(
            claim.unique, "", parts, entity, view
        )
        return (not holds, not entity.exists, entity.address)

    same.sort(key=rank)
    first, others = same[0], [one for one in same[1:] if one.entity.declared]
    if not others and first.entity.declared:
        first, others = same[1], [first]
    for second in others:
        unique = second.unique
        if unique.unless is not None and unique.unless(second.entity, first.entity, view):
            continue
        words = " and ".join(unique.paths)
        rule = RuleText(unique.code, Severity.ERROR, Phase.REFERENCE, f"{words} is unique.")
        finding = Finding(
            f"{second.entity.address} has the same {words} as {first.entity.address}",
            at=unique.at,
            hint=_way_out(view, second.entity, first.entity, words),
        )
        yield placed(rule, finding, view=view, subject=second.entity.address)


def _way_out(view: View, second: Entity, first: Entity, words: str) -> str:
    """What to do about a key that is taken: perhaps the two are one, and it was renamed."""
    if first.declared:
        return f"give it another {words}"
    live = view.live
    alike = (second.address.kind, second.address.tenant) == (first.address.kind, first.address.tenant)
    if alike and not second.exists and live is not None and first.address in live.ledger:
        return f"it looks like a rename: write it as one with reconciler move {first.address} {second.address}"
    return f"give it another {words}; the other one is in the database"
