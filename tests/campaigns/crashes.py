"""What an apply leaves behind when something goes wrong at one of its places, on either sort of database.

Each case begins with a database of its own, lets one apply run into the fault, and then looks with fresh processes:
the database is as it was, to the last column, or as a whole apply leaves it; the ledger and the audit agree; no lock
is left; the exit code was true; and the same call again comes to the whole.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.adapters.database.store import open_database
from reconciler.kinds import discover
from reconciler.model.failpoint import POINTS
from tests.campaigns.nursery import END_LINKS
from tests.cli.tree import FILES, INES, SECOND, SECRET
from tests.cli.tree import ROOT as ROOT_PERSON
from tests.servers import Cluster

ROOT = Path(__file__).parents[2]
KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHMtb25seS0zMmJ5dGU="
EMBEDDED_ONLY, SERVER_ONLY = frozenset({"schema-made"}), frozenset({"tenants-locked", "marked"})
CONFIRMED = frozenset({"committed", "session-closed", "before-report"})
"""Places behind the commit."""

PATIENCE_SECONDS = 2.0
"""How long a server may take to let go of the locks of a client that was killed."""

EVERYBODY = [word for one in (ROOT_PERSON, SECOND, INES, "ines@cais.example.com") for word in ("--as", one)]
APPLY = {
    "first": ["apply", "--auto-approve", "--prune", "--bootstrap", "--as", ROOT_PERSON],
    "later": ["apply", "--auto-approve", "--prune", *EVERYBODY],
}
"""The call of each stage: the installer of an empty database, later an administrator with everybody's approval."""
_PLAN = ["plan", "--prune", "--detailed-exitcode"]
_DRIFTING = frozenset(
    {
        "id",
        "row_id",
        "run",
        "hash",
        "previous",
        "chain",
        "plan",
        "at",
        "password",
        "application",
        "image",
        "sealed",
        "mark",
    }
)
"""Columns that are not the same in two applies of the same plan, besides those of times."""

_TIMES = re.compile(r'"[a-z_]+_at":"[^"]*"')

_EDITS = {
    "tenants/farol/desk.yaml": [
        ("Questions about seals", "All about seals"),
        ("sortOrder: 10\n---", "sortOrder: 20\n---"),
    ],
    "tenants/farol/customers.yaml": [
        ('version: "1"', 'version: "2"'),
        ("displayName: Ana Moura", "displayName: Ana M."),
    ],
    "tenants/farol/partner.yaml": [("FAR-0001", "FAR-0002")],
    "tenants/cais/desk.yaml": [("Questions about keys", "All about keys")],
}
_SECOND = {
    file.replace("farol", "cais"): text.replace("farol", "cais").replace("FAR-", "CAI-").replace("Farol", "Cais")
    for file, text in FILES.items()
    if file.endswith(("partner.yaml", "desk.yaml"))
}
_SECOND["tenants/cais/desk.yaml"] = _SECOND["tenants/cais/desk.yaml"].replace("about seals", "about keys")
_SECOND["tenants/cais/partner.yaml"] = _SECOND["tenants/cais/partner.yaml"].replace("599900016", "599900024")
_GOES = "tenants/cais/extra.yaml"
_EXTRA = """\
apiVersion: reconciler/v1
kind: ServiceType
metadata:
  name: request
  tenant: cais
spec:
  displayName: Request
  sortOrder: 30
"""

Dump = dict[str, list[tuple[tuple[str, Any], ...]]]


class Case(NamedTuple):
    """One fault: where, what, at which visit of the place; or a kill so many seconds after the first place."""

    stage: str
    point: str
    action: str
    nth: int = 1
    delay: float | None = None

    def __str__(self) -> str:
        where = f"{self.delay:.3f}s" if self.delay is not None else f"{self.point}#{self.nth}"
        return f"{self.stage} {self.action} {where}"


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    reached: list[str]
    text: str
    seconds: float


