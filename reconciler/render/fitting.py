"""Making a text fit: parts with a poor and a rich form, filled by importance until the bytes are used up.

Pure, and it knows nothing of Markdown. What is left out is counted, never cut in the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from typing import Any

from reconciler.model.dataclass import dataclass

Form = Callable[[], str]


@dataclass(slots=True)
class Part:
    """One thing that may be shown. ``forms`` are made when they are needed, the poorer before the richer.

    ``about`` is what the part stands for; the section counts it when the part is left out (``level`` 0).
    """

    about: Any
    forms: tuple[Form, ...]
    level: int = 0
    text: str = ""

    @property
    def shown(self) -> bool:
        """Whether anything of it is shown."""
        return self.level > 0

    @property
    def whole(self) -> bool:
        """Whether its richest form is shown."""
        return self.level == len(self.forms)


@dataclass(slots=True)
class Section:
    """Parts under one head. ``tail`` says what of them is left out, and is never longer for fewer parts.

    A section that is not ``always`` there is left out as a whole until it has been opened.
    """

    head: str
    parts: list[Part]
    tail: Callable[[Sequence[Any]], str]
    foot: str = ""
    always: bool = True
    opened: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.opened = self.always

    def least(self) -> int:
        """Bytes that it takes with no part shown."""
        return size(self.head) + size(self.tail([one.about for one in self.parts])) + size(self.foot)

    def text(self) -> str:
        """The section as it stands now."""
        if not self.opened or not self.parts:
            return ""
        hidden = [one.about for one in self.parts if not one.shown]
        return self.head + "".join(one.text for one in self.parts) + (self.tail(hidden) if hidden else "") + self.foot


@dataclass(slots=True)
class Room:
    """Bytes that are still free."""

    left: int

    def open(self, section: Section) -> bool:
        """Open a section if there is room for it."""
        if section.opened or not section.parts:
            return True
        if not self._take(section.least()):
            return False
        section.opened = True
        return True

    def raise_to(self, level: int, parts: Iterable[Part]) -> bool:
        """Show each part in its form of ``level`` (from 1), in this order; False as soon as one has no room."""
        for part in parts:
            while part.level < min(level, len(part.forms)):
                text = part.forms[part.level]()
                if not self._take(size(text) - size(part.text)):
                    return False
                part.text = text
                part.level += 1
        return True

    def _take(self, wanted: int) -> bool:
        if wanted > self.left:
            return False
        self.left -= wanted
        return True


def size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
