"""rollback: the plan that undoes a run, made, judged and authorised as every other plan is.

What the run found is written as manifests that nobody reads but this plan, so that every rule, right, guard and policy
sees a rollback as it sees a change that git asks for. Nothing is judged less, and there is no second way to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.engine import rollback as stage
from reconciler.engine.export import Unsayable, export_row, variable_of
from reconciler.engine.lens import Lens
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.engine.rebase import moves_back, rebase, rebase_past
from reconciler.engine.rollback import Undoing, Undone
from reconciler.engine.stay import Reason, Staying, stay
from reconciler.model.address import Address
from reconciler.model.columns import column_name
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Severity, in_order
from reconciler.model.drift import Written
from reconciler.model.errors import Denied, Held, ReconcilerError, Stale, UsageError, WorldError
from reconciler.model.exported import NO_WISHES, Wishes
from reconciler.model.manifest import Document, Early, Manifests, Places
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.source import Source
from reconciler.model.view import Entity, View
from reconciler.operations.history import past_of
from reconciler.operations.people import may_write, summon
from reconciler.operations.plan import lens_of, proposed, seen_by, unfit
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.secrets import Sealed
from reconciler.operations.staying import misfits
from reconciler.operations.validate import Judged, fit, judge
from reconciler.ports import FileRefused, ManifestReader


@dataclass(slots=True)
class RollbackOf:
    """Proposes the plan that undoes a run; see :class:`reconciler.operations.plan.Proposer`.

    ``run`` is its id, or the beginning of it.
    """

    run: str
    past: Past | None = None

    def read(self, doors: Doors, request: Request) -> Judged:
        """Read what is kept of the run. There are no manifests.

        Raises:
            UsageError: there is no such run, or none that those who ask may read (RBK-09).
            Denied: whoever asks is nobody (OPR-09), or an auditor (OPR-06).
        """
        try:
            self.past, _ = past_of(doors.catalog, doors.store, request.people, doors.now, run=self.run)
        except UsageError:
            live = doors.store.read()
            may_write(summon(Rights(doors.catalog, live, doors.now), request.people, live))
            raise
        return _no_manifests()

    def propose(self, doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:  # noqa: ARG002  # nothing is in it
        """The plan that puts back what the run found.

        Raises:
            Stale: something is no longer as the run left it: all of it at once (RBK-01).
            Held: what the run found was not kept, or cannot be put back (RBK-02 to RBK-04).
        """
        return self._proposal(doors, request, live)

    def propose_again(self, doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
        """The same against the database of now."""
        return self._proposal(doors, request, live, before=before)

    def rests(self, doors: Doors, plan: Plan) -> Sealed:
        """The former secrets that the plan puts back, in the form in which they rested.

        Raises:
            WorldError: they are not as they were kept (RBK-02).
            Held: one cannot be opened (RBK-10).
        """
        wanted = {(one.address, path) for one in plan.changes if one.back is not None for path in one.back.rests}
        if not wanted:
            return {}
        with doors.store.look() as look:
            found = look.rests(plan.rollback)
        moved = {} if self.past is None else {one.previous: one.address for one in self.past.changes}
        columns = {(address, path): (moved.get(address, address), column_name(path)) for address, path in wanted}
        back = {at: found[place] for at, place in columns.items() if place in found}
        _refuse_closed(doors, back)
        return {at: (rest, None) for at, rest in back.items()}

    def _proposal(self, doors: Doors, request: Request, live: Live, *, before: Proposal | None = None) -> Proposal:
        past = self.past
        if past is None:
            msg = "the run has to be read first"
            raise ValueError(msg)
        _refuse_beyond(doors, request, past, live)
        based = rebase(doors.catalog, live, moves_back(past))
        if based.diagnostics:  # what it wrote cannot be told from what others wrote while names stand in the way
            raise _not_live(past, seen_by(doors, request, live, found=[*map(_in_the_way, based.diagnostics)]))
        live = based.live
        named = rebase_past(doors.catalog, past)
        undoing = stage.undo(doors.catalog, named, live, moving=based.moves)
        _refuse_faults(doors, request, live, undoing.faults)
        self._refuse_conflicts(doors, request, live, undoing, named, asks=before is None)
        judged, found = _written(doors, undoing, live, request)
        view = View(doors.catalog, {one.address: one for one in judged.resources}, live)
        view.written, view.moves, view.rewrites = False, based.moves, based.rewrites
        options = PlanOptions(prune=True, environment=request.environment, rollback=past.run.id)
        made = _placeless(make_plan(view, stage.differences(view, undoing), options))
        told = (*found, *stage.unmet(made, undoing), *stage.remarks(named, undoing), *_closed(doors, named, undoing))
        return proposed(
            doors,
            request,
            judged=judged,
            live=live,
            view=view,
            made=made,
            marks={},
            found=told,
            authors=None if before is None else before.authors,
        )

    def _refuse_conflicts(
        self, doors: Doors, request: Request, live: Live, undoing: Undoing, past: Past, *, asks: bool
    ) -> None:
        """Stop where somebody has changed since what the run wrote, and say who: everything at once.

        Raises:
            Stale: RBK-01.
        """
        writes: Mapping[Address, Sequence[Written]] = {}
        if asks or undoing.conflicts:  # under the locks the journal has nothing new, unless somebody was quicker
            known = {one.address for one in undoing.items} | {one.address for one in undoing.conflicts}
            left = {one.previous: one.address for one in past.changes if one.previous and one.previous in known}
            with doors.store.look() as look:
                writes = _under_one_name(look.writes({*known, *left.values()}), left)
        conflicts = [*undoing.conflicts, *stage.rest_conflicts(doors.catalog, past, undoing, writes)]
        if not conflicts:
            return
        lens = lens_of(doors, request, live)
        found = [stage.told(one, past, _as_seen(lens, writes.get(one.address, ()))) for one in conflicts]
        raise _not_live(past, seen_by(doors, request, live, found=found))


# --- refusals --------------------------------------------------------------------------------------------------------


def _not_live(past: Past, found: tuple[Diagnostic, ...]) -> Stale:
    return Stale(
        f"run {past.run.id} is no longer what is live; nothing was applied",
        code=stage.MOVED.code,
        hint="undo the later runs first, the newest at first; history --target shows them",
        diagnostics=found,
    )


def _refuse_beyond(doors: Doors, request: Request, past: Past, live: Live) -> None:
    """Stop before anything is compared where nobody who asks may read all that the run changed.

    A run is undone whole or not at all, so it is denied for sure. What is there now must not show in how: a row that is
    gone is looked at as the run found or left it.

    Raises:
        Denied: something of it lies outside of their reach (PRM-02), or an auditor asks (OPR-06).
    """
    rights = Rights(doors.catalog, live, doors.now)
    carriers = summon(rights, request.people, live)
    may_write(carriers)
    if carriers is None or not carriers.people:
        return
    rows = {kind: dict(found) for kind, found in live.rows.items()}
    for address, image in past.images.items():
        kept, key = image.before or image.after, (address.tenant, address.name)
        if kept is not None and key not in rows.setdefault(address.kind, {}):
            columns = list(doors.catalog[address.kind].index)
            rows[address.kind][key] = (*key, 0, *(kept.get(one) for one in columns[len(key) + 1 :]))
    lens = Lens(rights, carriers.people, View(doors.catalog, {}, replace(live, rows=rows)))
    for one in past.changes:
        names = {one.address, one.previous or one.address, past.moved.get(one.address, one.address)}
        if not any(lens.sees(name) for name in names):
            break
    else:
        return
    who = carriers.people[0]
    denial = Denial(
        who=who.title,
        verb="undo",
        address=None,
        what="the run",
        reason="a part of it lies outside the reach of the role, and nothing is told about it",
        code="PRM-02",
        hidden=True,
    )
    raise Denied("the rollback is denied; nothing was applied", code="GEN-07", diagnostics=(denial.diagnostic(),))


def _as_seen(lens: Lens | None, writes: Sequence[Written]) -> Sequence[Written]:
    """What the journal tells, with people by name where the name may be read."""
    return writes if lens is None else [lens.writer(one) for one in writes]


def _closed(doors: Doors, past: Past, undoing: Undoing) -> Iterator[Diagnostic]:
    """Former secrets that nobody can open. Where plans are made without the key, the apply looks alone."""
    try:
        key = doors.sealer.key_id
    except ReconcilerError:
        return
    yield from stage.closed(past, undoing, key)


def _refuse_closed(doors: Doors, rests: Mapping[tuple[Address, str], str | None]) -> None:
    """Open every former secret once before it is written: images of older versions do not name their key.

    Raises:
        Held: one cannot be opened (RBK-10).
    """
    found = []
    for (address, path), rest in sorted(rests.items()):
        mark = doors.catalog[address.kind].by_path[path].secret
        if rest is None or (mark is not None and mark.storage != "encrypted"):
            continue
        doors.sealer.key_id  # noqa: B018  # without a key this tells why, and not that it is another one
        try:
            doors.sealer.unseal(address, path, rest)
        except WorldError:
            found.append(stage.unopened(address, path))
    if found:
        raise Held(
            "the run cannot be rolled back; nothing was applied",
            code=stage.CLOSED.code,
            diagnostics=tuple(found),
            hint="a run is undone whole or not at all",
        )


def _in_the_way(found: Diagnostic) -> Diagnostic:
    """Why something does not get its former name back."""
    return replace(_bare(found), code=stage.MOVED.code, path="", hint="undo what has taken its place since")


def _under_one_name(
    writes: Mapping[Address, Sequence[Written]], left: Mapping[Address, Address]
) -> Mapping[Address, Sequence[Written]]:
    """The journal of what the run moved, by the former name: what was written under either, in order."""
    found = dict(writes)
    for was, now in left.items():
        both = (*writes.get(was, ()), *writes.get(now, ()))
        found[was] = sorted(both, key=lambda one: one.number)
    return found


def _refuse_faults(doors: Doors, request: Request, live: Live, found: Sequence[Diagnostic]) -> None:
    if found:
        raise Held(
            "the run cannot be rolled back; nothing was applied",
            code=found[0].code,
            diagnostics=seen_by(doors, request, live, found=in_order(list(found))),
            hint="change what it did through git",
        )


# --- what was there, as manifests ------------------------------------------------------------------------------------


def _written(doors: Doors, undoing: Undoing, live: Live, request: Request) -> tuple[Judged, tuple[Diagnostic, ...]]:
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
    found = [_bare(one) for one in found]
    if faults or not judged.valid or unfit(found):
        wrong = [one for one in found if one.severity is Severity.ERROR]
        _refuse_faults(doors, request, live, wrong)
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


def _no_manifests() -> Judged:
    nothing = _Former()
    return Judged(manifests=nothing.read()[0], resources=(), diagnostics=(), read_file=nothing.file)


# --- places ----------------------------------------------------------------------------------------------------------


def _placeless(plan: Plan) -> Plan:
    """A plan without places: they would point into manifests that nobody has."""
    return replace(
        plan,
        changes=tuple(
            replace(one, source=None, fields=tuple(replace(line, source=None) for line in one.fields))
            for one in plan.changes
        ),
        diagnostics=tuple(map(_bare, plan.diagnostics)),
    )


def _bare(found: Diagnostic) -> Diagnostic:
    return replace(found, source=None, snippet=None)
