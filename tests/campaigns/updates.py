"""Lost updates: many appliers and other programs write the same rows of one database at the same time.

Every value is written once, and with every write it is known which value it overwrote: an applier's audit says what
its plan saw, other programs read in the transaction in which they write. So the writes of a row must form one chain
from its first value to the one that is there. A value that nobody saw before it went is a lost update.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.adapters.database.store import open_database
from reconciler.kinds import discover
from tests.campaigns.applier import manifests
from tests.campaigns.crashes import KEY, ROOT
from tests.cli.tree import FILES
from tests.cli.tree import ROOT as ROOT_PERSON
from tests.servers import Cluster

TENANTS, ROWS = 6, 20


class Write(NamedTuple):
    """One value overwrote another one. ``run`` is empty for programs that know nothing of plans."""

    address: str
    before: str | None
    after: str
    run: str = ""


class Outcome(NamedTuple):
    """How many values were written, and what became of some of them that should not have."""

    n: int
    lost: list[str]
    wrong: list[str]
    refused: int = 0
    """How often an applier had to plan again."""


@dataclass(kw_only=True)
class Arena:
    """A database that many write to. ``cluster`` is None for an embedded one."""

    folder: Path
    cluster: Cluster | None
    name: str = ""
    tenants: list[str] = field(default_factory=lambda: [f"t{number}" for number in range(TENANTS)])
    others: list[Write] = field(default_factory=list)
    """What programs have written that know nothing of plans."""

    def make(self) -> None:
        """A database with the rows that are fought for."""
        home = self.folder / "home"
        partner = FILES["tenants/farol/partner.yaml"]
        files = {"operators.yaml": FILES["platform/operators.yaml"]}
        for number, tenant in enumerate(self.tenants):
            text = partner.replace("farol", tenant).replace("FAR-0001", f"FAR-{number:04}").replace("Farol", tenant)
            files[f"{tenant}-partner.yaml"] = text.replace('vatNumber: "599900016"', f'vatNumber: "{_vat(number)}"')
            files[f"{tenant}.yaml"] = manifests(tenant, ROWS, "first")
        for file, text in files.items():
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            (home / file).write_text(text, encoding="utf-8")
        if self.cluster is not None:
            self.name = self.cluster.database()
            open_database(self.url, discover()).upgrade()
        words = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "--bootstrap", "--as", ROOT_PERSON]
        done = subprocess.run(words, cwd=home, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/live.db" if self.cluster is None else self.cluster.url(self.name)

    @property
    def environment(self) -> dict[str, str]:
        given = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        own = {"RECONCILER_DATABASE_URL": self.url, "RECONCILER_SECRET_KEY": KEY, "NO_COLOR": "1"}
        return given | own | {"PYTHONPATH": str(ROOT)}

    @property
    def where(self) -> dict[str, str]:
        """Where other programs find the database."""
        if self.cluster is None:
            return {"file": f"{self.folder}/live.db"}
        return {"server": f"host={self.cluster.folder} dbname={self.name} user=postgres"}

    def ask(self, statement: str) -> list[Any]:
        if self.cluster is not None:
            with self.cluster.connect(self.name) as server:
                return server.execute(statement.encode()).fetchall()
        with closing(sqlite3.connect(self.folder / "live.db", timeout=30)) as file:
            return file.execute(statement).fetchall()


def fought(arena: Arena, *, appliers: int, rounds: int, seed: int, **how: Any) -> Outcome:
    """Let appliers and other programs write at the same time, and look what became of every value.

    ``how`` may hold ``writers``, ``pause``, ``meddling`` and ``processes`` (shares of rounds), and ``sabotage``.
    """
    common = {"environment": arena.environment, "where": arena.where, "rows": ROWS, "sabotage": [], "pause": 1.0}
    common |= {"meddling": 0.2, "processes": 0.1, "rounds": rounds, **how}
    writers = how.get("writers", 1 + appliers // 4)
    label = f"{appliers}x{seed}"
    with ExitStack() as stack:
        running = []
        for number in range(appliers):
            mine = [arena.tenants[number % TENANTS]]
            if number % 4 == 3:
                mine = sorted({*mine, arena.tenants[(number + 1) % TENANTS]})
            folder = arena.folder / f"applier-{label}-{number}"
            folder.mkdir()
            asked = {"role": "applier", "name": f"a{label}n{number}", "folder": str(folder), "tenants": mine}
            running.append(_begin(stack, {**common, **asked, "seed": f"{seed} {number}"}))
        others = []
        for number in range(writers):
            asked = {"role": "writer", "name": f"w{label}n{number}", "tenants": arena.tenants}
            others.append(_begin(stack, {**common, **asked, "seed": f"{seed} writer {number}"}))
        said = [_end(one) for one in running] + [_end(one) for one in others]
    return _judged(arena, said)


def lost(writes: Sequence[Write], final: dict[str, str]) -> list[str]:
    """The values that went without anybody having seen them, and those that two have overwritten."""
    seen = Counter((one.address, one.before) for one in writes)
    there = {(one.address, one.after) for one in writes}
    found = [f"{one.address}: {one.after} is lost" for one in writes if _went(one, final, seen)]
    found += [f"{at}: {value} was overwritten {times} times" for (at, value), times in seen.items() if times > 1]
    found += [
        f"{at}: {value} was never written" for at, value in seen if value is not None and (at, value) not in there
    ]
    return found + [f"{at}: {value} was never written" for at, value in final.items() if (at, value) not in there]


def _went(one: Write, final: dict[str, str], seen: Counter[tuple[str, str | None]]) -> bool:
    return final.get(one.address) != one.after and not seen[one.address, one.after]


def _judged(arena: Arena, said: list[dict[str, Any]]) -> Outcome:
    found = "SELECT kind || '/' || tenant || '/' || name, fields, run FROM reconciler_changes ORDER BY seq"
    applied = [
        Write(address, change["before"], change["after"], run)
        for address, fields, run in arena.ask(found)
        if address.startswith("Category/")
        for change in json.loads(fields)
        if change["path"] == "description"
    ]
    arena.others += [Write(*one) for each in said for one in each["written"]]
    now = arena.ask("SELECT tenant, name, description FROM categories")
    final = {f"Category/{tenant}/{name}": value for tenant, name, value in now}
    wrong = open_database(arena.url, discover()).broken_chain()
    values = {one.after.rpartition("-")[0] for one in applied}
    refused = 0
    for each in said:
        for one in each["rounds"]:
            refused += len(one["codes"]) - 1
            if (one["codes"][-1] == 0) != (one["value"] in values):
                wrong.append(f"{one['value']} ended with {one['codes']}: {one['text']}")
    writes = applied + arena.others
    return Outcome(sum(one.before is not None for one in writes), lost(writes, final), wrong, refused)


def _begin(stack: ExitStack, asked: dict[str, Any]) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.campaigns.applier"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    begun = stack.enter_context(subprocess.Popen(words, cwd=ROOT, env=asked["environment"], **pipes))
    assert begun.stdin is not None
    begun.stdin.write(json.dumps(asked) + "\n")
    begun.stdin.flush()
    return begun


def _end(begun: subprocess.Popen[str]) -> dict[str, Any]:
    """Hear what one did. An applier ends by itself, a writer when nobody listens to it any more."""
    assert begun.stdin is not None
    assert begun.stdout is not None
    begun.stdin.close()
    found: dict[str, Any] = json.loads(begun.stdout.readline())
    return found


def _vat(number: int) -> str:
    """A Portuguese tax number that nobody has: it begins with 5999, and its last digit is right."""
    body = f"5999{number:04}"
    rest = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
    return body + str(0 if rest < 2 else 11 - rest)
