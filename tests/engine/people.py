"""A small platform with people of every role, and what becomes of a plan before some of them.

Farol is a partner with the issuer oficina-cedro; atlantico is a distributor with its child maresia.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.engine.authorize import authorize
from reconciler.engine.diff import diff
from reconciler.engine.lens import Lens
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.model.address import Address
from reconciler.model.authorization import Carriers, Judgement
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.resource import Resource
from reconciler.model.rights import Rights
from reconciler.model.view import View
from tests.engine.toy import document, tree
from tests.kinds.worlds import CATALOG, authority, certificate, issuer, operator, partner, resource, service, view

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
FAROL = "farol-services"
ACTIVE: Mapping[str, Any] = {"state": "active"}

Standing = dict[Address, tuple[Resource[Any], Mapping[str, Any]]]
"""What stands in the database: each resource with the columns that differ from its declaration."""


def child(name: str, parent: str = "atlantico", **spec: Any) -> Resource[Any]:
    """A Partner below another."""
    return partner(name, **{"vatNumber": "599900024", "parent": parent} | spec)


def configuration(**spec: Any) -> Resource[Any]:
    """How long the documents of a service are kept."""
    given = {"scope": "clientService", "clientService": "cs-cedro-invoices", "key": "custody", "mode": "override"}
    return resource("GeneralConfiguration", "cs-cedro-invoices.custody", FAROL, **(given | spec))


def category(name: str = "signing", tenant: str = FAROL, **spec: Any) -> Resource[Any]:
    """A Category."""
    return resource("Category", name, tenant, **({"displayName": name.title()} | spec))


def marked(one: Resource[Any], *, protect: bool = False, **labels: str) -> Resource[Any]:
    """The resource with labels, and protected on demand."""
    written = tree(
        one.address.kind,
        one.address.name,
        one.document.tree["spec"],
        tenant=one.address.tenant,
        labels=labels,
        lifecycle={"protect": protect},
    )
    return replace(one, labels=labels, protect=protect, document=document(written))


ROOT = operator("root", "administrator", email="root@example.com")
SECOND = operator("second", "administrator", email="second@example.com")
INES = operator("ines", "partner", FAROL)
CARLA = operator("carla", "partner", FAROL)
DORA = operator("dora", "partner", "atlantico", email="dora@atlantico.example.com")
MARA = operator("mara", "partner", "maresia", email="mara@maresia.example.com")
RUI = operator("rui", "issuer", FAROL, issuer="oficina-cedro")
EVA = operator("eva", "issuer", FAROL, issuer="outra")
UMA = operator("uma", "auditor", email="uma@tax.example.com", auditScope=[f"{FAROL}/oficina-cedro"])

CEDRO, OUTRA = issuer(), issuer("outra", vatNumber="502757191", legalName="Outra, S.A.")
CUSTODY = configuration(value={"years": 10})
SEAL, SERVICE = certificate(), service("cs-cedro-invoices")
SIGNING = category()

_STAND = (
    *((one, ACTIVE) for one in (partner(), partner("atlantico", vatNumber="599900040", tier="distributor"))),
    (child("maresia"), ACTIVE),
    *((one, ACTIVE) for one in (ROOT, SECOND, INES, CARLA, DORA, MARA, RUI, EVA, UMA, CEDRO, OUTRA)),
    (resource("Bundle", "signatures-1k", displayName="1,000", includedSignatures=1000), {}),
    (authority(), {}),
    (SEAL, ACTIVE),
    (SERVICE, ACTIVE),
    (CUSTODY, {}),
    (SIGNING, {}),
)
STAND: Standing = {one.address: (one, columns) for one, columns in _STAND}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A plan over the platform, before it is judged."""

    view: View
    plan: Plan
    rights: Rights

    def people(self, *names: str) -> tuple[Principal, ...]:
        """Operators by their names."""
        found = [self.rights.find(name) for name in names]
        return tuple(one for one in found if one is not None)

    def judged(self, *names: str) -> Judgement:
        """What becomes of the plan before these people, the applicant first."""
        people = self.people(*names)
        assert len(people) == len(names)
        return authorize(self.rights, self.plan, self.view, Carriers(people=people))

    def denials(self, *names: str) -> list[str]:
        """The lines that these people read; none when the plan may be applied."""
        judgement = self.judged(*names)
        assert bool(judgement.denials) != bool(judgement.authorization)
        return [one.line for one in judgement.denials]

    def codes(self, *names: str) -> list[tuple[str, str]]:
        """Code and place of the denials."""
        return [(one.code, one.path) for one in self.judged(*names).denials]

    def lens(self, *names: str) -> Lens:
        """What these people may see."""
        return Lens(self.rights, self.people(*names), self.view)


def case(
    *wanted: Resource[Any],
    live: Mapping[Address, Mapping[str, Any]] | None = None,
    stand: Iterable[Resource[Any]] = (),
    unmanaged: Iterable[Resource[Any]] = (),
    gone: Iterable[Resource[Any]] = (),
    prune: bool = False,
) -> Case:
    """A plan.

    ``stand`` are further resources that stand as they are declared, or other than usual. ``live`` are columns of what
    stands. ``wanted`` are new or changed manifests, ``gone`` those that are missing. ``unmanaged`` has no entry in the
    ledger yet.
    """
    standing: Standing = {**STAND, **{one.address: (one, STAND.get(one.address, (one, {}))[1]) for one in stand}}
    for address, columns in (live or {}).items():
        one, usual = standing[address]
        standing[address] = (one, {**usual, **columns})
    declared = {one.address: one for one, _ in standing.values()}
    declared.update({one.address: one for one in wanted})
    missing, strange = {one.address for one in gone}, {one.address for one in unmanaged}
    found = view(
        [one for address, one in declared.items() if address not in missing],
        standing.values(),
        managed=[one for address, (one, _) in standing.items() if address not in strange],
    )
    assert found.live is not None
    return Case(
        view=found,
        plan=make_plan(found, diff(found, {}), PlanOptions(prune=prune)),
        rights=Rights(CATALOG, found.live, NOW, planned=found),
    )
