"""An apply that holds its locks until somebody ends it: idle, or while the database is busy for it.

Called with the words of the program behind ``idle`` or ``busy`` and the seconds that a server lets it be idle; says
``held`` when it holds them.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

import sqlalchemy as sa

from reconciler.adapters.database import session
from reconciler.adapters.database.postgres import transactions
from reconciler.cli.main import main
from reconciler.model.failpoint import armed

_LONG = {
    "postgresql": "SELECT pg_sleep(100)",
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
}


def hold(how: str, idle: int, words: list[str]) -> int:
    """Apply, and stay in the middle of it."""
    transactions.IDLE_SECONDS = idle
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started all this in its background

    def act(point: str) -> None:
        if point == "rows-written" and how == "idle":
            _say()
            while True:
                time.sleep(0.05)  # a signal between two of them is heard for certain

    def work(connection: sa.Connection, *_given: Any) -> dict[Any, int]:
        _say()
        connection.exec_driver_sql(_LONG[connection.dialect.name])
        return {}

    if how == "busy":
        session.read_back = work
    with armed(act):
        return main(words)


def _say() -> None:
    sys.stderr.write("held\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(hold(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
