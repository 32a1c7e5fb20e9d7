"""What an apply says, and ``reconciler status`` after it, when the link breaks around its commit.

Each case applies a plan file through a gate that spoils one link, by seed before, within or behind the message that
commits or its answer, or has the server end it. A fresh process then asks over a sound link: the exit code was true,
``status`` tells the truth and never anything else before, and applying the file again comes to the whole once.
"""

from __future__ import annotations

import random
import time
from math import inf
from typing import Any

from tests.campaigns.crashes import EVERYBODY, PATIENCE_SECONDS, Dump, Ended, Home, comparable
from tests.campaigns.gates import ANSWER, COMMIT, NOTE, Spoil, gate
from tests.cli.tree import ROOT as ROOT_PERSON

APPLY = {
    "first": ["apply", "p.plan", "--bootstrap", "--as", ROOT_PERSON],
    "later": ["apply", "p.plan", *EVERYBODY],
}
"""Applies the plan file of each stage; a file that was applied already is applied again by the very same call."""

ASKING = {"first": [], "later": EVERYBODY}
"""For whom the plan file of a stage is made: for nobody where nobody is yet."""

STATUS = ["status", "p.plan"]
_PATIENCE = 0.6
"""How long an apply asks a server that never comes back, in seconds; in the product it is 20."""


def spoils(*, seed: int, n: int) -> list[Spoil]:
    """``n`` ways to break a link around a commit."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    return [_spoil(chance) for _ in range(n)]


def survived(home: Home, *, seed: int, n: int) -> tuple[int, list[str]]:
    """The whole campaign: how many cases there were, and what went wrong."""
    furnish(home)
    stages = list(home.reached)
    found = []
    for number, spoil in enumerate(spoils(seed=seed, n=n)):
        stage = stages[number % len(stages)]
        wrong = problems(home, stage, spoil)
        found += [f"{stage}, {spoil}: {wrong}"] if wrong else []
    return n, found


def furnish(home: Home) -> None:
    """Put a plan file into every stage, and see what an apply of it comes to."""
    for stage in home.reached:
        if (home.folder / stage / "p.plan").exists():
            continue
        home.reset(stage)
        planned = home.run(["plan", "--prune", "--out", "p.plan", *ASKING[stage]])
        assert planned.code == 0, planned.text
        (home.folder / stage / "p.plan").write_bytes((home.work / "p.plan").read_bytes())
        applied = home.run(APPLY[stage])
        assert applied.code == 0, applied.text
        home.whole[f"{stage} by file"] = comparable(home.dump())


def problems(home: Home, stage: str, spoil: Spoil) -> list[str]:
    """What a case shows to be wrong, a sentence each."""
    assert home.cluster is not None
    home.reset(stage)
    before = home.dump()
    with gate(home.cluster.folder, spoil, home.end_links) as port:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/{home.database}?sslmode=disable&gssencmode=disable"
        environment = {**home.environment, "RECONCILER_DATABASE_URL": url}
        patience = {"outcome": _PATIENCE} if spoil.away == inf else {}
        ended = home.run(APPLY[stage], environment=environment, patience=patience)
    at_once = home.run(STATUS)
    found = []
    begun = time.monotonic()
    while home.links():
        if time.monotonic() - begun > PATIENCE_SECONDS:
            found.append("the server still works for a process that is gone")
            break
        time.sleep(0.01)
    after = home.dump()
    new = comparable(after) == home.whole[f"{stage} by file"]
    if new == (after == before):
        found.append("the database is neither as it was nor as it should be")
    return found + _untrue(home, spoil, ended, at_once, new=new) + _again(home, stage)


def _untrue(home: Home, spoil: Spoil, ended: Ended, at_once: Ended, *, new: bool) -> list[str]:
    """Whether exit codes and ``status`` say what is."""
    data = "new" if new else "old"
    found = []
    unknowable = spoil.away == inf and spoil.message == COMMIT
    fine = ended.code == (0 if new else 1) or (ended.code == 8 and unknowable)
    if not fine or "Traceback" in ended.text:
        found.append(f"ended with {ended.code}, and the data are {data}: {ended.text[-300:]}")
    if at_once.code not in (8, 0 if new else 1):
        found.append(f"status said {at_once.code} at once, and the data are {data}: {at_once.text[-300:]}")
    later = home.run(STATUS)
    if later.code != (0 if new else 1):
        found.append(f"status said {later.code}, and the data are {data}: {later.text[-300:]}")
    return found


def _again(home: Home, stage: str) -> list[str]:
    """Applying the file again, twice: it comes to the whole, and the second time nothing happens at all."""
    found = []
    wholes: list[Dump] = []
    for _ in range(2):
        again = home.run([*APPLY[stage], "--lock-timeout", "3s"])
        wholes.append(home.dump())
        if again.code != 0:
            found.append(f"the call again ended with {again.code}: {again.text[-300:]}")
    if comparable(wholes[0]) != home.whole[f"{stage} by file"]:
        found.append("the call again did not come to the whole")
    if wholes[0] != wholes[1]:
        found.append("the call after that changed something")
    return found + home.broken_chain()


def _spoil(chance: random.Random) -> Spoil:
    away = chance.choice([0.0, 0.0, 0.0, 0.0, 0.0, 0.3, chance.random(), inf])
    reset = chance.random() < 0.5
    kinds: list[dict[str, Any]] = [
        {"sent": 0},
        {"sent": chance.randrange(1, len(COMMIT))},
        {"heard": 0},
        {"heard": chance.randrange(1, ANSWER)},
        {"race": chance.random() * 0.004},
        {"race": chance.random() * 0.001},
        {"ends": "before"},
        {"ends": "with", "race": chance.random() * 0.002},
        {"ends": "with", "race": 0.0},
        {"message": NOTE, "sent": 0},
        {"message": NOTE, "heard": 0},
    ]
    return Spoil(**chance.choice(kinds), reset=reset, away=away)
