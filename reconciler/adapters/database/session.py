"""One apply: everything between its lock and its commit, on one connection, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from reconciler.adapters.database import audit, history
from reconciler.adapters.database.columns import (
    APPROVALS,
    CHANGES,
    IMAGES,
    OUTBOX,
    RESOURCES,
    RUNS,
    SESSION,
    TENANTS,
)
from reconciler.adapters.database.faults import explain
from reconciler.adapters.database.images import IMAGE_COLUMNS, Ledgers, images_of
from reconciler.adapters.database.moving import at_rest, move_entries, move_findings, move_rows, steps_of
from reconciler.adapters.database.netting import Sealed, Write, writes_of
from reconciler.adapters.database.read import approvals_of, identity_of, read_live
from reconciler.adapters.database.rows import (
    add_rows,
    chunks,
    columns_now,
    numbers_of,
    read_back,
    renew_rows,
    write_rows,
)
from reconciler.adapters.database.standing import StandingFile
from reconciler.adapters.database.writing import fetching
from reconciler.model.address import Address
from reconciler.model.approval import Approval
from reconciler.model.authorization import Authorization
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.errors import OutcomeUnknown, ReconcilerError
from reconciler.model.failpoint import reach
from reconciler.model.plan import Plan
from reconciler.model.resource import LedgerEntry, Live
from reconciler.model.run import Run
from reconciler.ports import Standing

_KEPT = frozenset({Action.CREATE, Action.ADOPT, Action.UPDATE, Action.ROTATE_SECRET, Action.TRANSITION, Action.REFRESH})
_LEDGER = ("kind", "tenant", "name", "row_id", "applied", "source", "commit_id", "management", "applied_at", "run")
_OUTBOX = ("id", "event", "resource", "recipient", "language", "payload", "plan", "created_at", "sent_at")
_IN_A_PART = 2_000
"""Rows of the audit, or of what a run found, that are held before they are written."""
_LEFT = frozenset({Action.DELETE, Action.FORGET})


class Session:
    """The open transaction of an apply; see :class:`reconciler.ports.ApplySession`.

    ``created`` says that this transaction has made the database: until it is committed, the database has no identity,
    as the plan saw it. ``look_again`` tells on a fresh connection whether a run was committed.
    """

    def __init__(
        self,
        connection: sa.Connection,
        catalog: Catalog,
        metadata: sa.MetaData,
        *,
        created: bool,
        look_again: Callable[[str], Run | None],
    ) -> None:
        self._connection = connection
        self._catalog = catalog
        self._metadata = metadata
        self._created = created
        self._look_again = look_again
        self._run: Run | None = None
        self._attempts = False
        self._found: Live | None = None

    def lock(self, tenants: Sequence[str]) -> None:
        """See that every tenant has its row. An embedded database is locked as a whole already."""
        table = self._table(TENANTS)
        wanted = sorted({"", *tenants})
        there = sa.select(table.c.tenant).where(table.c.tenant.in_(wanted))
        missing = set(wanted) - set(self._connection.execute(there).scalars())
        if missing:
            # A tenant that this very plan creates; the trigger finds the row there.
            self._connection.execute(sa.insert(table), [{"tenant": one, "generation": 0} for one in sorted(missing)])

    def stay_in_memory(self) -> None:
        """Keep what is written out of the file of an embedded database until a commit, however much it is."""
        self._connection.exec_driver_sql("PRAGMA cache_spill = OFF")

    def live(self, since: Standing | None = None) -> Live:
        """The database as it is under the lock; what has not moved since it was read is not read again."""
        if since is not None and self._unmoved(since):
            self._found = since.live
            return replace(since.live, approvals=approvals_of(fetching(self._connection)))
        found = self._found = read_live(fetching(self._connection), self._catalog)
        return replace(found, identity="") if self._created else found

    def _unmoved(self, since: Standing) -> bool:
        return isinstance(since, StandingFile) and not self._created and since.unmoved()

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id, if it was committed before."""
        return history.find_run(fetching(self._connection), run_id)

    def at_rest(self, addresses: Sequence[Address]) -> dict[tuple[Address, str], tuple[str, str | None]]:
        """The encrypted secrets of rows and their fingerprints, by address and field path."""
        return at_rest(self._connection, self._metadata, self._catalog, addresses)

    def write(self, authorization: Authorization, *, run: Run, sealed: Sealed) -> None:
        """Write the whole plan; see :class:`reconciler.ports.ApplySession`. Without effect it writes nothing at all."""
        self._try(authorization.plan, run, sealed)

    def approve(self, approval: Approval) -> None:
        """Record an approval, in the place of an older one by the same person."""
        table = self._table(APPROVALS)
        values = {**asdict(approval), "withdrawn_at": None}
        renew_rows(self._connection, table, [values], key=("digest", "approver"))
        reach("written")

    def withdraw(self, digest: str, approver: str, *, at: str) -> bool:
        """Take an approval back; whether there was one."""
        table = self._table(APPROVALS)
        there = (table.c.digest == digest) & (table.c.approver == approver) & table.c.withdrawn_at.is_(None)
        done = self._connection.execute(sa.update(table).where(there).values(withdrawn_at=at))
        return done.rowcount > 0

    def attempt(self, plan: Plan, *, run: Run, sealed: Sealed) -> None:
        """Write a plan that nobody was asked about; from now on this transaction cannot be committed."""
        self._attempts = True
        self._try(plan, run, sealed)

    def _try(self, plan: Plan, run: Run, sealed: Sealed) -> None:
        try:
            self._write(plan, run, sealed)
        except sa.exc.DBAPIError as error:
            raise explain(error.orig or error, "writing") from None

    def commit(self) -> None:
        """Make it last.

        Raises:
            LockTimeout: readers did not let go in time; nothing was applied (DB-08).
            WorldError: the commit failed, and nothing was applied (DB-10).
            OutcomeUnknown: the commit failed, and the database does not answer whether it holds the run (DB-11).
            ValueError: something was only attempted in it.
        """
        self._refuse_attempts()
        try:
            self._connection.commit()
        except sa.exc.DBAPIError as error:
            self._settle(error)

    def _refuse_attempts(self) -> None:
        if self._attempts:
            msg = "what was only attempted is never committed"
            raise ValueError(msg)

    def _write(self, plan: Plan, run: Run, sealed: Sealed) -> None:
        writes = writes_of(plan, self._catalog, sealed, at=run.finished_at)
        changed, left = _ledger_changes(plan.changes)
        kept = {address: _entry(one, run) for address, one in changed.items()}
        if not (writes or kept or left or plan.notices or plan.rewrites):
            return
        self._run = run
        images = self._images(plan, writes, run, kept, left)
        self._announce(run)
        reach("announced")
        moved = move_rows(self._connection, self._metadata, self._catalog, plan, sealed, at=run.finished_at)
        writes = list(steps_of(writes, moved))
        write_rows(self._connection, self._metadata, self._catalog, writes)
        reach("rows-written")
        named = (one.address.tenant for one in plan.rewrites)
        self._touch({*(one.address.tenant for one in writes), *(one.tenant for one in (*kept, *left)), *named})
        reach("generations-stepped")
        self._notify(plan, run)
        reach("outbox-written")
        numbers = read_back(self._connection, self._metadata, self._catalog, writes)
        reach("read-back")
        del writes  # of a first apply they are large, and what is recorded of them takes as much room again
        known_already = [one for one in kept if one not in numbers]
        numbers.update(numbers_of(self._connection, self._metadata, self._catalog, known_already))
        move_entries(self._connection, self._metadata, plan.rewrites)
        move_findings(self._connection, self._metadata, plan.rewrites, at=run.finished_at)
        self._keep(kept, left, run, numbers, moved={one.address for one in plan.rewrites})
        reach("ledger-written")
        self._audit(plan, run, images)  # last: on a server it makes runs of other tenants wait
        reach("run-written")
        self._dismiss()

    def _announce(self, run: Run) -> None:
        """Tell the triggers on whose behalf rows are written."""
        self._connection.execute(sa.insert(self._table(SESSION)).values(run=run.id, actor=run.actor))

    def _dismiss(self) -> None:
        """The rows are written."""
        self._connection.execute(sa.delete(self._table(SESSION)))

    def _lock_chain(self) -> None:
        """Wait for those who add to the audit. An embedded database has one writer anyway."""

    def _touch(self, tenants: Iterable[str]) -> None:
        """Step the generation of tenants, also where only the ledger changes: no two runs find the same ones."""
        table = self._table(TENANTS)
        touched = sorted(tenants)
        if touched:
            step = sa.update(table).where(table.c.tenant == sa.bindparam("b_tenant"))
            self._connection.execute(
                step.values(generation=table.c.generation + 1), [{"b_tenant": one} for one in touched]
            )

    def _images(
        self, plan: Plan, writes: Sequence[Write], run: Run, kept: Mapping[Address, LedgerEntry], left: set[Address]
    ) -> dict[Address, str]:
        """Keep what is there before the first write, and give the hashes of it.

        An apply has read it under its locks already. Images are written in parts, for they are much text, and before
        the rows: who waits for the chain over all changes waits later.
        """
        before = self._found = self._found or read_live(fetching(self._connection), self._catalog)
        after: dict[Address, LedgerEntry | None] = {**kept, **dict.fromkeys(left)}

        def resting(
            kind: str, addresses: Sequence[Address], columns: Sequence[str]
        ) -> Mapping[Address, Mapping[str, Any]]:
            return columns_now(self._connection, self._metadata, self._catalog[kind], addresses, columns)

        previous = {one.address: one.previous for one in plan.rewrites if one.moves}
        ledgers = Ledgers(after=after, previous=previous)
        hashes: dict[Address, str] = {}
        found = images_of(run.id, self._catalog, before, writes, ledgers=ledgers, resting=resting)
        for part in chunks(found, _IN_A_PART):
            add_rows(self._connection, self._table(IMAGES), IMAGE_COLUMNS, [row for row, _ in part])
            hashes.update((Address(*row[1:4]), mark) for row, mark in part)
        return hashes

    def _audit(self, plan: Plan, run: Run, images: Mapping[Address, str]) -> None:
        runs, changes = self._table(RUNS), self._table(CHANGES)
        self._lock_chain()
        newest = sa.select(changes.c.seq, changes.c.hash).order_by(changes.c.seq.desc()).limit(1)
        end = self._connection.execute(newest).first()
        last, chain = (0, identity_of(fetching(self._connection))) if end is None else (end[0], end[1])
        reach("chain-locked")
        for rows in chunks(audit.entries(plan, run, last=last, end=chain, images=images), _IN_A_PART):
            add_rows(self._connection, changes, audit.WHOLE, rows)
            last, chain = rows[-1][0], rows[-1][-1]
        reach("changes-written")
        number = self._connection.execute(sa.select(sa.func.coalesce(sa.func.max(runs.c.seq), 0))).scalar_one()
        self._connection.execute(
            sa.insert(runs).values(
                id=run.id,
                seq=number + 1,
                digest=run.digest,
                actor=run.actor,
                approvers=to_json(list(run.approvers)).decode(),
                started_at=run.started_at,
                finished_at=run.finished_at,
                outcome=run.outcome.value,
                added=run.added,
                changed=run.changed,
                destroyed=run.destroyed,
                commit_id=run.commit,
                last_change=last,
                chain=chain,
                rollback_of=run.rollback_of,
                notices=run.notices,
            )
        )

    def _notify(self, plan: Plan, run: Run) -> None:
        rows = [
            (
                f"{run.id}-{number}",
                notice.event,
                str(notice.resource),
                notice.recipient,
                notice.language,
                to_json(dict(notice.payload), fallback=str).decode(),
                run.id,
                run.finished_at,
                None,
            )
            for number, notice in enumerate(plan.notices, 1)
        ]
        if rows:
            add_rows(self._connection, self._table(OUTBOX), _OUTBOX, rows)

    def _keep(
        self,
        kept: Mapping[Address, LedgerEntry],
        left: set[Address],
        run: Run,
        numbers: dict[Address, int],
        *,
        moved: AbstractSet[Address],
    ) -> None:
        """The entries of the ledger. One that is new is written as new rows are; one that moved has an entry by now."""
        table = self._table(RESOURCES)
        found = {} if self._found is None else self._found.ledger
        rows: list[tuple[Any, ...]] = []
        new: list[tuple[Any, ...]] = []
        for address, entry in kept.items():
            facts = (entry.applied, entry.source, entry.commit, entry.management)
            row = (*address, numbers.get(address), *facts, run.finished_at, run.id)
            (rows if address in found or address in moved else new).append(row)
        if new:
            add_rows(self._connection, table, _LEDGER, new)
        if rows:
            renew_rows(self._connection, table, [dict(zip(_LEDGER, one, strict=True)) for one in rows], key=_LEDGER[:3])
        if left:
            here = [getattr(table.c, part) == sa.bindparam(f"b_{part}") for part in Address._fields]
            gone = [{f"b_{part}": value for part, value in one._asdict().items()} for one in sorted(left)]
            self._connection.execute(sa.delete(table).where(*here), gone)

    def _settle(self, error: sa.exc.DBAPIError) -> None:
        """Find out what a failed commit did."""
        cause: ReconcilerError = explain(error.orig or error, "committing")
        if self._run is None:
            raise cause from None
        self._connection.invalidate()
        try:
            found = self._look_again(self._run.id)
        except ReconcilerError:
            raise OutcomeUnknown(
                "the commit failed, and the database does not answer whether it holds the run",
                code="DB-11",
                hint=f"run reconciler status {self._run.id}",
            ) from None
        if found is None:
            raise cause from None

    def _table(self, name: str) -> Any:
        return self._metadata.tables[name]


def _ledger_changes(changes: Iterable[Change]) -> tuple[dict[Address, Change], set[Address]]:
    """Whose ledger entry is renewed, by the last change that says how, and whose goes."""
    kept: dict[Address, Change] = {}
    left: set[Address] = set()
    back: dict[Address, Change] = {}
    for change in changes:
        if change.back is not None and change.back.ledger is not None and change.action in _KEPT | _LEFT:
            back[change.address] = change
        elif change.action in _KEPT and change.applied:
            kept[change.address] = change
        elif change.action in _LEFT:
            left.add(change.address)
    for address in left:
        kept.pop(address, None)
    return {**kept, **back}, left - back.keys()


def _entry(change: Change, run: Run) -> LedgerEntry:
    """The entry that the ledger holds behind a change."""
    if change.back is not None and change.back.ledger is not None:
        return change.back.ledger
    source = "" if change.source is None else change.source.short
    return LedgerEntry(change.address, change.applied, source, run.commit, change.management)
