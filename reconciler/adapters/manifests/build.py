"""Build: the events of libyaml as trees, with everything refused that the strict subset leaves out.

The scanner is libyaml's; nothing here recurses, so depth is bounded before it can hurt. No places are kept: where
nothing is wrong nobody asks for them, and :mod:`reconciler.adapters.manifests.locate` reads them again from the same
bytes.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
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

from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.locate import first_places, heads
from reconciler.adapters.manifests.scalars import STARTERS, typed, word_for
from reconciler.adapters.manifests.syntax import explain
from reconciler.adapters.manifests.text import Text, invisible, name_of
from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.manifest import Misread
from reconciler.model.placing import shown_key

_LEADING_TAB = re.compile(rb"^ *\t[ \t]*(?=[^ \t\r\n])", re.MULTILINE)
_NO_KEY = object()


class _Stop(Exception):
    """The rest of the file is not read."""


class _Junk(str):
    """The key under which the second value of a repeated key is kept until its document ends; equal to nothing."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Tree:
    """One document: its number in the file, its tree, and whether it holds neither nulls nor misread scalars."""

    __slots__ = ("index", "plain", "tree")

    def __init__(self, index: int, tree: dict[str, Any], *, plain: bool) -> None:
        self.index = index
        self.tree = tree
        self.plain = plain


