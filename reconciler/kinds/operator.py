"""Operator: a person who works in the back office, and who stands behind a run of the command line.

The role decides the place: administrators and auditors stand at platform level, a partner operator in its tenant, an
issuer operator beside its issuer. Credentials are never part of a manifest: the person sets them through a mailed link
that expires.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.address import PLATFORM, Address
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Effect, Notice, Planned
from reconciler.model.formats import NAME_PATTERN, DateText, Email, Language, Name, Once, Phone, fail
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.marks import Immutable, Inherit, Key, Pii, Ref, State, Unordered
from reconciler.model.principal import Condition, Principal, Question
from reconciler.model.resource import Resource
from reconciler.model.rule import SPEC, Finding, Findings, RuleText, schema, time
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View

_NAME = re.compile(NAME_PATTERN)


def _scope_entry(value: str) -> str:
    parts = value.split("/")
    if len(parts) > 2 or not all(_NAME.fullmatch(part) for part in parts):
        raise fail(
            "OPR-07",
            f"{value!r} names no issuer",
            hint="write tenant/issuer, or issuer for a direct one; patterns are not possible",
        )
    return value


class OperatorSpec(Spec):
    """The fields of an Operator."""

    email: Annotated[Email, Key(), Immutable(), Pii()] = Field(description="Address of the person, and its login.")
    display_name: Annotated[str, Pii()] = Field(min_length=1, max_length=120, description="Name of the person.")
    phone: Annotated[Phone | None, Pii()] = Field(None, description="Number of the person, in international form.")
    role: Annotated[Literal["administrator", "partner", "issuer", "auditor"], Immutable()] = Field(
        description="What the person is; it decides where the resource stands."
    )
    issuer: Annotated[Name | None, Ref("Issuer", part="owner"), Immutable()] = Field(
        None, description="The issuer for which the person works; exactly for the role issuer."
    )
    audit_scope: Annotated[
        list[Annotated[str, AfterValidator(_scope_entry)]], Once(), Unordered(), Ref("Issuer", anywhere=True)
    ] = Field(
        default_factory=list,
        description="Issuers that an auditor may read: tenant/issuer, or issuer for a direct one.",
    )
    valid_until: DateText | None = Field(None, description="Last day of the access; advised for auditors.")
    language: Annotated[Language | None, Inherit("the company, then the platform")] = Field(
        None, description="Language of the person."
    )
    credentials_reset_token: str | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="A counter, no secret: changing it to another value mails a new link for the password.",
    )
    state: Annotated[Literal["registered", "active", "suspended", "blocked", "deleted"] | None, State()] = Field(
        None, description="Wanted state; left out, the state stays as it is."
    )


@schema("OPR-01", "The place of an Operator fits its role.")
def place_fits_role(resource: Resource[OperatorSpec]) -> Findings:
    """OPR-01. That the tenant is that of the issuer follows from GEN-02: references do not leave the tenant."""
    role, tenant = resource.spec.role, resource.address.tenant
    # What has an error of its own is written all the same.
    issuer = getattr(resource.spec, "issuer", "?") is not None
    scope = bool(getattr(resource.spec, "audit_scope", "?"))
    wrong = []
    if role in ("administrator", "auditor") and tenant:
        wrong.append("stands at platform level and has no metadata.tenant")
    if role == "partner" and not tenant:
        wrong.append("has the partner as its metadata.tenant")
    if role == "issuer" and not issuer:
        wrong.append("names its issuer")
    if role != "issuer" and issuer:
        wrong.append("has no issuer")
    if role != "auditor" and scope:
        wrong.append("has no auditScope")
    if wrong:
        yield Finding(
            f"an operator of role {role} " + " and ".join(wrong), at="role", hint="correct its place, or its role"
        )


@schema("OPR-07", "auditScope of an auditor has at least one entry, each tenant/issuer or issuer.")
def auditor_has_a_scope(resource: Resource[OperatorSpec]) -> Findings:
    """OPR-07, the part about the count; the type of an entry holds the other one."""
    if resource.spec.role == "auditor" and not resource.spec.audit_scope:
        yield Finding("an auditor needs at least one issuer in auditScope", at=SPEC, hint="add auditScope")


@time("OPR-08", "The access of an auditor ends on a day that lies ahead.", Severity.WARNING)
def auditor_access_ends(resource: Resource[OperatorSpec], view: View, now: dt.datetime) -> Findings:
    """OPR-08. The last day is counted in the time zone of the platform, and belongs to the access."""
    spec = resource.spec
    if spec.role != "auditor" or view.entity(resource).buried:
        return
    if spec.valid_until is None:
        yield Finding("the access of this auditor never ends", at=SPEC, hint="add validUntil")
        return
    zone = zoneinfo.ZoneInfo(str(view.setting("SystemConfiguration", "defaultTimeZone")))
    if spec.valid_until < now.astimezone(zone).date().isoformat():
        yield Finding(
            f"the access of this auditor ended with {spec.valid_until}",
            at="validUntil",
            hint="set a day that lies ahead, or take the auditor to deleted",
        )


def company(operator: Entity, view: View) -> Entity | None:
    """The company for which the person works; None for administrators and auditors."""
    role = operator.value("role")
    if role == "issuer":
        return view.target(operator, "issuer")
    if role == "partner":
        return view.find("Partner", PLATFORM, operator.address.tenant)
    return None


def entry_state(resource: Resource[OperatorSpec], view: View) -> str:
    """``active`` at platform level or when the company is active after the plan, otherwise ``registered``."""
    employer = company(view.entity(resource), view)
    return "active" if employer is None or employer.state == "active" else "registered"


def is_active_administrator(operator: Entity) -> bool:
    """Whether the doors stay open as long as this person is there (OPR-04)."""
    return operator.value("role") == "administrator" and not operator.address.tenant and operator.state == "active"


def principal(operator: Entity, view: View, now: dt.datetime) -> Principal:
    """The person as an actor, on live data (OPR-09), which other programs write and no rule has judged."""
    employer = _live_company(operator, view)
    role = _role_word(str(operator.live("role")), employer)
    tenant = operator.address.tenant
    selves = {operator.address} | ({employer.address} if employer is not None else set())
    issuers = [_issuer(entry) for entry in operator.live("auditScope") or ()] if role is RoleWord.AUDITOR else []
    tenants = {one.tenant for one in issuers if one.tenant}
    reads = {Address("Partner", PLATFORM, one) for one in tenants}
    if role is RoleWord.ISSUER and tenant:
        reads.add(Address("Partner", PLATFORM, tenant))
    only = None
    if employer is not None and employer.live_state == "suspended":
        only = (employer.address, "suspended->active")
    return Principal(
        address=operator.address,
        known_as=str(operator.live("email")),
        role=role,
        company=None if employer is None else employer.address,
        selves=frozenset(selves),
        scope=frozenset(issuers),
        reads=frozenset(reads),
        annex=frozenset(("ReportSchedule", one) for one in tenants),
        barred=_barred(operator, employer, view, now),
        only=only,
    )


def _live_company(operator: Entity, view: View) -> Entity | None:
    match operator.live("role"):
        case "issuer":
            name = operator.live("issuer")
            return view.find("Issuer", operator.address.tenant, name) if isinstance(name, str) else None
        case "partner":
            return view.find("Partner", PLATFORM, operator.address.tenant)
    return None


def _role_word(word: str, employer: Entity | None) -> RoleWord:
    """A partner operator of a distributor has the rights of one."""
    if word == "partner" and employer is not None:
        return RoleWord.DISTRIBUTOR if employer.live("tier") == "distributor" else RoleWord.PARTNER
    return _WORDS.get(word, RoleWord.INDIVIDUAL)


_WORDS = {one.value: one for one in (RoleWord.ADMINISTRATOR, RoleWord.PARTNER, RoleWord.ISSUER, RoleWord.AUDITOR)}
"""The roles of operators. A row with any other word, or none, is no operator: individuals never act here."""


def _issuer(entry: str) -> Address:
    tenant, _, name = entry.rpartition("/")
    return Address("Issuer", tenant, name)


def _barred(operator: Entity, employer: Entity | None, view: View, now: dt.datetime) -> str:
    """Why the person is nobody (OPR-09); empty for one who may act."""
    if operator.live_state != "active":
        return f"the operator is {operator.live_state}"
    role = operator.live("role")
    if role not in _WORDS:
        return "its role is none"
    if role in ("administrator", "auditor") and operator.address.tenant:
        return "its place does not fit its role"
    if role in ("partner", "issuer"):
        if employer is None:
            return "its company does not exist"
        if employer.live_state not in ("active", "suspended"):
            return f"its company is {employer.live_state}"
    return _ended(operator, view, now) if role == "auditor" else ""


def _ended(operator: Entity, view: View, now: dt.datetime) -> str:
    """Why the access of an auditor is over; empty while it lasts. What cannot be read as a day is no day ahead."""
    end = operator.live("validUntil")
    if end is None:
        return ""
    try:
        zone = zoneinfo.ZoneInfo(str(view.setting("SystemConfiguration", "defaultTimeZone")))
        over = dt.date.fromisoformat(str(end)) < now.astimezone(zone).date()
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return "the end of its access cannot be read"
    return f"its access ended with {end}" if over else ""


def _with_role(*words: str) -> Condition:
    """That an Operator has one of some roles; of one that is there already it never changes."""

    def condition(question: Question) -> bool:
        entity = question.entity
        return (entity.live("role") if entity.exists else entity.value("role")) in words

    return condition


def on_change(planned: Planned, _view: View) -> Iterator[tuple[str, Any]]:
    """``status.stoppedBy`` is emptied on the way out.

    On the way in it is the level of the operator who carries the edge. That is known only where rights are judged, so
    it is written there.
    """
    if planned.edges and planned.edges[-1].target not in LIFECYCLE.stopped:
        yield "stopped_by", None


def effects(planned: Planned, view: View) -> Iterator[Effect]:
    """``operator-created`` for a person who begins as active, ``password-reset`` for another reset token.

    A person who becomes active with the company is told by the effects of the company.
    """
    operator = planned.entity
    if _begins_active(planned, view):
        yield _notice("operator-created", operator, view)
    elif _resets(planned):
        yield _notice("password-reset", operator, view)


def _begins_active(planned: Planned, view: View) -> bool:
    resource = planned.entity.resource
    return planned.creates and resource is not None and entry_state(resource, view) == "active"


def _resets(planned: Planned) -> bool:
    return (
        not planned.creates
        and not planned.deletes
        and planned.changes("credentialsResetToken")
        and planned.entity.value("credentialsResetToken") is not None
    )


def _notice(event: str, operator: Entity, view: View) -> Notice:
    employer = company(operator, view)
    owner = None
    if employer is not None and employer.address.tenant:
        owner = view.find("Partner", PLATFORM, employer.address.tenant)
    spoken = (one.value("language") for one in (operator, employer, owner) if one is not None)
    language = next((tag for tag in spoken if tag), None) or view.setting("SystemConfiguration", "defaultLanguage")
    platform = view.setting("SystemConfiguration", "platformName")
    payload = {
        "platform.name": platform,
        "company.name": platform if employer is None else employer.value("legalName"),
        "operator.name": operator.value("displayName"),
    }
    return Notice(event, operator.address, str(operator.value("email")), str(language), payload)


_OUT = "the person cannot enter"
_IN = "the person can enter again"

LIFECYCLE = Lifecycle(
    states=("registered", "active", "suspended", "blocked", "deleted"),
    entry="active",
    edges=(
        Edge(
            "registered",
            "active",
            "walked when the company becomes active; the person is told",
            risks=(Risk.SENDS_MAIL,),
            walker="system",
        ),
        Edge("registered", "blocked", _OUT, risks=(Risk.LOCKS_OUT,)),
        Edge("active", "suspended", _OUT, risks=(Risk.LOCKS_OUT,)),
        Edge("suspended", "active", _IN),
        Edge("active", "blocked", _OUT, risks=(Risk.LOCKS_OUT,)),
        Edge("suspended", "blocked", _OUT, risks=(Risk.LOCKS_OUT,)),
        Edge("blocked", "active", _IN),
        Edge("blocked", "deleted", "tombstone, kept for the audit log", risks=(Risk.IRREVERSIBLE,)),
    ),
    tombstone="deleted",
    stopped=("suspended", "blocked"),
)

_NO_CREDENTIALS = "credentials are never part of a manifest; the person sets the password through the mailed link"

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Operator
metadata:
  name: root
spec:
  email: root@example.com
  displayName: Rita Fonseca
  role: administrator
  language: pt-PT
"""

