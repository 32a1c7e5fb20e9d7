"""Reports for tests of the renderers, with a change of every class and values that want to be escaped."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.effect import Cascade, Notice
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.principal import Principal
from reconciler.model.report import EdgeLine, FieldLine, Report, ResourceLine
from reconciler.model.source import Snippet, Source

HOSTILE = "a\x1b[31mred\x07\u202egnp.exe\r\nApply complete! 0 added, 0 changed, 0 destroyed."
SMTP = "tenants/farol/smtp.yaml"


def at(line: int, file: str = SMTP) -> Source:
    return Source(file, line, 3, line, 9)


def field(path: str, before: object, after: object, cause: str = "intent", **more: object) -> FieldLine:
    return FieldLine(path=path, before=before, after=after, cause=cause, **more)  # type: ignore[arg-type]


CREATED = ResourceLine(
    address=Address("Category", "farol-services", "cat-invoices"),
    type="category",
    actions=("create",),
    source=at(1, "tenants/farol/categories.yaml"),
    fields=(
        field("displayName", None, "Invoices", source=at(8, "tenants/farol/categories.yaml")),
        field("audience", None, "all", "default"),
    ),
    after={"spec": {"displayName": "Invoices"}},
)
UPDATED = ResourceLine(
    address=Address("SmtpSettings", "farol-services", "cs-cedro-smtp"),
    type="smtp_settings",
    actions=("update", "rotate-secret"),
    source=at(1),
    fields=(
        field("port", 25, 587, "drift", base=587, source=at(12)),
        field("host", "old.example.com", "new.example.com", "conflict", base="first.example.com", source=at(13)),
        field("description", HOSTILE, "plain", source=at(14)),
        field("trustedIps", ["10.0.0.0/8", "192.0.2.1"], ["10.0.0.0/8", "198.51.100.0/24"], source=at(15)),
        field("from", "w" * 60 + "@example.com", "v" * 300 + "@example.com", source=at(16)),
        field("password", "2", "3", sensitive=True, note="version 2 -> 3", source=at(20)),
    ),
    before={"spec": {"port": 25, "password": "(secret)"}},
    after={"spec": {"port": 587, "password": "(secret)"}},
    sensitive=("spec.password", "spec.token"),
)
MOVED = ResourceLine(
    address=Address("ClientService", "farol-services", "cs-cedro-invoices"),
    type="client_service",
    actions=("transition",),
    source=at(12),
    risks=(Risk.STOPS_SIGNING,),
    edges=(EdgeLine(before="active", after="suspended", cause="intent", source=at(18), effect="signing stops"),),
    before={"spec": {"state": "active"}},
    after={"spec": {"state": "suspended"}},
)
DELETED = ResourceLine(
    address=Address("Domain", "farol-services", "www.lumen.example.com"),
    type="domain",
    actions=("delete",),
    reasons=("its manifest is gone",),
    before={"spec": {}},
)
ADOPTED = ResourceLine(
    address=Address("Partner", "", "farol-services"), type="partner", actions=("adopt",), source=at(1)
)
HELD = ResourceLine(
    address=Address("Domain", "farol-services", "old.example.com"),
    type="domain",
    actions=("held",),
    reasons=("pruning was not asked for",),
)
MANUAL = ResourceLine(
    address=Address("Certificate", "farol-services", "cedro-seal"),
    type="certificate",
    actions=("manual",),
    source=at(1),
    manual=(EdgeLine(before="expired", after="active", cause="intent", source=at(3), effect="renewed by its holder"),),
)
FORGOTTEN = ResourceLine(address=Address("Issuer", "farol-services", "gone"), type="issuer", actions=("forget",))
WARNING = Diagnostic(
    code="SMTP-08",
    severity=Severity.WARNING,
    phase=Phase.PLAN,
    summary="the mail server is untested after this change",
    hint="send a test mail after the apply",
    address=UPDATED.address,
    path="host",
    source=at(13),
    snippet=Snippet("  host: new.example.com", 2, 4),
)
ERROR = Diagnostic(
    code="GEN-05",
    severity=Severity.ERROR,
    phase=Phase.PLAN,
    summary=f"key is {HOSTILE}",
    source=at(14),
    snippet=Snippet(f"  alias: {HOSTILE}", 2, 5),
)
REPORT = Report(
    summary=Summary(
        add=1, change=2, destroy=1, adopt=1, forget=1, held=1, manual=1, transitions=1, unchanged=84, drift=1
    ),
    empty=False,
    changes=(CREATED, UPDATED, MOVED, DELETED, ADOPTED, HELD, MANUAL, FORGOTTEN),
    cascades=(Cascade(Address("ClientService", "farol-services", "cs-two"), "suspended", "its issuer is blocked"),),
    notices=(Notice("operator-created", Address("Operator", "", "x"), "ines@farol.example.com", "pt-PT"),),
    diagnostics=(WARNING,),
    digest="sha256:" + "ab12" * 16,
    identity="db-1",
    environment="staging",
    manifests="sha256:m",
    commit="c" * 40,
)
EMPTY = Report(summary=Summary(unchanged=3), digest="sha256:00")
DENIAL = Denial(
    who="partner operator ines@farol.example.com",
    verb="update",
    address=UPDATED.address,
    what="host",
    reason="the row is not in the reach of the role",
    code="OPR-02",
    who_can=("administrator", "distributor"),
    path="host",
    source=at(13),
)
DENIED = replace(
    REPORT,
    changes=(
        CREATED,
        replace(
            UPDATED,
            denied=(DENIAL,),
            fields=tuple(replace(one, verdict="denied" if one.path == "host" else "allowed") for one in UPDATED.fields),
        ),
        *REPORT.changes[2:],
    ),
    denials=(DENIAL, replace(DENIAL, address=None, verb="apply", what="", path="", source=None, reason="it is late")),
    carriers=("ines@farol.example.com",),
    shifts=(
        Shift(
            who=Principal(
                address=Address("Operator", "farol-services", "ines"),
                known_as="ines@farol.example.com",
                role=RoleWord.PARTNER,
            ),
            gains=True,
            right=Entitlement(kind="Domain", verb="delete", what="*", reach="own", resources=(DELETED.address,)),
        ),
    ),
)
"""A plan of somebody who has no right to a part of it."""
