"""Every verb, asked about what one may not read: the same bytes and exit codes whether it is there and however."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.escalation.estate import CATALOG, Estate, known
from tests.oracle.oracle import Key

PAULA, ISA, AUDITOR = known("farol", "paula"), known("farol", "isa"), known("", "aud-farol")
CASES: tuple[tuple[str, Key, dict[str, Any], str], ...] = (
    (PAULA, ("Category", "duna", "billing"), {"display_name": "Other"}, "displayName"),
    (ISA, ("ClientService", "farol", "farol-b-two"), {"language": "es"}, "language"),
    (AUDITOR, ("Issuer", "duna", "duna-a"), {"legal_name": "Other"}, "legalName"),
)
FAROL: Key = ("Partner", "", "farol")
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b[0-9a-f]{8}-[0-9a-f-]{27}\b")


def address(key: Key) -> str:
    return "/".join(filter(None, key))


def calls(key: Key, path: str) -> Iterator[tuple[str, ...]]:
    """Everything that can be asked about a resource."""
    name, field = address(key), f"{address(key)}.{path}"
    plan = ("plan", "manifests")
    for more in (
        (),
        ("--only-drift",),
        ("--mine",),
        ("--prune",),
        ("--base", "HEAD"),
        ("--detailed-exitcode", "--mine"),
    ):
        yield (*plan, *more)
    yield (*plan, "--target", name)
    yield (*plan, "--target", name, "--prune", "--allow-delete", f"{key[0]}:3")
    yield (*plan, "--exclude", name, "--detailed-exitcode")
    yield (*plan, "--env", "other", "--format", "json")
    yield (*plan, "--json")
    yield (*plan, "--verbose", "--format", "html")
    yield ("apply", "manifests", "--auto-approve")
    yield ("apply", "manifests", "--auto-approve", "--target", name, "--prune")
    yield ("apply", "manifests", "--auto-approve", "--mine", "--exclude", name)
    yield ("validate", "manifests")
    yield ("graph", "manifests", "--format", "json")
    yield ("drift", "manifests", "--target", name, "--detailed-exitcode")
    yield ("drift", "manifests", "--format", "json")
    for asked in (name, field):
        yield ("accept", asked, "--diff")
    yield ("adopt", name, "--auto-approve", "--into", "manifests")
    yield ("adopt", "--all", "--tenant", key[1] or "farol", "--auto-approve", "--into", "adopted")
    yield ("export", "--target", name, "-")
    yield ("export", "--tenant", key[1] or "farol", "-")
    yield ("state", "list")
    yield ("state", "show", name)
    yield ("state", "forget", name, "--auto-approve")
    yield ("history",)
    yield ("history", "--target", name)
    yield ("history", "--tenant", key[1] or "farol", "--format", "json")
    yield ("move", name, "renamed", "--diff")
    yield ("locks",)
    yield ("access",)
    yield ("access", name)


def answers(estate: Estate, actor: str, key: Key, path: str) -> list[tuple[Any, ...]]:
    """What the program says to each call, the times and names of runs apart."""
    found: list[tuple[Any, ...]] = []
    for call in calls(key, path):
        told = estate.run(*call, "--as", actor)
        heard = "\n".join(line for line in told.err.splitlines() if not line.startswith("time: "))
        found.append((call, told.code, _TIMES.sub("TIME", told.out), _TIMES.sub("TIME", heard)))
        shutil.rmtree(estate.folder / "adopted", ignore_errors=True)
    return found


def absent(estate: Estate, key: Key) -> None:
    """As though it had never been: no row, no entry, no run that knows of it."""
    where = "WHERE coalesce(tenant, '') = ? AND name = ?"
    estate.sql(f"DELETE FROM {CATALOG[key[0]].table} {where}", *key[1:])
    estate.sql(f"DELETE FROM reconciler_resources {where} AND kind = ?", *key[1:], key[0])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "undeclared"])
@pytest.mark.parametrize(
    ("actor", "key", "change", "path"), CASES, ids=[f"{one[0].partition('@')[0]}-{address(one[1])}" for one in CASES]
)
def test_nothing_is_told(
    estate: Estate, actor: str, key: Key, change: dict[str, Any], path: str, *, declared: bool
) -> None:
    estate.settings("environments: {other: {}}")
    estate.write(FAROL)
    if declared:
        estate.write(key)
    for words in (["init", "-q"], ["add", "manifests"], ["commit", "-q", "-m", "Begin"]):
        call = ["git", "-c", "user.name=farol", "-c", "user.email=farol@example.com", *words]
        subprocess.run(call, cwd=estate.folder, check=True)
    found = {"equal": answers(estate, actor, key, path)}
    estate.put(key, **change)
    found["different"] = answers(estate, actor, key, path)
    estate.sql("DELETE FROM reconciler_resources WHERE kind = ? AND coalesce(tenant, '') = ? AND name = ?", *key)
    found["unmanaged"] = answers(estate, actor, key, path)
    absent(estate, key)
    found["absent"] = answers(estate, actor, key, path)
    different = [
        json.dumps([name, one, two], indent=1)
        for name, told in found.items()
        for one, two in zip(told, found["absent"], strict=True)
        if one != two
    ]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("more", [(), ("--mine",), ("--target", "Partner/farol"), ("--json",)], ids=" ".join)
@pytest.mark.parametrize(
    ("there", "absent_"), [("duna-a-seal", "duna-a-zzzz"), ("alias", "alia2")], ids=["reference", "natural key"]
)
def test_a_foreign_manifest_asks_nothing_about_others(
    estate: Estate, more: tuple[str, ...], there: str, absent_: str
) -> None:
    """Whether what it names is there, or a key that it claims is taken, is told to nobody who may not read it."""
    estate.write(FAROL)
    known_as = estate.specs["ClientService", "duna", "duna-a-one"]
    heard = []
    for word in (there, absent_):
        change = {"alias": "probed", "certificate": word}
        if there == "alias":
            change = {"alias": "duna-a-one" if word == there else "duna-a-onf"}
        estate.write(("ClientService", "duna", "probe"), {**known_as, **change})
        told = estate.plan(PAULA, more=more)
        heard.append((told.code, *(_plainly(one, change) for one in (told.out, told.err))))
    assert heard[0] == heard[1]


def _plainly(text: str, change: dict[str, str]) -> str:
    """Without the guessed words, digests of manifests and times."""
    for word in change.values():
        text = text.replace(word, "WORD")
    return "\n".join(line for line in text.splitlines() if not line.startswith("time: "))


def test_a_run_is_counted_as_far_as_it_may_be_read(estate: Estate) -> None:
    """One that also did something foreign: neither how much, nor by whom, nor that it did."""
    paula_sees = json.loads(estate.run("history", "--format", "json", "--as", PAULA).out)["runs"]
    root_sees = json.loads(estate.run("history", "--format", "json", "--as", known("", "root")).out)["runs"]
    (mine,), (whole,) = paula_sees, root_sees
    assert whole["added"] > mine["added"] > 0
    shown = json.loads(estate.run("history", "show", mine["id"], "--format", "json", "--as", PAULA).out)
    assert shown["run"] == mine
    assert len({one["address"] for one in shown["changes"] if one["action"] == "create"}) == mine["added"]
    status = json.loads(estate.run("status", mine["id"], "--format", "json", "--as", PAULA).out)["run"]
    assert status == mine
    assert mine["notices"] is None
    text = estate.run("history", "show", mine["id"], "--as", PAULA).out
    assert "may not read" not in text
    for verb in (("--target", "Category/duna/billing"), ("--tenant", "duna")):
        absent_ = tuple(one.replace("duna", "dunx") for one in verb)
        assert estate.run("history", *verb, "--as", PAULA).out == estate.run("history", *absent_, "--as", PAULA).out


def test_who_applied_is_told_to_whoever_may_read_him(estate: Estate) -> None:
    root, paula = known("", "root"), PAULA
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    assert estate.apply(root).code == 0
    told = estate.run("history", "--limit", "1", "--as", paula)
    assert root not in told.out
    assert "somebody whom you may not read" in told.out
    assert root in estate.run("history", "--limit", "1", "--as", root).out
    assert estate.run("history", "--by", "root@*", "--as", paula).out == "No runs.\n"