@dataclass(kw_only=True)
class Home:
    """Where cases of one sort of database happen. ``cluster`` is None for an embedded one."""

    folder: Path
    cluster: Cluster | None
    nursery: subprocess.Popen[str]
    database: str = ""
    templates: dict[str, str] = field(default_factory=dict)
    whole: dict[str, Dump] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, words: list[str], **fault: Any) -> Ended:
        """Run the program in a process of its own."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        asked = {"folder": str(self.work), "environment": self.environment, "words": words, **fault}
        self.nursery.stdin.write(json.dumps(asked) + "\n")
        self.nursery.stdin.flush()
        return Ended(**json.loads(self.nursery.stdout.readline()))

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.work}/.reconciler/live.db" if self.cluster is None else self.cluster.url(self.database)

    @property
    def environment(self) -> dict[str, str]:
        given = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        given |= {"RECONCILER_SECRET_KEY": KEY, "ANA_PASSWORD": SECRET, "NO_COLOR": "1"}
        if self.cluster is not None:
            given["RECONCILER_DATABASE_URL"] = self.url
            given["NURSERY_SERVER"] = f"host={self.cluster.folder} dbname={self.database} user=postgres"
        return given

    def reset(self, stage: str) -> None:
        """A folder and a database as they are before an apply."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.folder / stage, self.work)
        if self.cluster is not None:
            if self.database:
                self._drop()
            self.database = self.cluster.database(self.templates[stage])

    def dump(self) -> Dump:
        """Every row of every table."""
        if self.cluster is not None:
            with self.cluster.connect(self.database) as server:
                names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
                tables = [row[0] for row in server.execute(names)]
                return {one: _rows(server.execute(f"SELECT * FROM {one}".encode())) for one in tables}
        file = self.work / ".reconciler/live.db"
        if not file.exists():
            return {}
        with closing(sqlite3.connect(file)) as opened:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            tables = [row[0] for row in opened.execute(names)]
            return {one: _rows(opened.execute(f"SELECT * FROM {one}")) for one in tables}

    @property
    def founded(self) -> bool:
        """Whether the database has operators already, so that nobody may be its installer any more."""
        return bool(self.dump().get("operators"))

    def sql(self, statement: str) -> None:
        """What another program would do."""
        if self.cluster is not None:
            with self.cluster.connect(self.database) as server:
                server.execute(statement.encode())
            return
        with closing(sqlite3.connect(self.work / ".reconciler/live.db")) as opened, opened:
            opened.execute("PRAGMA foreign_keys = ON")
            opened.execute(statement)

    def broken_chain(self) -> list[str]:
        """What is wrong with the audit."""
        return open_database(self.url, discover()).broken_chain()

    def links(self) -> int:
        """How many processes of a server still work for the program."""
        if self.cluster is None:
            return 0
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'reconciler %%'"
        with self.cluster.connect() as server:
            row = server.execute(asked, (self.database,)).fetchone()
        return 0 if row is None else int(row[0])

    def end_links(self) -> None:
        """Have the server end every link of the program, as an administrator would."""
        assert self.cluster is not None
        with self.cluster.connect(self.database) as server:
            server.execute(END_LINKS)

    def _drop(self) -> None:
        assert self.cluster is not None
        with self.cluster.connect() as server:
            server.execute(f"DROP DATABASE {self.database} WITH (FORCE)".encode())
        self.cluster.forget(self.database)


@contextmanager
def home(folder: Path, cluster: Cluster | None = None) -> Iterator[Home]:
    """A home with a database before its first apply and one before a later apply."""
    words = [sys.executable, "-m", "tests.campaigns.nursery"]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, cwd=ROOT, env=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:
        made = Home(folder=folder, cluster=cluster, nursery=nursery)
        try:
            _furnish(made)
            yield made
        finally:
            assert nursery.stdin is not None
            nursery.stdin.close()


