"""Oracles: does any answer of the program say something about what the one who asks may not read?

The same questions are asked in worlds that differ in one foreign resource alone. Exit code, both streams and every file
that is written must be the same in all of them, byte for byte. The clock stands still, and names of runs are counted.

``python -m tests.campaigns.oracles [--share N] [--seed S] [--only WORD]`` asks all of it, or one question in N.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from unittest import mock

from tests.campaigns.asking import CASES
from tests.campaigns.questions import FOREIGN_RUN, Question, questions
from tests.campaigns.states import OF_FIELDS, ROOT, STATES, Case, Foreign, build
from tests.engine.toy import tree
from tests.escalation.estate import CLOCK, Estate
from tests.oracle.world import SECRET_VALUE

REST = {"RECONCILER_CLOCK": CLOCK, "SECRET": SECRET_VALUE, "COLUMNS": "120"}


class Captured:
    """Both streams of a call."""

    def __init__(self) -> None:
        self._streams: tuple[io.TextIOWrapper, io.TextIOWrapper] | None = None

    def readouterr(self) -> tuple[str, str]:
        """What was written since the last call of this."""
        told = tuple(_read(one) for one in self._streams) if self._streams else ("", "")
        self._streams = (_stream(), _stream())
        sys.stdout, sys.stderr = self._streams
        return told[0], told[1]


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    found = stream.buffer
    assert isinstance(found, io.BytesIO)
    return found.getvalue().decode("utf-8")


@contextlib.contextmanager
def program(home: Path) -> Iterator[None]:
    """The surroundings in which the program is called: a clock that stands still, and nothing of this machine."""
    here, streams = Path.cwd(), (sys.stdout, sys.stderr)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    with mock.patch.dict(os.environ, {**kept, **REST, "RECONCILER_CACHE": str(home / "cache")}, clear=True):
        try:
            yield
        finally:
            os.chdir(here)
            sys.stdout, sys.stderr = streams


class Ground:
    """One case, with a database for each state of its world."""

    def __init__(self, seeded: Path, home: Path, case: Case, names: Collection[str] = ()) -> None:
        self.case = case
        self._home = home
        with counted(FOREIGN_RUN):
            chosen = names or (OF_FIELDS if case.readable else STATES)
            self.states = build(seeded, home / "states", case.foreign, estate_in, names=chosen)

    def ask(self, state: str, question: Question) -> list[Any]:
        """What the program says to a question in one state: each call, and the files that are there afterwards."""
        folder = self._home / "asked"
        for path in (folder, self._home / "cache"):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self._tree(question.tree), folder)
        shutil.copytree(self.states[state] / ".reconciler", folder / ".reconciler")
        estate = estate_in(folder)
        people = [word for one in self.case.people for word in ("--as", one)]
        found: list[Any] = []
        with counted("00000000-0000-4000-8000-"):
            for call in question.calls:
                told = estate.run(*call, *people)
                found.append((" ".join(call), told.code, self._told(told.out), self._told(told.err)))
        found.append(
            {str(one.relative_to(folder)): self._told(one.read_text(encoding="utf-8")) for one in _files(folder)}
        )
        return found

    def _told(self, text: str) -> str:
        return _DIGEST.sub("DIGEST", _timeless(text)) if self.case.readable or self.case.guessable else _timeless(text)

    def _tree(self, name: str) -> Path:
        """A folder with manifests, made once: committed, and beside them a plan of an administrator."""
        folder = self._home / "trees" / name
        if folder.exists():
            return folder
        folder.mkdir(parents=True)
        estate = estate_in(folder)
        estate.settings("environments: {other: {overlays: [overlays]}}", "policies: [policies/*.cel.yaml]")
        (folder / "policies").mkdir()
        (folder / "policies" / "tell.cel.yaml").write_text(POLICY, encoding="utf-8")
        (folder / "waivers").mkdir()
        waiver = WAIVER.format(address=self.case.foreign.address, path=self.case.foreign.path)
        (folder / "waivers" / "calm.yaml").write_text(waiver, encoding="utf-8")
        (folder / "nothing").mkdir()
        (folder / "nothing" / "empty.yaml").write_text("", encoding="utf-8")
        for key in self.case.own:
            if key in estate.specs:
                estate.write(key)
        git(folder, "init", "-q", "-b", "main")
        commit(folder, "Begin")
        for key, change in self.case.own.items():
            estate.write(key, change)
        declare(estate, name, self.case.foreign)
        commit(folder, "Change")
        self._plans(folder)
        return folder

    def _plans(self, folder: Path) -> None:
        """Plans of everything that this folder says, made where all is as declared: an administrator's and the own."""
        shutil.copytree(self.states["equal"] / ".reconciler", folder / ".reconciler")
        own = [word for one in self.case.people for word in ("--as", one)]
        for name, words in (("root", ["--as", ROOT]), ("mine", ["--mine", *own])):
            told = estate_in(folder).run("plan", "manifests", "--out", f"{name}.plan", *words)
            assert (folder / f"{name}.plan").exists(), told.out + told.err
        shutil.rmtree(folder / ".reconciler")


POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata: {name: tell}
spec:
  rules:
    - {name: all, for: plan, warn: "true", message: "{{ plan.reconciler.summary }} {{ plan.resource_changes.size() }}"}
    - {name: each, for: change, warn: "true", message: "{{ change.address }} {{ before }} {{ after }}"}
"""


MOVED = """\
apiVersion: reconciler/v1
kind: Moved
metadata: {{name: m}}
spec: {{from: {old}, to: {new}}}
"""
WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata: {{name: calm}}
spec:
  owner: rita@example.com
  reason: Until it is looked at.
  expires: 2026-07-01
  addresses: [{address}]
  fields: [{path}]
"""


def declare(estate: Estate, tree: str, foreign: Foreign) -> None:
    """Write what a tree says about the foreign resource."""
    if tree == "equal":
        estate.write(foreign.key)
    if tree == "guess":
        estate.write(foreign.key, foreign.spec)
    if tree == "closed":
        estate.write(foreign.key, {"state": foreign.closed})
    if tree == "moved":
        kind, tenant, _ = foreign.key
        new = (kind, tenant, "renamed")
        estate.specs[new] = estate.specs[foreign.key]
        estate.write(new)
        there = "/".join(filter(None, new))
        text = MOVED.format(old=foreign.address, new=there)
        (estate.folder / "manifests" / "moved.yaml").write_text(text, encoding="utf-8")


def estate_in(folder: Path) -> Estate:
    """An estate whose program is called in a folder."""
    os.chdir(folder)
    return Estate(folder, Captured())  # type: ignore[arg-type]  # it is asked for readouterr alone


@contextlib.contextmanager
def counted(prefix: str) -> Iterator[None]:
    """Names of runs that are counted, so that the same calls give the same ones."""
    numbers = iter(range(1, 10**6))
    names = (uuid.UUID(prefix[:24] + f"{number:012d}") for number in numbers)
    runs = mock.patch("uuid.uuid4", side_effect=names)
    with runs, mock.patch("reconciler.operations.apply.datetime", _Still):
        yield


class _Still(datetime):
    """A time of day at which runs begin and end."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Still:
        return cls.fromisoformat(CLOCK).astimezone(tz)


def git(folder: Path, *words: str) -> None:
    """Call git, at a fixed time."""
    when = {"GIT_AUTHOR_DATE": CLOCK, "GIT_COMMITTER_DATE": CLOCK}
    call = ["git", "-c", "user.name=Rita", "-c", "user.email=rita@example.com", "-c", "commit.gpgsign=false", *words]
    subprocess.run(call, cwd=folder, check=True, capture_output=True, env={**os.environ, **when})


def commit(folder: Path, message: str) -> None:
    """Commit everything that is there."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.parts and path.name not in ("live.db", "live.db-journal"):
            yield path


def _timeless(text: str) -> str:
    """A text without what it says of this very day, which the database tells, and of how long something took."""
    text = _PLANNED.sub("RUN", _NOW.sub("NOW", text))
    return "\n".join(line for line in text.splitlines() if not line.startswith("time: "))


