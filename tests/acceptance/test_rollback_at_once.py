"""Two rollbacks of a run at once, and one beside an apply, as processes of their own, on either sort of database.

Whatever the order, each ends whole or not at all, and the database is a state that some order of the runs gives.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from reconciler.model.failpoint import armed
from tests.acceptance.test_rollback import EVERYBODY, newest, snapshot
from tests.cli.tree import Tree
from tests.house.places import ROOT

ROOT_TITLE = "root@example.com"
DESK = "tenants/farol/desk.yaml"


def at_once(home: Tree, *calls: Sequence[str]) -> list[tuple[int, str]]:
    """The exit codes and words of calls that are begun together."""
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=home.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=here,
        )
        for words in calls
    ]
    ended = [one.communicate(timeout=120) for one in begun]
    return [(one.returncode, out + err) for one, (out, err) in zip(begun, ended, strict=True)]


def runs(home: Tree) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = home.run("history", "--format", "json").json["runs"]
    return found


@pytest.fixture
def changed(home: Tree) -> tuple[Tree, dict[str, list[str]], str]:
    """A run that moved, changed and created; what was before it, and its id."""
    home.apply()
    before = snapshot(home)
    assert home.run("move", "Category/farol/signing", "seals").code == 0
    home.edit(DESK, "Questions about seals", "About seals — não")
    text = (home.folder / DESK).read_text(encoding="utf-8").partition("---\n")[0]
    home.write("tenants/farol/more.yaml", text.replace("incident", "request").replace("Incident", "Request"))
    home.apply()
    return home, before, newest(home)


def test_two_rollbacks_of_one_run_undo_it_once(changed: tuple[Tree, dict[str, list[str]], str]) -> None:
    home, before, run = changed
    words = ("rollback", run, "--auto-approve", *EVERYBODY)
    found = at_once(home, words, words)
    # One undid it; the other came too late for its plan, or found that nothing is left to undo.
    assert sorted(code for code, _ in found) in ([0, 5], [0, 0]), found
    assert not any("Traceback" in words for _, words in found)
    assert snapshot(home) == before
    assert [one["rollback_of"] for one in runs(home)].count(run) == 1
    assert home.run("history", "verify").code == 0


def test_a_rollback_beside_an_apply_is_whole_or_is_not(changed: tuple[Tree, dict[str, list[str]], str]) -> None:
    home, before, run = changed
    left = snapshot(home)
    home.edit(DESK, "About seals — não", "All about them")
    found = at_once(
        home,
        ("rollback", run, "--auto-approve", *EVERYBODY),
        ("apply", "--auto-approve", *EVERYBODY),
    )
    (back, _), (forth, _) = found
    assert not any("Traceback" in words for _, words in found), found
    assert back in (0, 5), found
    assert forth in (0, 5), found
    assert 0 in (back, forth), found
    after = snapshot(home)
    category = home.sql("SELECT name, description FROM categories")
    if back == 0 and forth == 0:
        # The apply came second, and brought everything back that git asks for; or first, and then it was a conflict.
        assert category == [("seals", "All about them")]
    elif back == 0:
        assert after == before
    else:
        assert category == [("seals", "All about them")]
        assert after != left
    assert home.run("history", "verify").code == 0
    assert home.run("db", "check").code == 0


def test_a_plan_file_of_a_rollback_is_applied_once_by_two(changed: tuple[Tree, dict[str, list[str]], str]) -> None:
    home, before, run = changed
    assert home.run("rollback", run, "--out", "back.plan", *EVERYBODY).code == 0
    words = ("apply", "back.plan", "--auto-approve", *EVERYBODY)
    found = at_once(home, words, words)
    assert sorted(code for code, _ in found) in ([0, 0], [0, 5]), found
    assert snapshot(home) == before
    assert [one["rollback_of"] for one in runs(home)].count(run) == 1


@pytest.mark.parametrize("by_hand", [False, True])
def test_who_comes_too_late_is_told_who_came_first(
    changed: tuple[Tree, dict[str, list[str]], str], *, by_hand: bool
) -> None:
    home, before, run = changed
    words = ("rollback", run, "--auto-approve", *EVERYBODY)
    first: list[tuple[int, str]] = []

    def meanwhile(place: str) -> None:
        """Between the yes and the locks somebody else is quicker."""
        if place == "agreed" and not first and by_hand:
            home.sql("UPDATE categories SET description = 'By hand', rev = rev + 1")
            first.append((0, ""))
        elif place == "agreed" and not first:
            first.extend(at_once(home, words))

    with armed(meanwhile):
        late = home.run(*words)
    assert (first[0][0], late.code) == (0, 5), (first, late)
    told = " ".join(late.err.split())
    assert "other rows" not in told
    if by_hand:
        assert "description of Category/farol/signing" in told
        assert "RBK-01" in told
        return
    winner = newest(home)
    assert f"run {winner} of {ROOT_TITLE}" in told
    assert f"which undid run {run}, has changed" in told
    assert "Nothing was applied" in told
    assert "plan again" in told
    assert snapshot(home) == before


def test_a_plan_file_of_what_is_undone_already_says_who_undid_it(
    changed: tuple[Tree, dict[str, list[str]], str],
) -> None:
    home, before, run = changed
    assert home.run("rollback", run, "--out", "back.plan", *EVERYBODY).code == 0
    assert home.run("rollback", run, "--auto-approve", *EVERYBODY).code == 0
    winner = newest(home)
    late = home.run("apply", "back.plan", "--auto-approve", *EVERYBODY)
    told = " ".join(late.err.split())
    assert late.code == 5, late
    assert f"run {winner} of {ROOT_TITLE}, which undid run {run}, has left nothing to undo" in told
    assert "other rows" not in told
    assert "Nothing was applied" in told
    assert snapshot(home) == before
