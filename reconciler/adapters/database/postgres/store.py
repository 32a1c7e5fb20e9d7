"""A database of a server behind the door :class:`reconciler.ports.LiveStore`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reconciler.adapters.database import audit, history
from reconciler.adapters.database.keeping import Keeping
from reconciler.adapters.database.read import AT_ONCE, Fetch, read_live, revision_of
from reconciler.adapters.database.revisions import require
from reconciler.adapters.database.trail import KEEP, Look, values_of
from reconciler.adapters.database.urls import Server
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.drift import Recorded
from reconciler.model.errors import Collision, LockTimeout, WorldError
from reconciler.model.failpoint import reach
from reconciler.model.resource import Live
from reconciler.model.run import Holder, Run
from reconciler.model.state import Managed
from reconciler.ports import Recognizer, Rehearsal

if TYPE_CHECKING:  # what stands behind this name is loaded by those who write only
    from reconciler.adapters.database.postgres.session import ServerSession
    from reconciler.adapters.database.postgres.standing import StandingRows

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")
_DIALECT = "postgresql"
_RECORD_SECONDS = 30.0


class ServerDatabase:
    """A database of a PostgreSQL server. Nothing is opened before it is used; its schema is made by :meth:`upgrade`.

    ``keeping`` is where rows are kept between readings; without it every reading reads all, and none has a pulse.
    It keeps no file beside itself, so ``key_file`` is None: the key of an installation comes from the environment.
    """

    key_file: Path | None = None
    embedded = False

    def __init__(self, server: Server, catalog: Catalog, keeping: Keeping | None = None) -> None:
        self._server = server
        self._catalog = catalog
        self._keeping = keeping

    @property
    def server(self) -> Server:
        """Where it is."""
        return self._server

    def demand(self) -> None:
        """Nothing: a server that is not there, or has no schema, answers no question anyway."""

    def read(self, recognizer: Recognizer | None = None) -> Live:
        """Everything that is managed or may be referred to.

        What a ``recognizer`` knows is held as it gives it, unless rows are kept between readings, which keeps all.

        Raises:
            WorldError: it cannot be reached or read, or has no schema or another one (DB-01 to DB-05, DB-12, DB-13).
            LockTimeout: its schema is being changed (DB-08).
        """
        from reconciler.adapters.database.postgres.connecting import reading, streaming
        from reconciler.adapters.database.postgres.holding import BRIEFLY, hold_all

        if recognizer is None or self._keeping is not None:
            with self._looking("reconciler plan") as look:
                return look.live()
        with reading(self._server, wait=BRIEFLY) as connection:
            fetch = hold_all(connection, self._catalog)
            return read_live(fetch, self._catalog, recognizer, streaming(connection, AT_ONCE))

    def still(self, pulse: str) -> bool:
        """Whether nothing was written since; see :class:`reconciler.ports.LiveStore`.

        Raises:
            WorldError: it cannot be reached or read (DB-01, DB-04, DB-05, DB-12, DB-13).
        """
        from reconciler.adapters.database.postgres.connecting import asking, reading
        from reconciler.adapters.database.postgres.since import pulse_in, still

        if pulse_in(pulse) is None:
            return False
        with reading(self._server) as connection:
            return still(asking(connection), pulse)

    def unwritten(self, pulse: str) -> AbstractContextManager[Live | None]:
        """See :class:`reconciler.ports.LiveStore`.

        Raises:
            WorldError: it cannot be reached or read (DB-01, DB-04, DB-05, DB-12, DB-13).
        """
        from reconciler.adapters.database.postgres.on_demand import unwritten

        return unwritten(self._server, self._catalog, pulse)

    @contextmanager
    def standing(self) -> Iterator[StandingRows]:
        """The same, for an apply; see :class:`reconciler.ports.Standing`.

        Raises:
            WorldError: it cannot be reached or read, or has no schema or another one (DB-01 to DB-05, DB-12, DB-13).
            LockTimeout: its schema is being changed (DB-08).
        """
        from reconciler.adapters.database.postgres.connecting import reading
        from reconciler.adapters.database.postgres.holding import BRIEFLY, hold_all
        from reconciler.adapters.database.postgres.standing import StandingRows, stamp_of

        with reading(self._server, wait=BRIEFLY) as connection:
            fetch = hold_all(connection, self._catalog)
            live, stamp = read_live(fetch, self._catalog), stamp_of(connection, self._catalog)
        yield StandingRows(live, stamp)

    @contextmanager
    def look(self) -> Iterator[Look]:
        """One consistent read; see :class:`reconciler.ports.Look`.

        Raises:
            WorldError: it cannot be reached or read, or has no schema or another one (DB-01 to DB-05, DB-12, DB-13).
        """
        with self._looking("reconciler drift") as look:
            yield look

    def record(self, findings: Sequence[Recorded]) -> None:
        """Write findings of drift down, all of them or none.

        Raises:
            LockTimeout: somebody else writes them down at this moment, for too long (DB-08).
            WorldError: no schema, another one, a standby, no permission (DB-01 to DB-05, DB-12 to DB-14).
        """
        from reconciler.adapters.database.postgres import transactions

        if not findings:
            return
        with (
            transactions.writing(self._server, application="reconciler drift") as connection,
            transactions.guarded("writing"),
        ):
            transactions.begin(connection, lock_timeout=_RECORD_SECONDS)
            require(self._revision(connection))
            transactions.locked(connection)
            connection.exec_driver_sql(KEEP.replace("?", "%s"), [values_of(one) for one in findings])
            connection.commit()

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id."""
        return self._ask(lambda fetch: history.find_run(fetch, run_id))

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        return self._ask(history.runs)

    def managed(self) -> list[Managed]:
        """The ledger, in order of address."""
        return self._ask(history.managed)

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:
        """What runs did to some resources, by the id of the run: each address with the actions on it, once."""
        return self._ask(lambda fetch: history.touched(fetch, selects))

    def broken_chain(self) -> list[str]:
        """What is wrong with the audit, a sentence each; empty when every change is as it was written."""
        return self._ask(audit.broken)

    def holders(self) -> list[Holder]:
        """Who holds which tenants."""
        from reconciler.adapters.database.postgres.connecting import fetching, reading
        from reconciler.adapters.database.postgres.locking import tenant_holders

        with reading(self._server, application="reconciler locks") as connection:
            require(revision_of(fetching(connection), _DIALECT))
            return tenant_holders(connection)

    def is_underway(self, run_id: str) -> bool:
        """Whether a program still works on a run, or the server has not noticed that it is gone."""
        from reconciler.adapters.database.postgres.connecting import reading
        from reconciler.adapters.database.postgres.locking import works_on

        with reading(self._server, application="reconciler status") as connection:
            return works_on(connection, run_id)

    @contextmanager
    def apply(
        self, tenants: Sequence[str], *, lock_timeout: float, run: str = "", rows: Sequence[Address] = ()
    ) -> Iterator[ServerSession]:
        """Begin the one transaction of an apply; see :class:`reconciler.ports.LiveStore`.

        Raises:
            LockTimeout: somebody else holds a tenant or a row; the message says who (DB-08).
            WorldError: no schema, another one, a missing trigger, a standby, no permission (DB-01 to DB-05, DB-12 to
                DB-14).
        """
        from reconciler.adapters.database.postgres import transactions
        from reconciler.adapters.database.postgres.connecting import connect
        from reconciler.adapters.database.postgres.locking import lock_rows, lock_tenants
        from reconciler.adapters.database.postgres.session import ServerSession
        from reconciler.adapters.database.tables import metadata_of

        name = f"reconciler {run}".strip()
        with transactions.writing(self._server, application=name) as connection:
            with transactions.guarded("opening"):
                self._fits(connection)
                connection.rollback()
            metadata = metadata_of(self._catalog, "postgresql")  # takes its time, so before anybody has to wait for us
            reach("before-begin")
            try:
                with transactions.guarded("locking", waiting=True):
                    transactions.begin(connection, lock_timeout=lock_timeout)
                    reach("begun")
                    lock_tenants(connection, tenants)
                    reach("tenants-locked")
                    lock_rows(connection, self._catalog, rows)
                    transactions.locked(connection)
            except LockTimeout as error:
                if isinstance(error, Collision):
                    raise
                connection.rollback()
                raise self._held_by(error, tenants, rows) from None
            with transactions.guarded("writing"):
                require(self._revision(connection))  # again: the schema may have moved before the locks were held
                yield ServerSession(
                    connection,
                    self._catalog,
                    metadata,
                    reconnect=lambda: connect(self._server, application=f"{name} outcome"),
                )

    @contextmanager
    def rehearse(
        self, tenants: Sequence[str], *, lock_timeout: float, rows: Sequence[Address] = ()
    ) -> Iterator[Rehearsal]:
        """The transaction of an apply that nobody commits. Sequences step on all the same."""
        with self.apply(tenants, lock_timeout=lock_timeout, run="rehearsal", rows=rows) as session:
            yield session

    def upgrade(self, *, lock_timeout: float = 30.0) -> str:
        """Make the schema, or bring it to the newest revision, in one transaction; gives that revision."""
        from reconciler.adapters.database.migrate import upgrade
        from reconciler.adapters.database.postgres import transactions
        from reconciler.adapters.database.postgres.locking import lock_schema

        with (
            transactions.writing(self._server, application="reconciler db upgrade") as connection,
            transactions.guarded("upgrading"),
        ):
            transactions.begin(connection, lock_timeout=lock_timeout)
            lock_schema(connection)
            transactions.locked(connection)
            revision = upgrade(connection, self._catalog)
            connection.commit()
        return revision

    def current(self) -> str | None:
        """The revision of the schema; None when there is none."""
        from reconciler.adapters.database.postgres.connecting import fetching, reading

        with reading(self._server) as connection:
            return revision_of(fetching(connection), _DIALECT)

    def check(self) -> list[str]:
        """How the database differs from what this version expects, a sentence each; empty when it does not."""
        from reconciler.adapters.database.migrate import check
        from reconciler.adapters.database.postgres.transactions import looking

        with looking(self._server) as connection:
            return check(connection, self._catalog)

    def grants(self, *, applying: str, planning: str) -> str:
        """The statements that let two roles work that own nothing; see :mod:`.roles`."""
        from reconciler.adapters.database.postgres.connecting import fetching, reading
        from reconciler.adapters.database.postgres.roles import grants

        with reading(self._server) as connection:
            require(revision_of(fetching(connection), _DIALECT))
            schema = str(fetching(connection)("SELECT current_schema()")[0][0])
        return grants(self._catalog, schema=schema, applying=applying, planning=planning)

    @contextmanager
    def _looking(self, application: str) -> Iterator[Look]:
        from reconciler.adapters.database.postgres.connecting import asking, reading
        from reconciler.adapters.database.postgres.holding import BRIEFLY, hold_all

        with reading(self._server, application=application, wait=BRIEFLY) as connection:
            fetch, ask = hold_all(connection, self._catalog), asking(connection)

            def live() -> Live:
                if self._keeping is None:
                    return read_live(fetch, self._catalog)
                from reconciler.adapters.database.postgres.recall import read

                return read(ask, self._catalog, self._keeping)

            yield Look(fetch, ask, self._catalog, live)

    def _ask(self, question: Callable[[Fetch], T]) -> T:
        from reconciler.adapters.database.postgres.connecting import fetching, reading

        with reading(self._server) as connection:
            fetch = fetching(connection)
            require(revision_of(fetch, _DIALECT))
            return question(fetch)

    def _fits(self, connection: sa.Connection) -> None:
        from reconciler.adapters.database.triggers import differences

        require(self._revision(connection))
        wrong = differences(connection, self._catalog)
        if wrong:
            raise WorldError(
                f"the database does not watch its tables as it must: {'; '.join(wrong[:3])}",
                code="DB-04",
                hint="run reconciler db upgrade, which makes the triggers anew",
            )

    def _revision(self, connection: sa.Connection) -> str | None:
        from reconciler.adapters.database.writing import fetching

        return revision_of(fetching(connection), _DIALECT)

    def _held_by(self, error: LockTimeout, tenants: Sequence[str], rows: Sequence[Address]) -> LockTimeout:
        """The error with the names of those who hold what was wanted."""
        from reconciler.adapters.database.postgres.connecting import reading
        from reconciler.adapters.database.postgres.locking import row_holders, tenant_holders, told

        with reading(self._server, application="reconciler locks") as connection:
            found = tenant_holders(connection, ["", *tenants]) + row_holders(connection, self._catalog, rows)
        return LockTimeout(f"the locks were not free in time: {told(found)}", code=error.code, hint=error.hint)
