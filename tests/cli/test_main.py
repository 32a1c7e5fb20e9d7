"""The boundary: options, exit codes, streams, and errors of every sort."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli import main as boundary
from reconciler.cli.main import LazyGroup, cli
from tests.cli.tree import INES, ROOT, SECRET, Tree

COMMANDS = LazyGroup().list_commands(None)  # type: ignore[arg-type]  # the context is not looked at


def program(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The program in a process of its own, with raw streams."""
    root = str(Path(boundary.__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": root, **variables},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(tree: Tree, name: str) -> None:
    call = tree.run(name, "--help")
    assert (call.code, call.out.startswith(f"Usage: reconciler {name}")) == (0, True)
    command = cli.get_command(None, name)  # type: ignore[arg-type]  # the context is not looked at
    assert command is not None
    assert command.get_short_help_str()


@pytest.mark.parametrize(
    "words",
    [
        ["plam"],
        ["plan", "--detailed-exitcod"],
        ["--nothing"],
        ["plan", "--format", "xml"],
        ["show"],
        ["apply", "--lock-timeout", "soon"],
        ["plan", "--allow-delete", "Category"],
        ["--chdir", "nowhere", "plan"],
        ["schema", "--check"],
        ["scaffold", "Categori"],
        ["explain", "Category.nothing"],
        ["show", "nowhere.plan"],
        ["plan", "--config", "nowhere.yaml"],
        ["apply", "--report", "nowhere/r.json"],
        ["plan", "--out", "nowhere/p.plan"],
        ["status", "no-such-run"],
        [],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one_and_never_changes_present(tree: Tree, words: list[str]) -> None:
    call = tree.run(*words)
    assert call.code == 1
    assert "internal error" not in call.err


def test_a_typo_gets_the_nearest_word(tree: Tree) -> None:
    assert "plan" in tree.run("plam").err.splitlines()[0]
    assert "did you mean Category?" in tree.run("scaffold", "Categori").err


def test_global_options_stand_before_or_after_the_verb(tree: Tree) -> None:
    inside = tree.folder / "platform"
    for words in (["--chdir", str(inside), "validate"], ["validate", "--chdir", str(inside)]):
        os.chdir(tree.folder)
        assert tree.run(*words).out.startswith("Valid: 2 resources in 1 file")


def test_quiet_says_the_verdict_alone(tree: Tree) -> None:
    assert tree.run("plan", "--quiet").out == "Plan: 8 to add, 0 to change, 0 to destroy.\n"
    call = tree.run("--quiet", "apply", "--auto-approve", "--bootstrap")
    assert (call.out, call.err) == ("Apply complete! 8 added, 0 changed, 0 destroyed.\n", "")


def test_the_actor_comes_from_the_call_else_the_environment_else_the_machine(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def actor() -> str:
        (found,) = tree.sql("SELECT actor FROM reconciler_runs ORDER BY seq DESC LIMIT 1")
        return str(found[0])

    assert tree.run("apply", "--auto-approve", "--bootstrap").code == 0
    assert actor().startswith("installer local:")
    tree.edit("tenants/farol/desk.yaml", "Questions about seals", "Two")
    nobody = tree.run("apply", "--auto-approve")
    assert (nobody.code, "OPR-09" in nobody.err, actor()[:9]) == (4, True, "installer")
    monkeypatch.setenv("RECONCILER_ACTOR", INES)
    assert tree.run("apply", "--auto-approve", "--mine").code == 0
    assert actor() == INES
    tree.edit("platform/operators.yaml", "Simão Costa", "Simão da Costa")
    assert tree.run("apply", "--auto-approve").code == 4
    assert tree.run("apply", "--auto-approve", "--as", ROOT).code == 0
    assert actor() == ROOT


def test_json_alone_is_on_standard_output(tree: Tree) -> None:
    planned = [one["type"] for one in tree.run("plan", "--json").events]
    assert planned == ["version", *["planned_change"] * 8, "change_summary"]
    events = tree.run("apply", "--json", "--auto-approve", *tree.everybody).events
    kinds = [one["type"] for one in events]
    assert (kinds[0], kinds[-1], kinds.count("apply_start"), kinds.count("apply_complete")) == (
        "version",
        "change_summary",
        8,
        8,
    )
    assert kinds.index("apply_complete") > max(place for place, kind in enumerate(kinds) if kind == "apply_progress")


def test_an_error_is_an_event_too(tree: Tree) -> None:
    tree.edit("tenants/farol/desk.yaml", "kind: Category", "kind: Catgory")
    call = tree.run("plan", "--json", "--json-into", "e.json")
    assert (call.code, [one["type"] for one in call.events]) == (1, ["version", "diagnostic", "diagnostic"])
    assert Path("e.json").read_text(encoding="utf-8") == call.out
    assert tree.run("apply", "--json", "--auto-approve", *tree.everybody).events[1]["type"] == "apply_errored"


def test_validate_as_json(tree: Tree) -> None:
    tree.edit("tenants/farol/desk.yaml", "kind: Category", "kind: Catgory")
    call = tree.run("validate", "--format", "json")
    (found,) = [one for one in call.json["diagnostics"] if one["severity"] == "error"]
    assert (call.code, call.json["valid"], found["code"]) == (1, False, "GEN-01")
    assert found["range"]["filename"] == "tenants/farol/desk.yaml"
    assert found["range"]["start"]["line"] == tree.line_of("tenants/farol/desk.yaml", "Catgory")


def test_errors_are_json_lines_when_asked_for(tree: Tree) -> None:
    call = tree.run("plan", "nowhere", "--log-format", "json")
    lines = [json.loads(line) for line in call.err.splitlines()]
    assert [one["code"] for one in lines] == ["LOD-05", "ERR-02"]


def test_a_run_report_is_written_also_about_a_refusal(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tree.run("apply", "--auto-approve", "--report", "r.json", *tree.everybody).code == 0
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["outcome"] == "applied"
    monkeypatch.delenv("ANA_PASSWORD")
    tree.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    assert tree.run("apply", "--auto-approve", "--report", "r.json", *tree.everybody).code == 1
    found = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert (found["outcome"], found["exit_code"], found["diagnostics"][0]["code"]) == ("not applied", 1, "GEN-22")


def test_an_unforeseen_fault_is_one_line_without_its_text(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_values: object, **_more: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("reconciler.wiring.open_house", broken)
    call = tree.run("plan")
    assert (call.code, call.err.splitlines()[0]) == (1, "error ERR-00: internal error: RuntimeError")
    monkeypatch.setenv("RECONCILER_LOG", "debug")
    traced = tree.run("plan").err
    assert "builtins.RuntimeError" in traced
    assert SECRET not in call.err + traced


def test_an_interrupt_is_a_code_of_its_own(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_values: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.wiring.open_house", interrupted)
    assert tree.run("plan").code == 130


def test_a_locked_database_is_a_code_of_its_own(tree: Tree) -> None:
    import sqlite3

    tree.apply()
    tree.edit("tenants/farol/desk.yaml", "Questions about seals", "All about seals")
    other = sqlite3.connect(tree.folder / ".reconciler/live.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        assert tree.run("apply", "--auto-approve", "--lock-timeout", "100ms", *tree.everybody).code == 6
    finally:
        other.close()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(tree: Tree, encoding: str) -> None:
    tree.edit("tenants/farol/desk.yaml", "Questions about seals", "漢字 " + "ü" * 90)
    found = program(
        "plan",
        folder=tree.folder,
        PYTHONIOENCODING=encoding,
        LC_ALL="C",
        ANA_PASSWORD=SECRET,
        RECONCILER_CLOCK=os.environ["RECONCILER_CLOCK"],
    )
    assert (found.returncode, found.stderr.decode(encoding)[:27]) == (0, "Rights were not judged: nob")
    text = found.stdout.decode(encoding)
    assert ("漢字" in text) == (encoding == "utf-8")


def test_a_full_disk_behind_standard_output_is_told(tree: Tree) -> None:
    root = str(Path(boundary.__file__).parents[2])
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run(
            [sys.executable, "-m", "reconciler", "explain"],
            env={**os.environ, "PYTHONPATH": root},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (found.returncode, b"OUT-01" in found.stderr, b"Exception ignored" in found.stderr) == (1, True, False)


def test_a_reader_that_goes_away_is_no_fault(tree: Tree) -> None:
    root = str(Path(boundary.__file__).parents[2])
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        found = subprocess.run(
            [sys.executable, "-m", "reconciler", "explain"],
            env={**os.environ, "PYTHONPATH": root},
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (found.returncode, found.stderr) == (0, b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_program(tree: Tree, shell: str) -> None:
    call = tree.run("completion", shell)
    assert (call.code, "_RECONCILER_COMPLETE" in call.out) == (0, True)


def test_completion_offers_verbs(tree: Tree) -> None:
    found = program(
        folder=tree.folder, _RECONCILER_COMPLETE="bash_complete", COMP_WORDS="reconciler va", COMP_CWORD="1"
    )
    assert found.stdout == b"plain,validate\n"


def test_colours_are_for_terminals_unless_forced(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in tree.run("plan").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in tree.run("plan").out
    assert "\x1b[" not in tree.run("plan", "--no-color").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in tree.run("plan").out


def test_db_makes_checks_and_names_the_schema(tree: Tree) -> None:
    assert tree.run("db", "current").out == "none\n"
    assert tree.run("db", "check").code == 1
    made = tree.run("db", "upgrade")
    assert made.code == 0
    assert tree.run("db", "current").out.strip() in made.out
    assert tree.run("db", "check").code == 0
    tree.sql("DROP INDEX IF EXISTS ignored")
    tree.sql("ALTER TABLE categories ADD COLUMN extra TEXT")
    assert tree.run("db", "check").code == 1


def test_status_lists_runs(tree: Tree) -> None:
    nothing = tree.run("status")
    assert (nothing.code, nothing.out) == (1, "")
    assert "DB-15" in nothing.err  # nothing true can be told of no database
    tree.apply()
    (run,) = tree.run("status", "--format", "json").json["runs"]
    assert (run["added"], run["actor"], run["outcome"]) == (8, "installer root@example.com", "applied")
    assert run["id"] in tree.run("status").out
    assert tree.run("status", run["id"]).code == 0


def test_schemas_are_written_and_checked(tree: Tree) -> None:
    assert tree.run("schema", "--out", "s").code == 0
    assert tree.run("schema", "--out", "s", "--check").code == 0
    Path("s/role.schema.json").write_text("{}", encoding="utf-8")
    stale = tree.run("schema", "--out", "s", "--check")
    assert (stale.code, stale.out) == (3, "s/role.schema.json\n")
    assert tree.run("schema").json["$schema"].endswith("2020-12/schema")
