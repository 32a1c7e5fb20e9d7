"""What is told of a database that is not there, or not ours: never that all is well."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.homes import ServedTree
from tests.cli.tree import ROOT, Tree

ASKING = [
    ("drift",),
    ("drift", "--record"),
    ("drift", "--detailed-exitcode", "--format", "json"),
    ("history",),
    ("history", "show", "0123456789ab"),
    ("history", "verify"),
    ("state", "list"),
    ("state", "show", "Category/farol/signing"),
    ("state", "forget", "Category/farol/signing", "--auto-approve"),
    ("export", "out"),
    ("export", "-"),
    ("export", "--format", "csv", "domains", "--customer", "farol/lumen"),
    ("adopt", "--all", "--auto-approve"),
    ("accept", "Category/farol/signing.audience"),
    ("rollback", "0123456789ab"),
    ("rollback", "0123456789ab", "--format", "json"),
    ("status",),
    ("access",),
    ("access", ROOT),
    ("plan", "--only-drift", "--detailed-exitcode"),
    ("apply", "--only-drift", "--auto-approve"),
]
"""Verbs that ask what is there."""


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_whoever_asks_what_is_there_is_told_that_there_is_no_database(tree: Tree, words: tuple[str, ...]) -> None:
    call = tree.run(*words, "--as", ROOT)
    assert (call.code, call.out) == (1, "")
    assert "error DB-15: there is no database at .reconciler/live.db" in call.err
    assert "apply" in call.err
    assert not (tree.folder / ".reconciler").exists()
    assert not (tree.folder / "out").exists()


def test_a_first_plan_and_the_state_of_a_run_need_no_database(tree: Tree) -> None:
    assert tree.run("plan", "--out", "first.plan").code == 0
    assert tree.run("access", "diff", "first.plan").code == 0
    for what in ("first.plan", "0123456789ab"):
        call = tree.run("status", what)
        assert (call.code, call.out.startswith("Not applied")) == (1, True)


def test_what_was_told_before_is_not_told_of_a_database_that_is_gone(tree: Tree) -> None:
    tree.apply()
    for _ in range(2):
        assert tree.run("drift").out.startswith("No drift.")
    (tree.folder / ".reconciler/live.db").unlink()
    call = tree.run("drift")
    assert (call.code, call.out, "DB-15" in call.err) == (1, "", True)


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_file_without_our_schema_is_told_as_that(tree: Tree, words: tuple[str, ...]) -> None:
    (tree.folder / ".reconciler").mkdir()
    with closing(sqlite3.connect(tree.folder / ".reconciler/live.db")) as connection, connection:
        connection.execute("CREATE TABLE others (id INTEGER)")
    call = tree.run(*words, "--as", ROOT)
    assert (call.code, call.out) == (1, "")
    assert "error DB-02: the database has no schema of reconciler" in call.err


def test_a_database_without_its_ledger_is_told_as_that(tree: Tree) -> None:
    tree.apply()
    tree.sql("DROP TABLE reconciler_resources")
    for words in (("drift",), ("state", "list")):
        call = tree.run(*words)
        assert (call.code, call.out, "DB-04" in call.err) == (1, "", True)


@pytest.mark.parametrize("words", ASKING, ids=" ".join)
def test_a_server_without_our_schema_is_told_as_that(served_tree: ServedTree, words: tuple[str, ...]) -> None:
    call = served_tree.run(*words, "--as", ROOT)
    assert (call.code, call.out) == (1, "")
    assert "error DB-02: the database has no schema of reconciler" in call.err
