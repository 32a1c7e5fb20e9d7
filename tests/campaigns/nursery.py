"""Runs the program in processes of their own that start at once: forks of one process that has loaded everything.

Reads a JSON object a line, what to run and what goes wrong at which place, and answers each with how the process
ended and which places it reached. ``kill``, ``term`` and ``int`` are real signals; ``raise`` is an error; ``cut`` ends
the server's processes of the program, as an administrator would.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from reconciler.adapters.database import migrate, session, tables, triggers, writing
from reconciler.adapters.database.postgres import bulk, locking, transactions
from reconciler.adapters.database.postgres import session as server_session
from reconciler.cli.commands import apply, plan
from reconciler.cli.main import main
from reconciler.kinds import discover
from reconciler.model.failpoint import armed
from reconciler.render import plan_text, run_text

LOADED = (apply, bulk, locking, migrate, plan, plan_text, run_text, server_session, session, tables, transactions)
LOADED += (triggers, writing)

SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "int": signal.SIGINT}
_END_LINKS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'reconciler %' AND pid <> pg_backend_pid()
"""


def serve() -> None:
    """Answer until nobody asks any more."""
    tables.metadata_of(discover())
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    here, there = os.pipe()
    told = os.memfd_create("told")
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(here)
        _child(asked, there, told)
    os.close(there)
    reached = _watch(child, here, asked.get("delay"))
    _, status = os.waitpid(child, 0)
    os.close(here)
    text = os.pread(told, 100_000, 0).decode(errors="replace")
    os.close(told)
    seconds = time.monotonic() - begun
    return {"code": os.waitstatus_to_exitcode(status), "reached": reached, "text": text, "seconds": seconds}


def _watch(child: int, here: int, delay: float | None) -> list[str]:
    """Hear which places are reached; ``delay`` seconds after the first one, the process is killed."""
    heard, until = b"", None
    while True:
        wait = None if until is None else max(0.0, until - time.monotonic())
        if not select.select([here], [], [], wait)[0]:
            os.kill(child, signal.SIGKILL)
            until = None
            continue
        chunk = os.read(here, 4096)
        if not chunk:
            return heard.decode().split()
        if delay is not None and not heard:
            until = time.monotonic() + delay
        heard += chunk


def _child(asked: dict[str, Any], there: int, told: int) -> None:
    code = 70
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.dup2(told, 1)
        os.dup2(told, 2)
        with armed(_act(there, asked.get("point"), asked.get("action", ""), asked.get("nth", 1))):
            code = main(asked["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _act(there: int, point: str | None, action: str, nth: int) -> Callable[[str], None]:
    seen = 0

    def act(name: str) -> None:
        nonlocal seen
        os.write(there, f"{name}\n".encode())
        seen += name == point
        if name != point or seen != nth:
            return
        if action in SIGNALS:
            os.kill(os.getpid(), SIGNALS[action])
        elif action == "raise":
            raise RuntimeError(name)
        elif action == "cut":
            _cut()

    return act


def _cut() -> None:
    import psycopg

    with psycopg.connect(os.environ["NURSERY_SERVER"], autocommit=True) as other:
        other.execute(_END_LINKS)


if __name__ == "__main__":
    serve()
