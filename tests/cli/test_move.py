"""``reconciler move``: the manifests say the new name, the plan is one move, and a mistake changes nothing."""

from __future__ import annotations

import pytest

from tests.cli.environments import ONLY, PRODUCTION, STAGING, apply, categories, with_environments
from tests.cli.tree import INES, ROOT, Tree

DESK = "tenants/farol/desk.yaml"
MOVED = "tenants/farol/moved-service-type-incidents.yaml"


def texts(tree: Tree) -> dict[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in tree.folder.rglob("*.yaml")}


@pytest.fixture
def applied(tree: Tree) -> Tree:
    tree.edit(
        DESK,
        "kind: ServiceType\nmetadata:\n  name: incident\n",
        "kind: ServiceType # the oldest one\nmetadata:\n  name: 'incident' # see the desk\n",
    )
    tree.edit(DESK, "serviceTypes: [incident]", "serviceTypes:\n    - incident # first line")
    tree.apply()
    return tree


def test_the_manifests_say_the_new_name_and_keep_their_comments(applied: Tree) -> None:
    call = applied.run("move", "ServiceType/farol/incident", "incidents", "--as", INES)
    assert (call.code, call.err) == (0, "")
    assert call.out.splitlines() == [DESK, MOVED]
    desk = (applied.folder / DESK).read_text(encoding="utf-8")
    assert "  name: 'incidents' # see the desk\n" in desk
    assert "    - incidents # first line\n" in desk
    assert (
        (applied.folder / MOVED).read_text(encoding="utf-8")
        == """\
apiVersion: reconciler/v1
kind: Moved
metadata:
  name: service-type-incidents
spec:
  from: ServiceType/farol/incident
  to: ServiceType/farol/incidents
"""
    )
    assert applied.run("fmt", "--check").code == 0
    assert applied.run("validate").code == 0
    plan = applied.run("plan", "--as", INES)
    assert "> move ServiceType/farol/incident -> ServiceType/farol/incidents" in plan.out
    applied.apply()
    assert applied.run("plan").out.startswith("No changes.")
    assert applied.sql("SELECT name FROM service_types") == [("incidents",)]


def test_diff_writes_nothing_and_shows_every_file(applied: Tree) -> None:
    before = texts(applied)
    call = applied.run("move", "ServiceType/farol/incident", "ServiceType/farol/incidents", "--diff")
    assert call.code == 0
    assert "-  name: 'incident' # see the desk" in call.out
    assert "+  to: ServiceType/farol/incidents" in call.out
    assert texts(applied) == before


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [
        ("ServiceType/farol/nothing", "other", "MOV-14"),
        ("ServiceType", "other", "MOV-14"),
        ("Nothing/farol/incident", "other", "MOV-14"),
        ("ServiceType/farol/incident", "Category/farol/signing", "MOV-14"),
        ("ServiceType/farol/incident", "Category/farol/other", "MOV-04"),
        ("ServiceType/farol/incident", "ServiceType/other/incident", "MOV-04"),
        ("ServiceType/farol/incident", "..", "GEN-15"),
        ("ServiceType/farol/incident", "Não", "GEN-15"),
        ("Partner/farol", "lighthouse", "MOV-05"),
    ],
)
def test_what_cannot_move_leaves_every_file_as_it_is(applied: Tree, source: str, target: str, code: str) -> None:
    before = texts(applied)
    call = applied.run("move", source, target)
    assert (call.code, call.out) == (1, "")
    assert code in call.err
    assert texts(applied) == before


def test_pending_changes_stay_what_they_are(applied: Tree) -> None:
    applied.edit(DESK, "description: Questions about seals", "description: Something else")
    assert applied.run("move", "Category/farol/signing", "seals").code == 0
    plan = applied.run("plan")
    assert "> move, update Category/farol/signing -> Category/farol/seals" in plan.out
    assert "Something else" in plan.out


