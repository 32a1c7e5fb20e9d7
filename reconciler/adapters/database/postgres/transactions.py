"""The transaction of an apply, on a server that takes writes.

Every limit is set for the transaction only, so that nothing stays behind in a pool. A client that was killed frees its
locks at once when it was idle, and within :data:`CHECK_MILLISECONDS` when a statement of it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import sqlalchemy as sa

from reconciler.adapters.database.postgres.connecting import connect
from reconciler.adapters.database.sqlstates import WAIT_LONGER, explain_state, is_cancelled
from reconciler.adapters.database.urls import Server
from reconciler.model.errors import LockTimeout, WorldError

CHECK_MILLISECONDS = 500
"""How often a busy server process looks whether its client is still there."""

IDLE_SECONDS = 60
"""How long a transaction may wait for its client, which plans again in the meantime."""

STATEMENT_SECONDS = 300
"""How long one statement may take once the locks are held."""


@contextmanager
def looking(server: Server) -> Iterator[sa.Connection]:
    """A connection that cannot write, for questions that need SQLAlchemy."""
    engine = _engine(lambda: connect(server, application="reconciler check"))
    try:
        with guarded("reading"), engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def writing(server: Server, *, application: str) -> Iterator[sa.Connection]:
    """A connection to the primary; what :func:`begin` begins on it is rolled back unless the caller commits.

    Raises:
        WorldError: the server cannot be reached (DB-01), or is a standby (DB-14).
    """
    engine = _engine(lambda: connect(server, application=application))
    connection = None
    try:
        with guarded("opening"):
            connection = engine.connect()
            refuse_standby(connection)
            connection.rollback()
            connection.execution_options(isolation_level="READ COMMITTED")
        yield connection
    finally:
        if connection is not None:
            _end(connection)
        engine.dispose()


def begin(connection: sa.Connection, *, lock_timeout: float) -> None:
    """Begin a transaction with its limits; ``lock_timeout`` (seconds) bounds each wait and their sum."""
    connection.begin()
    wait = max(1, round(lock_timeout * 1000))
    driver(connection).execute(
        f"SET LOCAL lock_timeout = {wait}; SET LOCAL statement_timeout = {wait + 1000};"
        f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s';"
        f"SET LOCAL client_connection_check_interval = {CHECK_MILLISECONDS};"
        # A role may have been told not to wait for the disk: a commit that is reported must last.
        "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
    )


def locked(connection: sa.Connection) -> None:
    """The locks are held: from here on statements may take their time."""
    driver(connection).execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")


def driver(connection: sa.Connection) -> psycopg.Connection[Any]:
    """The driver's connection behind one of SQLAlchemy."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


@contextmanager
def guarded(doing: str, *, waiting: bool = False) -> Iterator[None]:
    """Turn what the driver or SQLAlchemy raises inside into an error of ours, without its text.

    ``waiting`` says that statements inside do nothing but wait for locks: one that took too long did not get them.
    """
    try:
        yield
    except (sa.exc.DBAPIError, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        if waiting and is_cancelled(cause):
            raise LockTimeout("the database is locked by another program", code="DB-08", hint=WAIT_LONGER) from None
        raise explain_state(cause, doing) from None


def refuse_standby(connection: sa.Connection) -> None:
    """See that the server takes writes, and that its triggers are at work on this connection.

    Raises:
        WorldError: it is a standby or read-only (DB-14), or triggers are switched off (DB-04).
    """
    asked = "SELECT pg_is_in_recovery(), current_setting('session_replication_role')"
    standby, role = connection.exec_driver_sql(asked).one()
    if standby:
        raise WorldError(
            "the server is a standby, which takes no writes", code="DB-14", hint="use the address of the primary"
        )
    if role == "replica":
        raise WorldError(
            "the triggers are switched off for this user",
            code="DB-04",
            hint="reset its setting session_replication_role",
        )


def _engine(creator: Callable[[], Any]) -> sa.Engine:
    return sa.create_engine(
        "postgresql+psycopg://", creator=creator, poolclass=sa.pool.NullPool, use_native_hstore=False
    )


def _end(connection: sa.Connection) -> None:
    """Roll back what was not committed. A connection that broke is closed all the same."""
    if connection.invalidated:
        return
    raw = driver(connection)
    try:
        connection.close()
    except (sa.exc.DBAPIError, psycopg.Error):
        raw.close()
