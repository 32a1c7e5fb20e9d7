"""Source: where a thing was written."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """A place in a manifest. Lines and columns count from 1; columns count characters.

    ``file`` is relative to the working folder. ``end_line`` and ``end_column`` point behind the last character.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    @property
    def short(self) -> str:
        """``file:line``, as plans show it."""
        return f"{self.file}:{self.line}"


class Snippet(NamedTuple):
    """One line of a manifest with the part that a caret underlines. Values that may be secret are masked already."""

    text: str
    start: int
    """Characters before the marked part, from 0."""
    length: int
