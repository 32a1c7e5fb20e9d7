"""Idle: a null of an overlay that takes nothing away, under a name that is no key. Merging drops it without a trace."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from reconciler.engine.validate.envelope import LIFECYCLE, METADATA, TOP, unknown
from reconciler.engine.validate.fault import Fault, a
from reconciler.engine.validate.shape import spot
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document, PathKey
from reconciler.model.placing import path_text


def idle_nulls(kind: Kind, document: Document) -> Iterator[tuple[Document, Fault]]:
    """GEN-01 for the overlays of a composed document: a slip of a name would leave standing what should go.

    A null over a key that another part has takes that one away, whatever it is called.
    """
    for part in document.parts[1:]:
        others = [one.tree for one in document.parts if one is not part]
        for path in _nulls(part.tree, ()):
            words = _words(kind, path)
            if words is None or path[-1] in words or any(_has(tree, path) for tree in others):
                continue
            of = _holder(kind, path[:-1])
            yield part, unknown(str(path[-1]), of, path, words, path=path_text(path))


def _holder(kind: Kind, path: PathKey) -> str:
    if not path:
        return "a manifest"
    return a(kind.name) if path == ("spec",) else path_text(path)


def _nulls(tree: Any, path: PathKey) -> Iterator[PathKey]:
    if type(tree) is dict:
        for key, value in tree.items():
            yield from _nulls(value, (*path, key))
    elif tree is None and path:
        yield path


def _words(kind: Kind, path: PathKey) -> Collection[str] | None:
    """The keys that there are beside a key; None where any may be, or where others see to it."""
    if len(path) == 1:
        return TOP
    if path[0] != "spec":
        known = {"metadata": METADATA, "lifecycle": LIFECYCLE}.get(str(path[0]))
        return known if len(path) == 2 else None
    where = spot(kind.spec, path[1:-1])
    return None if where.field is not None else where.shape.names.get(where.path)


def _has(tree: Any, path: PathKey) -> bool:
    for step in path:
        if type(tree) is not dict or step not in tree:
            return False
        tree = tree[step]
    return True
