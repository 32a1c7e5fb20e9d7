"""``--format`` of validate, plan and show for machines, and what a step of a workflow is left with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.cli.tree import SECRET, Tree

DESK = "tenants/farol/desk.yaml"


def outputs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


def test_validate_speaks_to_each_machine(tree: Tree) -> None:
    tree.edit(DESK, "audience: customers", "audience: nobody")
    line = tree.line_of(DESK, "audience: nobody")
    log = tree.run("validate", "--format", "sarif")
    region = log.json["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    quality = tree.run("validate", "--format", "gitlab")
    annotations = tree.run("validate", "--format", "github")
    junit = tree.run("validate", "--format", "junit")
    assert [call.code for call in (log, quality, annotations, junit)] == [1, 1, 1, 1]
    assert region["startLine"] == line
    assert quality.json[0]["location"] == {"path": DESK, "lines": {"begin": line}}
    assert annotations.out.startswith(f"::error file={DESK},line={line},")
    assert annotations.out.splitlines()[-1].startswith("Invalid: 1 error in ")
    suites = JUnitXml.fromstring(junit.out.encode())
    assert (suites.tests, suites.failures) == (4, 1)


@pytest.mark.parametrize("form", ["sarif", "github", "gitlab", "gitlab-terraform", "junit"])
def test_a_plan_and_its_file_say_the_same(tree: Tree, form: str) -> None:
    planned = tree.run("plan", "--format", form, "--out", "p.plan")
    shown = tree.run("show", "p.plan", "--format", form)
    assert (planned.code, shown.code) == (0, 0)
    assert planned.out == shown.out != ""
    assert SECRET not in planned.out


def test_manifests_that_hold_errors_are_told_in_the_form_that_was_asked_for(tree: Tree) -> None:
    tree.edit(DESK, "audience: customers", "audience: nobody")
    call = tree.run("plan", "--format", "sarif")
    assert call.code == 1
    assert call.json["runs"][0]["results"][0]["level"] == "error"
    assert "nothing was planned" in call.err
    assert tree.run("plan", "--format", "gitlab-terraform").out == ""


def test_a_step_is_left_with_outputs_and_a_summary(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    left, summary = tree.write("out.txt", "before=1\n"), tree.write("summary.md", "before\n")
    monkeypatch.setenv("GITHUB_OUTPUT", str(left))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    call = tree.run("plan", "--format", "github", "--out", "p.plan")
    found = outputs(left)
    assert call.out.splitlines()[-1] == "Plan: 8 to add, 0 to change, 0 to destroy."
    assert found["before"] == "1"
    assert (found["verdict"], found["changes"], found["add"], found["errors"]) == ("changes", "true", "8", "0")
    assert found["digest"] == json.loads((tree.folder / "p.plan").read_text(encoding="utf-8"))["digest"]
    assert summary.read_text(encoding="utf-8").startswith("before\n<!-- reconciler:plan -->\n")
    assert "**Plan: 8 to add, 0 to change, 0 to destroy.**" in summary.read_text(encoding="utf-8")
    tree.run("validate", "--format", "github")
    assert outputs(left)["verdict"] == "valid"


def test_other_forms_leave_nothing_behind(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tree.write("out.txt", "")
    monkeypatch.setenv("GITHUB_OUTPUT", str(left))
    tree.run("plan", "--format", "sarif")
    assert left.read_text(encoding="utf-8") == ""


def test_a_step_whose_file_cannot_be_written_fails(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tree.folder / "missing" / "out.txt"))
    call = tree.run("plan", "--format", "github")
    assert call.code == 1
    assert "error OUT-01: the file of GITHUB_OUTPUT cannot be written" in call.err


@pytest.mark.parametrize("name", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_paths_begin_at_the_root_of_the_repository(tree: Tree, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, str(tree.folder.parent))
    tree.edit(DESK, "audience: customers", "audience: nobody")
    whole = f"{tree.folder.name}/{DESK}"
    assert tree.run("validate", "--format", "gitlab").json[0]["location"]["path"] == whole
    assert f"file={whole}," in tree.run("validate", "--format", "github").out
    monkeypatch.setenv(name, "/elsewhere")
    assert tree.run("validate", "--format", "gitlab").json[0]["location"]["path"] == DESK


@pytest.mark.parametrize("form", ["markdown", "html", "sarif", "github", "gitlab", "junit"])
def test_drift_is_told_in_every_form(tree: Tree, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tree.write("out.txt", "")
    monkeypatch.setenv("GITHUB_OUTPUT", str(left))
    tree.run("apply", "--auto-approve", "--bootstrap")
    call = tree.run("drift", "--format", form)
    assert (call.code, bool(call.out)) == (0, True), call.err
    assert ("drift=false" in left.read_text(encoding="utf-8")) is (form == "github")
