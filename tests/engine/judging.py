"""Short ways to validate text with the toy catalogue."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.validate import validate
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.resource import Resource
from tests.engine import toy

HEAD = """\
apiVersion: reconciler/v1
kind: Gadget
metadata: {name: lamp, tenant: farol}
spec:
  title: Lamp
  serial: s-1
"""
"""Six lines; what a test adds begins at line 7."""


def judge(text: str, catalog: Catalog | None = None) -> tuple[list[Resource[Any]], list[Diagnostic]]:
    """Resources and findings of a text that is sound YAML."""
    documents, problems = parse("a.yaml", text.encode(), limits=Limits())
    assert problems == []
    return validate(catalog or toy.catalog(), documents)


def body(text: str) -> list[Diagnostic]:
    """The findings of a gadget whose spec goes on with ``text``."""
    return judge(HEAD + text)[1]


def told(found: list[Diagnostic]) -> list[str]:
    """``code line:column path`` of each finding."""
    return [f"{one.code} {one.source.line}:{one.source.column} {one.path}" for one in found if one.source is not None]


def everything(found: list[Diagnostic]) -> str:
    """All text of all findings."""
    return "\n".join(
        f"{one.summary}\n{one.detail}\n{one.hint}\n{one.path}\n{one.snippet.text if one.snippet else ''}"
        for one in found
    )