KIND = Kind(
    name="Operator",
    table="operators",
    group=Group.ORGANISATIONS,
    order=30,
    level=Level.BOTH,
    spec=OperatorSpec,
    description="A person who works in the back office, and who stands behind a run of the command line.",
    lifecycle=LIFECYCLE,
    deletion=Deletion.PATH,
    entry_state=entry_state,
    guardian=is_active_administrator,
    guardian_code="OPR-04",
    principal=principal,
    conditions={
        "issuer operators only": _with_role("issuer"),
        "role partner or issuer": _with_role("partner", "issuer"),
        "role issuer": _with_role("issuer"),
    },
    sensitive=("*",),
    refused=dict.fromkeys(("password", "pin", "token", "credentials"), ("OPR-05", _NO_CREDENTIALS)),
    status=(
        Status(
            path="stoppedBy",
            column="stopped_by",
            type="enum",
            words=("administrator", "distributor", "partner", "issuer"),
            description="Level of whoever walked the last edge into suspended or blocked.",
        ),
    ),
    unique=(Unique(code="OPR-02", paths=("email",), at="email", fold=True),),
    rules=(place_fits_role, auditor_has_a_scope, auditor_access_ends),
    texts=(
        RuleText(
            "OPR-02",
            Severity.ERROR,
            Phase.REFERENCE,
            "email of an Operator is unique over the whole platform, compared case-folded, tombstones included.",
        ),
        RuleText(
            "OPR-05",
            Severity.ERROR,
            Phase.SCHEMA,
            "password, pin, token and credentials are no fields of an Operator.",
        ),
    ),
    on_change=on_change,
    effects=effects,
    example=EXAMPLE,
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("self")),
        rights(
            "create",
            A=may("all"),
            D=may("tree", "role partner or issuer", code="OPR-03"),
            P=may("own", "role partner or issuer", code="OPR-03"),
            I=may("own", "role issuer", code="OPR-03"),
            U=no("OPR-06"),
        ),
        rights(
            "update",
            "displayName",
            "phone",
            "language",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            I=may("own"),
            U=no("OPR-06"),
        ),
        nobody("GEN-05", "update", "email", "role", "issuer"),
        rights("update", "auditScope", "validUntil", A=may("all"), U=no("OPR-06")),
        rights(
            "update", "credentialsResetToken", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=no("OPR-06")
        ),
        nobody("LIF-05", "transition", "state", edge="registered->active"),
        rights(
            "transition",
            "state",
            edge="registered->blocked",
            A=may("all", "not self", code="OPR-04"),
            D=may("own", "issuer operators only", code="PRM-04"),
            P=may("own", "issuer operators only", code="PRM-04"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->suspended",
            A=may("all", "not self", code="OPR-04"),
            D=may("tree", "not self", code="OPR-04"),
            P=may("own", "not self", code="OPR-04"),
            I=may("own", "not self", code="OPR-04"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->active",
            A=may("all", "not self", code="OPR-04"),
            D=may("tree", "not self; level of stopper", code="OPR-04; LIF-03"),
            P=may("own", "not self; level of stopper", code="OPR-04; LIF-03"),
            I=may("own", "not self; level of stopper", code="OPR-04; LIF-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="active->blocked",
            A=may("all", "not self", code="OPR-04"),
            D=may("own", "issuer operators only", code="PRM-04"),
            P=may("own", "issuer operators only", code="PRM-04"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="suspended->blocked",
            A=may("all", "not self", code="OPR-04"),
            D=may("own", "issuer operators only", code="PRM-04"),
            P=may("own", "issuer operators only", code="PRM-04"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="blocked->active",
            A=may("all", "not self", code="OPR-04"),
            D=may("own", "issuer operators only; level of stopper", code="PRM-04; LIF-03"),
            P=may("own", "issuer operators only; level of stopper", code="PRM-04; LIF-03"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
        rights(
            "transition",
            "state",
            edge="blocked->deleted",
            A=may("all", "not self", code="OPR-04"),
            D=may("own", "issuer operators only", code="PRM-04"),
            P=may("own", "issuer operators only", code="PRM-04"),
            I=no("PRM-03"),
            U=no("OPR-06"),
            C=no("PRM-03"),
            N=no("PRM-03"),
        ),
    ),
)
