"""A run is undone on either sort of database: exactly, whole, and by those who have the right to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.acceptance.homes import ServedTree
from tests.campaigns.undoing import embedded, state, tables_of
from tests.cli.tree import INES, ISSUER, ROOT, SECOND, SECRET, Tree

CUSTOMERS = "tenants/farol/customers.yaml"
DESK = "tenants/farol/desk.yaml"
EVERYBODY = ("--as", ROOT, "--as", SECOND, "--as", INES)


def snapshot(home: Tree) -> dict[str, list[str]]:
    """Every row of every kind and the ledger, without clocks and counters."""
    if not isinstance(home, ServedTree):
        ask = embedded(home.folder)
        return state(ask, tables_of(ask, embedded=True))

    def served(statement: str) -> list[dict[str, Any]]:
        with home.cluster.connect(home.name) as connection:
            cursor = connection.cursor(row_factory=dict_row)
            return cursor.execute(statement.encode()).fetchall()

    return state(served, tables_of(served, embedded=False))


def newest(home: Tree) -> str:
    return str(home.run("history", "--format", "json", "--limit", "1").json["runs"][0]["id"])


@pytest.fixture
def ready(home: Tree) -> Tree:
    home.apply()
    return home


def change(home: Tree, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that updates, rotates a secret, creates and deletes."""
    monkeypatch.setenv("ANA_PASSWORD", "Another-portal-5822!")
    home.edit(CUSTOMERS, 'version: "1"', 'version: "2"')
    home.edit(CUSTOMERS, "Ana Moura", "Ana Moura Pinto — não")
    text = (home.folder / DESK).read_text(encoding="utf-8").partition("---\n")[0]
    home.write(DESK, text + "---\n" + text.replace("name: incident", "name: request").replace("Incident", "Request"))
    home.apply("--prune")
    return newest(home)


