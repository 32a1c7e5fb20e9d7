"""Former: what a run found, as the manifests that would have asked for it, judged as every other manifest is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.engine import rollback as stage
from reconciler.engine.export import Unsayable, export_row, variable_of
from reconciler.engine.rollback import Undoing, Undone
from reconciler.engine.stay import Reason, Staying, stay
from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.exported import NO_WISHES, Wishes
from reconciler.model.manifest import Document, Early, Manifests, Places
from reconciler.model.resource import Live
from reconciler.model.source import Source
from reconciler.model.view import Entity, View
from reconciler.operations.plan import unfit
from reconciler.operations.request import Doors, Request
from reconciler.operations.rollback.refusals import bare, refuse_faults
from reconciler.operations.staying import misfits
from reconciler.operations.validate import Judged, fit, judge
from reconciler.ports import FileRefused, ManifestReader


def as_manifests(doors: Doors, undoing: Undoing, live: Live, request: Request) -> tuple[Judged, tuple[Diagnostic, ...]]:
    """What shall be again as manifests that are valid by themselves and beside the database.

    Raises:
        Held: a former state breaks a rule of today, or no manifest could say it (RBK-04).
    """
    items = [one for one in (*undoing.items, *undoing.named) if one.target is not None]
    former, faults = _former(items, {})
    judged = judge(doors.catalog, former)
    asked = _secrets_asked_for(doors, judged.diagnostics, items)
    if asked:
        former, faults = _former(items, asked)
        judged = judge(doors.catalog, former)
    found = [*faults, *judged.diagnostics]
    if judged.valid:
        gone = stage.leaves(undoing)
        beside = replace(live, rows=_without(live.rows, gone))
        view, more = fit(doors.catalog, judged, beside, now=doors.now)
        found += more
        found += misfits(view, judged, _untouched(view, undoing), found)
    found = [bare(one) for one in found]
    if faults or not judged.valid or unfit(found):
        wrong = [one for one in found if one.severity is Severity.ERROR]
        refuse_faults(doors, request, live, wrong)
    return judged, tuple(found)


def _untouched(view: View, undoing: Undoing) -> Iterator[Staying]:
    """What the plan leaves as it is live in rows that it writes, and what the former manifests do not say of it."""
    back = {one.address: one.paths for one in undoing.items}
    for one in stay(view, stage.differences(view, undoing), {}):
        left = {path: Reason.UNTOUCHED for path in one.paths if path not in back[one.address]}
        if left:
            yield replace(one, paths=left)


class _Former:
    """Former rows as the manifests that would have asked for them; see :class:`reconciler.ports.ManifestReader`."""

    def __init__(self) -> None:
        self._documents: list[Document] = []
        self._files: dict[tuple[str, str], bytes] = {}

    def read(self, early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:  # noqa: ARG002  # there is nothing to let go
        """All of them. They stand in no file and come from no commit."""
        return Manifests(tuple(self._documents), (), ""), []

    def file(self, document: Document, path: str) -> bytes:
        """The former content of a file field.

        Raises:
            FileRefused: there is none.
        """
        found = self._files.get((document.folder, path))
        if found is None:
            raise FileRefused(f"{path} does not exist")
        return found

    def beside(self, roots: Sequence[str]) -> ManifestReader:  # noqa: ARG002  # nothing stands beside it
        """Nothing more."""
        return self

    def add(self, one: Undone, wishes: Wishes) -> Iterator[Diagnostic]:
        """Add a former row; what no manifest could say of it.

        Raises:
            Unsayable: it cannot be written at all.
        """
        entity = Entity(one.address, one.kind, None, one.target)
        made = export_row(
            entity,
            None,
            name_source=variable_of,
            file_name=lambda address, path, suffix: f"{address.name}.{path}.{suffix}",
            states=one.state_differs,
            wishes=wishes,
        )
        folder = str(one.address)
        place = Source(folder, 1, 1, 1, 1)
        self._documents.append(
            Document(
                file=folder,
                index=0,
                tree=_without_ignoring(made.tree, one.paths),
                locate=lambda: Places({}, {}, place),
                line_text=lambda _line: "",
                folder=folder,
            )
        )
        self._files.update({(folder, content.name): content.data for content in made.attachments})
        for path in made.ignored:
            # An empty value where a manifest means the default is judged as the default, and put back as it was.
            if path in one.paths and one.kind.by_path[path].type != "secret" and entity.live(path) is not None:
                yield stage.unsayable(one.address, f"no manifest could say its former {path}", path)


def _former(items: Sequence[Undone], wishes: Mapping[Address, Wishes]) -> tuple[_Former, list[Diagnostic]]:
    """Former rows as manifests, and what no manifest could say."""
    former = _Former()
    found: list[Diagnostic] = []
    for one in items:
        try:
            found += former.add(one, wishes.get(one.address, NO_WISHES))
        except Unsayable as reason:
            found.append(stage.unsayable(one.address, str(reason)))
    return former, found


def _without_ignoring(tree: Mapping[str, Any], paths: frozenset[str]) -> dict[str, Any]:
    """A manifest that does not leave to the world what is put back."""
    found = dict(tree)
    lifecycle = dict(found.get("lifecycle", {}))
    left = [one for one in lifecycle.pop("ignoreChanges", ()) if one not in paths]
    if left:
        lifecycle["ignoreChanges"] = left
    found.pop("lifecycle", None)
    if not lifecycle:
        return found
    spec = found.pop("spec")
    return {**found, "lifecycle": lifecycle, "spec": spec}


def _secrets_asked_for(doors: Doors, found: Sequence[Diagnostic], items: Sequence[Undone]) -> dict[Address, Wishes]:
    """Secrets that a rule asks for and whose version nobody knows: their manifests name a source all the same."""
    wanted: dict[Address, Wishes] = {}
    known = {one.address for one in items}
    for one in found:
        if one.severity is not Severity.ERROR or one.address not in known or one.address is None:
            continue
        field = doors.catalog[one.address.kind].by_path.get(one.path)
        if field is not None and field.secret is not None:
            before = wanted.get(one.address, NO_WISHES)
            wanted[one.address] = replace(before, secrets=before.secrets | {one.path})
    return wanted


def _without(
    rows: Mapping[str, Mapping[tuple[str, str], Any]], gone: frozenset[Address]
) -> dict[str, Mapping[tuple[str, str], Any]]:
    """The rows without those that go: they stand in nobody's way."""
    found = dict(rows)
    for kind in {one.kind for one in gone}:
        found[kind] = {key: row for key, row in rows.get(kind, {}).items() if Address(kind, *key) not in gone}
    return found


def no_manifests() -> Judged:
    """What a rollback reads before it knows the run: nothing."""
    nothing = _Former()
    return Judged(manifests=nothing.read()[0], resources=(), diagnostics=(), read_file=nothing.file)
