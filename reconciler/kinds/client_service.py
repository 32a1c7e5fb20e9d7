"""ClientService: a connection of an issuer's software to the signing platform.

Its alias is the client identifier of the signing interface. It stands in the tenant of its issuer, or at platform
level for a direct one. Binding the certificate is a right of its holder, so a service is often made first and bound
in a later apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import ALIAS_PATTERN, Language, Name, Once, instant
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Code, Immutable, Inherit, Key, Ref, Secret, State, Unordered
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, plan, reference, standing, time
from reconciler.model.secret import SecretValue
from reconciler.model.secret_shape import length_problem
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import Entity, View

_ISSUER_STOPS = ("suspended", "blocked", "deleted")


def _invoices() -> list[Literal["e-invoice", "other"]]:
    return ["e-invoice"]


class ClientServiceSpec(Spec):
    """The fields of a ClientService."""

    alias: Annotated[str, Key(), Immutable(), Code("CS-03")] = Field(
        pattern=ALIAS_PATTERN, description="Client identifier of the signing interface; unique over the platform."
    )
    issuer: Annotated[Name, Ref("Issuer", part="owner"), Immutable()] = Field(
        description="The issuer whose software connects."
    )
    certificate: Annotated[Name | None, Ref("Certificate")] = Field(
        None, description="The certificate of the same issuer that signs; needed to be active."
    )
    bundle: Annotated[Name, Ref("Bundle")] = Field(description="The bundle that the service consumes.")
    language: Annotated[Language | None, Inherit("the platform")] = Field(
        None, description="Language of mails and pages of the service."
    )
    additional_info: str = Field("", max_length=500, description="Notes about the service.")
    document_types: Annotated[list[Literal["e-invoice", "other"]], Once(), Unordered()] = Field(
        default_factory=_invoices, description="What the service may sign."
    )
    integration: Annotated[Literal["saas", "on-premise"], Immutable()] = Field(
        "saas", description="Whether documents are signed on the platform or hashes are sent from the premises."
    )
    client_secret: Annotated[SecretSource | None, Secret("encrypted")] = Field(
        None, description="Where the client secret comes from, 16 to 128 characters; needed to be active."
    )
    state: Annotated[Literal["registered", "active", "suspended", "deleted"] | None, State()] = Field(
        None, description="The wanted state."
    )


@reference("CS-01", "The certificate of a ClientService belongs to the same issuer as the service.")
def certificate_of_same_issuer(resource: Resource[ClientServiceSpec], view: View) -> Findings:
    """CS-01."""
    certificate = view.target(resource, "certificate")
    if certificate is None:
        return
    if certificate.value("issuer") != resource.spec.issuer:
        # Whose it is may be nothing to whoever reads this.
        yield Finding(
            f"{certificate.address} belongs to another issuer; the service belongs to {resource.spec.issuer}",
            at="certificate",
            hint="bind a certificate of the same issuer",
        )


@time("CS-02", "The certificate of an active ClientService is active, valid, and inside its access window.")
def certificate_works(resource: Resource[ClientServiceSpec], view: View, now: dt.datetime) -> Findings:
    """CS-02. Only the database knows how a certificate stands, so nothing is judged without live data."""
    certificate = view.target(resource, "certificate")
    if not view.connected or certificate is None or view.entity(resource).state != "active":
        return
    state = _reached(certificate)
    problem = f"is {state}" if state != "active" else _outside(certificate, now)
    if problem:
        yield Finding(
            f"{certificate.address} {problem}, and an active service signs with it",
            at="certificate",
            hint="bring the certificate back first, bind another one, or suspend the service",
        )


@reference("CS-05", "An active ClientService has a certificate and a client secret.")
def complete_when_active(resource: Resource[ClientServiceSpec], view: View) -> Findings:
    """CS-05, the part about the service itself."""
    entity = view.entity(resource)
    if entity.state != "active":
        return
    missing = [path for path in ("certificate", "clientSecret") if not entity.has(path)]
    if missing:
        yield Finding(
            f"an active client service needs {' and '.join(missing)}",
            at="state",
            hint="add it, or leave the service registered or suspended until it is there",
        )


@plan("CS-05", "An edge into active needs an issuer that is active.")
def issuer_active_on_activation(planned: Planned, view: View) -> Findings:
    """CS-05, the part about the issuer."""
    if not planned.enters("active"):
        return
    issuer = view.target(planned.entity, "issuer")
    if issuer is not None and issuer.state != "active":
        yield Finding(
            f"{issuer.address} is {issuer.state}: its services cannot become active",
            at="state",
            hint="activate the issuer in the same plan or before it",
        )


@plan("CS-06", "The last ClientService of an issuer is not deleted while the issuer itself is not.")
def not_the_last_service(planned: Planned, view: View) -> Findings:
    """CS-06."""
    if not planned.enters("deleted"):
        return
    issuer = view.target(planned.entity, "issuer")
    if issuer is None or issuer.buried:
        return
    others = [
        one
        for one in view.referrers(issuer.address, "ClientService", "issuer")
        if one.address != planned.address and not one.buried
    ]
    if not others:
        yield Finding(
            f"this is the last client service of {issuer.address}, which is not deleted",
            at="state",
            hint="delete the issuer with it, or leave this service suspended",
        )


@plan("CS-08", "A new clientSecret of an active service ends running tokens.", Severity.WARNING)
def tokens_end(planned: Planned, _view: View) -> Findings:
    """CS-08."""
    if planned.creates or planned.deletes or planned.entity.live_state != "active":
        return
    if planned.changes("clientSecret"):
        yield Finding(
            "a new clientSecret ends the running tokens of this active service",
            at="clientSecret",
            hint="change over in stages: tokens live for about one day, so hand the new secret to the software first",
        )


@time("CS-09", "From the legal date on, a ClientService without certificate is warned about.", Severity.WARNING)
def qualified_signature_due(resource: Resource[ClientServiceSpec], view: View, now: dt.datetime) -> Findings:
    """CS-09."""
    since = view.setting("SystemConfiguration", "legal.qualifiedSignatureMandatoryFrom")
    if now.date().isoformat() < since:
        return
    entity = view.entity(resource)
    if entity.buried or entity.has("certificate"):
        return
    yield Finding(
        f"qualified signatures are mandatory from {since} on, and this service has no certificate",
        at=NAME,
        hint="bind a certificate of the issuer",
    )


@reference("CS-10", "The bundle of a new service, or a changed bundle, is active.")
def bundle_is_active(resource: Resource[ClientServiceSpec], view: View) -> Findings:
    """CS-10. Without live data every service is judged as a new one."""
    entity = view.entity(resource)
    if entity.exists and entity.live("bundle") == entity.value("bundle"):
        return
    bundle = view.target(resource, "bundle")
    if bundle is not None and bundle.state != "active":
        yield Finding(
            f"{bundle.address} is {bundle.state}: it takes no new services",
            at="bundle",
            hint="choose an active bundle",
        )


@standing(
    "CRT-06",
    "A service that signs other documents than invoices has a certificate that may only sign invoices.",
    Severity.WARNING,
)
def certificate_covers_documents(resource: Resource[ClientServiceSpec], view: View) -> Findings:
    """CRT-06."""
    certificate = view.target(resource, "certificate")
    if certificate is None or "other" not in resource.spec.document_types:
        return
    if certificate.live("status.restrictedTo") == "e-invoice":
        yield Finding(
            f"{certificate.address} may sign e-invoices only, and documentTypes contains other",
            at=("documentTypes", "certificate"),
            hint="take other out of documentTypes, or bind an unrestricted certificate",
        )


def secret_check(path: str, value: SecretValue, _view: View) -> Findings:
    """The bounds of a resolved ``clientSecret``: 16 to 128 characters (GEN-14)."""
    if path == "clientSecret":
        yield from length_problem(path, value, 16, 128)


def effective_state(entity: Entity, view: View, _now: dt.datetime) -> str:
    """``suspended`` while the issuer is suspended, blocked or deleted, otherwise the own live state."""
    issuer = view.target(entity, "issuer")
    stopped = issuer is not None and issuer.live_state in _ISSUER_STOPS
    return "suspended" if stopped and entity.live_state != "deleted" else entity.live_state


def on_change(planned: Planned, _view: View) -> Iterator[tuple[str, Any]]:
    """Forgets who stopped the service when it runs again or is gone."""
    # Who stopped it is the level of the actor, which is written where actors are known.
    if planned.enters("active") or planned.enters("deleted"):
        yield "stopped_by", None


def _reached(certificate: Entity) -> str:
    """The state of a certificate after the plan: a state behind somebody else's edge is not reached by it."""
    lifecycle = certificate.kind.lifecycle
    if lifecycle is None:
        return ""
    start = certificate.live_state or lifecycle.entry
    way = lifecycle.path(start, certificate.state)
    if way is None or any(edge.walker != "operator" for edge in way):
        return start
    return certificate.state


