"""What a webhook is told: transitions as JSON. No live and no applied value is part of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from reconciler.model.watch import Transition
from reconciler.render.drift_json import finding_json
from reconciler.render.values import as_json

FORMAT_VERSION = "1.0"

_VALUES = frozenset({"applied", "live", "sensitive", "expired_waiver"})


def delivery_json(transitions: Sequence[Transition], *, version: str, environment: str = "") -> dict[str, Any]:
    """One delivery. Its id follows from those of its transitions; ``text`` holds counts and no word from data."""
    names = "\0".join(one.id for one in transitions)
    counts = Counter(str(one.turn) for one in transitions)
    told = ", ".join(_counted(turn, count) for turn, count in sorted(counts.items()))
    return {
        "format_version": FORMAT_VERSION,
        "id": "delivery-" + hashlib.sha256(names.encode()).hexdigest()[:24],
        "program": f"reconciler {version}",
        "environment": environment or None,
        "text": f"Drift{f' in {environment}' if environment else ''}: {told}.",
        "transitions": [transition_json(one) for one in transitions],
    }


def _counted(turn: str, count: int) -> str:
    what, _, became = turn.partition(".")
    return f"{count} {what}{'' if count == 1 else 's'} {became}"


def delivery(transitions: Sequence[Transition], *, version: str, environment: str = "") -> tuple[str, bytes]:
    """The id of a delivery, and its bytes."""
    told = delivery_json(transitions, version=version, environment=environment)
    return told["id"], as_json(told).encode()


def transition_json(one: Transition) -> dict[str, Any]:
    """One transition."""
    facts: dict[str, Any] = {"id": one.id, "type": str(one.turn), "at": one.at}
    if one.finding is None:
        return facts | {"outcome": one.outcome, "code": one.code or None}
    found = {key: value for key, value in finding_json(one.finding).items() if key not in _VALUES}
    if found["waiver"] is not None:
        found["waiver"] = {key: found["waiver"][key] for key in ("name", "owner", "expires")}
    return facts | {"finding": found}
