"""Whatever changes behind a run in step, the plan that rests on it is the one that everything leads to."""

from __future__ import annotations

import random
import shutil

import pytest

from benchmarks import corpus
from reconciler.adapters.manifests.cache import FEWEST
from tests.cli.environments import git
from tests.increments.changes import SMALL, only_words
from tests.increments.ways import Ways
from tests.targets.changes import _sql, change

SEEDS = range(40)
HEAVY = range(12)


def words(chance: random.Random) -> list[str]:
    """Options of a plan."""
    found: list[str] = []
    if chance.random() < 0.4:
        found.append("--prune")
    if chance.random() < 0.2:
        found.append("--only-drift")
    if chance.random() < 0.4:
        found += ["--format", "json"]
    if chance.random() < 0.5:
        who = (corpus.ADMINISTRATOR, corpus.ADMINISTRATOR, "ines@tenant-00001.example.com", "nobody@example.com")
        found += ["--as", chance.choice(who)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_changes_both_say_the_same(ways: Ways, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same changes in every run
    shutil.copytree(ways.tree.folder, ways.tree.folder.with_name("before"))
    for _ in range(5):
        for one in chance.sample(SMALL, chance.choice((1, 1, 1, 2, 3))):
            one(ways.tree, chance)
        if chance.random() < 0.1:
            monkeypatch.setenv("RECONCILER_CLOCK", f"2026-06-15T{chance.randint(10, 23)}:00:00Z")
        ways.agree(*words(chance))


@pytest.mark.slow
@pytest.mark.parametrize("seed", HEAVY)
def test_what_reaches_other_tenants_is_seen(ways: Ways, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same changes in every run
    for _ in range(3):
        change(ways.tree, chance)
        ways.agree(*words(chance))


@pytest.mark.parametrize("one", dict.fromkeys(SMALL), ids=lambda one: one.__name__)
def test_each_change_alone(ways: Ways, one: object) -> None:
    chance = random.Random(7)  # noqa: S311 - the same changes in every run
    for _ in range(2):
        one(ways.tree, chance)
        ways.agree()


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "sarif", "junit"])
def test_every_form_rests(ways: Ways, form: str) -> None:
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree("--format", form)


def test_a_plan_file_is_the_same(ways: Ways) -> None:
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    file = ways.tree.folder / "made.plan"
    words = ("--out", str(file), "--as", corpus.ADMINISTRATOR, "--verbose")
    assert ways.run("plan", *words).code == 0
    assert ways.rested
    first = file.read_bytes()
    file.unlink()
    ways.long_way("plan", *words)
    assert file.read_bytes() == first
    assert ways.run("apply", str(file), "--auto-approve", "--as", corpus.ADMINISTRATOR).code == 0


def test_the_commit_is_the_same(ways: Ways) -> None:
    """What was seen a moment ago and is not read again is compared with the commit as everything else."""
    tree = ways.tree
    git(tree, "init", "-q")
    tree.write(".gitignore", "live.db*\n")
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "one")
    words = ("--format", "json", "--as", corpus.ADMINISTRATOR)
    ways.run("plan", *words)
    _sql(tree, "UPDATE categories SET sort_order = 77 WHERE tenant = 'tenant-00001'")
    assert ways.agree(*words)
    assert ways.run("plan", *words).json["reconciler"]["manifests"]["commit"]
    tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree(*words)
    assert ways.run("plan", *words).json["reconciler"]["manifests"]["commit"] is None
    git(tree, "commit", "-qam", "two")
    assert ways.agree(*words)
    assert ways.run("plan", *words).json["reconciler"]["manifests"]["commit"]


def test_little_is_judged_where_little_has_changed(ways: Ways) -> None:
    only_words(ways.tree, random.Random(3))  # noqa: S311 - as above
    assert ways.agree("--format", "json")
    assert ways.judged <= 3


def test_a_run_in_step_follows_another(ways: Ways) -> None:
    """A comment changes nothing: what rested on a run in step is one to rest on as well."""
    before = [one.read_bytes() for one in ways.files]
    path = ways.tree.folder / "platform/role-customer-readers.yaml"
    path.write_text(f"# again\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert ways.agree()
    assert [one.read_bytes() for one in ways.files] != before
    only_words(ways.tree, random.Random(4))  # noqa: S311 - as above
    assert ways.agree()


def test_what_was_applied_is_rested_on(ways: Ways) -> None:
    """Rows that an apply has written since are the ones that have changed."""
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    ways.run("apply", "--auto-approve", "--as", corpus.ADMINISTRATOR)
    assert ways.agree()
    assert "No changes." in ways.run("plan").out


def test_a_damaged_baseline_is_as_good_as_none(ways: Ways) -> None:
    chance = random.Random(1)  # noqa: S311 - as above
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree()
    (path,) = ways.files
    whole = path.read_bytes()
    for _ in range(8):
        data = bytearray(whole)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        else:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(data))
        assert not ways.agree()
        path.write_bytes(whole)
    assert ways.agree()


@pytest.mark.parametrize("words", [("plan",), ("plan", "--verbose")])
def test_where_few_files_are_left_the_long_way_is_taken(ways: Ways, words: tuple[str, ...]) -> None:
    """Of a few files nothing is remembered, and what was kept of many is no help."""
    for folder in sorted((ways.tree.folder / "tenants").iterdir()):
        files = sorted(folder.glob("*.yaml"))
        texts = [one.read_text(encoding="utf-8") for one in files]
        for one in files:
            one.unlink()
        (folder / files[0].name).write_text("---\n".join(texts), encoding="utf-8")
    assert len(list(ways.tree.folder.glob("*/**/*.yaml"))) < FEWEST
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert "1 to change" in ways.run(*words).out
    assert not ways.rested
    assert not ways.agree()


def test_it_holds_no_longer_than_its_time(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    for clock, rests in (
        ("2026-06-15T13:00:00Z", True),
        ("2026-06-17T12:00:00Z", False),
        ("2026-06-14T12:00:00Z", False),
    ):
        monkeypatch.setenv("RECONCILER_CLOCK", clock)
        assert ways.agree() == rests


def test_who_sees_a_part_takes_the_long_way(ways: Ways) -> None:
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert not ways.agree("--as", "nobody@example.com")
    assert ways.agree("--as", corpus.ADMINISTRATOR)


def test_no_table_is_read_whole_where_nothing_was_written(ways: Ways) -> None:
    only_words(ways.tree, random.Random(3))  # noqa: S311 - as above
    assert ways.agree("--format", "json")
    whole = [one for one in ways.read if " AS one" in one and "WHERE" not in one]
    assert [one.rpartition(" FROM ")[2] for one in whole] == ['"operators" AS one']  # guardians are counted each time
    assert len(ways.read) > len(whole)


def test_what_another_program_writes_is_seen(ways: Ways) -> None:
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree()
    assert ways.read
    _sql(ways.tree, "UPDATE roles SET description = 'Stare'")
    assert ways.agree()
    assert not ways.read


@pytest.mark.parametrize("share", [0, 0.4, 1])
def test_what_is_written_meanwhile_is_seen(ways: Ways, share: float) -> None:
    """From the question on that finds something written, all is read, whatever was answered before."""
    words = ("--as", corpus.ADMINISTRATOR)
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree(*words)
    at = round(share * (len(ways.read) - 1))

    def write() -> None:
        if len(ways.read) == at + 1:
            _sql(ways.tree, "UPDATE roles SET description = 'Stare'")

    ways.between = write
    short = ways.run("plan", *words)
    assert len(ways.read) == at + 1
    ways.between = None
    assert short == ways.long_way("plan", *words)
    assert "Stare" in short.out
