"""What became of a commit whose answer got lost.

Before it commits, a client notes the number of its transaction and the line of history that the server writes. When
the link breaks it connects anew and asks: is the run in the ledger? Else, what does the server know of that number? A
server that has changed its line of history since (a standby was promoted) gives numbers to others again, so there only
the ledger counts. One that was stopped at once may have forgotten the number, which then was never committed, and may
give it to others too. What nobody can say stays unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import psycopg
import sqlalchemy as sa

from reconciler.adapters.database.history import find_run
from reconciler.adapters.database.postgres.connecting import fetching
from reconciler.adapters.database.postgres.transactions import driver
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import WorldError

Answer = Literal["applied", "not applied", "unknown"]

PATIENCE_SECONDS = 20.0
"""How long a server may take to come back before its silence counts as an answer."""

_PAUSE_SECONDS = 0.25
_GRACE_SECONDS = 2.0
_STARTED = "pg_postmaster_start_time()::text"
_LINE = (
    "SELECT system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a client notes before it commits.

    ``line`` names the cluster and its line of history; ``started`` is when the server was started, where it is known.
    """

    run: str
    transaction: str
    line: str
    pid: int
    started: str | None = None


def mark(connection: sa.Connection, run: str) -> Mark:
    """Note the transaction that is about to be committed."""
    asked = f"SELECT pg_current_xact_id()::text, pg_backend_pid(), ({_LINE}), {_STARTED}"
    row = driver(connection).execute(asked.encode()).fetchone()
    transaction, pid, line, started = row if row is not None else ("", 0, "", None)
    return Mark(run=run, transaction=transaction, line=line, pid=pid, started=started)


def ask(noted: Mark, connect: Callable[[], psycopg.Connection[Any]]) -> Answer:
    """What became of the transaction; waits for a server that restarts, and for a commit that is under way."""
    begun = time.monotonic()
    while True:
        answer = _asked_once(noted, connect, waited=time.monotonic() - begun)
        if answer is not None:
            return answer
        if time.monotonic() - begun > PATIENCE_SECONDS:
            return "unknown"
        time.sleep(_PAUSE_SECONDS)


def _asked_once(noted: Mark, connect: Callable[[], psycopg.Connection[Any]], *, waited: float) -> Answer | None:
    """An answer, or None to ask again."""
    try:
        connection = connect()
    except WorldError:
        return None
    try:
        connection.autocommit = True
        if find_run(fetching(connection), noted.run) is not None:
            return "applied"
        row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        if row is None or row[0]:
            return None  # a standby may lag behind
        line = connection.execute(_LINE.encode()).fetchone()
        if line is None or line[0] != noted.line:
            return "unknown"
        try:
            status = connection.execute("SELECT pg_xact_status(%s::text::xid8)", (noted.transaction,)).fetchone()
        except psycopg.errors.InvalidParameterValue:
            return "not applied"  # the number lies ahead of a server that was stopped at once: nobody committed it
        return _meaning(noted, connection, "" if status is None else status[0], waited=waited)
    except psycopg.Error:
        return None
    finally:
        connection.close()


def _meaning(noted: Mark, connection: psycopg.Connection[Any], status: str | None, *, waited: float) -> Answer | None:
    match status:
        case "committed":
            # The ledger was asked before: the commit may have come in between, or the number may be another's by now.
            known = find_run(fetching(connection), noted.run) is not None
            return "applied" if known or _runs_on(noted, connection) else "unknown"
        case "aborted":
            return "not applied"
        case "in progress":
            # The server has not noticed that its client is gone. Its process is ours, and holds our locks.
            if waited > _GRACE_SECONDS:
                connection.execute(_END, {"pid": noted.pid, "transaction": noted.transaction})
            return None
        case _:
            return "unknown"


def _runs_on(noted: Mark, connection: psycopg.Connection[Any]) -> bool:
    """Whether the server was not started anew since the note, as far as the note says."""
    row = connection.execute(f"SELECT {_STARTED}".encode()).fetchone()
    return noted.started is None or (row is not None and row[0] == noted.started)


_END = """
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.pid = %(pid)s AND a.usename = current_user AND a.backend_xid::text =
        (%(transaction)s::text::xid8::xid)::text
"""
