"""Run, Outcome and Event: what happens while a plan is applied, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reconciler.model.dataclass import dataclass

INSTALLER = "installer"
"""Stands before the name of a person who applied with ``--bootstrap``."""


class Outcome(StrEnum):
    """How a run ended."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: ``type`` is one of the event names of the contract, ``facts`` its data."""

    type: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One apply. Times are RFC 3339 in UTC.

    ``rollback_of`` is the run that it undid. ``notices`` is how many mails it put into the outbox, None where nobody
    knows any more.
    """

    id: str
    digest: str
    actor: str
    approvers: tuple[str, ...]
    started_at: str
    finished_at: str
    outcome: Outcome
    added: int
    changed: int
    destroyed: int
    commit: str | None = None
    rollback_of: str | None = None
    notices: int | None = None

    @property
    def seconds(self) -> int | None:
        """Whole seconds from its beginning to its end; None when the times do not tell."""
        try:
            return int(
                (datetime.fromisoformat(self.finished_at) - datetime.fromisoformat(self.started_at)).total_seconds()
            )
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock. ``what`` is a tenant by name, ``the platform``, ``the schema``, or the address of a row.

    ``application`` is the name that the other program gave itself; that of an apply names its run. ``since`` is RFC
    3339 in UTC; it and ``state`` are empty where the database does not tell them to this user.
    """

    what: str
    pid: int
    user: str
    application: str
    state: str
    since: str
