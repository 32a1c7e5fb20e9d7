"""Small worlds for tests of the stages: a catalogue, a database in memory, and an apply that is nothing but a function.

``Partner`` and ``Gadget`` are the toys; ``Person`` is pruned along its life cycle, keeps the doors open, and has
edges that a person or the system walks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.engine.diff import diff
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.engine.resolve import resolve
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.effect import Cascade, Notice
from reconciler.model.encode import encoder
from reconciler.model.kind import Deletion, Group, Kind, Level, Status
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.manifest import Document, Places
from reconciler.model.marks import Immutable, Ref, State
from reconciler.model.plan import Plan
from reconciler.model.resource import FileRefused, LedgerEntry, Live, Resource, Row
from reconciler.model.source import Source
from reconciler.model.spec import Spec
from reconciler.model.view import View
from tests.engine.toy import GADGET, PARTNER

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


class Purse(Spec):
    """An optional object with an immutable field."""

    currency: Annotated[str, Immutable()] = Field("EUR", description="Chosen once.")
    account: str = Field(description="A number.")


class PersonSpec(Spec):
    """Spec of a person."""

    title: str = Field(description="What people call them.")
    boss: Annotated[str | None, Ref("Person", "structure")] = Field(None, description="Who stands above.")
    purse: Purse | None = Field(None, description="Where the money is.")
    state: Annotated[Literal["new", "active", "blocked", "asleep", "gone"] | None, State()] = Field(
        None, description="The wanted state."
    )


def _effects(planned: Any, view: View) -> Any:
    if planned.creates:
        yield Notice("hello", planned.address, "somebody@example.com", "en", {"name": planned.address.name})
    if planned.enters("gone"):
        for one in view.all("Person"):
            if one.value("boss") == planned.address.name and one.live_state != "gone":
                yield Cascade(one.address, "gone", f"{planned.address.name} is gone")


PERSON = Kind(
    name="Person",
    table="people",
    group=Group.ORGANISATIONS,
    order=5,
    level=Level.PLATFORM,
    spec=PersonSpec,
    description="A toy person.",
    allow=(),
    lifecycle=Lifecycle(
        states=("new", "active", "blocked", "asleep", "gone"),
        entry="new",
        edges=(
            Edge("new", "active", "the person consents", walker="human"),
            Edge("new", "blocked", "turned down"),
            Edge("active", "blocked", "locked out", (Risk.LOCKS_OUT,)),
            Edge("blocked", "active"),
            Edge("active", "asleep", walker="system"),
            Edge("blocked", "gone", "kept for good", (Risk.IRREVERSIBLE,)),
        ),
        tombstone="gone",
        tombstone_code="TOY-20",
        stopped=("blocked",),
    ),
    deletion=Deletion.PATH,
    guardian=lambda entity: entity.state == "active",
    effects=_effects,
    status=(Status(path="greeted", column="greeted", type="string", description="When."),),
    example="",
)

TENANT = replace(PARTNER, is_tenant=True)


def catalog(*kinds: Kind) -> Catalog:
    """The toy kinds and Person; ``kinds`` replace those of the same name."""
    found = {one.name: one for one in (TENANT, GADGET, PERSON)}
    found.update({one.name: one for one in kinds})
    return Catalog(found.values())


CATALOG = catalog()


def resource(
    kind: Kind, name: str, tenant: str = "", *, file: str = "toy.yaml", index: int = 0, **given: Any
) -> Resource[Any]:
    """A resource of any kind; keyword arguments are spec fields by manifest names, ``lifecycle``, ``labels``."""
    lifecycle = given.pop("lifecycle", {})
    labels = given.pop("labels", {})
    spec = {key: value for key, value in given.items() if value is not None}
    metadata = {"name": name, **({"tenant": tenant} if tenant else {}), **({"labels": labels} if labels else {})}
    tree = {"apiVersion": "reconciler/v1", "kind": kind.name, "metadata": metadata, "spec": spec}
    if lifecycle:
        tree["lifecycle"] = lifecycle
    return Resource(
        address=Address(kind.name, tenant, name),
        spec=kind.spec.model_validate(spec),
        document=Document(file, index, tree, lambda: _places(tree, file, index), lambda _line: ""),
        labels=labels,
        annotations={},
        protect=bool(lifecycle.get("protect", False)),
        ignore_changes=tuple(lifecycle.get("ignoreChanges", ())),
        management=str(lifecycle.get("management", "full")),
    )


def _places(tree: Any, file: str, index: int) -> Places:
    """Every key on a line of its own, in the order in which they stand."""
    keys: dict[Any, Source] = {}

    def visit(node: Any, path: tuple[Any, ...]) -> None:
        steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for step, value in steps:
            line = 100 * index + len(keys) + 1
            keys[(*path, step)] = Source(file, line, 1, line, 2)
            visit(value, (*path, step))

    visit(tree, ())
    return Places(keys, {}, Source(file, 100 * index + 1, 1, 100 * index + 1, 2))


def partner(name: str = "farol", **given: Any) -> Resource[Any]:
    """A Partner."""
    return resource(TENANT, name, **{"title": name.title(), "country": "PRT", **given})


def gadget(name: str = "lamp", tenant: str = "farol", **given: Any) -> Resource[Any]:
    """A Gadget."""
    return resource(GADGET, name, tenant, **{"title": name.title(), "serial": f"no-{name}", **given})


def person(name: str = "ana", **given: Any) -> Resource[Any]:
    """A Person."""
    return resource(PERSON, name, **{"title": name.title(), **given})


def empty() -> Live:
    """A database without rows."""
    return Live("db-1", {}, {})


def files(content: Mapping[str, bytes]) -> Any:
    """A reader of files that holds ``content`` and refuses everything else."""

    def read(_document: Document, path: str) -> bytes:
        if path not in content:
            msg = f"{path} does not exist"
            raise FileRefused(msg)
        return content[path]

    return read


def resolved(
    resources: Iterable[Resource[Any]], live: Live | None = None, *, kinds: Catalog = CATALOG, **content: bytes
) -> tuple[View, list[Diagnostic]]:
    """The view of a set; ``content`` are files by their names with ``_`` for the full stop."""
    reader = files({name.replace("_", "."): data for name, data in content.items()})
    return resolve(kinds, list(resources), live, reader)


def planned(
    resources: Iterable[Resource[Any]],
    live: Live,
    *,
    kinds: Catalog = CATALOG,
    fingerprints: Mapping[Address, Mapping[str, str]] | None = None,
    **options: Any,
) -> tuple[Plan, View]:
    """The plan for a set that resolves without error, and its view."""
    view, found = resolved(resources, live, kinds=kinds)
    assert [one for one in found if one.severity is Severity.ERROR] == []
    return make_plan(view, diff(view, fingerprints or {}), PlanOptions(**options)), view


def plan_of(resources: Iterable[Resource[Any]], live: Live, **more: Any) -> Plan:
    """The plan alone."""
    return planned(resources, live, **more)[0]


def applied(
    resources: Iterable[Resource[Any]],
    live: Live | None = None,
    *,
    kinds: Catalog = CATALOG,
    fingerprints: Mapping[Address, Mapping[str, str]] | None = None,
    **options: Any,
) -> Live:
    """The database after a set has been planned without error and applied."""
    before = empty() if live is None else live
    plan = plan_of(resources, before, kinds=kinds, fingerprints=fingerprints, **options)
    assert errors(plan) == []
    return apply(before, plan, kinds=kinds, fingerprints=fingerprints)


def errors(plan: Plan) -> list[str]:
    """The codes of the errors of a plan."""
    return [one.code for one in plan.diagnostics if one.severity is Severity.ERROR]


def apply(
    live: Live,
    plan: Plan,
    *,
    kinds: Catalog = CATALOG,
    fingerprints: Mapping[Address, Mapping[str, str]] | None = None,
) -> Live:
    """What the database holds after a plan: the whole of apply as a function of values."""
    rows = {kind: dict(found) for kind, found in live.rows.items()}
    ledger = dict(live.ledger)
    for change in plan.changes:
        address, kind = change.address, kinds[change.address.kind]
        table = rows.setdefault(address.kind, {})
        key = (address.tenant, address.name)
        if change.action is Action.CREATE:
            assert key not in table
            table[key] = _row(kind, (*key, 0, *[None] * (len(kind.index) - 3)), change.columns)
        elif change.action is Action.DELETE:
            del table[key]
        elif change.writes:
            table[key] = _row(kind, table[key], change.columns)
        if change.secrets:
            table[key] = _row(kind, table[key], _hashes(kind, change, (fingerprints or {}).get(address, {})))
        if change.action in (Action.DELETE, Action.FORGET):
            ledger.pop(address, None)
        elif change.applied and change.resource is not None:
            ledger[address] = LedgerEntry(address, change.applied, "toy.yaml", None, change.resource.management)
    for cascade in plan.cascades:
        table = rows[cascade.address.kind]
        key = (cascade.address.tenant, cascade.address.name)
        table[key] = _row(kinds[cascade.address.kind], table[key], {"state": cascade.state})
    return Live(live.identity, rows, ledger)


def _hashes(kind: Kind, change: Any, known: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    prepared = encoder(kind)
    values = prepared.values(change.resource, known)
    for place, _, field in prepared.places:
        if field.path in change.secrets:
            found[field.columns[1].name] = values[place + 1]
    return found


def _row(kind: Kind, row: Row, columns: Mapping[str, Any]) -> Row:
    values = list(row)
    values[2] += 1
    for name, value in columns.items():
        values[kind.index[name]] = value
    return tuple(values)


def touched(live: Live, address: Address, *, kinds: Catalog = CATALOG, **columns: Any) -> Live:
    """The database after somebody has changed a row behind git's back."""
    rows = {kind: dict(found) for kind, found in live.rows.items()}
    key = (address.tenant, address.name)
    rows[address.kind][key] = _row(kinds[address.kind], rows[address.kind][key], columns)
    return Live(live.identity, rows, live.ledger)


def without(live: Live, address: Address) -> Live:
    """The database after somebody has deleted a row behind git's back."""
    rows = {kind: dict(found) for kind, found in live.rows.items()}
    del rows[address.kind][(address.tenant, address.name)]
    return Live(live.identity, rows, live.ledger)


def unmanaged(live: Live) -> Live:
    """The same rows with an empty ledger."""
    return Live(live.identity, live.rows, {})
