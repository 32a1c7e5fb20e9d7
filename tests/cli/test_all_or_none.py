"""Commands that change several manifests change all of them or none."""

from __future__ import annotations

import pytest

from tests.cli.environments import CATEGORY, DESK, apply, sql, with_environments
from tests.cli.tree import INES, Tree

LONG = "z" * 248 + ".yaml"
"""A name that fits, and beside which no longer one fits: such a file cannot be replaced."""


def contents(tree: Tree) -> dict[str, bytes]:
    found = (path for path in tree.folder.rglob("*") if path.is_file() and ".reconciler" not in path.parts)
    return {str(path): path.read_bytes() for path in found}


@pytest.fixture
def laid(tree: Tree) -> Tree:
    """Production says two fields in two overlays; the second one cannot be replaced."""
    tree = with_environments(tree)
    incident = CATEGORY.replace("Category", "ServiceType").replace("signing", "incident")
    tree.write("overlays/production/tenants/farol/desk.yaml", CATEGORY + "spec:\n  sortOrder: 7\n")
    tree.write(f"overlays/production/tenants/farol/{LONG}", incident + "spec:\n  sortOrder: 8\n")
    return tree


def test_promote(laid: Tree) -> None:
    before = contents(laid)
    names = ("Category/farol/signing.sortOrder", "ServiceType/farol/incident.sortOrder")
    call = laid.run("promote", "--from-env", "staging", "--to-env", "production", *names)
    assert call.code == 1
    assert "OUT-01" in call.err
    assert call.out == ""
    assert contents(laid) == before
    assert laid.run("promote", "--from-env", "staging", "--to-env", "production", names[0]).code == 0


def test_accept(tree: Tree) -> None:
    tree = with_environments(tree)
    incident = CATEGORY.replace("Category", "ServiceType").replace("signing", "incident")
    tree.write(f"overlays/staging/tenants/farol/{LONG}", incident + "spec:\n  sortOrder: 8\n")
    apply(tree, "staging")
    sql(tree, "UPDATE categories SET sort_order = 5")
    sql(tree, "UPDATE service_types SET sort_order = 6")
    before = contents(tree)
    names = ("Category/farol/signing.sortOrder", "ServiceType/farol/incident.sortOrder")
    call = tree.run("accept", "--env", "staging", *names)
    assert call.code == 1
    assert "OUT-01" in call.err
    assert call.out == ""
    assert contents(tree) == before
    assert tree.run("accept", "--env", "staging", names[0]).code == 0


def test_move(tree: Tree) -> None:
    text = (tree.folder / DESK).read_text(encoding="utf-8")
    head, _, tail = text.partition("---\n")
    assert tail
    tree.write(DESK, head)
    tree.write(f"tenants/farol/{LONG}", tail)
    tree.apply()
    before = contents(tree)
    call = tree.run("move", "ServiceType/farol/incident", "incidents", "--as", INES)
    assert call.code == 1
    assert "OUT-01" in call.err
    assert contents(tree) == before
