"""Short ways to read text as manifests, for the tests beside it."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.manifests import Limits, parse
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.manifest import Document


def read(
    text: str | bytes, *, file: str = "a.yaml", limits: Limits | None = None
) -> tuple[list[Document], list[Diagnostic]]:
    """Documents and problems of one file."""
    data = text if isinstance(text, bytes) else text.encode()
    return parse(file, data, limits=limits or Limits())


def tree(text: str | bytes) -> dict[str, Any]:
    """The tree of a file with one sound document."""
    documents, problems = read(text)
    assert problems == []
    assert len(documents) == 1
    return documents[0].tree


def told(problems: list[Diagnostic]) -> list[str]:
    """``code line:column`` of each problem."""
    return [f"{one.code} {one.source.line}:{one.source.column}" for one in problems if one.source is not None]


def everything(problems: list[Diagnostic]) -> str:
    """All text of all problems, to look for what must not be in it."""
    return "\n".join(
        f"{one.summary}\n{one.detail}\n{one.hint}\n{one.path}\n{one.snippet.text if one.snippet else ''}"
        for one in problems
    )