def cases(home: Home, *, seed: int, timed: int = 0) -> list[Case]:
    """Every fault at every place of both applies, each at one of its visits, and ``timed`` kills at any moment."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    found = []
    for stage in home.reached:
        for point in dict.fromkeys(home.reached[stage]):
            actions = ["kill", "term", "int", "raise", *(["cut"] if home.cluster is not None else [])]
            visits = home.reached[stage].count(point)
            found += [Case(stage, point, action, chance.randint(1, visits)) for action in actions]
        found += [Case(stage, "", "kill", delay=chance.random() * home.seconds[stage]) for _ in range((timed + 1) // 2)]
    chance.shuffle(found)
    return found


def expected(home: Home) -> set[str]:
    """The places that applies to a database of this sort come to."""
    return set(POINTS) - (SERVER_ONLY if home.cluster is None else EMBEDDED_ONLY)


def survived(home: Home, *, seed: int, timed: int) -> tuple[int, list[str]]:
    """The whole campaign: how many cases there were, and what went wrong."""
    tried = cases(home, seed=seed, timed=timed)
    return len(tried), [f"{case}: {wrong}" for case in tried if (wrong := problems(home, case))]


def problems(home: Home, case: Case) -> list[str]:
    """What a case shows to be wrong, a sentence each."""
    home.reset(case.stage)
    before = home.dump()
    fault = {"delay": case.delay} if case.delay is not None else {"point": case.point, "action": case.action}
    ended = home.run(APPLY[case.stage], nth=case.nth, **fault)
    if case.delay is None and ended.reached.count(case.point) < case.nth:
        return [f"{case.point} was not reached"]
    old, found = left_behind(home, case.stage, before)
    return found + _untrue(ended, case, old=old) + called_again(home, case.stage)


def left_behind(home: Home, stage: str, before: Dump) -> tuple[bool, list[str]]:
    """What a fault left behind, as it is found by others: whether it is the old state, and what is wrong with it."""
    found = []
    begun = time.monotonic()
    while home.links():
        if time.monotonic() - begun > PATIENCE_SECONDS:
            found.append("the server still works for a process that is gone")
            break
        time.sleep(0.01)
    planned = home.run(_PLAN)
    after = home.dump()
    old, new = after == before, comparable(after) == home.whole[stage]
    if old == new:
        found.append("the database is neither as it was nor as it should be")
    if planned.code != (2 if old else 0):
        found.append(f"a plan ended with {planned.code} on {'old' if old else 'new'} data: {planned.text[-300:]}")
    return old, found + home.broken_chain()


def called_again(home: Home, stage: str) -> list[str]:
    """What is wrong when the same call is made again, without a fault."""
    found = []
    again = home.run([*APPLY["later" if home.founded else stage], "--lock-timeout", "3s"])
    if again.code != 0:
        found.append(f"the call again ended with {again.code}: {again.text[-300:]}")
    if comparable(home.dump()) != home.whole[stage]:
        found.append("the call again did not come to the whole")
    return found + home.broken_chain()


def _untrue(ended: Ended, case: Case, *, old: bool) -> list[str]:
    """Whether the exit code says what is."""
    said = f"ended with {ended.code}, and the data are {'old' if old else 'new'}: {ended.text[-300:]}"
    if case.action == "kill":
        return [] if ended.code == -9 or (case.delay is not None and ended.code == 0 and not old) else [said]
    behind = case.point in CONFIRMED | {"before-commit", "marked"}
    confirmed_error = case.action == "raise" and case.point in CONFIRMED
    match ended.code:
        case 0:
            fine = not old and (behind or case.action == "cut") and not confirmed_error
        case 130:
            fine = old and case.action in {"term", "int"}
        case 1:
            fine = old and case.action in {"raise", "cut"}
        case 8:
            fine = confirmed_error and not old if case.point in CONFIRMED else behind
        case _:
            fine = False
    return [] if fine and "Traceback" not in ended.text else [said]


def _furnish(made: Home) -> None:
    first = made.folder / "first"
    for file, text in {**FILES, **_SECOND, _GOES: _EXTRA}.items():
        (first / file).parent.mkdir(parents=True, exist_ok=True)
        (first / file).write_text(text, encoding="utf-8")
    if made.cluster is not None:
        made.templates["first"] = _template(made.cluster)
    _reference(made, "first")
    later = made.folder / "later"
    shutil.copytree(made.work, later)
    for file, edits in _EDITS.items():
        text = (later / file).read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (later / file).write_text(text, encoding="utf-8")
    (later / _GOES).unlink()
    if made.cluster is not None:
        made.templates["later"], made.database = made.database, ""
    _reference(made, "later")


def _template(cluster: Cluster) -> str:
    if "crashes" not in cluster.templates:
        cluster.templates["crashes"] = cluster.database()
        open_database(cluster.url(cluster.templates["crashes"]), discover()).upgrade()
    return cluster.templates["crashes"]


def _reference(made: Home, stage: str) -> None:
    """What an apply without a fault comes to."""
    made.reset(stage)
    ended = made.run(APPLY[stage])
    assert ended.code == 0, ended.text
    made.whole[stage], made.reached[stage] = comparable(made.dump()), ended.reached
    made.seconds[stage] = ended.seconds
    assert made.run(_PLAN).code == 0  # what has the same rows has an empty plan too


def _rows(cursor: Any) -> list[tuple[tuple[str, Any], ...]]:
    names = [one[0] for one in cursor.description]
    return sorted((tuple(zip(names, row, strict=True)) for row in cursor.fetchall()), key=repr)


def comparable(dump: Dump) -> Dump:
    """What two applies of the same plan have in common."""

    def steady(table: str, column: str) -> bool:
        # A server does not take back the numbers of entries and transactions that were rolled back.
        gaps = column in {"seq", "xid"} and table == "reconciler_journal"
        return not (gaps or column in _DRIFTING or column.endswith("_at"))

    return {
        table: sorted((tuple(_timeless(one) for one in row if steady(table, one[0])) for row in rows), key=repr)
        for table, rows in dump.items()
        if table not in {"reconciler_meta", "alembic_version"}
    }


def _timeless(one: tuple[str, Any]) -> tuple[str, Any]:
    """A column with its value; what a run found in a row is one text, with the times of the row in it."""
    column, value = one
    return (column, _TIMES.sub("", value)) if column == "facts" else one
