"""``reconciler state``: what is managed, what was applied last, and letting go."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.tree import INES, ROOT, SECOND, Tree


@pytest.fixture
def applied(tree: Tree) -> Tree:
    tree.apply()
    return tree


def test_the_list_tells_what_is_managed(applied: Tree) -> None:
    call = applied.run("state", "list")
    assert call.code == 0
    head, _, *lines = call.out.splitlines()
    assert head == "8 managed resources."
    assert len(lines) == 8
    (line,) = [one for one in lines if one.startswith("Category/farol/signing")]
    assert "tenants/farol/desk.yaml:" in line
    found = applied.run("state", "list", "*/farol/*", "--format", "json").json["resources"]
    assert [one["address"] for one in found] == sorted(one["address"] for one in found)
    assert {one["address"].split("/")[1] for one in found} == {"farol"}
    table = list(csv.reader(io.StringIO(applied.run("state", "list", "Operator/*", "--format", "csv").out)))
    assert [row[0] for row in table] == ["Address", "Operator/root", "Operator/second", "Operator/farol/ines"]


def test_somebody_sees_what_may_be_read(applied: Tree) -> None:
    found = applied.run("state", "list", "--as", INES, "--format", "json").json["resources"]
    assert "Operator/root" not in {one["address"] for one in found}
    assert "Category/farol/signing" in {one["address"] for one in found}
    hidden = applied.run("state", "show", "Operator/root", "--as", INES)
    absent = applied.run("state", "show", "Operator/nobody", "--as", INES)
    assert (hidden.code, absent.code) == (1, 1)
    assert hidden.err.replace("Operator/root", "X") == absent.err.replace("Operator/nobody", "X")


def test_show_tells_the_last_applied_values_and_no_secret(applied: Tree) -> None:
    applied.sql("UPDATE categories SET description = 'by hand'")
    found = applied.run("state", "show", "Category/farol/signing", "--format", "json").json
    assert found["values"]["description"] == "Questions about seals"
    assert found["values"]["serviceTypes"] == ["incident"]
    call = applied.run("state", "show", "CustomerUser/farol/ana")
    assert 'password: "(secret) version 1"' in call.out
    assert "argon2" not in call.out


def test_forget_leaves_the_row_and_is_a_run(applied: Tree) -> None:
    call = applied.run("state", "forget", "Category/farol/signing", "--auto-approve", "--as", INES)
    assert call.code == 0, call.err
    assert "x forget Category/farol/signing" in call.out
    assert "Forgotten: 1 resource. Their rows stay." in call.out
    assert applied.sql("SELECT name, rev FROM categories") == [("signing", 1)]
    assert applied.sql("SELECT count(*) FROM reconciler_resources WHERE kind = 'Category'") == [(0,)]
    told = applied.sql("SELECT action, actor, reason FROM reconciler_changes ORDER BY seq DESC LIMIT 1")
    assert told == [("forget", INES, "somebody asks for it; the row stays as it is")]
    assert applied.run("history", "verify").code == 0
    assert applied.run("history", "--as", INES).out.count(INES) >= 1
    assert "adopt Category/farol/signing" in applied.run("plan").out


@pytest.mark.parametrize(
    ("address", "who", "code", "word"),
    [
        ("Category/farol/nothing", INES, 4, "STA-01"),
        ("Operator/root", INES, 4, "STA-01"),
        ("Nothing/farol/x", INES, 4, "STA-01"),
        ("Partner/farol", INES, 4, "GEN-07"),
        ("Operator/root", ROOT, 4, "OPR-04"),
        ("Category", INES, 1, "is no address"),
    ],
)
def test_who_may_not_delete_may_not_forget(applied: Tree, address: str, who: str, code: int, word: str) -> None:
    before = applied.sql("SELECT count(*) FROM reconciler_resources")
    call = applied.run("state", "forget", address, "--auto-approve", "--as", who)
    assert call.code == code, call.err
    assert word in call.err
    assert applied.sql("SELECT count(*) FROM reconciler_resources") == before


def test_nobody_and_no_answer_forget_nothing(applied: Tree) -> None:
    assert applied.run("state", "forget", "Category/farol/signing", "--auto-approve").code != 0
    call = applied.run("state", "forget", "Category/farol/signing", "--as", INES)
    assert (call.code, "APL-02" in call.err) == (1, True)
    assert applied.sql("SELECT count(*) FROM reconciler_resources") == [(8,)]


def test_one_that_is_denied_keeps_the_others_managed(applied: Tree) -> None:
    call = applied.run("state", "forget", "Category/farol/signing", "Operator/second", "--auto-approve", "--as", SECOND)
    assert call.code == 4
    assert applied.sql("SELECT count(*) FROM reconciler_resources") == [(8,)]
