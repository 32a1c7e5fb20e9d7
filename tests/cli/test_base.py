"""plan --base: what the branch changes, apart from what was pending before it. The repository is a real one."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.cli.tree import Call, Tree

DESK = "tenants/farol/desk.yaml"
CUSTOMERS = "tenants/farol/customers.yaml"
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")


def git(tree: Tree, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=tree.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(tree: Tree) -> str:
    git(tree, "add", "-A", "platform", "tenants")
    git(tree, "commit", "-q", "--allow-empty", "-m", "x")
    return git(tree, "rev-parse", "HEAD")


@pytest.fixture
def repository(tree: Tree) -> Tree:
    """The tree, committed and applied; then the world moved: one field of a category drifted."""
    git(tree, "init", "-q", "-b", "main")
    commit(tree)
    tree.apply()
    tree.sql("UPDATE categories SET audience = 'all'")
    return tree


def facts(call: Call) -> Any:
    return call.json["reconciler"]["base"]


def test_drift_that_was_there_before_is_not_the_branchs(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    call = tree.run("plan", "--base", base, "--detailed-exitcode", "--format", "json")
    found = facts(call)
    assert (call.code, found["checks"]) == (0, {"branch": "none", "before": "changes"})
    assert (found["branch"]["change"], found["before"]["change"], found["before"]["drift"]) == (0, 1, 1)
    (change,) = call.json["resource_changes"]
    assert change["reconciler"]["earlier"] is True
    assert tree.run("plan", "--detailed-exitcode").code == 2, "without a base everything counts"


def test_both_parts_are_counted_and_told_apart(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    tree.edit(DESK, "displayName: Incident", "displayName: Trouble")
    tree.edit(DESK, "Questions about seals", "All about seals")
    tree.write(
        "tenants/farol/more.yaml",
        "apiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {name: request, tenant: farol}\n"
        "spec: {displayName: Request}\n",
    )
    head = commit(tree)
    git(tree, "checkout", "-q", base)  # what is checked out does not matter
    call = tree.run("plan", "--rev", head, "--base", base, "--detailed-exitcode", "--format", "json")
    found = facts(call)
    assert (call.code, found["checks"]["branch"], found["commit"]) == (2, "changes", base)
    assert (found["branch"]["add"], found["branch"]["change"], found["before"]["change"]) == (1, 2, 1)
    lines = {
        (one["address"], field["path"]): field.get("earlier", False)
        for one in call.json["resource_changes"]
        for field in one["reconciler"]["fields"]
        if "create" not in one["reconciler"]["actions"]
    }
    assert lines == {
        ("ServiceType/farol/incident", "displayName"): False,
        ("Category/farol/signing", "description"): False,
        ("Category/farol/signing", "audience"): True,
    }
    text = tree.run("plan", "--rev", head, "--base", base).out
    assert text.splitlines()[0] == "Plan: 1 to add, 2 to change, 0 to destroy."
    told = " ".join(text.split())
    assert "this branch: 1 to add, 2 to change." in told
    assert "1 to change (drift 1)." in told
    assert "pending before, drift" in told


def test_what_waits_for_an_apply_is_listed_behind_the_branchs_own(repository: Tree) -> None:
    tree = repository
    tree.sql("UPDATE categories SET audience = 'customers'")
    tree.edit(CUSTOMERS, "Lumen Grupo, S.A.", "Lumen Group, S.A.")
    base = commit(tree)
    tree.edit(DESK, "Questions about seals", "All about seals")
    text = tree.run("plan", "--base", base).out
    own, _, before = text.partition("Pending before this branch: 1 resource.")
    assert "Category/farol/signing" in own
    assert "Customer/farol/lumen" not in own
    assert "~ Customer/farol/lumen: update" in before
    assert "Lumen Group" in tree.run("plan", "--base", base, "--verbose").out


def test_the_same_field_with_another_value_is_the_branchs(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    tree.edit(DESK, "audience: customers", "audience: partners")
    call = tree.run("plan", "--base", base, "--detailed-exitcode", "--format", "json")
    assert (call.code, facts(call)["branch"]["change"]) == (2, 1)


def test_of_what_the_branch_moves_the_drift_stays_what_was_pending(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    assert tree.run("move", "Category/farol/signing", "seals").code == 0
    call = tree.run("plan", "--base", base, "--detailed-exitcode", "--format", "json")
    found = facts(call)
    assert (call.code, found["branch"]["move"], found["branch"]["change"], found["withdrawn"]) == (2, 1, 0, [])
    (change,) = call.json["resource_changes"]
    assert change["previous_address"] == "Category/farol/signing"
    assert [one["earlier"] for one in change["reconciler"]["fields"]] == [True]
    pending = commit(tree)
    assert facts(tree.run("plan", "--base", pending, "--format", "json"))["checks"]["branch"] == "none"
    assert tree.run("move", "Category/farol/seals", "stamps").code == 0
    found = facts(tree.run("plan", "--base", pending, "--format", "json"))
    assert (found["branch"]["move"], found["branch"]["change"], found["withdrawn"]) == (1, 0, [])


def test_what_the_branch_takes_back_is_told(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    tree.edit(DESK, "audience: customers", "audience: all")
    call = tree.run("plan", "--base", base, "--detailed-exitcode", "--format", "json")
    assert facts(call)["withdrawn"] == [{"address": "Category/farol/signing", "path": None}]
    assert (call.code, facts(call)["checks"]["branch"]) == (2, "changes")
    assert "No longer pending" in tree.run("plan", "--base", base).out


def test_errors_that_were_there_before_are_told_apart(repository: Tree) -> None:
    tree = repository
    tree.sql("UPDATE categories SET audience = 'customers'")
    tree.edit(DESK, "name: signing", "name: sealing")
    (tree.folder / "tenants/farol/desk.yaml").unlink()
    base = commit(tree)  # two deletes wait
    tree.edit(CUSTOMERS, "Lumen Grupo, S.A.", "Lumen Group, S.A.")
    call = tree.run("plan", "--base", base, "--format", "json")
    assert facts(call)["branch"]["held"] == 0
    assert facts(call)["before"]["held"] == 2
    assert (call.code, facts(call)["checks"]) == (0, {"branch": "changes", "before": "none"})


def test_a_base_with_errors_is_no_error_of_the_branch(repository: Tree) -> None:
    tree = repository
    tree.edit(DESK, "sortOrder: 10\n---", "sortOrder: ten\n---")
    base = commit(tree)
    tree.edit(DESK, "sortOrder: ten\n---", "sortOrder: 11\n---")
    call = tree.run("plan", "--base", base, "--detailed-exitcode", "--format", "json")
    assert (call.code, facts(call)["planned"], facts(call)["checks"]["before"]) == (2, False, "error")
    assert "nothing could be planned there" in " ".join(tree.run("plan", "--base", base).out.split())


def test_a_branch_with_errors_of_its_own_fails(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    tree.edit(DESK, "serviceTypes: [incident]", "serviceTypes: [nothing]")
    assert tree.run("plan", "--base", base).code == 1
    assert tree.run("plan", "--base", "no-such-commit").code == 1


def test_it_works_with_a_snapshot(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    tree.run("snapshot", "--out", "live.snap")
    tree.edit(DESK, "Questions about seals", "All about seals")
    live = tree.run("plan", "--base", base, "--format", "json").json
    frozen = tree.run("plan", "--base", base, "--live", "live.snap", "--format", "json").json
    assert frozen["reconciler"]["base"] == live["reconciler"]["base"]
    assert frozen["resource_changes"] == live["resource_changes"]


def test_events_hold_both_counts(repository: Tree) -> None:
    tree = repository
    base = commit(tree)
    last = tree.run("plan", "--base", base, "--json").events[-1]
    assert last["reconciler"]["base"]["checks"] == {"branch": "none", "before": "changes"}


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_reviewers_see_both_counts(repository: Tree, form: str) -> None:
    tree = repository
    base = commit(tree)
    tree.run("snapshot", "--out", "live.snap")
    tree.edit(DESK, "Questions about seals", "All about seals")
    call = tree.run("plan", "--base", base, "--live", "live.snap", "--format", form)
    text = call.out.replace("\\", "")
    assert "This branch: 1 to change." in text
    assert "1 to change (drift 1)." in text
    assert "Made from a snapshot of" in text


def test_a_step_is_left_with_both_checks(repository: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = repository
    base = commit(tree)
    left = tree.write("out.txt", "")
    monkeypatch.setenv("GITHUB_OUTPUT", str(left))
    assert tree.run("plan", "--base", base, "--format", "github").code == 0
    found = dict(line.split("=", 1) for line in left.read_text(encoding="utf-8").splitlines())
    assert (found["changes"], found["branch"], found["before"]) == ("false", "none", "changes")
