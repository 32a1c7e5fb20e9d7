"""From a finding to a diagnostic: where it points, and the line that a person is shown.

A shown line holds punctuation, keys that stand where keys are known, and those values whose path is known to be
harmless. Everything else is hidden: secrets, values of unknown keys and the keys below them, comments, and whatever has
no known place. A secret written in the place of a key, as in ``password: {hunter2}``, is hidden too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

from reconciler.model.address import Address
from reconciler.model.columns import Field, fields_of
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document, PathKey, Span
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Rule, RuleText
from reconciler.model.source import Snippet, Source
from reconciler.model.spec import Spec

HIDDEN = "…"
WIDTH = 160
"""Characters of a line that are shown at most."""
_BEFORE = 60
_WINDOW = 400
_ROOTS = ("metadata", "lifecycle", "spec", "apiVersion", "kind", "status")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_PUNCTUATION = re.compile(r"[\s:\[\]{},?\-]*")
_OPEN = frozenset(
    {
        ("apiVersion",),
        ("kind",),
        ("metadata", "name"),
        ("metadata", "tenant"),
        ("lifecycle", "protect"),
        ("lifecycle", "management"),
    }
)

_SOURCE_WORDS = frozenset(
    {"fromEnv", "fromFile", "fromSops", "fromVault", "generate", "version", "file", "path", "key", "mediaType"}
)
_WORD = re.compile(r"[\w./$-]*")
_MAX_WORD = 40
_WITH_OPEN_KEYS = frozenset(
    {("metadata",), ("lifecycle",), ("spec",), ("metadata", "labels"), ("metadata", "annotations")}
)


class Visible(Protocol):
    """Whether the value at a path may be shown, or the key itself."""

    def __call__(self, path: PathKey, /, *, key: bool = False) -> bool:
        """True when it may."""


def shown_key(word: str) -> str:
    """A key as a message may show it: on one line, not long, and cut where it stops to look like a key.

    ``password:hunter2`` and ``password hunter2`` are keys to YAML when a space or a colon was forgotten.
    """
    found = _WORD.match(word)
    text = "" if found is None else found[0][:_MAX_WORD]
    return text if text == word else f"{text}{HIDDEN}"


@lru_cache(maxsize=4096)
def path_key(at: str) -> PathKey:
    """``origins[2].address`` as ``("spec", "origins", 2, "address")``; paths of the envelope start at the root."""
    steps: list[str | int] = [int(index) if index else word for word, index in _STEP.findall(at)]
    if not steps or steps[0] not in _ROOTS:
        steps.insert(0, "spec")
    return tuple(steps)


def path_text(key: PathKey) -> str:
    """The way back: ``origins[2].address``; the word ``spec`` is left out in front of a field."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{shown_key(step)}" for step in key)
    text = "".join(steps).lstrip(".")
    return text.removeprefix("spec.")


def visible_in(kind: Kind | None) -> Visible:
    """What of a document of ``kind`` may be shown: values of known fields that are not secret, and keys beside them."""

    def visible(path: PathKey, /, *, key: bool = False) -> bool:
        if key:
            return _open_key(path, kind, visible)
        if path in _OPEN:
            return True
        if len(path) == 3 and path[:2] in (("metadata", "labels"), ("lifecycle", "ignoreChanges")):
            return True
        if kind is None or path[:1] != ("spec",):
            return False
        return _harmless(kind.by_path, [step for step in path[1:] if isinstance(step, str)])

    return visible


def _open_key(path: PathKey, kind: Kind | None, visible: Visible) -> bool:
    word = str(path[-1])
    if shown_key(word) != word:
        return False
    if len(path) == 1 or word in _SOURCE_WORDS:
        return True
    if path[:-1] in _WITH_OPEN_KEYS:
        return True
    if kind is None or path[0] != "spec":
        return False
    above = [step for step in path[1:-1] if isinstance(step, str)]
    return _is_object(kind.by_path, above) or visible(path[:-1])


def _is_object(fields: Any, words: list[str]) -> bool:
    """Whether a mapping of known keys stands at this path."""
    for length in range(len(words), 0, -1):
        field: Field | None = fields.get(".".join(words[:length]))
        if field is not None:
            return field.entry is not None and _is_object(_fields_by_path(field.entry), words[length:])
    path = ".".join([*words, ""])
    return any(one.startswith(path) for one in fields)


def _harmless(fields: Any, words: list[str]) -> bool:
    for length in range(len(words), 0, -1):
        field: Field | None = fields.get(".".join(words[:length]))
        if field is None:
            continue
        if field.secret is not None or field.transient:
            return False
        if len(words) == length:
            return True
        return field.entry is not None and _harmless(_fields_by_path(field.entry), words[length:])
    return False


@lru_cache(maxsize=1024)
def _fields_by_path(entry: type[Spec]) -> dict[str, Field]:
    return {field.path: field for field in fields_of(entry)}


def place(document: Document, at: str | tuple[str, ...], visible: Visible) -> tuple[Source, Snippet]:
    """Where a finding at ``at`` points, and the line to show."""
    options = (at,) if isinstance(at, str) else at
    return place_at(document, [path_key(option) for option in options], visible)


def place_at(document: Document, options: Sequence[PathKey], visible: Visible) -> tuple[Source, Snippet]:
    """As :func:`place`, for paths as keys: the first that was written, or what stands nearest above the last."""
    places = document.places
    for option in options:
        found = places.keys.get(option)
        if found is not None:
            return found, snippet(document, found, visible)
    found = places.nearest(options[-1])
    return found, snippet(document, found, visible)