def test_what_is_not_live_yet_is_renamed_and_said_so(applied: Tree) -> None:
    text = (applied.folder / DESK).read_text(encoding="utf-8").split("---\n")[0]
    new = text.replace("incident", "request").replace("Incident", "Request").replace("sortOrder: 10", "sortOrder: 20")
    applied.write("tenants/farol/request.yaml", new)
    call = applied.run("move", "ServiceType/farol/request", "requests")
    assert call.code == 0
    assert "is not live here" in call.err
    applied.apply()
    assert applied.sql("SELECT name FROM service_types ORDER BY name") == [("incident",), ("requests",)]


def test_a_second_move_goes_on_from_the_first_one(applied: Tree) -> None:
    assert applied.run("move", "ServiceType/farol/incident", "incidents").code == 0
    assert applied.run("move", "ServiceType/farol/incidents", "events").code == 0
    assert "> move ServiceType/farol/incident -> ServiceType/farol/events" in applied.run("plan").out
    applied.apply()
    assert applied.sql("SELECT name FROM service_types") == [("events",)]
    assert applied.run("plan").out.startswith("No changes.")


def test_the_way_back_takes_the_place_of_the_way_there(applied: Tree) -> None:
    first = texts(applied)
    assert applied.run("move", "ServiceType/farol/incident", "incidents").code == 0
    applied.edit(MOVED, "metadata:", "metadata: # since June")
    applied.apply()
    back = applied.run("move", "ServiceType/farol/incidents", "incident")
    assert (back.code, back.out.splitlines()) == (0, [DESK, MOVED])
    moved = applied.folder / MOVED
    assert "  from: ServiceType/farol/incidents\n  to: ServiceType/farol/incident\n" in moved.read_text(
        encoding="utf-8"
    )
    assert "metadata: # since June\n  name: service-type-incident\n" in moved.read_text(encoding="utf-8")
    assert "> move ServiceType/farol/incidents -> ServiceType/farol/incident" in applied.run("plan").out
    applied.apply()
    assert applied.run("plan").out.startswith("No changes.")
    assert applied.sql("SELECT name FROM service_types") == [("incident",)]
    moved.unlink()
    assert texts(applied) == first


def test_the_way_back_over_two_names_knows_each_of_them(applied: Tree) -> None:
    assert applied.run("move", "ServiceType/farol/incident", "incidents").code == 0
    applied.apply()
    assert applied.run("move", "ServiceType/farol/incidents", "events").code == 0
    back = applied.run("move", "ServiceType/farol/events", "incident")
    assert back.code == 0, back.err
    # one database has the second name, another one may have the third
    assert "> move ServiceType/farol/incidents -> ServiceType/farol/incident" in applied.run("plan").out
    applied.apply()
    assert applied.sql("SELECT name FROM service_types") == [("incident",)]
    assert applied.run("plan").out.startswith("No changes.")


def test_two_moves_that_go_round_by_hand_are_told_what_to_do(applied: Tree) -> None:
    assert applied.run("move", "ServiceType/farol/incident", "incidents").code == 0
    text = (applied.folder / MOVED).read_text(encoding="utf-8")
    other = text.replace("farol/incidents", "farol/x").replace("farol/incident\n", "farol/incidents\n")
    applied.write(
        "tenants/farol/back.yaml", other.replace("farol/x", "farol/incident").replace("type-incidents", "back")
    )
    call = applied.run("validate")
    assert (call.code, "MOV-03" in call.err + call.out) == (1, True)
    assert "use reconciler move" in " ".join(call.out.split())


def test_who_may_not_move_is_told_and_the_plan_is_denied(applied: Tree) -> None:
    call = applied.run("move", "Operator/second", "deputy", "--as", INES)
    assert call.code == 0
    assert "may not change Operator/deputy" in " ".join(call.err.split())
    (applied.folder / "platform/moved-operator-deputy.yaml").unlink()
    applied.edit("platform/operators.yaml", "name: deputy", "name: second")
    call = applied.run("move", "ServiceType/farol/incident", "incidents", "--as", ROOT)
    assert call.code == 0
    assert "may not move ServiceType/farol/incidents" in call.err
    plan = applied.run("plan", "--as", ROOT)
    assert plan.code == 4
    assert "! denied" in plan.out
    assert "may not move ServiceType/farol/incidents" in " ".join(plan.out.split())


