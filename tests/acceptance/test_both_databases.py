"""The main job on both databases: the same plans, the same words, the same exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.homes import ServedTree
from tests.cli.tree import CLOCK, INES, SECOND, SECRET, Tree
from tests.house.places import ROOT

SMALL = "tenants/farol/desk.yaml"
IDENTITY = "UPDATE reconciler_meta SET value = 'one-and-the-same' WHERE key = 'identity'"


def test_validate_plan_apply_and_plan_again(home: Tree) -> None:
    assert home.run("validate").code == 0
    first = home.run("plan", "--detailed-exitcode")
    assert (first.code, first.out.splitlines()[0]) == (2, "Plan: 8 to add, 0 to change, 0 to destroy.")
    assert "Apply complete! 8 added, 0 changed, 0 destroyed." in home.apply().out.splitlines()
    again = home.run("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[0]) == (0, "No changes.")
    assert home.run("db", "check").code == 0
    assert home.run("status").out.startswith("1 run")


def test_intent_drift_and_conflict(home: Tree) -> None:
    home.apply()
    home.sql("UPDATE categories SET audience = 'all', sort_order = 30")
    home.edit(SMALL, "sortOrder: 10\n---", "sortOrder: 15\n---")
    home.edit(SMALL, "serviceTypes: [incident]\n  sortOrder: 10", "serviceTypes: [incident]\n  sortOrder: 20")
    found = {
        (change["address"], field["path"]): field["cause"]
        for change in home.run("plan", "--format", "json").json["resource_changes"]
        for field in change["reconciler"]["fields"]
    }
    assert found == {
        ("ServiceType/farol/incident", "sortOrder"): "intent",
        ("Category/farol/signing", "audience"): "drift",
        ("Category/farol/signing", "sortOrder"): "conflict",
    }
    home.apply()
    assert home.sql("SELECT audience, sort_order FROM categories") == [("customers", 20)]


def test_a_row_that_is_there_is_adopted(home: Tree) -> None:
    home.apply()
    home.sql("DELETE FROM reconciler_resources WHERE kind = 'Category'")
    assert "adopt" in home.run("plan").out
    assert home.sql("SELECT count(*) FROM reconciler_resources") == [(7,)]
    home.apply()
    assert home.sql("SELECT count(*) FROM reconciler_resources") == [(8,)]
    assert home.run("plan").out.startswith("No changes.")


def test_deletes_are_held_and_pruned(home: Tree) -> None:
    home.apply()
    (home.folder / SMALL).unlink()
    assert "2 held" in home.run("plan").out
    assert "Apply complete! 0 added, 0 changed, 2 destroyed." in home.apply("--prune").out
    assert home.sql("SELECT count(*) FROM categories") == [(0,)]


def test_a_plan_file_is_applied_once_and_refused_when_it_is_stale(home: Tree) -> None:
    home.apply()
    home.edit(SMALL, "Questions about seals", "All about seals")
    assert home.run("plan", "--out", "p.plan").code == 0
    assert home.run("status", "p.plan").code == 1
    assert home.run("apply", "p.plan", *home.everybody).out == "Apply complete! 0 added, 1 changed, 0 destroyed.\n"
    assert home.run("apply", "p.plan", *home.everybody).out.startswith("Already applied")
    assert home.run("status", "p.plan").code == 0
    home.edit(SMALL, "All about seals", "Everything about seals")
    home.run("plan", "--out", "q.plan")
    home.sql("UPDATE categories SET audience = 'all'")
    call = home.run("apply", "q.plan", *home.everybody)
    assert (call.code, "Category/farol/signing" in call.err) == (5, True)


def test_no_output_and_no_log_holds_a_secret(home: Tree) -> None:
    calls = [home.run("plan", "--verbose", "--out", "p.plan"), home.run("plan", "--format", "json"), home.apply()]
    home.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    calls += [home.run("plan"), home.apply()]
    written = Path("p.plan").read_text(encoding="utf-8")
    if isinstance(home, ServedTree):
        written += home.cluster.log
    for text in (*(call.out + call.err for call in calls), written):
        assert SECRET not in text


def test_a_plan_has_the_same_digest_and_the_same_bytes_on_both(
    tree: Tree, served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[Any]] = {"sqlite": [], "postgresql": []}
    url = os.environ["RECONCILER_DATABASE_URL"]
    original = {path: path.read_text(encoding="utf-8") for path in tree.folder.rglob("*.yaml")}
    for name, one in (("sqlite", tree), ("postgresql", served_tree)):
        for path, text in original.items():
            path.write_text(text, encoding="utf-8")
        monkeypatch.delenv("RECONCILER_DATABASE_URL")
        if name == "postgresql":
            monkeypatch.setenv("RECONCILER_DATABASE_URL", url)
        one.run("db", "upgrade")
        one.sql(IDENTITY)
        seen[name] += _story(one, monkeypatch)
        monkeypatch.setenv("RECONCILER_DATABASE_URL", url)
    assert len(seen["sqlite"]) == 8
    for left, right in zip(seen["sqlite"], seen["postgresql"], strict=True):
        assert left == right


def _story(one: Tree, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What plans say from the first to the last; times differ, so a fixed clock stands where plans are made."""

    def plan(*words: str) -> list[Any]:
        with monkeypatch.context() as fixed:
            fixed.setenv("RECONCILER_CLOCK", CLOCK)
            return [one.run("plan", "--format", "json", *words).out, one.run("plan", *words).out]

    found = plan()
    one.apply()
    one.sql("UPDATE categories SET audience = 'all', sort_order = 30, protect = true")
    one.sql("UPDATE partners SET billing_account = 'FAR-0009' WHERE name = 'farol'")
    one.edit(SMALL, "serviceTypes: [incident]\n  sortOrder: 10", "serviceTypes: []\n  sortOrder: 20")
    one.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    found += plan()
    call = one.run("apply", "--auto-approve", "--as", SECOND, *one.everybody)
    assert call.out.endswith("Apply complete! 0 added, 3 changed, 0 destroyed.\n"), call.err
    (one.folder / SMALL).unlink()
    found += plan()
    found += plan("--prune")
    return found


