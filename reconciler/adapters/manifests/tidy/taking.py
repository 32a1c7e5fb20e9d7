"""Taking apart: the events of libyaml and the comments between them become pages.

Each comment goes to one place: above an entry, beside it, at the end of a mapping or list, or to the head or the end of
a document. Which one is told by its column. Only files that the strict loader has read come here.
"""

from __future__ import annotations

import re
from typing import Any

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
    StreamEndEvent,
)

from reconciler.adapters.manifests.tidy.comments import Mark, blank_before, comments_and_dashes
from reconciler.adapters.manifests.tidy.nodes import (
    Block,
    Collection,
    Comment,
    Empty,
    Entry,
    Node,
    Page,
    Scalar,
    Unusual,
)

_HEADER = re.compile(r"([|>])([-+0-9]*)[ \t]*(#.*)?")


def take_apart(text: str) -> list[Page]:
    """The documents of a file. Its lines end with LF, the last one too.

    Raises:
        Unusual: something is written in a way that this does not handle.
    """
    return _Taking(text).pages()


class _Taking:
    """Walks the events of one file once; ``_at`` is the first comment that has no place yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._parser: Any = CParser(text)
        self._comments, self._dashes = comments_and_dashes(text)
        self._at = 0
        self._dash = 0

    def pages(self) -> list[Page]:
        pages: list[Page] = []
        while True:
            event = self._parser.get_event()
            if type(event) is DocumentStartEvent:
                pages.append(self._page(event, pages))
            elif type(event) is StreamEndEvent:
                break
        left = self._until(len(self._text))
        if left and not pages:
            pages.append(Page(marked=False))
        if left:
            pages[-1].tail += left
        return pages

    def _page(self, event: Any, before: list[Page]) -> Page:
        page = Page(marked=bool(event.explicit))
        if page.marked:
            above = self._until(event.start_mark.index)
            if before:
                before[-1].tail += above
            else:
                page.above = above
            page.beside = self._beside(event.end_mark.line)
        first = self._parser.get_event()
        if self._is_empty(first):
            page.head = self._until(self._parser.peek_event().start_mark.index)
        else:
            page.head = self._until(first.start_mark.index)
            page.gap = self._gap_below_head(page, event, first)
            page.root = self._node(first, -1)
            self._settle_root(page)
        last = self._parser.get_event()
        if not _is_end(last):
            raise Unusual("the document goes on where it should end", last.start_mark.line + 1)
        page.tail = self._until(last.start_mark.index)
        return page

    def _gap_below_head(self, page: Page, start: Any, first: Any) -> bool:
        """Whether a blank line comes before the first key, with something above it; the marker may go away."""
        if not page.head and (page.beside is not None or not page.above):
            return False
        marker = page.marked and not page.head and blank_before(self._text, start.start_mark.index)
        return marker or blank_before(self._text, first.start_mark.index)

    def _settle_root(self, page: Page) -> None:
        root = page.root
        if isinstance(root, Collection):
            if root.entries:
                root.entries[0].gap = False  # the distance to the head is that of the page
            else:
                page.head, root.tail = [*page.head, *root.tail], []
            if root.opening is not None:
                page.head, root.opening = [*page.head, root.opening], None
            if root.flow and (found := self._beside(self._end_line)) is not None:
                page.head.append(found)

    # --- comments -----------------------------------------------------------------------------------------------------

    def _until(self, index: int) -> list[Comment]:
        """The comments before a place that were not taken yet."""
        start = self._at
        while self._at < len(self._comments) and self._comments[self._at].index < index:
            self._at += 1
        return self._comments[start : self._at]

    def _beside(self, line: int, index: int | None = None) -> Comment | None:
        """The next comment, if it ends this line and stands before ``index``, by default before the next event."""
        if self._at < len(self._comments):
            comment = self._comments[self._at]
            end = self._parser.peek_event().start_mark.index if index is None else index
            if comment.line == line and not comment.own and comment.index < end:
                self._at += 1
                return comment
        return None

    def _tail(self, parent: int, end: Any) -> list[Comment]:
        """The comments behind the last entry of a mapping or list: right of its parent, and of what comes next."""
        return self._deeper(max(parent, end.column) + 1, end.index)

    def _deeper(self, column: int, index: int) -> list[Comment]:
        """The comments before a place that stand at this column or further right, up to the first that does not."""
        start = self._at
        while self._at < len(self._comments):
            comment = self._comments[self._at]
            if comment.index >= index or comment.column < column:
                break
            self._at += 1
        return self._comments[start : self._at]

    # --- nodes -------------------------------------------------------------------------------------------------------

    _end_line = 0
    """The line on which the node that was read last ends."""

    def _node(self, event: Any, column: int) -> Node:
        """A node whose parent stands at this column."""
        kind = type(event)
        if kind is ScalarEvent:
            self._end_line = event.end_mark.line
            return self._scalar(event, column)
        if kind is MappingStartEvent or kind is SequenceStartEvent:
            if event.flow_style:
                return self._flow(event)
            return self._mapping(event, column) if kind is MappingStartEvent else self._list(event, column)
        what = "an alias" if kind is AliasEvent else "something else than a value"
        raise Unusual(f"{what} stands here", event.start_mark.line + 1)

    def _mapping(self, event: Any, parent: int) -> Collection:
        column = event.start_mark.column
        made = Collection(mapping=True, flow=False)
        while not _is_end(key := self._parser.get_event()):
            made.entries.append(self._entry(key, column))
        made.tail = self._tail(parent, key.start_mark)
        return made

    def _entry(self, key: Any, column: int) -> Entry:
        entry = Entry(lead=self._until(key.start_mark.index), gap=blank_before(self._text, key.start_mark.index))
        entry.key, entry.name = self._key(key)
        self._value(entry, self._parser.get_event(), key.end_mark.line, column)
        return entry

    def _list(self, event: Any, parent: int) -> Collection:
        column = event.start_mark.column
        made = Collection(mapping=False, flow=False)
        while not _is_end(item := self._parser.get_event()):
            dash = self._next_dash(item)
            entry = Entry(lead=self._until(dash.index), gap=blank_before(self._text, dash.index))
            self._value(entry, item, dash.line, column)
            made.entries.append(entry)
        made.tail = self._tail(parent, item.start_mark)
        return made

    def _value(self, entry: Entry, event: Any, line: int, column: int) -> None:
        """The value of an entry whose key or dash stands on this line and at this column."""
        if self._is_empty(event):
            entry.beside = self._beside(line)
            end = self._parser.peek_event().start_mark.index
            if self._dash < len(self._dashes):
                end = min(end, self._dashes[self._dash].index)
            entry.node = Empty(self._deeper(column + 1, end))
            return
        kind = type(event)
        if (kind is MappingStartEvent or kind is SequenceStartEvent) and not event.flow_style:
            entry.beside = self._beside(line, event.start_mark.index)
            entry.node = self._node(event, column)
            return
        between = self._until(event.start_mark.index)
        entry.node = node = self._node(event, column)
        self._settle(entry, node, between, self._beside(self._end_line) if type(node) is not Block else None)

    def _settle(self, entry: Entry, node: Node, between: list[Comment], beside: Comment | None) -> None:
        """Give the comments around a scalar or a collection in brackets their places: one beside, the rest above."""
        if isinstance(node, Collection):
            if node.opening is not None:
                between, node.opening = [*between, node.opening], None
            if not node.entries:  # brackets around nothing stay on one line
                between, node.tail = [*between, *node.tail], []
        if beside is None and between and type(node) is not Block:
            beside = between.pop(0)
        entry.lead += between
        entry.beside = beside

    def _flow(self, event: Any) -> Collection:
        """A collection in brackets, or the one pair of a list that stands there without braces."""
        mapping = type(event) is MappingStartEvent
        made = Collection(mapping=mapping, flow=True)
        self._end_line = event.start_mark.line
        while True:
            first = self._parser.get_event()
            if _is_end(first):
                self._share(made, self._until(first.start_mark.index), made.tail)
                self._end_line = first.end_mark.line
                return made
            entry = Entry()
            made.entries.append(entry)
            self._share(made, self._until(first.start_mark.index), entry.lead)
            value = first
            if mapping:
                entry.key, entry.name = self._key(first)
                self._end_line = first.end_mark.line
                value = self._parser.get_event()
            if self._is_empty(value):
                continue
            between = self._until(value.start_mark.index)
            entry.node = node = self._node(value, -1)
            self._settle(entry, node, between, self._beside(self._end_line))

    def _share(self, made: Collection, found: list[Comment], rest: list[Comment]) -> None:
        """Comments inside brackets: those at the end of a line belong to what stands there, the others to ``rest``."""
        last = made.entries[-1] if made.entries else None
        if last is not None and last.lead is rest:  # the entry that begins: it has nothing beside it yet
            last = made.entries[-2] if len(made.entries) > 1 else None
        for comment in found:
            if comment.own or comment.line != self._end_line:
                rest.append(comment)
            elif last is not None and last.beside is None:
                last.beside = comment
            elif last is None and made.opening is None:
                made.opening = comment
            else:
                rest.append(comment)

    def _key(self, event: Any) -> tuple[str, str]:
        text = self._text[event.start_mark.index : event.end_mark.index] if _is_scalar(event) else ""
        if not text or "\n" in text:
            raise Unusual("a key is no word on one line", event.start_mark.line + 1)
        return text, str(event.value)

    def _next_dash(self, item: Any) -> Mark:
        if self._dash >= len(self._dashes):
            raise Unusual("a list entry has no dash", item.start_mark.line + 1)
        self._dash += 1
        return self._dashes[self._dash - 1]

    def _is_empty(self, event: Any) -> bool:
        return _is_scalar(event) and bool(event.start_mark.index == event.end_mark.index)

    def _scalar(self, event: Any, column: int) -> Scalar | Block:
        raw = self._text[event.start_mark.index : event.end_mark.index]
        if event.style in ("|", ">"):
            return _block(raw, max(column, 0), event.start_mark.line + 1)
        first, *rest = raw.split("\n")
        lines = [first, *(line.lstrip(" \t") for line in rest)]
        return Scalar([_without_trailing(line) for line in lines[:-1]] + lines[-1:])


_ENDS = (MappingEndEvent, SequenceEndEvent, DocumentEndEvent)


def _is_end(event: Any) -> bool:
    return type(event) in _ENDS


def _is_scalar(event: Any) -> bool:
    return type(event) is ScalarEvent


def _without_trailing(line: str) -> str:
    """A line of a scalar that goes on below it; an escaped space at its end is part of the value and stays."""
    bare = line.rstrip(" \t")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if slashes % 2 and len(line) > len(bare) else bare


def _block(raw: str, column: int, line: int) -> Block:
    """A literal or folded text whose parent stands at ``column``, without its indentation."""
    header, _, body = raw.partition("\n")
    found = _HEADER.fullmatch(header.rstrip())
    if found is None:
        raise Unusual("a text of several lines begins in an unknown way", line)
    lines = body.split("\n")
    if not lines[-1]:
        lines.pop()
    digit = re.search("[1-9]", found[2])
    if digit is not None:
        indent = column + int(digit[0])
    else:
        indent = next((len(one) - len(one.lstrip(" ")) for one in lines if one.strip(" ")), 0)
        if not indent:
            lines = ["" for _ in lines]
    if any(one[:indent].strip(" ") for one in lines):
        raise Unusual("a line stands left of its text", line)
    lines = [one[indent:] for one in lines]
    keeps = "+" in found[2]
    while lines and not lines[-1] and not keeps:
        lines.pop()
    ends_in_space = bool(lines) and not lines[-1].strip()
    return Block(found[1] + re.sub("[1-9]", "2", found[2]), found[3] or "", lines, keeps or ends_in_space)
