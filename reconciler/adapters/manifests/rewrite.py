"""Rewrite: a file says something else afterwards, and nothing but the changed words is touched.

The tree that stands there and the wanted one are walked side by side. A scalar changes in place, in the quotes that it
had; a key comes where the order of its kind puts it, or goes away with its line. What comes out is read by the strict
loader and must be exactly what was wanted, with every comment that stood on a line of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from reconciler.adapters.manifests.collect import parse
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.scalars import typed
from reconciler.adapters.manifests.spans import Entry, Node, Unchangeable, nodes_of
from reconciler.adapters.manifests.tidy.comments import comments_and_dashes
from reconciler.adapters.manifests.write import (
    NO_WORDS,
    flow_text,
    item_lines,
    mapping_lines,
    quoted,
    scalar_text,
    value_lines,
)
from reconciler.model.invisible import INVISIBLE
from reconciler.model.key_order import FREE, KeyOrder

WIDTH = 120
"""Columns that a value in brackets may reach."""
_UNPRINTED = re.compile(f"[\t\r\n{INVISIBLE}]")
_BEHIND = re.compile(r"[|>][-+0-9]*([ \t]+#[^\n]*)")
"""The comment behind the sign of a text of several lines."""
_COMMA = re.compile(r"\s*,")
_INDENT = re.compile(r"\n( +)\S")


def rewrite(
    file: str,
    data: bytes,
    wanted: Mapping[int, tuple[Any, Any]],
    orders: Mapping[str, KeyOrder],
    *,
    limits: Limits | None = None,
) -> bytes:
    """The bytes of a file in which some documents say something else.

    ``wanted`` holds, by number of document, the tree that was read and the one that it becomes.

    Raises:
        Unchangeable: the file does not say any more what was read, or it cannot be changed in place.
    """
    bounds = limits or Limits()
    documents, problems = parse(file, data, limits=bounds)
    trees = {one.index: one.tree for one in documents}
    if problems or any(not same_tree(trees.get(index), before) for index, (before, _) in wanted.items()):
        raise Unchangeable("it was changed meanwhile", hint="call it again")
    text = data.decode()
    windows = "\r\n" in text and "\n" not in text.replace("\r\n", "")
    if windows:
        text = text.replace("\r\n", "\n")
    bare = not text.endswith("\n")
    if bare:  # every line ends like any other while the text changes
        text += "\n"
    roots = nodes_of(text)
    editing = _Editing(text)
    for index, (before, after) in wanted.items():
        order = orders.get(str(before.get("kind")), orders.get("", FREE))
        editing.change(roots[index], before, after, order)
    made = editing.result()
    expected = {**trees, **{index: after for index, (_, after) in wanted.items()}}
    # A text of several lines that comes last may need the line end that the file lacked.
    for new in (made.removesuffix("\n"), made) if bare else (made,):
        result = (new.replace("\n", "\r\n") if windows else new).encode()
        again, problems = parse(file, result, limits=bounds)
        if not problems and same_tree({one.index: one.tree for one in again}, expected):
            break
    else:
        raise Unchangeable("its value cannot be changed without changing others", editing.first)
    lost = Counter(_own_comments(text)) - Counter(_own_comments(made))
    if lost:
        raise Unchangeable("a comment would get lost", editing.first)
    return result


def same_tree(one: Any, other: Any) -> bool:
    """Whether two trees are equal, types included; the order of keys has no meaning."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            key in other and same_tree(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same_tree, one, other))
    return bool(one == other) or one != one  # noqa: PLR0124 - only what is no number differs from itself


def _own_comments(text: str) -> list[str]:
    return [one.text for one in comments_and_dashes(text.replace("\r\n", "\n"))[0] if one.own]