class Builder:
    """Builds the trees of one file. After :meth:`run`, ``trees`` and ``problems`` hold what was found.

    Documents that break the subset (GEN-17) are left out of ``trees``. A document with a repeated key is kept with the
    first of both values, so that whatever else is wrong with it can be reported at once.
    """

    def __init__(self, text: Text, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.trees: list[Tree] = []
        self.problems: list[Diagnostic] = []
        self._index = -1
        self._nodes = 0
        self._broken = False
        self._plain = True
        self._first_problem = 0
        self._junk: list[tuple[dict[Any, Any], _Junk]] = []
        self._merge = False
        self._heads: dict[int, int] | None = None
        self._escapes = b"\\" in text.data
        self._tabs: set[int] = set()
        if b"\t" in text.data:
            starts = [found.start() for found in _LEADING_TAB.finditer(text.data)]
            self._tabs = {text.data.count(b"\n", 0, start) for start in starts[:1000]}

    def run(self) -> None:
        """Read the whole file, or as much of it as can be understood."""
        try:
            parser = CParser(self.text.data)
            while True:
                event = parser.get_event()
                if event is None:
                    break
                if type(event) is DocumentStartEvent:
                    self._begin(event)
                    self._finish(self._document(parser))
        except MarkedYAMLError as error:
            line, column, summary, hint = explain(error, self.text)
            self._refuse_last(line, column, summary, hint)
        except YAMLError:
            self._refuse_last(1, 1, "the file cannot be read as YAML", "")
        except _Stop:
            self._tabs.clear()
        with suppress(_Stop):
            self._refuse_tabs()

    def _refuse_last(self, line: int, column: int, summary: str, hint: str) -> None:
        with suppress(_Stop):  # nothing is read after it anyway
            self._refuse_at(line, column, summary, hint=hint)

    def _refuse_tabs(self) -> None:
        """Tabs in front of a line that is no part of a text; most of them libyaml has refused already."""
        for line in sorted(self._tabs):
            column = len(self.text.line(line + 1)) - len(self.text.line(line + 1).lstrip(" ")) + 1
            if not any(one.source is not None and one.source.line == line + 1 for one in self.problems):
                self._refuse_at(line + 1, column, "a tab stands in the indentation", hint="indent with spaces")
                self.trees.clear()

    def _document(self, parser: Any) -> Any:  # noqa: C901, PLR0912, PLR0915 - the hot loop: a call an event would cost half of its speed
        """The root node of the document that has just begun; ``_NO_KEY`` when it holds none."""
        get = parser.get_event
        escapes, tabs, depth = self._escapes, self._tabs, self.limits.depth
        root: list[Any] = []
        node: Any = root
        key: Any = None
        due = False  # whether the node is a mapping and its next event is a key
        stack: list[tuple[Any, Any]] = []
        while True:
            event = get()
            kind = type(event)
            if kind is ScalarEvent:
                if event.anchor is not None or event.tag is not None:
                    self._properties(event)
                value = event.value
                style = event.style
                if style == "":
                    if due:
                        if value == "<<" or value[:1] in STARTERS or not value:
                            value = self._odd_key(event)
                    elif value[:1] in STARTERS or not value:
                        value = typed(value)
                        if value is None or type(value) is Misread:
                            self._plain = False
                elif (escapes and style == '"') or tabs:
                    self._look(event)
                if due:
                    if value in node:
                        value = self._repeated(event, node, stack)
                    key = value
                    due = False
                elif key is None:
                    node.append(value)
                else:
                    node[key] = value
                    due = True
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.anchor is not None or event.tag is not None:
                    self._properties(event)
                if due:
                    self._refuse(event, "a key is a mapping or a list", hint="write a word as the key")
                    return self._skip(get, 1)
                fresh: Any = {} if kind is MappingStartEvent else []
                if key is None:
                    node.append(fresh)
                else:
                    node[key] = fresh
                stack.append((node, key))
                if len(stack) > depth:
                    self._too_deep(event)
                node = fresh
                key = None
                due = kind is MappingStartEvent
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._nodes += len(node)
                node, key = stack.pop()
                due = key is not None
            elif kind is AliasEvent:
                self._alias(event)
                if due:
                    return self._skip(get, 0)
                if key is None:
                    node.append(None)
                else:
                    node[key] = None
                    due = True
            elif kind is DocumentEndEvent:
                return root[0] if root else _NO_KEY

    def _skip(self, get: Any, depth: int) -> Any:
        """Read on to the end of a document that is broken already."""
        self._broken = True
        while True:
            kind = type(get())
            if kind is DocumentEndEvent:
                return _NO_KEY
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
                if depth > self.limits.depth:
                    raise _Stop
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                depth -= 1

    def _begin(self, event: Any) -> None:
        self._index += 1
        self._broken = False
        self._plain = True
        self._merge = False
        self._first_problem = len(self.problems)
        if self._index >= self.limits.documents:
            self._too_many(event, f"the file holds more than {self.limits.documents} documents")
        if event.version is not None or event.tags:
            self._refuse(event, "a manifest holds no directives", hint="delete the lines that begin with %", show=1)

    def _finish(self, root: Any) -> None:
        for node, junk in self._junk:
            del node[junk]
        self._junk.clear()
        if self._nodes > self.limits.nodes:
            self._refuse_at(1, 1, f"the file holds more than {self.limits.nodes} values", code="LOD-03")
            raise _Stop
        if self._broken or root is _NO_KEY or root is None:
            return  # refused already, or an empty document, which is skipped
        if not isinstance(root, dict):
            self._not_a_mapping()
            return
        for place in range(self._first_problem, len(self.problems)):
            self.problems[place] = replace(self.problems[place], address=_address(root))
        self.trees.append(Tree(self._index, root, plain=self._plain))

    # --- what is refused ---------------------------------------------------------------------------------------------

    def _properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, "a manifest holds no anchors", hint="write the value out where it is needed", show=1)
        else:
            self._refuse(
                event, "a manifest holds no explicit tags", hint="delete it; quote the value if it is text", show=1
            )

    def _alias(self, event: Any) -> None:
        if self._merge:
            self._merge = False  # the merge key before it was reported
            return
        self._refuse(event, "a manifest holds no aliases", hint="write the value out", show=1)

    def _odd_key(self, event: Any) -> str:
        text = str(event.value)
        if text == "<<":
            self._refuse(event, "a manifest holds no merge keys", hint="write the fields out", show=2)
            self._merge = True
            return text
        if not text:
            self._refuse(event, "a key is empty", hint="write a word before the colon", show=1)
            return text
        value = typed(text)
        if type(value) is str:
            return text
        self._plain = False
        return Misread(text, word_for(value))

    def _repeated(self, event: Any, node: dict[Any, Any], stack: list[tuple[Any, Any]]) -> _Junk:
        junk = _Junk(event.value)
        self._junk.append((node, junk))
        mark = event.start_mark
        width = event.end_mark.column - mark.column if event.end_mark.line == mark.line else 1
        word = str(event.value)
        # {hunter2, hunter2}: keys without a value may be a secret that somebody put into braces.
        open_word = shown_key(word) == word and node[word] is not None
        self._refuse_at(
            mark.line + 1,
            mark.column + 1,
            f"the key {word} occurs twice in one mapping" if open_word else "a key occurs twice in one mapping",
            hint="keep one of them",
            code="GEN-01",
            show=width if open_word else 0,
            path=_path(stack, word) if open_word else "",
        )
        return junk

    def _look(self, event: Any) -> None:
        """A quoted or block scalar: its escapes, and the lines on which a tab is part of it."""
        if event.style == '"' and self._escapes:
            found = invisible(event.value)
            if found is not None:
                self._refuse(
                    event,
                    f"the text holds the invisible character {name_of(found[0])}, written as an escape",
                    hint="delete it; it can make a text look like another one",
                    show=1,
                )
        if self._tabs:
            self._tabs.difference_update(range(event.start_mark.line + 1, event.end_mark.line + 1))

    def _not_a_mapping(self) -> None:
        line, column = first_places(self.text)[self._index]
        self._broken = True
        self._refuse_at(line, column, "the root of a document is no mapping", hint="begin with apiVersion and kind")

    def _too_deep(self, event: Any) -> None:
        mark = event.start_mark
        summary = f"mappings and lists stand more than {self.limits.depth} deep inside each other"
        self._refuse_at(mark.line + 1, mark.column + 1, summary, code="LOD-02")
        raise _Stop

    def _too_many(self, event: Any, summary: str) -> None:
        mark = event.start_mark
        self._refuse_at(mark.line + 1, mark.column + 1, summary, code="LOD-03", hint="split the file")
        raise _Stop

    def _refuse(self, event: Any, summary: str, *, hint: str, show: int = 0) -> None:
        self._broken = True
        mark = event.start_mark
        self._refuse_at(mark.line + 1, mark.column + 1, summary, hint=hint, show=show)

    def _refuse_at(
        self,
        line: int,
        column: int,
        summary: str,
        *,
        hint: str = "",
        code: str = "GEN-17",
        show: int = 0,
        path: str = "",
    ) -> None:
        if self._heads is None:
            self._heads = heads(self.text)
        head = self._heads.get(line, 0)
        full = len(self.problems) >= self.limits.problems
        if full:
            summary = f"more than {self.limits.problems} problems in this file; the rest is not listed"
            code, hint = "LOD-06", ""
        self.problems.append(
            self.text.refuse(line, column, summary, hint=hint, code=code, show=show, head=head, path=path)
        )
        if full:
            raise _Stop


def _path(stack: list[tuple[Any, Any]], last: str) -> str:
    """The way to a key, as diagnostics write it: below ``spec`` its name is left out."""
    steps = (f"[{len(holder) - 1}]" if key is None else f".{shown_key(key)}" for holder, key in stack[1:])
    path = "".join(steps) + f".{last}"
    return path.lstrip(".").removeprefix("spec.")


def _address(root: dict[str, Any]) -> Address | None:
    kind, metadata = root.get("kind"), root.get("metadata")
    if type(kind) is not str or type(metadata) is not dict:
        return None
    name, tenant = metadata.get("name"), metadata.get("tenant") or ""
    return Address(kind, tenant, name) if type(name) is str and type(tenant) is str else None
