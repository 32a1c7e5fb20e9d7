"""Certificate: a remote seal or signature certificate of an issuer.

The private key, the one-time code and the PIN never come here. Access to a certificate is granted by its holder at the
certificate authority for a limited time; renewing it is work for a person, so a plan lists it and never does it. The
clock and the authority walk edges of their own, whatever a manifest says.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import Name, instant
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Ref, State
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, plan, reference, time
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View

_DAY = dt.timedelta(days=1)
_WITHOUT_ACCESS = ("", "pending-authorization", "expired", "revoked", "deleted")
_SHOWN = 10


class CertificateSpec(Spec):
    """The fields of a Certificate."""

    alias: str = Field(min_length=1, max_length=64, description="What the issuer calls it; unique for the issuer.")
    issuer: Annotated[Name, Ref("Issuer", part="owner"), Immutable()] = Field(
        description="The issuer that signs with this certificate."
    )
    certificate_authority: Annotated[Name, Ref("CertificateAuthority"), Immutable()] = Field(
        description="The certificate authority that keeps the key and grants the access."
    )
    wallet: str = Field(
        "Principal", min_length=1, max_length=64, description="The wallet at the authority that holds the certificate."
    )
    use: Annotated[Literal["seal", "signature"], Immutable()] = Field(
        "seal", description="Whether it seals for a company or signs for a person."
    )
    state: Annotated[
        Literal["pending-authorization", "active", "access-expired", "suspended", "expired", "revoked", "deleted"]
        | None,
        State(),
    ] = Field(None, description="The wanted state; most states are walked into by others.")


@reference("CRT-02", "A new Certificate names a CertificateAuthority in state active.")
def authority_is_active(resource: Resource[CertificateSpec], view: View) -> Findings:
    """CRT-02."""
    if view.entity(resource).exists:
        return
    authority = view.target(resource, "certificateAuthority")
    if authority is not None and authority.state != "active":
        yield Finding(
            f"{authority.address} is {authority.state}: it gives no new certificates",
            at="certificateAuthority",
            hint="name an active certificate authority",
        )


@time(
    "CRT-03",
    "The access to a Certificate ends at a time or a number of signatures; before that it is renewed by hand.",
    Severity.MANUAL,
)
def access_is_renewed(resource: Resource[CertificateSpec], view: View, now: dt.datetime) -> Findings:
    """CRT-03. Days left are rounded up."""
    entity = view.entity(resource)
    if entity.live_state in _WITHOUT_ACCESS or entity.buried:
        return
    reasons = [one for one in (_days_reason(entity, view, now), _usage_reason(entity, view)) if one]
    if reasons:
        yield Finding(
            f"{resource.address}: {' and '.join(reasons)}; renew the access by hand",
            at=NAME,
            hint="the holder of the certificate renews the access at the certificate authority",
        )


@time("CRT-04", "A Certificate whose time has passed cannot be asked to be active.")
def not_past_its_end(resource: Resource[CertificateSpec], view: View, now: dt.datetime) -> Findings:
    """CRT-04."""
    end = _moment(view.entity(resource), "status.notAfter")
    if resource.spec.state == "active" and end is not None and end < now:
        yield Finding(
            f"the certificate ended on {end.date().isoformat()} and cannot be active",
            at="state",
            hint="order a new certificate and leave state out here",
        )


@plan("CRT-05", "A Certificate that a living ClientService refers to does not reach deleted.")
def not_deleted_while_used(planned: Planned, view: View) -> Findings:
    """CRT-05. A service whose issuer goes too is no user any more."""
    if not planned.enters("deleted"):
        return
    users = [
        one
        for one in view.referrers(planned.address, "ClientService", "certificate")
        if not one.buried and not _issuer_leaves(one, view)
    ]
    if users:
        listed = ", ".join(str(one.address) for one in users[:_SHOWN])
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        yield Finding(
            f"the certificate is still used by {listed}{more}",
            at="state",
            hint="bind another certificate to the service, or delete the service first",
        )


def _issuer_leaves(service: Entity, view: View) -> bool:
    issuer = view.target(service, "issuer")
    return issuer is not None and issuer.buried


def _moment(entity: Entity, path: str) -> dt.datetime | None:
    """A live time; None when there is none, or nothing that can be read as one."""
    text = entity.live(path)
    try:
        return instant(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _days_reason(entity: Entity, view: View, now: dt.datetime) -> str:
    end = _moment(entity, "status.access.expiresAt")
    if end is None:
        return ""
    if end <= now:
        return f"the access ended on {end.date().isoformat()}"
    # Live data is never validated, and so much warning that no calendar holds it is warning.
    with suppress(OverflowError):
        if now + view.setting("SystemConfiguration", "caAccess.warnDays") * _DAY < end:
            return ""
    left = -((now - end) // _DAY)
    return f"the access ends in {left} {'day' if left == 1 else 'days'}, on {end.date().isoformat()}"


def _usage_reason(entity: Entity, view: View) -> str:
    used = entity.live("status.access.signaturesSinceGrant")
    if not isinstance(used, int):
        return ""
    limit = view.setting("SystemConfiguration", "caAccess.maxSignatures")
    if used * 100 < limit * view.setting("SystemConfiguration", "caAccess.warnUsagePercent"):
        return ""
    return f"{used} of {limit} signatures are used"


_STOPS = (Risk.STOPS_SIGNING,)
_BURIES = (Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION)
_TOMBSTONE = "tombstone for ten years; no service may refer to it"

LIFECYCLE = Lifecycle(
    states=("pending-authorization", "active", "access-expired", "suspended", "expired", "revoked", "deleted"),
    entry="pending-authorization",
    edges=(
        Edge(
            "pending-authorization",
            "active",
            "the holder consents at the certificate authority",
            walker="human",
        ),
        Edge(
            "active",
            "access-expired",
            "walked by the clock or the signature count",
            _STOPS,
            walker="system",
        ),
        Edge(
            "access-expired",
            "active",
            "the holder renews the access at the certificate authority",
            walker="human",
        ),
        Edge("active", "suspended", "services that use it stop signing", _STOPS),
        Edge("suspended", "active", "services that use it sign again"),
        Edge("active", "expired", "walked by the clock at the end of the certificate", _STOPS, walker="system"),
        Edge("access-expired", "expired", "walked by the clock at the end of the certificate", walker="system"),
        Edge("suspended", "expired", "walked by the clock at the end of the certificate", walker="system"),
        Edge("pending-authorization", "revoked", "walked by the certificate authority", walker="system"),
        Edge("active", "revoked", "walked by the certificate authority", _STOPS, walker="system"),
        Edge("access-expired", "revoked", "walked by the certificate authority", walker="system"),
        Edge("suspended", "revoked", "walked by the certificate authority", walker="system"),
        Edge("expired", "revoked", "walked by the certificate authority", walker="system"),
        Edge("pending-authorization", "deleted", _TOMBSTONE, _BURIES),
        Edge("access-expired", "deleted", _TOMBSTONE, _BURIES),
        Edge("suspended", "deleted", _TOMBSTONE, _BURIES),
        Edge("expired", "deleted", _TOMBSTONE, _BURIES),
        Edge("revoked", "deleted", _TOMBSTONE, _BURIES),
    ),
    tombstone="deleted",
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Certificate
metadata:
  name: cedro-seal
  tenant: farol-services
spec:
  alias: cedro-seal-2026
  issuer: cedro-retail
  certificateAuthority: atlantic-trust
  wallet: Principal
  use: seal
"""

