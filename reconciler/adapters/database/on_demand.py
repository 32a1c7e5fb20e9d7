"""On demand: a database to which nothing was written since a reading, of which rows are read when somebody asks.

Whoever knows of that reading what he needs to know asks for a few rows and not for all of them. Each question is looked
at: what is not of the state of that reading is not given. Our own small tables are read at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Protocol

from reconciler.adapters.database.faults import is_undecodable, translated
from reconciler.adapters.database.pulse import still
from reconciler.adapters.database.read import (
    LEDGER,
    approvals_of,
    generations_of,
    identity_of,
    ledger_entry,
    ledger_in,
    select_rows,
    sharing,
)
from reconciler.adapters.database.reading import open_for_reading, read_leniently
from reconciler.adapters.database.urls import SqliteFile
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.errors import Stale, WorldError
from reconciler.model.focus import NeedsAll
from reconciler.model.kind import Kind
from reconciler.model.on_demand import OnDemand
from reconciler.model.resource import LedgerEntry, Live, Row

Key = tuple[str, str]

FEW = 500
"""Rows of a file that are read one by one before all of their table are: as many cost a hundredth of a second."""
_REPLACED = "\ufffd"
"""Stands in a text that was read for what is no UTF-8."""


class Source(Protocol):
    """Where rows are read.

    Each method raises NeedsAll where anything was written since, and Stale where it is too late for another way.
    """

    few: int
    """How many keys are asked for one by one before everything is read."""

    def all(self, statement: str) -> list[Row]:
        """All rows of a statement."""

    def rows(self, kind: Kind, keys: Collection[Key]) -> Iterable[Row]:
        """The rows of a kind that are there under some keys."""

    def entries(self, addresses: Collection[Address]) -> Iterable[Row]:
        """The entries of the ledger that are there under some addresses."""

    def close(self) -> None:
        """Let go of it: the plan is made. Who asks later has it opened again, and is told of it alone."""


def live_of(source: Source, catalog: Catalog, pulse: str) -> Live:
    """What a source holds, of the reading that ``pulse`` tells of."""
    return Live(
        identity=identity_of(source.all),
        rows={
            name: OnDemand(partial(_rows, source, kind), partial(_all_rows, source, kind), few=source.few)
            for name, kind in catalog.items()
        },
        ledger=OnDemand(partial(_entries, source), partial(_all_entries, source), few=source.few),
        generations=generations_of(source.all),
        approvals=approvals_of(source.all),
        pulse=pulse,
    )


@contextmanager
def asking_of(source: Source, catalog: Catalog, pulse: str, *, known: bool) -> Iterator[Live | None]:
    """What a source holds, for as long as a plan is made; None where it is not ``known`` to be that of the pulse.

    Inside, NeedsAll is raised where something was written meanwhile; afterwards :class:`Stale`.
    """
    try:
        found = None
        if known:
            with suppress(NeedsAll):
                found = live_of(source, catalog, pulse)
        yield found
    finally:
        source.close()


def unwritten(file: SqliteFile, catalog: Catalog, pulse: str) -> AbstractContextManager[Live | None]:
    """The database of a pulse; None where anything was written since, or nobody can tell. See :func:`asking_of`.

    Raises:
        WorldError: it cannot be read (DB-01).
        LockTimeout: somebody else holds it for too long (DB-08).
    """
    return asking_of(_File(file, pulse), catalog, pulse, known=file.exists and still(file.path, pulse))


class _File:
    """An embedded database, whose file tells with each question whether it was written to."""

    few = FEW

    def __init__(self, file: SqliteFile, pulse: str) -> None:
        self._file = file
        self._pulse = pulse
        self._connection: sqlite3.Connection | None = None
        self._late = False
        self._statements: dict[str, str] = {}

    def close(self) -> None:
        """See :class:`Source`."""
        self._late = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def all(self, statement: str) -> list[Row]:
        """See :class:`Source`."""
        return self._ask(statement, ((),))

    def rows(self, kind: Kind, keys: Collection[Key]) -> Iterable[Row]:
        """See :class:`Source`."""
        statement = self._statements.get(kind.name)
        if statement is None:
            statement = f"{select_rows(kind)} WHERE one.tenant_key = ? AND one.name = ?"
            self._statements[kind.name] = statement
        return self._ask(statement, keys)

    def entries(self, addresses: Collection[Address]) -> Iterable[Row]:
        """See :class:`Source`."""
        return self._ask(f"{LEDGER} WHERE kind = ? AND tenant = ? AND name = ?", addresses)

    def _ask(self, statement: str, values: Collection[Sequence[str]]) -> list[Row]:
        try:
            found = self._asked(statement, values)
        except WorldError:
            if still(self._file.path, self._pulse):
                raise
            raise moved(late=self._late) from None  # what is wrong is told by whoever reads everything
        # Whoever commits changes the file, and has done so before a later question finds another state.
        if not still(self._file.path, self._pulse):
            raise moved(late=self._late)
        return found

    def _asked(self, statement: str, values: Collection[Sequence[str]]) -> list[Row]:
        with translated("reading"):
            if self._connection is None:
                self._connection = open_for_reading(self._file)
            try:
                found = _fetched(self._connection, statement, values)
            except sqlite3.OperationalError as error:
                if not is_undecodable(error):
                    raise
                read_leniently(self._connection)
                found = _fetched(self._connection, statement, values)
            if self._late:
                self.close()
        return found


def moved(*, late: bool) -> Exception:
    """What is raised where something was written meanwhile."""
    if late:
        return Stale("the database was written to while the plan was told", code="DB-09", hint="make a new plan")
    return NeedsAll()


def _fetched(connection: sqlite3.Connection, statement: str, values: Iterable[Sequence[str]]) -> list[Row]:
    return [row for one in values for row in connection.execute(statement, one)]


def _rows(source: Source, kind: Kind, keys: Collection[Key]) -> Mapping[Key, Row]:
    if any(map(_is_odd, keys)):
        whole = _all_rows(source, kind)
        return {one: whole[one] for one in keys if one in whole}
    return {row[:2]: row for row in source.rows(kind, keys)}


def _all_rows(source: Source, kind: Kind) -> Mapping[Key, Row]:
    return {row[:2]: row for row in sharing(source.all(select_rows(kind)))}


def _entries(source: Source, addresses: Collection[Address]) -> Mapping[Address, LedgerEntry]:
    if any(map(_is_odd, addresses)):
        whole = _all_entries(source)
        return {one: whole[one] for one in addresses if one in whole}
    return {one.address: one for one in map(ledger_entry, source.entries(addresses))}


def _all_entries(source: Source) -> Mapping[Address, LedgerEntry]:
    return ledger_in(source.all(LEDGER))


def _is_odd(key: Sequence[str]) -> bool:
    """Whether a database may hold a name in another form than this program does."""
    return any(not text.isprintable() or _REPLACED in text for text in key)
