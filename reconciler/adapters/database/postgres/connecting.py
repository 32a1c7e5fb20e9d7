"""Reaching a server, and reading it in a transaction that cannot write. Needs the driver alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from reconciler.adapters.database.sqlstates import explain_refusal, explain_state
from reconciler.adapters.database.urls import Server
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.resource import Row

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError:  # pragma: no cover  # the extra is not installed
    raise WorldError(
        "the driver for PostgreSQL is not installed", code="DB-05", hint="pip install 'reconciler[postgres]'"
    ) from None

OLDEST = 150000
"""PostgreSQL 15, as the server numbers it."""

WAITING_SECONDS = 5.0
"""How long a reading waits for a lock of another program."""

_CHUNKS = 170000
"""The client library that gives rows in parts without further questions to the server: that of PostgreSQL 17."""
_DEFAULTS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

# The driver logs what a server said when a link breaks; no text of a server is ever shown.
_LOG = logging.getLogger("psycopg")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


def connect(server: Server, *, application: str) -> psycopg.Connection[Any]:
    """A connection outside of any transaction; ``application`` is how the server lists it.

    Raises:
        UsageError: the address is malformed (DB-05).
        WorldError: the server cannot be reached (DB-01), is too old, or keeps text in another form (DB-05).
    """
    try:
        given = conninfo_to_dict(server.address)
    except psycopg.Error:
        raise UsageError(
            "the database address is malformed",
            code="DB-05",
            hint="write postgresql+psycopg://user@host:5432/database; special characters of a password as %XX",
        ) from None
    options: dict[str, Any] = {**_DEFAULTS, **given, "application_name": application, "client_encoding": "UTF8"}
    try:
        connection = psycopg.connect(**options)
    except psycopg.Error as error:
        raise explain_refusal(error) from None
    try:
        _judge(connection)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def reading(
    server: Server, *, application: str = "reconciler plan", wait: float = WAITING_SECONDS
) -> Iterator[psycopg.Connection[Any]]:
    """One consistent transaction that cannot write; ``wait`` (seconds) bounds each wait for a lock.

    Raises:
        WorldError: the server cannot be reached or read (DB-01, DB-04, DB-12, DB-13).
        LockTimeout: somebody changes the schema at this moment (DB-08).
    """
    connection = connect(server, application=application)
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with translated("reading"):
            begin(connection, wait)
            yield connection
    finally:
        connection.close()


def begin(connection: psycopg.Connection[Any], wait: float = WAITING_SECONDS) -> None:
    """Begin a transaction that waits for nobody for long, and sees what there is with its first question."""
    connection.execute(f"SET LOCAL lock_timeout = '{round(wait * 1000)}ms'".encode())


def fetching(connection: psycopg.Connection[Any]) -> Callable[[str], list[Row]]:
    """Runs a statement on this connection and gives all its rows as plain tuples."""
    return lambda statement: connection.execute(statement).fetchall()


def streaming(connection: psycopg.Connection[Any], size: int) -> Callable[[str], Iterator[list[Row]]]:
    """Runs a statement on this connection and gives its rows part by part, as they come: no part waits for another."""

    def parts(statement: str) -> Iterator[list[Row]]:
        cursor = connection.cursor()
        if psycopg.pq.version() < _CHUNKS:
            yield cursor.execute(statement).fetchall()
            return
        rows = cursor.stream(statement.encode(), size=size)
        while part := list(islice(rows, size)):
            yield part

    return parts


def asking(connection: psycopg.Connection[Any]) -> Callable[[str, Sequence[Any]], list[Row]]:
    """Runs a statement with values, for which ``?`` stands, and gives all its rows as plain tuples."""
    return lambda statement, values: connection.execute(statement.replace("?", "%s").encode(), values).fetchall()


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what the driver raises inside into an error of ours, without its text."""
    try:
        yield
    except psycopg.Error as error:
        raise explain_state(error, doing) from None


def _judge(connection: psycopg.Connection[Any]) -> None:
    if connection.info.server_version < OLDEST:
        raise WorldError("the server is older than PostgreSQL 15", code="DB-05", hint="upgrade the server")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise WorldError("the database does not keep text as UTF-8", code="DB-05", hint="make it with ENCODING 'UTF8'")
