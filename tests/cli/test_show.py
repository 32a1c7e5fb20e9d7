"""show says in every form what plan said: guards, policies, denials, approvals, access, base and snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.formats import plan_words
from reconciler.engine.planfile import _canonical, _seal
from tests.cli.test_base import commit, git
from tests.cli.test_policies import policy
from tests.cli.tree import INES, Tree

CATEGORY = "tenants/farol/desk.yaml"
THIRD = """\
apiVersion: reconciler/v1
kind: Operator
metadata: {name: third}
spec: {email: third@example.com, displayName: Third, role: administrator, language: pt-PT}
"""


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A runner's files, which the form for GitHub fills."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "step-outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step-summary"))
    return tmp_path


def both(tree: Tree, steps: Path, *words: str) -> dict[str, tuple[str, str]]:
    """For each form what plan said and what show said."""
    found = {}
    for form in plan_words():
        said = []
        for call in (["plan", *words, "--out", "p.plan", "--format", form], ["show", "p.plan", "--format", form]):
            told = tree.run(*call).out
            for name in ("step-outputs", "step-summary"):
                left = steps / name
                told += left.read_text(encoding="utf-8") if left.exists() else ""
                left.unlink(missing_ok=True)
            said.append(told)
        found[form] = (said[0], said[1])
    return found


def agree(found: dict[str, tuple[str, str]]) -> None:
    assert len(found) == 9
    for form, (planned, shown) in found.items():
        assert planned, form
        assert shown == planned, form


def branch(tree: Tree) -> str:
    """A repository whose head gives somebody a right, changes a customer, and whose world drifted before; its base."""
    git(tree, "init", "-q", "-b", "main")
    commit(tree)
    tree.apply()
    tree.sql("UPDATE categories SET audience = 'all'")
    tree.sql("UPDATE service_types SET display_name = 'Elsewhere'")
    base = commit(tree)
    people = (tree.folder / "platform/operators.yaml").read_text(encoding="utf-8")
    tree.write("platform/operators.yaml", f"{people}---\n{THIRD}")
    tree.edit(CATEGORY, "Questions about seals", "All about seals")
    commit(tree)
    return base


def test_policies_access_approvals_and_base_are_told_again(tree: Tree, steps: Path) -> None:
    tree.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\napprovals: {sensitive: 1}\n")
    policy(tree, "name: look, for: plan, warn: 'true', message: look twice")
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "reconciler.yaml", "policies")
    base = branch(tree)
    found = both(tree, steps, "--base", base, "--as", "root@example.com")
    agree(found)
    own = json.loads(found["json"][1])["reconciler"]
    assert [one["code"] for one in own["guards"]] == ["POL-11"]
    assert {one["change"] for one in own["access"]} == {"gain"}
    assert own["approvals"]["needed"] > 0
    assert own["base"]["before"]["drift"] == 2
    text = " ".join(found["text"][1].split())
    for words in ("already pending before it", "look twice", "gains", "approval"):
        assert words in text, words


def test_a_branch_that_takes_something_back_is_told_again(tree: Tree, steps: Path) -> None:
    base = branch(tree)
    tree.edit(CATEGORY, "audience: customers", "audience: all")
    agree(both(tree, steps, "--base", base))
    assert json.loads(tree.run("show", "p.plan", "--format", "json").out)["reconciler"]["base"]["withdrawn"]


def test_denials_are_told_again(tree: Tree, steps: Path) -> None:
    tree.apply()
    tree.edit(CATEGORY, "Questions about seals", "All about seals")
    tree.edit("tenants/farol/partner.yaml", "FAR-0001", "FAR-0002")
    found = both(tree, steps, "--as", INES)
    agree(found)
    assert json.loads(found["json"][1])["reconciler"]["denied"]


def test_a_snapshot_is_told_again(tree: Tree, steps: Path) -> None:
    tree.apply()
    assert tree.run("snapshot", "--out", "live.snap").code == 0
    tree.edit(CATEGORY, "Questions about seals", "All about seals")
    found = both(tree, steps, "--live", "live.snap")
    agree(found)
    assert "cannot be applied" in " ".join(found["text"][1].split())


def changed(tree: Tree, change: Any, *, sealed: bool) -> None:
    document = json.loads((tree.folder / "p.plan").read_bytes())
    change(document["aside"])
    if sealed:
        document["seal"] = _seal({key: value for key, value in document.items() if key != "seal"})
    (tree.folder / "p.plan").write_bytes(_canonical(document) + b"\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda aside: aside["guards"][0].update(summary="all is well"),
        lambda aside: aside["guards"].clear(),
        lambda aside: aside["access"].pop(),
        lambda aside: aside["access"][0].update(knownAs="somebody@example.com"),
        lambda aside: aside["base"].update(before="none"),
        lambda aside: aside["pending"].clear(),
        lambda aside: aside.update(base=None),
    ],
)
def test_changed_words_break_the_seal(tree: Tree, change: Any) -> None:
    base = branch(tree)
    policy(tree, "name: look, for: plan, warn: 'true', message: look twice")
    tree.run("plan", "--base", base, "--as", "root@example.com", "--out", "p.plan")
    changed(tree, change, sealed=False)
    for words in (["show", "p.plan"], ["apply", "p.plan", "--auto-approve", "--as", "root@example.com"]):
        call = tree.run(*words)
        assert (call.code, "PLN-02" in call.err) == (5, True)


@pytest.mark.parametrize(
    "change",
    [
        lambda aside: aside.pop("guards"),
        lambda aside: aside.update(guards=[{}]),
        lambda aside: aside.update(access=[1]),
        lambda aside: aside.update(base=[]),
        lambda aside: aside.update(base={"commit": 1}),
        lambda aside: aside.update(pending=[["x", True, [], [], []]]),
        lambda aside: aside.update(pending=[["Category/farol/signing", True, ["x"], [], []]]),
    ],
)
def test_words_without_their_shape_are_refused(tree: Tree, change: Any) -> None:
    tree.run("plan", "--out", "p.plan")
    changed(tree, change, sealed=True)
    for verb in ("show", "apply"):
        call = tree.run(verb, "p.plan")
        assert (call.code, "PLN-01" in call.err) == (1, True)


def test_files_of_other_formats_are_refused_by_name(tree: Tree) -> None:
    tree.run("plan", "--out", "p.plan")
    for number, age in ((1, "older"), (99, "newer")):
        document = json.loads((tree.folder / "p.plan").read_bytes()) | {"format": number}
        (tree.folder / "other.plan").write_bytes(_canonical(document) + b"\n")
        call = tree.run("show", "other.plan")
        assert (call.code, "PLN-03" in call.err, age in call.err) == (1, True, True)