def test_a_create_and_a_held_delete_that_look_alike_get_a_hint(applied: Tree) -> None:
    applied.edit(DESK, "name: 'incident'", "name: incidents")
    applied.edit(DESK, "- incident", "- incidents")
    taken = applied.run("plan")
    assert (taken.code, "looks like a rename" in taken.err) == (1, True)
    assert "reconciler move ServiceType/farol/incident ServiceType/farol/incidents" in " ".join(taken.err.split())
    assert "looks like a rename" in applied.run("plan", "--prune").err
    applied.edit(DESK, "displayName: Incident", "displayName: Incidents")
    text = " ".join(applied.run("plan").out.split())
    assert "MOV-16" in text
    assert "ServiceType/farol/incidents looks like ServiceType/farol/incident" in text
    found = applied.run("plan", "--format", "json").json["reconciler"]["diagnostics"]
    assert "reconciler move ServiceType/farol/incident ServiceType/farol/incidents" in " ".join(
        one["detail"] + str(one) for one in found if one["code"] == "MOV-16"
    )
    assert "MOV-16" in applied.run("plan", "--format", "markdown").out


def test_two_that_differ_are_no_rename(applied: Tree) -> None:
    text = (applied.folder / DESK).read_text(encoding="utf-8")
    category = text.split("---\n")[1].replace("name: signing", "name: mail").replace("Signing", "Mail")
    category = category.replace("Questions about seals", "Boxes").replace("audience: customers", "audience: all")
    applied.write(DESK, text.split("---\n")[0] + "---\n" + category.replace("sortOrder: 10", "sortOrder: 90"))
    call = applied.run("plan")
    assert "create Category/farol/mail" in call.out
    assert "MOV-16" not in call.out


def test_overlays_of_every_environment_say_the_new_name(tree: Tree) -> None:
    """An overlay that kept the old name would lie over nothing (OVL-01), and a reference in one would lead nowhere."""
    envs = with_environments(tree)
    envs.edit(PRODUCTION, "    env: live\n", "    env: live # for all\nspec:\n  serviceTypes: [incident]\n")
    for environment in ("staging", "production"):
        apply(envs, environment)
    for source, name in (("ServiceType/farol/incident", "incidents"), ("Category/farol/signing", "seals")):
        call = envs.run("move", source, name, "--env", "staging")
        assert call.code == 0, call.err
        assert PRODUCTION in call.out.splitlines()
    text = (envs.folder / PRODUCTION).read_text(encoding="utf-8")
    assert "  name: seals\n" in text
    assert "env: live # for all\nspec:\n  serviceTypes: [incidents]\n" in text
    assert "  name: seals\n" in (envs.folder / STAGING).read_text(encoding="utf-8")
    assert "serviceTypes: [incidents]" in (envs.folder / ONLY).read_text(encoding="utf-8")
    for environment in ("staging", "production"):
        call = envs.run("apply", "--env", environment, "--auto-approve", "--as", ROOT, "--as", INES)
        assert call.code == 0, call.err
        assert "No changes." in envs.run("plan", "--env", environment).out
    assert [row[0] for row in categories(envs)] == ["more", "seals"]


def test_a_password_without_a_version_moves_by_the_verb(tree: Tree) -> None:
    """It is written again under the new name, which is part of the move and nothing else (MOV-15)."""
    tree.edit("tenants/farol/customers.yaml", ', version: "1"}', "}")
    tree.apply()
    call = tree.run("move", "CustomerUser/farol/ana", "ana.moura")
    assert call.code == 0, call.err
    tree.apply()
    assert tree.run("plan").out.startswith("No changes.")
