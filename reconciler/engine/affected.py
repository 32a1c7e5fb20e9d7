"""Affected: which resources have to be judged again when some have changed, by what rules have looked at.

A rule is told of one resource and asks for others. What the rules of a kind have ever asked for is noted
(:mod:`reconciler.model.notes`); a resource whose kind never asked for what has changed, or only in other tenants, is
judged as before. What the stages themselves ask for, as targets of references and natural keys, is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.encode import value_getter
from reconciler.model.kind import Kind
from reconciler.model.notes import THERE, WHOLE, Look, Notes
from reconciler.model.resource import Resource

_ENVELOPE = ("metadata.", "lifecycle.")
_STATE = "state"


class Changed(NamedTuple):
    """A resource that is not what it was: ``paths`` are its fields, or ``WHOLE`` where nobody can tell."""

    address: Address
    paths: frozenset[str]
    appears: bool = False
    """Whether it was not there at all: nothing can have named it."""


@dataclass(frozen=True, slots=True)
class Affected:
    """``tenants`` says of each kind in which tenants its resources are judged again, None for all of them.

    ``rules`` are the codes of rules about the whole set that are, ``keys`` the kinds whose natural keys are.
    """

    tenants: Mapping[str, frozenset[str] | None]
    rules: frozenset[str]
    keys: frozenset[str]

    def has(self, address: Address) -> bool:
        """Whether a resource is judged again."""
        if address.kind not in self.tenants:
            return False
        tenants = self.tenants[address.kind]
        return tenants is None or address.tenant in tenants


def changes_between(kind: Kind, before: Resource[Any], after: Resource[Any]) -> Changed:
    """What another manifest of the same resource says otherwise."""
    same = (before.management, before.ignore_changes) == (after.management, after.ignore_changes)
    paths: Iterable[str] = (path for path, differs in _differing(kind) if differs(before, after))
    return Changed(after.address, frozenset(paths) if same else frozenset({WHOLE}))


def affected(catalog: Catalog, notes: Notes, changes: Collection[Changed]) -> Affected:
    """What has to be judged again."""
    looks = _by_kind((*notes.looks, *_references(catalog)))
    asked: dict[str, set[str] | None] = {}
    for change in changes:
        home = change.address.tenant
        for look, by_reference in looks.get(change.address.kind, ()):
            if not _concerns(look, change) or (by_reference and change.appears):
                continue
            if look.far or home == PLATFORM:
                asked[look.asker] = None
            else:
                _ask(asked, look.asker, {home})
    _homes(catalog, changes, asked)
    rules = frozenset(one for one in asked if one not in catalog)
    kinds = {name: None if one is None else frozenset(one) for name, one in asked.items() if name in catalog}
    return Affected(kinds, rules, frozenset(_keys(catalog, changes)))


def _ask(asked: dict[str, set[str] | None], asker: str, tenants: set[str]) -> None:
    known = asked.setdefault(asker, set())
    if known is not None:
        known |= tenants


def _by_kind(looks: Iterable[Look]) -> dict[str, list[tuple[Look, bool]]]:
    found: dict[str, list[tuple[Look, bool]]] = {}
    for one in looks:
        found.setdefault(one.kind, []).append((one, isinstance(one, _Reference)))
    return found


def _concerns(look: Look, change: Changed) -> bool:
    if WHOLE in change.paths or look.path == WHOLE:
        return True
    return look.path in change.paths


class _Reference(Look):
    """A look that phase reference takes at the target of a reference."""


def _references(catalog: Catalog) -> Iterator[Look]:
    """Phase reference asks of each target whether it is there and no tombstone."""
    for name, kind in catalog.items():
        for field in kind.references:
            if field.ref is not None:
                yield _Reference(name, field.ref.kind, THERE, field.ref.anywhere)
                yield _Reference(name, field.ref.kind, _STATE, field.ref.anywhere)


def _homes(catalog: Catalog, changes: Collection[Changed], asked: dict[str, set[str] | None]) -> None:
    """What stands in a tenant asks whether the tenant is there."""
    gone = {one.address.name for one in changes if catalog[one.address.kind].is_tenant and WHOLE in one.paths}
    for name in catalog if gone else ():
        _ask(asked, name, gone)


def _keys(catalog: Catalog, changes: Iterable[Changed]) -> Iterator[str]:
    """The kinds of which some key may have come to be another."""
    for change in changes:
        kind = catalog[change.address.kind]
        parts = {path for one in kind.unique for path in (*one.paths, *(path for path, _ in one.when))}
        if kind.unique and not change.paths.isdisjoint({WHOLE, _STATE, *parts}):
            yield kind.name


def _differing(kind: Kind) -> Iterator[tuple[str, Callable[[Resource[Any], Resource[Any]], bool]]]:
    for field in kind.fields:
        fetch = value_getter(field)

        def differs(
            before: Resource[Any],
            after: Resource[Any],
            *,
            fetch: Callable[[Resource[Any]], Any] = fetch,
            path: str = field.path,
        ) -> bool:
            if fetch(before) != fetch(after):
                return True
            return not path.startswith(_ENVELOPE) and before.given(path) != after.given(path)

        yield field.path, differs
