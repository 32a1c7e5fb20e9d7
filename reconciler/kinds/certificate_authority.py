"""CertificateAuthority: a trust service whose remote signing interface the platform calls.

Disabling one stops every signature that uses it. Its type and whether it is qualified never change: another authority
is another resource.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import HttpsUrl, Once
from reconciler.model.kind import Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Guards, Immutable, Secret, State, Unordered
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, plan, reference, schema
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import Entity, View


def _one_time_password() -> list[Literal["otp", "pin"]]:
    return ["otp"]


class RemoteService(Spec):
    """The remote signing interface of the authority."""

    base_url: Annotated[HttpsUrl, Guards("remoteService.clientSecret")] = Field(
        description="Address of the interface, https and without a user part."
    )
    client_id: str | None = Field(
        None, min_length=1, max_length=128, description="Name of the platform at the authority; with clientSecret."
    )
    client_secret: Annotated[SecretSource | None, Secret("encrypted")] = Field(
        None, description="Where the secret of the platform at the authority comes from; with clientId."
    )


class CertificateAuthoritySpec(Spec):
    """The fields of a CertificateAuthority."""

    display_name: str = Field(min_length=1, max_length=120, description="Name as people read it; unique.")
    type: Annotated[Literal["remote-csc", "remote-proprietary"], Immutable()] = Field(
        "remote-csc", description="Protocol of the interface: the open one, or one of the authority's own."
    )
    qualified: Annotated[bool, Immutable()] = Field(
        True, description="Whether its certificates are qualified by law; demanded in production."
    )
    remote_service: RemoteService = Field(description="The remote signing interface.")
    authorization_modes: Annotated[list[Literal["otp", "pin"]], Once(), Unordered()] = Field(
        default_factory=_one_time_password, min_length=1, description="How a holder may authorise the access."
    )
    authorization_code_ttl_seconds: int = Field(
        120, ge=30, le=600, description="Seconds for which an authorisation code is valid."
    )
    state: Annotated[Literal["active", "disabled"] | None, State()] = Field(
        None, description="Wanted state; left out, the state stays as it is."
    )


@schema("GEN-24", "remoteService.clientId and clientSecret come together.")
def credentials_together(resource: Resource[CertificateAuthoritySpec]) -> Findings:
    """GEN-24."""
    service = resource.spec.remote_service
    if (service.client_id is None) != (service.client_secret is None):
        missing = "clientSecret" if service.client_secret is None else "clientId"
        yield Finding(
            f"clientId and clientSecret come together, and {missing} is missing",
            at="remoteService",
            hint=f"add remoteService.{missing}, or take the other one out",
        )


@reference("CA-04", "With environment: production a certificate authority is qualified.")
def qualified_in_production(resource: Resource[CertificateAuthoritySpec], view: View) -> Findings:
    """CA-04."""
    if not resource.spec.qualified and view.setting("SystemConfiguration", "environment") == "production":
        yield Finding(
            "an authority that is not qualified is refused in production",
            at="qualified",
            hint="only a staging platform takes such an authority",
        )


@plan("CA-01", "A certificate authority with a certificate outside deleted cannot be deleted.")
def unused_when_deleted(planned: Planned, view: View) -> Findings:
    """CA-01."""
    if not planned.deletes:
        return
    using = [one for one in _certificates(planned, view) if not one.buried]
    if using:
        yield Finding(
            f"{planned.address} cannot be deleted: {len(using)} of its certificates are not deleted, "
            f"{using[0].address} among them",
            detail=", ".join(str(one.address) for one in using),
            hint="take the certificates to deleted first, or disable the authority",
        )


@plan("CA-03", "Disabling an authority stops the active client services that sign with it.", Severity.WARNING)
def services_that_stop(planned: Planned, view: View) -> Findings:
    """CA-03."""
    if not planned.enters("disabled"):
        return
    stopping = [
        service
        for certificate in _certificates(planned, view)
        for service in view.referrers(certificate.address, "ClientService", "certificate")
        if service.state == "active"
    ]
    if stopping:
        names = ", ".join(str(one.address) for one in stopping)
        yield Finding(f"disabling {planned.address} stops {len(stopping)} active client services: {names}", at="state")


def _certificates(planned: Planned, view: View) -> list[Entity]:
    return view.referrers(planned.address, "Certificate", "certificateAuthority")


EXAMPLE = """\
apiVersion: reconciler/v1
kind: CertificateAuthority
metadata:
  name: atlantic-trust
spec:
  displayName: Atlantic Trust Services
  type: remote-csc
  qualified: true
  remoteService:
    baseUrl: https://csc.atlantic-trust.example.com/v1
    clientId: platform-staging
    clientSecret: {fromEnv: ATLANTIC_TRUST_SECRET, version: "1"}
  authorizationModes: [otp, pin]
"""

KIND = Kind(
    name="CertificateAuthority",
    table="certificate_authorities",
    group=Group.PLATFORM,
    order=30,
    level=Level.PLATFORM,
    spec=CertificateAuthoritySpec,
    description="A trust service whose remote signing interface the platform calls.",
    lifecycle=Lifecycle(
        states=("active", "disabled"),
        entry="active",
        edges=(
            Edge(
                "active", "disabled", "every certificate of this authority stops signing", risks=(Risk.STOPS_SIGNING,)
            ),
            Edge("disabled", "active"),
        ),
    ),
    status=(
        Status(
            path="registeredAt",
            column="created_at",
            type="time",
            description="When the authority was registered.",
            stored=False,
        ),
    ),
    unique=(Unique(code="GEN-03", paths=("displayName",), at="metadata.name", fold=True),),
    rules=(credentials_together, qualified_in_production, unused_when_deleted, services_that_stop),
    texts=(
        RuleText("GEN-03", Severity.ERROR, Phase.REFERENCE, "displayName is unique, compared trimmed and case-folded."),
    ),
    example=EXAMPLE,
    allow=(
        rights(
            "read",
            "displayName",
            "type",
            "qualified",
            "authorizationModes",
            "authorizationCodeTtlSeconds",
            "state",
            "status.registeredAt",
            A=may("all"),
            I=may("all"),
        ),
        rights("read", "remoteService", A=may("all")),
        nobody("GEN-04", "read", "remoteService.clientSecret"),
        rights("create", A=may("all"), U=no("OPR-06")),
        rights(
            "update",
            "displayName",
            "remoteService",
            "authorizationModes",
            "authorizationCodeTtlSeconds",
            A=may("all"),
            U=no("OPR-06"),
        ),
        nobody("GEN-05", "update", "type", "qualified"),
        rights("delete", A=may("all"), U=no("OPR-06")),
        rights(
            "transition",
            "state",
            edge="active->disabled",
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
            edge="disabled->active",
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
