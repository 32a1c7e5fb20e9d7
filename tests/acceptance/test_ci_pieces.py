"""The scripts of the action and of the components, started with bash and settings from outside, as runners do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.formats import PLAN_FORMATS
from tests.adapters.reviews.host import TOKEN, Host, serving
from tests.cli.tree import CLOCK, FILES, SECRET

ROOT = Path(__file__).parents[2]
STEPS = {one["name"]: one for one in yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]}
CUSTOMERS = "tenants/farol/customers.yaml"
HOSTILE = "a $(touch pwned) `touch pwned`; touch pwned #.plan"


class Runner:
    """A folder in which scripts run as in a job: the program on the path, the manifests in a folder below."""

    def __init__(self, folder: Path, kept: Path) -> None:
        """``kept`` is where the database lies after the first apply of the first of them."""
        self.folder = folder
        self.home = folder / "work"
        for file, text in FILES.items():
            if file == CUSTOMERS:  # it holds a field that is not for the partner who asks
                continue
            path = self.home / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        program = folder / "temp" / "reconciler" / "bin" / "reconciler"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        self.output, self.summary = folder / "output", folder / "summary"
        self.variables = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_WORKSPACE": str(folder),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "CI_PROJECT_DIR": str(folder),
            "RECONCILER_CLOCK": CLOCK,
            "RECONCILER_ACTOR": "root@example.com",
            "ANA_PASSWORD": SECRET,
        }
        if not kept.exists():
            first = "reconciler apply platform tenants/farol/partner.yaml --bootstrap --auto-approve"
            done = self.run(first, where=self.home)
            assert done.returncode == 0, done.stderr
            shutil.copytree(self.home / ".reconciler", kept)
        else:
            shutil.copytree(kept, self.home / ".reconciler")
        self.variables["RECONCILER_ACTOR"] = "ines@farol.example.com"

    def run(self, script: str, *, where: Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=where,
            env={**self.variables, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    def step(self, name: str, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run(STEPS[name]["run"], where=self.home, **more)

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *who, *words], cwd=self.home, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def branched(self) -> tuple[str, str]:
        """A branch that raises a limit, and a target branch that has made it stricter since: the commits of both."""
        limit = "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n"
        limit += "guards: {maxDeletes: {count: %d}}\n"
        self.git("init", "-q", "-b", "main")
        for count in (5, 3):
            (self.home / "reconciler.yaml").write_text(limit % count, encoding="utf-8")
            self.git("add", "platform", "tenants", "reconciler.yaml")
            self.git("commit", "-q", "-m", "x")
        began, rules = self.git("rev-parse", "HEAD~1"), self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "-b", "branch", began)
        (self.home / "reconciler.yaml").write_text(limit % 9, encoding="utf-8")
        self.git("commit", "-q", "-a", "-m", "x")
        return began, rules

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "database"


@pytest.fixture
def runner(tmp_path: Path, kept: Path) -> Runner:
    return Runner(tmp_path, kept)


def job(name: str) -> tuple[str, dict[str, Any]]:
    """The script of a component, one command after the other, and its job."""
    text = (ROOT / "templates" / f"{name}.yml").read_text(encoding="utf-8").split("\n---\n")[1]
    found = next(iter(yaml.safe_load(re.sub(r"\$\[\[ .*? \]\]", "x", text)).values()))
    return "\n".join(found["script"]), found


@pytest.mark.parametrize(
    ("command", "code"), [("validate", 0), ("plan", 0), ("apply", 0), ("drift", 0), ("destroy", 1), ("", 1)]
)
def test_the_action_does_four_things_and_no_others(runner: Runner, command: str, code: int) -> None:
    assert runner.step("Judge the inputs", COMMAND=command).returncode == code


def test_the_action_validates(runner: Runner) -> None:
    assert runner.step("Validate").returncode == 0
    assert runner.outputs["verdict"] == "valid"
    path = runner.home / "tenants/farol/desk.yaml"
    path.write_text(path.read_text("utf-8").replace("audience: customers", "audience: nobody"), encoding="utf-8")
    done = runner.step("Validate")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=work/tenants/farol/desk.yaml,line=")


@pytest.mark.parametrize("file", ["reconciler.plan", HOSTILE])
def test_the_action_plans_and_applies_exactly_that(runner: Runner, file: str) -> None:
    planned = runner.step("Plan", PLAN_FILE=file, PRUNE="false", MINE="true", RECONCILER_ENV="")
    assert planned.returncode == 0, planned.stderr
    assert (runner.outputs["verdict"], runner.outputs["add"]) == ("changes", "2")
    other = runner.step("Apply", PLAN_FILE=file, DIGEST="sha256:" + "0" * 64, RECONCILER_ENV="")
    assert other.returncode != 0
    applied = runner.step("Apply", PLAN_FILE=file, DIGEST=runner.outputs["digest"], RECONCILER_ENV="")
    assert applied.returncode == 0, applied.stderr
    assert "Apply complete! 2 added, 0 changed, 0 destroyed." in applied.stdout
    runner.step("Plan", PLAN_FILE=file, PRUNE="true", MINE="true", RECONCILER_ENV="")
    assert runner.outputs["verdict"] == "none"
    assert not list(runner.folder.rglob("pwned"))


def test_a_plan_that_fails_leaves_no_old_plan_behind(runner: Runner) -> None:
    runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true")
    (runner.home / "bad.yaml").write_text("kind: Nothing\n", encoding="utf-8")
    assert runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true").returncode == 1
    assert not (runner.home / "reconciler.plan").exists()


def test_the_action_plans_a_pull_request_by_the_rules_of_its_target(runner: Runner) -> None:
    began, rules = runner.branched()
    words = {"PLAN_FILE": "reconciler.plan", "PRUNE": "false", "MINE": "true", "COMMAND": "plan"}
    done = runner.step("Plan", BASE=rules, **words)
    assert done.returncode == 0, done.stderr
    assert (runner.outputs["branch"], runner.outputs["before"]) == ("none", "changes")
    told = next(line for line in done.stdout.splitlines() if "CFGF-12" in line)
    assert told.startswith("::warning file=work/reconciler.yaml,line=4,")
    assert rules in told, "the target has become stricter since the branch began"
    assert f"already pending before it, at {began}" in " ".join(done.stdout.split())
    done = runner.step("Plan", BASE="0" * 40, **words)
    assert (done.returncode, "check out with fetch-depth 0" in done.stdout) == (1, True)
    assert not (runner.home / "reconciler.plan").exists(), "no plan of another base stays behind"
    assert runner.step("Plan", BASE="0" * 40, **{**words, "COMMAND": "apply"}).returncode == 0, "an apply has none"


def test_the_component_plans_a_merge_request_by_the_rules_of_its_target(runner: Runner) -> None:
    began, rules = runner.branched()
    subprocess.run(["git", "clone", "-q", "--bare", runner.home, runner.folder / "origin.git"], check=True)
    runner.git("remote", "add", "origin", str(runner.folder / "origin.git"))
    runner.git("branch", "-q", "-D", "main")
    script, _ = job("plan")
    words = {"RECONCILER_FOLDER": "work", "RECONCILER_MINE": "true", "RECONCILER_COMMENT": "false"}
    done = runner.run(script, where=runner.folder, RECONCILER_BASE=began, RECONCILER_RULES="main", **words)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"CFGF-12: guards.maxDeletes.count is not what it is in {rules}" in told
    assert f"already pending before it, at {began}" in told
    done = runner.run(script, where=runner.folder, RECONCILER_BASE=began, RECONCILER_RULES="nothing", **words)
    assert done.returncode != 0


@pytest.mark.skipif("markdown" not in PLAN_FORMATS, reason="there is no form for comments")
def test_the_action_comments(runner: Runner) -> None:
    runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true")
    with serving(Host()) as host:
        settings = {
            "GITHUB_API_URL": host.url,
            "GITHUB_REPOSITORY": "farol/live",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_TOKEN": TOKEN,
        }
        done = [runner.step("Comment", **settings) for _ in range(2)]
    assert [one.returncode for one in done] == [0, 0], done[0].stderr
    assert [one.stdout for one in done] == ["Comment 101: created.\n", "Comment 101: unchanged.\n"]
    assert len(host.writes()) == 1


def test_a_plan_that_fails_becomes_a_comment_as_well(runner: Runner) -> None:
    (runner.home / "bad.yaml").write_text("kind: Nothing\n", encoding="utf-8")
    assert runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true").returncode == 1
    text = (runner.folder / "temp/reconciler-comment.md").read_text("utf-8")
    assert text.startswith("<!-- reconciler:plan -->\n")
    assert "This plan cannot be applied: 4 errors." in text
    assert "bad.yaml" in text


def test_a_plan_that_is_denied_becomes_a_comment_as_well(runner: Runner) -> None:
    (runner.home / CUSTOMERS).write_text(FILES[CUSTOMERS], encoding="utf-8")
    done = runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true")
    assert done.returncode == 4
    assert "::error file=work/tenants/farol/customers.yaml,line=10" in done.stdout
    assert (runner.outputs["verdict"], runner.outputs["denials"]) == ("denied", "1")
    for text in ((runner.folder / "temp/reconciler-comment.md").read_text("utf-8"), runner.summary.read_text("utf-8")):
        assert "Denied: 1 denial.**" in text
        assert "who can: administrator" in text


def test_the_action_looks_for_drift(runner: Runner) -> None:
    runner.step("Plan", PLAN_FILE="reconciler.plan", PRUNE="false", MINE="true")
    runner.step("Apply", PLAN_FILE="reconciler.plan", DIGEST="")
    done = runner.step("Drift")
    assert (done.returncode, done.stdout) == (0, "No drift.\n"), done.stderr
    assert runner.outputs["verdict"] == "none"


def test_the_component_that_validates_reports_and_fails(runner: Runner) -> None:
    script, _ = job("validate")
    assert runner.run(script, where=runner.folder, RECONCILER_FOLDER="work").returncode == 0
    assert json.loads((runner.folder / "reconciler-quality.json").read_text("utf-8")) == []
    (runner.home / "bad.yaml").write_text("kind: Nothing\n", encoding="utf-8")
    assert runner.run(script, where=runner.folder, RECONCILER_FOLDER="work").returncode == 1
    found = json.loads((runner.folder / "reconciler-quality.json").read_text("utf-8"))
    assert {one["location"]["path"] for one in found} == {"work/bad.yaml"}


def test_the_components_that_plan_and_apply_leave_what_their_jobs_report(runner: Runner) -> None:
    script, plan = job("plan")
    done = runner.run(
        script, where=runner.folder, RECONCILER_FOLDER="work", RECONCILER_MINE="true", RECONCILER_COMMENT="false"
    )
    assert done.returncode == 0, done.stderr
    reports = plan["artifacts"]["reports"]
    assert all((runner.folder / file).stat().st_size for file in (*reports.values(), *plan["artifacts"]["paths"]))
    widget = json.loads((runner.folder / reports["terraform"]).read_text("utf-8"))
    assert widget == {"create": 2, "update": 0, "delete": 0}
    script, apply = job("apply")
    done = runner.run(script, where=runner.folder, RECONCILER_FOLDER="work", RECONCILER_MINE="true")
    assert done.returncode == 0, done.stderr
    assert json.loads((runner.folder / apply["artifacts"]["paths"][0]).read_text("utf-8"))
