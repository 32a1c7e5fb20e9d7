"""One of many that write the same rows at the same time: an applier, or a program that knows nothing of plans.

Reads one JSON object that says which; writes one that says what it did. Every value that is written is written once
in the whole campaign, so that it can be told for each what became of it. An applier repeats a round that was refused.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import select
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.adapters.database import session
from reconciler.cli.main import main
from reconciler.model.failpoint import armed
from reconciler.operations import apply

ATTEMPTS = 60
REFUSED = {5, 6}
"""Exit codes that say: nothing was applied, somebody else was there; plan again."""

OPENINGS = ("agreed", "secrets-resolved", "before-begin")
"""Places between a plan and its locks, where others still get in."""


def serve() -> None:
    """Do what is asked."""
    asked = json.loads(sys.stdin.readline())
    os.environ.update(asked["environment"])
    chance = random.Random(asked["seed"])  # noqa: S311 - a seeded generator is the point
    found = _write(asked, chance) if asked["role"] == "writer" else _apply(asked, chance)
    sys.stdout.write(json.dumps(found) + "\n")


def manifests(tenant: str, rows: int, value: str) -> str:
    """A tenant's categories, each with ``value`` in its description."""
    texts = [_KIND.format(tenant=tenant)]
    texts += [_ROW.format(tenant=tenant, number=number, value=f"{value}-{number}") for number in range(rows)]
    return "---\n".join(texts)


def overwrite(where: dict[str, Any], tenant: str, name: str, value: str) -> list[str]:
    """Change a row by SQL, as another program would; gives address, the value that was there and the new one."""
    if "file" in where:
        with contextlib.closing(sqlite3.connect(where["file"], timeout=60, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            old = file.execute(_READ, (tenant, name)).fetchone()[0]
            file.execute(_CHANGE, (value, tenant, name))
            file.execute("COMMIT")
    else:
        import psycopg

        with psycopg.connect(where["server"]) as server:
            locking = f"{_READ} FOR UPDATE".replace("?", "%s").encode()
            row = server.execute(locking, (tenant, name)).fetchone()
            old = row[0] if row is not None else ""
            server.execute(_CHANGE.replace("?", "%s").encode(), (value, tenant, name))
    return [f"Category/{tenant}/{name}", old, value]


def _write(asked: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Change rows of a tenant, a few at a time, until nobody listens any more."""
    written: list[list[str]] = []
    while not select.select([sys.stdin], [], [], chance.random() * asked["pause"])[0]:
        tenant = chance.choice(asked["tenants"])
        for row in chance.sample(range(asked["rows"]), chance.randint(1, asked["rows"])):
            written.append(overwrite(asked["where"], tenant, f"row-{row}", f"{asked['name']}-{len(written)}"))
    return {"written": written, "rounds": []}


def _apply(asked: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    folder = Path(asked["folder"])
    os.chdir(folder)
    written: list[list[str]] = []
    rounds: list[dict[str, Any]] = []
    for number in range(asked["rounds"]):
        value = f"{asked['name']}-{number}"
        for tenant in asked["tenants"]:
            (folder / f"{tenant}.yaml").write_text(manifests(tenant, asked["rows"], value), encoding="utf-8")
        point = chance.choice(OPENINGS) if chance.random() < asked["meddling"] else ""
        own_process = chance.random() < asked["processes"] and not point
        codes: list[int] = []
        while len(codes) < ATTEMPTS and (not codes or codes[-1] in REFUSED):
            target = (chance.choice(asked["tenants"]), f"row-{chance.randrange(asked['rows'])}")
            meddle = (point, *target, f"{value}-meddled") if point and not codes else None
            code, text = _call(asked["tenants"], own_process=own_process, meddle=meddle, asked=asked, written=written)
            codes.append(code)
            if code in REFUSED:
                time.sleep(chance.random() * 0.05)
        rounds.append({"value": value, "codes": codes, "text": "" if codes[-1] == 0 else text[-300:]})
    return {"written": written, "rounds": rounds}


def _call(
    tenants: list[str],
    *,
    own_process: bool,
    meddle: tuple[str, str, str, str] | None,
    asked: dict[str, Any],
    written: list[list[str]],
) -> tuple[int, str]:
    words = ["apply", *(f"{one}.yaml" for one in tenants), "--auto-approve", "--lock-timeout", "60s"]
    words += [word for one in tenants for word in ("--as", f"ines@{one}.example.com")]
    if own_process:
        whole = [sys.executable, "-m", "reconciler", *words]
        done = subprocess.run(whole, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def act(point: str) -> None:
        if meddle is not None and point == meddle[0]:
            written.append(overwrite(asked["where"], *meddle[1:]))

    told = io.StringIO()
    quiet = (contextlib.redirect_stdout(told), contextlib.redirect_stderr(told))
    with _sabotaged(asked["sabotage"]), armed(act), quiet[0], quiet[1]:
        code = main(words)
    return code, told.getvalue()


@contextlib.contextmanager
def _sabotaged(which: list[str]) -> Iterator[None]:
    """Take away what stands against lost updates: planning again under the locks, and comparing before setting."""
    again, writes_of = apply._again, session.writes_of
    if "again" in which:
        apply._again = lambda _doors, _request, _orders, shown, _session, **_how: shown
    if "compare" in which:

        def blind(*given: Any, **more: Any) -> list[Any]:
            found = writes_of(*given, **more)
            for one in found:
                one.rev = None
            return found

        session.writes_of = blind  # type: ignore[assignment]  # the same but for its effect
    try:
        yield
    finally:
        apply._again, session.writes_of = again, writes_of


_READ = "SELECT description FROM categories WHERE tenant = ? AND name = ?"
_CHANGE = "UPDATE categories SET description = ? WHERE tenant = ? AND name = ?"
_KIND = """\
apiVersion: reconciler/v1
kind: ServiceType
metadata: {{name: incident, tenant: {tenant}}}
spec: {{displayName: Incident, sortOrder: 10}}
"""
_ROW = """\
apiVersion: reconciler/v1
kind: Category
metadata: {{name: row-{number}, tenant: {tenant}}}
spec:
  displayName: Row {number}
  description: {value}
  audience: customers
  serviceTypes: [incident]
  sortOrder: {number}
"""


if __name__ == "__main__":
    serve()
