"""Partner: a company that looks after issuers and customers, and the tenant of everything that belongs to it.

An integrator only connects its software, and the platform bills its issuers. A reseller sells signatures itself, and
the platform bills the reseller for the sum. A distributor has child partners; ``parent`` gives it its reach over them
and owns nothing. Neither stopping nor blocking a partner stops the signing of its issuers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
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
from reconciler.model.formats import Country, Language, Name
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Key, Ref, State
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, plan, reference, schema
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View


class PartnerSpec(Spec):
    """The fields of a Partner."""

    legal_name: str = Field(min_length=1, max_length=200, description="Name of the company in the register.")
    country: Annotated[Country, Key(), Immutable()] = Field(
        "PRT", description="Country whose tax number the company has, as an alpha-3 code."
    )
    vat_number: Annotated[str, Key(), Immutable()] = Field(
        description="Tax number of the company, without the letters of the country; always quoted."
    )
    type: Literal["integrator", "reseller"] = Field(
        description="Who is billed for its issuers: each issuer under an integrator, the partner itself as a reseller."
    )
    tier: Literal["partner", "distributor"] = Field("partner", description="Whether it may have child partners.")
    parent: Annotated[Name | None, Ref("Partner", part="structure")] = Field(
        None, description="The distributor above it; a distributor has none."
    )
    billing: Billing | None = Field(None, description="Where its invoices go; exactly for a reseller.")
    contact: Contact = Field(description="How the company is reached.")
    address: PostalAddress = Field(description="Seat of the company.")
    language: Annotated[Language | None, Inherit("the platform")] = Field(
        None, description="Language of the company and of its people."
    )
    state: Annotated[Literal["registered", "active", "suspended", "blocked", "deleted"] | None, State()] = Field(
        None, description="Wanted state; left out, the state stays as it is."
    )


@schema("BIL-01", "A reseller has billing; an integrator has none, because the platform bills its issuers itself.")
def billing_by_type(resource: Resource[PartnerSpec]) -> Findings:
    """BIL-01."""
    word, billing = resource.spec.type, resource.spec.billing
    if word == "reseller" and billing is None:
        yield Finding("a reseller is billed itself and needs billing", at="type", hint="add billing.account")
    if word == "integrator" and billing is not None:
        yield Finding(
            "an integrator is not billed: the platform bills its issuers", at="billing", hint="take billing out"
        )


@reference("PAR-04", "parent is a Partner with tier: distributor, and a distributor has no parent.")
def parent_is_a_distributor(resource: Resource[PartnerSpec], view: View) -> Findings:
    """PAR-04.

    With live data the rule also holds for child partners without a manifest, or whose manifest leaves their parent as
    it is: taking the tier away from a partner with such children is found at ``tier``, because the child has no place
    to point at.
    """
    partner = view.entity(resource)
    if resource.spec.parent is not None:
        parent = view.target(partner, "parent")
        if resource.spec.tier == "distributor":
            yield Finding("a distributor has no parent", at="parent", hint="take parent out, or set tier to partner")
        elif parent is not None and parent.value("tier") != "distributor":
            yield Finding(
                f"{parent.address} is no distributor and has no child partners",
                at="parent",
                hint="name a partner with tier: distributor, or take parent out",
            )
    if resource.spec.tier != "distributor" and view.connected:
        for child in view.referrers(partner.address, "Partner", "parent"):
            if (not child.declared or child.left_alone("parent")) and child.exists and not child.buried:
                yield Finding(
                    f"{child.address} has this partner as its parent",
                    at=("tier", "spec"),
                    hint="keep tier: distributor, or give the child another parent first",
                )


@reference("PAR-06", "An active partner has at least one active operator of its own.", Severity.WARNING)
def somebody_at_work(resource: Resource[PartnerSpec], view: View) -> Findings:
    """PAR-06. Operators of the set count with their wanted state; without ``state`` they count as active."""
    partner = view.entity(resource)
    if partner.state == "active" and not any(_counts_as_active(one) for one in _operators(partner, view)):
        yield Finding(
            f"{partner.address} is active and has no active operator of its own",
            at=NAME,
            hint="declare an Operator of the company",
        )


def _counts_as_active(operator: Entity) -> bool:
    if operator.declared:
        return (operator.wanted("state") or "active") == "active"
    # A registered operator becomes active together with its company.
    return operator.state in ("active", "registered")


def _operators(partner: Entity, view: View) -> list[Entity]:
    """Operators of the company itself; those of its issuers belong to the issuers."""
    return [one for one in view.inside("Operator", partner.address.name) if one.value("role") == "partner"]


@plan("PAR-05", "A Partner does not reach deleted while something in it still lives.")
def nothing_left_when_deleted(planned: Planned, view: View) -> Findings:
    """PAR-05."""
    if not planned.enters("deleted"):
        return
    left = sorted(_living(planned.address.name, view), key=lambda one: one.address)
    if left:
        more = f" and {len(left) - 10} more" if len(left) > 10 else ""
        yield Finding(
            f"{planned.address} cannot be deleted while it has "
            + ", ".join(str(one.address) for one in left[:10])
            + more,
            at="state",
            hint="delete, close or pause these first",
        )


def _living(tenant: str, view: View) -> Iterator[Entity]:
    yield from (one for one in view.inside("Issuer", tenant) if not one.buried)
    for service in view.inside("ClientService", tenant):
        issuer = view.target(service, "issuer")
        # An issuer that goes takes its services with it in the same transaction.
        if not service.buried and not (issuer is not None and issuer.buried):
            yield service
    yield from (one for one in view.inside("Customer", tenant) if not one.buried)
    yield from (one for one in view.inside("ReportSchedule", tenant) if one.state == "enabled")
    for child in view.having("Partner", "parent", tenant):
        if not child.buried:
            yield child


@plan("BIL-02", "A change of type fits the billing that every issuer is left with.")
def issuers_fit_the_type(planned: Planned, view: View) -> Findings:
    """BIL-02, for issuers without a manifest, with one that only watches or creates them, and for those left out.

    They have no place of their own to point at, so they are found at the ``type`` that no longer fits them.
    """
    if planned.creates or planned.deletes or not planned.changes("type"):
        return
    reseller = planned.entity.value("type") == "reseller"
    wrong = [
        str(one.address) for one in view.inside("Issuer", planned.address.name) if _misfits(one, reseller=reseller)
    ]
    if wrong:
        more = f" and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        word = "have billing of their own, and a reseller is billed for them" if reseller else "would need billing"
        yield Finding(
            f"these issuers {word}: {', '.join(wrong[:10])}{more}",
            at="type",
            hint="declare them with billing that fits the type, or keep the type",
        )


def _misfits(issuer: Entity, *, reseller: bool) -> bool:
    """Whether an issuer has billing and should not, or the other way round."""
    if issuer.buried:
        return False
    billed = issuer.value("billing.account") is not None
    return billed if reseller else not billed and issuer.state in ("active", "suspended")


@plan("BIL-04", "A change of type moves the bill of every issuer on the first day of the next month.", Severity.WARNING)
def bills_that_move(planned: Planned, view: View) -> Findings:
    """BIL-04."""
    if planned.creates or planned.deletes or not planned.changes("type"):
        return
    payer = "reseller" if planned.entity.value("type") == "reseller" else "issuer"
    moving = [
        str(one.address)
        for one in view.inside("Issuer", planned.address.name)
        if one.exists and not one.buried and one.live("status.payer") != payer
    ]
    yield Finding(
        f"from the first day of the next month the payer is the {payer} for "
        + (", ".join(moving) if moving else "no issuer: there is none"),
        at="type",
        hint="this change needs the approval of a second administrator",
    )


def company_role(partner: Entity) -> RoleWord:
    """The role of its operators: those of a distributor reach its child partners too."""
    return RoleWord.DISTRIBUTOR if partner.live("tier") == "distributor" else RoleWord.PARTNER


def at_creation(resource: Resource[PartnerSpec], _view: View) -> Iterator[tuple[str, Any]]:
    """``status.code`` is made of the key. The platform, which knows its portal, writes the link that carries it."""
    yield "code", f"{resource.spec.country}.{resource.spec.vat_number}"


def effects(planned: Planned, view: View) -> Iterator[Effect]:
    """What a partner takes with it: its operators, and notices to them, to the company and to the administrators."""
    partner = planned.entity
    if planned.creates:
        yield from _registered(partner, view)
    if planned.enters("active"):
        yield _notice("company-activated", partner, partner, str(partner.value("contact.email")), view)
        for one in _operators(partner, view):
            if one.live_state == "registered":
                yield Cascade(one.address, "active", f"{partner.address} becomes active")
            # Who is stopped after this plan gets no link; who comes back in this plan gets one.
            if one.exists and one.state in ("registered", "active"):
                yield _notice("operator-created", one, partner, str(one.value("email")), view)
    if planned.enters("deleted"):
        for one in _operators(partner, view):
            if one.live_state != "deleted":
                yield Cascade(one.address, "deleted", f"{partner.address} is deleted")


def _registered(partner: Entity, view: View) -> Iterator[Notice]:
    for one in view.having("Operator", "role", "administrator"):
        if one.state == "active":
            language = one.value("language") or view.setting("SystemConfiguration", "defaultLanguage")
            payload = _payload(partner, view) | {"company.vatNumber": partner.value("vatNumber")}
            yield Notice("company-registered", partner.address, str(one.value("email")), str(language), payload)


def _notice(event: str, about: Entity, partner: Entity, recipient: str, view: View) -> Notice:
    language = (
        about.value("language") or partner.value("language") or view.setting("SystemConfiguration", "defaultLanguage")
    )
    payload = _payload(partner, view)
    if about is partner:
        payload["company.vatNumber"] = partner.value("vatNumber")
    else:
        payload["operator.name"] = about.value("displayName")
    return Notice(event, about.address, recipient, str(language), payload)


def _payload(partner: Entity, view: View) -> dict[str, Any]:
    return {
        "platform.name": view.setting("SystemConfiguration", "platformName"),
        "company.name": partner.value("legalName"),
    }


def risks(planned: Planned, _view: View) -> Iterator[Risk]:
    """``billing-impact`` for a change of type or billing."""
    if not planned.creates and (planned.changes("type") or planned.changes("billing")):
        yield Risk.BILLING_IMPACT


LIFECYCLE = Lifecycle(
    states=("registered", "active", "suspended", "blocked", "deleted"),
    entry="registered",
    edges=(
        Edge(
            "registered",
            "active",
            "registered operators of the company become active; the company and each operator are told",
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
            "its operators keep only reading and the way back; issuers keep signing",
            risks=(Risk.LOCKS_OUT,),
        ),
        Edge("active", "blocked", "its operators cannot enter; issuers keep signing", risks=(Risk.LOCKS_OUT,)),
        Edge("suspended", "active", "the company and each operator are told again", risks=(Risk.SENDS_MAIL,)),
        Edge("suspended", "blocked", "its operators cannot enter; issuers keep signing", risks=(Risk.LOCKS_OUT,)),
        Edge("blocked", "active", "the company and each operator are told again", risks=(Risk.SENDS_MAIL,)),
        Edge(
            "blocked",
            "deleted",
            "tombstone for ten years; its operators become deleted",
            risks=(Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION),
        ),
    ),
    tombstone="deleted",
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Partner
metadata:
  name: farol-services
spec:
  legalName: Farol Services, Lda.
  country: PRT
  vatNumber: "599900016"
  type: reseller
  billing: {account: FAR-0001}
  contact: {email: office@farol.example.com, phone: "+351210000001"}
  address:
    line1: Rua do Farol 1
    city: Lisboa
    postalCode: 1100-001
    country: PRT
  language: pt-PT
  state: active
"""

