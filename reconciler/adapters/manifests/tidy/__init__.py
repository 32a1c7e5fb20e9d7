"""Tidy: a file of manifests in canonical order and spacing, with every value and every comment kept.

The words of the author are moved, never written anew: scalars, keys and comments are cut out of the text where libyaml
says that they stand, and laid out again (ADR 22). What comes out is read by the strict loader and compared with what
came in; on any difference the file stays as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from reconciler.adapters.manifests.collect import parse
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.tidy.comments import comments_and_dashes
from reconciler.adapters.manifests.tidy.ending import ended
from reconciler.adapters.manifests.tidy.laying import lay_out
from reconciler.adapters.manifests.tidy.nodes import Unusual
from reconciler.adapters.manifests.tidy.taking import take_apart
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.key_order import FREE, KeyOrder
from reconciler.model.manifest import Document
from reconciler.model.source import Source

__all__ = ["tidy"]


def tidy(
    file: str, data: bytes, orders: Mapping[str, KeyOrder], *, limits: Limits | None = None
) -> tuple[bytes, list[Diagnostic]]:
    """The bytes of a file as they should be, and what speaks against it; with a finding, the bytes that came in.

    ``orders`` holds the order of the keys of each kind, under ``""`` that of documents of an unknown one. A file that
    is no YAML of the strict subset has the findings of the loader; FMT-01 says that a file cannot be tidied without a
    change of what it says.
    """
    bounds = limits or Limits()
    documents, problems = parse(file, data, limits=bounds)
    if problems:
        return data, problems
    text = ended(data.decode().replace("\r\n", "\n"))
    try:
        pages = take_apart(text)
        kinds = {one.index: one.tree.get("kind") for one in documents}
        other = orders.get("", FREE)
        found = [kinds.get(number) for number in range(len(pages))]
        laid = lay_out(pages, [orders.get(kind, other) if isinstance(kind, str) else other for kind in found])
    except Unusual as unusual:
        return data, [_refused(file, unusual.line, unusual.reason)]
    made = laid.encode()
    if made == data:
        return data, []
    if len(made) > max(bounds.file, len(data)):
        return data, [_refused(file, 1, "it would be larger than a manifest may be", "split it")]
    again, problems = parse(file, made, limits=bounds)
    if problems:
        return data, [_refused(file, 1, "it could not be read any more afterwards")]
    changed = _first_change(documents, again)
    if changed is not None:
        return data, [_refused(file, changed.places.first.line, "a value would change")]
    if Counter(_comments(text)) != Counter(_comments(laid)):
        return data, [_refused(file, 1, "a comment would get lost")]
    return made, []


def _refused(file: str, line: int, reason: str, hint: str = "") -> Diagnostic:
    return Diagnostic(
        code="FMT-01",
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary=f"the file is left as it is: {reason}",
        hint=hint or "write this part in a simpler way",
        source=Source(file, line, 1, line, 1),
    )


def _comments(text: str) -> list[str]:
    return [one.text for one in comments_and_dashes(text)[0]]


def _first_change(before: list[Document], after: list[Document]) -> Document | None:
    """The first document that does not say the same any more."""
    for number, document in enumerate(before):
        if number >= len(after) or not _same(document.tree, after[number].tree):
            return document
    return before[-1] if len(after) > len(before) and before else None


def _same(one: Any, other: Any) -> bool:
    """Whether two trees are equal, types included; the order of keys has no meaning."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(key in other and _same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) or one != one  # noqa: PLR0124 - only what is no number differs from itself
