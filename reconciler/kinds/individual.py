"""Individual: an employee of a customer with own credentials and a narrowed role.

The role is one of those that the SelfCare of the customer allows. Two dates may bound the time in which the person can
log in; what holds right now is the effective state, which follows the clock and is never asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Notice, Planned
from reconciler.model.formats import DateText, Email, Language, Login, Name, TimeZone, TrustedAddresses
from reconciler.model.kind import Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Key, Pii, Ref, Secret, State
from reconciler.model.portal import person, role_permits, within_allowed_roles
from reconciler.model.principal import Principal
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, reference, schema
from reconciler.model.shared_rules import (
    ipv6_with_feature,
    meaningful_networks,
    password_policy,
    roles_of_type,
    type_of_role,
)
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import Entity, View


class IndividualSpec(Spec):
    """The fields of an Individual."""

    customer: Annotated[Name, Ref("Customer", part="owner"), Immutable()] = Field(
        description="The customer that employs the person."
    )
    login: Annotated[Login, Key(), Immutable()] = Field(
        description="Login of the person; one name space with the logins of SelfCare."
    )
    password: Annotated[SecretSource, Secret("password")] = Field(description="Where the password comes from.")
    role: Annotated[Name, Ref("Role")] = Field(description="One of the roles that the customer's SelfCare allows.")
    email: Annotated[Email, Pii()] = Field(description="E-mail address to which the link to the portal is sent.")
    activation_date: DateText | None = Field(None, description="First day on which the person can log in.")
    expiration_date: DateText | None = Field(None, description="Day from which on the person cannot log in any more.")
    time_zone: Annotated[TimeZone | None, Inherit("the customer's self-care")] = Field(
        None, description="Time zone of the person; the two dates are read in it."
    )
    language: Annotated[Language | None, Inherit("the customer's self-care")] = Field(
        None, description="Language of the person."
    )
    trusted_ips: TrustedAddresses = Field(
        default_factory=list,
        description="Addresses and networks from which the person may log in; an empty list accepts every address.",
    )
    two_factor: Annotated[Literal["disabled", "enabled", "inherit"] | None, Inherit("the customer", word="inherit")] = (
        Field(None, description="The second factor; inherit follows the customer.")
    )
    state: Annotated[Literal["active", "disabled"] | None, State()] = Field(
        None, description="The wanted state; left out, the state is not managed."
    )


@schema("IND-02", "activationDate lies before expirationDate.")
def dates_in_order(resource: Resource[IndividualSpec]) -> Findings:
    """IND-02. Both are days in the same time zone, and ISO dates sort as text."""
    start, end = resource.spec.activation_date, resource.spec.expiration_date
    if start is not None and end is not None and start >= end:
        yield Finding(f"expirationDate {end} does not lie after activationDate {start}", at="expirationDate")


@schema("IND-04", "twoFactor: enabled has no effect on the built-in portal.", Severity.WARNING)
def second_factor_without_effect(resource: Resource[IndividualSpec]) -> Findings:
    """IND-04."""
    if resource.spec.two_factor == "enabled":
        yield Finding("twoFactor: enabled has no effect on the built-in portal", at="twoFactor")


@reference("IND-01", "role of an Individual is one of allowedRoles of the SelfCare of its customer.")
def role_is_allowed(resource: Resource[IndividualSpec], view: View) -> Findings:
    """IND-01. While the live SelfCare still allows the role, IND-05 is reported at the SelfCare instead.

    A role that does not exist (GEN-02) or has another type (SC-07) is one wrong place, and reported as that.
    """
    customer = view.target(resource, "customer")
    role = resource.spec.role
    named = view.target_address(KIND.by_path["role"], resource.address, role)
    if customer is None or type_of_role(view, named) != "customer":
        return
    found = self_care_of(view, customer)
    if found is None:
        yield Finding(
            f"{customer.address} has no SelfCare, so no individual can exist",
            at="role",
            hint="declare a SelfCare with allowedRoles for the customer",
        )
        return
    allowed = found.value("allowedRoles") or []
    if role in allowed or role in (found.live("allowedRoles") or []):
        return
    listed = ", ".join(allowed) if allowed else "none"
    yield Finding(f"{found.address} does not allow the role {role}; allowed: {listed}", at="role")


def self_care_of(view: View, customer: Entity) -> Entity | None:
    """The SelfCare of a customer, declared or live; a customer has at most one."""
    return next(iter(view.referrers(customer.address, "SelfCare", "customer")), None)


def inherited(view: View, entity: Entity, path: str, setting: str) -> str:
    """A field after inheritance: the individual's own, the customer's self-care, the platform."""
    own = entity.value(path)
    if own is None and (customer := view.target(entity, "customer")) is not None:
        found = self_care_of(view, customer)
        own = None if found is None else found.value(path)
    return str(own or view.setting("SystemConfiguration", setting))


def effective_state(entity: Entity, view: View, now: dt.datetime) -> str:
    """``status.effectiveState``: what the state, the two dates and the clock make together."""
    if entity.state == "disabled":
        return "disabled"
    try:
        zone = ZoneInfo(inherited(view, entity, "timeZone", "defaultTimeZone"))
    except (
        ValueError,
        ZoneInfoNotFoundError,
    ):  # live data is never validated; a zone that is none is that of the platform
        zone = ZoneInfo(str(view.setting("SystemConfiguration", "defaultTimeZone")))
    today = now.astimezone(zone).date().isoformat()
    start, end = entity.value("activationDate"), entity.value("expirationDate")
    if start is not None and today < start:
        return "pending"
    return "expired" if end is not None and today >= end else "active"


def effects(planned: Planned, view: View) -> Iterator[Notice]:
    """``individual-created``: a link to the portal, never the password."""
    if not planned.creates:
        return
    entity = planned.entity
    customer = view.target(entity, "customer")
    yield Notice(
        "individual-created",
        planned.address,
        str(entity.value("email")),
        inherited(view, entity, "language", "defaultLanguage"),
        {
            "platform.name": view.setting("SystemConfiguration", "platformName"),
            "company.name": None if customer is None else customer.value("companyName"),
            "individual.login": entity.value("login"),
        },
    )


def risks(planned: Planned, _view: View) -> Iterator[Risk]:
    """``sends-mail`` for a new individual, ``locks-out`` for a change of trusted addresses."""
    if planned.creates:
        yield Risk.SENDS_MAIL
    elif not planned.deletes and planned.changes("trustedIps"):
        yield Risk.LOCKS_OUT


def principal(entity: Entity, view: View, now: dt.datetime) -> Principal:
    """The person, as rights and the access report see it."""
    state = effective_state(entity, view, now)
    barred = "" if state == "active" else f"the individual is {state}"
    return person(entity, view, role=RoleWord.INDIVIDUAL, known_as=str(entity.live("login")), barred=barred)


EXAMPLE = """\
apiVersion: reconciler/v1
kind: Individual
metadata:
  name: rui.prates
  tenant: farol-services
