"""What stays as it is: waived drift, and with a plan of drift alone whatever git wants."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reconciler.engine.diff import diff
from reconciler.engine.guard import guard
from reconciler.engine.leave import leave
from reconciler.engine.plan import make_plan
from reconciler.model.address import Address
from reconciler.model.guards import DeleteBudget, Guards
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.view import View
from reconciler.model.waiver import Waiver, Waivers
from tests.engine.worlds import applied, apply, errors, gadget, partner, person, resolved, touched, without

LAMP = Address("Gadget", "farol", "lamp")
ANA = Address("Person", "", "ana")
WIDE = DeleteBudget(count=1000, percent=100, percent_from=1, per_tenant=1000)


def waiving(address: str, *fields: str) -> Waivers:
    made = Waiver(
        name="w", owner="o@example.com", reason="r", expires=dt.date(2026, 6, 22), addresses=(address,),
        fields=fields or ("*",),
    )  # fmt: skip
    return Waivers(active=(made,))


def planned(
    resources: list[Any], live: Live, *, waivers: Waivers | None = None, only_drift: bool = False
) -> tuple[Plan, View, list[str]]:
    """The plan, its view, and what is said of what is waived."""
    view, found = resolved(resources, live)
    assert found == []
    kept = leave(diff(view, {}), waivers or Waivers(), only_drift=only_drift)
    view.keep(kept.fields, kept.absent)
    return make_plan(view, kept.differences), view, [one.summary for one in kept.diagnostics]


def columns(plan: Plan) -> dict[str, Any]:
    return {name: value for one in plan.changes for name, value in one.columns.items()}


def test_waived_fields_stay_and_the_others_are_written() -> None:
    resources = [partner(), gadget(colour="red", lucky=2)]
    live = touched(applied(resources), LAMP, colour="blue", lucky=4)
    plan, view, told = planned(resources, live, waivers=waiving("Gadget/*", "colour"))
    assert columns(plan) == {"lucky": 2}
    assert plan.summary.drift == 1
    assert told == [f"{LAMP}: colour differs and stays so: waived by o@example.com until 2026-06-22 (w)"]
    entity = view.at(LAMP)
    assert entity is not None
    assert (entity.value("colour"), entity.value("lucky")) == ("blue", 2)
    after = apply(live, plan)
    assert after.ledger[LAMP].applied == live.ledger[LAMP].applied


def test_what_is_waived_and_nothing_else_is_no_change() -> None:
    resources = [partner(), gadget(colour="red")]
    live = touched(applied(resources), LAMP, colour="blue")
    plan, _, told = planned(resources, live, waivers=waiving("*"))
    assert (plan.empty, plan.changes, plan.summary.drift, len(told)) == (True, (), 0, 1)


def test_an_intent_beside_waived_drift_renews_the_ledger_for_itself_alone() -> None:
    live = touched(applied([partner(), gadget(colour="red", lucky=2)]), LAMP, colour="blue")
    plan, _, _ = planned([partner(), gadget(colour="red", lucky=4)], live, waivers=waiving("*"))
    after = apply(live, plan)
    assert '"colour":"red"' in after.ledger[LAMP].applied
    assert '"lucky":4' in after.ledger[LAMP].applied
    again, _, told = planned([partner(), gadget(colour="red", lucky=4)], after)
    assert columns(again) == {"colour": "red"}
    assert told == []
    assert {field.cause for one in again.changes for field in one.fields} == {"drift"}


def test_a_conflict_and_an_adoption_are_not_waived() -> None:
    live = touched(applied([partner(), gadget(colour="red")]), LAMP, colour="blue")
    assert columns(planned([partner(), gadget(colour="green")], live, waivers=waiving("*"))[0]) == {"colour": "green"}
    orphan = Live(live.identity, live.rows, {key: one for key, one in live.ledger.items() if key != LAMP})
    plan, _, told = planned([partner(), gadget(colour="red")], orphan, waivers=waiving("*"))
    assert columns(plan) == {"colour": "red"}
    assert told == []


def test_a_waived_state_does_not_open_a_door() -> None:
    """Whatever looks at a plan counts on what is live where that stays, and not on what the manifest would like."""
    both = [person("ana", state="active"), person("bea", state="active")]
    live = applied([person("ana", state="blocked"), person("bea", state="blocked")])
    live = applied(both, live)
    live = touched(live, ANA, state="blocked")
    blocked = [person("ana", state="active"), person("bea", state="blocked")]
    guards = Guards(max_deletes=WIDE, min_administrators=1)
    plan, view, _ = planned(blocked, live)
    assert (errors(plan), guard(plan, view, guards)) == ([], [])
    plan, view, _ = planned(blocked, live, waivers=waiving("Person/ana", "state"))
    assert [one.code for one in guard(plan, view, guards)] == ["GRD-05"]


def test_a_waived_row_that_is_missing_is_not_made_and_counts_for_nobody() -> None:
    resources = [partner(), gadget(colour="red")]
    live = without(applied(resources), LAMP)
    plan, view, told = planned(resources, live, waivers=waiving("Gadget/*"))
    assert (plan.changes, told[0].startswith(f"{LAMP} is missing")) == ((), True)
    assert view.all("Gadget") == []
    assert planned(resources, live, waivers=waiving("Gadget/*", "colour"))[0].summary.add == 1
    new = [partner(), gadget("other", colour="red")]
    assert planned(new, applied([partner()]), waivers=waiving("*"))[0].summary.add == 1, "what is new is no drift"


def test_a_plan_of_drift_alone_leaves_out_what_is_new_gone_to_adopt_or_behind() -> None:
    live = applied([partner(), gadget(colour="red"), gadget("old"), gadget("row", colour="red")])
    live = touched(live, Address("Gadget", "farol", "row"), colour="blue")
    row = Address("Gadget", "farol", "row")
    live = Live(live.identity, live.rows, {key: one for key, one in live.ledger.items() if key != row})
    wanted = [
        partner(),
        gadget(colour="red", lifecycle={"management": "createOnly"}),
        gadget("row", colour="red"),
        gadget("new"),
    ]
    plan, view, _ = planned(wanted, live, only_drift=True)
    assert plan.changes == ()
    entity = view.at(row)
    assert entity is not None
    assert entity.value("colour") == "blue"
    assert "new" not in {one.address.name for one in view.all("Gadget")}


def test_a_row_that_is_gone_is_made_anew_whole() -> None:
    live = without(applied([partner(), gadget(colour="red", lucky=2)]), LAMP)
    plan, _, _ = planned([partner(), gadget(colour="green", lucky=2)], live, only_drift=True)
    assert (plan.summary.add, columns(plan)["colour"]) == (1, "green")


def test_a_state_that_waits_for_a_person_is_no_change_of_git_when_the_world_moves() -> None:
    live = applied([person(state="active")])
    assert planned([person(state="active")], live)[0].changes[0].action == "manual"
    moved = touched(live, ANA, state="blocked")
    plan, _, _ = planned([person(state="active")], moved)
    assert {line.cause for one in plan.changes for line in one.fields if line.path == "state"} == {"drift"}
    plan, _, told = planned([person(state="active")], moved, waivers=waiving("Person/ana", "state"))
    assert plan.changes == ()
    assert len(told) == 1
