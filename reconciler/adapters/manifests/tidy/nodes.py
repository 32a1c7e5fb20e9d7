"""Nodes: a file taken apart for tidying: what stands where, in the words of its author, with its comments.

Values are never looked into: a scalar is the lines that were written.
"""

from __future__ import annotations

from dataclasses import field

from reconciler.model.dataclass import dataclass


class Unusual(Exception):
    """The file is written in a way that tidying does not handle; it stays as it is. ``line`` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. ``own`` says that nothing else stands on its line, ``gap`` that a blank line comes before it.

    ``index`` is its place in the file; ``line`` and ``column`` count from 0.
    """

    text: str
    index: int
    line: int
    column: int
    own: bool
    gap: bool


@dataclass(slots=True)
class Scalar:
    """A plain or quoted scalar: its lines without their indentation."""

    lines: list[str]


@dataclass(slots=True)
class Block:
    """A literal or folded scalar: the characters of its header, a comment there, and its lines without indentation.

    ``keeps`` says that blank lines at its end are part of the value, or look as if they were.
    """

    header: str
    comment: str
    lines: list[str]
    keeps: bool


@dataclass(slots=True)
class Empty:
    """A value that is left out, and the comments that stand where it would be."""

    under: list[Comment] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """One entry of a mapping or list. ``key`` is the key as it was written, ``name`` its value; both empty in a list.

    ``lead`` are the comments above it and ``beside`` the one at the end of its line. ``gap`` says that a blank line
    comes directly before it.
    """

    key: str = ""
    name: str = ""
    lead: list[Comment] = field(default_factory=list)
    gap: bool = False
    beside: Comment | None = None
    node: Node = field(default_factory=Empty)


@dataclass(slots=True)
class Collection:
    """A mapping or list; ``flow`` says that it was written in brackets.

    ``tail`` are the comments behind its last entry, ``opening`` is one behind an opening bracket.
    """

    mapping: bool
    flow: bool
    entries: list[Entry] = field(default_factory=list)
    tail: list[Comment] = field(default_factory=list)
    opening: Comment | None = None


Node = Scalar | Block | Empty | Collection


@dataclass(slots=True)
class Page:
    """One document. ``above`` are comments before its ``---``, ``beside`` the one on that line, ``head`` those behind.

    ``gap`` says that a blank line comes before its first key, ``marked`` that it began with ``---``.
    """

    marked: bool
    above: list[Comment] = field(default_factory=list)
    beside: Comment | None = None
    head: list[Comment] = field(default_factory=list)
    gap: bool = False
    root: Node = field(default_factory=Empty)
    tail: list[Comment] = field(default_factory=list)
