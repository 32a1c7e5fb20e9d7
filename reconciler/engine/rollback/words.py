"""What is said of a rollback: its rules, its conflicts with who made them, and what whoever reviews it must know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.engine.rollback.shapes import Conflict, Undoing
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action
from reconciler.model.columns import column_name
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.drift import Written
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.model.rule import RuleText

MOVED = RuleText("RBK-01", Severity.ERROR, Phase.PLAN, "What a run wrote is still there when it is undone.")
UNKEPT = RuleText("RBK-02", Severity.ERROR, Phase.PLAN, "What a run found before it wrote was kept, and is whole.")
WHOLE = RuleText("RBK-03", Severity.ERROR, Phase.PLAN, "A run is undone whole or not at all.")
UNSAYABLE = RuleText("RBK-04", Severity.ERROR, Phase.PLAN, "What is put back can be written as a manifest.")
LATER = RuleText("RBK-05", Severity.WARNING, Phase.PLAN, "No later run wrote the same resources.")
SENT = RuleText("RBK-06", Severity.WARNING, Phase.PLAN, "Mails that a run sent cannot be recalled.")
WISHES = RuleText("RBK-07", Severity.WARNING, Phase.PLAN, "Git is rolled back as well.")
STAYS = RuleText("RBK-08", Severity.WARNING, Phase.PLAN, "What a run created leaves no row behind.")
CLOSED = RuleText("RBK-10", Severity.ERROR, Phase.PLAN, "A former secret that comes back can be opened.")

UNDONE = frozenset(
    {"create", "adopt", "move", "update", "rotate-secret", "transition", "delete", "forget", "refresh", "cascade"}
)
"""The actions that a rollback knows to undo."""

_LISTED = 5
_WAITS = frozenset({Action.HELD, Action.MANUAL, Action.DENIED, Action.BLOCKED_BY})


def told(conflict: Conflict, past: Past, writes: Sequence[Written]) -> Diagnostic:
    """A conflict with the last who wrote there, as the journal knows it."""
    since = written_since(past, writes)
    mine = [
        one
        for one in since
        if conflict.written and (not conflict.columns or one.operation != "update" or conflict.columns & {*one.columns})
    ]
    where = f"{conflict.path} of {conflict.address}" if conflict.path else str(conflict.address)
    return _diagnostic(
        MOVED,
        f"{where} {conflict.what}{_by(mine[-1]) if mine else ''}",
        address=conflict.address,
        path=conflict.path,
        hint="change it by hand or through git; a rollback takes back nothing but what its run wrote",
    )


def unmet(plan: Plan, undoing: Undoing) -> Iterator[Diagnostic]:
    """The parts that a plan does not bring about: a rollback is whole or it is refused."""
    said = {one.address for one in plan.diagnostics if one.severity is Severity.ERROR}
    waiting = {one.address: one for one in plan.changes if one.action in _WAITS}
    planned = {one.address for one in plan.changes}
    gone = {one.address for one in plan.changes if one.action is Action.DELETE}
    for one in undoing.items:
        held = waiting.get(one.address)
        if held is not None and one.address not in said:
            why = held.reason or "a person must do it"
            yield _diagnostic(WHOLE, f"{one.address} cannot be put back: {why}", address=one.address)
        elif one.address not in planned and one.address not in said:
            yield _diagnostic(WHOLE, f"{one.address} cannot be put back by a plan", address=one.address)
        elif one.target is None and one.row is not None and one.address not in gone and held is None:
            tombstone = "" if one.kind.lifecycle is None else one.kind.lifecycle.tombstone
            yield _diagnostic(
                STAYS,
                f"{one.address} was created by the run; it becomes {tombstone or 'unmanaged'}, and its row stays",
                address=one.address,
            )


def remarks(past: Past, undoing: Undoing) -> Iterator[Diagnostic]:
    """What whoever reviews a rollback must know."""
    run = past.run
    commit = "" if run.commit is None else f"; the run came from commit {run.commit[:12]}"
    yield _diagnostic(
        WISHES,
        f"this plan undoes run {run.id} of {run.finished_at}, and git still asks for what the run did",
        hint=f"revert the commit as well, or the next plan from git brings it all back{commit}",
    )
    if run.notices:
        count = f"{run.notices} {'mail' if run.notices == 1 else 'mails'}"
        yield _diagnostic(SENT, f"the run put {count} into the outbox, which cannot be recalled")
    for one in undoing.items:
        later = past.later.get(one.address, ())
        if later:
            shown = ", ".join(later[:_LISTED]) + (f" and {len(later) - _LISTED} more" if len(later) > _LISTED else "")
            yield _diagnostic(
                LATER,
                f"{one.address} was written by later runs too: {shown}",
                address=one.address,
                hint="what they wrote stays",
            )


def closed(past: Past, undoing: Undoing, key: str) -> Iterator[Diagnostic]:
    """Former secrets that were sealed with another key than the one that ``key`` names."""
    for one in undoing.items:
        keys = past.images[one.address].keys
        for path in one.rests:
            if keys.get(column_name(path), key) != key:
                yield unopened(one.address, path)


def unopened(address: Address, path: str) -> Diagnostic:
    """That a former secret would come back in a form that nobody can open."""
    return _diagnostic(
        CLOSED,
        f"the former {path} of {address} cannot be opened with the key of the installation",
        address=address,
        path=path,
        hint="bring the key back with which it was sealed, or go on through git and give the secret anew",
    )


def unsayable(address: Address, why: str, path: str = "") -> Diagnostic:
    """That a former state cannot be put back, because no manifest could say it."""
    return _diagnostic(UNSAYABLE, f"{address} cannot be put back: {why}", address=address, path=path)


def faults_of(catalog: Catalog, past: Past) -> Iterator[Diagnostic]:
    """Why nothing of a run can be undone: what it found was not kept, or what it did has no way back."""
    for words in past.broken:
        yield _diagnostic(UNKEPT, f"the audit of run {past.run.id} is broken: {words}", hint="history verify says more")
    lacking = sorted({one.address for one in past.changes if not one.kept and one.action in UNDONE})
    if lacking and not past.broken:
        shown = ", ".join(map(str, lacking[:_LISTED])) + (
            f" and {len(lacking) - _LISTED} more" if len(lacking) > _LISTED else ""
        )
        yield _diagnostic(
            UNKEPT,
            f"what run {past.run.id} found before it wrote is not kept: {shown}",
            hint="older versions kept nothing, or too little of what a run moved and changed at once, and images may"
            " have been thrown away since; change it through git",
        )
    for one in past.changes:
        if one.action not in UNDONE:
            summary = f"the run did {one.action!r} to {one.address}, which no rollback undoes"
            yield _diagnostic(WHOLE, summary, address=one.address, hint="undo it with the verb that did it")
        elif one.address.kind not in catalog:
            yield _diagnostic(WHOLE, f"{one.address} is of a kind that this version does not know")


def written_since(past: Past, writes: Sequence[Written]) -> list[Written]:
    """The entries of the journal behind those of the run itself."""
    mine = [place for place, one in enumerate(writes) if one.run == past.run.id]
    return list(writes[mine[-1] + 1 :]) if mine else list(writes)


def _by(entry: Written) -> str:
    if entry.run:
        return f" by run {entry.run}{f' of {entry.operator}' if entry.operator else ''} at {entry.at}"
    who = entry.operator or entry.application or entry.user
    return f" by {who} at {entry.at}" if who else f" at {entry.at}"


def _diagnostic(
    rule: RuleText, summary: str, *, address: Address | None = None, path: str = "", hint: str = ""
) -> Diagnostic:
    return Diagnostic(
        code=rule.code,
        severity=rule.severity,
        phase=rule.phase,
        summary=summary,
        address=address,
        path=path,
        hint=hint,
    )
