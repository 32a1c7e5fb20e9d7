"""drift: what the world changed behind git's back, by whom and since when. Reads, and writes only findings down.

read manifests and waivers, look at the database once, compare it with the ledger, ask the journal about what differs.
Manifests that are not valid are a warning here: what drifted at night must be seen also when git is broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from fnmatch import fnmatchcase
from functools import partial

from reconciler.engine.beyond import unmoved
from reconciler.engine.diff import diff, wanted_fingerprints
from reconciler.engine.drift import Known, bare, detect, hindered, report_drift, to_record, unmatched, unread
from reconciler.engine.lens import Lens
from reconciler.engine.match import match_resources
from reconciler.engine.rebase import rebase
from reconciler.engine.resolve import resolve
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Severity, errors_in
from reconciler.model.difference import Differences
from reconciler.model.drift import DriftFinding, DriftReport, FindingState, Recorded
from reconciler.model.focus import NeedsAll, Reading
from reconciler.model.moment import told as as_told
from reconciler.model.pace import stage
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.selection import Selects, selecting
from reconciler.model.view import View
from reconciler.operations.narrowing import narrowly, reading_of, tenants_in
from reconciler.operations.outside import set_aside
from reconciler.operations.people import may_record, summon
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.validate import Judged, judge
from reconciler.ports import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRequest:
    """What a report of drift is about: patterns of addresses and tenants, everything by default; and who asks."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    environment: str = ""
    layout: str = ""
    people: People = field(default_factory=People)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One look at the world: the ``whole`` report, what of it may be ``shown``, and what was known ``before``.

    ``newest`` is the number of the newest change of the audit, and ``moved`` gives what has another name since an
    earlier one: where it stands, by where it stood. ``partial`` says that manifests or waivers are not valid, so that
    a finding may be missing, or be one too many. ``unread`` counts the tenants that were not read for it.
    """

    whole: DriftReport
    shown: DriftReport
    before: Mapping[str, Recorded]
    selects: Selects
    sees: Callable[[DriftFinding], bool]
    newest: int = 0
    moved: Callable[[int], Mapping[Address, Address]] = lambda _: {}
    partial: bool = False
    unread: int = 0
    live: Live | None = None
    view: View | None = None
    judged: Judged | None = None

    @property
    def still(self) -> bool:
        """Whether nothing has drifted nor is open from before, and nothing but manifests and database was read."""
        if self.partial or self.whole.findings or self.whole.diagnostics or self.view is None:
            return False
        if self.judged is None or self.judged.moves or any(one.files for one in self.view.declared.values()):
            return False
        return all(one.state is FindingState.RESOLVED for one in self.before.values())


def drift(doors: Doors, request: DriftRequest, *, record: bool = False) -> DriftReport:
    """Report drift; ``record`` writes the findings down, through the same store.

    Raises:
        WorldError: a folder or the database did not answer.
        LockTimeout: the findings could not be written down in time.
        Denied: whoever asks is nobody (OPR-09), or would write and may not: an auditor (OPR-06), or somebody whose
            company is suspended (OPR-09).
    """
    observed = observe(doors, request, record=record)
    if not record:
        return observed.shown
    write_down(doors, observed)
    return replace(observed.shown, recorded=True)


def write_down(doors: Doors, observed: Observed) -> None:
    """Keep the findings of a look in the database: only what it does not hold in these very words.

    Raises:
        LockTimeout: they could not be written down in time.
        WorldError: the database did not answer.
    """
    wanted = to_record(observed.whole, observed.before)
    doors.store.record([one for one in wanted if observed.before.get(one.id) != one])


def observe(doors: Doors, request: DriftRequest, *, record: bool = False) -> Observed:
    """Look once, and write nothing; ``record`` says that somebody will, and refuses who may not.

    Raises:
        WorldError: a folder or the database did not answer.
        Denied: whoever asks is nobody (OPR-09), or would write and may not: an auditor (OPR-06), or somebody whose
            company is suspended (OPR-09).
    """
    found = _narrow(doors, request, record=record)
    return _observe(doors, request, record=record) if found is None else found


def _narrow(doors: Doors, request: DriftRequest, *, record: bool) -> Observed | None:
    """The look at a part; None where everything would tell something else of what the report is about."""
    return narrowly(doors, partial(_observed_in, request, record=record))


def _observed_in(request: DriftRequest, doors: Doors, beside: frozenset[str], *, record: bool) -> Observed:
    return _observe(doors, request, record=record, beside=beside)


def _observe(doors: Doors, request: DriftRequest, *, record: bool, beside: frozenset[str] | None = None) -> Observed:
    """Look at everything; ``beside`` reads a part, with these tenants in it that nothing is told of.

    Raises:
        Beyond: as below, of a part: what is told depends on another tenant.
        NeedsAll: it may depend on any.
    """
    judged = judge(doors.catalog, doors.reader, layout=request.layout, folders=doors.waivers)
    reading = None if beside is None else reading_of(judged, beside)
    about_waivers = frozenset(judged.about_waivers)
    faults = [one for one in judged.diagnostics if one.severity is Severity.ERROR and one not in about_waivers]
    with doors.store.look() as look:
        with stage("database"):
            live = look.live() if reading is None else _part(look, doors, request, judged, reading, sound=not faults)
        inside = set_aside(doors, Request(people=request.people, mine=True), judged, live, selects=_whatever)
        # What is written down is about everything, whoever asks.
        judged, blind = (judged, frozenset()) if record else (inside.judged, inside.blind)
        # Under their new names rows stand beside their manifests; where those are not valid, nobody knows what moves.
        based = rebase(doors.catalog, live, () if faults else judged.moves)
        live, moves = based.live, {one.previous: address for address, one in based.moves.items()}
        selects = _meant(doors.catalog, request, moves)
        rights = Rights(doors.catalog, live, doors.now)
        carriers = summon(rights, request.people, live)
        if record:
            may_record(carriers)
        view, differences, more = (None, None, 0) if faults else _beside(doors.catalog, judged, live, blind=blind)
        if reading is not None:
            _settled(live, differences, reading)
        with stage("compare"):
            found, told = detect(doors.catalog, live, view=view, differences=differences, selects=selects, moves=moves)
        addresses = [one.stands for one in found]
        known = Known(writes=look.writes(addresses), applied=look.applied(addresses), findings=look.findings(reading))
        newest = look.newest_change()
    if live.identity and not live.ledger:
        told.append(bare())
    if based.diagnostics:
        told.append(hindered(len(based.diagnostics)))
    elif faults or more:
        told.append(unread(len(faults) + more))
    lens = Lens(rights, carriers.people, view) if carriers is not None and carriers.people else None
    told += _unmatched(request, live, view, lens, moves)
    if not faults:
        told += _aimless(doors.catalog, judged, live, lens, moves)
    report = report_drift(
        live,
        found,
        known,
        waivers=judged.waivers,
        now=as_told(doors.now),
        selects=selects,
        diagnostics=(*told, *judged.about_waivers),
        environment=request.environment,
        moves=moves,
    )
    shown = report if lens is None else lens.drift(report, filter(selects, live.ledger))
    if record and (inside.hidden or inside.blind):  # what is told is what a look would tell that writes nothing
        shown = _observe(doors, request, record=False, beside=beside).shown
    return Observed(
        whole=report,
        shown=shown,
        before=known.findings,
        selects=selects,
        sees=_everything if lens is None else lens.shows,
        newest=newest,
        moved=lambda since: _moved(doors, since, newest),
        partial=bool(faults or more or based.diagnostics or errors_in(list(judged.about_waivers))),
        unread=0 if reading is None else len(judged.manifests.unread),
        live=live,
        view=view,
        judged=judged,
    )


def _part(look: Look, doors: Doors, request: DriftRequest, judged: Judged, reading: Reading, *, sound: bool) -> Live:
    """The database as far as it has to be read; of manifests with errors everything is said.

    Raises:
        Beyond: another tenant matters.
        NeedsAll: everything does.
    """
    if not sound:
        raise NeedsAll
    return tenants_in(look, doors, request.people, judged, reading)


def _settled(live: Live, differences: Differences | None, reading: Reading) -> None:
    """See that nothing that was not read can change what is said.

    Raises:
        NeedsAll: nothing is managed, as far as was read; the manifests do not fit together; or something else may.
    """
    if differences is None or not live.ledger:
        raise NeedsAll
    unmoved(reading.focus, differences.items)


def _meant(catalog: Catalog, request: DriftRequest, moves: Mapping[Address, Address]) -> Selects:
    """What the report is about. While a move is pending, a resource is meant, or left out, by either of its names."""
    wanted = selecting(catalog, targets=request.targets, tenants=request.tenants)
    kept = selecting(catalog, excludes=request.excludes)
    other = {**moves, **{now: was for was, now in moves.items()}}

    def selects(address: Address) -> bool:
        names = (address, other[address]) if address in other else (address,)
        return any(map(wanted, names)) and all(map(kept, names))

    return selects


def _moved(doors: Doors, since: int, newest: int) -> Mapping[Address, Address]:
    with doors.store.look() as look:
        return look.moved(after=since, until=newest)


def _whatever(_address: Address) -> bool:
    return True


def _everything(_finding: DriftFinding) -> bool:
    return True


def _beside(
    catalog: Catalog, judged: Judged, live: Live, *, blind: frozenset[tuple[Address, str, str]]
) -> tuple[View | None, Differences | None, int]:
    """The manifests beside the database, and how they differ; else how many errors forbid that.

    ``blind`` are references to what whoever asks may not read: they name nothing.
    """
    with stage("resolve"):
        view, found = resolve(catalog, judged.resources, live, judged.read_file, blind=blind)
    if errors_in(found):
        return None, None, sum(one.severity is Severity.ERROR for one in found)
    # Secrets are not read: of those without version, nobody asks here whether git has changed them.
    prints: dict[Address, dict[str, str]] = {}
    for resource, secret, _ in wanted_fingerprints(view):
        row = live.row(resource.address)
        stored = None if row is None else row[catalog[resource.address.kind].index[secret.columns[1].name]]
        prints.setdefault(resource.address, {})[secret.path] = stored or ""
    with stage("compare"):
        return view, diff(view, prints), 0


def _unmatched(
    request: DriftRequest, live: Live, view: View | None, lens: Lens | None, moves: Mapping[Address, Address]
) -> list[Diagnostic]:
    """Patterns that match nothing that may be read: whether something foreign matches is not told."""
    if not request.targets and not request.tenants:
        return []
    known = {Address(kind, *key) for kind, rows in live.rows.items() for key in rows}
    known.update(live.ledger, () if view is None else view.declared)
    if lens is not None:
        asked = {one for one in known if one.tenant in request.tenants or _among(str(one), request.targets)}
        asked.update(now for was, now in moves.items() if _among(str(was), request.targets))
        known = {one for one in known & asked if lens.sees(one)}
    known.update(was for was, now in moves.items() if now in known)
    texts = [str(one) for one in known]
    homes = {one.tenant for one in known}
    globs = [one for one in request.targets if not any(fnmatchcase(text, one) for text in texts)]
    return [
        *(unmatched("the target", one) for one in globs),
        *(unmatched("the tenant", one) for one in request.tenants if one not in homes),
    ]


def _among(text: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, one) for one in globs)


def _aimless(
    catalog: Catalog, judged: Judged, live: Live, lens: Lens | None, moves: Mapping[Address, Address]
) -> list[Diagnostic]:
    """Patterns of waivers that match nothing: no manifest, and no row or entry of the ledger that may be read.

    A report of some tenants speaks of the patterns that name one of these, however much was read for it.
    """
    if not judged.waivers.active:
        return []
    focus = judged.manifests.focus
    known = {Address(kind, *key) for kind, rows in live.rows.items() for key in rows}.union(live.ledger)
    if focus is not None:
        known = set(filter(focus.holds, known))
    if lens is not None:
        known = {one for one in known if lens.sees(one)}
    known.update(was for was, now in moves.items() if now in known)
    known.update(one.address for one in judged.resources)
    speaks = None if focus is None else focus.names
    return match_resources(catalog, judged.waivers, known, limited=lens is not None, speaks=speaks)