def test_everything_is_as_it_was_and_again_as_it_was_then(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(ready)
    run = change(ready, monkeypatch)
    between = snapshot(ready)
    assert between != before
    call = ready.run("rollback", run, "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.err
    assert snapshot(ready) == before
    assert SECRET not in call.out + call.err
    assert "argon2" not in call.out + call.err
    back = newest(ready)
    call = ready.run("rollback", back, "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.err
    assert snapshot(ready) == between
    assert "No changes." in ready.run("plan", *EVERYBODY).out
    runs = ready.run("history", "--format", "json").json["runs"]
    assert [one["rollback_of"] for one in runs[:3]] == [back, run, None]
    assert ready.run("history", "verify").code == 0


def test_a_plan_file_is_reviewed_shown_and_applied_once(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(ready)
    run = change(ready, monkeypatch)
    call = ready.run("rollback", run[:12], "--out", "back.plan", "--detailed-exitcode", *EVERYBODY)
    assert call.code == 2, call.err
    assert f"rollback of run {run}" in ready.run("show", "back.plan").out
    assert ready.run("show", "back.plan", "--format", "json").json["reconciler"]["rollback"] == run
    assert ready.run("owners", "back.plan", *EVERYBODY).code == 0
    assert ready.run("approve", "back.plan", "--auto-approve", "--as", SECOND).code == 0
    assert ready.run("apply", "back.plan", "--as", ROOT, "--as", INES).code == 0
    assert snapshot(ready) == before
    again = ready.run("apply", "back.plan", "--as", ROOT, "--as", INES)
    assert "Already applied" in again.out
    assert SECRET not in (ready.folder / "back.plan").read_text(encoding="utf-8")


def test_a_plan_file_that_the_world_has_left_behind_is_stale(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = change(ready, monkeypatch)
    assert ready.run("rollback", run, "--out", "back.plan", *EVERYBODY).code == 0
    ready.sql('UPDATE customer_users SET labels = \'{"a":"b"}\'')
    between = snapshot(ready)
    assert ready.run("apply", "back.plan", *EVERYBODY).code == 5
    assert snapshot(ready) == between
    # what somebody else wrote into the row stays
    assert ready.run("rollback", run, "--auto-approve", *EVERYBODY).code == 0
    assert ready.sql("SELECT labels, display_name FROM customer_users") == [('{"a":"b"}', "Ana Moura")]


def test_every_conflict_is_told_with_who_made_it(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = change(ready, monkeypatch)
    ready.sql("UPDATE customer_users SET display_name = 'Ana M.', password = 'x'")
    ready.edit(DESK, "displayName: Request", "displayName: Requests")
    ready.apply("--prune")
    later = newest(ready)
    ready.sql("UPDATE customer_users SET display_name = 'Ana M.', password = 'y'")
    between = snapshot(ready)
    call = ready.run("rollback", run, "--auto-approve", *EVERYBODY)
    assert call.code == 5
    said = " ".join(call.err.split())
    assert "displayName of CustomerUser/farol/ana was changed since" in said
    assert "password of CustomerUser/farol/ana was set anew" in said
    assert f"displayName of ServiceType/farol/request was changed since by run {later}" in said
    assert snapshot(ready) == between


def test_an_edge_that_does_not_lead_back_refuses_all_of_it(ready: Tree) -> None:
    ready.write("tenants/farol/signing.yaml", ISSUER)
    ready.apply()
    ready.edit("tenants/farol/signing.yaml", "state: active", "state: deleted")
    ready.edit(DESK, "Questions about seals", "All about seals")
    call = ready.run("apply", "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.err
    between = snapshot(ready)
    call = ready.run("rollback", newest(ready), "--auto-approve", *EVERYBODY)
    assert call.code == 7, call.err
    assert "Issuer/farol/cedro" in call.err
    assert snapshot(ready) == between


def test_what_is_retained_cannot_be_taken_back_and_says_so(ready: Tree) -> None:
    ready.write("tenants/farol/signing.yaml", ISSUER)
    ready.apply()
    between = snapshot(ready)
    call = ready.run("rollback", newest(ready), "--auto-approve", *EVERYBODY)
    assert call.code == 7, call.err
    assert "GEN-08" in call.err
    assert snapshot(ready) == between


def test_an_adoption_is_undone_and_the_row_stays(ready: Tree) -> None:
    ready.sql("INSERT INTO service_types (tenant, name, display_name, sort_order) VALUES ('farol', 'own', 'Own', 70)")
    before = snapshot(ready)
    text = (ready.folder / DESK).read_text(encoding="utf-8")
    ready.write(
        DESK,
        text + "---\napiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {name: own, tenant: farol}\n"
        "spec: {displayName: Ours, sortOrder: 70}\n",
    )
    ready.apply()
    call = ready.run("rollback", newest(ready), "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.err
    assert snapshot(ready) == before


def test_a_lower_role_undoes_no_more_than_it_may_write(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.edit("platform/operators.yaml", "Rita Fonseca", "Rita da Fonseca")
    ready.apply()
    call = ready.run("rollback", newest(ready), "--auto-approve", "--as", INES)
    assert call.code != 0
    assert "Rita" not in call.out + call.err
    run = change(ready, monkeypatch)
    between = snapshot(ready)
    assert ready.run("rollback", run, "--auto-approve").code == 4
    assert ready.run("rollback", "nobody-knows", "--auto-approve", *EVERYBODY).code == 1
    assert snapshot(ready) == between
    # its own work a partner takes back alone
    call = ready.run("rollback", run, "--auto-approve", "--as", INES)
    assert call.code == 0, call.err


def test_what_was_thrown_away_or_altered_is_not_put_back(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = change(ready, monkeypatch)
    with pytest.raises(Exception, match="never changed"):
        ready.sql("UPDATE reconciler_images SET facts = '{}'")
    drop = "DROP TRIGGER reconciler_images_no_update"
    ready.sql(drop if not isinstance(ready, ServedTree) else f"{drop} ON reconciler_images")
    ready.sql("UPDATE reconciler_images SET facts = replace(facts, 'Ana Moura', 'Eva Moura') WHERE run = ?", run)
    call = ready.run("rollback", run, "--format", "text", *EVERYBODY)
    assert (call.code, "RBK-02" in call.err) == (7, True)
    assert ready.run("history", "verify").code == 1
    ready.sql("DELETE FROM reconciler_images WHERE run = ?", run)
    assert ready.run("history", "verify").code == 0
    call = ready.run("rollback", run, "--format", "text", *EVERYBODY)
    assert (call.code, "RBK-02" in call.err) == (7, True)
    assert "cannot be rolled back" in ready.run("history", "show", run).out


def test_former_secrets_that_were_altered_are_not_put_back(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = change(ready, monkeypatch)
    drop = "DROP TRIGGER reconciler_images_no_update"
    ready.sql(drop if not isinstance(ready, ServedTree) else f"{drop} ON reconciler_images")
    ready.sql('UPDATE reconciler_images SET sealed = \'{"password":"x"}\' WHERE sealed IS NOT NULL')
    between = snapshot(ready)
    call = ready.run("rollback", run, "--auto-approve", *EVERYBODY)
    assert call.code == 1, call.err
    assert snapshot(ready) == between


def test_history_shows_what_a_run_did(ready: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = change(ready, monkeypatch)
    told = ready.run("history", "show", run, "--format", "json").json
    assert {one["address"]: one["action"] for one in told["changes"]} == {
        "CustomerUser/farol/ana": "rotate-secret",
        "Category/farol/signing": "delete",
        "ServiceType/farol/request": "create",
    }
    assert told["can_be_rolled_back"] is True
    assert SECRET not in json.dumps(told)
