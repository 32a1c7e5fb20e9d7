"""Laying out: pages become text, in the canonical order and spacing.

Two spaces a level, lists indented below their key, at most one blank line between entries and none at the begin or end
of anything, one space before a comment that ends a line. A collection in brackets stays there when it fits on its line
and holds no comments; otherwise its entries get lines of their own.
"""

from __future__ import annotations

from reconciler.adapters.manifests.tidy.nodes import Block, Collection, Comment, Empty, Entry, Node, Page, Scalar
from reconciler.model.key_order import KeyOrder

WIDTH = 120
"""Columns that a collection in brackets may reach."""


def lay_out(pages: list[Page], orders: list[KeyOrder]) -> str:
    """The text of a file: each page with the order of its keys. Every line ends with LF."""
    laying = _Laying()
    for number, (page, order) in enumerate(zip(pages, orders, strict=True)):
        laying.page(page, order, first=number == 0)
    return "".join(f"{line}\n" for line in laying.lines)


class _Laying:
    """Lines of a file, from its first to its last.

    ``_kept`` says that the last line may belong to a text whose blank lines count: none may be added then.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._kept = False

    def page(self, page: Page, order: KeyOrder, *, first: bool) -> None:
        self._comments(page.above, "", first=True)
        empty = isinstance(page.root, Empty)
        if not first or page.beside is not None or (empty and page.marked):
            self._line("---", page.beside)
            self._comments(page.head, "", first=True)
        else:
            self._comments(page.head, "", first=not page.above)
        if isinstance(page.root, Collection):
            text = _in_line(page.root, order, WIDTH) if page.root.flow else None
            if text is not None:
                self._gap(wanted=page.gap)
                self._line(text)
            else:
                self._collection(page.root, "", order, gap=page.gap)
        elif isinstance(page.root, Scalar):
            for line in page.root.lines:
                self._line(line)
        elif isinstance(page.root, Block):
            self._block(page.root, "", "")
        self._comments(page.tail, "", first=not self.lines)

    # --- lines -------------------------------------------------------------------------------------------------------

    def _line(self, text: str, beside: Comment | None = None) -> None:
        self.lines.append(text if beside is None else f"{text} {beside.text}")
        self._kept = False

    def _gap(self, *, wanted: bool) -> None:
        if wanted and self.lines and not self._kept:
            self.lines.append("")

    def _comments(self, comments: list[Comment], indent: str, *, first: bool) -> None:
        for number, comment in enumerate(comments):
            self._gap(wanted=comment.gap and not (first and number == 0))
            self._line(indent + comment.text)

    # --- nodes -------------------------------------------------------------------------------------------------------

    def _collection(self, node: Collection, indent: str, order: KeyOrder, *, gap: bool = False) -> None:
        """The entries on lines of their own; ``gap`` says that a blank line comes before the first one."""
        for number, entry in enumerate(_sorted(node, order)):
            first = number == 0
            self._gap(wanted=first and gap)
            self._comments(entry.lead, indent, first=first)
            self._gap(wanted=entry.gap and (not first or bool(entry.lead)))
            if node.mapping:
                self._value(f"{indent}{entry.key}:", entry, indent, order.below(entry.name))
            else:
                self._item(entry, indent, order)
        self._comments(node.tail, indent, first=not node.entries)

    def _item(self, entry: Entry, indent: str, order: KeyOrder) -> None:
        node, inner = entry.node, f"{indent}  "
        if isinstance(node, Collection) and entry.beside is None and not self._fits(f"{indent}-", node, order):
            entries = _sorted(node, order)
            if entries and not entries[0].lead:
                # The first entry stands behind the dash.
                at = len(self.lines)
                self._collection(node, inner, order)
                self.lines[at] = f"{indent}- {self.lines[at].removeprefix(inner)}"
                return
        self._value(f"{indent}-", entry, indent, order)

    def _value(self, head: str, entry: Entry, indent: str, order: KeyOrder) -> None:
        node, inner = entry.node, f"{indent}  "
        if isinstance(node, Empty):
            self._line(head, entry.beside)
            self._comments(node.under, inner, first=True)
        elif isinstance(node, Scalar):
            lines = [f"{head} {node.lines[0]}", *(inner + line if line else "" for line in node.lines[1:])]
            for line in lines[:-1]:
                self._line(line)
            self._line(lines[-1], entry.beside)
        elif isinstance(node, Block):
            self._block(node, head, inner)
        elif node.flow and (text := _in_line(node, order, WIDTH - len(head) - 1)) is not None:
            self._line(f"{head} {text}", entry.beside)
        else:
            self._line(head, entry.beside)
            self._collection(node, inner, order)

    def _block(self, node: Block, head: str, inner: str) -> None:
        self._line(" ".join(part for part in (head, node.header, node.comment) if part))
        for line in node.lines:
            self._line(inner + line if line else "")
        self._kept = node.keeps

    def _fits(self, head: str, node: Collection, order: KeyOrder) -> bool:
        return node.flow and _in_line(node, order, WIDTH - len(head) - 1) is not None


def _sorted(node: Collection, order: KeyOrder) -> list[Entry]:
    """The entries of a mapping in their order; those that the order does not know keep theirs, at the end."""
    return sorted(node.entries, key=lambda one: order.place(one.name)) if node.mapping else node.entries


def _in_line(node: Node, order: KeyOrder, room: int) -> str | None:
    """A value in brackets on one line; None when it holds comments or lines, or is longer than ``room``."""
    if isinstance(node, Scalar):
        return node.lines[0] if len(node.lines) == 1 else None
    if isinstance(node, Empty):
        return "" if not node.under else None
    if isinstance(node, Block) or node.tail or node.opening is not None:
        return None
    parts: list[str] = []
    for entry in _sorted(node, order):
        below = order.below(entry.name) if node.mapping else order
        text = None if entry.lead or entry.beside is not None else _in_line(entry.node, below, room)
        if text is None:
            return None
        if node.mapping:
            text = f"{entry.key}: {text}" if text else entry.key
        parts.append(text)
    joined = ", ".join(parts)
    line = f"{{{joined}}}" if node.mapping else f"[{joined}]"
    return line if len(line) <= room else None
