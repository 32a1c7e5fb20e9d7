"""Entries of a log, each on one line: as text for people, and as JSON with keys that stay.

Whatever comes from data is escaped, so that no value ends a line, begins an entry, or reaches a terminal as a command.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.dates import rfc3339
from reconciler.model.watch import LogEntry
from reconciler.render.terminal import safe
from reconciler.render.values import as_json


def log_text(entry: LogEntry) -> str:
    """Time, level, event and message, and a line end."""
    code = entry.facts.get("code", "")
    head = f"{rfc3339(entry.at)} {entry.level} {entry.event}{f' {code}' if code else ''}"
    return f"{safe(f'{head}: {entry.message}')}\n"


def log_json(entry: LogEntry) -> str:
    """One object and a line end: ``time``, ``level``, ``event``, ``message``, then the facts of the event."""
    facts: dict[str, Any] = {
        "time": rfc3339(entry.at),
        "level": entry.level,
        "event": entry.event,
        "message": entry.message,
    }
    return as_json(facts | {key: value for key, value in entry.facts.items() if key not in facts}) + "\n"
