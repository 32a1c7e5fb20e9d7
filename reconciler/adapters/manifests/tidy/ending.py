"""The end of a file: every tidy file ends with a line end, and no text in it grows by that one."""

from __future__ import annotations

import re
from typing import Any

from yaml._yaml import CParser
from yaml.events import ScalarEvent, StreamEndEvent

_HEADER = re.compile(r"[|>][-+1-9]*")


def ended(text: str) -> str:
    """The text with a line end at its end.

    A text of several lines that ends the file without one has no line end itself: its header says so from now on
    (``|-``), which means the same.
    """
    if not text or text.endswith("\n"):
        return text
    last = _last_scalar(text)
    if last is not None and last.style in ("|", ">") and last.value and not last.value.endswith("\n"):
        lines = text.split("\n")
        line, column = last.start_mark.line, last.start_mark.column
        found = _HEADER.match(lines[line], column)
        if found is not None:
            header = found[0].replace("+", "").replace("-", "") + "-"
            lines[line] = lines[line][:column] + header + lines[line][found.end() :]
            text = "\n".join(lines)
    return text + "\n"


def _last_scalar(text: str) -> Any:
    """The last scalar, as the parser tells it; the text was read already, so it has no fault."""
    parser: Any = CParser(text)
    last = None
    while True:
        event = parser.get_event()
        if type(event) is ScalarEvent:
            last = event
        if event is None or type(event) is StreamEndEvent:
            return last
