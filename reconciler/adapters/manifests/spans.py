"""Spans: the nodes of a file with the characters at which they begin and end, in order to change a few of them."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from yaml._yaml import CParser
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.adapters.manifests.tidy.comments import comments_and_dashes
from reconciler.model.dataclass import dataclass


@dataclass(slots=True)
class Node:
    """A scalar, mapping or list.

    ``start`` and ``end`` are places in the text. A collection without brackets ends with the last character of what
    it holds; ``column`` is where its entries begin. ``style`` is that of a scalar: empty, a quote, ``|`` or ``>``.
    """

    sort: str
    start: int
    end: int
    column: int = 0
    style: str = ""
    flow: bool = False
    keeps: bool = False
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Entry:
    """An entry of a mapping or list; ``name`` is its key, and ``start`` the place of its key or dash.

    ``head`` is the place behind its colon or dash.
    """

    name: str
    start: int
    head: int
    node: Node


class Unchangeable(Exception):
    """The file is written in a way that cannot be changed in place; the message says why.

    ``at`` is the place in its text, where one is to blame; its lines end with LF. ``hint`` says what to do.
    """

    def __init__(self, reason: str, at: int | None = None, *, hint: str = "change it there by hand") -> None:
        super().__init__(reason)
        self.at = at
        self.hint = hint


def nodes_of(text: str) -> list[Node]:
    """The root of each document of a file that the strict loader has read. Its lines end with LF.

    Raises:
        Unchangeable: something in it is no plain value.
    """
    return _Reading(text).documents()


class _Reading:
    """Walks the events of one file once, with the dashes of its lists beside them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parser: Any = CParser(text)
        self._dashes = iter(comments_and_dashes(text)[1])

    def documents(self) -> list[Node]:
        found: list[Node] = []
        while True:
            event = self._parser.get_event()
            if type(event) is StreamEndEvent or event is None:
                return found
            if type(event) is DocumentStartEvent:
                found.append(self._node(self._parser.get_event()))
                if type(self._parser.get_event()) is not DocumentEndEvent:
                    raise Unchangeable("a document goes on where it should end")

    def _node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        sort = type(event)
        if sort is MappingStartEvent:
            return self._mapping(event)
        if sort is SequenceStartEvent:
            return self._list(event)
        if sort is not ScalarEvent:
            raise Unchangeable("something else than a value stands there")
        if event.style in ("|", ">"):
            raw = self._text[start:end]
            head = raw.partition("\n")[0].partition("#")[0]
            last = raw.find("\n", len(raw.rstrip()))  # spaces that end the last line of such a text are part of it
            return Node("scalar", start, start + last if last >= 0 else end, style=event.style, keeps="+" in head)
        return Node("scalar", start, end, style=event.style or "")

    def _mapping(self, event: Any) -> Node:
        made = _collection("mapping", event)
        while type(key := self._parser.get_event()) is not MappingEndEvent:
            if type(key) is not ScalarEvent:
                raise Unchangeable("a key is no word")
            start, end = _ends(key)
            node = self._node(self._parser.get_event())
            colon = self._text.find(":", end)
            head = colon + 1 if 0 <= colon <= node.start and not self._text[end:colon].strip() else node.start
            made.entries.append(Entry(str(key.value), start, head, node))
        _close(made, key)
        return made

    def _list(self, event: Any) -> Node:
        made = _collection("list", event)
        while type(item := self._parser.get_event()) is not SequenceEndEvent:
            start, _ = _ends(item)
            head = start
            if not made.flow:
                start = next(self._dashes).index
                head = start + 1
            made.entries.append(Entry("", start, head, self._node(item)))
        _close(made, item)
        return made


def _ends(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _collection(sort: str, event: Any) -> Node:
    start, end = _ends(event)
    return Node(sort, start, end, column=event.start_mark.column, flow=bool(event.flow_style))


def _close(made: Node, event: Any) -> None:
    if made.flow:
        made.end = _ends(event)[1]
    elif made.entries:
        made.end = max(made.entries[-1].head, made.entries[-1].node.end)
