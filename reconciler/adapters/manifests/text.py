"""Text: the bytes of one file, what they may hold, and lines of it that are safe to show.

A line that is shown before its file could be understood shows its key, where the scanner took it for one, and the
character that is wrong. Everything else is hidden: it may be a secret.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.invisible import INVISIBLE
from reconciler.model.placing import HIDDEN, clipped
from reconciler.model.source import Snippet, Source

if TYPE_CHECKING:
    from reconciler.adapters.manifests.locate import Locator
    from reconciler.model.manifest import Places

invisible = re.compile(f"[{INVISIBLE}]").search
_unsafe = re.compile(f"[{INVISIBLE}]|\r(?!\n)").search
_GOOD_ASCII = bytes([9, 10, *range(32, 127)])
_LINE_END = re.compile(r"\r\n|\n|\r")
_HEAD = re.compile(r"[ \t]*(?:-[ \t]+)*")
_INDICATORS = frozenset("&*!%@`\"'[]{}|>?:,-#<=\t")
_BOM = "\ufeff".encode()


@dataclass(slots=True)
class Text:
    """One file as it was read.

    ``file`` is its shown path, ``folder`` that of its folder, ``depth`` how deep containers may stand inside each
    other.
    """

    file: str
    folder: str
    data: bytes
    depth: int
    locator: Locator | None = field(default=None, repr=False)
    """Knows the places in the file, once somebody has asked."""
    skimmed: list[Places] | None = field(default=None, repr=False)
    """The places of each document as a look at the lines tells them; empty where it does not."""
    _lines: list[str] | None = field(default=None, repr=False)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its line end; empty behind the last one."""
        if self._lines is None:
            self._lines = _LINE_END.split(self.data.decode("utf-8", "replace"))
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    __call__ = line
    """A text is what a document asks for its lines: a bound method for each of many would take room."""

    @property
    def last_line(self) -> int:
        """The number of the last line that is not blank; 0 when there is none."""
        self.line(1)
        lines = self._lines or []
        return next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip()), 0)

    def refuse(
        self,
        line: int,
        column: int,
        summary: str,
        *,
        hint: str = "",
        code: str = "GEN-17",
        show: int = 0,
        head: int = 0,
        path: str = "",
    ) -> Diagnostic:
        """An error at a line and column, both counted from 1.

        The first ``show`` characters there are shown, and the first ``head`` characters of the line.
        """
        return Diagnostic(
            code=code,
            severity=Severity.ERROR,
            phase=Phase.SCHEMA,
            summary=summary,
            hint=hint,
            path=path,
            source=Source(self.file, line, column, line, column + max(show, 1)),
            snippet=self._masked(line, column - 1, show, head),
        )

    def _masked(self, number: int, start: int, show: int, head: int) -> Snippet:
        line = self.line(number)
        start = min(start, len(line))
        found = _HEAD.match(line)
        head = max(head, 0 if found is None else found.end())
        end = start + max(show, 1)
        if start < head:
            text = line[: max(head, end) if show else head]
            width = min(end, len(text)) - start
            behind = line[len(text) :]
        else:
            mark = line[start:end]
            if not show and mark not in _INDICATORS:
                mark = HIDDEN if mark else ""
            between = line[head:start]
            text = line[:head] + (f" {HIDDEN} " if between.strip() else between)
            start, width = len(text), len(mark)
            text += mark
            behind = line[end:]
        if behind.strip() and not text.endswith(HIDDEN):
            text += HIDDEN if text.endswith(" ") else f" {HIDDEN}"
        return clipped(text, start, max(width, 1))


def unreadable(text: Text) -> Diagnostic | None:
    """What is wrong with the bytes themselves: their encoding, or characters that cannot be seen."""
    data = text.data
    if data.startswith(_BOM):
        return text.refuse(1, 1, "the file begins with a byte order mark", hint="save it as UTF-8 without one")
    if data.isascii() and not data.translate(None, _GOOD_ASCII):
        return None
    try:
        decoded = data.decode()
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode(errors="replace"))
        return text.refuse(line, column, "the file is not UTF-8", hint="save it as UTF-8")
    found = _unsafe(decoded)
    if found is None:
        return None
    line, column = _place(decoded[: found.start()])
    if found[0] == "\r":
        return text.refuse(line, column, "a carriage return without a line feed hides what stands before it")
    return text.refuse(
        line,
        column,
        f"the file holds the invisible character {name_of(found[0])}",
        hint="delete it; it can make a line look like another one",
    )


def name_of(character: str) -> str:
    """``U+202E`` for a character that cannot be shown."""
    return f"U+{ord(character):04X}"


def _place(before: str) -> tuple[int, int]:
    lines = _LINE_END.split(before)
    return len(lines), len(lines[-1]) + 1
