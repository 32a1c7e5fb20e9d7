"""Watch: what rounds of looking for drift come to, as values: transitions, entries of a log, and what is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from reconciler.model.dataclass import dataclass
from reconciler.model.drift import DriftFinding

OTHER_TENANTS = "_other"
"""Stands for the tenants that have no number of their own. No tenant has such a name."""
PLATFORM_LEVEL = "_platform"
"""Stands for what belongs to no tenant."""


class Undelivered(Exception):
    """A webhook did not take what it was given; the message says why, without its address."""


class RoundOutcome(StrEnum):
    """How a round went. In a partial one manifests or waivers are not valid, and the ledger speaks alone."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class Turn(StrEnum):
    """What a transition is: of a finding, or of the watch itself, which begins or ceases to fail."""

    APPEARED = "finding.appeared"
    WAIVED = "finding.waived"
    RETURNED = "finding.returned"
    RESOLVED = "finding.resolved"
    FAILING = "round.failing"
    RECOVERED = "round.recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Something turned. ``id`` is the same however often it is told; ``at`` is RFC 3339 in UTC.

    ``outcome`` and ``code`` say how a round failed; the text of an error is no part of it.
    """

    id: str
    turn: Turn
    at: str
    finding: DriftFinding | None = None
    outcome: str = ""
    code: str = ""


def transition_id(turn: Turn, *facts: str) -> str:
    """The name of a transition. ``facts`` tell it from the next one of its kind."""
    return "turn-" + hashlib.sha256("\0".join((turn, *facts)).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a log. ``level`` is info, warning or error, ``event`` a stable word, ``facts`` its data."""

    at: datetime
    level: str
    event: str
    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a watch has counted. Times are seconds since 1970 in UTC, spans are seconds; None before there is any.

    ``findings`` are by tenant, kind and state, those of the last round that looked; the other mappings are sums since
    the beginning: ``rounds`` by outcome, ``transitions`` by turn, ``deliveries`` by ``delivered`` or ``failed``.
    """

    interval: float
    findings: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    managed: int | None = None
    rounds: Mapping[str, int] = field(default_factory=dict)
    transitions: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)
    pending: int = 0
    duration: float | None = None
    last_round: float | None = None
    last_complete: float | None = None
