"""Compose: the documents of an environment's overlays laid over the manifests of the same address, and the way back.

An overlay is a partial manifest. It is merged onto its base as RFC 7386 has it: objects merge, lists and scalars
replace, null takes a key away. This comes before anything is judged, so whatever holds for a manifest holds for what is
composed. The address is what finds the base, so no overlay can change it. Knows ``model`` only.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from functools import partial
from operator import eq
from typing import Any

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.formats import nearest
from reconciler.model.layers import layer_of
from reconciler.model.manifest import Document, Misread, PathKey, Places
from reconciler.model.placing import diagnose_at
from reconciler.model.rule import Finding, RuleText
from reconciler.model.source import Source

_ERROR, _SCHEMA = Severity.ERROR, Phase.SCHEMA
NO_BASE = RuleText("OVL-01", _ERROR, _SCHEMA, "An overlay lies over a manifest that has its address.")
TWICE = RuleText("OVL-02", _ERROR, _SCHEMA, "A folder of overlays holds one document for an address.")
NO_ADDRESS = RuleText("OVL-03", _ERROR, _SCHEMA, "An overlay says apiVersion, kind and metadata as its manifest does.")

_IDENTITY: frozenset[PathKey] = frozenset(
    {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "tenant")}
)
_API_VERSION = "reconciler/v1"
_HINTS = 20
"""Overlays without a manifest for which the nearest is looked for."""


class Unspreadable(Exception):
    """What is wanted cannot be written into the documents that may change."""


def compose(
    documents: Sequence[Document], overlays: Sequence[str], *, partly: bool = False
) -> tuple[tuple[Document, ...], list[Diagnostic]]:
    """The documents with those of the folders ``overlays`` laid over them, in the order of the folders.

    ``partly`` says that ``documents`` are not all there are: then an overlay without a base is passed over.
    """
    if not overlays:
        return tuple(documents), []
    found: list[Diagnostic] = []
    bases, wanted = _parted(documents, overlays, found)
    if not wanted:
        return tuple(bases), in_order(found)
    laid: set[Address] = set()
    composed: list[Document] = []
    for base in bases:
        address = _address(base)
        if address in wanted:
            laid.add(address)
            composed.append(laid_over(base, wanted[address]))
        else:
            composed.append(base)
    if not partly:
        known = [one for one in map(_address, bases) if one is not None] if len(laid) < len(wanted) else []
        for place, address in enumerate(sorted(wanted.keys() - laid)):
            near = known if place < _HINTS else ()
            found += [_no_base(document, address, near) for document in wanted[address]]
    return tuple(composed), in_order(found)


def laid_over(base: Document, overlays: Sequence[Document]) -> Document:
    """One document with overlays laid over it, in their order."""
    parts = (base, *overlays)
    return Document(
        base.file,
        base.index,
        merge_all([one.tree for one in parts]),
        partial(_places, parts),
        base.line_text,
        base.folder,
        plain=all(one.plain for one in parts),
        parts=parts,
    )


def merged(target: Any, patch: Any) -> Any:
    """``patch`` laid over ``target``, as RFC 7386 has it. Neither is changed; the result may share parts of both."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
            continue
        below = made.pop(key, None) if type(key) is Misread else made.get(key)
        made[key] = merged(below, value)
    return made


def merge_all(trees: Sequence[Any]) -> Any:
    """The first tree with each of the others laid over it, one after the other."""
    made = trees[0]
    for one in trees[1:]:
        made = merged(made, one)
    return made


def spread(document: Document, wanted: dict[str, Any], *, only: int | None = None) -> tuple[dict[str, Any], ...]:
    """The trees of ``document.written`` after which the whole says ``wanted``.

    A value changes in the document from which it comes. One that stands nowhere goes where its object begins. One that
    goes away leaves its document, and becomes null there if another document would show through. With ``only`` that
    one document changes, an overlay, and what those below it say already it does not say again.

    Raises:
        Unspreadable: there is no such change.
    """
    spreading = _Spreading([one.tree for one in document.written], only)
    spreading.walk((), document.tree, wanted)
    if not alike(merge_all(spreading.trees) if document.parts else spreading.trees[0], wanted):
        raise Unspreadable("its value cannot be changed in the documents that it is composed of")
    return tuple(spreading.trees)


