"""Issuer: a company that signs documents with its own remote certificates.

With a tenant it belongs to that partner. Without one it is direct, and the platform owner is its counterparty: there
is no third way to write it (ISS-01). Who pays for it follows from its tenant and is never declared (BIL-03).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.address import PLATFORM
from reconciler.model.company import (
    COUNTRY,
    Billing,
    Contact,
    PostalAddress,
    fitting_tax_number,
    tax_number_of_a_person,
)
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Cascade, Effect, Notice, Planned
from reconciler.model.formats import Country, Language
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Key, State
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, SPEC, TENANT, Finding, Findings, RuleText, Seek, everything, plan, reference
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View


class IssuerSpec(Spec):
    """The fields of an Issuer."""

    legal_name: str = Field(min_length=1, max_length=200, description="Name of the company in the register.")
    country: Annotated[Country, Key(), Immutable()] = Field(
        "PRT", description="Country whose tax number the company has, as an alpha-3 code."
    )
    vat_number: Annotated[str, Key(), Immutable()] = Field(
        description="Tax number of the company, without the letters of the country; always quoted."
    )
    billing: Billing | None = Field(
        None, description="Where its invoices go; for an issuer that pays itself, from its activation on."
    )
    contact: Contact = Field(description="How the company is reached.")
    address: PostalAddress | None = Field(None, description="Seat of the company.")
    language: Annotated[Language | None, Inherit("the tenant, then the platform")] = Field(
        None, description="Language of the company and of its people."
    )
    state: Annotated[Literal["registered", "active", "suspended", "blocked", "deleted"] | None, State()] = Field(
        None, description="Wanted state; left out, the state stays as it is."
    )


@reference("BIL-02", "An issuer under a reseller has no billing; any other has it when active or suspended.")
def billing_by_payer(resource: Resource[IssuerSpec], view: View) -> Findings:
    """BIL-02."""
    issuer = view.entity(resource)
    billing = resource.spec.billing
    if _payer(issuer, view) == "reseller":
        if billing is not None:
            yield Finding(
                "the reseller is billed for this issuer, so it has no billing of its own",
                at="billing",
                hint="take billing out",
            )
    elif billing is None and issuer.state in ("active", "suspended"):
        yield Finding(
            f"an issuer that pays itself needs billing once it is {issuer.state}", at=SPEC, hint="add billing.account"
        )


def _payer(issuer: Entity, view: View) -> str:
    tenant = issuer.address.tenant
    partner = view.find("Partner", PLATFORM, tenant) if tenant else None
    return "reseller" if partner is not None and partner.value("type") == "reseller" else "issuer"


@reference("PAR-06", "An active issuer has at least one active operator of its own.", Severity.WARNING)
def somebody_at_work(resource: Resource[IssuerSpec], view: View) -> Findings:
    """PAR-06. Operators of the set count with their wanted state; without ``state`` they count as active."""
    issuer = view.entity(resource)
    if issuer.state == "active" and not any(_counts_as_active(one) for one in _operators(issuer, view)):
        yield Finding(
            f"{issuer.address} is active and has no active operator of its own",
            at=NAME,
            hint="declare an Operator of the company",
        )


def _counts_as_active(operator: Entity) -> bool:
    if operator.declared:
        return (operator.wanted("state") or "active") == "active"
    # A registered operator becomes active together with its company.
    return operator.state in ("active", "registered")


def _operators(issuer: Entity, view: View) -> list[Entity]:
    return view.referrers(issuer.address, "Operator", "issuer")


def _its_twin(company: Entity, _view: View) -> Iterator[Seek]:
    """The partner with the key of an issuer, and the issuer with that of a partner."""
    twin = {"Issuer": "Partner", "Partner": "Issuer"}.get(company.kind.name)
    if twin is not None:
        yield Seek(twin, ("country", "vatNumber"), _key(company))


@everything(
    "ISS-07", "The same country and tax number is both an Issuer and a Partner.", Severity.WARNING, seeks=_its_twin
)
def issuer_and_partner(view: View) -> Findings:
    """ISS-07. It stands at the issuer, or at the partner when only that one has a manifest."""
    partners = {_key(one): one for one in view.all("Partner") if not one.buried}
    for issuer in view.all("Issuer"):
        partner = None if issuer.buried else partners.get(_key(issuer))
        if partner is None or not (issuer.declared or partner.declared):
            continue
        here, other = (issuer, partner) if issuer.declared else (partner, issuer)
        yield Finding(
            f"{other.address} has the same country and tax number",
            at="vatNumber",
            hint="correct one of the two, unless one company is really both",
            address=here.address,
        )


def _key(company: Entity) -> tuple[Any, Any]:
    return (company.value("country"), company.value("vatNumber"))


def moved(second: Entity, first: Entity, view: View) -> bool:
    """Whether ``second`` is ``first`` written down under another tenant: ISS-02 then speaks in place of ISS-03."""
    return (
        not second.exists
        and first.exists
        and not first.declared
        and first.address.tenant != second.address.tenant
        and view.live is not None
        and first.address in view.live.ledger
    )


@plan("ISS-02", "An Issuer does not change its tenant.")
def keeps_its_tenant(planned: Planned, view: View) -> Findings:
    """ISS-02. A move is recognised by country and tax number of a living issuer whose manifest is gone from the set."""
    if not planned.creates:
        return
    for other in view.having("Issuer", "vatNumber", planned.entity.value("vatNumber")):
        if _key(other) == _key(planned.entity) and not other.buried and moved(planned.entity, other, view):
            yield Finding(
                f"{planned.address} is {other.address} under another tenant; an issuer does not change its tenant",
                at=(TENANT, "metadata"),
                hint="bring the old manifest back, or take the old issuer to deleted first",
            )


@plan("ISS-04", "No new Issuer is registered under a Partner that is suspended, blocked or deleted.")
def under_a_running_partner(planned: Planned, view: View) -> Findings:
    """ISS-04."""
    if not planned.creates or not planned.address.tenant:
        return
    partner = view.find("Partner", PLATFORM, planned.address.tenant)
    if partner is not None and partner.state in ("suspended", "blocked", "deleted"):
        yield Finding(
            f"{partner.address} is {partner.state} and registers no new issuer",
            at=TENANT,
            hint="activate the partner first, or register the issuer elsewhere",
        )


def at_creation(resource: Resource[IssuerSpec], view: View) -> Iterator[tuple[str, Any]]:
    """``status.payer`` follows from the tenant (BIL-03).

    When the type of the tenant changes later, the platform moves it on the first day of the next month (BIL-04), not
    the plan that changes the type.
    """
    yield "payer", _payer(view.entity(resource), view)


def on_change(planned: Planned, _view: View) -> Iterator[tuple[str, Any]]:
    """``status.stoppedBy`` is emptied on the way out.

    On the way in it is the level of the operator who carries the edge. That is known only where rights are judged, so
    it is written there.
    """
    if planned.edges and planned.edges[-1].target not in LIFECYCLE.stopped:
        yield "stopped_by", None


def effects(planned: Planned, view: View) -> Iterator[Effect]:
    """What an issuer takes with it, and the notices to the company and to its operators."""
    issuer = planned.entity
    if planned.enters("active"):
        yield _notice("company-activated", issuer, issuer, str(issuer.value("contact.email")), view)
        for one in _operators(issuer, view):
            if one.live_state == "registered":
                yield Cascade(one.address, "active", f"{issuer.address} becomes active")
            # Who is stopped after this plan gets no link; who comes back in this plan gets one.
            if one.exists and one.state in ("registered", "active"):
                yield _notice("operator-created", one, issuer, str(one.value("email")), view)
    if planned.enters("deleted"):
        for kind in ("ClientService", "Certificate", "Operator"):
            for one in view.referrers(issuer.address, kind, "issuer"):
                if one.live_state != "deleted":
                    yield Cascade(one.address, "deleted", f"{issuer.address} is deleted")


def _notice(event: str, about: Entity, issuer: Entity, recipient: str, view: View) -> Notice:
    tenant = issuer.address.tenant
    partner = view.find("Partner", PLATFORM, tenant) if tenant else None
    language = (
        about.value("language")
        or issuer.value("language")
        or (partner.value("language") if partner is not None else None)
        or view.setting("SystemConfiguration", "defaultLanguage")
    )
    payload = {
        "platform.name": view.setting("SystemConfiguration", "platformName"),
        "company.name": issuer.value("legalName"),
    }
    if about is issuer:
        payload["company.vatNumber"] = issuer.value("vatNumber")
    else:
        payload["operator.name"] = about.value("displayName")
    return Notice(event, about.address, recipient, str(language), payload)


def risks(planned: Planned, _view: View) -> Iterator[Risk]:
    """``billing-impact`` for a change of billing."""
    if not planned.creates and planned.changes("billing"):
        yield Risk.BILLING_IMPACT


LIFECYCLE = Lifecycle(
    states=("registered", "active", "suspended", "blocked", "deleted"),
    entry="registered",
    edges=(
        Edge(
            "registered",
            "active",
            "registered operators of the issuer become active; the company and each operator are told",
            risks=(Risk.SENDS_MAIL,),
        ),
        Edge(
            "registered",
            "blocked",
            "the registration is turned down; its operators cannot enter",
            risks=(Risk.LOCKS_OUT,),
        ),
        Edge(
            "active",
            "suspended",
            "all its client services stop; its operators can still enter",
            risks=(Risk.STOPS_SIGNING,),
        ),
        Edge(
            "active",
            "blocked",
            "all its client services stop; its operators cannot enter",
            risks=(Risk.STOPS_SIGNING, Risk.LOCKS_OUT),
        ),
        Edge(
            "suspended",
            "active",
            "its client services run again; the company and each operator are told again",
            risks=(Risk.SENDS_MAIL,),
        ),
        Edge("suspended", "blocked", "its operators cannot enter", risks=(Risk.LOCKS_OUT,)),
        Edge(
            "blocked",
            "active",
            "its client services run again; the company and each operator are told again",
            risks=(Risk.SENDS_MAIL,),
        ),
        Edge(
            "blocked",
            "deleted",
            "tombstone for ten years; its client services, certificates and operators become deleted",
            risks=(Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION),
        ),
    ),
    tombstone="deleted",
    stopped=("suspended", "blocked"),
)

_NO_WORD_FOR_IT = (
    "an issuer is direct exactly when it has no metadata.tenant, and belongs to the partner that metadata.tenant names"
    "; nothing in spec says so"
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Issuer
metadata:
  name: oficina-cedro
spec:
  legalName: Oficina Cedro, S.A.
  country: PRT
  vatNumber: "599900032"
  billing: {account: CED-0001}
  contact: {email: office@cedro.example.com}
  address:
    line1: Rua do Cedro 7
    city: Porto
    postalCode: 4000-007
    country: PRT
"""

