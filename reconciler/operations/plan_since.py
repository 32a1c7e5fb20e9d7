"""plan --base: the plan of a branch beside that of the commit that it began at, over the same live data."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.errors import InvalidManifests
from reconciler.operations.plan import propose, read
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two proposals over one read of the live data. ``base`` is None where its manifests hold errors."""

    head: Proposal
    base: Proposal | None


def plan_since(doors: Doors, request: Request, base: Doors) -> Pair:
    """Make both plans; ``base`` reads the manifests of the commit before; its database is not asked.

    Raises:
        InvalidManifests: the manifests of the branch hold errors.
        WorldError: a file, a repository or the database did not answer.
    """
    judged = read(doors, request)
    live = doors.store.read()
    head = propose(doors, request, judged, live)
    try:
        return Pair(head=head, base=propose(base, request, read(base, request), live))
    except InvalidManifests:
        return Pair(head=head, base=None)
