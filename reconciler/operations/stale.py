"""What moved between two plans that should be one: the manifests, rows of the database, or the rules."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.errors import Stale
from reconciler.model.plan import Plan

_LISTED = 10


def moved(reviewed: Plan, now: Plan, *, lens: Lens | None = None) -> Stale:
    """The error that names what moved, of the rows that may be read."""
    words = [*_identity(reviewed, now), *_manifests(reviewed, now), *_rows(reviewed, now, lens)]
    if not words:
        words = ["the rules, the waivers or the defaults of this program have changed since"]
    return Stale(
        f"the plan no longer fits: {'; '.join(words)}. Nothing was applied",
        hint="plan again, and have the new plan reviewed",
    )


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
