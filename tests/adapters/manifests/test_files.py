"""Manifests of a working tree: what is read, in which order, and what is refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.adapters.manifests import FilesReader, Limits, read_file
from reconciler.model.manifest import Document, Places
from reconciler.model.source import Source
from reconciler.ports import FileRefused

ONE = "kind: Gadget\n"


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path):
    for name in (
        "b.yaml",
        "a/x.yml",
        "a/c/y.yaml",
        "a/.hidden.yaml",
        ".git/z.yaml",
        ".reconciler/live.yaml",
        "a/notes.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ONE, encoding="utf-8")
    (tmp_path / "reconciler.yaml").write_text("kind: Project\n", encoding="utf-8")
    return tmp_path


def reader(root, *roots, **settings):
    return FilesReader(root, roots or ("."), ask_git=False, **settings)


def codes(problems):
    return [(one.code, one.source.file) for one in problems]


def test_every_manifest_is_read_in_order_and_nothing_else(root):
    found, problems = reader(root).read()
    assert problems == []
    assert found.files == ("a/c/y.yaml", "a/x.yml", "b.yaml")
    assert [one.file for one in found.documents] == list(found.files)
    assert [one.folder for one in found.documents] == ["a/c", "a", ""]


def test_roots_may_be_folders_and_files_and_may_overlap(root):
    found, problems = reader(root, "a", "a/c", "b.yaml", "b.yaml").read()
    assert problems == []
    assert found.files == ("a/c/y.yaml", "a/x.yml", "b.yaml")


def test_a_file_that_is_named_is_read_whatever_its_name(root):
    found, _ = reader(root, "a/notes.txt").read()
    assert found.files == ("a/notes.txt",)


def test_a_root_outside_of_the_working_folder_is_read(root):
    working = root / "elsewhere"
    working.mkdir()
    found, problems = reader(working, root / "a").read()
    assert problems == []
    assert found.files == ("../a/c/y.yaml", "../a/x.yml")


def test_the_digest_is_that_of_content_and_path(root):
    before = reader(root).read()[0].digest
    assert before.startswith("sha256:")
    assert reader(root, "b.yaml", "a").read()[0].digest == before
    (root / "b.yaml").write_text("kind: Other\n", encoding="utf-8")
    changed = reader(root).read()[0].digest
    assert changed != before
    (root / "b.yaml").rename(root / "c.yaml")
    assert reader(root).read()[0].digest != changed


def test_the_digest_does_not_know_where_the_tree_lies(root, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    write(other, **{"b.yaml": ONE, "a__x.yml": ONE, "a__c__y.yaml": ONE})
    assert reader(other).read()[0].digest == reader(root).read()[0].digest
    outside = tmp_path_factory.mktemp("working")
    assert reader(outside, other).read()[0].digest == reader(other).read()[0].digest


def test_an_empty_folder_is_no_manifests(tmp_path):
    found, problems = reader(tmp_path).read()
    assert (found.documents, found.files, problems) == ((), (), [])


@pytest.mark.parametrize("name", ["nowhere", "a/nowhere.yaml", "b.yaml/x"])
def test_a_missing_root_is_an_error(root, name):
    _, problems = reader(root, "a", name).read()
    assert len(problems) == 1
    assert problems[0].code in ("LOD-04", "LOD-05")
    assert problems[0].source.file == name


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside.yaml", "b.yaml", "nowhere"])
def test_a_link_named_like_a_manifest_is_refused(root, target):
    (root.parent / "outside.yaml").write_text(ONE, encoding="utf-8")
    (root / "link.yaml").symlink_to(target)
    _, problems = reader(root).read()
    assert codes(problems) == [("LOD-04", "link.yaml")]


@pytest.mark.parametrize("target", ["/etc", "a"])
def test_a_link_to_a_folder_is_refused(root, target):
    (root / "link").symlink_to(target)
    found, problems = reader(root).read()
    assert codes(problems) == [("LOD-04", "link")]
    assert len(found.files) == 3


def test_a_root_behind_a_link_inside_the_working_folder_is_refused(root):
    (root / "link").symlink_to("/etc")
    for name in ("link", "link/hostname", "a/../link"):
        _, problems = reader(root, name).read()
        assert [one.code for one in problems] == ["LOD-04"]


def test_a_link_that_is_no_manifest_is_passed_over(root):
    (root / "README.md").symlink_to("/etc/hostname")
    assert reader(root).read()[1] == []


def test_a_pipe_is_refused_and_never_waited_for(root):
    os.mkfifo(root / "pipe.yaml")
    started = time.monotonic()
    _, problems = reader(root).read()
    assert codes(problems) == [("LOD-04", "pipe.yaml")]
    _, problems = reader(root, "pipe.yaml").read()
    assert codes(problems) == [("LOD-04", "pipe.yaml")]
    assert time.monotonic() - started < 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_refused(root):
    (root / "b.yaml").chmod(0)
    _, problems = reader(root).read()
    assert codes(problems) == [("LOD-04", "b.yaml")]


def test_files_are_bounded_one_by_one_and_together(root):
    (root / "b.yaml").write_text("#" * 200, encoding="utf-8")
    assert codes(reader(root, limits=Limits(file=100)).read()[1]) == [("LOD-01", "b.yaml")]
    _, problems = reader(root, limits=Limits(total=20)).read()
    assert [one.code for one in problems] == ["LOD-01"]


def test_folders_without_end_are_refused(tmp_path):
    folder = tmp_path
    for _ in range(10):
        folder = folder / "d"
    folder.mkdir(parents=True)
    _, problems = reader(tmp_path, limits=Limits(folders=5)).read()
    assert [one.code for one in problems] == ["LOD-02"]


def test_a_name_that_cannot_be_shown_is_refused(root):
    (root / "x\u202ey.yaml").write_text(ONE, encoding="utf-8")
    (root / "x\ny.yaml").write_text(ONE, encoding="utf-8")
    (root / os.fsdecode(b"x\xffy.yaml")).write_text(ONE, encoding="utf-8")
    _, problems = reader(root).read()
    assert [one.code for one in problems] == ["LOD-04"] * 3
    assert all(one.source.file.isprintable() for one in problems)


def test_a_broken_file_does_not_hide_the_others(root):
    (root / "a/x.yml").write_text("a: [\n", encoding="utf-8")
    (root / "b.yaml").write_text("a: &b 1\n", encoding="utf-8")
    found, problems = reader(root).read()
    assert codes(problems) == [("GEN-17", "a/x.yml"), ("GEN-17", "b.yaml")]
    assert [one.file for one in found.documents] == ["a/c/y.yaml"]


def document(folder):
    first = Source(f"{folder}/x.yaml", 1, 1, 1, 2)
    return Document(f"{folder}/x.yaml", 0, {}, lambda: Places({}, {}, first), lambda _line: "", folder)


def test_a_file_that_a_manifest_names_is_read_below_its_folder(root):
    (root / "a/style.css").write_bytes(b"p{}")
    one = document("a")
    found = reader(root)
    assert found.file(one, "style.css") == b"p{}"
    assert found.file(one, "./c/../style.css") == b"p{}"
    assert found.file(one, "c/y.yaml") == ONE.encode()


@pytest.mark.parametrize(
    "path",
    [
        "../b.yaml",
        "/etc/hostname",
        "c/../../b.yaml",
        "",
        ".",
        "c",
        "nowhere",
        "link",
        "out/hostname",
        "a\0b",
        "c\\y.yaml",
        "pipe",
        "..",
    ],
)
def test_a_file_elsewhere_or_of_another_sort_is_refused(root, path):
    (root / "a/link").symlink_to("../b.yaml")
    (root / "a/out").symlink_to("/etc")
    os.mkfifo(root / "a/pipe")
    with pytest.raises(FileRefused):
        reader(root).file(document("a"), path)


def test_a_file_that_is_too_large_is_refused(root):
    with pytest.raises(FileRefused, match="larger"):
        reader(root, limits=Limits(attachment=3)).file(document("a"), "x.yml")


def test_no_descriptor_is_left_open(root):
    (root / "link.yaml").symlink_to("b.yaml")
    before = len(list(Path("/proc/self/fd").iterdir()))
    reader(root).read()
    with pytest.raises(FileRefused):
        reader(root).file(document("a"), "c/nowhere/x")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_one_file_can_be_read_alone(root):
    documents, problems = read_file(root, "reconciler.yaml")
    assert ([one.tree for one in documents], problems) == ([{"kind": "Project"}], [])
    assert codes(read_file(root, "nowhere.yaml")[1]) == [("LOD-05", "nowhere.yaml")]
