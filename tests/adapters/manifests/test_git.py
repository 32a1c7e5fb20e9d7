"""Manifests of a commit, read from git objects."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.adapters.manifests import FilesReader, GitReader, Limits, program
from reconciler.model.errors import UsageError, WorldError
from reconciler.ports import FileRefused

ONE = "kind: Gadget\n"


def git(folder, *words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repository"
    for name in ("conf/t/b.yaml", "conf/t/á.yaml", "conf/t/logo.png", "conf/.hidden/x.yaml", "other/c.yaml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ONE, encoding="utf-8")
    (root / "conf/reconciler.yaml").write_text("kind: Project\n", encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root


def commit(root, message="more"):
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


def test_a_commit_is_read_whatever_the_working_tree_holds(repository):
    first = git(repository, "rev-parse", "HEAD")
    (repository / "conf/t/b.yaml").write_text("kind: Other\n", encoding="utf-8")
    (repository / "conf/t/new.yaml").write_text(ONE, encoding="utf-8")
    found, problems = GitReader(repository / "conf", ["."], "main").read()
    assert problems == []
    assert found.commit == first
    assert found.files == ("t/b.yaml", "t/á.yaml")
    assert [one.tree for one in found.documents] == [{"kind": "Gadget"}] * 2
    assert [one.folder for one in found.documents] == ["t", "t"]


def test_both_readers_give_the_same(repository):
    by_git, _ = GitReader(repository, ["conf", "other/c.yaml"], "HEAD").read()
    by_hand, _ = FilesReader(repository, ["conf", "other/c.yaml"]).read()
    assert by_git.digest == by_hand.digest
    assert by_git.files == by_hand.files
    assert by_git.commit == by_hand.commit


def test_an_older_commit_is_read_by_its_name(repository):
    first = git(repository, "rev-parse", "HEAD")
    (repository / "conf/t/b.yaml").unlink()
    commit(repository)
    assert len(GitReader(repository, ["conf"], first[:10]).read()[0].files) == 2
    assert len(GitReader(repository, ["conf"], "HEAD").read()[0].files) == 1
    assert len(GitReader(repository, ["conf"], "HEAD~1").read()[0].files) == 2


def test_links_and_submodules_are_refused(repository):
    (repository / "conf/t/link.yaml").symlink_to("/etc/hostname")
    (repository / "conf/t/text").symlink_to("/etc/hostname")
    head = commit(repository)
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},conf/module")
    git(repository, "commit", "-q", "-m", "module")
    _, problems = GitReader(repository, ["conf"], "HEAD").read()
    assert [(one.code, one.source.file) for one in problems] == [
        ("LOD-04", "conf/module"),
        ("LOD-04", "conf/t/link.yaml"),
    ]


def test_a_folder_that_the_commit_lacks_is_an_error(repository):
    _, problems = GitReader(repository, ["conf", "nowhere", "con"], "HEAD").read()
    assert [(one.code, one.source.file) for one in problems] == [("LOD-05", "con"), ("LOD-05", "nowhere")]


@pytest.mark.parametrize("name", ["-x", "--output=/tmp/x", "--all", ""])
def test_a_commit_is_never_an_option(repository, name):
    with pytest.raises(UsageError):
        GitReader(repository, ["conf"], name).read()


@pytest.mark.parametrize("name", ["nowhere", "0" * 40, "HEAD:conf", "main conf", "HEAD..main"])
def test_an_unknown_commit_is_told(repository, name):
    with pytest.raises(WorldError, match="no commit"):
        GitReader(repository, ["conf"], name).read()


def test_without_a_repository_it_says_so(tmp_path):
    with pytest.raises(WorldError, match="no git repository"):
        GitReader(tmp_path, ["."], "HEAD").read()


def test_without_git_it_says_so(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(WorldError, match="no git program"):
        GitReader(repository, ["."], "HEAD").read()


def test_a_root_outside_of_the_working_folder_is_refused(repository):
    with pytest.raises(UsageError):
        GitReader(repository / "conf", ["../other"], "HEAD").read()


def test_files_that_manifests_name_come_from_the_commit(repository):
    reader = GitReader(repository, ["conf/t/b.yaml"], "HEAD")
    found, _ = reader.read()
    (repository / "conf/t/logo.png").write_text("changed", encoding="utf-8")
    assert reader.file(found.documents[0], "logo.png") == ONE.encode()
    for path in ("../.hidden/x.yaml", "nowhere.png", "/etc/hostname", "."):
        with pytest.raises(FileRefused):
            reader.file(found.documents[0], path)


def test_a_large_file_is_refused_unread(repository):
    (repository / "conf/t/b.yaml").write_text("#" * 300, encoding="utf-8")
    commit(repository)
    found, problems = GitReader(repository, ["conf"], "HEAD", limits=Limits(file=200)).read()
    assert [(one.code, one.source.file) for one in problems] == [("LOD-01", "conf/t/b.yaml")]
    assert found.files == ("conf/t/á.yaml",)


def test_the_environment_of_the_caller_leads_nowhere_else(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert len(GitReader(repository, ["conf"], "HEAD").read()[0].files) == 2


def test_the_tree_of_a_working_folder_has_a_commit_only_when_it_is_that_of_head(repository):
    head = git(repository, "rev-parse", "HEAD")

    def known(*roots):
        return FilesReader(repository, roots or ["conf"]).read()[0].commit

    assert known() == head
    (repository / "conf/t/logo.png").write_text("no manifest", encoding="utf-8")
    assert known() == head
    (repository / "conf/t/new.yaml").write_text(ONE, encoding="utf-8")
    assert known() is None
    assert known("other") == head
    (repository / "conf/t/new.yaml").unlink()
    (repository / "conf/t/b.yaml").write_text("kind: Other\n", encoding="utf-8")
    assert known() is None
    (repository / "conf/t/b.yaml").unlink()
    assert known() is None


def test_an_ignored_manifest_is_not_part_of_a_commit(repository):
    (repository / ".gitignore").write_text("*.local.yaml\n", encoding="utf-8")
    commit(repository)
    (repository / "conf/x.local.yaml").write_text(ONE, encoding="utf-8")
    assert FilesReader(repository, ["conf"]).read()[0].commit is None


def test_without_a_repository_there_is_no_commit(tmp_path):
    (tmp_path / "a.yaml").write_text(ONE, encoding="utf-8")
    found, problems = FilesReader(tmp_path, ["."]).read()
    assert (found.commit, problems) == (None, [])


def test_names_that_cannot_be_shown_are_refused_and_never_become_one(repository):
    for name in (b"\xff.yaml", b"\xfe.yaml", b"a\nb.yaml", "\u202e.yaml".encode()):
        Path(os.fsdecode(os.fsencode(repository) + b"/conf/" + name)).write_text("a: b\n", encoding="utf-8")
    commit(repository)
    _, problems = GitReader(repository, ["conf"], "HEAD").read()
    assert [one.code for one in problems] == ["LOD-04"] * 4
    assert all(one.source.file.isprintable() for one in problems)


def test_what_is_too_large_together_is_refused_unread(repository):
    found, problems = GitReader(repository, ["conf"], "HEAD", limits=Limits(total=20)).read()
    assert [one.code for one in problems] == ["LOD-01"]
    assert found.documents == ()


def test_a_list_of_files_without_end_is_cut_off(repository):
    with pytest.raises(WorldError, match="too many files"):
        GitReader(repository, ["conf"], "HEAD", limits=Limits(listing=100)).read()


def test_no_transport_runs_for_an_object_that_is_missing(repository, tmp_path, monkeypatch):
    blob = git(repository, "rev-parse", "HEAD:conf/t/b.yaml")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    ran = tmp_path / "ran"
    for words in (
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::touch {ran}"),
        ("protocol.ext.allow", "always"),
    ):
        git(repository, "config", *words)
    # A git that does not know this variable would fetch.
    monkeypatch.setattr(program, "environment", _without("GIT_NO_LAZY_FETCH", program.environment))
    with pytest.raises(WorldError):
        GitReader(repository, ["conf"], "HEAD").read()
    assert not ran.exists()


def _without(name, made):
    return lambda: {key: value for key, value in made().items() if key != name}
