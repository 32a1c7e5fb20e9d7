"""Leave: take out of the differences what stays as it is: drift that is waived, and what nobody asked for.

What stays is left alone by writing and kept in the ledger as it was applied last, so that it is drift again on the day
after its waiver. A waiver covers what the world changed; where git changed as well, somebody has decided in review, and
the manifest holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace

from pydantic_core import to_json

from reconciler.model.address import Address
from reconciler.model.canonical import object_in
from reconciler.model.change import Cause, FieldChange
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.difference import Difference, Differences, Standing
from reconciler.model.moved import Move
from reconciler.model.resource import AWAITED
from reconciler.model.rule import RuleText
from reconciler.model.waiver import WHOLE_ROW, Waiver, Waivers

WAIVED = RuleText("WVR-06", Severity.WARNING, Phase.PLAN, "Drift that is waived stays as it is.")

_NO_MOVES: Mapping[Address, Move] = {}
_DRIFT = frozenset({Cause.DRIFT, Cause.CONFLICT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What remains to be planned. ``fields`` stay as they are live, by address; the rows of ``absent`` stay away.

    ``diagnostics`` list what is waived.
    """

    differences: Differences
    fields: Mapping[Address, frozenset[str]] = field(default_factory=dict)
    absent: frozenset[Address] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()


def leave(found: Differences, waivers: Waivers, *, only_drift: bool, moves: Mapping[Address, Move] = _NO_MOVES) -> Kept:
    """Leave out what is waived and, with ``only_drift``, whatever the world did not change.

    A waiver speaks of what ``moves``, by its new address, under either name: it may have been renamed too, or not yet.
    """
    if not waivers.active and not only_drift:
        return Kept(differences=found)
    items: list[Difference] = []
    fields: dict[Address, frozenset[str]] = {}
    absent: set[Address] = set()
    told: list[Diagnostic] = []
    for one in found.items:
        if not one.entity.exists and one.entity.declared:
            waiver = _covering(waivers, one.address, WHOLE_ROW, moves) if _is_lost(one) else None
            told += [] if waiver is None else [_told(one.address, "", waiver)]
            if waiver is not None or (only_drift and not _is_lost(one)):
                absent.add(one.address)
            else:
                items.append(one)
            continue
        waived = {
            line.path: waiver
            for line in _lines(one)
            if line.cause is Cause.DRIFT and (waiver := _covering(waivers, one.address, line.path, moves)) is not None
        }
        told += [_told(one.address, path, waiver) for path, waiver in waived.items()]
        left = set(waived)
        if only_drift:
            adopts = one.standing is Standing.UNOWNED
            left |= {line.path for line in _lines(one) if adopts or line.cause not in _DRIFT}
        if left:
            fields[one.address] = frozenset(left)
        kept = _without(one, left, only_drift=only_drift)
        if kept is not None:
            items.append(kept)
    return Kept(
        differences=replace(found, items=tuple(items)),
        fields=fields,
        absent=frozenset(absent),
        diagnostics=tuple(told),
    )


def left_out(
    found: Differences, selects: Callable[[Address], bool]
) -> tuple[dict[Address, frozenset[str]], frozenset[Address]]:
    """What targets and exclusions leave out stays as it is live, whatever its manifest says: fields, absent rows."""
    aside = [one.entity for one in found.items if one.entity.declared and not selects(one.address)]
    fields = {one.address: frozenset(one.kind.by_path) for one in aside if one.exists}
    return fields, frozenset(one.address for one in aside if not one.exists)


def _covering(waivers: Waivers, address: Address, path: str, moves: Mapping[Address, Move]) -> Waiver | None:
    found = waivers.covering(address, path)
    if found is None and address in moves:
        return waivers.covering(moves[address].previous, path)
    return found


def _is_lost(one: Difference) -> bool:
    """Whether somebody deleted the row, or the row of a watched resource is not there."""
    return one.entry is not None or one.standing is Standing.OBSERVED


def _lines(one: Difference) -> Iterator[FieldChange]:
    yield from one.fields
    yield from one.secrets
    if one.state is not None:
        yield one.state


def _without(one: Difference, left: Iterable[str], *, only_drift: bool) -> Difference | None:
    """A difference without some of its fields; None when nothing of it remains."""
    gone = frozenset(left)
    if only_drift and one.standing in (Standing.GONE, Standing.STALE, Standing.UNOWNED):
        return None
    if not gone:
        return one
    by_path = one.entity.kind.by_path
    names = {column.name for path in gone for column in by_path[path].columns}
    kept = replace(
        one,
        fields=tuple(line for line in one.fields if line.path not in gone),
        secrets=tuple(line for line in one.secrets if line.path not in gone),
        state=None if one.state is None or one.state.path in gone else one.state,
        columns={name: value for name, value in one.columns.items() if name not in names},
        secret_columns={name: value for name, value in one.secret_columns.items() if name not in names},
    )
    if only_drift and one.entry is not None:
        kept = replace(kept, applied=_applied(one.entry.applied, kept))
    elif one.entry is not None and one.state is not None and one.state.path in gone:
        kept = replace(kept, applied=_waiting(one.entry.applied, kept.applied))
    if any(True for _ in _lines(kept)) or one.standing is Standing.UNOWNED:
        return kept
    entry, resource = one.entry, one.entity.resource
    if only_drift or one.standing is Standing.OBSERVED or entry is None or resource is None:
        return None
    behind = entry.applied != kept.applied or entry.management != resource.management
    return replace(kept, standing=Standing.STALE) if behind else None


def _applied(before: str, kept: Difference) -> str:
    """What the ledger keeps when only some fields are written: those as wanted, all others as they were applied."""
    base, wanted = object_in(before) or {}, object_in(kept.applied) or {}
    by_path = kept.entity.kind.by_path
    written = {column.name for line in _lines(kept) for column in by_path[line.path].columns}
    base.update((name, wanted[name]) for name in written if name in wanted)
    return to_json(dict(sorted(base.items()))).decode()


def _waiting(before: str, after: str) -> str:
    """What the ledger keeps where a state stays that a person still has to bring about: that it is awaited."""
    base, wanted = object_in(before) or {}, object_in(after) or {}
    if AWAITED not in base:
        return after
    wanted.update((name, base[name]) for name in (AWAITED, "state") if name in base)
    return to_json(dict(sorted(wanted.items()))).decode()


def _told(address: Address, path: str, waiver: Waiver) -> Diagnostic:
    what = f"{address}: {path} differs" if path else f"{address} is missing"
    return Diagnostic(
        code=WAIVED.code,
        severity=WAIVED.severity,
        phase=WAIVED.phase,
        summary=f"{what} and stays so: waived by {waiver.owner} until {waiver.expires} ({waiver.name})",
        address=address,
        path=path,
        source=waiver.source,
    )