class _Editing:
    """Collects changes of a text, each a span and what comes there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []

    @property
    def first(self) -> int | None:
        """Where the first change is."""
        return min((start for start, *_ in self._edits), default=None)

    def result(self) -> str:
        """The text with every change in it.

        Raises:
            Unchangeable: two changes meet.
        """
        parts: list[str] = []
        at = 0
        for start, end, new in sorted(self._edits, key=lambda one: (one[0], one[1])):
            if start == end == at - 1 and new[:1] == self._text[start] == "\n":
                parts.append(f"{new[1:]}\n")  # lines that come behind one that goes away, its line end included
                continue
            if start < at:
                raise Unchangeable("two of its changes meet", start)
            parts += [self._text[at:start], new]
            at = end
        return "".join([*parts, self._text[at:]])

    def change(
        self,
        node: Node,
        before: Any,
        after: Any,
        order: KeyOrder,
        entry: Entry | None = None,
        *,
        inside: bool = False,
    ) -> None:
        """Make ``node``, which says ``before``, say ``after``.

        ``entry`` is the one that it stands in; ``inside`` says that it stands in brackets, where no line may begin.
        """
        if same_tree(before, after):
            return
        if node.sort == "mapping" and isinstance(after, dict) and after and node.entries:
            if any(one.name in after for one in node.entries):
                self._mapping(node, before, after, order)
            else:
                self._whole(node, after, order, entry, inside=inside)
        elif node.sort == "list" and isinstance(after, list) and after and node.entries:
            self._list(node, before, after, order)
        elif node.sort == "scalar" and not isinstance(after, dict | list):
            self._scalar(node, after, entry)
        elif node.flow and not node.entries and after and isinstance(after, dict if node.sort == "mapping" else list):
            self._edits.append((node.end - 1, node.end - 1, flow_text(after, order)[1:-1]))
        else:
            self._whole(node, after, order, entry, inside=inside)

    # --- mappings ----------------------------------------------------------------------------------------------------

    def _mapping(self, node: Node, before: dict[str, Any], after: dict[str, Any], order: KeyOrder) -> None:
        gone = [one for one in node.entries if one.name not in after]
        stays = [one for one in node.entries if one.name in after]
        for entry in stays:
            self.change(
                entry.node, before[entry.name], after[entry.name], order.below(entry.name), entry, inside=node.flow
            )
        for entry in gone:
            if node.flow:
                self._leave_flow(node, entry, stays)
            else:
                self._leave_block(node, entry)
        new: dict[int, list[str]] = {}
        for key in sorted((key for key in after if key not in before), key=order.place):
            lower = [place for place, one in enumerate(stays) if order.place(one.name) <= order.place(key)]
            new.setdefault(max(lower, default=-1), []).append(key)
        for place, keys in new.items():
            tree = {key: after[key] for key in keys}
            if node.flow:
                text = flow_text(tree, order)[1:-1]
                self._enter_flow(stays, place, text)
            else:
                self._enter_block(node, stays, place, mapping_lines(tree, order, node.column))

    def _enter_flow(self, stays: Sequence[Entry], place: int, text: str) -> None:
        if place < 0:
            self._edits.append((stays[0].start, stays[0].start, f"{text}, "))
        else:
            at = max(stays[place].head if stays[place].node.start == stays[place].node.end else 0, _end(stays[place]))
            self._edits.append((at, at, f", {text}"))

    def _enter_block(self, node: Node, stays: Sequence[Entry], place: int, lines: Sequence[str]) -> None:
        if place < 0:
            first = stays[0].start
            joined = "\n".join(lines).removeprefix(" " * node.column)
            self._edits.append((first, first, f"{joined}\n{' ' * node.column}"))
            return
        last = _last_leaf(stays[place].node)
        at = self._line_end(_end(stays[place]))
        if last.keeps:  # the blank lines behind it are part of it
            while self._text[at : at + 1] == "\n" and not self._text[at + 1 : self._line_end(at + 1)].strip():
                if at + 1 >= len(self._text):
                    break
                at = self._line_end(at + 1)
        self._edits.append((at, at, "".join(f"\n{line}" for line in lines)))

    def _leave_flow(self, node: Node, entry: Entry, stays: Sequence[Entry]) -> None:
        place = node.entries.index(entry)
        run = place  # the first of those that go away together
        while run and node.entries[run - 1] not in stays:
            run -= 1
        before = self._text[_end(node.entries[run - 1]) : node.entries[run].start] if run else ""
        rest = node.entries[place + 1 :]
        if rest and (not run or "#" in before):
            behind = _COMMA.match(self._text, _end(entry))
            said = behind is not None and "#" in self._text[behind.end() : rest[0].start]
            self._edits.append((entry.start, behind.end() if said and behind is not None else rest[0].start, ""))
        elif "#" in before:  # what is said of the one before stays, and so does the comma between them
            comma = _COMMA.match(self._text, _end(entry))
            self._edits.append((entry.start, _end(entry) if comma is None else comma.end(), ""))
        else:
            self._edits.append((_end(node.entries[place - 1]), _end(entry), ""))

    def _leave_block(self, node: Node, entry: Entry) -> None:
        begin = self._text.rfind("\n", 0, entry.start) + 1
        end = self._line_end(_end(entry))
        kept = self._kept(entry.start, end, node.column)
        if self._text[begin : entry.start].strip(" ?"):
            place = node.entries.index(entry)
            if place + 1 >= len(node.entries) or kept:
                raise Unchangeable("it stands on a line with something else", entry.start)
            self._edits.append((entry.start, node.entries[place + 1].start, ""))
            return
        if end < len(self._text):
            self._edits.append((begin, end + 1, kept))
        else:
            self._edits.append((max(begin - 1, 0), end, f"\n{kept.rstrip()}" if kept else ""))

    # --- lists -------------------------------------------------------------------------------------------------------

    def _list(self, node: Node, before: list[Any], after: list[Any], order: KeyOrder) -> None:
        if len(before) == len(after):
            for entry, old, new in zip(node.entries, before, after, strict=True):
                self.change(entry.node, old, new, order, entry, inside=node.flow)
            return
        steps = SequenceMatcher(a=list(map(_word, before)), b=list(map(_word, after)), autojunk=False).get_opcodes()
        stays = [node.entries[at] for kind, a, b, *_ in steps if kind == "equal" for at in range(a, b)]
        if not stays:
            for entry, old, new in zip(node.entries, before, after, strict=False):
                self.change(entry.node, old, new, order, entry, inside=node.flow)
            stays = node.entries[: len(after)]
            steps = [("delete", len(after), len(before), 0, 0)] if len(before) > len(after) else []
            if len(after) > len(before):
                steps = [("insert", len(before), len(before), len(before), len(after))]
        for kind, a, b, c, d in steps:
            if kind == "equal":
                continue
            for entry in node.entries[a:b]:
                if node.flow:
                    self._leave_flow(node, entry, stays)
                else:
                    self._leave_block(node, entry)
            if c < d:
                place = sum(one.start < (node.entries[a].start if a < len(node.entries) else node.end) for one in stays)
                if node.flow:
                    self._enter_flow(stays, place - 1, flow_text(after[c:d], order)[1:-1])
                else:
                    self._enter_block(node, stays, place - 1, item_lines(after[c:d], order, node.column))

    # --- values ------------------------------------------------------------------------------------------------------

    def _scalar(self, node: Node, after: Any, entry: Entry | None) -> None:
        if node.start == node.end:
            at = node.start if entry is None else entry.head
            colon = ":" if entry is not None and entry.name and self._text[at - 1 : at] != ":" else ""  # as in {a}
            self._edits.append((at, at, f"{colon} {scalar_text(after)}"))
            return
        self._edits.append((node.start, node.end, self._token(node, after, entry)))

    def _token(self, node: Node, after: Any, entry: Entry | None) -> str:
        """A scalar in the style of the one that stands there, where it can be written so."""
        if node.style in ("|", ">"):
            found = _INDENT.search(self._text[node.start : node.end].replace("\r", ""))
            indent = len(found[1]) - 2 if found else self._column(node if entry is None else entry)
            first, *rest = value_lines(after, FREE, indent)
            said = _BEHIND.match(self._text, node.start)
            return "\n".join([first + (said[1] if said else ""), *rest])
        if not isinstance(after, str):
            return scalar_text(after)
        if node.style == "'" and _UNPRINTED.search(after) is None:
            doubled = after.replace("'", "''")
            return f"'{doubled}'"
        if node.style == "" and _reads_plain(after):
            return after
        return quoted(after)

    def _whole(self, node: Node, after: Any, order: KeyOrder, entry: Entry | None, *, inside: bool) -> None:
        """Write a value anew, in brackets where it stood in some or fits on its line."""
        text = flow_text(after, order) if isinstance(after, dict | list) else scalar_text(after)
        begin = self._text.rfind("\n", 0, node.start) + 1
        if entry is not None and entry.name and not node.flow and node.entries and not after:
            self._emptied(node, text, entry)
            return
        if self._kept(node.start, node.end, 0) or (node.flow and self._said(node)):
            raise Unchangeable("comments stand inside of it", node.start)
        if node.flow or (node.sort == "scalar" and node.start != node.end):
            fits = node.start - begin + len(text) <= WIDTH
            if node.flow or inside or fits or entry is None:
                self._edits.append((node.start, node.end, text))
                return
        if entry is None:
            raise Unchangeable("it is a whole document", node.start)
        between = self._text[entry.head : node.start]
        if "#" in between:
            raise Unchangeable("comments stand inside of it", entry.start)
        if inside or len(text) <= WIDTH - (entry.head - self._text.rfind("\n", 0, entry.start) - 1):
            self._edits.append((entry.head, max(node.end, entry.head), f" {text}"))
            return
        first, *rest = value_lines(after, order, self._column(entry))
        at = self._line_end(max(node.end, entry.head))
        self._edits.append((entry.head, max(node.end, entry.head), f" {first}" if first else ""))
        self._edits.append((at, at, "".join(f"\n{line}" for line in rest)))

    def _emptied(self, node: Node, text: str, entry: Entry) -> None:
        """The lines of a collection go away, and comments of their own stay below its key."""
        line = self._line_end(entry.head)
        column = len(self._text[self._text.rfind("\n", 0, node.start) + 1 : node.start])
        kept = self._kept(entry.head, self._line_end(node.end), column).rstrip("\n")
        self._edits.append((entry.head, entry.head, f" {text}"))
        self._edits.append((line, self._line_end(node.end), f"\n{kept}" if kept else ""))

    # --- lines -------------------------------------------------------------------------------------------------------

    def _column(self, one: Node | Entry) -> int:
        return one.start - (self._text.rfind("\n", 0, one.start) + 1)

    def _line_end(self, at: int) -> int:
        found = self._text.find("\n", at)
        if found < 0:
            return len(self._text)
        return found

    def _said(self, node: Node) -> bool:
        """Whether there is a comment inside of a node."""
        return any(node.start <= one.index < node.end for one in comments_and_dashes(self._text)[0])

    def _kept(self, start: int, end: int, column: int) -> str:
        """The comments inside of a span that stand on lines of their own."""
        part = "\n" + self._text[start:end].replace("\r\n", "\n")
        own = [one.text for one in comments_and_dashes(self._text.replace("\r\n", "\n"))[0] if one.own]
        lines = [line.strip() for line in part.split("\n")[2:]]
        return "".join(f"{' ' * column}{line}\n" for line in lines if line.startswith("#") and line in own)


def _end(entry: Entry) -> int:
    return max(entry.head, entry.node.end)


def _last_leaf(node: Node) -> Node:
    while node.entries and not node.flow:
        node = node.entries[-1].node
    return node


def _word(value: Any) -> str:
    return f"{type(value).__name__}:{value!r}"


def _reads_plain(text: str) -> bool:
    """Whether a text means itself without quotes, wherever it stands, and to every reader of YAML."""
    if not text[:1].isalpha() or text != text.strip() or _UNPRINTED.search(text) or text.lower() in NO_WORDS:
        return False
    if typed(text) != text or any(part in text for part in (": ", " #", ",", "[", "]", "{", "}")):
        return False
    return not text.endswith(":")