KIND = Kind(
    name="Certificate",
    table="certificates",
    group=Group.SIGNING,
    order=10,
    level=Level.BOTH,
    spec=CertificateSpec,
    description="A remote seal or signature certificate of an issuer; it stands in the tenant of its issuer.",
    lifecycle=LIFECYCLE,
    deletion=Deletion.RETAINED,
    status=(
        Status(
            path="restrictedTo",
            column="restricted_to",
            type="enum",
            words=("none", "e-invoice"),
            description="What the certificate itself limits it to.",
        ),
        Status(path="subject", column="subject", type="string", description="Distinguished name of its subject."),
        Status(
            path="serialNumber", column="serial_number", type="string", description="Serial number, in hexadecimal."
        ),
        Status(path="notBefore", column="not_before", type="time", description="From when on it is valid."),
        Status(path="notAfter", column="not_after", type="time", description="Until when it is valid."),
        Status(
            path="access.grantedAt",
            column="access_granted_at",
            type="time",
            description="When the holder granted the access last.",
        ),
        Status(path="access.expiresAt", column="access_expires_at", type="time", description="When that access ends."),
        Status(
            path="access.signaturesSinceGrant",
            column="access_signatures_since_grant",
            type="int",
            description="Signatures made since the access was granted.",
        ),
    ),
    unique=(Unique(code="GEN-03", paths=("issuer", "alias"), at=NAME, within="tenant", fold=True),),
    rules=(authority_is_active, access_is_renewed, not_past_its_end, not_deleted_while_used),
    texts=(
        RuleText(
            "CRT-01",
            Severity.ERROR,
            Phase.POLICY,
            "A Certificate is created, changed and renewed only by operators of its issuer.",
        ),
    ),
    example=EXAMPLE,
    denials={"CRT-01": "certificates are changed by operators of their issuer only"},
    allow=(
        rights(
            "read", "alias", "status.notAfter", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("scope")
        ),
        rights("read", I=may("own"), U=may("scope")),
        rights(
            "create",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "update",
            "alias",
            "wallet",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        nobody("GEN-05", "update", "issuer", "certificateAuthority", "use"),
        nobody("GEN-08", "delete"),
        rights(
            "renew-access",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own", "human only", code="LIF-04"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="pending-authorization->active",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own", "human only", code="LIF-04"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        nobody("LIF-05", "transition", "state", edge="active->access-expired"),
        rights(
            "transition",
            "state",
            edge="access-expired->active",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own", "human only", code="LIF-04"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="active->suspended",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->active",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        nobody("LIF-05", "transition", "state", edge="active->expired"),
        nobody("LIF-05", "transition", "state", edge="access-expired->expired"),
        nobody("LIF-05", "transition", "state", edge="suspended->expired"),
        nobody("LIF-05", "transition", "state", edge="pending-authorization->revoked"),
        nobody("LIF-05", "transition", "state", edge="active->revoked"),
        nobody("LIF-05", "transition", "state", edge="access-expired->revoked"),
        nobody("LIF-05", "transition", "state", edge="suspended->revoked"),
        nobody("LIF-05", "transition", "state", edge="expired->revoked"),
        rights(
            "transition",
            "state",
            edge="pending-authorization->deleted",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="access-expired->deleted",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->deleted",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="expired->deleted",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
        rights(
            "transition",
            "state",
            edge="revoked->deleted",
            A=no("CRT-01"),
            D=no("CRT-01"),
            P=no("CRT-01"),
            I=may("own"),
            U=no("OPR-06"),
            C=no("CRT-01"),
            N=no("CRT-01"),
        ),
    ),
)