# --- a server only ---------------------------------------------------------------------------------------------------


def test_a_server_without_schema_says_what_to_do(served_tree: ServedTree) -> None:
    for words in (("plan",), ("apply", "--auto-approve"), ("status",), ("locks",)):
        call = served_tree.run(*words)
        assert (call.code, "db upgrade" in call.err) == (1, True)
    assert served_tree.run("db", "current").out == "none\n"
    assert served_tree.run("db", "upgrade").out.startswith("The schema is at revision")
    assert served_tree.apply().code == 0


def test_a_clock_that_was_set_by_hand_writes_to_no_server(
    served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    served_tree.run("db", "upgrade")
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    assert served_tree.run("plan").code == 0
    call = served_tree.run("apply", "--auto-approve", *served_tree.everybody)
    assert (call.code, "CFGF-08" in call.err) == (1, True)
    assert served_tree.sql("SELECT count(*) FROM reconciler_runs") == [(0,)]


def test_without_a_key_a_server_keeps_no_encrypted_secret(
    served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECONCILER_SECRET_KEY")
    served_tree.run("db", "upgrade")
    served_tree.edit("tenants/farol/customers.yaml", ', version: "1"', "")
    call = served_tree.run("apply", "--auto-approve", *served_tree.everybody)
    assert (call.code, "KEY-01" in call.err) == (1, True)
    assert served_tree.sql("SELECT count(*) FROM reconciler_runs") == [(0,)]
    assert not list(served_tree.folder.rglob("*.key"))


def test_a_busy_tenant_ends_with_six_and_locks_lists_the_holder(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    served_tree.edit(SMALL, "Questions about seals", "All about seals")
    with served_tree.cluster.connect(served_tree.name) as other, other.transaction():
        other.execute("SET application_name = 'reconciler run-7'")
        other.execute("SELECT FROM reconciler_tenants WHERE tenant = 'farol' FOR UPDATE")
        call = served_tree.run("apply", "--auto-approve", "--lock-timeout", "100ms", *served_tree.everybody)
        assert call.code == 6
        assert "tenant farol is held by process" in " ".join(call.err.split())
        held = served_tree.run("locks", "--format", "json").json["locks"]
        assert [(one["what"], one["application"]) for one in held] == [("tenant farol", "reconciler run-7")]
        assert "tenant farol: process" in served_tree.run("locks").out
    assert served_tree.run("locks").out == "No locks are held.\n"
    assert served_tree.apply().code == 0


def test_locks_names_other_tenants_to_those_alone_who_may_read_them(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    with served_tree.cluster.connect(served_tree.name) as other:
        other.execute("INSERT INTO reconciler_tenants (tenant, generation) VALUES ('dunas', 0)")
        with other.transaction():
            other.execute("SELECT FROM reconciler_tenants WHERE tenant IN ('farol', 'dunas') FOR UPDATE")
            seen, whole = (
                served_tree.run("locks", "--format", "json", *words).json["locks"] for words in (("--as", INES), ())
            )
            assert [one["what"] for one in whole] == ["tenant dunas", "tenant farol"]
            assert [one["what"] for one in seen] == ["tenant farol"]
    nobody = served_tree.run("locks", "--as", "nobody@example.com")
    assert (nobody.code, nobody.out) == (4, "")


def test_the_status_of_a_run_that_is_under_way_is_unknown(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    with served_tree.cluster.connect(served_tree.name) as other:
        other.execute("SET application_name = 'reconciler run-7'")
        assert served_tree.run("status", "run-7").code == 8
    assert served_tree.run("status", "run-8").code == 1


def test_plans_read_as_a_role_that_sees_no_secret(served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch) -> None:
    served_tree.run("db", "upgrade")
    cluster = served_tree.cluster
    applying, planning = cluster.role("applying"), cluster.role("planning")
    call = served_tree.run("db", "roles", "--applying", applying, "--planning", planning)
    for statement in call.out.splitlines():
        served_tree.sql(statement)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, applying))
    monkeypatch.setenv("RECONCILER_PLAN_DATABASE_URL", cluster.url(served_tree.name, planning))
    served_tree.apply()
    assert served_tree.run("plan").out.startswith("No changes.")
    with cluster.connect(served_tree.name, planning) as other:
        readable = "SELECT has_column_privilege('customer_users', 'password', 'SELECT')"
        assert other.execute(readable).fetchone() == (False,)
    journal = "SELECT DISTINCT database_user, actor FROM reconciler_journal WHERE run IS NOT NULL"
    assert served_tree.sql(journal) == [(applying, "installer root@example.com")]


def test_processes_that_apply_to_one_tenant_at_once_all_end_well(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    before = served_tree.sql("SELECT count(*) FROM reconciler_runs")[0][0]
    served_tree.edit(SMALL, "Questions about seals", "All about seals")
    words = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "--as", INES, "--mine", "--report"]
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    calls = [subprocess.Popen([*words, f"r{number}.json"], stderr=subprocess.PIPE, env=here) for number in range(3)]
    codes = sorted(call.wait() for call in calls)
    for call in calls:
        call.communicate()
    # One applied; the others came too late for their plan, or found nothing to do.
    assert codes in ([0, 5, 5], [0, 0, 5], [0, 0, 0])
    assert served_tree.sql("SELECT count(*) FROM reconciler_runs") == [(before + 1,)]
    assert served_tree.sql("SELECT rev, description FROM categories") == [(2, "All about seals")]
    assert json.loads(Path("r0.json").read_text(encoding="utf-8"))
    assert served_tree.run("db", "check").code == 0
