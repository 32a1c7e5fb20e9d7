"""validate: everything that can be said about manifests without a database, all of it at once.

:func:`judge` and :func:`fit` are the first two steps of every verb that reads manifests. A phase runs only when the
phases before it found no error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from reconciler.engine.clock import judge_time
from reconciler.engine.compose import compose
from reconciler.engine.layout import judge_layout
from reconciler.engine.match import match_kinds
from reconciler.engine.move import judge_moves, read_moves
from reconciler.engine.resolve import judge_together, resolve
from reconciler.engine.validate import validate as judge_schema
from reconciler.engine.validate import validate_early
from reconciler.engine.waive import no_folder, parted, waive
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.manifest import Document, Manifests, Memory
from reconciler.model.moved import Move
from reconciler.model.notes import Notes
from reconciler.model.pace import stage, staged
from reconciler.model.report import Findings
from reconciler.model.resource import Live, Resource
from reconciler.model.view import View
from reconciler.model.waiver import NO_WAIVERS, Waivers
from reconciler.operations.policies import check_policies
from reconciler.operations.request import PolicyDoors, WaiverFolders
from reconciler.ports import ManifestReader

MISSING = "LOD-05"
"""Code of a folder that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Manifests that were read and judged one by one. ``read_file`` reads what stands beside them."""

    manifests: Manifests
    resources: tuple[Resource[Any], ...]
    diagnostics: tuple[Diagnostic, ...]
    read_file: Callable[[Document, str], bytes]
    waivers: Waivers = NO_WAIVERS
    about_waivers: tuple[Diagnostic, ...] = ()
    """Those of ``diagnostics`` that are about waivers."""
    moves: tuple[Move, ...] = ()
    since: Callable[[Live], View] | None = None
    """Gives the view of what has changed since another run, where ``resources`` are those alone."""
    notes: Notes | None = None
    """Where it is noted what rules look at, if somebody wants to know."""

    @property
    def valid(self) -> bool:
        """Whether no error was found."""
        return not errors_in(list(self.diagnostics))


def judge(
    catalog: Catalog, reader: ManifestReader, *, layout: str = "", folders: WaiverFolders | None = None
) -> Judged:
    """Read all manifests, lay overlays on, read the waivers of ``folders``, and judge each by itself: phase schema."""
    with stage("read"):
        manifests, found = reader.read(staged("validate")(partial(validate_early, catalog)))
    with stage("validate"):
        return _judged(catalog, reader, manifests, found, layout=layout, folders=folders)


def _judged(
    catalog: Catalog,
    reader: ManifestReader,
    manifests: Manifests,
    found: list[Diagnostic],
    *,
    layout: str,
    folders: WaiverFolders | None,
) -> Judged:
    waivers, about_waivers = read_waivers(folders)
    about_waivers += match_kinds(catalog, waivers)
    written, misplaced = parted(manifests.documents, () if folders is None else folders.roots)
    moves, about_moves = read_moves(catalog, written)
    written = moves.documents
    # Where a file could not be read, nobody knows which manifests are missing.
    documents, unlaid = compose(written, manifests.overlays, partly=manifests.partly or errors_in(found))
    manifests = replace(manifests, documents=documents)
    resources, problems = judge_schema(catalog, documents)
    found = [*found, *about_moves, *unlaid, *problems]
    if manifests.memory is not None:
        _keep(manifests.memory, documents, found)
    misplaced += judge_layout(
        catalog, written, layout, within=(*manifests.own, *manifests.overlays), resources=resources
    )
    found += misplaced
    if not errors_in(found):
        found += judge_moves(moves.items, resources)
    return Judged(
        manifests=manifests,
        resources=tuple(resources),
        # A folder of waivers below one of manifests is read twice, and its YAML found wrong twice.
        diagnostics=tuple(in_order(list(dict.fromkeys([*found, *about_waivers])))),
        read_file=reader.file,
        waivers=waivers,
        about_waivers=tuple(about_waivers),
        moves=moves.items,
    )


def _keep(memory: Memory, documents: Sequence[Document], problems: Sequence[Diagnostic]) -> None:
    """Hand on the files in which nothing was found, not even a warning: those with findings are judged every time.

    So are those with an overlay over them: what was found sound there is the whole, and not what stands in the file.
    """
    if any(one.source is None for one in problems):
        return
    wrong = {one.source.file for one in problems if one.source is not None}
    wrong.update(part.file for one in documents for part in one.parts)
    memory.keep(dict.fromkeys(one.file for one in documents if one.file not in wrong))


def read_waivers(folders: WaiverFolders | None) -> tuple[Waivers, list[Diagnostic]]:
    """The waivers of their folders, and what is wrong with them."""
    if folders is None:
        return NO_WAIVERS, []
    there, found = folders.reader.read()
    lacking = [one for one in found if one.code == MISSING]
    # Git keeps no empty folder, so one that is missing is no error; one that somebody has named may be a slip.
    found = [one for one in found if one.code != MISSING]
    found += [] if folders.optional else map(no_folder, lacking)
    waivers, problems = waive(there.documents, now=folders.now)
    return waivers, [*found, *problems]


def fit(
    catalog: Catalog,
    judged: Judged,
    live: Live | None,
    *,
    now: datetime,
    blind: frozenset[tuple[Address, str, str]] = frozenset(),
) -> tuple[View, list[Diagnostic]]:
    """Put valid manifests beside each other and beside the database: phases reference, then time.

    ``blind`` are references to what whoever asks may not read: they name nothing.
    """
    with stage("resolve"):
        if judged.since is not None and live is not None:
            view = judged.since(live)
            found = judge_together(view, judged.read_file)
        else:
            view, found = resolve(catalog, judged.resources, live, judged.read_file, blind=blind, notes=judged.notes)
        if not errors_in(found):
            found = [*found, *judge_time(view, now)]
        return view, in_order(found)


def validate(
    catalog: Catalog,
    reader: ManifestReader,
    *,
    now: datetime,
    layout: str = "",
    policies: PolicyDoors | None = None,
    folders: WaiverFolders | None = None,
) -> Findings:
    """Phases schema, reference and time, offline, and the policies with their tests."""
    judged = judge(catalog, reader, layout=layout, folders=folders)
    found = list(judged.diagnostics)
    if judged.valid:
        found += fit(catalog, judged, None, now=now)[1]
    found += check_policies(catalog, policies)
    return Findings(
        diagnostics=tuple(in_order(found)),
        resources=len(judged.resources),
        files=len(judged.manifests.files),
        names=judged.manifests.files,
    )
