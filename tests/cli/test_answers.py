"""A call that is answered by what the last one said: the same bytes as without, whatever has changed in between."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler import answering
from reconciler.adapters.database import pulse
from tests.cli.environments import git
from tests.cli.memory import Memory
from tests.cli.tree import ROOT, SECOND, Tree

POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata: {name: few-changes}
spec:
  rules:
    - {name: few, when: "plan.resource_changes.size() > 100", deny: too many changes}
"""
WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata: {name: calm}
spec: {owner: root@example.com, reason: Until the move is over., expires: 2026-07-01, addresses: [Customer/*]}
"""


@pytest.fixture
def memory(tree: Tree, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Memory:
    tree.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n")
    tree.apply()
    return Memory(tree, tmp_path_factory.mktemp("cache"), monkeypatch)


# --- what is answered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("plan", "--format", "json"),
        ("plan", "--detailed-exitcode", "--as", ROOT),
        ("plan", "--quiet"),
        ("plan", "platform", "tenants"),
        ("drift",),
        ("drift", "--as", ROOT, "--detailed-exitcode"),
    ],
)
def test_a_call_is_answered_by_what_the_last_one_said(memory: Memory, words: tuple[str, ...]) -> None:
    memory.warm(*words)


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--verbose"),
        ("plan", "--json"),
        ("plan", "--format", "markdown"),
        ("plan", "--target", "Customer/farol/*"),
        ("plan", "--policy-rev", "HEAD"),
        ("plan", "--base", "HEAD"),
        ("plan", "--rehearse"),
        ("drift", "--format", "json"),
        ("drift", "--record"),
        ("drift", "--tenant", "farol"),
        ("status",),
    ],
)
def test_whatever_does_more_or_tells_the_time_takes_the_ordinary_way(memory: Memory, words: tuple[str, ...]) -> None:
    memory.run(*words)
    memory.run(*words)
    assert not memory.answered
    assert not memory.files


def test_a_plan_that_is_written_is_made(memory: Memory, tmp_path: Path) -> None:
    memory.warm("plan")
    memory.run("plan", "--out", str(tmp_path / "one.plan"))
    assert not memory.answered
    assert (tmp_path / "one.plan").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RECONCILER_POLICY_REV", "HEAD"),
        ("RECONCILER_ID_TOKEN", "any"),
        ("RECONCILER_CLOCK", "2026-06-15T14:00:00+02:00"),
        ("RECONCILER_CACHE", "cache"),
    ],
)
def test_what_rests_on_something_else_takes_the_ordinary_way(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE", str(memory.folder))
    monkeypatch.setenv(name, value)
    memory.tree.run("plan")
    assert not memory.files
    assert not list(memory.tree.folder.rglob("*.answer"))


def test_a_configuration_can_switch_it_off(memory: Memory) -> None:
    memory.tree.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\ncache: false\n")
    memory.run("plan")
    assert not memory.files


def test_a_plan_with_changes_is_not_remembered(memory: Memory) -> None:
    memory.tree.edit("tenants/farol/desk.yaml", "Incident", "Accident")
    memory.run("plan")
    assert not memory.files


def test_nothing_heavy_is_loaded_for_an_answer(memory: Memory) -> None:
    script = (
        "import sys; from reconciler.cli.main import main; code = main(['plan']);"
        "print(sorted({'sqlalchemy', 'pydantic', 'pydantic_core', 'ruamel', 'yaml_rs', 'rich', 'reconciler.wiring',"
        "'reconciler.kinds'} & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    variables = {**os.environ, "RECONCILER_CACHE": str(memory.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("No changes.")
    assert done.stderr.splitlines()[-1] == "[]"


def settle(memory: Memory) -> None:
    """Make the last change of the database one that is long past."""
    time.sleep(pulse.SETTLED * 1.5)


def test_rows_are_not_read_where_nothing_was_written(memory: Memory) -> None:
    settle(memory)
    for words in (("plan",), ("drift",)):
        memory.warm(*words)
        assert not memory.read
    memory.tree.sql("CREATE TABLE aside (x INTEGER)")
    assert memory.agree("plan"), "the rows are the same"
    assert memory.read


def test_rows_are_read_where_the_file_is_another_one(memory: Memory) -> None:
    settle(memory)
    memory.warm("plan")
    file = memory.tree.folder / ".reconciler/live.db"
    found, stat = file.read_bytes(), file.stat()
    file.unlink()
    file.write_bytes(found)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert memory.agree("plan")
    assert memory.read


def test_rows_are_read_where_triggers_told_nothing(memory: Memory) -> None:
    settle(memory)
    memory.warm("plan")
    for (name,) in memory.tree.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        memory.tree.sql(f"DROP TRIGGER {name}")
    memory.tree.sql("UPDATE categories SET description = 'other'")
    assert not memory.agree("plan")


# --- whatever changes ------------------------------------------------------------------------------------------------


def _flip(tree: Tree, file: str, seed: random.Random) -> None:
    path = tree.folder / file
    data = bytearray(path.read_bytes())
    place = seed.randrange(len(data))
    data[place] = data[place] ^ 1 or 32
    path.write_bytes(bytes(data))


CHANGES: dict[str, Callable[[Tree, random.Random, pytest.MonkeyPatch], object]] = {
    "a byte of a manifest": lambda tree, seed, _: _flip(tree, "tenants/farol/desk.yaml", seed),
    "a byte of another one": lambda tree, seed, _: _flip(tree, "platform/operators.yaml", seed),
    "a byte of the configuration": lambda tree, seed, _: _flip(tree, "reconciler.yaml", seed),
    "no configuration": lambda tree, _s, _: (tree.folder / "reconciler.yaml").unlink(),
    "a linked configuration": lambda tree, _s, _: _link(tree, "reconciler.yaml"),
    "a linked manifest": lambda tree, _s, _: _link(tree, "tenants/farol/desk.yaml"),
    "a linked folder": lambda tree, _s, _: (tree.folder / "tenants/more").symlink_to(tree.folder / "platform"),
    "a link to nothing": lambda tree, _s, _: (tree.folder / "tenants/farol/x.yaml").symlink_to("nowhere"),
    "a pipe": lambda tree, _s, _: os.mkfifo(tree.folder / "tenants/farol/pipe.yaml"),
    "a new manifest": lambda tree, _s, _: tree.write("tenants/farol/new.yaml", "kind: Nothing\n"),
    "a hidden file": lambda tree, _s, _: tree.write("tenants/farol/.new.yaml", "kind: Nothing\n"),
    "another file": lambda tree, _s, _: tree.write("tenants/farol/notes.txt", "nothing\n"),
    "a name that cannot be shown": lambda tree, _s, _: tree.write("tenants/far\u202eol/notes.txt", "nothing\n"),
    "a manifest that is gone": lambda tree, _s, _: (tree.folder / "tenants/farol/desk.yaml").unlink(),
    "a moved manifest": lambda tree, _s, _: (tree.folder / "tenants/farol/desk.yaml").rename(
        tree.folder / "tenants/farol/table.yaml"
    ),
    "a policy": lambda tree, _s, _: tree.write("policies/few.cel.yaml", POLICY),
    "a broken policy": lambda tree, _s, _: tree.write("policies/few.cel.yaml", "nonsense: true\n"),
    "a waiver": lambda tree, _s, _: tree.write("waivers/calm.yaml", WAIVER),
    "a waiver that has expired": lambda tree, _s, _: tree.write(
        "waivers/calm.yaml", WAIVER.replace("2026-07-01", "2026-06-01")
    ),
    "a row": lambda tree, _s, _: tree.sql("UPDATE categories SET description = 'other'"),
    "a row that is gone": lambda tree, _s, _: tree.sql("DELETE FROM categories"),
    "a row more": lambda tree, _s, _: tree.sql(
        "INSERT INTO service_types (tenant, name, display_name, sort_order) "
        "SELECT tenant, 'other', 'Other', 3 FROM service_types"
    ),
    "an entry of the ledger": lambda tree, _s, _: tree.sql("DELETE FROM reconciler_resources WHERE name = 'signing'"),
    "a generation": lambda tree, _s, _: tree.sql("UPDATE reconciler_tenants SET generation = generation + 1"),
    "another identity": lambda tree, _s, _: tree.sql(
        "UPDATE reconciler_meta SET value = 'other' WHERE key = 'identity'"
    ),
    "another schema": lambda tree, _s, _: tree.sql("UPDATE alembic_version SET version_num = '9999'"),
    "text that is none": lambda tree, _s, _: tree.sql("UPDATE categories SET description = CAST(x'ff' AS TEXT)"),
    "a suspended administrator": lambda tree, _s, _: tree.sql(
        "UPDATE operators SET state = 'suspended' WHERE name = 'root'"
    ),
    "a table that is gone": lambda tree, _s, _: tree.sql("DROP TABLE categories"),
    "no database": lambda tree, _s, _: (tree.folder / ".reconciler/live.db").unlink(),
    "no key": lambda tree, _s, _: (tree.folder / ".reconciler/live.db.key").unlink(),
    "a key that others may read": lambda tree, _s, _: (tree.folder / ".reconciler/live.db.key").chmod(0o644),
    "the next day": lambda _t, _s, patch: patch.setenv("RECONCILER_CLOCK", "2026-06-16T12:00:00Z"),
    "a day in the past": lambda _t, _s, patch: patch.setenv("RECONCILER_CLOCK", "2026-06-10T12:00:00Z"),
    "next year": lambda _t, _s, patch: patch.setenv("RECONCILER_CLOCK", "2027-06-15T12:00:00Z"),
    "no clock": lambda _t, _s, patch: patch.setenv("RECONCILER_CLOCK", "noon"),
    "somebody else": lambda _t, _s, patch: patch.setenv("RECONCILER_ACTOR", SECOND),
    "nobody": lambda _t, _s, patch: patch.setenv("RECONCILER_ACTOR", "nobody@example.com"),
    "colours": lambda _t, _s, patch: patch.setenv("FORCE_COLOR", "1"),
    "another environment": lambda _t, _s, patch: patch.setenv("RECONCILER_ENV", "other"),
    "another database": lambda _t, _s, patch: patch.setenv("RECONCILER_DATABASE_URL", "sqlite:///other.db"),
    "another database of plans": lambda _t, _s, patch: patch.setenv("RECONCILER_PLAN_DATABASE_URL", "sqlite:///o.db"),
    "a key that is none": lambda _t, _s, patch: patch.setenv("RECONCILER_SECRET_KEY", "none"),
    "a finding": lambda tree, _s, _: tree.sql(
        "INSERT INTO reconciler_findings (id, kind, tenant, name, path, finding, state, first_seen, last_seen) VALUES "
        "('x', 'Category', 'farol', 'signing', '', 'missing', 'new', '2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z')"
    ),
}
"""What may change between two calls, each in its own way."""
UNSEEN = frozenset({"a hidden file", "another file"})
"""Changes that no plan sees."""


def _link(tree: Tree, file: str) -> None:
    path = tree.folder / file
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real").name)


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_is_seen(memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    calls = [("plan",), ("plan", "--as", ROOT, "--format", "json"), ("drift",)]
    for words in calls:
        memory.warm(*words)
    CHANGES[name](memory.tree, random.Random(name), monkeypatch)  # noqa: S311  # no secret hangs on it
    answered = [memory.agree(*words) for words in calls]
    if name in UNSEEN:
        assert all(answered)


@pytest.mark.parametrize("seed", range(5))
def test_many_changes_in_any_order_are_seen(memory: Memory, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Some of them are taken back, so that answers of before may be right again."""
    chance = random.Random(seed)  # noqa: S311  # no secret hangs on it
    calls = [("plan",), ("drift",), ("plan", "--as", ROOT), ("plan", "--format", "json"), ("plan", "--as", SECOND)]
    answered = 0
    for _ in range(8):
        words = chance.choice(calls)
        memory.run(*words)
        answered += memory.agree(*words)
        with taken_back(memory.tree, monkeypatch) as patch:
            for name in chance.sample(sorted(CHANGES), 2):
                try:
                    CHANGES[name](memory.tree, chance, patch)
                except (OSError, sqlite3.Error):
                    continue
                memory.agree(*words)
        answered += memory.agree(*words)
    assert answered


@contextmanager
def taken_back(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Inside, the tree changes; behind it, it is byte for byte as before."""
    aside = tree.folder.with_name(f"{tree.folder.name}-aside")
    shutil.copytree(tree.folder, aside, symlinks=True)
    with monkeypatch.context() as patch:
        yield patch
    for one in tree.folder.iterdir():
        shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()
    shutil.copytree(aside, tree.folder, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(aside)


def test_another_commit_is_told(memory: Memory) -> None:
    git(memory.tree, "init", "-q")
    memory.tree.write(".gitignore", ".reconciler/\n")
    git(memory.tree, "add", "-A")
    git(memory.tree, "commit", "-qm", "one")
    words = ("plan", "--format", "json")
    memory.warm(*words)
    first = memory.run(*words).json["reconciler"]["manifests"]["commit"]
    git(memory.tree, "commit", "-qm", "two", "--allow-empty")
    assert not memory.agree(*words)
    assert memory.run(*words).json["reconciler"]["manifests"]["commit"] not in (first, None)


# --- time ------------------------------------------------------------------------------------------------------------


def test_an_answer_holds_until_a_rule_of_time_may_say_something_else(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.tree.write("waivers/calm.yaml", WAIVER.replace("2026-07-01", "2026-06-15"))
    memory.warm("plan")
    monkeypatch.setenv("RECONCILER_CLOCK", "2026-06-15T23:59:59Z")  # the last second of its last day
    memory.run("plan")
    assert memory.agree("plan")
    monkeypatch.setenv("RECONCILER_CLOCK", "2026-06-16T00:00:00Z")
    assert not memory.agree("plan")
    assert "WVR-04" in memory.run("plan").out


def test_an_answer_is_not_older_than_a_day(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECONCILER_CLOCK")
    memory.warm("plan")
    for away in (-answering.LONGEST, answering.LONGEST):
        there = answering.now({}) + away
        monkeypatch.setattr(answering, "now", lambda _variables, there=there: there)
        memory.run("plan")
        assert not memory.answered


# --- damage ----------------------------------------------------------------------------------------------------------


def test_a_damaged_answer_is_as_good_as_none(memory: Memory) -> None:
    memory.warm("plan")
    chance = random.Random(1)  # noqa: S311  # no secret hangs on it
    there = [*memory.files, memory.folder / "answers/key"]
    for _ in range(25):
        path = chance.choice(there)
        whole = path.read_bytes()
        data = bytearray(whole)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        else:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(data))
        assert not memory.agree("plan")
        path.write_bytes(whole)
        assert memory.agree("plan")


def test_the_answer_of_another_call_is_none(memory: Memory) -> None:
    memory.warm("plan")
    first = memory.files
    memory.warm("drift")
    second = next(one for one in memory.files if one not in first)
    second.write_bytes(first[0].read_bytes())
    assert not memory.agree("drift")


def test_the_answers_of_another_user_are_not_believed(memory: Memory) -> None:
    memory.warm("plan")
    memory.files[0].chmod(0o666)
    assert not memory.agree("plan")
    memory.warm("plan")
    (memory.folder / "answers").chmod(0o777)
    assert not memory.agree("plan")


def test_a_folder_that_cannot_be_written_is_left_alone(memory: Memory) -> None:
    (memory.folder / "answers").write_text("no folder")
    memory.run("plan")
    assert not memory.agree("plan")


def test_no_answer_holds_what_a_variable_says(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "a-made-up-word-4711")
    memory.warm("plan")
    assert all(b"a-made-up-word" not in one.read_bytes() for one in memory.files)


def test_many_at_once_keep_and_find(memory: Memory) -> None:
    variables = {**os.environ, "RECONCILER_CACHE": str(memory.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-m", "reconciler", "plan"]
    for _ in range(2):
        calls = [subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        said = {call.communicate()[0] for call in calls}
        assert len(said) == 1
        assert said.pop().startswith("No changes.")
    assert sorted(one.suffix for one in (memory.folder / "answers").iterdir()) == ["", ".answer"]


def test_few_answers_are_kept(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.adapters.manifests.answers.ANSWERS", 3)
    for number in range(6):
        monkeypatch.setenv("ANY_WORD", str(number))
        memory.run("plan")
    assert len(memory.files) == 3


# --- what happens meanwhile ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a waiver", "a byte of the configuration", "a policy"])
def test_what_changes_while_a_run_goes_on_is_not_believed(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is changed, and changed back, while the run goes on: nobody can say what of it the run has seen."""
    from reconciler.operations import plan as operation

    read = operation.read

    def meanwhile(*arguments: object) -> object:
        with taken_back(memory.tree, monkeypatch) as patch:
            CHANGES[name](memory.tree, random.Random(0), patch)  # noqa: S311  # no secret hangs on it
            return read(*arguments)  # type: ignore[arg-type]  # handed through

    with monkeypatch.context() as patch:
        patch.setattr(operation, "read", meanwhile)
        memory.run("plan")
    memory.run("plan")
    assert not memory.answered
