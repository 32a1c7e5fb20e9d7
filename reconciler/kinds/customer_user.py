"""CustomerUser: a person who logs in to the portal for a customer.

The person may change the password later; that is no drift, because only the declared version or value is compared.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import Email, Name
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Key, Pii, Ref, Secret, State, Transient
from reconciler.model.portal import person, role_permits
from reconciler.model.principal import Principal
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, schema
from reconciler.model.shared_rules import password_policy, roles_of_type
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import Entity, View


class CustomerUserSpec(Spec):
    """The fields of a CustomerUser."""

    customer: Annotated[Name, Ref("Customer", part="owner"), Immutable()] = Field(
        description="The customer for which the person logs in."
    )
    display_name: Annotated[str, Pii()] = Field(min_length=1, max_length=120, description="Name of the person.")
    email: Annotated[Email, Key(), Immutable(), Pii()] = Field(
        description="E-mail address with which the person logs in; unique over the whole platform."
    )
    password: Annotated[SecretSource, Secret("password")] = Field(description="Where the password comes from.")
    confirm_password: Annotated[SecretSource | None, Secret("password"), Transient()] = Field(
        None, description="The same source once more, against a typing slip; never stored."
    )
    role: Annotated[Name | None, Ref("Role"), Inherit("the default role of type customer")] = Field(
        None, description="Role of the person in the portal."
    )
    state: Annotated[Literal["active", "disabled"] | None, State()] = Field(
        None, description="The wanted state; left out, the state is not managed."
    )


@schema("USR-02", "confirmPassword, when given, is the same secret source as password, with the same version.")
def password_is_confirmed(resource: Resource[CustomerUserSpec]) -> Findings:
    """USR-02."""
    confirmed = resource.spec.confirm_password
    if confirmed is None:
        return
    password = resource.spec.password
    if confirmed.scheme == "generate":
        yield Finding(
            "a generated password has nothing to confirm", at="confirmPassword", hint="leave confirmPassword out"
        )
    elif confirmed != password:
        differing = (
            "version" if confirmed.scheme == password.scheme and confirmed.location == password.location else "source"
        )
        yield Finding(
            f"confirmPassword has another {differing} than password",
            at="confirmPassword",
            hint="write the same source and version twice, or leave confirmPassword out",
        )


def principal(entity: Entity, view: View, _now: dt.datetime) -> Principal:
    """The person, as rights and the access report see it."""
    barred = "" if entity.live_state == "active" else f"the user is {entity.live_state}"
    return person(entity, view, role=RoleWord.CUSTOMER, known_as=str(entity.live("email")), barred=barred)


EXAMPLE = """\
apiVersion: reconciler/v1
kind: CustomerUser
metadata:
  name: ana.moura
  tenant: farol-services
spec:
  customer: lumen-grupo
  displayName: Ana Moura
  email: ana.moura@lumen.example.com
  password: {fromEnv: ANA_MOURA_PASSWORD, version: "1"}
  confirmPassword: {fromEnv: ANA_MOURA_PASSWORD, version: "1"}
"""

KIND = Kind(
    name="CustomerUser",
    table="customer_users",
    group=Group.CUSTOMERS,
    order=20,
    level=Level.TENANT,
    spec=CustomerUserSpec,
    description="A person who logs in to the portal for a customer.",
    lifecycle=Lifecycle(
        states=("active", "disabled"),
        entry="active",
        edges=(
            Edge("active", "disabled", "the person cannot log in", (Risk.LOCKS_OUT,)),
            Edge("disabled", "active", "the person can log in again"),
        ),
    ),
    unique=(Unique(code="USR-01", paths=("email",), at="email", fold=True),),
    rules=(password_is_confirmed, roles_of_type("customer", "role")),
    texts=(
        RuleText(
            "USR-01",
            Severity.ERROR,
            Phase.REFERENCE,
            "email of a CustomerUser is unique over the whole platform, compared case-folded.",
        ),
        RuleText("USR-03", Severity.ERROR, Phase.PLAN, "A resolved password satisfies the password policy."),
    ),
    secret_check=password_policy("SystemConfiguration"),
    example=EXAMPLE,
    principal=principal,
    conditions={"role permits": role_permits},
    portal={"*": "customer.users"},
    sensitive=("role",),
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("tree"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        nobody("GEN-04", "read", "password", "confirmPassword"),
        rights("create", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06"), C=may("tree")),
        rights("update", "displayName", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06"), C=may("tree")),
        rights(
            "update",
            "role",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("tree", "children only", code="PRM-04"),
        ),
        rights(
            "update",
            "password",
            "confirmPassword",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("self"),
        ),
        nobody("GEN-05", "update", "customer", "email"),
        rights("delete", A=may("all"), D=may("tree"), P=may("own"), U=no("OPR-06"), C=may("tree")),
        rights(
            "transition",
            "state",
            edge="active->disabled",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=may("tree"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="disabled->active",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=may("tree"),
            N=no("PRM-03"),
        ),
    ),
)
