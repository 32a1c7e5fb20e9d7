"""Provenance: which of the documents that were composed says what at a path, and what a difference between two says."""

from __future__ import annotations

from typing import Any

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.manifest import Document, PathKey
from reconciler.model.source import Source

BASE, OVERLAY, DEFAULT = "base", "overlay", "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one document says at a path. ``origin`` is base or overlay; a ``value`` of None takes the key away."""

    origin: str
    source: Source
    value: Any


def written_at(document: Document, path: PathKey) -> tuple[Written, ...]:
    """What the documents of a composed one say at ``path``, the last word first; nothing where none says anything."""
    found = []
    for place, part in enumerate(document.written):
        node: Any = part.tree
        at: PathKey = ()
        for step in path:
            if not isinstance(node, dict) or step not in node:
                break
            node, at = node[step], (*at, step)
        # Something else than an object above the path takes away whatever lay below it.
        if at != path and isinstance(node, dict):
            continue
        value = node if at == path else None
        origin = OVERLAY if place else BASE
        found.append(Written(origin=origin, source=part.places.nearest(at), value=value))
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the value of one field comes from.

    ``value`` is None for a default, and where ``hidden`` says that it is never shown. ``overridden`` are the words of
    other documents, the latest first; ``merges`` says that they are part of the value all the same.
    """

    path: str
    value: Any
    origin: str
    source: Source | None
    hidden: bool = False
    overridden: tuple[Written, ...] = ()
    merges: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A field as one environment says it. ``value`` of a secret is its source, never what it gives."""

    value: Any
    origin: str
    source: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldContrast:
    """A field that two environments say differently."""

    path: str
    before: Side
    after: Side
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A resource that two environments say differently, or that only one declares: ``only`` is that one's name."""

    address: Address
    fields: tuple[FieldContrast, ...] = ()
    only: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs between two environments, as their manifests say."""

    before: str
    after: str
    contrasts: tuple[Contrast, ...]
    same: int
    """Resources that both say alike."""
