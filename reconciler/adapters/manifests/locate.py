"""Locate: the place of every node of a file, read a second time from the bytes that were parsed."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.adapters.manifests.text import Text
from reconciler.model.manifest import PathKey, Places
from reconciler.model.placing import shown_key
from reconciler.model.source import Source

_COLON = re.compile(r" *:")
_WIDE = 1000
"""An entry further right than this never has its hyphen on a line above; it keeps long lines from being cut again and
again."""
_BARE_DASH = re.compile(r"^.*?(-)[ \t]*(?:#.*)?$")


class Locator:
    """The places of all documents of one file, read on first use and kept."""

    __slots__ = ("_found", "_text")

    def __init__(self, text: Text) -> None:
        self._text = text
        self._found: dict[int, Places] | None = None

    def line(self, number: int) -> str:
        """A line of the file, counted from 1."""
        return self._text.line(number)

    def of(self, index: int) -> Places:
        """The places of the document with this number in its file."""
        if self._found is None:
            self._found = {}
            _read(self._text, self._found)
        missing = Source(self._text.file, 1, 1, 1, 2)
        return self._found.get(index) or Places({}, {}, missing)


def first_places(text: Text) -> dict[int, tuple[int, int]]:
    """Line and column at which each document of a file begins, as far as the file can be read."""
    found: dict[int, Places] = {}
    _read(text, found)
    return {index: (places.first.line, places.first.column) for index, places in found.items()}


def heads(text: Text) -> dict[int, int]:
    """How many characters of a line are its indentation and its key, for the lines that begin with one.

    Of a broken file only the keys that the scanner reached are known. A lighter walk than that for places: it runs on
    files that may have been written to hurt.
    """
    ends: dict[int, int] = {}
    due: list[bool | None] = []  # for each open container: whether a key is due, None for a list
    with suppress(YAMLError):
        parser = CParser(text.data)
        while len(due) <= text.depth:
            event: Any = parser.get_event()
            kind = type(event)
            if event is None:
                break
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                due.pop()
            elif kind is ScalarEvent or kind is MappingStartEvent or kind is SequenceStartEvent or kind is AliasEvent:
                if due and due[-1]:
                    line = event.start_mark.line
                    if kind is ScalarEvent and line == event.end_mark.line and line + 1 not in ends:
                        ends[line + 1] = _head_end(text, event)
                    due[-1] = False
                elif due and due[-1] is False:
                    due[-1] = True
                if kind is MappingStartEvent or kind is SequenceStartEvent:
                    due.append(True if kind is MappingStartEvent else None)
    return ends


def _head_end(text: Text, event: Any) -> int:
    line = text.line(event.start_mark.line + 1)
    end = int(event.end_mark.column)
    if shown_key(event.value) != event.value or line[: event.start_mark.column].strip(" -"):
        return 0
    colon = _COLON.match(line, end)
    return end if colon is None else colon.end()


def _read(text: Text, found: dict[int, Places]) -> None:
    index = -1
    try:
        parser = CParser(text.data)
        while (event := parser.get_event()) is not None:
            if type(event) is DocumentStartEvent:
                index += 1
                one = _Document(text)
                try:
                    one.read(parser)
                finally:
                    found[index] = one.places
    except YAMLError:
        return  # the documents before the error were read; the error itself was reported by the first pass


class _Frame:
    """A container that is being read.

    ``index`` is that of the next entry of a list, None for a mapping; ``key`` is one that waits for its value.
    """

    __slots__ = ("index", "key", "path", "start")

    def __init__(self, path: PathKey, start: Any, *, index: int | None) -> None:
        self.path = path
        self.start = start
        self.index = index
        self.key: str | None = None


class _Document:
    """Walks the events of one document without recursion, no deeper than the first pass does."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._keys: dict[PathKey, Source] = {}
        self._values: dict[PathKey, Source] = {}
        self._first: Source | None = None
        self._end: tuple[int, int] = (0, 0)

    @property
    def places(self) -> Places:
        """What was read so far."""
        return Places(self._keys, self._values, self._first or Source(self._text.file, 1, 1, 1, 2))

    def read(self, parser: Any) -> None:
        """Read to the end of the document."""
        stack: list[_Frame] = []
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind is DocumentEndEvent or event is None:
                return
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event, stack.pop())
                continue
            here: PathKey = ()
            top = stack[-1] if stack else None
            if top is not None and top.index is None:
                if top.key is None:
                    if kind is not ScalarEvent:
                        return  # a key that is no text: the first pass refused the document
                    top.key = self._key(event, top.path)
                    continue
                here, top.key = (*top.path, top.key), None
            elif top is not None and top.index is not None:
                here = (*top.path, top.index)
                top.index += 1
                self._keys.setdefault(here, self._entry(event))
            if self._first is None:
                self._first = self._span(event.start_mark, event.start_mark)
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                stack.append(_Frame(here, event.start_mark, index=0 if kind is SequenceStartEvent else None))
                if len(stack) > self._text.depth:
                    raise YAMLError  # the first pass refused the file
            else:
                self._values.setdefault(here, self._scalar(event))

    def _key(self, event: Any, path: PathKey) -> str:
        source = self._span(event.start_mark, event.end_mark)
        if not self._keys:
            self._first = source
        word = str(getattr(event, "value", ""))
        self._keys.setdefault((*path, word), source)
        self._end = (event.end_mark.line, event.end_mark.column)
        return word

    def _entry(self, event: Any) -> Source:
        """Where a list entry begins: its first character, or its dash when the entry begins on a later line."""
        mark = event.start_mark
        line = mark.line
        if mark.column < _WIDE and self._text.line(line + 1)[: mark.column].strip(" ") == "":
            for above in range(line, max(0, line - 1000), -1):
                content = self._text.line(above).split(" #")[0].strip()
                if content and not content.startswith("#"):
                    if found := _BARE_DASH.match(self._text.line(above)):
                        return Source(self._text.file, above, found.start(1) + 1, above, found.end(1) + 1)
                    break
        end = event.end_mark if type(event) is ScalarEvent else mark
        return self._span(mark, end)

    def _scalar(self, event: Any) -> Source:
        start, end = event.start_mark, event.end_mark
        line, column = end.line, end.column
        if getattr(event, "style", None) in ("|", ">"):
            # A block scalar ends where the next token begins; what people see ends with its last line that is not
            # blank.
            line = min(line, self._text.data.count(b"\n")) + (1 if column else 0)
            while line > start.line + 1 and not self._text.line(line).strip():
                line -= 1
            line, column = line - 1, len(self._text.line(line))
        self._end = max(self._end, (line, column))
        return Source(self._text.file, start.line + 1, start.column + 1, line + 1, column + 1)

    def _close(self, event: Any, frame: _Frame) -> None:
        if event.end_mark.column > event.start_mark.column:  # a closing bracket or brace
            self._end = (event.end_mark.line, event.end_mark.column)
        start = frame.start
        line, column = max(self._end, (start.line, start.column))
        source = Source(self._text.file, start.line + 1, start.column + 1, line + 1, column + 1)
        self._values.setdefault(frame.path, source)

    def _span(self, start: Any, end: Any) -> Source:
        begin, stop = (start.line, start.column), (end.line, end.column)
        if stop <= begin:
            stop = (start.line, start.column + 1)
        return Source(self._text.file, begin[0] + 1, begin[1] + 1, stop[0] + 1, stop[1] + 1)
