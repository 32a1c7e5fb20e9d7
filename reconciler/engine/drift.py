"""Drift: what differs from what was applied last, who changed it and since when.

The ledger is compared with the live rows. Manifests, where they are valid, add three things: a field in which git has
come to agree with the world is no drift any more, a field that a manifest leaves to the world is none either, and
resources that are only watched are compared with their manifest. Whatever git alone has changed is no drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Cause, FieldChange
from reconciler.model.columns import UNMANAGED, Field, column_name, snake
from reconciler.model.dataclass import dataclass
from reconciler.model.dates import rfc3339
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.difference import Difference, Differences, Standing
from reconciler.model.drift import (
    AppliedChange,
    Deviation,
    DriftFinding,
    DriftReport,
    FindingState,
    Recorded,
    Sort,
    Written,
    resolved,
)
from reconciler.model.encode import decode, encoder, same
from reconciler.model.kind import Kind
from reconciler.model.placing import path_key
from reconciler.model.resource import LedgerEntry, Live, Resource, Row, asked_before
from reconciler.model.rule import RuleText
from reconciler.model.selection import Selects
from reconciler.model.source import Source
from reconciler.model.view import View
from reconciler.model.waiver import Waivers

UNREAD = RuleText(
    "DRF-01", Severity.WARNING, Phase.PLAN, "Drift is told with the lines of manifests, where those are valid."
)
BROKEN = RuleText("DRF-02", Severity.WARNING, Phase.PLAN, "The ledger of a managed resource can be read.")
NOTHING = RuleText("DRF-03", Severity.WARNING, Phase.PLAN, "What a report is narrowed to matches something.")

_HEAD = 3
"""Columns of a row before the compared ones: tenant, name, rev."""

_OPEN = frozenset({FindingState.NEW, FindingState.KNOWN, FindingState.WAIVED})
_MOVED = frozenset({Cause.DRIFT, Cause.CONFLICT})
BARE = RuleText("DRF-05", Severity.WARNING, Phase.PLAN, "A database in which drift is looked for manages something.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database remembers: the journal and the applied changes by address, oldest first, and findings by id."""

    writes: Mapping[Address, Sequence[Written]]
    applied: Mapping[Address, Sequence[AppliedChange]]
    findings: Mapping[str, Recorded]


def detect(
    catalog: Catalog,
    live: Live,
    *,
    view: View | None,
    differences: Differences | None,
    selects: Selects,
    moves: Mapping[Address, Address] | None = None,
) -> tuple[list[Deviation], list[Diagnostic]]:
    """Every deviation, in order of address and path, and what could not be compared.

    ``view`` and ``differences`` are None when the manifests are not valid: the ledger alone is compared then. ``moves``
    are pending: new addresses by the old ones. ``live`` has the new ones.
    """
    former = {now: was for was, now in (moves or {}).items()}
    declared = {} if view is None else view.declared
    found: list[Deviation] = []
    told: list[Diagnostic] = []
    watched: set[Address] = set()
    suspects: Iterable[Address] = live.ledger
    if differences is not None:
        for one in differences.items:
            if one.standing is Standing.OBSERVED:
                watched.add(one.address)
                if selects(one.address):
                    found += _watched(one)
        suspects = {one.address for one in differences.items} - watched
    for address in suspects:
        entry, kind = live.ledger.get(address), catalog.get(address.kind)
        if entry is None or kind is None or not selects(address):
            continue
        resource = declared.get(address)
        row = live.row(address)
        if row is None:
            found.append(
                Deviation(address=address, sort=Sort.MISSING, source=_source(resource, entry, ""), commit=entry.commit)
            )
        elif (entry.management if resource is None else resource.management) != "createOnly":
            base = entry.values
            if base is None:
                told.append(_told(BROKEN, f"what was applied last to {address} cannot be read", address=address))
            else:
                found += _changed(kind, resource, entry, base, row)
    found += _unmanaged(catalog, live, declared, selects)
    if former:
        found = [replace(one, previous=former.get(one.address)) for one in found]
    return sorted(found, key=lambda one: (one.address, one.path)), told


def report_drift(
    live: Live,
    found: Sequence[Deviation],
    known: Known,
    *,
    waivers: Waivers,
    now: datetime,
    selects: Selects,
    diagnostics: Sequence[Diagnostic] = (),
    environment: str = "",
    moves: Mapping[Address, Address] | None = None,
) -> DriftReport:
    """The report: each deviation with its writer, its commit and its state. ``moves`` are as for :func:`detect`."""
    moves = moves or {}
    findings = tuple(_finding(one, known, waivers) for one in found)
    here = {one.id for one in findings}
    gone = sorted(
        (one for one in known.findings.values() if one.state in _OPEN and one.id not in here and selects(one.address)),
        key=lambda one: (one.address, one.path),
    )
    return DriftReport(
        findings=findings,
        resolved=tuple(resolved(one, moves) for one in gone),
        diagnostics=tuple(in_order(list(diagnostics))),
        managed=sum(selects(one) for one in live.ledger),
        as_of=rfc3339(now),
        identity=live.identity,
        environment=environment,
        moves=moves,
    )


