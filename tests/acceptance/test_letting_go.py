"""Letting go of a resource is judged, approved and applied like any other plan, on either sort of database."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.test_rollback import newest, snapshot
from tests.cli.test_policies import policy
from tests.cli.tree import INES, ROOT, SECOND, Tree

SENSITIVE = "apiVersion: reconciler/v1\nkind: Project\napprovals: {sensitive: 1}\n"
THIRD = """\
---
apiVersion: reconciler/v1
kind: Operator
metadata:
  name: third
spec:
  email: third@example.com
  displayName: Vera Lobo
  role: administrator
  language: pt-PT
"""
FORGET = ("state", "forget", "Operator/third")


@pytest.fixture
def guarded(home: Tree) -> Tree:
    """What feeds rights needs the approval of one who did not make it."""
    file = home.folder / "platform/operators.yaml"
    file.write_text(file.read_text(encoding="utf-8") + THIRD, encoding="utf-8")
    home.apply()
    home.write("reconciler.yaml", SENSITIVE)
    return home


def test_what_feeds_rights_needs_an_approval(guarded: Tree) -> None:
    before = snapshot(guarded)
    call = guarded.run(*FORGET, "--auto-approve", "--as", ROOT)
    assert (call.code, "GEN-25" in call.err) == (4, True), call.err
    assert snapshot(guarded) == before
    call = guarded.run(*FORGET, "--auto-approve", "--as", ROOT, "--as", SECOND)
    assert call.code == 0, call.err
    assert guarded.sql("SELECT count(*) FROM reconciler_resources WHERE name = 'third'") == [(0,)]
    assert guarded.sql("SELECT count(*) FROM operators WHERE name = 'third'") == [(1,)]


def test_what_does_not_needs_none(guarded: Tree) -> None:
    call = guarded.run("state", "forget", "Category/farol/signing", "--auto-approve", "--as", INES)
    assert call.code == 0, call.err


def test_a_plan_file_is_approved_and_applied_once(guarded: Tree) -> None:
    call = guarded.run(*FORGET, "--out", "let.plan", "--as", ROOT)
    assert call.code == 0, call.err
    assert "x forget Operator/third" in call.out
    assert "x forget Operator/third" in guarded.run("show", "let.plan").out
    assert guarded.run("owners", "let.plan", "--as", ROOT).code == 0
    assert guarded.run("apply", "let.plan", "--as", ROOT).code == 4
    assert guarded.run("approve", "let.plan", "--auto-approve", "--as", SECOND).code == 0
    call = guarded.run("apply", "let.plan", "--as", ROOT)
    assert call.code == 0, call.err
    assert guarded.sql("SELECT count(*) FROM reconciler_resources WHERE name = 'third'") == [(0,)]
    assert "Already applied" in guarded.run("apply", "let.plan", "--as", ROOT).out
    call = guarded.run("rollback", newest(guarded), "--auto-approve", "--as", ROOT, "--as", SECOND)
    assert call.code == 0, call.err
    assert guarded.sql("SELECT count(*) FROM reconciler_resources WHERE name = 'third'") == [(1,)]
    assert guarded.run("history", "verify").code == 0


def test_a_plan_file_that_the_world_has_left_behind_is_stale(guarded: Tree) -> None:
    assert guarded.run(*FORGET, "--out", "let.plan", "--as", ROOT, "--as", SECOND).code == 0
    document = json.loads((guarded.folder / "let.plan").read_text(encoding="utf-8"))
    assert document["letsGo"] is True
    guarded.sql("UPDATE operators SET display_name = 'Vera' WHERE name = 'third'")
    assert guarded.run("apply", "let.plan", "--as", ROOT, "--as", SECOND).code == 5


def test_a_policy_may_forbid_it(guarded: Tree) -> None:
    policy(guarded, "name: keep, for: plan, deny: 'true', message: nothing is forgotten here")
    call = guarded.run("state", "forget", "Category/farol/signing", "--auto-approve", "--as", INES)
    assert (call.code, "nothing is forgotten here" in call.err) == (4, True), call.err
