"""Consent: the agreement with a plan, as plan, apply, approve and owners judge it alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.engine.approve import classify, rules_mark, weigh, weighty
from reconciler.model.address import Address
from reconciler.model.approval import NO_AUTHORS, Approvals, CommitAuthors, Consent, Reason
from reconciler.model.authorization import Carriers
from reconciler.model.change import Action, Change
from reconciler.model.dataclass import dataclass
from reconciler.model.plan import Plan
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.request import Doors, Request

Span = tuple[int, int]
"""The first and the last of some lines of a file."""

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

    What that run may have left out is looked up on its own: a resource that was applied from another commit since that
    one, a new resource by its lines, and by the changed lines one that was applied from no commit.
    """
    commit, reader = made.commit, doors.authors
    if commit is None or reader is None:
        return NO_AUTHORS
    base = next((one.commit for one in doors.store.runs() if one.commit is not None), None)
    first = reader.since(commit, base)
    if first is None:
        return _UNKNOWN
    files: dict[str, set[str]] = {}
    spans: dict[str, set[Span]] = {}
    for change in weighty(made, reasons):
        _look_at(change, _since(view, change), base, files=files, spans=spans)
    answers = [reader.since(commit, since, files=sorted(some)) for since, some in sorted(files.items())]
    answers += [reader.of_lines(commit, file, sorted(some)) for file, some in sorted(spans.items())]
    found = set(first)
    for answer in answers:
        if answer is None:
            return _UNKNOWN
        found |= answer
    return CommitAuthors(state="known", emails=frozenset(found))


def _since(view: View, change: Change) -> str | None:
    """The commit from which a resource was applied last."""
    entry = None if view.live is None else view.live.ledger.get(change.address)
    return None if entry is None else entry.commit


def _look_at(
    change: Change, since: str | None, base: str | None, *, files: dict[str, set[str]], spans: dict[str, set[Span]]
) -> None:
    """Add where to look for those who made a change that did not come by the commits since ``base`` alone."""
    lines = [line.source for line in change.fields if line.source is not None]
    places = [*lines, *([change.source] if change.source is not None else [])]
    if change.action is Action.CREATE:
        for file in {one.file for one in places}:
            mine = [one.line for one in places if one.file == file]
            spans.setdefault(file, set()).add((min(mine), max(mine)))
    elif since is None:
        # It was applied from no commit: whoever wrote its changed lines may have done so before the last run.
        for one in lines:
            spans.setdefault(one.file, set()).add((one.line, one.line))
    elif since != base and places:
        files.setdefault(since, set()).update(one.file for one in places)
