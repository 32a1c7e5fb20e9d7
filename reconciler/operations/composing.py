"""Composing: the manifests of every environment, read once, and what each environment makes of them.

A manifest that an environment leaves as it is is judged once, for all of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reconciler.engine.compose import compose
from reconciler.engine.layout import judge_layout
from reconciler.engine.move import Moves, judge_moves, read_moves
from reconciler.engine.validate import validate as judge_schema
from reconciler.engine.waive import parted
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.errors import UsageError
from reconciler.model.formats import nearest
from reconciler.model.layers import Layers, layer_of
from reconciler.model.manifest import Document, Manifests
from reconciler.model.resource import Resource
from reconciler.model.settings import Settings
from reconciler.operations.request import WaiverFolders
from reconciler.operations.validate import Judged, fit, read_waivers
from reconciler.ports import ManifestReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What an environment is made of. ``diagnostics`` are those of its set; with an error ``declared`` is not whole."""

    declared: Mapping[Address, Resource[Any]]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """All that is read, and the environments that it may be composed to, by name; the empty name is what all share.

    ``folders`` are those of waivers.
    """

    catalog: Catalog
    reader: ManifestReader
    environments: Mapping[str, Layers]
    now: datetime
    layout: str = ""
    folders: WaiverFolders | None = None


def refuse_overlays(folder: Path, paths: Sequence[str], settings: Settings) -> None:
    """Partial manifests are never read as whole ones, not by name either. ``folder`` is the working folder.

    Raises:
        UsageError: a path is that of overlays.
    """
    for path in paths:
        shown = posixpath.relpath((folder / path).as_posix(), folder.as_posix())
        for name, one in settings.environments.items():
            if layer_of(shown, one.overlays) is not None:
                raise UsageError(
                    f"{path} holds overlays, which say something only over their manifests",
                    hint=f"name the manifests, and choose the environment with --env {name}",
                )


class Composer:
    """The environments of a project. ``diagnostics`` are those that hold in all of them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.manifests, found = project.reader.read()
        roots = () if project.folders is None else project.folders.roots
        self._written, misplaced = parted(self.manifests.documents, roots)
        self._partly = errors_in(found)
        every = project.environments.values()
        self._others = list(dict.fromkeys(folder for one in every for folder in (*one.manifests, *one.overlays)))
        found += misplaced
        found += read_waivers(project.folders)[1]
        manifests = read_moves(project.catalog, self._written)[0].documents
        found += judge_layout(project.catalog, manifests, project.layout, within=self._others)
        self.diagnostics = tuple(in_order(list(dict.fromkeys(found))))
        self._known: dict[int, tuple[Document, Resource[Any] | None, tuple[Diagnostic, ...]]] = {}

    def compose(self, name: str) -> Composed:
        """What the environment ``name`` makes of the manifests, judged in the phases schema, reference and time.

        Raises:
            UsageError: there is no environment of this name (CFGF-04).
        """
        known = self._project.environments
        if name and name not in known:
            close = nearest(name, sorted(known))
            hint = f"did you mean {close}?" if close else f"environments: {', '.join(sorted(known)) or 'none'}"
            raise UsageError(f"there is no environment {name}", code="CFGF-04", hint=hint)
        moves, documents, found = self._documents(self._project.environments.get(name, Layers()))
        self._judge([one for one in documents if id(one) not in self._known])
        judged = [self._known[id(one)] for one in documents]
        declared = [resource for _, resource, _ in judged if resource is not None]
        found += [one for _, _, told in judged for one in told]
        if len(declared) == len(documents) and not errors_in([*found, *self.diagnostics]):
            found += judge_moves(moves.items, declared)
        if len(declared) == len(documents) and not errors_in([*found, *self.diagnostics]):
            found += fit(self._project.catalog, self._whole(documents, declared), None, now=self._project.now)[1]
        return Composed(
            declared={one.address: one for one in declared},
            diagnostics=tuple(in_order(list(dict.fromkeys(found)))),
        )

    def _documents(self, layers: Layers) -> tuple[Moves, tuple[Document, ...], list[Diagnostic]]:
        mine = (*layers.manifests, *layers.overlays)
        documents = [
            one
            for one in self._written
            if layer_of(one.file, self._others) is None or layer_of(one.file, mine) is not None
        ]
        moves, wrong = read_moves(self._project.catalog, documents)
        composed, unlaid = compose(moves.documents, layers.overlays, partly=self._partly)
        return moves, composed, [*wrong, *unlaid]

    def _judge(self, documents: list[Document]) -> None:
        """Judge each by itself, and keep what was found: the number of an object is its name while it lives."""
        resources, found = judge_schema(self._project.catalog, documents)
        whole = {id(one.document): one for one in resources}
        left = dict.fromkeys(found)
        wrong = {one.source.file for one in found if one.source is not None}
        for document in documents:
            mine: list[Diagnostic] = []
            if not wrong.isdisjoint(part.file for part in document.written):  # which of them is about this one?
                mine = [one for one in judge_schema(self._project.catalog, [document])[1] if one in left]
                for one in mine:
                    del left[one]
            self._known[id(document)] = (document, whole.get(id(document)), tuple(mine))
        self.diagnostics = (*self.diagnostics, *left)  # that a file holds too many

    def _whole(self, documents: tuple[Document, ...], declared: list[Resource[Any]]) -> Judged:
        read_file: Callable[[Document, str], bytes] = self._project.reader.file
        manifests: Manifests = replace(self.manifests, documents=documents)
        return Judged(manifests=manifests, resources=tuple(declared), diagnostics=(), read_file=read_file)
