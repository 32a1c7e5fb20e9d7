"""References: every reference and every tenant names a resource (GEN-02)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.encode import value_getter
from reconciler.model.formats import nearest
from reconciler.model.judging import placed
from reconciler.model.kind import Level
from reconciler.model.resource import Resource
from reconciler.model.rule import TENANT, Finding, RuleText
from reconciler.model.view import Entity, View

REFERENCE = RuleText("GEN-02", Severity.ERROR, Phase.REFERENCE, "Every reference and every tenant names a resource.")


def judge_references(view: View) -> Iterator[Diagnostic]:
    """What is wrong with the references and tenants of all declared resources."""
    by_kind = {
        name: [(field, value_getter(field), _home(view.catalog, field)) for field in kind.references]
        for name, kind in view.catalog.items()
    }
    # Without a database the rows that every database begins with count as there.
    given = set() if view.connected else {Address(name, PLATFORM, one["name"]) for name, one in _seeds(view.catalog)}
    homes = _Homes(view)
    fit: set[tuple[str, str, str]] = set()  # targets that are there and no tombstones: many resources name the same
    for resource in view.judged.values():
        address = resource.address
        homeless = not homes.there(address.tenant)
        if homeless:
            yield placed(REFERENCE, _no_tenant(view, homes.kind, address), view=view, subject=address)
        for field, fetch, home_of in by_kind[address.kind]:
            value = fetch(resource)
            if value is None:
                continue
            known = not view.blind and home_of is not None
            if known and home_of and (home_of[0], PLATFORM if home_of[1] else address.tenant, value) in fit:
                continue
            for at, name in _entries(field, value):
                goal = view.target_address(field, address, name)
                # In a tenant that does not exist nothing can be found: that is one error, and it is reported already.
                blind = (address, field.path, name) in view.blind
                if (goal in fit and not blind) or (homeless and goal.tenant == address.tenant):
                    continue
                target = None if blind else view.at(goal)
                if target is not None and not target.buried:
                    fit.add(goal)
                elif target is not None:
                    if _is_new(view, resource, field, name):
                        yield placed(REFERENCE, _buried(address, at, target), view=view, subject=address)
                elif goal not in given and not view.doubtful(goal):
                    yield placed(REFERENCE, _no_target(view, field, address, at, goal), view=view, subject=address)


def out_of_sight(
    view: View, resources: Iterable[Resource[Any]], sees: Callable[[Address], bool]
) -> frozenset[tuple[Address, str, str]]:
    """The references, by resource, path and name, that nobody who asks may see the target of.

    One that the database holds already tells nothing new. For any other an answer would tell what is there.
    """
    getters = {name: [(field, value_getter(field)) for field in kind.references] for name, kind in view.catalog.items()}
    return frozenset(
        (resource.address, field.path, name)
        for resource in resources
        for field, fetch in getters[resource.address.kind]
        for _, name in _entries(field, fetch(resource))
        if not sees(view.target_address(field, resource.address, name)) and not _stands(view, resource, field, name)
    )


class _Homes:
    """Which tenants there are. ``kind`` is that of tenants; without one every tenant counts as there."""

    def __init__(self, view: View) -> None:
        self.kind = next((kind.name for kind in view.catalog.values() if kind.is_tenant), "")
        self._view = view
        self._known: dict[str, bool] = {PLATFORM: True}

    def there(self, tenant: str) -> bool:
        found = self._known.get(tenant)
        if found is None:
            home = Address(self.kind, PLATFORM, tenant)
            found = not self.kind or self._view.there(home) or self._view.doubtful(home)
            self._known[tenant] = found
        return found


def _home(catalog: Catalog, field: Field) -> tuple[str, bool] | None:
    """To which kind a reference leads, and whether to platform level; None where one cannot tell by the field alone."""
    if field.ref is None or field.ref.anywhere or field.type != "text":
        return None
    return field.ref.kind, catalog[field.ref.kind].level is Level.PLATFORM


def _seeds(catalog: Catalog) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, kind in catalog.items():
        for seed in kind.seeds:
            yield name, seed


def _entries(field: Field, value: Any) -> Sequence[tuple[str, str]]:
    """The names that the value of a reference holds, each with the path to point at."""
    if not value or (field.inherit is not None and value == field.inherit.word):
        return ()
    if isinstance(value, str):
        return ((field.path, value),)
    return [(f"{field.path}[{place}]", name) for place, name in enumerate(value)]


def _is_new(view: View, resource: Resource[Any], field: Field, name: str) -> bool:
    """Whether this run would write the reference: it is new, or it named something else until now."""
    entity = view.entity(resource)
    if not entity.exists:
        return view.connected and resource.management != "observe"
    if resource.management != "full":
        return False
    if any(field.path == path or field.path.startswith(f"{path}.") for path in resource.ignore_changes):
        return False
    return not _stands(view, resource, field, name)


def _stands(view: View, resource: Resource[Any], field: Field, name: str) -> bool:
    """Whether the row of a resource holds a reference already."""
    entity = view.entity(resource)
    before = entity.live(field.path) if entity.exists else None
    return name in before if isinstance(before, list) else name == before


def _no_tenant(view: View, kind: str, address: Address) -> Finding:
    close = nearest(address.tenant, [one.address.name for one in view.all(kind) if one.address in view.declared])
    wanted = Address(kind, PLATFORM, address.tenant)
    return Finding(
        f"{address} stands in a tenant that does not exist: there is no {wanted}",
        at=TENANT,
        hint=f"did you mean {close}?" if close else f"declare {wanted}, or correct the name",
    )


def _no_target(view: View, field: Field, address: Address, at: str, goal: Address) -> Finding:
    # Of what manifests declare alone: whoever asks may not know what else the database holds.
    others = [one for one in view.all(goal.kind) if one.address in view.declared]
    if field.ref is not None and field.ref.anywhere:
        written = f"{goal.tenant}/{goal.name}" if goal.tenant else goal.name
        known = [f"{one.address.tenant}/{one.address.name}".lstrip("/") for one in others]
        close = nearest(written, known)
        detail = ""
    else:
        close = nearest(goal.name, [one.address.name for one in others if one.address.tenant == goal.tenant])
        detail = _elsewhere([one.address for one in others if one.address.name == goal.name])
    hint = f"did you mean {close}?" if close else f"declare {goal}, or name another {goal.kind}"
    if detail:
        hint = "name a resource of the own tenant"
    return Finding(
        f"{at} of {address} names {goal}, which does not exist" + (f"; {detail}" if detail else ""), at=at, hint=hint
    )


def _elsewhere(twins: list[Address]) -> str:
    if not twins:
        return ""
    where = ", ".join(f"tenant {one.tenant}" if one.tenant else "the platform level" for one in twins[:3])
    return f"the name exists in {where}, and references do not cross tenants"


def _buried(address: Address, at: str, target: Entity) -> Finding:
    return Finding(
        f"{at} of {address} names {target.address}, which is {target.state}",
        at=at,
        hint="a tombstone is kept as a record; a new reference needs a living resource",
    )
