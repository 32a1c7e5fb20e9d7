"""``history``: past runs, and a chain that notices the owner of the tables."""

from __future__ import annotations

import pytest

from tests.acceptance.homes import ServedTree
from tests.cli.tree import INES, Tree

SMALL = "tenants/farol/desk.yaml"


def told(home: Tree) -> None:
    """Two runs, and no trigger that would keep the owner from changing what is told of them."""
    home.apply()
    home.edit(SMALL, "Questions about seals", "All about seals")
    home.apply()
    if isinstance(home, ServedTree):
        home.sql("ALTER TABLE reconciler_changes DISABLE TRIGGER USER")
    else:
        for (name,) in home.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            home.sql(f"DROP TRIGGER {name}")


def test_history_lists_runs_the_newest_first(home: Tree) -> None:
    assert home.run("db", "upgrade").code == 0
    assert home.run("history").out == "No runs.\n"
    home.apply()
    home.edit(SMALL, "Questions about seals", "All about seals")
    home.apply()
    call = home.run("history", "--format", "json")
    runs = call.json["runs"]
    assert [(one["added"], one["changed"], one["actor"], one["outcome"]) for one in runs] == [
        (0, 1, "root@example.com", "applied"),
        (8, 0, "installer root@example.com", "applied"),
    ]
    text = home.run("history").out
    assert text.startswith("2 runs, the newest first.")
    for one in runs:
        assert one["id"] in text
        assert one["digest"] in text
        assert one["finished_at"] in text


def test_a_history_that_is_whole_verifies(home: Tree) -> None:
    assert home.run("db", "upgrade").code == 0
    assert home.run("history", "verify").code == 0
    home.apply()
    call = home.run("history", "verify")
    assert (call.code, call.out) == (0, "The history is whole: every change of 1 run is as it was written.\n")
    facts = home.run("history", "verify", "--format", "json").json
    assert facts == {"format_version": "1.0", "valid": True, "runs": 1, "findings": []}


COPY = (
    "INSERT INTO reconciler_changes SELECT {seq}, run, at, actor, kind, tenant, name, action, edge, reason, fields, "
    "source, commit_id, previous, hash, image FROM reconciler_changes WHERE seq = {like}"
)


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        ("UPDATE reconciler_changes SET actor = 'somebody' WHERE seq = 3", "change 3 was altered"),
        ("UPDATE reconciler_changes SET fields = '[]' WHERE seq = 10", "change 10 was altered"),
        ("DELETE FROM reconciler_changes WHERE seq = 5", "changes 5 to 5 are missing"),
        ("DELETE FROM reconciler_changes WHERE seq = 1", "changes 1 to 1 are missing"),
        (COPY.format(seq=11, like=10), "change 11 was altered"),
        (COPY.format(seq=0, like=1), "change 0 was put in"),
    ],
)
def test_what_the_owner_did_to_the_audit_is_noticed(home: Tree, tampering: str, first: str) -> None:
    told(home)
    assert home.run("history", "verify").code == 0
    home.sql(tampering)
    call = home.run("history", "verify")
    assert call.code == 1
    assert call.out.startswith(f"The history is broken: {first}.")
    facts = home.run("history", "verify", "--format", "json").json
    assert (facts["valid"], facts["findings"][0]) == (False, first)


def test_a_run_that_was_taken_away_leaves_changes_behind(home: Tree) -> None:
    told(home)
    newest = home.run("history", "--format", "json").json["runs"][0]["id"]
    home.sql(f"DELETE FROM reconciler_runs WHERE id = '{newest}'")
    call = home.run("history", "verify")
    assert (call.code, "changes from 10 on belong to no run" in call.out) == (1, True)


def test_history_is_narrowed_to_people_times_commits_and_addresses(home: Tree) -> None:
    told(home)
    everything = home.run("history", "--format", "json").json["runs"]
    newest, oldest = everything
    assert newest["seconds"] >= 0

    def ids(*words: str) -> list[str]:
        call = home.run("history", "--format", "json", *words)
        assert call.code == 0, call.err
        return [one["id"] for one in call.json["runs"]]

    both = [newest["id"], oldest["id"]]
    assert ids("--by", "root@*", "--since", "2020-01-01", "--until", "9000-12-31") == both
    assert ids("--by", "nobody@example.com") == []
    assert ids("--by", "nobody@example.com", "--by", "root@example.com") == both
    assert ids("--until", "2020-01-01") == []
    assert ids("--since", newest["finished_at"], "--until", newest["finished_at"])[:1] == [newest["id"]]
    assert ids("--target", "Partner/*") == [oldest["id"]]
    assert ids("--target", "Category/farol/*") == both
    assert ids("--tenant", "farol") == both
    assert ids("--tenant", "farol", "--target", "Operator/*") == [oldest["id"]]
    assert ids("--digest", newest["digest"][:20]) == [newest["id"]]
    assert ids("--commit", "abc") == []
    assert ids("--limit", "1") == [newest["id"]]
    for words in (("--since", "yesterday"), ("--until", "2026-13-01"), ("--limit", "0"), ("--since", "999999w")):
        call = home.run("history", *words)
        assert (call.code, call.out, "Traceback" in call.err) == (1, "", False), words


def test_runs_are_told_to_those_who_may_read_what_they_changed(home: Tree) -> None:
    """``read-audit-log``: a run at platform level is nothing to a partner, and is answered as one that is not there."""
    home.apply()
    home.edit("platform/operators.yaml", "displayName: Simão Costa", "displayName: Simão da Costa")
    assert home.run("apply", "--auto-approve", "--as", "root@example.com").code == 0
    newest, oldest = (one["id"] for one in home.run("history", "--format", "json").json["runs"])

    def ids(*words: str) -> list[str]:
        return [one["id"] for one in home.run("history", "--format", "json", *words).json["runs"]]

    assert ids("--as", "root@example.com") == [newest, oldest]
    assert ids("--as", INES) == [oldest]
    assert home.run("status", newest, "--as", INES).code == home.run("status", "nothing", "--as", INES).code == 1
    assert home.run("status", oldest, "--as", INES).code == 0
    assert home.run("history", "--as", "nobody@example.com").code == 4
