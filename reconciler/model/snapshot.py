"""Snapshot: live data that was written down at a moment, for some people's eyes, without secrets."""

from __future__ import annotations

from datetime import datetime

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.principal import Principal
from reconciler.model.resource import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Live data as it was at ``made_at``.

    ``people`` are those for whose eyes it was made: what none of them may read is missing. Without people it is whole.
    ``schema`` is the revision of the database's schema, ``version`` that of the program that made it, ``key`` the
    public key of its signature. Of secrets it has versions only; a fingerprint that is there is
    :data:`~reconciler.model.columns.UNMANAGED`, so that it equals whatever a manifest says.
    """

    live: Live
    made_at: datetime
    environment: str
    schema: str
    version: str
    key: str = ""
    people: tuple[Principal, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether something may be missing."""
        return bool(self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotNote:
    """What a plan that was made from a snapshot says about that, in plain words.

    ``made_at`` is a time of RFC 3339 in UTC. ``unread`` are the declared resources that the snapshot says nothing
    about. ``secrets`` are those of address and field path that an apply would read and compare, and that nobody has
    read here.
    """

    made_at: str
    made_for: tuple[str, ...]
    environment: str
    schema: str
    version: str
    key: str
    unread: tuple[Address, ...] = ()
    secrets: tuple[tuple[Address, str], ...] = ()

    @property
    def partial(self) -> bool:
        """Whether it holds only what some people may read."""
        return bool(self.made_for)
