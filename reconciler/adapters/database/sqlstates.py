"""Faults of a PostgreSQL server, told by their SQLSTATE. Needs no driver.

The server puts the whole row that failed, secrets at rest included, into the text of an error. So the text is never
repeated: a state, and names that the declarations know too, are all that gets out.
"""

from __future__ import annotations

from typing import Any

from reconciler.model.errors import Collision, LockTimeout, ReconcilerError, WorldError

WAIT_LONGER = "see reconciler locks, or give --lock-timeout more time"
"""What to do about a lock of somebody else."""

_ASK = "check the address, that the server runs, the user and the password"
_LOST = "nothing was applied; run it again when the server is well"

_CONSTRAINTS = {
    "23505": "a unique key",
    "23514": "a check",
    "23502": "a column that may not be empty",
    "23503": "a foreign key",
    "23P01": "an exclusion",
}

_REASONS = (
    ("password authentication failed", "the server refuses the user or the password"),
    ("no password supplied", "the server wants a password"),
    ("pg_hba.conf", "the server does not let this user in from here"),
    ("role", "the server knows no such user, or does not let it in"),
    ("database", "the server has no such database, or does not let this user in"),
    ("too many", "the server has no connection left"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
    ("timeout expired", "the server does not answer in time"),
    ("could not translate host name", "the name of the server is not known"),
    ("name or service", "the name of the server is not known"),
    ("read-only", "the server is a standby, or takes no writes"),
    ("refused", "no server listens there"),
    ("no such file", "no server listens there"),
    ("ssl", "the server and this program do not agree about TLS"),
    ("certificate", "the server and this program do not agree about TLS"),
)
"""Words of the client library at connecting, where there is no state, and what they mean."""


def is_server_error(error: BaseException) -> bool:
    """Whether the driver for PostgreSQL raised it."""
    return type(error).__module__.partition(".")[0] == "psycopg"


def state_of(error: BaseException) -> str:
    """The SQLSTATE; empty when the server said none, as when the link broke."""
    return str(getattr(error, "sqlstate", None) or "")


def explain_state(error: BaseException, doing: str) -> ReconcilerError:
    """The error of ours for an exception of the driver; ``doing`` says what was tried."""
    state = state_of(error)
    exact = _EXACT.get(state)
    if exact is not None:
        kind, message, code, hint = exact
        return kind(message.format(doing=doing), code=code, hint=hint)
    if is_lost(error):
        return WorldError(f"the link to the database broke while {doing}", code="DB-12", hint=_LOST)
    if state.startswith("53"):
        return WorldError(
            f"the server ran out of a resource while {doing} ({state}); nothing was applied", code="DB-10"
        )
    name = state or type(error).__name__
    return WorldError(f"the database failed while {doing} ({name})", code="DB-01")


def explain_refusal(error: BaseException) -> WorldError:
    """Why no connection came about. The library gives no state then, so its words are sorted, and never repeated."""
    text = str(error).casefold()
    reason = next((meaning for word, meaning in _REASONS if word in text), "the server does not answer")
    return WorldError(f"the database cannot be reached: {reason}", code="DB-01", hint=_ASK)


def is_lost(error: BaseException) -> bool:
    """Whether the link is gone, so that nobody has heard what the server did."""
    state = state_of(error)
    if state:
        return state.startswith(("08", "57P")) or state in ("25P03", "25P04")
    return type(error).__name__ in ("OperationalError", "InterfaceError")


def is_locked(error: BaseException) -> bool:
    """Whether somebody else held a lock for too long."""
    return state_of(error) == "55P03"


def is_cancelled(error: BaseException) -> bool:
    """Whether a statement took longer than it may, or was cancelled."""
    return state_of(error) == "57014"


def is_missing(error: BaseException) -> bool:
    """Whether a statement named a table or column that is not there."""
    return state_of(error) in ("42P01", "42703", "42883")


def refusal_of(error: BaseException, known: frozenset[str]) -> str:
    """What refused a row; of the server's words only names that are among ``known``."""
    what = _CONSTRAINTS.get(state_of(error), "a constraint")
    diagnosis: Any = getattr(error, "diag", None)
    said = [getattr(diagnosis, part, None) for part in ("constraint_name", "column_name")]
    names = [name for name in said if name in known]
    return f"{what} ({', '.join(dict.fromkeys(names))})" if names else what


_UPGRADE = "run reconciler db upgrade"

_EXACT: dict[str, tuple[type[ReconcilerError], str, str, str]] = {
    "55P03": (LockTimeout, "the database is locked by another program", "DB-08", WAIT_LONGER),
    "40P01": (Collision, "another program and this one waited for each other", "DB-08", "run it again"),
    "40001": (Collision, "another program changed the same rows at the same time", "DB-08", "run it again"),
    "57014": (WorldError, "a statement was cancelled, or took too long, while {doing}", "DB-10", "run it again"),
    "42P01": (WorldError, "the database lacks a table that this version needs", "DB-04", _UPGRADE),
    "42703": (WorldError, "the database lacks a column that this version needs", "DB-04", _UPGRADE),
    "42883": (WorldError, "the database lacks a function that this version needs", "DB-04", _UPGRADE),
    "42501": (
        WorldError,
        "the user of the database may not do this while {doing}",
        "DB-13",
        "give it what reconciler db roles prints",
    ),
    "25006": (WorldError, "this connection takes no writes", "DB-14", "use the address of the primary"),
    "53100": (WorldError, "the disk of the server is full while {doing}; nothing was applied", "DB-10", ""),
}
