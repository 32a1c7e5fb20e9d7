"""Approval: somebody agrees with a plan, by its digest; and how many agree with which class of plan.

An approval belongs to a digest and to nothing else: another plan needs another one. It is never used up, for applying
the same plan twice is one run.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass


class PlanClass(StrEnum):
    """How much a plan weighs, from light to heavy. The heaviest of its changes counts."""

    ORDINARY = "ordinary"
    SENSITIVE = "sensitive"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Approval:
    """One recorded approval. Times are RFC 3339 in UTC.

    ``approver`` is the address of the operator. ``rights`` is a fingerprint of what the approver was then, ``rules``
    one of the rules of the program; when one of them is another now, the approval is void.
    """

    digest: str
    approver: str
    approved_at: str
    valid_until: str
    rights: str
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """How many approvals a plan needs, by its class, and how long one holds.

    A critical plan needs at least one, whatever is configured (GEN-25).
    """

    sensitive: int = 0
    critical: int = 1
    valid_for: timedelta = timedelta(hours=24)

    def of(self, weight: PlanClass) -> int:
        """The number for a class."""
        if weight is PlanClass.CRITICAL:
            return max(1, self.critical)
        return self.sensitive if weight is PlanClass.SENSITIVE else 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a plan has its class: ``what`` at an address."""

    address: Address
    what: str


@dataclass(frozen=True, slots=True)
class Given:
    """An approval that counts. ``valid_until`` is empty for one that is given by the very call (``--as``).

    ``known_as`` is how people know the approver; it is the role where those who look may not read the person.
    """

    approver: Address
    known_as: str
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class Void:
    """An approval that does not count, and why."""

    approver: Address
    known_as: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What became of the agreement that a plan needs.

    ``reasons`` are those of its class; ``hidden`` counts those that may not be read. ``authors`` says who made the
    commits: ``known``, ``none`` for manifests that belong to no commit, or ``unknown`` where git does not tell; then
    nobody can be told from an author, and nothing that needs an approval is applied.
    """

    weight: PlanClass = PlanClass.ORDINARY
    needed: int = 0
    given: tuple[Given, ...] = ()
    void: tuple[Void, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hidden: int = 0
    authors: str = "none"

    @property
    def missing(self) -> int:
        """How many more are needed."""
        return max(0, self.needed - len(self.given))

    @property
    def valid_until(self) -> str:
        """When the first of the recorded ones ends; empty when none is recorded."""
        return min((one.valid_until for one in self.given if one.valid_until), default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOwners:
    """Who could carry one part of a plan that is denied: role words, and operators by name who may be named."""

    address: Address | None
    verb: str
    what: str
    reason: str
    code: str
    roles: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who could carry what is denied of a plan, and who could approve it.

    ``approvers`` are those who have not approved it yet, as far as they may be named. ``planner`` is for whom it was
    judged, empty when it was made for nobody: then no part is told.
    """

    digest: str
    approvals: Approvals
    approvers: tuple[str, ...]
    planner: str
    parts: tuple[PartOwners, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitAuthors:
    """Who made the commits that a plan brings: ``state`` as :attr:`Approvals.authors`, and folded addresses of mail."""

    state: str = "none"
    emails: frozenset[str] = frozenset()


NO_AUTHORS = CommitAuthors()
"""Of a plan that came from no commit, or that needs no agreement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """How approvals are judged. ``now`` is the time of day, never that of rules; ``rules`` is their fingerprint."""

    demand: Demand
    now: datetime
    rules: str
    authors: CommitAuthors = NO_AUTHORS
    makers: frozenset[Address] = frozenset()
    """Operators who made the plan, or apply it."""
