"""Steps: from a difference to a draft. Life cycles are walked here, and removals decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.engine.plan.draft import PROTECT, Draft
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.difference import Difference, Standing
from reconciler.model.kind import Deletion
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import View

NO_PATH = RuleText("LIF-01", Severity.ERROR, Phase.PLAN, "There is a path from the live state to the wanted one.")
BY_HAND = RuleText("LIF-04", Severity.MANUAL, Phase.PLAN, "An edge that only a person can walk is a manual action.")
BY_SYSTEM = RuleText("LIF-05", Severity.ERROR, Phase.PLAN, "An edge that the system walks cannot be asked for.")
BURIED = RuleText("LIF-06", Severity.ERROR, Phase.PLAN, "A tombstone accepts no change.")
RETAINED = RuleText("GEN-08", Severity.ERROR, Phase.PLAN, "A retained resource is never pruned out of a living state.")
PROTECTED = RuleText("GEN-20", Severity.ERROR, Phase.PLAN, "A protected resource is neither deleted nor buried.")
HELD = RuleText("GEN-21", Severity.WARNING, Phase.PLAN, "A delete is held unless pruning is asked for.")

Told = Iterator[tuple[RuleText, Finding]]
STATE = "state"


@dataclass(slots=True, kw_only=True)
class Notes:
    """What is to be reported about one draft."""

    found: list[tuple[RuleText, Finding]]

    def tell(self, rule: RuleText, summary: str, *, at: str = "", hint: str = "", code: str = "") -> None:
        """Keep a finding."""
        self.found.append((rule, Finding(summary, at=at, hint=hint, code=code)))


def draft(
    view: View, difference: Difference, *, prune: bool, unfinished: Collection[str] = ()
) -> tuple[Draft, list[tuple[RuleText, Finding]]]:
    """The draft of one difference, and what is to be said about it.

    Nothing is pruned that stood in a file of ``unfinished``: such a file may have been cut off.
    """
    made = Draft(difference=difference, reason=difference.reason)
    notes = Notes(found=[])
    match difference.standing:
        case Standing.GONE:
            made.removed = True
            _remove(made, notes, prune=prune, unfinished=unfinished)
        case Standing.STALE:
            made.refreshes = True
        case _:
            _want(view, made, notes)
    made.settle()
    return made, notes.found


def _want(view: View, made: Draft, notes: Notes) -> None:
    """A declared resource: created, or brought to what its manifest says."""
    difference, entity, kind = made.difference, made.entity, made.entity.kind
    made.creates = difference.standing is Standing.NEW
    made.adopts = difference.standing is Standing.UNOWNED
    if made.adopts and not made.reason:
        made.reason = "a manifest names it now"
    if kind.lifecycle is None:
        return
    start = entity.live_state
    if made.creates and entity.resource is not None:
        start = kind.lifecycle.entry
        if kind.entry_state is not None:
            start = kind.entry_state(entity.resource, view)
        made.entry = start
    elif start and start == kind.lifecycle.tombstone:
        _leave_the_dead(made, notes, kind.lifecycle)
        return
    if difference.state is not None:
        _walk(made, notes, kind.lifecycle, start=start, goal=str(difference.state.after))


def _leave_the_dead(made: Draft, notes: Notes, lifecycle: Lifecycle) -> None:
    difference = made.difference
    changes = [*difference.fields, *difference.secrets]
    if difference.state is not None:
        changes.append(difference.state)
    for change in changes:
        made.frozen = True
        notes.tell(
            BURIED,
            f"{made.address} is {lifecycle.tombstone}: {change.path} cannot change any more",
            at=change.path,
            hint="write what the database holds, or remove the manifest: the row stays",
            code=lifecycle.tombstone_code,
        )


def _walk(made: Draft, notes: Notes, lifecycle: Lifecycle, *, start: str, goal: str, at: str = STATE) -> bool:
    """Take the shortest path from ``start`` to ``goal``; false when nobody can walk it whole."""
    path = lifecycle.path(start, goal)
    if path is None:
        onward = ", ".join(sorted({edge.target for edge in lifecycle.onward(start) if edge.walker != "system"}))
        notes.tell(
            NO_PATH,
            f"{made.address} is {start or 'in no state'}, and no path leads from there to {goal}",
            at=at,
            hint=f"from {start} it can go to {onward}" if onward else f"nothing leads out of {start}",
        )
        return False
    alone = next((edge for edge in path if edge.walker == "system"), None)
    if alone is not None:
        notes.tell(
            BY_SYSTEM,
            f"{made.address} cannot be asked to go {alone}: {alone.effect or 'the system walks this edge alone'}",
            at=at,
            hint="leave state out; it is not managed then",
        )
        return False
    for place, edge in enumerate(path):
        if edge.walker == "human":
            made.edges, made.manual = path[:place], edge
            notes.tell(
                BY_HAND,
                f"{made.address} goes {edge} by the hand of a person: {edge.effect or 'it cannot be applied'}",
                at=at,
                hint="do it, and plan again; nothing beyond this step is planned",
            )
            return False
    made.edges = path
    if made.buries and made.entity.live(PROTECT):
        notes.tell(
            PROTECTED,
            f"{made.address} is protected and cannot go to {made.tombstone}",
            at=at,
            hint="lift lifecycle.protect in an apply of its own first",
        )
        made.edges = ()
        return False
    return True


# --- removals --------------------------------------------------------------------------------------------------------


def _remove(made: Draft, notes: Notes, *, prune: bool, unfinished: Collection[str]) -> None:
    """A managed resource whose manifest is gone."""
    entity, kind = made.entity, made.entity.kind
    made.reason = made.reason or "its manifest is gone"
    lost = "has no manifest any more" if made.difference.restore is None else "was made by the run that is undone"
    if not entity.exists:
        made.forgets, made.reason = True, "its manifest and its row are gone"
        return
    if made.tombstone and entity.live_state == made.tombstone:
        made.forgets, made.reason = True, f"its manifest is gone; it is {made.tombstone}, and the row stays"
        return
    entry = made.difference.entry
    if entry is not None and entry.management == "createOnly":
        made.forgets, made.reason = True, "its manifest is gone; it was only to be created, and the row stays"
        return
    if kind.deletion is Deletion.NEVER:
        made.held = "a resource of this kind is never deleted"
        notes.tell(HELD, f"{made.address} {lost}, and {made.held}", hint="bring the manifest back")
        return
    if not prune:
        made.held = "pruning was not asked for"
        notes.tell(
            HELD,
            f"{made.address} has no manifest any more; its delete is held",
            hint="ask for it with --prune, or bring the manifest back",
        )
        return
    file = "" if entry is None else entry.source.rpartition(":")[0]
    if file in unfinished:
        made.held = f"{file} may have been cut off"
        notes.tell(
            HELD,
            f"{made.address} has no manifest any more, but {made.held}; its delete is held",
            hint=f"end {file} with a line end, or remove the file when nothing is left in it",
        )
        return
    if entity.live(PROTECT):
        made.held = "it is protected"
        notes.tell(
            PROTECTED,
            f"{made.address} is protected and cannot be deleted",
            hint="bring its manifest back and lift lifecycle.protect in an apply of its own first",
        )
        return
    match kind.deletion:
        case Deletion.RETAINED:
            made.held = f"it must reach {made.tombstone} first"
            notes.tell(
                RETAINED,
                f"{made.address} is {entity.live_state} and is never pruned; it must reach {made.tombstone} first",
                hint=f"bring the manifest back with state: {made.tombstone}, apply, and remove it then",
            )
        case Deletion.PATH if kind.lifecycle is not None:
            made.forgets = _walk(made, notes, kind.lifecycle, start=entity.live_state, goal=made.tombstone, at="")
        case _:
            made.deletes = _walk_out(made, notes)


def _walk_out(made: Draft, notes: Notes) -> bool:
    """Walk to a state out of which a row may be deleted; false when there is no way."""
    kind, start = made.entity.kind, made.entity.live_state
    if kind.lifecycle is None or not kind.delete_from or start in kind.delete_from:
        return True
    ways: list[tuple[int, str, tuple[Edge, ...]]] = []
    for goal in kind.delete_from:
        path = kind.lifecycle.path(start, goal)
        if path is not None and all(edge.walker == "operator" for edge in path):
            ways.append((len(path), goal, path))
    if not ways:
        states = " or ".join(kind.delete_from)
        notes.tell(NO_PATH, f"{made.address} is {start} and can be deleted out of {states} only", hint="stop it first")
        made.held = f"it is {start}"
        return False
    made.edges = min(ways, key=lambda way: way[:2])[2]
    return True
