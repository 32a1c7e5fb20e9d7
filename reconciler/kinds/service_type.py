"""ServiceType: a kind of service that a ticket is about."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.marks import State
from reconciler.model.portal import own_audience, role_permits
from reconciler.model.rule import RuleText
from reconciler.model.shared_rules import not_deleted_while_used
from reconciler.model.spec import Spec


class ServiceTypeSpec(Spec):
    """The fields of a ServiceType."""

    display_name: str = Field(
        min_length=1, max_length=80, description="What it is called on tickets; unique in the tenant."
    )
    description: str = Field("", max_length=255, description="What belongs here, for those who choose.")
    sort_order: int = Field(0, ge=0, le=999, description="Place in lists; smaller numbers come first.")
    state: Annotated[Literal["active", "disabled", "archived"] | None, State()] = Field(
        None, description="The wanted state."
    )


EXAMPLE = """\
apiVersion: reconciler/v1
kind: ServiceType
metadata:
  name: incident
  tenant: farol-services
spec:
  displayName: Incident
  description: Something that worked does not work any more.
  sortOrder: 10
"""

KIND = Kind(
    name="ServiceType",
    table="service_types",
    group=Group.HELPDESK,
    order=10,
    level=Level.TENANT,
    spec=ServiceTypeSpec,
    description="A kind of service that a ticket is about.",
    lifecycle=Lifecycle(
        states=("active", "disabled", "archived"),
        entry="active",
        edges=(
            Edge("active", "disabled", "not offered for new tickets"),
            Edge("disabled", "active", "offered again"),
            Edge("disabled", "archived", "hidden, kept for old tickets"),
            Edge("archived", "disabled", "taken out of the archive"),
        ),
    ),
    unique=(Unique(code="CAT-01", paths=("displayName",), at="displayName", within="tenant", fold=True),),
    rules=(not_deleted_while_used(("MailToTicket", "defaultServiceType"), ("Category", "serviceTypes")),),
    texts=(
        RuleText(
            "CAT-01",
            Severity.ERROR,
            Phase.REFERENCE,
            "displayName is unique per tenant and kind, compared trimmed and case-folded.",
        ),
        RuleText(
            "SUP-08",
            Severity.ERROR,
            Phase.POLICY,
            "The helpdesk is written by operators of the owning company or of the distributor above it.",
        ),
    ),
    example=EXAMPLE,
    denials={"SUP-08": "the help desk is configured by the owning company or the distributor above it"},
    conditions={"own audience": own_audience, "role permits": role_permits},
    portal={"*": "customer.helpdesk.serviceTypes"},
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("own", "own audience", code="PRM-04"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        rights(
            "create",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "update",
            "displayName",
            "description",
            "sortOrder",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "delete",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="active->disabled",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="disabled->active",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="disabled->archived",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="archived->disabled",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
    ),
)
