"""Opening a database in order to write. Transactions are begun by us: the driver's own guesses would begin them late.

An embedded database keeps a rollback journal and is synchronised in full, so that a commit is on the disk or did not
happen.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import sqlalchemy as sa

from reconciler.adapters.database.faults import explain, is_undecodable
from reconciler.adapters.database.reading import open_for_reading, read_leniently
from reconciler.adapters.database.urls import SqliteFile, refuse_network
from reconciler.model.errors import WorldError
from reconciler.model.failpoint import reach
from reconciler.model.resource import Row

_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = EXTRA",
)


@contextmanager
def writing(file: SqliteFile, *, lock_timeout: float, create: bool = False) -> Iterator[sa.Connection]:
    """A connection inside a transaction that holds the lock for writing; rolled back unless the caller commits.

    Raises:
        LockTimeout: somebody else holds the lock for longer than ``lock_timeout`` seconds (DB-08).
        WorldError: the file cannot be opened (DB-01) or lies on a network file system (DB-05).
    """
    refuse_network(file)
    if create:
        _make_file(file)
    engine = sa.create_engine(
        "sqlite://", creator=_opener(file, lock_timeout, create=create), poolclass=sa.pool.NullPool
    )
    sa.event.listen(engine, "begin", _begin)
    connection = None
    try:
        try:
            connection = engine.connect()
            reach("before-begin")
            connection.begin()
            reach("begun")
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            raise explain(getattr(error, "orig", error), "opening") from None
        yield connection
    finally:
        if connection is not None:
            _end(connection)
        engine.dispose()


@contextmanager
def looking(file: SqliteFile) -> Iterator[sa.Connection]:
    """A connection that cannot write, for questions that need SQLAlchemy."""
    engine = sa.create_engine("sqlite://", creator=lambda: open_for_reading(file), poolclass=sa.pool.NullPool)
    with guarded("reading"):
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def guarded(doing: str) -> Iterator[None]:
    """Turn what is raised inside into an error of ours, without its text: it shows values of a row."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise explain(error.orig or error, doing) from None
    except sqlite3.Error as error:  # rows are fetched from the driver itself
        raise explain(error, doing) from None


def fetching(connection: sa.Connection) -> Callable[[str], list[Row]]:
    """Runs a statement on this connection and gives all its rows as the plain tuples of the driver."""

    def rows(statement: str) -> list[Row]:
        cursor = connection.exec_driver_sql(statement).cursor
        return cast("list[Row]", cursor.fetchall())

    def fetch(statement: str) -> list[Row]:
        try:
            return rows(statement)
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            driver = connection.connection.dbapi_connection
            if driver is None or not is_undecodable(getattr(error, "orig", None) or error):
                raise
            read_leniently(driver)
            return rows(statement)

    return fetch


def _opener(file: SqliteFile, lock_timeout: float, *, create: bool) -> Callable[[], sqlite3.Connection]:
    def connect() -> sqlite3.Connection:
        opened = sqlite3.connect(
            file.uri("rwc" if create else "rw"), uri=True, timeout=lock_timeout, isolation_level=None
        )
        try:
            for pragma in _PRAGMAS:
                opened.execute(pragma).close()
        except BaseException:
            opened.close()
            raise
        return opened

    return connect


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _end(connection: sa.Connection) -> None:
    """Roll back what was not committed. A connection that broke is closed all the same."""
    try:
        connection.close()
    except sa.exc.DBAPIError:
        connection.invalidate()


def _make_file(file: SqliteFile) -> None:
    """An empty file for its owner only: what will be in it is nobody else's business unless its owner says so."""
    try:
        file.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise WorldError(
            f"the database cannot be made: {error.strerror}", code="DB-01", hint="check the permissions of its folder"
        ) from None
