"""From a finding to a diagnostic: where it points, and the line that a person is shown.

A shown line hides every value whose path is not known to be harmless: secrets, unknown keys, and comments.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document, PathKey
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Rule, RuleText
from reconciler.model.source import Snippet, Source
from reconciler.model.spec import Spec

HIDDEN = "…"
_ROOTS = ("metadata", "lifecycle", "spec", "apiVersion", "kind", "status")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_OPEN = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "tenant")}

Visible = Callable[[PathKey], bool]


def path_key(at: str) -> PathKey:
    """``origins[2].address`` as ``("spec", "origins", 2, "address")``; paths of the envelope start at the root."""
    steps: list[str | int] = [int(index) if index else word for word, index in _STEP.findall(at)]
    if not steps or steps[0] not in _ROOTS:
        steps.insert(0, "spec")
    return tuple(steps)


def visible_in(kind: Kind | None) -> Visible:
    """Which values of a document of ``kind`` may be shown: those of known fields that are not secret."""

    def visible(path: PathKey) -> bool:
        if path[:2] in _OPEN or path[:1] in _OPEN or path[:2] == ("metadata", "labels") or path[:1] == ("lifecycle",):
            return True
        if kind is None or path[:1] != ("spec",):
            return False
        words = [step for step in path[1:] if isinstance(step, str)]
        for length in range(len(words), 0, -1):
            field = kind.by_path.get(".".join(words[:length]))
            if field is not None:
                if field.secret is not None or field.transient:
                    return False
                return len(words) == length or (field.entry is not None and _known(field.entry, words[length:]))
        return False

    return visible


def _known(entry: type[Spec], words: list[str]) -> bool:
    return len(words) == 1 and words[0] in {info.alias or name for name, info in entry.model_fields.items()}


def place(document: Document, at: str | tuple[str, ...], visible: Visible) -> tuple[Source, Snippet]:
    """Where a finding at ``at`` points, and the line to show."""
    places = document.places
    options = (at,) if isinstance(at, str) else at
    for option in options:
        found = places.keys.get(path_key(option))
        if found is not None:
            return found, snippet(document, found, visible)
    found = places.nearest(path_key(options[-1]))
    return found, snippet(document, found, visible)


def snippet(document: Document, source: Source, visible: Visible) -> Snippet:
    """The line at ``source`` with every value hidden that may not be shown, and comments cut off."""
    text = document.line_text(source.line)
    shown_to = 0
    hidden: list[tuple[int, int]] = []
    places = document.places
    for path, span in places.values.items():
        if not span.line <= source.line <= span.end_line or _is_container(document, path):
            continue
        start = span.column - 1 if span.line == source.line else len(text) - len(text.lstrip())
        end = span.end_column - 1 if span.end_line == source.line else len(text)
        shown_to = max(shown_to, end)
        if not visible(path):
            hidden.append((start, end))
    for span in places.keys.values():
        if span.line <= source.line <= span.end_line and span.line == span.end_line:
            shown_to = max(shown_to, span.end_column - 1)
    rest = re.match(r"[\s:\[\]{},\-]*", text[shown_to:])
    text = text[: shown_to + (rest.end() if rest else 0)].rstrip()
    start, end = source.column - 1, source.end_column - 1 if source.end_line == source.line else len(text)
    for left, right in sorted(hidden, reverse=True):
        text = text[:left] + HIDDEN + text[right:]
        if left < start:
            start += len(HIDDEN) - (right - left)
            end += len(HIDDEN) - (right - left)
        elif left < end:
            end = left + len(HIDDEN)
    return Snippet(text, max(start, 0), max(1, min(end, len(text)) - start))


def _is_container(document: Document, path: PathKey) -> bool:
    node: object = document.tree
    for step in path:
        try:
            node = node[step]  # type: ignore[index]  # walks dicts and lists alike
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(node, dict | list) and bool(node)


def diagnose(
    rule: Rule | RuleText, finding: Finding, *, kind: Kind | None, resource: Resource[object] | None
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
    source, line = None, None
    if document is not None and finding.at:
        source, line = place(document, finding.at, visible_in(kind))
    at = finding.at if isinstance(finding.at, str) else finding.at[0]
    return Diagnostic(
        code=finding.code or rule.code,
        severity=rule.severity,
        phase=rule.phase,
        summary=finding.summary,
        detail=finding.detail,
        hint=finding.hint,
        address=address,
        path=at,
        source=source,
        snippet=line,
    )
