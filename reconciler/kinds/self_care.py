"""SelfCare: the access of one customer to its self-care portal.

Credentials, trusted addresses, roles and display formats. A customer has at most one. ``role`` is the role of the
customer itself; ``allowedRoles`` are the roles that it may hand to its individuals. The API token replaces the
password when an application logs in with ``login``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import (
    InputDateFormat,
    InputTimeFormat,
    Language,
    Login,
    Name,
    Once,
    OutputDateFormat,
    OutputTimeFormat,
    TimeZone,
    TrustedAddresses,
)
from reconciler.model.kind import Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Risk
from reconciler.model.marks import Immutable, Inherit, Key, Ref, Secret, Unordered
from reconciler.model.portal import person, role_permits
from reconciler.model.principal import Principal
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, plan, reference, schema
from reconciler.model.shared_rules import ipv6_with_feature, meaningful_networks, password_policy, roles_of_type
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import Entity, View


class ApiToken(Spec):
    """The token with which an application logs in."""

    enabled: bool = Field(default=False, description="Whether an application may log in with the token.")
    token: Annotated[SecretSource | None, Secret("token")] = Field(
        None, description="Where the token comes from; needed when the token is enabled."
    )


class SelfCareSpec(Spec):
    """The fields of a SelfCare."""

    customer: Annotated[Name, Ref("Customer", part="owner"), Key(), Immutable()] = Field(
        description="The customer whose portal access this is."
    )
    login: Login = Field(description="Login of the customer itself; one name space with the logins of individuals.")
    password: Annotated[SecretSource, Secret("password")] = Field(description="Where the password comes from.")
    trusted_ips_only: bool = Field(
        default=False, description="Whether logins from other than trusted addresses are refused."
    )
    trusted_ips: TrustedAddresses = Field(
        default_factory=list,
        description="Addresses and networks from which logins are trusted, as a list or in the older text form.",
    )
    api_token: ApiToken = Field(default_factory=ApiToken, description="Login of applications by token.")
    role: Annotated[Name | None, Ref("Role"), Inherit("the default role of type customer")] = Field(
        None, description="Role of the customer itself."
    )
    allowed_roles: Annotated[list[Name], Once(), Unordered(), Ref("Role")] = Field(
        default_factory=list, description="Roles that the customer may give to its individuals."
    )
    time_zone: Annotated[TimeZone | None, Inherit("the platform")] = Field(None, description="Time zone of the portal.")
    language: Annotated[Language | None, Inherit("the platform")] = Field(None, description="Language of the portal.")
    output_date_format: OutputDateFormat = Field("YYYY-MM-DD", description="How dates are shown.")
    output_time_format: OutputTimeFormat = Field("HH24:MI:SS", description="How times are shown.")
    input_date_format: InputDateFormat = Field("YYYY-MM-DD", description="How dates are typed.")
    input_time_format: InputTimeFormat = Field("HH24:MI:SS", description="How times are typed.")
    two_factor: Literal["disabled", "optional", "required"] = Field("disabled", description="The second factor.")


@schema("SC-02", "trustedIpsOnly with an empty list would lock everybody out.")
def no_lock_out(resource: Resource[SelfCareSpec]) -> Findings:
    """SC-02."""
    if resource.spec.trusted_ips_only and not resource.spec.trusted_ips:
        yield Finding(
            "only trusted addresses may log in, and none is listed: everybody would be locked out",
            at=("trustedIps", "trustedIpsOnly"),
            hint="list at least one address, or set trustedIpsOnly to false",
        )


@schema("SC-08", "An enabled API token works from everywhere unless trustedIpsOnly is true.", Severity.WARNING)
def token_from_everywhere(resource: Resource[SelfCareSpec]) -> Findings:
    """SC-08."""
    if resource.spec.api_token.enabled and not resource.spec.trusted_ips_only:
        yield Finding("the API token works from every address", at="apiToken", hint="set trustedIpsOnly to true")


@schema("GEN-24", "apiToken.token is there when apiToken.enabled is true.")
def token_when_enabled(resource: Resource[SelfCareSpec]) -> Findings:
    """GEN-24."""
    if resource.spec.api_token.enabled and resource.spec.api_token.token is None:
        yield Finding("apiToken.enabled is true and there is no token", at=("apiToken",), hint="add apiToken.token")


@schema("SC-09", "An input date format with a year of two digits leaves the century to a guess.", Severity.WARNING)
def four_digit_year(resource: Resource[SelfCareSpec]) -> Findings:
    """SC-09."""
    text = resource.spec.input_date_format
    if "YY" in text and "YYYY" not in text:
        yield Finding("a year of two digits leaves the century to a guess", at="inputDateFormat", hint="write YYYY")


@reference("IND-05", "A role is not taken out of allowedRoles while an Individual of the customer holds it.")
def no_role_taken_from_holders(resource: Resource[SelfCareSpec], view: View) -> Findings:
    """IND-05. It stands in for IND-01 at the individuals concerned."""
    entity = view.entity(resource)
    customer = view.target(entity, "customer")
    taken = set(entity.live("allowedRoles") or ()) - set(entity.value("allowedRoles") or ())
    if customer is None or not taken:
        return
    holders: dict[str, list[str]] = {}
    for individual in view.referrers(customer.address, "Individual", "customer"):
        if individual.value("role") in taken:
            holders.setdefault(individual.value("role"), []).append(str(individual.address))
    for role, addresses in sorted(holders.items()):
        yield Finding(
            f"{role} cannot leave allowedRoles while {', '.join(sorted(addresses)[:10])} holds it",
            at="allowedRoles",
            hint="give these individuals another role first",
        )


@reference("CUS-08", "The credentials of a stopped customer have no effect.", Severity.WARNING)
def customer_is_running(resource: Resource[SelfCareSpec], view: View) -> Findings:
    """CUS-08."""
    customer = view.target(resource, "customer")
    if customer is not None and customer.state in ("blocked", "suspended"):
        yield Finding(
            f"{customer.address} is {customer.state}: these credentials have no effect until it is active", at=NAME
        )


@plan("IND-01", "Without a SelfCare of its customer no Individual can exist.")
def no_individual_left_behind(planned: Planned, view: View) -> Findings:
    """IND-01, for a SelfCare that the plan deletes."""
    customer = view.target(planned.entity, "customer")
    if not planned.deletes or customer is None:
        return
    for individual in view.referrers(customer.address, "Individual", "customer"):
        yield Finding(
            f"{individual.address} cannot exist without {planned.address}, which this plan deletes",
            at="role",
            hint="delete the individual in the same plan, or keep the SelfCare",
            address=individual.address,
        )


def risks(planned: Planned, _view: View) -> Iterator[Risk]:
    """``locks-out`` for every change of trusted addresses and for a narrower list of allowed roles."""
    if planned.creates or planned.deletes:
        return
    narrower = set(planned.entity.live("allowedRoles") or ()) - set(planned.entity.value("allowedRoles") or ())
    if planned.changes("trustedIps") or planned.changes("trustedIpsOnly") or narrower:
        yield Risk.LOCKS_OUT


def principal(entity: Entity, view: View, _now: dt.datetime) -> Principal:
    """The person, as rights and the access report see it."""
    return person(entity, view, role=RoleWord.CUSTOMER, known_as=str(entity.live("login")))


EXAMPLE = """\
apiVersion: reconciler/v1
kind: SelfCare
metadata:
  name: lumen-grupo
  tenant: farol-services
