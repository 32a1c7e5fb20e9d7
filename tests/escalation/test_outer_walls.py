"""Walls around what lies outside, around a branch, and before an auditor: each one taken away in turn is noticed.

As in ``test_walls``; these stand in repositories where nobody is trusted to guess, which is the default.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from reconciler.operations import adopt, approve, drift, moving, outside, rollback
from reconciler.wiring import opening
from tests.escalation.estate import JUDGED, Estate
from tests.escalation.test_walls import AUDITOR, BILLING, FAROL, PAULA, ROOT, Patch, Wall

YES = "--auto-approve"
MOVED = """\
apiVersion: reconciler/v1
kind: Moved
metadata: {name: m}
spec: {from: Category/duna/absent, to: Category/duna/renamed}
"""


def committed(estate: Estate, *more: str) -> None:
    """Commit the manifests, and the files ``more``."""
    who = ("-c", "user.name=farol", "-c", "user.email=farol@example.com")
    for words in (["init", "-q"], ["add", "manifests", *more], ["commit", "-q", "--allow-empty", "-m", "Begin"]):
        subprocess.run(["git", *who, *words], cwd=estate.folder, check=True)


def denied(estate: Estate, *more: str) -> bool:
    told = estate.plan(PAULA, more=more)
    return told.code == 4 and "PRM-02" in told.out


def run_of(estate: Estate) -> str:
    return str(json.loads(estate.run("history", "--format", "json", "--as", ROOT).out)["runs"][0]["id"])


# --- attempts --------------------------------------------------------------------------------------------------------


def foreign_on_a_branch(estate: Estate) -> bool:
    estate.write(BILLING, {"displayName": "Billing"})
    committed(estate)
    estate.write(BILLING, {"displayName": "Mine"})
    return denied(estate, "--base", "HEAD")


def foreign_taken_away(estate: Estate) -> bool:
    estate.write(FAROL)
    estate.write(BILLING)
    committed(estate)
    estate.remove(BILLING)
    return denied(estate, "--base", "HEAD")


def foreign_name(estate: Estate) -> bool:
    """A move from a name that may be one of others', be there something or not."""
    moved = estate.folder / "manifests" / "moved.yaml"
    moved.unlink(missing_ok=True)
    estate.write(("Category", "duna", "renamed"), {"displayName": "Renamed"})
    committed(estate)
    moved.write_text(MOVED, encoding="utf-8")
    return denied(estate, "--base", "HEAD")


def foreign_pruned(estate: Estate) -> bool:
    """Nobody prunes what is not seen, and nobody is told that it could be."""
    estate.write(FAROL)
    told = estate.plan(PAULA, more=("--prune", "--target", "*/duna/*"))
    return told.code == 0 and "duna-a" not in told.out + told.err


def foreign_behind_a_file(estate: Estate) -> bool:
    """A plan file goes no further than its maker could see, though an administrator applies it."""
    estate.write(FAROL, {"legalName": f"{estate.specs[FAROL]['legalName']}, S.A."})
    estate.write(BILLING)
    assert estate.plan(PAULA, more=("--mine", "--out", "p.plan")).code == 0
    estate.write(BILLING, {"displayName": "Behind"})
    told = estate.run("apply", "p.plan", "--as", ROOT)
    return told.code == 0 and estate.sql("SELECT 1 FROM categories WHERE display_name = 'Behind'") == []


def foreign_undone(estate: Estate) -> bool:
    told = estate.run("rollback", run_of(estate), YES, "--as", PAULA)
    return told.code == 4 and "a part of it lies outside the reach" in " ".join(told.err.split())


def a_rule_of_the_branch(estate: Estate) -> bool:
    """A branch that trusts everybody with a guess, and guesses."""
    estate.settings()
    committed(estate, "reconciler.yaml")
    estate.write(BILLING)
    estate.settings(JUDGED)
    return denied(estate, "--base", "HEAD")


def an_auditor_asks(*words: str) -> Callable[[Estate], bool]:
    def attempt(estate: Estate) -> bool:
        estate.write(FAROL)
        estate.plan(ROOT, more=("--out", "p.plan"))
        told = estate.run(*words, "--as", AUDITOR)
        return told.code == 4 and "OPR-06" in told.err

    return attempt


# --- walls -----------------------------------------------------------------------------------------------------------


def gone(module: object, name: str, value: object) -> Callable[[Patch], None]:
    """Without what a function gives."""
    return lambda patch: patch.setattr(module, name, lambda *_, **__: value)


def _everything_is_managed(patch: Patch) -> None:
    patch.setattr(moving, "unmanaged", lambda live, _hidden: live)


def _moves_are_free(patch: Patch) -> None:
    patch.setattr(outside, "_moves", lambda _eyes, _live, moves: (tuple(moves), []))


def _a_file_goes_anywhere(patch: Patch) -> None:
    patch.setattr(outside, "actor", lambda rights, _name: rights.find(ROOT))


def _a_branch_rules_itself(patch: Patch) -> None:
    patch.setattr(opening, "overruled", lambda ours, _theirs: ours)


def _free(module: object) -> Callable[[Patch], None]:
    return gone(module, "may_write", None)


WALLS = {
    "what a branch changes outside is denied": Wall(gone(outside, "outside_denials", ()), foreign_on_a_branch),
    "what a branch takes away outside is denied": Wall(gone(outside, "_gone", frozenset()), foreign_taken_away),
    "a move of what is not seen is denied": Wall(_moves_are_free, foreign_name),
    "what is not seen is managed by nobody": Wall(_everything_is_managed, foreign_pruned),
    "a plan file goes as far as its maker sees": Wall(_a_file_goes_anywhere, foreign_behind_a_file),
    "a run is undone by who may read it": Wall(gone(rollback, "refuse_beyond", None), foreign_undone),
    "a branch is judged by the rules of its base": Wall(_a_branch_rules_itself, a_rule_of_the_branch),
    "an auditor adopts nothing": Wall(_free(adopt), an_auditor_asks("adopt", "--all", YES, "--into", "manifests")),
    "an auditor undoes nothing": Wall(_free(rollback), an_auditor_asks("rollback", "zzzz", "--out", "r.plan")),
    "an auditor has no approval": Wall(_free(approve), an_auditor_asks("approve", "p.plan", "--withdraw")),
    "an auditor writes no drift down": Wall(
        gone(drift, "may_record", None), an_auditor_asks("drift", "manifests", "--record")
    ),
}


@pytest.mark.parametrize("name", sorted(WALLS))
def test_a_wall_that_goes_is_noticed(name: str, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = WALLS[name]
    estate.settings()
    assert wall.attempt(estate)
    estate.settings()
    with monkeypatch.context() as patch:
        wall.remove(patch)
        assert not wall.attempt(estate)
