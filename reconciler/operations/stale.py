"""What moved between two plans that should be one: the manifests, rows of the database, or the rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.drift import Written
from reconciler.model.errors import Stale
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.run import Run
from reconciler.ports import LiveStore

_LISTED = 10


def moved(reviewed: Plan, now: Plan, *, lens: Lens | None = None, meanwhile: Sequence[str] = ()) -> Stale:
    """The error that names what moved, of the rows that may be read; ``meanwhile`` says who has moved them."""
    rows = meanwhile or _rows(reviewed, now, lens)
    words = [*_identity(reviewed, now), *_manifests(reviewed, now), *rows]
    if not words:
        words = ["the rules, the waivers or the defaults of this program have changed since"]
    return Stale(
        f"the plan no longer fits: {'; '.join(words)}. Nothing was applied",
        hint="plan again, and have the new plan reviewed",
    )


def meanwhile(
    store: LiveStore, before: Live, now: Live, plans: Iterable[Plan], *, lens: Lens | None = None
) -> list[str]:
    """Who has changed what plans rest on between two readings, a phrase each: another run, or somebody by hand.

    Raises:
        WorldError: the database did not answer.
    """
    about = {one for plan in plans for one in _about(plan)}
    changed = [one for one in sorted(about) if before.row(one) != now.row(one)]
    seen = _seen(changed, lens)
    if not seen:
        return []
    with store.look() as look:
        writes = look.writes(seen)
    by: dict[str, list[Address]] = {}
    for address in seen:
        last = writes[address][-1] if writes.get(address) else None
        by.setdefault("" if last is None else _writer(store, last, lens), []).append(address)
    return [f"{who or 'somebody'} has changed {_shown(found)} since" for who, found in by.items()]


def undone(store: LiveStore, now: Plan, *, lens: Lens | None = None) -> list[str]:
    """Who has undone the run of a rollback of which nothing is left to do, a phrase; empty for any other plan."""
    if not now.rollback or not now.empty:
        return []
    first = next((one for one in store.runs() if one.rollback_of == now.rollback), None)
    return [] if first is None else [f"{_run(first, lens)} has left nothing to undo"]


def _about(plan: Plan) -> Iterator[Address]:
    """What a plan rests on or changes, by all its names."""
    yield from (one.address for one in plan.preconditions)
    for one in plan.changes:
        yield one.address
        if one.previous is not None:
            yield one.previous


def _writer(store: LiveStore, entry: Written, lens: Lens | None) -> str:
    """Who wrote an entry of the journal: a run with who applied it, or a person or program."""
    run = store.find_run(entry.run) if entry.run else None
    if run is None:
        told = entry if lens is None else lens.writer(entry)
        return told.operator or told.application or told.user
    return _run(run, lens)


def _run(run: Run, lens: Lens | None) -> str:
    actor = run.actor if lens is None else lens.person(run.actor)
    undid = f", which undid run {run.rollback_of}," if run.rollback_of else ""
    return f"run {run.id} of {actor}{undid}"


def _identity(reviewed: Plan, now: Plan) -> list[str]:
    found = []
    if reviewed.identity != now.identity:
        found.append("it was made for another database")
    if reviewed.environment != now.environment:
        found.append(
            f"it was made for environment {reviewed.environment or '(none)'}, not {now.environment or '(none)'}"
        )
    return found


def _manifests(reviewed: Plan, now: Plan) -> list[str]:
    if reviewed.manifests == now.manifests:
        return []
    if reviewed.commit and now.commit and reviewed.commit != now.commit:
        return [f"the manifests moved from commit {reviewed.commit[:12]} to {now.commit[:12]}"]
    return ["the manifests have changed"]


def _rows(reviewed: Plan, now: Plan, lens: Lens | None) -> list[str]:
    """Rows that both rest on and that moved, and rows that only one rests on: those may have stayed as they were."""
    before = {one.address: one.rev for one in reviewed.preconditions}
    after = {one.address: one.rev for one in now.preconditions}
    both = [one for one in sorted(before.keys() & after.keys()) if before[one] != after[one]]
    one_alone = sorted(before.keys() ^ after.keys())
    words = []
    if seen := _seen(both, lens):
        words.append(f"rows of the database have moved: {_shown(seen)}")
    if seen := _seen(one_alone, lens):
        words.append(f"it rests on other rows: {_shown(seen)}, which have moved, or a rule or a waiver holds otherwise")
    if not words and (both or one_alone):
        return ["rows of the database that you may not read have moved"]
    return words


def _seen(found: Sequence[Address], lens: Lens | None) -> Sequence[Address]:
    return found if lens is None else [one for one in found if lens.sees(one)]


def _shown(found: Sequence[Address]) -> str:
    return ", ".join(map(str, found[:_LISTED])) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