def written(document: Document, at: tuple[str, ...]) -> str:
    """The first of several paths that the manifest writes, or the first of all."""
    keys = document.places.keys
    return next((one for one in at if path_key(one) in keys), at[0])


def snippet(document: Document, source: Source, visible: Visible) -> Snippet:
    """The line at ``source`` with every value hidden that may not be shown, and comments cut off."""
    document = document.part_in(source.file)
    line = document.line_text(source.line)
    start = min(source.column - 1, len(line))
    end = min(source.end_column - 1, len(line)) if source.end_line == source.line else len(line)
    spans = _spans_on(document, source.line)
    # Spans of scalars and keys do not overlap, so a window of a long line is found without looking at the rest.
    first = bisect_left(spans, start - _WINDOW, key=lambda span: span.end)
    text, reached = "", 0
    if first:
        reached = spans[first - 1].end
        text = HIDDEN
    mark_start, mark_end = -1, -1
    complete = True
    for span in islice(spans, first, None):
        if span.start > start + _WINDOW:
            complete = False
            break
        gap = line[reached : span.start]
        if not _PUNCTUATION.fullmatch(gap):
            complete = False
            break
        if mark_start < 0 and start < span.start:
            mark_start = len(text) + max(0, start - reached)
        text += gap
        if mark_start < 0 and start < max(span.end, span.start + 1):
            shown_whole = visible(span.path, key=span.key)
            mark_start = len(text) + (max(0, start - span.start) if shown_whole else 0)
        shown = visible(span.path, key=span.key)
        text += line[span.start : span.end] if shown else HIDDEN if span.end > span.start else ""
        if mark_start >= 0 and mark_end < 0 and end <= span.end:
            mark_end = len(text) - (span.end - end if shown else 0)
        reached = span.end
    tail = line[reached:]
    if complete:
        found = _PUNCTUATION.match(tail)
        text += tail[: found.end() if found else 0]
    elif tail.strip():
        text += HIDDEN
    mark_start = len(text) if mark_start < 0 else mark_start
    mark_end = min(len(text), mark_start + end - start) if mark_end < 0 else mark_end
    return clipped(text.rstrip(), mark_start, max(1, mark_end - mark_start))


def clipped(text: str, start: int, length: int) -> Snippet:
    """A line of bounded width around its marked part, with tabs as single spaces."""
    text = text.replace("\t", " ")
    length = min(length, WIDTH // 2)
    left = max(0, start - _BEFORE) if len(text) > WIDTH else 0
    if left:
        text, start = HIDDEN + text[left:], start - left + 1
    if len(text) > WIDTH:
        text = text[: WIDTH - 1] + HIDDEN
    start = min(start, len(text))
    return Snippet(text, start, max(1, min(length, len(text) - start)))


def _spans_on(document: Document, number: int) -> list[Span]:
    """Keys and scalars on a line, in order. The lines of a document are sorted once."""
    lines = document.places.lines
    if not lines:
        told = None if document.places.spans is None else document.places.spans(number)
        if told is not None:
            return told
        for path, source in document.places.keys.items():
            if isinstance(path[-1], str) and source.line == source.end_line:
                lines.setdefault(source.line, []).append(Span(source.column - 1, source.end_column - 1, path, key=True))
        for path, source in document.places.values.items():
            if not _is_container(document.tree, path):
                _add_value(lines, document, path, source)
        for spans in lines.values():
            spans.sort(key=lambda span: (span.start, span.end))
    return lines.get(number, [])


def _add_value(lines: dict[int, list[Span]], document: Document, path: PathKey, source: Source) -> None:
    for number in range(source.line, source.end_line + 1):
        text = document.line_text(number)
        start = source.column - 1 if number == source.line else len(text) - len(text.lstrip())
        end = source.end_column - 1 if number == source.end_line else len(text)
        if end >= start:
            lines.setdefault(number, []).append(Span(start, end, path, key=False))


def _is_container(tree: object, path: PathKey) -> bool:
    node: Any = tree
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(node, dict | list)


def diagnose(
    rule: Rule | RuleText, finding: Finding, *, kind: Kind | None, resource: Resource[Any] | None
) -> Diagnostic:
    """A finding as a diagnostic, at its place when the resource has a manifest."""
    return diagnose_at(
        rule,
        finding,
        document=None if resource is None else resource.document,
        address=finding.address or (None if resource is None else resource.address),
        kind=kind,
    )


def diagnose_at(
    rule: Rule | RuleText, finding: Finding, *, document: Document | None, address: Address | None, kind: Kind | None
) -> Diagnostic:
    """As :func:`diagnose`, for a document that did not become a resource."""
    at = (finding.at,) if isinstance(finding.at, str) else finding.at
    path = at[0]
    source, line = None, None
    if document is not None and any(at):
        source, line = place(document, at, visible_in(kind))
        path = written(document, at)
    return Diagnostic(
        code=finding.code or rule.code,
        severity=rule.severity,
        phase=rule.phase,
        summary=finding.summary.replace("\n", " "),  # a value in it may hold line ends
        detail=finding.detail,
        hint=finding.hint,
        address=address,
        path=path,
        source=source,
        snippet=line,
    )
