"""Rebase: live data as it is once resources have their new names, before anything is compared with manifests.

Everything behind this stage sees one world, in which what has moved stands at its new address and whatever named it
names it there: rows, references in lists, and what was applied last. What has to be written for that is kept
beside it. A move that is not pending, because its old name is not live any more, is done and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.kind import Kind
from reconciler.model.moved import Move, Rewrite
from reconciler.model.naming import Naming
from reconciler.model.past import Image, Past
from reconciler.model.resource import LedgerEntry, Live, Row, last_applied
from reconciler.model.rule import RuleText

BOTH = RuleText("MOV-08", Severity.ERROR, Phase.PLAN, "What moves finds its new name free.")
FOREIGN = RuleText("MOV-09", Severity.ERROR, Phase.PLAN, "What moves is managed.")
BURIED = RuleText("MOV-10", Severity.ERROR, Phase.PLAN, "A tombstone keeps its name.")
CAPTURED = RuleText(
    "MOV-11", Severity.ERROR, Phase.PLAN, "Nothing names the new address before something stands there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebased:
    """Live data with new names.

    ``moves`` are those that are pending, by their new address, and ``rewrites`` what they write; ``diagnostics`` say
    which cannot be made.
    """

    live: Live
    moves: Mapping[Address, Move] = field(default_factory=dict)
    rewrites: tuple[Rewrite, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def rebase(catalog: Catalog, live: Live, moves: Sequence[Move]) -> Rebased:
    """Give what has moved its new name in memory. Costs nothing where no move is pending."""
    pending, found = _pending(catalog, live, moves)
    if not pending:
        return Rebased(live=live, diagnostics=tuple(found))
    names = {one.previous: one.address for one in pending}
    writer = _Renamer(catalog, live, names)
    captured = writer.captured()
    if captured:
        said = [
            _told(CAPTURED, one, *_captures(one, captured[one.address])) for one in pending if one.address in captured
        ]
        return Rebased(live=live, diagnostics=(*found, *said))
    renamed, rewrites = writer.done()
    return Rebased(
        live=renamed,
        moves={one.address: one for one in pending},
        rewrites=tuple(sorted(rewrites, key=lambda one: one.previous)),
        diagnostics=tuple(found),
    )


def moves_back(past: Past) -> list[Move]:
    """The moves that take back those of a run."""
    return [
        Move(name=one.previous.name, previous=one.address, address=one.previous)
        for one in past.changes
        if one.previous is not None
    ]


def rebase_past(catalog: Catalog, past: Past) -> Past:
    """A run as it reads once what it moved has its former name again: one world for what it found and what it left."""
    names = {one.previous: one.address for one in moves_back(past)}
    if not names:
        return past
    naming = Naming(catalog, names)

    def image(one: Image) -> Image:
        after = None if one.after is None else {**one.after, **naming.columns(one.address, one.after)}
        return replace(
            one,
            address=naming.address(one.address),
            after=after,
            ledger_before=_entry(naming, one.address, one.ledger_before, former=True),
            ledger_after=_entry(naming, one.address, one.ledger_after, former=False),
        )

    images = [image(one) for one in past.images.values()]
    return replace(
        past,
        images={one.address: one for one in images},
        later={naming.address(address): runs for address, runs in past.later.items()},
        moved={naming.address(was): now for was, now in past.moved.items()},
    )


def _entry(naming: Naming, owner: Address, entry: LedgerEntry | None, *, former: bool) -> LedgerEntry | None:
    """An entry of the ledger; what was found has the former names in it already."""
    if entry is None:
        return None
    applied = entry.applied if former else naming.applied(owner, entry.applied)
    return replace(entry, address=naming.address(owner), applied=applied)


# --- which -----------------------------------------------------------------------------------------------------------


def _pending(catalog: Catalog, live: Live, moves: Iterable[Move]) -> tuple[list[Move], list[Diagnostic]]:
    """The moves whose old name is live, each to the end of its chain, and why some of them cannot be made."""
    made: list[Move] = []
    found: list[Diagnostic] = []
    onward = {one.previous: one for one in moves}
    arriving: dict[Address, Address] = {}
    for one in onward.values():
        if live.row(one.previous) is None:
            continue
        last = one
        while last.address in onward:
            last = onward[last.address]
        move = replace(one, address=last.address)
        wrong = _hindered(catalog, live, move)
        if wrong is None and move.address in arriving:
            other = arriving[move.address]
            wrong = (BOTH, f"{other} and {move.previous} would both become {move.address}", "delete one of them first")
        if wrong is not None:
            found.append(_told(wrong[0], move, wrong[1], wrong[2]))
            continue
        arriving[move.address] = move.previous
        made.append(move)
    return made, found


def _hindered(catalog: Catalog, live: Live, move: Move) -> tuple[RuleText, str, str] | None:
    kind = catalog[move.previous.kind]
    row = live.row(move.previous)
    if live.row(move.address) is not None or move.address in live.ledger:
        where = "is live as well" if live.row(move.address) is not None else "is managed, though its row is gone"
        hint = "remove the move when they are two resources, or delete the one that is not wanted"
        return BOTH, f"{move.previous} does not move to {move.address}, which {where}", hint
    if move.previous not in live.ledger:
        hint = "take it under management with reconciler adopt first, or rename the row by hand"
        return FOREIGN, f"{move.previous} is live, but it is not managed", hint
    lifecycle = kind.lifecycle
    if (
        lifecycle is not None
        and lifecycle.tombstone
        and row is not None
        and row[kind.index["state"]] == lifecycle.tombstone
    ):
        return BURIED, f"{move.previous} is {lifecycle.tombstone} and keeps its name", "remove the move"
    return None


def _captures(move: Move, by: Sequence[Address]) -> tuple[str, str]:
    named = ", ".join(map(str, by[:3])) + (f" and {len(by) - 3} more" if len(by) > 3 else "")
    return (
        f"{move.previous} does not move to {move.address}, because {named} names that address already",
        "take the reference away first: it would come to mean another resource",
    )


def _told(rule: RuleText, move: Move, summary: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code=rule.code,
        severity=rule.severity,
        phase=rule.phase,
        summary=summary,
        hint=hint,
        address=move.address,
        path="metadata.name",
        source=move.source,
    )


# --- how -------------------------------------------------------------------------------------------------------------


class _Renamer:
    """Renames in all rows and ledger entries that can hold one of some names."""

    def __init__(self, catalog: Catalog, live: Live, names: Mapping[Address, Address]) -> None:
        self._catalog = catalog
        self._live = live
        self._names = names
        self._naming = Naming(catalog, names)

    def captured(self) -> dict[Address, list[Address]]:
        """What names a new address already, in rows or in what was applied last, by that address."""
        wanted = frozenset(self._names.values())
        found: dict[Address, list[Address]] = {}
        for owner, field_, stored in self._everything():
            for target in self._naming.targets(owner, field_, stored):
                if target in wanted:
                    found.setdefault(target, []).append(owner)
        return {target: sorted(set(owners)) for target, owners in found.items()}

    def done(self) -> tuple[Live, list[Rewrite]]:
        """Live data with the new names, and everything that has to be written."""
        rows: dict[str, Mapping[tuple[str, str], Row]] = dict(self._live.rows)
        rewrites: list[Rewrite] = []
        moving = {one.kind for one in self._names}
        for name, kind in self._catalog.items():
            if name in moving or self._naming.references[name]:
                found = [self._row(kind, key, row) for key, row in self._live.rows.get(name, {}).items()]
                rows[name] = {(row[0] or PLATFORM, row[1]): row for row, _ in found}
                rewrites += [one for _, one in found if one is not None]
        ledger, others = self._ledger()
        return replace(self._live, rows=rows, ledger=ledger), [*rewrites, *others]

    def _row(self, kind: Kind, key: tuple[str, str], row: Row) -> tuple[Row, Rewrite | None]:
        was = Address(kind.name, *key)
        will = self._names.get(was, was)
        columns = self._naming.columns(was, {name: row[place] for name, place in kind.index.items()})
        entry = self._live.ledger.get(was)
        applied = None if entry is None else self._naming.applied(was, entry.applied)
        changed = will != was or bool(columns)
        if not changed and (entry is None or applied == entry.applied):
            return row, None
        rev = int(row[kind.index["rev"]]) if changed else None
        after = _with(kind, row, {"name": will.name, **columns}) if changed else row
        return after, Rewrite(address=will, previous=was, rev=rev, columns=columns, applied=applied)

    def _ledger(self) -> tuple[dict[Address, LedgerEntry], list[Rewrite]]:
        """The ledger with the new names, and what of it has to be written where there is no row."""
        ledger: dict[Address, LedgerEntry] = {}
        rewrites: list[Rewrite] = []
        for address, entry in self._live.ledger.items():
            applied = self._naming.applied(address, entry.applied)
            will = self._names.get(address, address)
            ledger[will] = entry
            if will != address or applied != entry.applied:
                ledger[will] = replace(entry, address=will, applied=applied)
                if self._live.row(address) is None:
                    rewrites.append(Rewrite(address=will, previous=address, applied=applied))
        return ledger, rewrites

    def _everything(self) -> Iterator[tuple[Address, Field, Any]]:
        """Every stored value of a reference that can lead to what moves."""
        for name, fields in self._naming.references.items():
            if not fields:
                continue
            kind = self._catalog[name]
            for key, row in self._live.rows.get(name, {}).items():
                for one in fields:
                    yield Address(name, *key), one, row[kind.index[one.columns[0].name]]
        for address, entry in self._live.ledger.items():
            fields = self._naming.references.get(address.kind, ())
            if fields:
                applied = last_applied(entry)
                for one in fields:
                    yield address, one, applied.get(one.columns[0].name)


def _with(kind: Kind, row: Row, columns: Mapping[str, Any]) -> Row:
    values = list(row)
    for name, value in columns.items():
        values[kind.index[name]] = value
    return tuple(values)