def to_record(report: DriftReport, before: Mapping[str, Recorded]) -> list[Recorded]:
    """What the database is to keep of a report, in order of id."""
    kept: list[Recorded] = []
    for one in report.findings:
        old = before.get(one.id)
        again = old is not None and old.state in _OPEN
        kept.append(
            Recorded(
                id=one.id,
                address=one.stands,
                path=one.path,
                sort=one.sort,
                state=one.state,
                first_seen=old.first_seen if old is not None and again else one.first_seen or report.as_of,
                last_seen=report.as_of,
                waiver=None if one.waiver is None else one.waiver.name,
            )
        )
    for one in report.resolved:
        old = before[one.id]
        kept.append(
            Recorded(
                id=one.id,
                address=one.stands,
                path=one.path,
                sort=one.sort,
                state=FindingState.RESOLVED,
                first_seen=old.first_seen,
                last_seen=old.last_seen,
                waiver=old.waiver,
                resolved_at=report.as_of,
            )
        )
    return sorted(kept, key=lambda one: one.id)


def hindered(count: int) -> Diagnostic:
    """``count`` pending moves cannot be made: what they speak of is told under its old name."""
    return _told(
        UNREAD,
        f"{count} pending {'move' if count == 1 else 'moves'} cannot be made; what is to move is told under its old "
        "name, and lines may be those of the last apply",
        hint="run reconciler plan",
    )


def unread(count: int) -> Diagnostic:
    """The manifests hold ``count`` errors: what is said about them is said once."""
    return _told(
        UNREAD,
        f"the manifests hold {count} {'error' if count == 1 else 'errors'}; lines are those of the last apply, and "
        "what git has changed since is not looked at",
        hint="run reconciler validate",
    )


def bare() -> Diagnostic:
    """Nothing is managed yet, so that nothing can have drifted."""
    return _told(
        BARE,
        "nothing is managed in this database, so nothing was compared",
        hint="check that it is the right one; reconciler apply or adopt takes resources under management",
    )


def unmatched(word: str, value: str) -> Diagnostic:
    """What the report was narrowed to names nothing."""
    return _told(NOTHING, f"{word} {value} matches no address", hint="addresses read Kind/tenant/name, or Kind/name")


# --- comparing -------------------------------------------------------------------------------------------------------


def _changed(
    kind: Kind, resource: Resource[Any] | None, entry: LedgerEntry, base: Mapping[str, Any], row: Row
) -> Iterator[Deviation]:
    """The fields in which a row differs from what was applied last."""
    wanted: tuple[Any, ...] | None = None
    prepared = encoder(kind)
    for place, width, field in prepared.places:
        # Of a secret only the version counts: the ledger keeps nothing else, and a new password is no drift.
        names = [column.name for column in field.columns[: 1 if field.type == "secret" else width]]
        if names[0] not in base:
            continue
        last = tuple(base.get(name) for name in names)
        actual = row[_HEAD + place : _HEAD + place + len(names)]
        if actual == last or _same(field, last, actual):
            continue
        cause = Cause.DRIFT
        if resource is not None:
            if wanted is None:
                wanted = prepared.managed(resource, prepared.values(resource, {}))
            asked = wanted[place : place + len(names)]
            if asked[0] is UNMANAGED or _same(field, asked, actual):
                continue
            # A state that waits for a person since the last apply is what git wanted then as well.
            before = _same(field, asked, last) or (field.state and asked_before(entry, str(asked[0])))
            cause = Cause.DRIFT if before else Cause.CONFLICT
        yield Deviation(
            address=entry.address,
            sort=Sort.CHANGED,
            path=field.path,
            expected=_shown(field, last[0]),
            actual=_shown(field, actual[0]),
            cause=str(cause),
            sensitive=field.type == "secret",
            columns=_columns(field),
            source=_source(resource, entry, field.path),
            commit=entry.commit,
        )


def _watched(one: Difference) -> Iterator[Deviation]:
    """A resource that is only watched, beside its manifest."""
    entry = one.entry
    commit = None if entry is None else entry.commit
    if not one.entity.exists:
        source = _source(one.entity.resource, entry, "")
        yield Deviation(address=one.address, sort=Sort.MISSING, source=source, commit=commit)
        return
    lines: list[FieldChange] = [*one.fields, *one.secrets, *([] if one.state is None else [one.state])]
    for line in lines:
        if line.cause in _MOVED or (entry is None and line.sensitive):
            yield Deviation(
                address=one.address,
                sort=Sort.CHANGED,
                path=line.path,
                expected=line.after if entry is None else line.base,
                actual=line.before,
                cause=str(Cause.DRIFT if entry is None else line.cause),
                sensitive=line.sensitive,
                columns=_columns(one.entity.kind.by_path[line.path]),
                source=line.source,
                commit=commit,
            )


