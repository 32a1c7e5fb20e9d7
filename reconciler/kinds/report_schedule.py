"""ReportSchedule: when a consumption report is made and who receives it.

In a tenant it covers that Partner, without one the whole platform. The report itself is output of the server
and no kind.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import Email, Once
from reconciler.model.kind import Group, Kind, Level
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.marks import Immutable, Pii, State, Unordered
from reconciler.model.rule import RuleText
from reconciler.model.spec import Spec


class ReportScheduleSpec(Spec):
    """The fields of a ReportSchedule."""

    type: Annotated[Literal["consumption"], Immutable()] = Field("consumption", description="What the report counts.")
    frequency: Literal["monthly"] = Field("monthly", description="How often the report is made.")
    day_of_month: int = Field(2, ge=1, le=28, description="Day of the month on which the report is made.")
    format: Literal["csv"] = Field("csv", description="Format of the report.")
    recipients: Annotated[list[Email], Once(), Unordered(), Pii()] = Field(
        default_factory=list,
        max_length=20,
        description="Who receives the report by e-mail; without recipients it waits for download.",
    )
    state: Annotated[Literal["enabled", "paused"] | None, State()] = Field(
        None, description="The wanted state; left out, the state is not managed."
    )


EXAMPLE = """\
apiVersion: reconciler/v1
kind: ReportSchedule
metadata:
  name: monthly-consumption
  tenant: farol-services
spec:
  dayOfMonth: 3
  recipients: [finance@farol.example.com]
"""

KIND = Kind(
    name="ReportSchedule",
    table="report_schedules",
    group=Group.REPORTING,
    order=10,
    level=Level.BOTH,
    spec=ReportScheduleSpec,
    description="When a consumption report is made and who receives it.",
    lifecycle=Lifecycle(
        states=("enabled", "paused"),
        entry="enabled",
        edges=(
            Edge("enabled", "paused", "no report is made"),
            Edge("paused", "enabled", "reports are made again"),
        ),
    ),
    texts=(
        RuleText(
            "RPT-01",
            Severity.ERROR,
            Phase.POLICY,
            "Partner operators schedule the consumption of their own company only; issuer operators do not.",
        ),
    ),
    example=EXAMPLE,
    denials={"RPT-01": "partner operators schedule and download the consumption of their own company only"},
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("RPT-01"),
            U=may("scope"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        rights(
            "download",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("RPT-01"),
            U=may("scope"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        rights(
            "create",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("RPT-01"),
            U=no("OPR-06"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        rights(
            "update",
            "frequency",
            "dayOfMonth",
            "format",
            "recipients",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("RPT-01"),
            U=no("OPR-06"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        nobody("GEN-05", "update", "type"),
        rights(
            "delete",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("RPT-01"),
            U=no("OPR-06"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="enabled->paused",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("RPT-01"),
            U=no("OPR-06"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="paused->enabled",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("RPT-01"),
            U=no("OPR-06"),
            C=no("RPT-01"),
            N=no("RPT-01"),
        ),
    ),
)
