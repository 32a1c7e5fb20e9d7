"""Faults of a driver, as errors of ours. The driver's own text is never repeated: it can hold the values of a row."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.adapters.database import sqlstates
from reconciler.model.errors import LockTimeout, ReconcilerError, WorldError

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RELEASE = "see what else uses the database, or give --lock-timeout more time"


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what the driver raises inside into an error of ours; ``doing`` says what was tried (``reading``)."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, doing) from None


def explain(error: BaseException, doing: str) -> ReconcilerError:
    """The error of ours for a driver's exception."""
    if sqlstates.is_server_error(error):
        return sqlstates.explain_state(error, doing)
    name = _name(error)
    if name.startswith(_BUSY):
        return LockTimeout("the database is locked by another program", code="DB-08", hint=_RELEASE)
    if is_missing_thing(error):
        return WorldError(
            "the database lacks a table or column that this version needs",
            code="DB-04",
            hint="run reconciler db upgrade",
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        why = "the disk is full" if name == "SQLITE_FULL" else "the disk failed"
        return WorldError(f"{why} while {doing} the database; nothing was applied", code="DB-10")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return WorldError("the file is no database, or a damaged one", code="DB-01", hint="restore it from a backup")
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_AUTH")):
        return WorldError(
            f"the database cannot be opened for {doing}",
            code="DB-01",
            hint="check the path, its folder and its permissions",
        )
    return WorldError(f"the database failed while {doing} ({name or type(error).__name__})", code="DB-01")


def is_busy(error: BaseException) -> bool:
    """Whether somebody else holds the lock."""
    return _name(error).startswith(_BUSY)


def is_missing_thing(error: BaseException) -> bool:
    """Whether a statement named a table or column that is not there."""
    if sqlstates.is_server_error(error):
        return sqlstates.is_missing(error)
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith(("no such table", "no such column"))


def is_undecodable(error: BaseException) -> bool:
    """Whether a text in a row is no UTF-8, which another program may have written."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("Could not decode to UTF-8")


def is_taken_key(error: BaseException) -> bool:
    """Whether a unique key belongs to another row."""
    return _name(error) == "SQLITE_CONSTRAINT_UNIQUE" or sqlstates.state_of(error) == "23505"


def refused_by(error: BaseException, known: frozenset[str]) -> str:
    """What refused a row, in words that come from the declarations only.

    ``known`` are the names of all tables, columns and constraints: nothing else of the driver's text gets through.
    """
    if sqlstates.is_server_error(error):
        return sqlstates.refusal_of(error, known)
    kinds = {
        "SQLITE_CONSTRAINT_UNIQUE": "a unique key",
        "SQLITE_CONSTRAINT_PRIMARYKEY": "a unique key",
        "SQLITE_CONSTRAINT_CHECK": "a check",
        "SQLITE_CONSTRAINT_NOTNULL": "a column that may not be empty",
        "SQLITE_CONSTRAINT_FOREIGNKEY": "a foreign key",
    }
    what = kinds.get(_name(error), "a constraint")
    message = str(error)
    head, _, tail = message.partition("failed: ")
    names = [word for word in _NAMES.findall(tail) if word in known] if head and tail else []
    return f"{what} ({', '.join(dict.fromkeys(names))})" if names else what


def _name(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", ""))
