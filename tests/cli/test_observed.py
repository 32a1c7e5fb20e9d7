"""What a manifest only watches is told apart: what differs, and what has no row."""

from __future__ import annotations

from tests.cli.tree import Tree

WATCHED = """\
---
apiVersion: reconciler/v1
kind: ServiceType
metadata: {{name: {name}, tenant: farol}}
lifecycle: {{management: observe}}
spec: {{displayName: {shown}}}
"""


def watch(tree: Tree, name: str, shown: str) -> None:
    file = tree.folder / "tenants/farol/desk.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + WATCHED.format(name=name, shown=shown), encoding="utf-8")


def test_a_row_that_is_not_there_does_not_differ(tree: Tree) -> None:
    tree.apply()
    watch(tree, "request", "Request")
    assert "Observed: 1 resource has no row and will not be written." in tree.run("plan").out
    tree.sql("INSERT INTO service_types (tenant, name, display_name, sort_order) VALUES ('farol', 'own', 'Own', 70)")
    watch(tree, "own", "Ours")
    assert "Observed: 1 resource differs, 1 has no row and will not be written." in tree.run("plan").out
    assert "1 watched resource differs, 1 has no row and will" in tree.run("plan", "--format", "markdown").out
