"""Opening an embedded database so that nothing can be written, with the standard library's driver alone.

SQLAlchemy is not on this path: loading it takes as long as reading ten thousand rows several times over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from reconciler.adapters.database.faults import translated
from reconciler.adapters.database.urls import SqliteFile
from reconciler.model.errors import WorldError

BUSY_SECONDS = 5.0
"""How long a reader waits for a writer that is committing."""


@contextmanager
def reading(file: SqliteFile) -> Iterator[sqlite3.Connection]:
    """One consistent read-only transaction.

    Raises:
        WorldError: the file cannot be read (DB-01).
        LockTimeout: a writer did not finish its commit in time (DB-08).
    """
    with translated("reading"), closing(open_for_reading(file)) as connection:
        connection.execute("BEGIN")
        yield connection


def open_for_reading(file: SqliteFile) -> sqlite3.Connection:
    """A connection that refuses every statement that would write."""
    if file.path.is_dir():  # SQLite would speak of a disk that failed
        raise WorldError("the database is a folder, no file", code="DB-01", hint="check the address of the database")
    try:
        return _checked(file.uri("ro"))
    except sqlite3.OperationalError as error:
        # A writer died in the middle of its commit. Its journal has to be rolled back first, which SQLite does for
        # whoever may write; the connection itself still refuses every statement that would.
        if getattr(error, "sqlite_errorname", "") not in ("SQLITE_READONLY_ROLLBACK", "SQLITE_CANTOPEN"):
            raise
        if not file.exists:
            raise
    return _checked(file.uri("rw"))


def read_leniently(connection: Any) -> None:
    """From now on, read text that is no UTF-8 with a sign in its place.

    Another program has stored it: the world may be wrong. A plan and its apply read it alike.
    """
    connection.text_factory = lambda data: data.decode(errors="replace")


def _checked(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