def alike(one: Any, other: Any) -> bool:
    """Whether two trees are equal, types included; the order of keys has no meaning."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return bool(one == other)


# --- addresses -------------------------------------------------------------------------------------------------------


def _parted(
    documents: Iterable[Document], overlays: Sequence[str], found: list[Diagnostic]
) -> tuple[list[Document], dict[Address, list[Document]]]:
    """The documents that are no overlays, and by address those that are, in the order of their folders."""
    bases: list[Document] = []
    layers: list[dict[Address, Document]] = [{} for _ in overlays]
    for document in documents:
        layer = layer_of(document.file, overlays)
        if layer is None:
            bases.append(document)
        elif (address := _read(document, found)) is not None:
            first = layers[layer].setdefault(address, document)
            if first is not document:
                found.append(_twice(document, first, address))
    wanted: dict[Address, list[Document]] = {}
    for one in layers:
        for address, document in one.items():
            wanted.setdefault(address, []).append(document)
    return bases, wanted


def _address(document: Document) -> Address | None:
    kind, metadata = document.tree.get("kind"), document.tree.get("metadata")
    if type(kind) is not str or type(metadata) is not dict:
        return None
    name, tenant = metadata.get("name"), metadata.get("tenant")
    if type(name) is not str or not (tenant is None or type(tenant) is str):
        return None
    return Address(kind, tenant or "", name)


def _read(document: Document, found: list[Diagnostic]) -> Address | None:
    """The address of an overlay; None when its envelope is no whole one."""
    address = _address(document)
    tree = document.tree
    metadata = tree.get("metadata")
    if tree.get("apiVersion") != _API_VERSION:
        at, summary = "apiVersion", f"an overlay begins with apiVersion: {_API_VERSION}"
    elif type(tree.get("kind")) is not str:
        at, summary = "kind", "an overlay says the kind of its manifest"
    elif type(metadata) is not dict:
        at, summary = "metadata", "an overlay says metadata.name, and metadata.tenant where its manifest has one"
    elif type(metadata.get("name")) is not str:
        at, summary = "metadata.name", "an overlay says the metadata.name of its manifest"
    elif address is None:
        at, summary = "metadata.tenant", "metadata.tenant is the name of a Partner"
    else:
        return address
    hint = "copy apiVersion, kind and metadata from the manifest"
    finding = Finding(summary, at=at, hint=hint)
    found.append(diagnose_at(NO_ADDRESS, finding, document=document, address=None, kind=None))
    return None


def _twice(document: Document, first: Document, address: Address) -> Diagnostic:
    where = first.places.nearest(("metadata", "name")).short
    finding = Finding(
        f"this folder of overlays holds another document for {address}, at {where}",
        at="metadata.name",
        hint="make one of the two",
    )
    return diagnose_at(TWICE, finding, document=document, address=address, kind=None)


def _no_base(document: Document, address: Address, known: Iterable[Address]) -> Diagnostic:
    # One slip leaves two of the three parts right.
    near = [str(one) for one in known if sum(map(eq, one, address)) == len(address) - 1]
    close = nearest(str(address), near)
    hint = f"did you mean {close}? " if close else ""
    finding = Finding(
        f"there is no manifest of {address} for this overlay to lie over",
        at="metadata.name",
        hint=f"{hint}what one environment alone has is a manifest in a folder of its own: environments.NAME.manifests",
    )
    return diagnose_at(NO_BASE, finding, document=document, address=address, kind=None)


# --- places ----------------------------------------------------------------------------------------------------------


def _places(parts: Sequence[Document]) -> Places:
    """The places of a composed document: of each node where it was written last, of its identity in the base."""
    first = parts[0].places
    keys, values = dict(first.keys), dict(first.values)
    homes: dict[PathKey, Source] = {}
    tree: Any = parts[0].tree
    for part in parts[1:]:
        new = part.places
        paths = [one for one in new.keys if one not in _IDENTITY]
        both = {one for one in paths if type(_at(part.tree, one)) is dict and type(_at(tree, one)) is dict}
        gone = {one for one in paths if one not in both}
        for known in (keys, values, homes):
            for path in [one for one in known if any(one[:size] in gone for size in range(1, len(one) + 1))]:
                del known[path]
        for one in both:
            homes.setdefault(one, keys.get(one, first.first))
        keys.update((one, new.keys[one]) for one in paths)
        values.update((one, source) for one, source in new.values.items() if one and one not in _IDENTITY)
        tree = merged(tree, part.tree)
    return Places(keys, values, first.first, homes)


def _at(tree: Any, path: PathKey) -> Any:
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


# --- the way back ----------------------------------------------------------------------------------------------------


class _Spreading:
    """Trees that change until, one laid over the other, they say what is wanted."""

    def __init__(self, trees: Sequence[dict[str, Any]], only: int | None) -> None:
        self.trees = [copy.deepcopy(one) for one in trees]
        self._only = only

    def walk(self, path: PathKey, before: dict[str, Any], after: dict[str, Any]) -> None:
        for key in [*before, *(key for key in after if key not in before)]:
            here = (*path, key)
            if key not in after:
                self._remove(here)
            elif key not in before:
                self._put(here, after[key], place=self._home(here))
            elif isinstance(before[key], dict) and isinstance(after[key], dict):
                self.walk(here, before[key], after[key])
            elif not alike(before[key], after[key]):
                self._put(here, after[key], place=self._writer(here))

    def _remove(self, path: PathKey) -> None:
        place = self._writer(path)
        if self._only in (None, place):
            object_ = _at(self.trees[place], path[:-1])
            del object_[path[-1]]
            if path[-1] not in (_at(merge_all(self.trees), path[:-1]) or {}):
                return
        self._set(place if self._only is None else self._only, path, None)

    def _put(self, path: PathKey, value: Any, *, place: int) -> None:
        place = place if self._only is None else self._only
        below = _at(merge_all(self.trees[:place]), path) if place else None
        if self._only is not None and alike(below, value):
            self._drop(place, path)
            return
        self._set(place, path, _patch(below, value) if place else value)

    def _drop(self, place: int, path: PathKey) -> None:
        """Take a key out, and the objects above it that say nothing any more."""
        for size in range(len(path), 1, -1):
            object_ = _at(self.trees[place], path[: size - 1])
            object_.pop(path[size - 1], None)
            if object_:
                return

    def _set(self, place: int, path: PathKey, value: Any) -> None:
        node: Any = self.trees[place]
        for step in path[:-1]:
            inner = node.get(step)
            if not isinstance(inner, dict):
                inner = node[step] = {}
            node = inner
        node[path[-1]] = copy.deepcopy(value)

    def _writer(self, path: PathKey) -> int:
        """The last tree that has a key at ``path``; the first one where none has."""
        for place in range(len(self.trees) - 1, -1, -1):
            above = _at(self.trees[place], path[:-1])
            if isinstance(above, dict) and path[-1] in above:
                return place
        return 0

    def _home(self, path: PathKey) -> int:
        """Where a new key goes: in place of the null that takes it away, else where its object begins."""
        place = self._writer(path)
        above = _at(self.trees[place], path[:-1])
        if isinstance(above, dict) and path[-1] in above:
            return place
        return next((at for at, tree in enumerate(self.trees) if isinstance(_at(tree, path[:-1]), dict)), 0)


def _patch(below: Any, value: Any) -> Any:
    """What laid over ``below`` says ``value``."""
    if not isinstance(below, dict) or not isinstance(value, dict):
        return value
    made = {key: _patch(below.get(key), one) for key, one in value.items() if not alike(below.get(key), one)}
    return made | {key: None for key in below if key not in value}
