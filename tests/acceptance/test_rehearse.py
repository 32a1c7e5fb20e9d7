"""``plan --rehearse``: what the database would refuse shows at review, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.homes import ServedTree
from tests.cli.tree import SECRET, Tree

SMALL = "tenants/farol/desk.yaml"
LIVE = ".reconciler/live.db"


def content(home: Tree) -> Any:
    """All that the database holds; of an embedded one the file itself, byte by byte, and what lies beside it."""
    if isinstance(home, ServedTree):
        tables = home.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return {name: sorted(home.sql(f"SELECT * FROM {name}"), key=repr) for (name,) in tables}
    return {path.name: path.read_bytes() for path in Path(".reconciler").iterdir()}


def refuse_steep(home: Tree) -> None:
    """A constraint that no rule knows: another program's, on rows that the manifests would write."""
    if isinstance(home, ServedTree):
        home.sql("ALTER TABLE categories ADD CONSTRAINT steep CHECK (sort_order < 500)")
    else:
        home.sql(
            "CREATE TRIGGER steep BEFORE UPDATE ON categories WHEN NEW.sort_order >= 500 "
            "BEGIN SELECT RAISE(ABORT, 'row of Signing is too steep'); END"
        )


def test_what_the_database_refuses_is_an_error_at_its_line(home: Tree) -> None:
    home.apply()
    refuse_steep(home)
    home.edit(SMALL, "serviceTypes: [incident]\n  sortOrder: 10", "serviceTypes: [incident]\n  sortOrder: 900")
    before = content(home)
    assert home.run("plan").code == 0
    call = home.run("plan", "--rehearse", "--format", "json", "--out", "p.plan")
    assert call.code == 1
    found = call.json["diagnostics"] if "diagnostics" in call.json else call.json["reconciler"]["diagnostics"]
    refused = [one for one in found if one["code"] == "DB-06"]
    assert [one["address"] for one in refused] == ["Category/farol/signing"]
    assert refused[0]["range"]["filename"] == SMALL
    assert "too steep" not in call.out + call.err
    assert not Path("p.plan").exists()
    assert content(home) == before


def test_a_rehearsal_leaves_nothing_behind(home: Tree) -> None:
    home.apply()
    home.edit(SMALL, "Questions about seals", "All about seals")
    home.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    home.write("tenants/farol/more.yaml", (home.folder / SMALL).read_text().replace("name: incident", "name: extra"))
    home.edit("tenants/farol/more.yaml", "name: signing", "name: stamping")
    home.edit("tenants/farol/more.yaml", "displayName: Incident", "displayName: Extra")
    home.edit("tenants/farol/more.yaml", "displayName: Signing", "displayName: Stamping")
    before, files = content(home), set(home.folder.rglob("*"))
    plain = home.run("plan")
    call = home.run("plan", "--rehearse")
    assert (call.code, call.out) == (0, plain.out), call.err
    assert "Rehearsed" in call.err
    assert SECRET not in call.out + call.err
    assert content(home) == before
    assert set(home.folder.rglob("*")) == files
    assert home.apply().code == 0


def test_the_first_plan_is_rehearsed_without_making_a_database_or_a_key(tree: Tree) -> None:
    files = set(tree.folder.rglob("*"))
    call = tree.run("plan", "--rehearse")
    assert (call.code, "Rehearsed" in call.err) == (0, True), call.err
    assert set(tree.folder.rglob("*")) == files


def test_a_plan_without_changes_needs_no_locks(home: Tree) -> None:
    home.apply()
    before = content(home)
    assert home.run("plan", "--rehearse").out.startswith("No changes.")
    assert content(home) == before


def test_a_busy_tenant_ends_a_rehearsal_with_six(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    served_tree.edit(SMALL, "Questions about seals", "All about seals")
    with served_tree.cluster.connect(served_tree.name) as other, other.transaction():
        other.execute("SELECT FROM reconciler_tenants WHERE tenant = 'farol' FOR UPDATE")
        assert served_tree.run("plan", "--rehearse", "--lock-timeout", "100ms").code == 6
        assert served_tree.run("plan").code == 0
    assert served_tree.run("plan", "--rehearse").code == 0


def test_a_rehearsal_needs_the_right_to_write(served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch) -> None:
    served_tree.run("db", "upgrade")
    cluster = served_tree.cluster
    applying, planning = cluster.role("applying"), cluster.role("planning")
    for statement in served_tree.run("db", "roles", "--applying", applying, "--planning", planning).out.splitlines():
        served_tree.sql(statement)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, planning))
    call = served_tree.run("plan", "--rehearse")
    assert (call.code, "DB-13" in call.err) == (1, True)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, applying))
    monkeypatch.setenv("RECONCILER_PLAN_DATABASE_URL", cluster.url(served_tree.name, planning))
    assert served_tree.run("plan", "--rehearse").code == 0
