"""The live database behind the door :class:`reconciler.ports.LiveStore`."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.adapters.database import audit, history
from reconciler.adapters.database.faults import is_undecodable
from reconciler.adapters.database.keeping import Keeping
from reconciler.adapters.database.postgres.store import ServerDatabase
from reconciler.adapters.database.pulse import file_pulse, still
from reconciler.adapters.database.read import AT_ONCE, Fetch, Parts, empty_live, read_live, revision_of
from reconciler.adapters.database.reading import read_leniently, reading
from reconciler.adapters.database.revisions import require
from reconciler.adapters.database.standing import Standing, standing
from reconciler.adapters.database.trail import KEEP, EmptyLook, Look, values_of
from reconciler.adapters.database.urls import SqliteFile, database_at
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.drift import Recorded
from reconciler.model.errors import WorldError
from reconciler.model.failpoint import reach
from reconciler.model.resource import Live, Row
from reconciler.model.run import Holder, Run
from reconciler.model.state import Managed
from reconciler.ports import Recognizer, Rehearsal

if TYPE_CHECKING:  # SQLAlchemy is not loaded before somebody writes
    from reconciler.adapters.database.session import Session

T = TypeVar("T")
M = TypeVar("M")

RECORD_SECONDS = 30.0
"""How long writing findings down waits for an apply."""


class Database:
    """An embedded live database. Nothing is opened before it is used, and nothing is made before :meth:`apply`."""

    def __init__(self, file: SqliteFile, catalog: Catalog) -> None:
        self.file = file
        self._catalog = catalog

    embedded = True

    @property
    def key_file(self) -> Path:
        """Where the key of the installation lies that nobody gave: beside the database."""
        return self.file.path.with_name(f"{self.file.path.name}.key")

    def exists(self) -> bool:
        """Whether the database has been made."""
        return self.file.exists

    def demand(self) -> None:
        """See that it has been made, for whoever asks what is there: of nothing there is nothing true to tell.

        Raises:
            WorldError: it has not (DB-15).
        """
        if not self.exists():
            raise WorldError(
                f"there is no database at {self.file.shown}",
                code="DB-15",
                hint="check its address, and where you are; the first reconciler apply makes it",
            )

    def read(self, recognizer: Recognizer | None = None) -> Live:
        """Everything that is managed or may be referred to. Before it has been made: what it will hold at first.

        What a ``recognizer`` knows is held as it gives it; see :class:`reconciler.ports.LiveStore`.

        Raises:
            WorldError: it cannot be read, or has another schema (DB-01 to DB-04).
            LockTimeout: somebody else holds it for too long (DB-08).
        """
        if not self.exists():
            return empty_live(self._catalog)
        with reading(self.file) as connection:
            parts = partial(_parts, connection)
            return self._asked(
                connection,
                lambda fetch: self._live(fetch, recognizer, parts),
                missing=lambda: empty_live(self._catalog),
            )

    def still(self, pulse: str) -> bool:
        """Whether nothing was written since; see :class:`reconciler.ports.LiveStore`. Opens nothing."""
        return still(self.file.path, pulse)

    def unwritten(self, pulse: str) -> AbstractContextManager[Live | None]:
        """See :class:`reconciler.ports.LiveStore`.

        Raises:
            WorldError: it cannot be read (DB-01).
            LockTimeout: somebody else holds it for too long (DB-08).
        """
        from reconciler.adapters.database.on_demand import unwritten  # late: only a plan that rests on another needs it

        return unwritten(self.file, self._catalog, pulse)

    @contextmanager
    def standing(self) -> Iterator[Standing]:
        """The same, for an apply; see :class:`reconciler.ports.Standing`.

        Raises:
            WorldError: it cannot be read, or has another schema (DB-01 to DB-04).
            LockTimeout: somebody else holds it for too long (DB-08).
        """

        def read(connection: sqlite3.Connection) -> Live | None:
            return self._asked(connection, lambda fetch: read_live(fetch, self._catalog), missing=lambda: None)

        if not self.exists():
            yield Standing(empty_live(self._catalog))
            return
        with standing(self.file, read) as found:
            yield found or Standing(empty_live(self._catalog))

    @contextmanager
    def look(self) -> Iterator[Look | EmptyLook]:
        """One consistent read; see :class:`reconciler.ports.Look`. A missing database tells what it will hold at first.

        Raises:
            WorldError: it cannot be read, or has another schema (DB-01 to DB-04).
        """
        if not self.exists():
            yield EmptyLook(empty_live(self._catalog))
            return
        with reading(self.file) as connection:
            revision = revision_of(_fetching(connection), "sqlite")
            if revision is None and not self.exists():
                yield EmptyLook(empty_live(self._catalog))  # as in _ask: to open it was to undo a killed first apply
                return
            require(revision)

            def ask(statement: str, values: Sequence[Any]) -> list[Row]:
                try:
                    return connection.execute(statement, values).fetchall()
                except sqlite3.OperationalError as error:
                    if not is_undecodable(error):
                        raise
                    read_leniently(connection)
                    return connection.execute(statement, values).fetchall()

            def fetch(statement: str) -> list[Row]:
                return ask(statement, ())

            yield Look(fetch, ask, self._catalog, lambda: self._live(fetch))

    def record(self, findings: Sequence[Recorded]) -> None:
        """Write findings of drift down, all of them or none. A missing database is not made for it.

        Raises:
            LockTimeout: somebody else holds it for too long (DB-08).
            WorldError: it cannot be written, or has another schema (DB-01 to DB-05).
        """
        from reconciler.adapters.database.writing import fetching, guarded, writing

        if not self.exists() or not findings:
            return
        with writing(self.file, lock_timeout=RECORD_SECONDS) as connection, guarded("writing"):
            require(revision_of(fetching(connection), connection.dialect.name))
            connection.exec_driver_sql(KEEP, [values_of(one) for one in findings])
            connection.commit()

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id."""
        return self._ask(lambda fetch: history.find_run(fetch, run_id), missing=lambda: None)

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        return self._ask(history.runs, missing=list)

    def managed(self) -> list[Managed]:
        """The ledger, in order of address."""
        return self._ask(history.managed, missing=list)

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:
        """What runs did to some resources, by the id of the run: each address with the actions on it, once."""
        return self._ask(lambda fetch: history.touched(fetch, selects), missing=dict[str, list[tuple[Address, str]]])

    def broken_chain(self) -> list[str]:
        """What is wrong with the audit, a sentence each; empty when every change is as it was written."""
        return self._ask(audit.broken, missing=list)

    @contextmanager
    def apply(
        self,
        tenants: Sequence[str],
        *,
        lock_timeout: float,
        run: str = "",  # noqa: ARG002  # an embedded database lists nobody
        rows: Sequence[Address] = (),  # noqa: ARG002  # and is locked as a whole
    ) -> Iterator[Session]:
        """Begin the one transaction of an apply; see :class:`reconciler.ports.LiveStore`. Makes a missing database.

        Raises:
            LockTimeout: DB-08.
            WorldError: the database has another schema, lacks a trigger, or cannot be written (DB-01 to DB-05).
        """
        from reconciler.adapters.database.session import Session
        from reconciler.adapters.database.tables import metadata_of
        from reconciler.adapters.database.triggers import differences
        from reconciler.adapters.database.writing import fetching, guarded, writing

        metadata = metadata_of(self._catalog, "sqlite")  # takes its time, so before anybody has to wait for us
        with writing(self.file, lock_timeout=lock_timeout, create=not self.exists()) as connection, guarded("writing"):
            # Looked at under the lock: somebody else may have made it in the meantime.
            revision = revision_of(fetching(connection), connection.dialect.name)
            created = revision is None and not self.exists()
            if created:
                from reconciler.adapters.database.migrate import upgrade

                upgrade(connection, self._catalog, metadata)
                reach("schema-made")
            else:
                require(revision)
                wrong = differences(connection, self._catalog)
                if wrong:
                    raise WorldError(
                        f"the database does not watch its tables as it must: {'; '.join(wrong[:3])}",
                        code="DB-04",
                        hint="run reconciler db upgrade, which makes the triggers anew",
                    )
            session = Session(connection, self._catalog, metadata, created=created, look_again=self.find_run)
            session.lock(tenants)
            yield session

    @contextmanager
    def rehearse(
        self, tenants: Sequence[str], *, lock_timeout: float, rows: Sequence[Address] = ()
    ) -> Iterator[Rehearsal]:
        """The transaction of an apply that nobody commits. A database that does not exist is made elsewhere for it."""
        if not self.exists():
            with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
                elsewhere = Database(SqliteFile(Path(folder) / "rehearsal.db"), self._catalog)
                with elsewhere.apply(tenants, lock_timeout=lock_timeout, rows=rows) as session:
                    yield session
            return
        with self.apply(tenants, lock_timeout=lock_timeout, rows=rows) as session:
            session.stay_in_memory()
            yield session

    def upgrade(self, *, lock_timeout: float = 30.0) -> str:
        """Make the schema, or bring it to the newest revision, in one transaction; gives that revision."""
        from reconciler.adapters.database.migrate import upgrade
        from reconciler.adapters.database.writing import guarded, writing

        with (
            writing(self.file, lock_timeout=lock_timeout, create=not self.exists()) as connection,
            guarded("upgrading"),
        ):
            revision = upgrade(connection, self._catalog)
            connection.commit()
        return revision

    def current(self) -> str | None:
        """The revision of the schema; None when there is none."""
        if not self.exists():
            return None
        with reading(self.file) as connection:
            return revision_of(_fetching(connection), "sqlite")

    def check(self) -> list[str]:
        """How the database differs from what this version expects, a sentence each; empty when it does not."""
        from reconciler.adapters.database.migrate import check
        from reconciler.adapters.database.writing import looking

        if not self.exists():
            return ["the database does not exist"]
        with looking(self.file) as connection:
            found = check(connection, self._catalog)
        return found if self.exists() else ["the database does not exist"]

    def is_underway(self, run_id: str) -> bool:  # noqa: ARG002  # a file does not list who uses it
        """Whether a program still works on a run: never known, and its journal is rolled back by the next reader."""
        return False

    def holders(self) -> list[Holder]:
        """Who holds the lock.

        Raises:
            WorldError: a file does not say (DB-05).
        """
        raise WorldError(
            "an embedded database has one lock for all, and does not say who holds it",
            code="DB-05",
            hint="see which programs have the file open",
        )

    def grants(self, *, applying: str, planning: str) -> str:  # noqa: ARG002  # there are no roles to grant to
        """What roles must be granted.

        Raises:
            WorldError: a file knows no roles (DB-05).
        """
        raise WorldError(
            "an embedded database knows no roles", code="DB-05", hint="its file's permissions say who may use it"
        )

    def _live(self, fetch: Fetch, recognizer: Recognizer | None = None, parts: Parts | None = None) -> Live:
        found = read_live(fetch, self._catalog, recognizer, parts)
        return replace(found, pulse=file_pulse(self.file.path, fetch))

    def _ask(self, question: Callable[[Fetch], T], *, missing: Callable[[], T]) -> T:
        if not self.exists():
            return missing()
        with reading(self.file) as connection:
            return self._asked(connection, question, missing=missing)

    def _asked(
        self, connection: sqlite3.Connection, question: Callable[[Fetch], T], *, missing: Callable[[], M]
    ) -> T | M:
        revision = revision_of(_fetching(connection), "sqlite")
        if revision is None and not self.exists():
            return missing()  # a first apply was killed amid its commit; to open it was to undo that
        require(revision)
        try:
            return question(_fetching(connection))
        except sqlite3.OperationalError as error:
            if not is_undecodable(error):
                raise
            read_leniently(connection)
            return question(_fetching(connection))


LiveDatabase = Database | ServerDatabase
"""A live database of either sort."""


def open_database(
    url: str, catalog: Catalog, *, folder: Path | None = None, keeping: Keeping | None = None
) -> LiveDatabase:
    """The database at an address; a relative path counts from ``folder``, or from the working folder.

    ``keeping`` is where rows of a server are kept between readings.

    Raises:
        UsageError: the address is none (DB-05).
    """
    place = database_at(url, folder=folder)
    return Database(place, catalog) if isinstance(place, SqliteFile) else ServerDatabase(place, catalog, keeping)


def _fetching(connection: sqlite3.Connection) -> Fetch:
    return lambda statement: connection.execute(statement).fetchall()


def _parts(connection: sqlite3.Connection, statement: str) -> Iterator[list[Row]]:
    cursor = connection.execute(statement)
    while part := cursor.fetchmany(AT_ONCE):
        yield part
