"""Consent: the agreement with a plan, as plan, apply, approve and owners judge it alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.engine.approve import classify, rules_mark, weigh, weighty
from reconciler.model.address import Address
from reconciler.model.approval import NO_AUTHORS, Approvals, CommitAuthors, Consent, Reason
from reconciler.model.authorization import Carriers
from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.request import Doors, Request
from reconciler.ports import AuthorReader

_UNKNOWN = CommitAuthors(state="unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What became of it: approvals for the plan, how they were judged, and who carries the plan with them."""

    approvals: Approvals
    consent: Consent
    carriers: Carriers | None


def agree_on(
    doors: Doors,
    request: Request,
    made: Plan,
    *,
    rights: Rights,
    view: View,
    carriers: Carriers | None,
    authors: CommitAuthors | None = None,
) -> Agreement:
    """Judge who agrees. ``authors`` are those who are known already, for a plan that is made again."""
    weight, reasons = classify(made, view)
    live = rights.view.live
    recorded = live is not None and any(one.digest == made.digest for one in live.approvals)
    asked = recorded or bool(request.demand.of(weight))
    if authors is None:
        authors = commit_authors(doors, made, view, reasons) if asked else NO_AUTHORS
    consent = Consent(
        demand=request.demand,
        now=doors.clock(),
        rules=rules_mark(doors.catalog, doors.version) if recorded else "",
        authors=authors,
        makers=makers_of(rights, request, carriers),
    )
    approvals, approvers = weigh(rights, made, view, carriers, consent)
    if carriers is not None and carriers.people:
        carriers = replace(carriers, approvers=approvers)
    return Agreement(approvals=approvals, consent=consent, carriers=carriers)


def makers_of(rights: Rights, request: Request, carriers: Carriers | None) -> frozenset[Address]:
    """The applicant, and whoever made the plan file."""
    found = {one.address for name in request.people.makers if (one := rights.find(name)) is not None}
    applicant = None if carriers is None else carriers.applicant
    return frozenset(found if applicant is None else found | {applicant.address})


def commit_authors(doors: Doors, made: Plan, view: View, reasons: Sequence[Reason]) -> CommitAuthors:
    """Who made the commits that a plan brings: those since the last run that came from a commit.

    What a run left out that looked at a part of the manifests is looked up on its own: a resource that was applied
    from an older commit since that one, and a new resource by its lines.
    """
    commit, reader = made.commit, doors.authors
    if commit is None or reader is None:
        return NO_AUTHORS
    base = next((one.commit for one in doors.store.runs() if one.commit is not None), None)
    first = reader.since(commit, base)
    if first is None:
        return _UNKNOWN
    found = set(first)
    live = view.live
    for change in weighty(made, reasons):
        entry = None if live is None else live.ledger.get(change.address)
        more = _of(reader, change, commit=commit, since=None if entry is None else entry.commit, base=base)
        if more is None:
            return _UNKNOWN
        found |= more
    return CommitAuthors(state="known", emails=frozenset(found))


def _of(
    reader: AuthorReader, change: Change, *, commit: str, since: str | None, base: str | None
) -> frozenset[str] | None:
    """Who made a change that did not come by the commits since ``base`` alone."""
    places: dict[str, list[int]] = {}
    for source in (change.source, *(line.source for line in change.fields)):
        if source is not None:
            places.setdefault(source.file, []).append(source.line)
    if change.action is not Action.CREATE:
        if since in (None, base) or not places:
            return frozenset()
        return reader.since(commit, since, files=sorted(places))
    found: set[str] = set()
    for file, lines in sorted(places.items()):
        some = reader.of_lines(commit, file, first=min(lines), last=max(lines))
        if some is None:
            return None
        found |= some
    return frozenset(found)
