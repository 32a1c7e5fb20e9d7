"""Incremental: a plan of what has changed since a run in which manifests and database were in step.

Files and rows are read as ever, and known again by their digests. What has not changed is neither parsed nor compared,
and judged again only where rules have looked at something that has changed (ADR 66). The same plan comes out as from
the long way, or the long way is taken: where anything is wrong, or anything stands in the way of knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from reconciler.engine.affected import Affected, Changed, affected, changes_between
from reconciler.engine.validate import validate as judge_schema
from reconciler.model.address import Address
from reconciler.model.baseline import Baseline, Unchanged
from reconciler.model.catalog import Catalog
from reconciler.model.errors import InvalidManifests, WorldError
from reconciler.model.filed import Stored
from reconciler.model.focus import NeedsAll
from reconciler.model.manifest import Document
from reconciler.model.notes import BESIDE, WHOLE, Notes
from reconciler.model.on_demand import OnDemand
from reconciler.model.pace import stage
from reconciler.model.resource import Live, Resource
from reconciler.model.sinceview import Declared, SinceView
from reconciler.model.view import View
from reconciler.operations.baselines import moved, rows_of
from reconciler.operations.plan import plan, propose
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.validate import Judged, judge
from reconciler.ports import LiveStore

_SHARE = 4
"""Where more than one in so many resources has changed, everything is judged."""


class Since:
    """What has changed since a baseline, by the files of a run."""

    def __init__(self, catalog: Catalog, baseline: Baseline, judged: Judged, unchanged: Unchanged) -> None:
        self._catalog = catalog
        self._baseline = baseline
        self._judged = judged
        self._unchanged = unchanged
        self._untouched = False
        self.told = False
        """Whether the plan is made: then no other way can be taken any more."""

    @contextmanager
    def live(self, store: LiveStore) -> Iterator[Live]:
        """The database. Where nothing was written since, no row is read before somebody asks for it."""
        with store.unwritten(self._baseline.pulse) as found:
            self._untouched = found is not None
            yield found or store.read()

    def view(self, live: Live) -> View:
        """The view beside live data.

        Raises:
            NeedsAll: everything has to be judged.
        """
        baseline = self._baseline
        if live.doubt is not None or live.identity != baseline.identity:
            raise NeedsAll
        declared = self._declared()
        rows = self._moved(live)
        changes = [*self._files(), *(Changed(one, frozenset({WHOLE})) for one in rows)]
        if len(changes) * _SHARE > len(declared) or any(one.address.kind not in self._catalog for one in changes):
            raise NeedsAll
        beside = (Changed(one, frozenset({BESIDE})) for one in baseline.restless if one.kind in self._catalog)
        reached = affected(self._catalog, baseline.notes, [*changes, *beside])
        notes = Notes(set(baseline.notes.looks))
        spoke = baseline.notes.spoke
        active = {one: declared[one] for one in self._active(declared, rows, reached)}
        self._expect(live, active)
        return SinceView(
            self._catalog,
            declared,
            live,
            notes,
            active=active,
            files=baseline.files,
            digests=baseline.rows if self._untouched else None,
            spared=lambda rule: rule not in reached.rules and rule not in spoke,
            keys=reached.keys,
            gone={one.address for one in changes if one.address not in declared},
        )

    def _moved(self, live: Live) -> list[Address]:
        """What has moved in the database.

        Raises:
            NeedsAll: nobody can tell.
        """
        if self._untouched:
            return []
        try:
            return moved(self._baseline.rows, rows_of(live))
        except ValueError as error:
            raise NeedsAll from error

    def _expect(self, live: Live, addresses: Iterable[Address]) -> None:
        """Have the rows read that will be asked for, all at once."""
        if not isinstance(live.ledger, OnDemand):
            return
        by_kind: dict[str, list[tuple[str, str]]] = {}
        for one in addresses:
            by_kind.setdefault(one.kind, []).append((one.tenant, one.name))
        for kind, keys in by_kind.items():
            rows = live.rows[kind]
            if isinstance(rows, OnDemand):
                rows.expect(keys)
        live.ledger.expect([Address(kind, *key) for kind, keys in by_kind.items() for key in keys])

    def _active(self, declared: Declared, rows: Sequence[Address], reached: Affected) -> Iterator[Address]:
        known = {one for one in self._baseline.notes.spoke if isinstance(one, Address)}
        known |= self._baseline.restless
        known.update(rows, (one.address for one in self._judged.resources))
        yield from (one for one in known if one in declared)
        for kind, tenants in reached.tenants.items():
            yield from (one for one in declared.among(kind, tenants) if one not in known)

    def _declared(self) -> Declared:
        """Everything that is declared, each once.

        Raises:
            NeedsAll: something is declared twice.
        """
        files = self._baseline.files
        fresh = {one.address: one for one in self._judged.resources}
        lost = {address for file in self._unchanged.gone for address in files[file].addresses}
        declared = Declared({}, files, lost, self._load)
        if len(fresh) != len(self._judged.resources) or any(one in declared for one in fresh):
            raise NeedsAll
        return Declared(fresh, files, lost, self._load)

    def _load(self, file: str) -> Mapping[Address, Resource[Any]]:
        documents = self._unchanged.documents(file)
        wanted = self._baseline.files[file].addresses
        found, problems = judge_schema(self._catalog, documents or ())
        if problems or tuple(one.address for one in found) != wanted:
            if self.told:
                raise WorldError(f"{file} was changed while the plan was made", code="LOD-04", hint="plan again")
            raise NeedsAll
        return {one.address: one for one in found}

    def _files(self) -> Iterator[Changed]:
        """What manifests say otherwise."""
        digests = self._judged.manifests.digests
        files = self._baseline.files
        gone: dict[Address, Stored] = {}
        for file in self._unchanged.gone:
            stored = files[file]
            if file not in digests or digests[file][0] != stored.digest:
                gone.update((address, stored) for address in stored.addresses)
        for one in self._judged.resources:
            file = one.document.file
            before = files.get(file)
            if before is not None and before.digest == digests[file][0]:
                continue  # judged again because of what was found in it, and not because it has changed
            if one.address not in gone:
                yield Changed(one.address, frozenset({WHOLE}), appears=True)
                continue
            former = self._former(gone.pop(one.address)).get(one.address)
            if former is None:
                yield Changed(one.address, frozenset({WHOLE}))
            else:
                yield changes_between(self._catalog[one.address.kind], former, one)
        yield from (Changed(one, frozenset({WHOLE})) for one in gone)

    def _former(self, stored: Stored) -> Mapping[Address, Resource[Any]]:
        documents: Sequence[Document] = self._unchanged.former(stored.digest) or ()
        return {one.address: one for one in judge_schema(self._catalog, documents)[0]}


def judged_since(doors: Doors, request: Request) -> tuple[Judged, Since] | None:
    """The manifests of a run, of which only those are judged by themselves that have changed; None for the long way."""
    baseline = None if doors.baselines is None or doors.since is None else doors.baselines.find()
    reader = None if baseline is None or doors.since is None else doors.since(baseline.files)
    if reader is None or baseline is None:
        return None
    judged = judge(doors.catalog, reader, layout=request.layout, folders=doors.waivers)
    unchanged = judged.manifests.unchanged
    if not judged.valid or judged.moves or unchanged is None:
        return None
    if judged.manifests.memory is None:
        return None  # of so few files no digest is kept, and nobody could tell which of them have changed
    since = Since(doors.catalog, baseline, judged, unchanged)
    return replace(judged, since=since.view), since


def plan_incremental(doors: Doors, request: Request) -> Proposal:
    """Make a plan, of what has changed where that is enough.

    Raises:
        InvalidManifests: the manifests hold errors, alone, together, or beside the database.
        WorldError: a file or the database did not answer.
    """
    found = _attempt(doors, request)
    return plan(doors, request) if found is None else found


def _attempt(doors: Doors, request: Request) -> Proposal | None:
    try:
        found = judged_since(doors, request)
        if found is None:
            return None
        judged, since = found
        with ExitStack() as stack:
            with stage("database"):
                live = stack.enter_context(since.live(doors.store))
            proposal = propose(doors, request, judged, live)
    except (NeedsAll, InvalidManifests):
        return None  # the long way says what is wrong
    since.told = True
    return proposal
