"""Customer: a company that a Partner serves, with its portal, its people and its domains.

Customers of one tenant form a tree through ``parent``, which gives the parent company its reach over the child and does
not own it. A new customer always comes with its first user. It is never erased: ``closed`` is a tombstone of ten years.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.address import PLATFORM
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import Country, Currency, Name
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Pii, Ref, State
from reconciler.model.portal import role_permits
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, everything, in_its_tenant, plan, standing
from reconciler.model.shared_rules import whoever_asks
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View

CONFIRM_CLOSE = "reconciler/confirm-close"
"""The annotation that confirms the closing of a customer; its value is the name of the customer."""
MAX_DEPTH = 8
"""Levels of the tree of customers, the top included (CUS-01)."""


class PostalAddress(Spec):
    """Where the company sits."""

    line1: str = Field(min_length=1, max_length=120, description="Street and number.")
    line2: str | None = Field(None, min_length=1, max_length=120, description="Floor, building or post box.")
    city: str | None = Field(None, min_length=1, max_length=80, description="Town of the company.")
    region: str | None = Field(None, min_length=1, max_length=80, description="District, province or state.")
    postal_code: str | None = Field(None, min_length=1, max_length=16, description="Postal code.")
    country: Country | None = Field(None, description="Country, as an ISO 3166-1 alpha-3 code.")


class CustomerSpec(Spec):
    """The fields of a Customer."""

    company_name: str = Field(
        min_length=1, max_length=120, description="Name of the company; unique among the customers below one parent."
    )
    address: Annotated[PostalAddress, Pii()] = Field(description="Postal address of the company.")
    parent: Annotated[Name | None, Ref("Customer", part="structure")] = Field(
        None, description="The customer of the same tenant that stands above this one."
    )
    customer_type: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] | None = Field(
        None, description="A free word for sorting customers."
    )
    plan: Literal["standard", "enterprise"] = Field(
        "standard", description="What the customer has bought; it decides which certificates its domains may have."
    )
    tax_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{2,14}$")] | None = Field(
        None, description="Tax number, 2 to 14 letters and digits."
    )
    currency: Annotated[
        Currency | None,
        Inherit("the tenant's billing.currency at creation, or EUR"),
        Immutable("CUS-04"),
    ] = Field(None, description="Currency of the customer's account, fixed once at creation.")
    state: Annotated[Literal["active", "suspended", "blocked", "closed"] | None, State()] = Field(
        None, description="The wanted state; left out, the state is not managed."
    )


@everything(
    "CUS-01",
    "The chain of parents has no loop and is at most eight levels deep, the top included.",
    seeks=in_its_tenant,
)
def tree_is_sound(view: View) -> Findings:
    """CUS-01."""
    above = {one.address: target for one in view.all("Customer") if (target := view.target(one, "parent")) is not None}
    looped: set[Any] = set()
    reported: set[Any] = set()
    for one in view.all("Customer"):
        chain = [one]
        seen = {one.address}
        while (parent := above.get(chain[-1].address)) is not None and parent.address not in seen:
            chain.append(parent)
            seen.add(parent.address)
        if parent is not None:
            loop = chain[[each.address for each in chain].index(parent.address) :]
            if parent.address not in looped and any(each.declared for each in loop):
                yield _loop(loop)
            looped.update(each.address for each in loop)
        elif len(chain) > MAX_DEPTH and not any(each.address in reported for each in chain):
            culprit = next((each for each in _too_deep_first(chain) if each.declared), None)
            if culprit is not None:
                reported.add(culprit.address)
                yield Finding(
                    f"the chain of parents is {len(chain)} levels deep and {MAX_DEPTH} are allowed: {_path(chain)}",
                    at="parent",
                    address=culprit.address,
                )


def _loop(loop: list[Entity]) -> Finding:
    first = min(range(len(loop)), key=lambda place: loop[place].address)
    turned = [*loop[first:], *loop[:first], loop[first]]
    return Finding(
        f"the chain of parents is a loop: {_path(turned)}",
        at="parent",
        address=turned[0].address,
        hint="take the parent out of one of them",
    )


def _too_deep_first(chain: list[Entity]) -> list[Entity]:
    """The resources that can be at fault, the first beyond the limit first: those below it, then those above it."""
    place = len(chain) - MAX_DEPTH - 1
    return [chain[place], *chain[place + 1 : -1], *reversed(chain[:place])]


def _path(chain: list[Entity]) -> str:
    return " -> ".join(one.address.name for one in chain)


@plan("CUS-03", "A new Customer comes with at least one new CustomerUser in the same plan.")
def comes_with_a_user(planned: Planned, view: View) -> Findings:
    """CUS-03."""
    if not planned.creates:
        return
    for user in view.referrers(planned.address, "CustomerUser", "customer"):
        if not user.exists and user.resource is not None and user.resource.management != "observe":
            return
    yield Finding(
        "a new customer needs at least one new CustomerUser in the same plan",
        at=NAME,
        hint=f"declare a CustomerUser with customer: {planned.address.name}",
    )


@plan("CUS-05", "Closing is confirmed by an annotation, and leaves no open child and no active domain behind.")
def closing_is_confirmed_and_empty(planned: Planned, view: View) -> Findings:
    """CUS-05."""
    resource = planned.entity.resource
    if resource is None or not planned.enters("closed"):
        return
    name = planned.address.name
    if resource.annotations.get(CONFIRM_CLOSE) != name:
        yield Finding(
            f"closing cannot be undone and is not confirmed: the annotation {CONFIRM_CLOSE} does not say {name}",
            at="state",
            hint=f"add metadata.annotations {{{CONFIRM_CLOSE}: {name}}}",
        )
    children = [one for one in view.referrers(planned.address, "Customer", "parent") if one.state != "closed"]
    domains = [one for one in view.referrers(planned.address, "Domain", "customer") if one.state == "active"]
    if children:
        yield Finding(f"customers below this one are not closed: {_addresses(children)}", at="state")
    if domains:
        yield Finding(f"domains of this customer are still active: {_addresses(domains)}", at="state")


def _addresses(found: list[Entity]) -> str:
    shown = ", ".join(sorted(str(one.address) for one in found)[:10])
    return shown if len(found) <= 10 else f"{shown} and {len(found) - 10} more"


@whoever_asks
@plan("CUS-07", "A suspension for an overdue invoice or for insufficient funds is lifted by payment.")
def billing_is_lifted_by_payment(planned: Planned, _view: View) -> Findings:
    """CUS-07."""
    reason = _BILLING.get(str(planned.entity.live("status.suspensionCause")))
    if reason and any(edge.source == "suspended" and edge.target == "active" for edge in planned.edges):
        yield Finding(
            f"suspended for {reason}; lifted by payment, not by configuration", at="state", hint="leave state out"
        )


_BILLING = {"overdue-invoice": "an overdue invoice", "insufficient-funds": "insufficient funds"}
"""The causes of a suspension by the billing system, as people read them."""


@standing("CUS-06", "A closed Customer accepts no change, and no living customer has it as parent.")
def no_closed_parent(resource: Resource[CustomerSpec], view: View) -> Findings:
    """CUS-06, the part about the parent; a parent that is only now being closed is CUS-05."""
    parent = view.target(resource, "parent")
    if parent is not None and parent.live_state == "closed" and view.entity(resource).state != "closed":
        yield Finding(f"{parent.address} is closed and cannot be a parent", at="parent")


def at_creation(resource: Resource[CustomerSpec], view: View) -> Iterator[tuple[str, Any]]:
    """The currency, which is fixed now: that of the tenant's bills, or EUR (CUS-04)."""
    if resource.spec.currency is None:
        tenant = view.find("Partner", PLATFORM, resource.address.tenant)
        yield "currency", (None if tenant is None else tenant.value("billing.currency")) or "EUR"


