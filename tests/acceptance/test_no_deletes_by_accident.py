"""A cut file, an empty folder and a missing one never delete anything, with pruning asked for or not."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.tree import FILES, Tree

FILE = "tenants/farol/desk.yaml"
WHOLE = FILES[FILE].encode()
FIRST_DOCUMENT = WHOLE.index(b"---\n")
"""Cut right here, the file is what somebody writes who removes its second document."""

CUTS = sorted({*range(0, len(WHOLE), 11), *(place for place in range(len(WHOLE)) if WHOLE[place - 1 : place] == b"\n")})


def deleting(tree: Tree, *words: str) -> list[str] | None:
    """The addresses that a plan would delete; None when it is refused before it is made."""
    call = tree.run("plan", "--format", "json", *words)
    assert call.code in (0, 1), call.err
    assert "Traceback" not in call.err
    if not call.out:
        assert call.code == 1
        return None
    return [one["address"] for one in call.json["resource_changes"] if "delete" in one["change"]["actions"]]


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--prune",)], ids=["plan", "plan --prune"])
def test_a_file_cut_anywhere_deletes_nothing(tree: Tree, words: tuple[str, ...]) -> None:
    tree.apply()
    refused = 0
    for place in CUTS:
        if words and place == FIRST_DOCUMENT:
            continue
        (tree.folder / FILE).write_bytes(WHOLE[:place])
        found = deleting(tree, *words)
        assert not found, f"cut at byte {place}"
        refused += found is None
    assert refused > len(CUTS) // 4


def test_a_cut_inside_a_manifest_holds_what_stood_behind_it(tree: Tree) -> None:
    """The first manifest is still one, but it lost a field: the file may have been cut off."""
    tree.apply()
    (tree.folder / FILE).write_bytes(WHOLE[: WHOLE.index(b"  sortOrder")])
    call = tree.run("plan", "--prune")
    assert "sortOrder: 10 -> 0" in call.out
    assert "may have been cut off" in call.out
    assert deleting(tree, "--prune") == []


def test_a_whole_document_that_is_removed_is_pruned(tree: Tree) -> None:
    """The neighbour: a removal that is meant."""
    tree.apply()
    (tree.folder / FILE).write_bytes(WHOLE[:FIRST_DOCUMENT])
    assert deleting(tree) == []
    assert deleting(tree, "--prune") == ["Category/farol/signing"]


@pytest.mark.parametrize("words", [(), ("--prune",)], ids=["apply", "apply --prune"])
def test_an_empty_tree_deletes_nothing(tree: Tree, words: tuple[str, ...]) -> None:
    tree.apply()
    before = tree.sql("select count(*) from categories")
    for folder in ("tenants", "platform"):
        shutil.rmtree(tree.folder / folder)
    call = tree.run("apply", "--auto-approve", *words, *tree.everybody)
    assert call.code == 7, call.err
    assert "GRD-04" in call.err + call.out
    assert tree.sql("select count(*) from categories") == before


@pytest.mark.parametrize("words", [(), ("--prune",)], ids=["apply", "apply --prune"])
def test_a_missing_folder_is_an_error(tree: Tree, words: tuple[str, ...]) -> None:
    tree.apply()
    shutil.rmtree(tree.folder / "tenants")
    call = tree.run("apply", "tenants", "--auto-approve", *words)
    assert call.code == 1
    assert "LOD-05" in call.err + call.out
    assert tree.sql("select count(*) from categories") == [(1,)]


def test_a_protected_resource_outlives_its_manifest(tree: Tree) -> None:
    tree.edit(FILE, "kind: Category\n", "kind: Category\nlifecycle: {protect: true}\n")
    tree.apply()
    (tree.folder / FILE).write_bytes(WHOLE[:FIRST_DOCUMENT])
    call = tree.run("apply", "--auto-approve", "--prune", *tree.everybody)
    assert call.code == 7, call.err
    assert "GEN-20" in call.err
    assert tree.sql("select count(*) from categories") == [(1,)]
    tree.write(FILE, WHOLE.decode())
    tree.apply()
    (tree.folder / FILE).write_bytes(WHOLE[:FIRST_DOCUMENT])
    assert tree.run("apply", "--auto-approve", "--prune", *tree.everybody).code == 0
    assert tree.sql("select count(*) from categories") == [(0,)]


def test_a_refused_plan_never_says_that_there_is_nothing_to_do(tree: Tree) -> None:
    tree.edit(FILE, "kind: Category\n", "kind: Category\nlifecycle: {protect: true}\n")
    tree.apply()
    (tree.folder / FILE).write_bytes(WHOLE[:FIRST_DOCUMENT])
    call = tree.run("plan", "--prune")
    assert call.code == 7
    assert call.out.startswith("Plan: 0 to add, 0 to change, 0 to destroy.")
    assert "No changes." not in call.out
