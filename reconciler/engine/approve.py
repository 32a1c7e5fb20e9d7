"""Approve: how much a plan weighs, which approvals of it count, and what is missing (GEN-25).

An approval counts while nothing that it rests on has changed: the digest, the rules of the program, who the approver
is. Whoever made the plan, applies it, or made a commit that it brings, never counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler.model.address import Address
from reconciler.model.approval import Approval, Approvals, Consent, Given, PlanClass, Reason, Void
from reconciler.model.authorization import Carriers
from reconciler.model.canonical import plain_json
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.encode import field_value
from reconciler.model.formats import folded
from reconciler.model.given import paths_of
from reconciler.model.kind import Kind
from reconciler.model.letting import takes_out_of_sight
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.tool import TOOL
from reconciler.model.view import Entity, View

LARGE = (Risk.IRREVERSIBLE, Risk.BILLING_IMPACT)
"""Risks that need the approval of an administrator who is not the author."""

SKEW = timedelta(minutes=5)
"""By how much the clock of an approver may be ahead of that of whoever applies."""

_EVERYTHING = "*"
_LISTED = 10


# --- classes ---------------------------------------------------------------------------------------------------------


def classify(plan: Plan, view: View) -> tuple[PlanClass, tuple[Reason, ...]]:
    """The class of a plan, and what makes it one: each address once, with everything that weighs as much."""
    critical = [Reason(one.address, risk.value) for one in plan.changes for risk in LARGE if risk in one.risks]
    if critical:
        return PlanClass.CRITICAL, tuple(dict.fromkeys(critical))
    found = [Reason(one.address, what) for one in plan.changes for what in _sensitive(one, view)]
    return (PlanClass.SENSITIVE if found else PlanClass.ORDINARY), tuple(dict.fromkeys(found))


def _sensitive(change: Change, view: View) -> Iterator[str]:
    """What of a change feeds rights, or binds everybody."""
    kind = view.catalog.get(change.address.kind)
    if kind is None or not kind.sensitive:
        return
    if change.action is Action.MOVE or takes_out_of_sight(change, view):
        yield _words(change)
        return
    if not change.writes:
        return
    if kind.sensitive == (_EVERYTHING,):
        yield _words(change)
        return
    for path in kind.sensitive:
        lines = [one for one in paths_of(change.fields) if _within(one, path)]
        if change.action is Action.CREATE:
            lines = [one for one in lines if _chosen(kind, view.at(change.address), one)]
        if lines:
            yield f"field {path}"


def _words(change: Change) -> str:
    return f"edge {change.edge}" if change.edge is not None else change.action.value


def _within(path: str, declared: str) -> bool:
    return declared in {_EVERYTHING, path} or path.startswith(f"{declared}.")


def _chosen(kind: Kind, entity: Entity | None, path: str) -> bool:
    """Whether the manifest of a new resource gives a field another value than its default."""
    resource = None if entity is None else entity.resource
    field = kind.by_path.get(path)
    if resource is None or field is None:
        return True
    return resource.given(path) and field_value(field, resource) != field.default


# --- what an approval rests on ---------------------------------------------------------------------------------------


def rules_mark(catalog: Catalog, version: str) -> str:
    """A fingerprint of the rules by which plans are made and judged: the program's version and its declarations."""
    kinds = {
        name: {
            "allow": [repr(one) for one in kind.allow],
            "rules": sorted(one.code for one in kind.rules),
            "edges": [] if kind.lifecycle is None else [repr(one) for one in kind.lifecycle.edges],
            "sensitive": list(kind.sensitive),
            "fields": [one.path for one in kind.fields],
        }
        for name, kind in catalog.items()
    }
    return _mark({"version": version, "kinds": kinds, "tool": [repr(one) for one in TOOL]})


def standing(rights: Rights, who: Principal) -> str:
    """A fingerprint of who somebody is: role, company and scope, and the revision of the own record.

    So an operator who was stopped and let in again has another one, and so has one whose record was edited.
    """
    entity = rights.view.at(who.address)
    row = None if entity is None else entity.row
    return _mark(
        {
            "address": str(who.address),
            "known_as": folded(who.known_as),
            "role": who.role.value,
            "company": str(who.company or ""),
            "scope": sorted(map(str, who.scope)),
            "rev": None if row is None or entity is None else str(row[entity.kind.index["rev"]]),
        }
    )