def _unmanaged(
    catalog: Catalog, live: Live, declared: Mapping[Address, Resource[Any]], selects: Selects
) -> Iterator[Deviation]:
    """Rows that no manifest has ever named. What a new database holds is none of them, nor are tombstones."""
    for name, rows in live.rows.items():
        kind = catalog.get(name)
        if kind is None:
            continue
        seeded = {str(one.get("name", "")) for one in kind.seeds}
        tomb = "" if kind.lifecycle is None else kind.lifecycle.tombstone
        state = kind.index["state"] if tomb else 0
        for key, row in rows.items():
            address = Address(name, *key)
            if address in live.ledger or address in declared or not selects(address):
                continue
            if (key[0] == PLATFORM and key[1] in seeded) or (tomb and row[state] == tomb):
                continue
            yield Deviation(address=address, sort=Sort.UNMANAGED)


def _same(field: Field, left: Sequence[Any], right: Sequence[Any]) -> bool:
    if field.type == "secret":
        return bool(left[0] == right[0])
    return same(field, left[0], right[0]) and list(left[1:]) == list(right[1:])


def _shown(field: Field, stored: Any) -> Any:
    return stored if stored is None or field.type in ("secret", "file") else decode(field, stored)


def _columns(field: Field) -> tuple[str, ...]:
    """The columns that a change of the field may touch, that of a secret at rest among them."""
    names = [column.name for column in field.columns]
    return (column_name(field.path), *names) if field.type == "secret" else tuple(names)


def _source(resource: Resource[Any] | None, entry: LedgerEntry | None, path: str) -> Source | None:
    """Where the manifest says it; without a manifest, where it stood at the last apply."""
    if resource is not None:
        return resource.document.places.nearest(path_key(path) if path else ("metadata", "name"))
    if entry is None:
        return None
    file, _, line = entry.source.rpartition(":")
    number = int(line) if line.isdecimal() else 0
    return Source(file, number, 1, number, 1) if file and number else None


def _told(rule: RuleText, summary: str, *, hint: str = "", address: Address | None = None) -> Diagnostic:
    return Diagnostic(
        code=rule.code, severity=rule.severity, phase=rule.phase, summary=summary, hint=hint, address=address
    )


# --- who and since when ----------------------------------------------------------------------------------------------


def _finding(one: Deviation, known: Known, waivers: Waivers) -> DriftFinding:
    writes = _since_applied(one, known.writes.get(one.stands, ()))
    old = known.findings.get(one.id)
    # Where git has changed as well, somebody has decided in review: a waiver speaks of drift alone.
    alone = one.cause == Cause.DRIFT
    names = (one.address, one.stands)  # of both: a waiver may have been renamed with the move, or not yet
    waiver = next(filter(None, (waivers.covering(name, one.path) for name in names)), None) if alone else None
    expired = next(filter(None, (waivers.had(name, one.path) for name in names)), None) if alone else None
    seen = old is not None and old.state in _OPEN
    state = FindingState.WAIVED if waiver else FindingState.KNOWN if seen else FindingState.NEW
    first = writes[0].at if writes else old.first_seen if old is not None and seen else ""
    return DriftFinding(
        id=one.id,
        address=one.address,
        type=snake(one.address.kind),
        sort=one.sort,
        state=state,
        path=one.path,
        expected=one.expected,
        actual=one.actual,
        cause=one.cause,
        sensitive=one.sensitive,
        first_seen=first,
        writer=writes[-1] if writes else None,
        source=one.source,
        commit=_commit(one, known.applied.get(one.stands, ())),
        waiver=waiver,
        expired=expired if waiver is None else None,
        previous=one.previous,
    )


def _since_applied(one: Deviation, entries: Iterable[Written]) -> list[Written]:
    """Who changed it since we did, oldest first."""
    found: list[Written] = []
    for entry in entries:
        if not _touches(one, entry):
            continue
        if entry.run:
            found.clear()
        elif one.sort is Sort.UNMANAGED and entry.operation in ("delete", "truncate"):
            found.clear()  # the row was another one then
        else:
            found.append(entry)
    if one.sort is Sort.MISSING:
        return [entry for entry in found if entry.operation in ("delete", "truncate")]
    return [entry for entry in found if entry.operation not in ("delete", "truncate")]


def _touches(one: Deviation, entry: Written) -> bool:
    if one.sort is not Sort.CHANGED or entry.operation != "update":
        return True
    return not set(one.columns).isdisjoint(entry.columns)


def _commit(one: Deviation, changes: Sequence[AppliedChange]) -> str | None:
    """The commit whose apply wrote the field last; else that of the last apply of the resource."""
    if one.sort is Sort.CHANGED:
        for change in reversed(changes):
            if one.path in change.paths or "" in change.paths:
                return change.commit
    return one.commit
