"""A log holds one line an event, whatever its values say: for people, for programs, and for who reads a terminal."""

from __future__ import annotations

import io
import json
import sys

import pytest

from reconciler.cli.options import Globals
from reconciler.cli.progress import Progress
from reconciler.cli.session import Session
from reconciler.model.run import Event
from tests.injections import INJECTIONS
from tests.render.injections import PAYLOADS
from tests.render.logs import LOGS, entry, hear
from tests.render.test_injections import commands

EVERYTHING = (*PAYLOADS, *(one.text for one in INJECTIONS))


@pytest.mark.parametrize("sink", LOGS)
def test_no_value_ends_a_line_or_begins_an_entry(sink: str) -> None:
    judged = 0
    for payload in EVERYTHING:
        LOGS[sink](payload)
        judged += 1
    assert judged >= 100


def test_the_judge_notices_a_line_that_is_not_escaped() -> None:
    with pytest.raises(AssertionError):
        hear("2026-06-15T12:00:00Z info x: a\n2026-06-15T12:00:00Z info y: b\n", shape="text")
    with pytest.raises(AssertionError):
        hear('{"a": "b"}\n{"a": "b"}\n', shape="json")
    assert commands("::error::x")


def test_the_moving_line_of_a_terminal_takes_no_word_for_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    heard = Terminal()
    monkeypatch.setattr(sys, "stderr", heard)
    monkeypatch.setenv("TERM", "xterm")
    progress = Progress(Session(Globals()))
    for text in ("[red]a[/nope]", "[/]b\x1b[2J", "[link=https://evil.example.com]c"):
        progress(Event("apply_progress", text, {}))
    progress.stop()
    assert "[link=https://evil.example.com]c" in heard.getvalue()
    assert "\x1b[2J" not in heard.getvalue()


def test_an_entry_is_told_in_two_forms() -> None:
    from reconciler.render.log_lines import log_json, log_text

    one = entry("a\nb", code="DB-03")
    assert log_text(one) == "2026-06-15T12:00:00Z warning round.failed DB-03: a\\nb\n"
    assert json.loads(log_json(one)) == {
        "time": "2026-06-15T12:00:00Z",
        "level": "warning",
        "event": "round.failed",
        "message": "a\nb",
        "code": "DB-03",
    }


def test_no_fact_takes_the_place_of_what_stands_in_every_entry() -> None:
    from reconciler.render.log_lines import log_json

    assert json.loads(log_json(entry("x", time="never", level="info")))["level"] == "warning"