def _mark(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(plain_json(dict(content)) or repr(content).encode()).hexdigest()


def instant(text: str) -> datetime | None:
    """A time of RFC 3339; None for what is none: other programs write into the database too."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


# --- which count -----------------------------------------------------------------------------------------------------


def weigh(
    rights: Rights, plan: Plan, view: View, carriers: Carriers | None, consent: Consent
) -> tuple[Approvals, tuple[Principal, ...]]:
    """The agreement with a plan, and the operators whose recorded approval of its digest counts.

    Those who ask agree by asking, but for the applicant; where no approval is needed, they carry parts of the plan and
    nothing is said of approvals. Recorded approvals are those of the live database.
    """
    weight, reasons = classify(plan, view)
    installs = carriers is not None and bool(carriers.installer)
    needed = 0 if installs and weight is PlanClass.SENSITIVE else consent.demand.of(weight)
    given: dict[Address, Given] = {}
    void: dict[Address, Void] = {}
    recorded: list[Principal] = []
    people = () if carriers is None else carriers.people
    for at, one in _recorded(rights, plan):
        who = _approver(rights, at)
        why, until = _why_void(rights, who, one, consent)
        if why or who is None:
            void[at] = Void(at, one.approver if who is None else who.known_as, why)
        else:
            given[at] = Given(at, who.known_as, until)
            recorded.append(who)
    for who in people[1:]:
        why = _why_not(rights, who, consent)
        if not why:
            void.pop(who.address, None)
        if needed and not why:
            given.setdefault(who.address, Given(who.address, who.known_as))
        elif needed and who.address not in given:
            void[who.address] = Void(who.address, who.known_as, why)
    made = Approvals(
        weight=weight,
        needed=needed,
        given=tuple(given[one] for one in sorted(given)),
        void=tuple(void[one] for one in sorted(void)),
        reasons=reasons,
        authors=consent.authors.state,
    )
    return made, tuple(recorded)


def may_approve(rights: Rights, who: Principal, consent: Consent) -> str:
    """The code with which somebody is refused who approves; empty for one who may."""
    return rights.uses(who, "approve", author=_made_it(who, consent)).code


def candidates(rights: Rights, consent: Consent) -> tuple[Principal, ...]:
    """Everybody who could approve, in order of address."""
    found = (one for one in rights.principals() if not may_approve(rights, one, consent))
    return tuple(sorted(found, key=lambda one: one.address))


def _made_it(who: Principal, consent: Consent) -> bool:
    return who.address in consent.makers or folded(who.known_as) in consent.authors.emails


def _recorded(rights: Rights, plan: Plan) -> Iterator[tuple[Address, Approval]]:
    """The approvals of a digest, by approver. What names nobody was written by another program, and is none."""
    live = rights.view.live
    for one in () if live is None else live.approvals:
        if one.digest == plan.digest:
            try:
                yield Address.parse(one.approver), one
            except ValueError:
                continue


def _approver(rights: Rights, address: Address) -> Principal | None:
    entity = rights.view.at(address)
    return None if entity is None or entity.kind.principal is None else rights.principal_of(entity)


def _why_not(rights: Rights, who: Principal, consent: Consent) -> str:
    """Why the agreement of a person does not count; empty when it does."""
    if consent.authors.state == "unknown":
        return "git does not tell who made the commits"
    if _made_it(who, consent):
        return "made or applies the plan, or made a commit of it"
    verdict = rights.uses(who, "approve")
    if verdict.allowed:
        return ""
    return who.barred or f"is no administrator but {who.role.value}"


def _why_void(rights: Rights, who: Principal | None, one: Approval, consent: Consent) -> tuple[str, str]:
    """Why a recorded approval does not count, or until when it does."""
    if who is None:
        return "is no operator any more", ""
    why = _why_not(rights, who, consent)
    if why:
        return why, ""
    if one.rules != consent.rules:
        return "the rules of the program have changed since", ""
    if one.rights != standing(rights, who):
        return "the record of the approver has changed since", ""
    began, ends = instant(one.approved_at), instant(one.valid_until)
    if began is None or ends is None or began > consent.now + SKEW:
        return "its times are none", ""
    ends = min(ends, began + consent.demand.valid_for)
    if ends <= consent.now:
        return f"it held until {_text(ends)}", ""
    return "", _text(ends)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- what is missing -------------------------------------------------------------------------------------------------


def missing(found: Approvals, *, local: bool) -> list[Diagnostic]:
    """The refusal of a plan that lacks approvals (GEN-25), or nothing."""
    if not found.missing:
        return []
    addresses = list(dict.fromkeys(str(one.address) for one in found.reasons))
    more = len(addresses) - _LISTED + found.hidden if len(addresses) > _LISTED else found.hidden
    shown = ", ".join(addresses[:_LISTED]) + (f" and {more} more" if more else "")
    what = ", ".join(dict.fromkeys(one.what for one in found.reasons)) if found.weight is PlanClass.CRITICAL else ""
    tags = what or found.weight.value
    who = "an active administrator who is" if found.needed == 1 else f"{found.needed} active administrators who are"
    count = "approval" if found.needed == 1 else "approvals"
    detail = [f"It is about {shown}."] if shown else []
    detail += [f"The approval of {one.known_as} does not count: {one.why}." for one in found.void]
    hint = "have it approved with reconciler approve PLANFILE; reconciler owners PLANFILE says who may"
    if local:
        hint += "; or add --as EMAIL of an administrator behind your own"
    if found.authors == "unknown":
        hint = "apply in a clone with its whole history, so that git can tell who made the commits"
    return [
        Diagnostic(
            code="GEN-25",
            severity=Severity.ERROR,
            phase=Phase.PLAN,
            summary=f"a plan that is {tags} needs the {count} of {who} not its author: "
            f"{len(found.given)} of {found.needed} given",
            detail=" ".join(detail),
            hint=hint,
        )
    ]


def guardians(catalog: Catalog, live: Live) -> Iterator[Entity]:
    """Everybody in the live database who keeps the doors open: the active administrators."""
    for name, kind in catalog.items():
        if kind.guardian is None:
            continue
        for (tenant, own), row in live.rows.get(name, {}).items():
            entity = Entity(Address(name, tenant, own), kind, None, row)
            if kind.guardian(entity):
                yield entity


def weighty(plan: Plan, reasons: Sequence[Reason]) -> tuple[Change, ...]:
    """The changes that give a plan its class."""
    addresses = {one.address for one in reasons}
    return tuple(one for one in plan.changes if one.address in addresses)
