"""What moves must not do: give rights, tell what is hidden, hit another row, or leave anything half done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.engine.planfile import from_document, to_bytes
from reconciler.model.failpoint import armed
from tests.cli.tree import INES, ROOT, Tree

DESK = "tenants/farol/desk.yaml"
MOVES = "tenants/farol/moves.yaml"


def moved(before: str, after: str, name: str = "one") -> str:
    head = f"apiVersion: reconciler/v1\nkind: Moved\nmetadata:\n  name: {name}\n"
    return f"{head}spec:\n  from: {before}\n  to: {after}\n---\n"


INCIDENTS = moved("ServiceType/farol/incident", "ServiceType/farol/incidents")


@pytest.fixture
def applied(tree: Tree) -> Tree:
    tree.apply()
    return tree


@pytest.fixture
def renamed(applied: Tree) -> Tree:
    """One move is pending."""
    applied.edit(DESK, "name: incident\n", "name: incidents\n")
    applied.edit(DESK, "[incident]", "[incidents]")
    applied.write(MOVES, INCIDENTS)
    return applied


def words(text: str) -> str:
    return " ".join(text.split())


def rows(tree: Tree) -> list[Any]:
    tables = ("service_types", "categories", "customer_users", "reconciler_resources", "reconciler_changes")
    return [tree.sql(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (INCIDENTS.replace("from:", "form:"), "MOV-01"),
        (INCIDENTS.replace("ServiceType/farol/incidents", "Servicetype/farol/incidents"), "MOV-01"),
        (INCIDENTS.replace("farol/incidents", "farol/In cidents"), "MOV-01"),
        (INCIDENTS.replace("farol/incidents", "farol/../incidents"), "MOV-01"),
        ("apiVersion: reconciler/v1\nkind: Moved\n", "MOV-01"),
        ("apiVersion: reconciler/v1\nkind: Moved\nmetadata: [a]\nspec: 7\n", "MOV-01"),
        (INCIDENTS + INCIDENTS, "MOV-02"),
        (INCIDENTS + moved("ServiceType/farol/incident", "ServiceType/farol/events", "two"), "MOV-02"),
        (INCIDENTS + moved("ServiceType/farol/incidents", "ServiceType/farol/incident", "two"), "MOV-03"),
        (moved("ServiceType/farol/incident", "ServiceType/farol/incident"), "MOV-03"),
        (moved("ServiceType/farol/incident", "Category/farol/incident"), "MOV-04"),
        (moved("ServiceType/farol/incident", "ServiceType/other/incident"), "MOV-04"),
        (moved("Partner/farol", "Partner/lighthouse"), "MOV-05"),
        (moved("SystemConfiguration/platform", "SystemConfiguration/ground"), "MOV-05"),
        (moved("ServiceType/farol/incident", "ServiceType/farol/events"), "MOV-06"),
        (moved("ServiceType/farol/none", "ServiceType/farol/nothing"), "MOV-07"),
    ],
)
def test_faults_are_found_without_a_database(tree: Tree, text: str, code: str) -> None:
    tree.write(MOVES, text)
    call = tree.run("validate", "--format", "json")
    assert call.code == 1
    found = [one for one in call.json["diagnostics"] if one["code"] == code]
    assert found
    assert all(one["range"]["filename"] == MOVES for one in found)
    assert not (tree.folder / ".reconciler").exists()


def test_what_is_only_watched_does_not_move(renamed: Tree) -> None:
    renamed.edit(
        DESK,
        "  name: incidents\n  tenant: farol\n",
        "  name: incidents\n  tenant: farol\nlifecycle: {management: observe}\n",
    )
    assert "MOV-07" in renamed.run("plan").err


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (
            "INSERT INTO service_types (tenant, name, display_name) VALUES ('farol', 'incidents', 'Other')",
            "MOV-08",
        ),
        ("DELETE FROM reconciler_resources WHERE name = 'incident'", "MOV-09"),
        ('UPDATE categories SET service_types = \'["incident","incidents"]\'', "MOV-11"),
    ],
)
def test_what_the_world_made_of_it_stands_against_it(renamed: Tree, statement: str, code: str) -> None:
    renamed.sql(statement)
    before = rows(renamed)
    call = renamed.run("apply", "--auto-approve", *renamed.everybody)
    assert (call.code, code in call.err) == (1, True)
    assert rows(renamed) == before


def test_a_tombstone_keeps_its_name(applied: Tree) -> None:
    applied.sql("UPDATE customers SET state = 'closed'")
    applied.edit("tenants/farol/customers.yaml", "name: lumen\n", "name: lumen-grupo\n")
    applied.edit("tenants/farol/customers.yaml", "customer: lumen\n", "customer: lumen-grupo\n")
    applied.write(MOVES, moved("Customer/farol/lumen", "Customer/farol/lumen-grupo"))
    call = applied.run("plan")
    assert call.code == 1
    assert "MOV-10" in call.out + call.err


@pytest.mark.parametrize(
    ("option", "code"),
    [
        (("--target", "Category/*"), "MOV-12"),
        (("--exclude", "ServiceType/*"), "MOV-12"),
        (("--exclude", "ServiceType/farol/incidents"), "MOV-12"),
        (("--exclude", "ServiceType/farol/incident"), "MOV-12"),
        (("--target", "ServiceType/*", "--exclude", "*/incidents"), "MOV-12"),
        (("--only-drift",), "MOV-13"),
    ],
)
def test_a_plan_that_leaves_a_move_out_is_refused(renamed: Tree, option: tuple[str, ...], code: str) -> None:
    call = renamed.run("plan", *option)
    assert (call.code, code in call.out + call.err) == (1, True)
    assert renamed.run("plan", "--target", "ServiceType/farol/incident").code == 0


def test_drift_of_what_moves_is_known_as_drift(renamed: Tree) -> None:
    renamed.sql("UPDATE service_types SET sort_order = 99")
    renamed.sql("UPDATE categories SET service_types = '[]'")
    plan = renamed.run("plan", "--format", "json").json
    found = {
        (one["address"], line["path"]): (line["cause"], line["base"])
        for one in plan["resource_changes"]
        for line in one["reconciler"]["fields"]
    }
    assert found == {
        ("ServiceType/farol/incidents", "sortOrder"): ("drift", 10),
        ("Category/farol/signing", "serviceTypes"): ("drift", ["incidents"]),
    }
    renamed.apply()
    assert renamed.sql("SELECT name, sort_order FROM service_types") == [("incidents", 10)]
    assert renamed.run("plan").out.startswith("No changes.")


def test_a_fault_amid_the_rows_leaves_everything_as_it_was(renamed: Tree) -> None:
    before = rows(renamed)
    seen: list[str] = []

    def fail(place: str) -> None:
        seen.append(place)
        if place == "amid-rows":
            msg = "a fault on purpose"
            raise RuntimeError(msg)

    with armed(fail):
        assert renamed.run("apply", "--auto-approve", *renamed.everybody).code == 1
    assert "amid-rows" in seen
    assert rows(renamed) == before
    renamed.apply()
    assert renamed.run("plan").out.startswith("No changes.")


def test_a_referrer_that_goes_in_the_same_run_is_pruned(renamed: Tree) -> None:
    text = (renamed.folder / DESK).read_text(encoding="utf-8")
    renamed.write(DESK, text.split("---\n")[0])
    call = renamed.run("apply", "--auto-approve", "--prune", *renamed.everybody)
    assert call.code == 0, call.err
    assert renamed.sql("SELECT name FROM service_types") == [("incidents",)]
    assert renamed.sql("SELECT name FROM categories") == []
    assert renamed.run("plan").out.startswith("No changes.")


@pytest.mark.parametrize("who", [ROOT, INES])
def test_a_rehearsal_and_a_snapshot_see_the_move(renamed: Tree, who: str) -> None:
    assert renamed.run("plan", "--rehearse").code == 0
    assert renamed.sql("SELECT name FROM service_types") == [("incident",)]
    assert renamed.run("snapshot", "--out", "live.snap", "--as", who).code == 0
    call = renamed.run("plan", "--live", "live.snap")
    assert call.code == 0, call.err
    assert "> move ServiceType/farol/incident -> ServiceType/farol/incidents" in call.out


def test_a_plan_file_with_other_rewrites_is_refused(renamed: Tree) -> None:
    assert renamed.run("plan", "--out", "moves.plan", "--mine", "--as", INES).code == 0
    file = renamed.folder / "moves.plan"
    document = json.loads(file.read_text(encoding="utf-8"))
    plan = from_document(document)
    assert from_document(json.loads(to_bytes(plan, {}))) == plan
    document["rewrites"][0][3] = {"service_types": '["elsewhere"]'}
    file.write_text(json.dumps(document), encoding="utf-8")
    assert renamed.run("apply", "moves.plan", "--auto-approve", "--as", INES).code == 5
    fake = from_document(json.loads(to_bytes(from_tampered(plan), dict(document["madeBy"]))))
    file.write_bytes(to_bytes(fake, dict(document["madeBy"])))
    assert renamed.run("apply", "moves.plan", "--auto-approve", "--as", INES).code == 5
    assert renamed.sql("SELECT name FROM service_types") == [("incident",)]


def from_tampered(plan: Any) -> Any:
    from dataclasses import replace

    return replace(plan, rewrites=plan.rewrites[:1])


def test_a_password_without_version_moves_and_is_written_again(tree: Tree) -> None:
    tree.edit("tenants/farol/customers.yaml", '{fromEnv: ANA_PASSWORD, version: "1"}', "{fromEnv: ANA_PASSWORD}")
    tree.apply()
    tree.edit("tenants/farol/customers.yaml", "name: ana\n", "name: ana.moura\n")
    tree.write(MOVES, moved("CustomerUser/farol/ana", "CustomerUser/farol/ana.moura"))
    assert "> move, rotate secret CustomerUser/farol/ana -> CustomerUser/farol/ana.moura" in tree.run("plan").out
    tree.apply()
    assert tree.run("plan").out.startswith("No changes.")


def test_a_password_that_git_ignores_rests_as_it_did_and_is_written_when_it_is_ignored_no_more(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = "tenants/farol/customers.yaml"
    tree.edit(customers, '{fromEnv: ANA_PASSWORD, version: "1"}', "{fromEnv: ANA_PASSWORD}")
    tree.apply()
    resting = tree.sql("SELECT password, password_fingerprint FROM customer_users")
    ignoring = "name: ana.moura\nlifecycle: {ignoreChanges: [password]}\n"
    tree.edit(customers, "name: ana\n  tenant: farol\n", ignoring.replace("\nl", "\n  tenant: farol\nl"))
    tree.write(MOVES, moved("CustomerUser/farol/ana", "CustomerUser/farol/ana.moura"))
    with monkeypatch.context() as patch:
        patch.delenv("ANA_PASSWORD")
        tree.apply()
    assert tree.sql("SELECT name FROM customer_users") == [("ana.moura",)]
    assert tree.sql("SELECT password, password_fingerprint FROM customer_users") == resting
    tree.edit(customers, "lifecycle: {ignoreChanges: [password]}\n", "")
    assert "rotate secret CustomerUser/farol/ana.moura" in tree.run("plan").out
    tree.apply()
    assert tree.run("plan").out.startswith("No changes.")


def test_an_absent_and_a_foreign_resource_get_the_same_answer(applied: Tree) -> None:
    """Whoever may not read a resource does not learn by a move whether it is there."""
    text = (applied.folder / "platform/operators.yaml").read_text(encoding="utf-8")
    renamed = text.replace("name: second", "name: third")
    applied.write("platform/operators.yaml", renamed)
    answers = []
    for before in ("second", "nobody"):
        applied.write("platform/moves.yaml", moved(f"Operator/{before}", "Operator/third"))
        if before == "nobody":
            applied.sql("UPDATE operators SET name = 'zeno' WHERE name = 'second'")
            applied.sql("UPDATE reconciler_resources SET name = 'zeno' WHERE name = 'second'")
            applied.sql("UPDATE operators SET email = 'zeno@example.com' WHERE name = 'zeno'")
        call = applied.run("plan", "--as", INES)
        lines = [one for one in call.out.splitlines() if not one.startswith("Digest")]
        answers.append((call.code, [one for one in lines if "third" in one or "second" in one or "zeno" in one]))
    assert answers[0] == answers[1]
    assert answers[0][0] == 4


def test_nobody_moves_the_own_operator(applied: Tree) -> None:
    assert applied.run("move", "Operator/root", "rita").code == 0
    call = applied.run("apply", "--auto-approve", "--as", ROOT)
    assert call.code == 4
    assert "OPR-04" in call.err
    assert applied.run("plan", "--as", "second@example.com").code == 0
    done = applied.run("apply", "--auto-approve", "--as", "second@example.com")
    assert done.code == 0, done.err
    assert applied.run("plan", "--as", ROOT).out.startswith("No changes.")


def test_drift_and_accept_work_while_a_move_is_pending(renamed: Tree) -> None:
    renamed.sql("UPDATE service_types SET sort_order = 99")
    report = renamed.run("drift", "--as", ROOT, "--format", "json").json
    assert [one["address"] for one in report["findings"]] == ["ServiceType/farol/incidents"]
    assert "1 error" not in str(report["diagnostics"])
    call = renamed.run("accept", "ServiceType/farol/incidents")
    assert call.code == 0, call.err
    assert "sortOrder: 99" in (renamed.folder / DESK).read_text(encoding="utf-8")
    plan = renamed.run("plan")
    assert plan.out.splitlines()[1] == "  1 to move, 7 unchanged."
