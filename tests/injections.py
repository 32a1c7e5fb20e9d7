"""Texts that try to become more than text: for terminals, Markdown, HTML, CSV, CI commands and logs.

Each may reach every sink, whatever it was written for. A sink is tried with all of them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent / "data" / "injections.json"


class Injection(NamedTuple):
    """One payload; ``sink`` is what it was written for."""

    id: str
    sink: str
    text: str


INJECTIONS = tuple(Injection(**one) for one in json.loads(_FILE.read_text(encoding="utf-8")))
SINKS = ("terminal", "markdown", "html", "csv", "ci", "log")
