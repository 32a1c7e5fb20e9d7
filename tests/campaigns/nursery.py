"""Runs the program in processes of their own that start at once: forks of one process that has loaded everything.

Reads a JSON object a line, what to run and what goes wrong at which place, and answers each with how the process
ended and which places it reached. ``kill``, ``term`` and ``int`` are real signals; ``raise`` is an error; ``cut`` ends
the server's processes of the program, as an administrator would, and ``stop`` the whole server at once. ``largest``
bounds every file that it may write, in bytes, as a full disk would. ``trace`` are words of strace, which then spoils
calls of the system. ``patience`` shortens spans of the product, in seconds.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.adapters.database import migrate, session, tables, triggers, writing
from reconciler.adapters.database.postgres import bulk, locking, outcome, transactions
from reconciler.adapters.database.postgres import session as server_session
from reconciler.cli.commands import apply, plan, status
from reconciler.cli.main import main
from reconciler.kinds import discover
from reconciler.model.failpoint import armed
from reconciler.render import plan_text, run_text

LOADED = (apply, bulk, locking, migrate, plan, plan_text, run_text, server_session, session, status, tables)
LOADED += (transactions, triggers, writing)

SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "int": signal.SIGINT}
END_LINKS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'reconciler %' AND pid <> pg_backend_pid()
"""


def serve() -> None:
    """Answer until nobody asks any more."""
    tables.metadata_of(discover(), "sqlite")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    places, place = os.pipe()
    texts, text = os.pipe()  # no file: what bounds files must not bound what is told
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(places)
        os.close(texts)
        _child(asked, place, text)
    os.close(place)
    os.close(text)
    tracer = _trace(child, asked["trace"]) if "trace" in asked else None
    reached, said = _watch(child, places, texts, asked.get("delay"))
    _, status = os.waitpid(child, 0)
    if tracer is not None:
        tracer.wait()
    os.close(places)
    os.close(texts)
    seconds = time.monotonic() - begun
    return {"code": os.waitstatus_to_exitcode(status), "reached": reached, "text": said, "seconds": seconds}


def _trace(child: int, words: list[str]) -> subprocess.Popen[bytes]:
    """Have strace hold on to a child, which waits for that."""
    tracer = subprocess.Popen([*words, "-p", str(child)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while "\nTracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text(encoding="utf-8"):
        time.sleep(0.001)
    os.kill(child, signal.SIGUSR1)
    return tracer


def _watch(child: int, places: int, texts: int, delay: float | None) -> tuple[list[str], str]:
    """Hear which places are reached and what is told; ``delay`` seconds after the first place comes a kill."""
    heard, until = {places: b"", texts: b""}, None
    open_ones = [places, texts]
    while open_ones:
        wait = None if until is None else max(0.0, until - time.monotonic())
        ready = select.select(open_ones, [], [], wait)[0]
        if not ready:
            os.kill(child, signal.SIGKILL)
            until = None
        for one in ready:
            chunk = os.read(one, 65536)
            if not chunk:
                open_ones.remove(one)
            elif delay is not None and one == places and not heard[places]:
                until = time.monotonic() + delay
            heard[one] += chunk
    return heard[places].decode().split(), heard[texts].decode(errors="replace")


def _child(asked: dict[str, Any], place: int, text: int) -> None:
    code = 70
    try:
        # A shell starts what runs in its background with SIGINT ignored, and everything under it inherits that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if "trace" in asked:
            signal.sigwait({signal.SIGUSR1})
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.dup2(text, 1)
        os.dup2(text, 2)
        _shorten(asked.get("patience", {}))
        if "largest" in asked:
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"], asked["largest"]))
        with armed(_act(place, asked.get("point"), asked.get("action", ""), asked.get("nth", 1))):
            code = main(asked["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _act(place: int, point: str | None, action: str, nth: int) -> Callable[[str], None]:
    seen = 0

    def act(name: str) -> None:
        nonlocal seen
        os.write(place, f"{name}\n".encode())
        seen += name == point
        if name != point or seen != nth:
            return
        if action in SIGNALS:
            os.kill(os.getpid(), SIGNALS[action])
        elif action == "raise":
            raise RuntimeError(name)
        elif action == "cut":
            _cut()
        elif action == "stop":
            _stop()

    return act


def _shorten(patience: dict[str, float]) -> None:
    if "outcome" in patience:
        outcome.PATIENCE_SECONDS = patience["outcome"]
    if "idle" in patience:
        transactions.IDLE_SECONDS = patience["idle"]  # type: ignore[assignment]  # whole seconds, out of JSON


def _cut() -> None:
    import psycopg

    with psycopg.connect(os.environ["NURSERY_SERVER"], autocommit=True) as other:
        other.execute(END_LINKS)


def _stop() -> None:
    """What pg_ctl stop -m immediate does."""
    note = Path(os.environ["NURSERY_SERVER"].split()[0].partition("=")[2]) / "data" / "postmaster.pid"
    os.kill(int(note.read_text(encoding="utf-8").split("\n")[0]), signal.SIGQUIT)
    while note.exists():
        time.sleep(0.002)


if __name__ == "__main__":
    serve()