KIND = Kind(
    name="Partner",
    table="partners",
    group=Group.ORGANISATIONS,
    order=10,
    level=Level.PLATFORM,
    spec=PartnerSpec,
    description="A company that looks after issuers and customers; its name is the tenant of what belongs to it.",
    is_tenant=True,
    lifecycle=LIFECYCLE,
    deletion=Deletion.RETAINED,
    status=(
        Status(
            path="code",
            column="code",
            type="string",
            description="Code of the company: country, full stop, tax number.",
        ),
        Status(
            path="subscriptionLink",
            column="subscription_link",
            type="url",
            description="Page on which customers of the company register; it carries the code.",
        ),
    ),
    unique=(Unique(code="PAR-03", paths=("country", "vatNumber"), at="vatNumber", unless_state=("deleted",)),),
    rules=(
        fitting_tax_number,
        tax_number_of_a_person,
        billing_by_type,
        parent_is_a_distributor,
        somebody_at_work,
        nothing_left_when_deleted,
        issuers_fit_the_type,
        bills_that_move,
    ),
    texts=(
        COUNTRY,
        RuleText(
            "PAR-03",
            Severity.ERROR,
            Phase.REFERENCE,
            "country and vatNumber together are unique among the partners that are not deleted.",
        ),
    ),
    at_creation=at_creation,
    effects=effects,
    risks=risks,
    example=EXAMPLE,
    company_role=company_role,
    sensitive=("tier", "parent"),
    allow=(
        rights("read", "legalName", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("scope")),
        rights("read", "status.code", A=may("all"), D=may("tree"), P=may("own"), I=may("own")),
        rights("read", A=may("all"), D=may("tree"), P=may("own")),
        rights("create", A=may("all"), D=may("tree", "children only", code="PRM-04"), U=no("OPR-06")),
        rights(
            "update",
            "legalName",
            "contact",
            "address",
            "language",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            U=no("OPR-06"),
        ),
        rights("update", "type", "billing", A=may("all"), U=no("OPR-06")),
        rights("update", "tier", "parent", A=may("all"), U=no("OPR-06")),
        nobody("GEN-05", "update", "country", "vatNumber", "billing.currency"),
        nobody("GEN-08", "delete"),
        rights(
            "transition",
            "state",
            edge="registered->active",
            A=may("all"),
            D=no("PRM-03"),
            P=no("PRM-03"),
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
            D=no("PRM-03"),
            P=no("PRM-03"),
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
            D=may("self"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->blocked",
            A=may("all"),
            D=no("PRM-03"),
            P=no("PRM-03"),
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
            D=may("self"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->blocked",
            A=may("all"),
            D=no("PRM-03"),
            P=no("PRM-03"),
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
            D=no("PRM-03"),
            P=no("PRM-03"),
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
