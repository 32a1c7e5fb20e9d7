"""Beyond: what of other tenants a few tenants depend on, and whether their plan depends on everything.

A view of some tenants answers what is asked about one resource. What this stage adds is what is found by key: who has
the natural key of something inside, and whom a rule about the whole set would find. It says what to look for; whoever
has a database looks. Where no key leads, :class:`~reconciler.model.focus.NeedsAll` is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.difference import Difference, Standing
from reconciler.model.focus import Focus, NeedsAll
from reconciler.model.formats import folded
from reconciler.model.kind import Kind, Unique
from reconciler.model.plan import Plan
from reconciler.model.rule import Seek
from reconciler.model.view import Entity, View


def sought(view: View) -> set[Seek]:
    """What may stand in other tenants and clash with, or be told of, what is judged in ``view``.

    Raises:
        NeedsAll: a rule about the whole set does not say by what it finds its resources.
    """
    rules = [rule for kind in view.catalog.values() for rule in kind.rules if rule.scope == "set"]
    if any(rule.seeks is None for rule in rules):
        raise NeedsAll
    found: set[Seek] = set()
    for address in view.judged:
        entity = view.at(address)
        if entity is None:
            continue
        found.update(_keys(view.catalog, entity))
        for rule in rules:
            if rule.seeks is not None:
                found.update(rule.seeks(entity, view))
    return found


def people_by(catalog: Catalog, *, names: Iterable[str] = (), mails: Iterable[str] = ()) -> set[Seek]:
    """How to find those who are known by one of ``names``, and those who read one of ``mails``.

    Who is known by a name inside of one tenant alone is nobody who acts.

    Raises:
        NeedsAll: mails of people are no key.
    """
    mails = list(mails)
    found: set[Seek] = set()
    for kind in catalog.values():
        if kind.principal is None:
            continue
        keys = [key.paths for key in kind.unique if len(key.paths) == 1 and key.within == "platform"]
        found |= {Seek(kind.name, paths, (folded(one),)) for paths in keys for one in names}
        if mails and "email" in kind.by_path:
            if ("email",) not in keys:
                raise NeedsAll
            found |= {Seek(kind.name, ("email",), (folded(one),)) for one in mails}
    return found


def contained(view: View, focus: Focus, differences: Iterable[Difference], plan: Plan) -> None:
    """See that a plan depends on nothing but what was read.

    Raises:
        NeedsAll: something of the platform waits to be applied; a manifest is gone, of which a move in any file may say
            that it has another name; or something is taken away, which budgets count among everything.
    """
    for one in differences:
        if not one.address.tenant and one.address.kind != focus.kind:
            raise NeedsAll
        if one.standing is Standing.GONE and one.entity.exists:
            raise NeedsAll
    if plan.cascades or plan.rewrites or plan.rollback:
        raise NeedsAll
    if any(_is_counted(view.catalog[one.address.kind], one) for one in plan.changes):
        raise NeedsAll


def unmoved(focus: Focus, differences: Iterable[Difference]) -> None:
    """See that the drift inside depends on nothing but what was read. What the platform has drifted in is no matter.

    Raises:
        NeedsAll: something of the platform waits to be applied; or a manifest is gone, of which a move in any file may
            say that it has another name.
    """
    for one in differences:
        if one.standing is Standing.GONE or not (one.address.tenant or one.address.kind == focus.kind or one.drifted):
            raise NeedsAll


def _is_counted(kind: Kind, change: Change) -> bool:
    """Whether guards may count a change among everything: what is taken away, and those who guard the doors."""
    if kind.guardian is not None or change.action is Action.DELETE:
        return True
    return change.edge is not None and kind.lifecycle is not None and change.edge.target == kind.lifecycle.tombstone


def _keys(catalog: Catalog, entity: Entity) -> Iterator[Seek]:
    """The natural keys of a resource, now and after the plan, wherever they have to be unique."""
    for key in entity.kind.unique:
        if key.within != "platform":
            continue
        for value in (entity.value, entity.live):
            values: tuple[Any, ...] = tuple(value(path) for path in key.paths)
            if any(one is not None for one in values):
                yield from (Seek(kind.name, other.paths, values) for kind, other in _sharing(catalog, entity.kind, key))


def _sharing(catalog: Catalog, own: Kind, key: Unique) -> list[tuple[Kind, Unique]]:
    """The keys with which a key shares its name space, itself among them."""
    if not key.space:
        return [(own, key)]
    return [(kind, one) for kind in catalog.values() for one in kind.unique if one.space == key.space]