def on_change(planned: Planned, _view: View) -> Iterator[tuple[str, Any]]:
    """``status.suspensionCause`` of a suspension by an operator; both memories of a stop end with it.

    Who walked into a stopped state is known only with the role of the actor, so ``stopped_by`` is not set here.
    """
    if not planned.edges:
        return
    state = planned.edges[-1].target
    yield "suspension_cause", "manual" if state == "suspended" else None
    if state not in STOPPED:
        yield "stopped_by", None


STOPPED = ("suspended", "blocked")
_TOMBSTONE = "tombstone for ten years; self-care, users and individuals cannot log in (CUS-05 must hold)"
_FINAL = (Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION)

LIFECYCLE = Lifecycle(
    states=("active", "suspended", "blocked", "closed"),
    entry="active",
    edges=(
        Edge("active", "blocked", "no self-care, no individuals log in", (Risk.LOCKS_OUT,)),
        Edge("blocked", "active", "self-care opens again"),
        Edge("active", "suspended", "cause manual; services stop", (Risk.LOCKS_OUT,)),
        Edge("suspended", "active", "services run again; a billing cause is lifted by payment only"),
        Edge("active", "closed", _TOMBSTONE, _FINAL),
        Edge("suspended", "closed", _TOMBSTONE, _FINAL),
        Edge("blocked", "closed", _TOMBSTONE, _FINAL),
    ),
    tombstone="closed",
    tombstone_code="CUS-06",
    stopped=STOPPED,
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Customer
metadata:
  name: lumen-grupo
  tenant: farol-services
spec:
  companyName: Lumen Grupo, S.A.
  address:
    line1: Avenida da Liberdade 1
    city: Lisboa
    postalCode: 1250-096
    country: PRT
  customerType: retail
  plan: enterprise
"""

KIND = Kind(
    name="Customer",
    table="customers",
    group=Group.CUSTOMERS,
    order=10,
    level=Level.TENANT,
    spec=CustomerSpec,
    description="A company served by a Partner; customers of one tenant form a tree through parent.",
    lifecycle=LIFECYCLE,
    deletion=Deletion.RETAINED,
    status=(
        Status(
            path="createdAt",
            column="created_at",
            type="time",
            description="When the customer was created.",
            stored=False,
        ),
        Status(
            path="suspensionCause",
            column="suspension_cause",
            type="enum",
            description="Why the customer is suspended; only a manual suspension is lifted by hand.",
            words=("overdue-invoice", "insufficient-funds", "manual"),
        ),
        Status(
            path="stoppedBy",
            column="stopped_by",
            type="enum",
            description="The role that walked the last edge into suspended or blocked.",
            words=("administrator", "distributor", "partner"),
        ),
    ),
    unique=(Unique(code="GEN-03", paths=("parent", "companyName"), at="metadata.name", within="tenant", fold=True),),
    rules=(
        tree_is_sound,
        comes_with_a_user,
        closing_is_confirmed_and_empty,
        billing_is_lifted_by_payment,
        no_closed_parent,
    ),
    texts=(RuleText("CUS-04", Severity.ERROR, Phase.PLAN, "currency of a Customer never changes."),),
    at_creation=at_creation,
    on_change=on_change,
    example=EXAMPLE,
    conditions={
        "cause manual": lambda question: question.entity.live("status.suspensionCause") == "manual",
        "role permits": role_permits,
    },
    portal={"*": "customer.profile", "export-domains": "customer.domains.export"},
    denials={"CUS-07": "a suspension for a billing cause is lifted by payment, not by configuration"},
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("tree"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        rights(
            "create",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("tree", "children only", code="PRM-04"),
        ),
        rights("create", "plan", A=may("all"), U=no("OPR-06")),
        rights(
            "update",
            "companyName",
            "address",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("tree"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        rights("update", "parent", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06")),
        rights("update", "customerType", "taxId", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06")),
        rights("update", "plan", A=may("all"), U=no("OPR-06")),
        nobody("CUS-04", "update", "currency"),
        nobody("GEN-08", "delete"),
        rights(
            "export-domains",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("tree"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        rights(
            "transition",
            "state",
            edge="active->blocked",
            A=may("all"),
            D=may("tree"),
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
            D=may("tree", "level of stopper", code="LIF-03"),
            P=may("own", "level of stopper", code="LIF-03"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->suspended",
            A=may("all"),
            D=may("tree"),
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
            A=may("all", "cause manual", code="CUS-07"),
            D=may("tree", "cause manual; level of stopper", code="CUS-07; LIF-03"),
            P=may("own", "cause manual; level of stopper", code="CUS-07; LIF-03"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->closed",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->closed",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="blocked->closed",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
    ),
)
