"""Bundle: a sales package of signatures that client services draw on.

A retired bundle keeps serving the client services that use it; no new one may choose it (CS-10).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, rights
from reconciler.model.kind import Group, Kind, Level
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.marks import State
from reconciler.model.spec import Spec


class BundleSpec(Spec):
    """The fields of a Bundle."""

    display_name: str = Field(min_length=1, max_length=80, description="Name as people read it.")
    included_signatures: int = Field(ge=0, le=1_000_000_000, description="Number of signatures in the package.")
    custody: bool = Field(False, description="Whether the package keeps the signed documents.")
    notifications: bool = Field(False, description="Whether the package tells receivers about their documents.")
    state: Annotated[Literal["active", "retired"] | None, State()] = Field(
        None, description="Wanted state; left out, the state stays as it is."
    )


EXAMPLE = """\
apiVersion: reconciler/v1
kind: Bundle
metadata:
  name: signatures-10k
spec:
  displayName: 10,000 signatures with custody
  includedSignatures: 10000
  custody: true
"""

KIND = Kind(
    name="Bundle",
    table="bundles",
    group=Group.PLATFORM,
    order=40,
    level=Level.PLATFORM,
    spec=BundleSpec,
    description="A sales package of signatures that a client service draws on.",
    lifecycle=Lifecycle(
        states=("active", "retired"),
        entry="active",
        edges=(
            Edge("active", "retired", "no new client service may choose it"),
            Edge("retired", "active"),
        ),
    ),
    example=EXAMPLE,
    allow=(
        rights("read", A=may("all"), D=may("all"), P=may("all"), I=may("all")),
        rights("create", A=may("all"), U=no("OPR-06")),
        rights("update", "displayName", "includedSignatures", "custody", "notifications", A=may("all"), U=no("OPR-06")),
        rights("delete", A=may("all"), U=no("OPR-06")),
        rights(
            "transition",
            "state",
            edge="active->retired",
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
            edge="retired->active",
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
