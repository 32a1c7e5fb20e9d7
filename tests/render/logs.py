"""Every way into a log, each with a hostile text in every place there is, and a judge of what comes out."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from reconciler.cli.main import _refused
from reconciler.cli.options import Globals
from reconciler.cli.progress import Progress
from reconciler.cli.session import Session
from reconciler.model.errors import WorldError
from reconciler.model.run import Event
from reconciler.model.watch import LogEntry
from reconciler.render.log_lines import log_json, log_text
from tests.render.test_injections import commands


def entry(text: str, **facts: Any) -> LogEntry:
    return LogEntry(
        at=datetime(2026, 6, 15, 12, tzinfo=UTC), level="warning", event="round.failed", message=text, facts=facts
    )


def hear(out: str, *, shape: str) -> None:
    """One line; of JSON one object; nothing that a terminal or a runner takes for a command."""
    assert out.endswith("\n")
    assert out.count("\n") == 1
    assert out[:-1].isprintable()
    assert commands(out) == []
    if shape == "json":
        assert isinstance(json.loads(out), dict)
        assert out.isascii()


def _told(shape: str, act: Callable[[Globals], object]) -> str:
    options = Globals(log_format=shape)
    heard = io.StringIO()
    with contextlib.redirect_stderr(heard):
        act(options)
    return heard.getvalue()


def _progress(text: str, shape: str) -> None:
    event = Event("apply_progress", text, {"step": text})
    hear(_told(shape, lambda options: Progress(Session(options))(event)), shape=shape)


def _error(text: str, shape: str) -> None:
    error = WorldError(text, code="DB-03", hint=text)
    for line in _told(shape, lambda options: _refused(error, options)).splitlines(keepends=True):
        hear(line, shape=shape)


LOGS: dict[str, Callable[[str], None]] = {
    "log": lambda text: hear(log_text(entry(text, code=text, address=text)), shape="text"),
    "log json": lambda text: hear(log_json(entry(text, code=text, address=text, field=[text])), shape="json"),
    "progress": lambda text: _progress(text, "text"),
    "progress json": lambda text: _progress(text, "json"),
    "error json": lambda text: _error(text, "json"),
}
"""Sink to what puts a text into it and judges what comes out."""
