"""Layers: a world as manifests and the overlays of an environment, which say together what the world says.

Some values stand in an overlay alone, some hide another value of the base, and some are taken away by null. Sometimes
a second overlay hides the first one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from reconciler.adapters.manifests.memory import TextWriter
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.ports import ManifestReader

LAYERS = ("overlays/all", "overlays/here")
SHARE = 0.4
"""How many of the resources have an overlay, about."""

Tree = dict[str, Any]


def parted(chance: random.Random, trees: Iterable[Tree]) -> tuple[list[Tree], dict[str, list[Tree]]]:
    """The bases of trees, and what the overlays say, by folder."""
    bases: list[Tree] = []
    found: dict[str, list[Tree]] = {one: [] for one in LAYERS}
    for tree in trees:
        base = deepcopy(tree)
        bases.append(base)
        if chance.random() > SHARE:
            continue
        layers = [_overlay(tree) for _ in LAYERS]
        for key in chance.sample(sorted(tree["spec"]), min(len(tree["spec"]), chance.choice((1, 1, 2, 3)))):
            _lift(chance, base["spec"], [one["spec"] for one in layers], key, tree["spec"][key])
        if chance.random() < 0.3:
            base["metadata"]["labels"] = {**(base["metadata"].get("labels") or {}), "layer": "base"}
            layers[0]["metadata"]["labels"] = {"layer": (tree["metadata"].get("labels") or {}).get("layer")}
        for folder, overlay in zip(LAYERS, layers, strict=True):
            if overlay["spec"] or "labels" in overlay["metadata"]:
                found[folder].append({key: value for key, value in overlay.items() if value})
    return bases, found


def _overlay(tree: Tree) -> Tree:
    metadata = {key: value for key, value in tree["metadata"].items() if key in ("name", "tenant")}
    return {"apiVersion": tree["apiVersion"], "kind": tree["kind"], "metadata": metadata, "spec": {}}


def _lift(chance: random.Random, base: Tree, layers: list[Tree], key: str, value: Any) -> None:
    """Take a value out of the base into an overlay, or a part of it, when it is an object."""
    if isinstance(value, dict):
        inner = sorted(one for one, leaf in value.items() if not isinstance(leaf, dict))
        if not inner or value.keys() & {"fromFile", "fromEnv", "generate"}:
            return  # where a file stands, and what is one source, is no value to be parted
        one = chance.choice(inner)
        for layer in layers:
            layer.setdefault(key, {})
        _lift(chance, base[key], [layer[key] for layer in layers], one, value[one])
        for layer in layers:
            if not layer[key]:
                del layer[key]
        return
    if value is not None and chance.random() < 0.5:  # null may stand for a secret, which no manifest may show
        base[key] = _other(value)
    else:
        del base[key]
    place = chance.randrange(len(layers))
    layers[place][key] = value
    if place and value is not None and chance.random() < 0.5:
        layers[0][key] = _other(value)


def _other(value: Any) -> Any:
    """Another value of the same sort, which the overlay hides."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return [] if isinstance(value, list) else "something else"


class Layered:
    """Reads texts, and says which of the folders are overlays. Without ``anew`` they are read once."""

    def __init__(self, writer: TextWriter, files: dict[str, bytes], *, anew: bool) -> None:
        self.files = files
        self._reader = writer.reader(files)
        self._anew = anew
        self._found: tuple[Manifests, list[Diagnostic]] | None = None

    def read(self, _early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        """All documents, and what is wrong with the files."""
        found = self._found
        if found is None or self._anew:
            found = self._found = self._reader.read()
        return layered(found[0]), list(found[1])

    def beside(self, roots: Any) -> ManifestReader:
        """Nothing stands beside."""
        return self._reader.beside(roots)

    def file(self, document: Document, path: str) -> bytes:
        """A file that a manifest names."""
        return self._reader.file(document, path)


def layered(manifests: Manifests) -> Manifests:
    """The same with the overlays named that are there."""
    there = {one.file.rpartition("/")[0] for one in manifests.documents}
    return replace(manifests, overlays=tuple(one for one in LAYERS if one in there))