def _outside(certificate: Entity, now: dt.datetime) -> str:
    """Outside of which window a certificate is; empty inside of all of them. What is not known is not judged."""
    for path, problem in (("status.notBefore", "is not valid yet"), ("status.access.grantedAt", "has no access yet")):
        start = _moment(certificate.live(path))
        if start is not None and now < start:
            return problem
    for path, problem in (("status.notAfter", "has ended"), ("status.access.expiresAt", "has no access any more")):
        end = _moment(certificate.live(path))
        if end is not None and now >= end:
            return problem
    return ""


def _moment(text: Any) -> dt.datetime | None:
    try:
        return instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


LIFECYCLE = Lifecycle(
    states=("registered", "active", "suspended", "deleted"),
    entry="registered",
    edges=(
        Edge("registered", "active", "the service may sign"),
        Edge("registered", "suspended", "the service is parked before its first use"),
        Edge("active", "suspended", "the service stops signing", (Risk.STOPS_SIGNING,)),
        Edge("suspended", "active", "the service signs again"),
        Edge("suspended", "deleted", "tombstone for ten years", (Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION)),
    ),
    tombstone="deleted",
    stopped=("suspended",),
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: ClientService
metadata:
  name: cs-cedro-invoices
  tenant: farol-services
spec:
  alias: cedro-invoices
  issuer: cedro-retail
  certificate: cedro-seal
  bundle: standard-2026
  language: pt-PT
  additionalInfo: Invoices of the shops, every night.
  documentTypes: [e-invoice, other]
  clientSecret: {fromEnv: CEDRO_INVOICES_SECRET, version: "1"}
  state: active
"""

KIND = Kind(
    name="ClientService",
    table="client_services",
    group=Group.SIGNING,
    order=20,
    level=Level.BOTH,
    spec=ClientServiceSpec,
    description="A connection of an issuer's software to the signing platform; it stands in the tenant of its issuer.",
    lifecycle=LIFECYCLE,
    deletion=Deletion.RETAINED,
    status=(
        Status(
            path="id", column="id", type="int", stored=False, description="Number of the service; it is never reused."
        ),
        Status(
            path="createdAt", column="created_at", type="time", stored=False, description="When the service was made."
        ),
        Status(
            path="effectiveState",
            column="effective_state",
            type="enum",
            words=("registered", "active", "suspended", "deleted"),
            stored=False,
            compute=effective_state,
            description="The own state, or suspended while the issuer is stopped.",
        ),
        Status(
            path="stoppedBy",
            column="stopped_by",
            type="enum",
            words=("administrator", "distributor", "partner", "issuer"),
            description="The level of who suspended the service; empty in other states.",
        ),
    ),
    unique=(Unique(code="CS-03", paths=("alias",), at="alias"),),
    rules=(
        certificate_of_same_issuer,
        certificate_works,
        complete_when_active,
        issuer_active_on_activation,
        not_the_last_service,
        tokens_end,
        qualified_signature_due,
        bundle_is_active,
        certificate_covers_documents,
    ),
    texts=(
        RuleText(
            "CS-03",
            Severity.ERROR,
            Phase.SCHEMA,
            "alias has 3 to 64 lower-case letters, digits, dots, underscores, hyphens; it is unique over the platform.",
        ),
        RuleText("CS-07", Severity.ERROR, Phase.POLICY, "Issuer operators do not create client services."),
    ),
    secret_check=secret_check,
    on_change=on_change,
    example=EXAMPLE,
    denials={"CS-07": "issuer operators do not create client services"},
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("scope")),
        nobody("GEN-04", "read", "clientSecret"),
        rights(
            "create",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=no("CS-07"),
            U=no("OPR-06"),
            C=no("CS-07"),
            N=no("CS-07"),
        ),
        rights("create", "certificate", I=may("own"), U=no("OPR-06")),
        rights("create", "clientSecret", D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
        rights("update", "bundle", A=may("all"), D=may("own"), P=may("own"), U=no("OPR-06")),
        rights(
            "update",
            "language",
            "additionalInfo",
            "documentTypes",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            U=no("OPR-06"),
        ),
        rights("update", "certificate", I=may("own"), U=no("OPR-06")),
        rights("update", "clientSecret", D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
        nobody("GEN-05", "update", "alias", "issuer", "integration"),
        nobody("GEN-08", "delete"),
        rights("test-configuration", A=may("all"), D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
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
            edge="registered->suspended",
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
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->active",
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
            edge="suspended->deleted",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
    ),
)
