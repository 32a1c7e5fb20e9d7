"""Who made commits: told by git itself, and by nobody else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.adapters.manifests import GitAuthors

ANA, RUI, EVA = "ana@example.com", "rui@example.com", "eva@example.com"


def git(folder: Path, *words: str, who: str = ANA, committer: str = "") -> str:
    people = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": who, "GIT_COMMITTER_NAME": "C", "HOME": str(folder)}
    people |= {"GIT_COMMITTER_EMAIL": committer or who, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True, env=people)
    return done.stdout.strip()


def commit(folder: Path, file: str, text: str, who: str, committer: str = "") -> str:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "A change", who=who, committer=committer)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_between_two_commits_on_either_side(repository: Path) -> None:
    first = commit(repository, "m/a.yaml", "1\n", ANA)
    second = commit(repository, "m/a.yaml", "2\n", "Rui@Example.com", committer=EVA)
    commit(repository, "other/b.yaml", "1\n", "x@example.com")
    authors = GitAuthors(repository, ["m"])
    assert authors.since(second, first) == {RUI, EVA}
    assert authors.since(first, second) == {RUI, EVA}  # the way back undoes what they did
    assert authors.since(second, None) == {ANA, RUI, EVA}
    assert authors.since(second, second) == frozenset()
    assert authors.since(second, "0" * 40) == {ANA, RUI, EVA}
    assert authors.since(second, first, files=["other/b.yaml"]) == frozenset()


def test_a_mailmap_renames_nobody_and_no_setting_of_the_repository_hides_anybody(repository: Path) -> None:
    first = commit(repository, "m/a.yaml", "1\n", ANA)
    (repository / ".mailmap").write_text(f"Ana <{ANA}> <{RUI}>\n", encoding="utf-8")
    second = commit(repository, "m/a.yaml", "2\n", RUI)
    (repository / "ignored").write_text(f"{second}\n", encoding="utf-8")
    for name, value in (("log.mailmap", "true"), ("blame.ignoreRevsFile", "ignored"), ("log.showSignature", "true")):
        git(repository, "config", name, value)
    authors = GitAuthors(repository, ["m"])
    assert authors.since(second, first) == {RUI}
    assert authors.of_lines(second, "m/a.yaml", [(1, 1)]) == {RUI}


def test_lines_have_authors(repository: Path) -> None:
    commit(repository, "m/a.yaml", "1\n2\n3\n", ANA)
    second = commit(repository, "m/a.yaml", "1\nb\n3\n", RUI, committer=EVA)
    authors = GitAuthors(repository, ["m"])
    assert authors.of_lines(second, "m/a.yaml", [(1, 1), (3, 3)]) == {ANA}
    assert authors.of_lines(second, "m/a.yaml", [(1, 2)]) == {ANA, RUI, EVA}
    assert authors.of_lines(second, "m/a.yaml", [(9, 9)]) is None
    assert authors.of_lines(second, "m/none.yaml", [(1, 1)]) is None


def test_what_git_does_not_know_is_unknown(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = commit(repository, "m/a.yaml", "1\n", ANA)
    clone = tmp_path_factory.mktemp("clones")
    git(clone, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    assert GitAuthors(clone / "shallow", ["m"]).since(found, None) is None
    assert GitAuthors(clone, ["m"]).since(found, None) is None
    assert GitAuthors(repository, ["m"]).since("--all", None) is None
    assert GitAuthors(repository, ["../m"]).since(found, None) is None
