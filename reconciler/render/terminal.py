"""What a terminal may be sent: the one place that escapes text for people, measures it, wraps it and colours it.

Everything that comes from data passes :func:`safe` before it is printed, also into a pipe: no control or escape
character, no bidirectional override, no invisible character and no line end of a value reaches the reader as such.
Nor does what a runner of continuous integration would take for a command when it reads its log.
"""

from __future__ import annotations

import re
from functools import cache
from unicodedata import combining, east_asian_width

from reconciler.model.dataclass import dataclass

WIDTH = 80
"""Columns for which people's output is laid out."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}

_COMMAND = re.compile(r"(?<!\S)::(?![0-9A-Fa-f:.]*(?:/[0-9]+)?(?!\S))")
"""Two colons that begin a word, hence maybe a line, and no address of version 6."""
_MARKER = re.compile(r"##(?=[A-Za-z]*\[)")
"""What other runners look for anywhere in a line."""
_FOREIGN = re.compile(r"[^\x00-\x7f]")


def safe(text: str) -> str:
    """``text`` with everything that is not visible on its own shown as an escape; plain text is returned as it is.

    So are the signs by which a runner of continuous integration knows a command in a log.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    if "::" in text:
        text = _COMMAND.sub(r"\\x3a:", text)
    if "##" in text:
        text = _MARKER.sub(r"#\\x23", text)
    return text


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def width(text: str) -> int:
    """Columns that safe text takes."""
    if text.isascii():
        return len(text)
    return len(text) + sum(map(_extra, _FOREIGN.findall(text)))


@cache
def _extra(char: str) -> int:
    """How many columns more than one a character takes."""
    return -1 if combining(char) else 1 if east_asian_width(char) in "WF" else 0


def shorten(text: str, room: int) -> str:
    """``text`` cut to ``room`` columns, with ``…`` at its end when something is missing."""
    if width(text) <= room:
        return text
    if text.isascii():
        return f"{text[: max(room - 1, 0)].rstrip()}…"
    kept, used = [], 1
    for char in text:
        used += 1 + _extra(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def wrap(text: str, *, indent: str = "", hanging: str | None = None, room: int = WIDTH) -> list[str]:
    """``text`` in lines of at most ``room`` columns; the first begins with ``indent``, the others with ``hanging``.

    A word that is longer than a line stands alone on its own, whole: addresses and paths stay fit for copying.
    """
    follow = indent if hanging is None else hanging
    lines: list[str] = []
    current, empty = indent, True
    for word in text.split():
        if not empty and width(current) + 1 + width(word) > room:
            lines.append(current)
            current, empty = follow, True
        current += word if empty else f" {word}"
        empty = False
    if not empty or not lines:
        lines.append(current)
    return lines


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ANSI sequences, or nothing at all. No meaning depends on them."""

    on: bool = False

    def paint(self, text: str, *styles: str) -> str:
        """``text`` between the sequences of ``styles``, which are words of rich's styles."""
        if not self.on or not text:
            return text
        return _painted(text, " ".join(styles))


def _painted(text: str, style: str) -> str:
    # Loaded only for a terminal: most output goes into pipes, and rich is slow to import.
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)
