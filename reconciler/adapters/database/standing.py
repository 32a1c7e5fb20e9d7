"""Standing: what was read of an embedded database, and whether anybody has written to it since.

SQLite counts the commits of every program in the head of its file: by that count each connection knows whether the
pages that it remembers are still good, and ``PRAGMA data_version`` tells it. It means something on one connection
only, so the one that has read stays open, in no transaction and with no lock. That the file at the path is the one that
was opened, and was not copied over, its number, size and time of change say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from reconciler.adapters.database.faults import translated
from reconciler.adapters.database.reading import open_for_reading
from reconciler.adapters.database.urls import SqliteFile
from reconciler.model.resource import Live

Mark = tuple[int, ...]


class Standing:
    """See :class:`reconciler.ports.Standing`; this one never knows whether something moved."""

    def __init__(self, live: Live) -> None:
        self.live = live


class StandingFile(Standing):
    """What was read of a file, with the connection that has read it."""

    def __init__(self, live: Live, file: SqliteFile, connection: sqlite3.Connection, mark: Mark) -> None:
        super().__init__(live)
        self._file = file
        self._connection = connection
        self._mark = mark

    def unmoved(self) -> bool:
        """Whether nobody has committed anything since. Under the lock for writing it stays true."""
        try:
            return mark_of(self._file, self._connection) == self._mark
        except (OSError, sqlite3.Error):
            return False  # it cannot be told, so it is looked at


@contextmanager
def standing(file: SqliteFile, read: Callable[[sqlite3.Connection], Live | None]) -> Iterator[Standing | None]:
    """What ``read`` reads in one transaction, and whether it moves afterwards. None where it gives None.

    Raises:
        WorldError: the file cannot be read (DB-01).
        LockTimeout: a writer did not finish its commit in time (DB-08).
    """
    with translated("reading"):
        connection = open_for_reading(file)
    with closing(connection):
        with translated("reading"):
            connection.execute("BEGIN")
            mark = mark_of(file, connection)
            live = read(connection)
            connection.execute("COMMIT")
            logged = connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        if logged:
            connection.close()  # an apply turns the log off, for which it must be the only one who has the file open
        if live is None or logged:
            yield None if live is None else Standing(live)
        else:
            yield StandingFile(live, file, connection, mark)


def mark_of(file: SqliteFile, connection: sqlite3.Connection) -> Mark:
    """What is another one when anybody has committed to the file, or put another file in its place."""
    ((version,),) = connection.execute("PRAGMA data_version").fetchall()  # to its end, so that no lock is left
    found = file.path.stat()
    return version, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
