"""Drift: what the world changed behind git's back, who did it and since when, as values.

A :class:`Deviation` is what the comparison found. A :class:`DriftFinding` is the same with its writer, its commit and
its state; a :class:`DriftReport` holds them all, and every output is made from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from reconciler.model.address import Address
from reconciler.model.columns import snake
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.source import Source
from reconciler.model.waiver import Waiver


class Sort(StrEnum):
    """What is off: a field of a managed row, a managed row that is gone, or a row that no manifest has ever named."""

    CHANGED = "changed"
    MISSING = "missing"
    UNMANAGED = "unmanaged"


class FindingState(StrEnum):
    """How a finding stands: first seen now, seen before and written down, waived, or gone since it was written down."""

    NEW = "new"
    KNOWN = "known"
    WAIVED = "waived"
    RESOLVED = "resolved"


def finding_id(address: Address, path: str, sort: Sort) -> str:
    """The name of a finding: the same as long as the same field of the same resource is off, whatever its value is."""
    return "drift-" + hashlib.sha256(f"{address}\0{path}\0{sort}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One field, or one row when ``path`` is empty, that is not as it was applied last.

    ``expected`` is the applied value and ``actual`` the live one, as people write them; of a secret both are versions,
    and ``sensitive`` says that. ``cause`` is drift, or conflict where the manifest asks for a third value. ``columns``
    are those that the journal would name.
    """

    address: Address
    sort: Sort
    path: str = ""
    expected: Any = None
    actual: Any = None
    cause: str = "drift"
    sensitive: bool = False
    columns: tuple[str, ...] = ()
    source: Source | None = None
    commit: str | None = None
    previous: Address | None = None
    """Where the database has the resource still, when a move of it is pending."""

    @property
    def stands(self) -> Address:
        """Where the database has the resource."""
        return self.previous or self.address

    @property
    def id(self) -> str:
        """See :func:`finding_id`. A move that is pending does not change it."""
        return finding_id(self.stands, self.path, self.sort)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One entry of the journal: what somebody did to a row. ``at`` is RFC 3339 in UTC, by the clock of the database.

    ``run`` names the apply, when it was one. ``operator`` is whom the program named, ``user`` and ``application`` what
    a server knows of it; each is empty where nobody knows.
    """

    number: int
    at: str
    operation: str
    columns: tuple[str, ...] = ()
    run: str = ""
    operator: str = ""
    user: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class AppliedChange:
    """One change that an apply wrote to a resource: the paths of its fields, and the commit of the manifests."""

    paths: frozenset[str]
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A finding as the database keeps it. Times are RFC 3339 in UTC; no value is ever part of it."""

    id: str
    address: Address
    path: str
    sort: Sort
    state: FindingState
    first_seen: str
    last_seen: str
    waiver: str | None = None
    resolved_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFinding:
    """One deviation with all that is known of it.

    ``type`` is the kind in snake_case. ``first_seen`` is the time of the first change since the last apply, from the
    journal; where that does not tell, when the finding was first written down; empty when nobody knows. ``writer`` is
    who wrote last, None when the journal does not tell.
    """

    id: str
    address: Address
    type: str
    sort: Sort
    state: FindingState
    path: str = ""
    expected: Any = None
    actual: Any = None
    cause: str = "drift"
    sensitive: bool = False
    first_seen: str = ""
    writer: Written | None = None
    source: Source | None = None
    commit: str | None = None
    waiver: Waiver | None = None
    expired: Waiver | None = None
    """The waiver that covered it until its day had passed."""
    previous: Address | None = None
    """Where the database has the resource still, when a move of it is pending."""

    @property
    def stands(self) -> Address:
        """Where the database has the resource."""
        return self.previous or self.address

    @property
    def counts(self) -> bool:
        """Whether it is drift that somebody has to look at."""
        return self.state in (FindingState.NEW, FindingState.KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """Everything that drifted, in order of address and path. ``as_of`` is the time of the report, RFC 3339 in UTC.

    ``resolved`` are findings that were written down and are gone. ``managed`` counts the resources that were looked at.
    ``recorded`` says whether the findings were written down. ``moves`` are pending: new addresses by the old ones.
    """

    findings: tuple[DriftFinding, ...] = ()
    resolved: tuple[DriftFinding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    managed: int = 0
    as_of: str = ""
    identity: str = ""
    environment: str = ""
    recorded: bool = False
    moves: Mapping[Address, Address] = field(default_factory=dict)

    @property
    def counted(self) -> tuple[DriftFinding, ...]:
        """The findings that are not waived."""
        return tuple(one for one in self.findings if one.counts)

    @property
    def waived(self) -> tuple[DriftFinding, ...]:
        """The findings that somebody answers for."""
        return tuple(one for one in self.findings if one.state is FindingState.WAIVED)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings count, by what is off; then how many are new, known, waived and resolved."""
        found = {str(sort): sum(one.sort is sort for one in self.counted) for sort in Sort}
        everything = (*self.findings, *self.resolved)
        return {**found, **{str(state): sum(one.state is state for one in everything) for state in FindingState}}


def resolved(one: Recorded, moves: Mapping[Address, Address]) -> DriftFinding:
    """A finding that was written down and is gone. ``moves`` are pending: new addresses by the old ones."""
    address = moves.get(one.address, one.address)
    return DriftFinding(
        id=one.id,
        address=address,
        type=snake(address.kind),
        sort=one.sort,
        state=FindingState.RESOLVED,
        path=one.path,
        first_seen=one.first_seen,
        previous=None if address == one.address else one.address,
    )
