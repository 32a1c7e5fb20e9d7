"""What moved between two plans that should be one: the manifests, rows of the database, or the rules."""

from __future__ import annotations

from reconciler.engine.lens import Lens
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
    before = {one.address: one.rev for one in reviewed.preconditions}
    after = {one.address: one.rev for one in now.preconditions}
    known = sorted(set(before) | set(after))
    found = [f"{one}" for one in known if before.get(one, "?") != after.get(one, "?")]
    if not found:
        return []
    if lens is not None:
        found = [f"{one}" for one in known if before.get(one, "?") != after.get(one, "?") and lens.sees(one)]
    if not found:
        return ["rows of the database that you may not read have moved"]
    shown = ", ".join(found[:_LISTED]) + (f" and {len(found) - _LISTED} more" if len(found) > _LISTED else "")
    return [f"rows of the database have moved: {shown}"]