_PLANNED = re.compile(r'\b[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f-]{17}\b|(?<="seal":")sha256:[0-9a-f]{64}')
"""The name of the run that a plan would be, which each apply in its tenants changes, and the seal (ADR 51)."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
"""The digest of a plan holds the revision of what it changes, which a field moves that may not be read (ADR 51)."""
_NOW = re.compile(rf"{datetime.now(UTC):%Y-%m-%d}T\d\d:\d\d:\d\dZ")


def differences(ground: Ground, question: Question, states: Sequence[str]) -> Iterator[str]:
    """Where the answers to one question are not the same in all of some states."""
    first, *others = states
    right = ground.ask(first, question)
    for state in others:
        told = ground.ask(state, question)
        for one, two in zip(right, told, strict=True):
            if one != two:
                yield f"{first} / {state}, tree {question.tree}: {told_apart(one, two)}"
                break


def told_apart(one: Any, two: Any) -> str:
    """Two answers, told by what differs between them."""
    if isinstance(one, dict):
        names = [name for name in {*one, *two} if one.get(name) != two.get(name)]
        texts = [(f"{name}: {_plain(one.get(name))}", f"{name}: {_plain(two.get(name))}") for name in names]
        return "files\n" + "\n".join(_diff(left, right) for left, right in texts)
    call = one[0]
    return f"{call}: exit {one[1]} / {two[1]}\n{_diff(one[2] + one[3], two[2] + two[3])}"


def _plain(text: str | None) -> str:
    return (text or "").replace(",", ",\n")


def _diff(one: str, two: str) -> str:
    lines = difflib.unified_diff(one.splitlines(), two.splitlines(), lineterm="", n=1)
    return "\n".join(f"    {line[:400]}" for line in list(lines)[2:40])


def seed(folder: Path) -> Path:
    """The estate, applied by the program itself and settled."""
    folder.mkdir(parents=True)
    estate = estate_in(folder)
    estate.settings()
    (folder / "manifests").mkdir()
    for number in range(4):
        spec = {**estate.specs["Category", "farol", "billing"], "displayName": f"More {number}"}
        estate.specs["Category", "farol", f"more-{number}"] = spec
    documents = [json.dumps(tree(key[0], key[2], spec, tenant=key[1])) for key, spec in estate.specs.items()]
    (folder / "manifests" / "all.yaml").write_text("\n---\n".join(documents), encoding="utf-8")
    told = estate.run("apply", "manifests", "--bootstrap", "--as", "setup", "--auto-approve")
    assert told.code == 0, told.err
    estate.settle()
    estate.run("snapshot", "--out", "s", "--as", "root@platform.example.com")
    return folder


def run(*, share: int, states: int, number: int, only: str, about: str) -> int:
    """Ask, tell every difference, and return how many there are."""
    chance = random.Random(number)  # noqa: S311 - the same share in every run
    out, asked, calls, wrong = sys.stdout, 0, 0, 0
    with tempfile.TemporaryDirectory() as name, program(Path(name)):
        home = Path(name)
        seeded = seed(home / "seeded")
        for case in CASES:
            if only and only not in case.name:
                continue
            ground = Ground(seeded, home / case.name.replace("/", "-"), case)
            for question in questions(case.foreign, readable=case.readable):
                if chance.randrange(share) or not any(about in " ".join(one) for one in question.calls):
                    continue
                first, *others = ground.states
                chosen = (first, *chance.sample(others, min(states or len(others), len(others))))
                asked += 1
                calls += len(question.calls) * len(chosen)
                for line in differences(ground, question, chosen):
                    wrong += 1
                    print(f"{case.name}: {line}", file=out, flush=True)
            print(f"-- {case.name}: {asked} questions, {calls} calls, {wrong} differences", file=out, flush=True)
            shutil.rmtree(home / case.name.replace("/", "-"))
    return wrong


def main(words: Sequence[str]) -> int:
    """The program of this campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=int, default=1)
    parser.add_argument("--states", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--about", default="", help="ask only questions with this word")
    asked = parser.parse_args(words)
    return (
        1 if run(share=asked.share, states=asked.states, number=asked.seed, only=asked.only, about=asked.about) else 0
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