spec:
  customer: lumen-grupo
  login: lumen-portal
  password: {fromEnv: LUMEN_PORTAL_PASSWORD, version: "1"}
  trustedIpsOnly: true
  trustedIps: [192.0.2.10, 198.51.100.0/24]
  allowedRoles: [customer-default]
  timeZone: Europe/Lisbon
  twoFactor: optional
"""

KIND = Kind(
    name="SelfCare",
    table="self_cares",
    group=Group.CUSTOMERS,
    order=30,
    level=Level.TENANT,
    spec=SelfCareSpec,
    description="The access of one customer to its self-care portal: credentials, trusted addresses, roles, formats.",
    status=(
        Status(
            path="passwordExpiresAt",
            column="password_expires_at",
            type="time",
            description="When the password has to be replaced.",
        ),
    ),
    unique=(
        Unique(code="GEN-03", paths=("customer",), at="metadata.name", within="tenant"),
        Unique(code="SC-06", paths=("login",), at="login", fold=True, space="portal login"),
    ),
    rules=(
        no_lock_out,
        token_from_everywhere,
        token_when_enabled,
        meaningful_networks("trustedIps", "trusted_ips"),
        four_digit_year,
        ipv6_with_feature("trustedIps", "trusted_ips", "SystemConfiguration", "features.ipv6TrustedIps"),
        roles_of_type("customer", "role", "allowedRoles"),
        customer_is_running,
        no_role_taken_from_holders,
        no_individual_left_behind,
    ),
    texts=(
        RuleText(
            "SC-06",
            Severity.ERROR,
            Phase.REFERENCE,
            "login is unique over SelfCare and Individual together, over the whole platform, compared case-folded.",
        ),
        RuleText("SC-04", Severity.ERROR, Phase.SCHEMA, "Display formats are made of known parts, each once."),
        RuleText("SC-05", Severity.ERROR, Phase.SCHEMA, "A time zone is an IANA name of the form Area/Place, or UTC."),
        RuleText("USR-03", Severity.ERROR, Phase.PLAN, "A resolved password satisfies the password policy."),
    ),
    risks=risks,
    secret_check=password_policy("SystemConfiguration"),
    example=EXAMPLE,
    sensitive=("role", "allowedRoles"),
    principal=principal,
    conditions={"role permits": role_permits},
    portal={
        "*": "customer.selfCare",
        "password": "customer.selfCare.password",
        "apiToken": "customer.selfCare.apiToken",
        "timeZone": "customer.selfCare.formats",
        "language": "customer.selfCare.formats",
    },
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("self"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        nobody("GEN-04", "read", "password", "apiToken.token"),
        rights("create", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        rights("update", "login", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        rights("update", "password", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06"), C=may("self")),
        rights(
            "update",
            "trustedIpsOnly",
            "trustedIps",
            "twoFactor",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
        ),
        rights(
            "update",
            "apiToken",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("self", "role permits", code="PRM-04"),
        ),
        rights("update", "role", "allowedRoles", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        rights(
            "update",
            "timeZone",
            "language",
            "outputDateFormat",
            "outputTimeFormat",
            "inputDateFormat",
            "inputTimeFormat",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("self"),
        ),
        nobody("GEN-05", "update", "customer"),
        rights("delete", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        rights("log-in-as", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
    ),
)