spec:
  customer: lumen-grupo
  login: rui.prates
  password: {fromEnv: RUI_PRATES_PASSWORD, version: "1"}
  role: customer-default
  email: rui.prates@lumen.example.com
  activationDate: "2026-01-01"
  expirationDate: "2027-01-01"
"""

KIND = Kind(
    name="Individual",
    table="individuals",
    group=Group.CUSTOMERS,
    order=40,
    level=Level.TENANT,
    spec=IndividualSpec,
    description="An employee of a customer with own credentials and a narrowed role.",
    lifecycle=Lifecycle(
        states=("active", "disabled"),
        entry="active",
        edges=(
            Edge("active", "disabled", "the person cannot log in", (Risk.LOCKS_OUT,)),
            Edge("disabled", "active", "the person can log in again, inside the two dates"),
        ),
    ),
    status=(
        Status(
            path="effectiveState",
            column="",
            type="enum",
            description="What the state, the two dates and the clock make together.",
            words=("pending", "active", "expired", "disabled"),
            stored=False,
            compute=effective_state,
        ),
    ),
    unique=(Unique(code="SC-06", paths=("login",), at="login", fold=True, space="portal login"),),
    rules=(
        dates_in_order,
        second_factor_without_effect,
        meaningful_networks("trustedIps", "trusted_ips"),
        ipv6_with_feature("trustedIps", "trusted_ips", "SystemConfiguration", "features.ipv6TrustedIps"),
        roles_of_type("customer", "role"),
        role_is_allowed,
    ),
    texts=(
        RuleText("IND-03", Severity.ERROR, Phase.SCHEMA, "email of an Individual is mandatory."),
        RuleText(
            "SC-06",
            Severity.ERROR,
            Phase.REFERENCE,
            "login is unique over SelfCare and Individual together, over the whole platform, compared case-folded.",
        ),
        RuleText("USR-03", Severity.ERROR, Phase.PLAN, "A resolved password satisfies the password policy."),
    ),
    missing={"email": "IND-03"},
    effects=effects,
    risks=risks,
    secret_check=password_policy("SystemConfiguration"),
    example=EXAMPLE,
    principal=principal,
    conditions={"role permits": role_permits, "within allowed roles": within_allowed_roles},
    portal={"*": "customer.individuals"},
    sensitive=("role",),
    allow=(
        rights("read", A=may("all"), D=may("own"), P=may("own"), C=may("own"), N=may("self")),
        nobody("GEN-04", "read", "password"),
        rights("create", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06"), C=may("own")),
        rights(
            "update",
            "email",
            "activationDate",
            "expirationDate",
            "twoFactor",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("own"),
        ),
        rights(
            "update",
            "role",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("own", "within allowed roles", code="IND-01"),
        ),
        rights(
            "update",
            "password",
            "timeZone",
            "language",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("own"),
            N=may("self"),
        ),
        rights("update", "trustedIps", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        nobody("GEN-05", "update", "customer", "login"),
        rights("delete", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06"), C=may("own")),
        rights(
            "transition",
            "state",
            edge="active->disabled",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=may("own"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="disabled->active",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=may("own"),
            N=no("PRM-03"),
        ),
    ),
)
