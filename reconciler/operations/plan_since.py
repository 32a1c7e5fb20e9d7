"""plan --base: the plan of a branch beside that of the commit that it began at, over the same live data."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

from reconciler.model.dataclass import dataclass
from reconciler.model.errors import InvalidManifests
from reconciler.operations.plan import propose, read
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Former, Request
from reconciler.operations.validate import Judged


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
    former = _read(base, request)
    live = doors.store.read()
    if former is None:
        return Pair(head=propose(doors, request, judged, live), base=None)
    # What git has not changed since denies nobody, and nothing of the base does: only what is new is the branch's.
    told = replace(request, former=partial(_former, former))
    head = propose(doors, told, judged, live)
    try:
        return Pair(head=head, base=propose(base, replace(told, remarks=()), former, live))
    except InvalidManifests:
        return Pair(head=head, base=None)


def since(base: Doors, request: Request) -> Request:
    """The request of a plan that was made with a base, to make it again. That is read once, where it matters at all."""

    @cache
    def former() -> Former | None:
        found = _read(base, request)
        return None if found is None else _former(found)

    return replace(request, former=former)


def _read(base: Doors, request: Request) -> Judged | None:
    try:
        return read(base, request)
    except InvalidManifests:
        return None


def _former(found: Judged) -> Former:
    return Former(found.resources, found.moves, found.read_file)
