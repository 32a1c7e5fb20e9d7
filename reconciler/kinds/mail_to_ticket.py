"""MailToTicket: how the mail in one folder of a support mailbox is turned into tickets."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.encode import same
from reconciler.model.formats import HostName, Name, Once, TimeText, folded, instant
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.marks import Immutable, Key, Ref, Unordered
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, dated, reference, schema
from reconciler.model.spec import Spec
from reconciler.model.view import View

_OLDEST = dt.timedelta(days=30)


class MailToTicketSpec(Spec):
    """The fields of a MailToTicket."""

    support_mail: Annotated[Name, Ref("SupportMail", part="owner"), Key(), Immutable()] = Field(
        description="The mailbox whose mail is fetched."
    )
    folder: str = Field("Inbox", min_length=1, max_length=255, description="The folder that is read.")
    poll_interval_seconds: int = Field(300, ge=60, le=3600, description="How often mail is fetched, in seconds.")
    ingest_from: TimeText = Field(description="Mail older than this moment is left alone.")
    post_fetch_action: Literal["mark-read", "move", "delete"] = Field(
        "mark-read", description="What happens to a mail after it became a ticket."
    )
    processed_folder: str | None = Field(
        None, min_length=1, max_length=255, description="Where fetched mail goes; there exactly for action move."
    )
    default_category: Annotated[Name, Ref("Category")] = Field(description="Category of new tickets.")
    default_service_type: Annotated[Name | None, Ref("ServiceType")] = Field(
        None, description="Service type of new tickets."
    )
    allowed_sender_domains: Annotated[list[HostName], Once(), Unordered()] = Field(
        default_factory=list, max_length=100, description="Domains whose mail is accepted; an empty list accepts all."
    )
    auto_reply: bool = Field(default=False, description="Whether the sender gets an answer at once.")
    enabled: bool = Field(default=False, description="Whether mail is fetched; one a mailbox and folder.")


@schema("M2T-03", "Action move has a processedFolder that differs from folder; the other actions have none.")
def processed_folder_fits(resource: Resource[MailToTicketSpec]) -> Findings:
    """M2T-03."""
    spec = resource.spec
    goal = spec.processed_folder
    if spec.post_fetch_action != "move":
        if goal is not None:
            yield Finding(
                f"action {spec.post_fetch_action} moves nothing",
                at="processedFolder",
                hint="remove processedFolder, or write postFetchAction: move",
            )
    elif goal is None:
        yield Finding("action move has no processedFolder to move to", at="spec", hint="add processedFolder")
    elif folded(goal) == folded(spec.folder):
        yield Finding(
            "processedFolder is the folder that is read, so every mail would be fetched again",
            at="processedFolder",
            hint="name another folder",
        )


@schema("M2T-05", "Action delete removes mail that may be the only copy.", Severity.WARNING)
def mail_is_kept(resource: Resource[MailToTicketSpec]) -> Findings:
    """M2T-05."""
    if resource.spec.post_fetch_action == "delete":
        yield Finding(
            "fetched mail is deleted, and it may be the only copy",
            at="postFetchAction",
            hint="write mark-read, or move with a processedFolder",
        )


@reference("CAT-03", "defaultCategory and defaultServiceType name a resource that is active.")
def defaults_are_active(resource: Resource[MailToTicketSpec], view: View) -> Findings:
    """CAT-03."""
    for path in ("defaultCategory", "defaultServiceType"):
        target = view.target(resource, path)
        if target is not None and target.state != "active":
            yield Finding(
                f"{target.address} is {target.state} and cannot be given to new tickets",
                at=path,
                hint="name an active one",
            )


@dated("M2T-02", "A new or changed ingestFrom is at most 30 days before the clock.")
def not_too_far_back(resource: Resource[MailToTicketSpec], view: View, now: dt.datetime) -> Findings:
    """M2T-02. An unchanged value is never judged, however old it grows."""
    entity = view.entity(resource)
    wanted = entity.value("ingestFrom")
    if resource.management == "observe":
        return
    if entity.exists and same(KIND.by_path["ingestFrom"], entity.live("ingestFrom"), wanted):
        return
    oldest = now - _OLDEST
    if instant(wanted) < oldest:
        yield Finding(
            f"ingestFrom lies more than {_OLDEST.days} days back: an old mailbox would become tickets",
            at="ingestFrom",
            hint=f"write {oldest.date().isoformat()} or later",
        )


EXAMPLE = """\
apiVersion: reconciler/v1
kind: MailToTicket
metadata:
  name: helpdesk-inbox
  tenant: farol-services
spec:
  supportMail: helpdesk
  folder: Inbox
  pollIntervalSeconds: 120
  ingestFrom: "2026-06-01T00:00:00Z"
  postFetchAction: move
  processedFolder: Processed
  defaultCategory: signing
  defaultServiceType: incident
  allowedSenderDomains: [cedro.example.com, lumen.example.com]
  autoReply: true
  enabled: true
"""

KIND = Kind(
    name="MailToTicket",
    table="mail_to_tickets",
    group=Group.HELPDESK,
    order=40,
    level=Level.TENANT,
    spec=MailToTicketSpec,
    description="How the mail in one folder of a support mailbox is turned into tickets.",
    unique=(
        Unique(
            code="M2T-04",
            paths=("supportMail", "folder"),
            at=NAME,
            within="tenant",
            fold=True,
            when=(("enabled", True),),
        ),
    ),
    rules=(processed_folder_fits, mail_is_kept, defaults_are_active, not_too_far_back),
    texts=(
        RuleText(
            "M2T-04",
            Severity.ERROR,
            Phase.REFERENCE,
            "At most one enabled MailToTicket per SupportMail and folder, compared case-folded.",
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
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own")),
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
            "folder",
            "pollIntervalSeconds",
            "ingestFrom",
            "postFetchAction",
            "processedFolder",
            "defaultCategory",
            "defaultServiceType",
            "allowedSenderDomains",
            "autoReply",
            "enabled",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        nobody("GEN-05", "update", "supportMail"),
        rights(
            "delete",
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