KIND = Kind(
    name="Issuer",
    table="issuers",
    group=Group.ORGANISATIONS,
    order=20,
    level=Level.BOTH,
    spec=IssuerSpec,
    description="A company that signs documents with its own remote certificates; direct when it has no tenant.",
    lifecycle=LIFECYCLE,
    deletion=Deletion.RETAINED,
    refused={
        "direct": ("ISS-01", _NO_WORD_FOR_IT),
        "partner": ("ISS-01", _NO_WORD_FOR_IT),
        "partnerRef": ("ISS-01", _NO_WORD_FOR_IT),
    },
    status=(
        Status(
            path="payer",
            column="payer",
            type="enum",
            words=("issuer", "reseller"),
            description="Who is invoiced for its consumption.",
        ),
        Status(
            path="stoppedBy",
            column="stopped_by",
            type="enum",
            words=("administrator", "distributor", "partner", "issuer"),
            description="Level of whoever walked the last edge into suspended or blocked.",
        ),
    ),
    unique=(
        Unique(code="ISS-03", paths=("country", "vatNumber"), at="vatNumber", unless_state=("deleted",), unless=moved),
    ),
    rules=(
        fitting_tax_number,
        tax_number_of_a_person,
        billing_by_payer,
        somebody_at_work,
        issuer_and_partner,
        keeps_its_tenant,
        under_a_running_partner,
    ),
    texts=(
        COUNTRY,
        RuleText(
            "ISS-01",
            Severity.ERROR,
            Phase.SCHEMA,
            "An Issuer is direct exactly when it has no metadata.tenant; direct, partner and partnerRef are no fields.",
        ),
        RuleText(
            "ISS-03",
            Severity.ERROR,
            Phase.REFERENCE,
            "country and vatNumber together are unique among the issuers that are not deleted.",
        ),
    ),
    at_creation=at_creation,
    on_change=on_change,
    effects=effects,
    risks=risks,
    example=EXAMPLE,
    company_role=lambda _issuer: RoleWord.ISSUER,
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("self"), U=may("scope")),
        rights("create", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06")),
        rights(
            "update",
            "legalName",
            "contact",
            "address",
            "language",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=may("self"),
            U=no("OPR-06"),
        ),
        rights("update", "billing", A=may("all"), U=no("OPR-06")),
        nobody("GEN-05", "update", "country", "vatNumber", "billing.currency"),
        nobody("GEN-08", "delete"),
        rights(
            "transition",
            "state",
            edge="registered->active",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="registered->blocked",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->suspended",
            A=no("PRM-03"),
            D=no("PRM-03"),
            P=no("PRM-03"),
            I=may("self"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->blocked",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->active",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=may("self"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->blocked",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="blocked->active",
            A=may("all"),
            D=may("own", "level of stopper", code="LIF-03"),
            P=may("own", "level of stopper", code="LIF-03"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="blocked->deleted",
            A=may("all"),
            D=no("PRM-03"),
            P=no("PRM-03"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
    ),
)
