"""Life cycles and removals in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.change import Action, Cause
from reconciler.model.diagnostic import Severity
from reconciler.model.kind import Deletion
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.resource import asked_before
from tests.engine.toy import GADGET
from tests.engine.worlds import (
    PERSON,
    TENANT,
    applied,
    apply,
    catalog,
    empty,
    errors,
    gadget,
    partner,
    person,
    plan_of,
    touched,
    without,
)

ANA = Address("Person", "", "ana")
LAMP = Address("Gadget", "farol", "lamp")
FAROL = Address("Partner", "", "farol")


def steps(plan: Any) -> list[tuple[str, str]]:
    """(action, edge) of every change, in order."""
    return [(one.action.value, str(one.edge) if one.edge else "") for one in plan.changes]


def living(state: str, **given: Any) -> Any:
    """A database in which Ana is in ``state``."""
    return touched(applied([person(**given)]), ANA, state=state)


class TestEdges:
    def test_every_edge_is_a_change_of_its_own(self):
        made = plan_of([person(state="gone")], living("active"))
        assert steps(made) == [("transition", "active->blocked"), ("transition", "blocked->gone")]
        first, second = made.changes
        assert first.risks == (Risk.LOCKS_OUT,)
        assert first.reason == "locked out"
        assert dict(second.columns) == {"state": "gone"}
        assert [(one.path, one.before, one.after) for one in second.fields] == [("state", "blocked", "gone")]
        assert made.summary == Summary(change=1, transitions=2)

    def test_a_new_resource_walks_from_its_entry_state(self):
        made = plan_of([person(state="blocked")], empty())
        assert steps(made) == [("create", ""), ("transition", "new->blocked")]
        assert made.changes[0].columns["state"] == "new"
        assert made.summary.add == 1
        assert made.summary.change == 0

    def test_a_kind_may_choose_the_entry_state(self):
        kind = replace(PERSON, entry_state=lambda _resource, _view: "active")
        made = plan_of([person(state="active")], empty(), kinds=catalog(kind))
        assert steps(made) == [("create", "")]
        assert made.changes[0].columns["state"] == "active"

    def test_nothing_without_a_wanted_state(self):
        assert plan_of([person()], living("blocked")).changes == ()

    def test_a_state_that_the_world_changed_is_drift(self):
        live = touched(applied([partner(state="active")]), FAROL, state="suspended")
        made = plan_of([partner(state="active")], live)
        assert steps(made) == [("transition", "suspended->active")]
        assert made.changes[0].fields[0].cause is Cause.DRIFT
        assert made.summary.drift == 1

    def test_no_path(self):
        made = plan_of([person(state="new")], living("active"))
        assert [(one.code, one.path) for one in made.diagnostics] == [("LIF-01", "state")]
        assert "blocked" in made.diagnostics[0].hint
        assert made.changes == ()

    def test_a_path_of_the_system(self):
        made = plan_of([person(state="asleep")], living("active"))
        assert [(one.code, one.path) for one in made.diagnostics] == [("LIF-05", "state")]
        assert made.changes == ()

    def test_a_step_of_a_person_is_a_manual_action_and_the_end(self):
        live = applied([person(title="Old")])
        made = plan_of([person(title="New", state="active")], live)
        assert steps(made) == [("update", ""), ("manual", "new->active")]
        assert [(one.code, one.severity, one.path) for one in made.diagnostics] == [
            ("LIF-04", Severity.MANUAL, "state")
        ]
        assert made.summary.manual == 1
        live = apply(live, made)
        again = plan_of([person(title="New", state="active")], live)
        assert steps(again) == [("manual", "new->active")]
        assert again.empty
        assert again.changes[0].fields[0].cause is Cause.INTENT

    def test_the_ledger_remembers_what_a_person_is_asked_for(self):
        live = applied([person()])
        wanted = person(state="active")
        made = plan_of([wanted], live)
        assert steps(made) == [("refresh", ""), ("manual", "new->active")]
        assert made.empty
        live = apply(live, made)
        assert asked_before(live.ledger[ANA], "active")
        assert steps(plan_of([wanted], live)) == [("manual", "new->active")]
        assert steps(plan_of([person()], live)) == [("refresh", "")]

    def test_what_a_person_did_meanwhile_only_renews_the_ledger(self):
        wanted = person(state="active")
        live = touched(applied([wanted]), ANA, state="active")
        made = plan_of([wanted], live)
        assert steps(made) == [("refresh", "")]
        assert made.empty


class TestTombstones:
    def test_they_accept_no_change(self):
        made = plan_of([person(title="New", state="blocked")], living("gone"))
        assert [(one.code, one.path) for one in made.diagnostics] == [("TOY-20", "title"), ("TOY-20", "state")]
        assert made.changes == ()

    def test_the_code_is_that_of_the_kind(self):
        live = applied([partner(state="suspended")])
        live = applied([partner(state="deleted")], live)
        assert errors(plan_of([partner(title="New", state="deleted")], live)) == ["LIF-06"]

    def test_a_fitting_manifest_is_no_change(self):
        live = applied([partner(state="suspended")])
        live = applied([partner(state="deleted")], live)
        assert plan_of([partner(state="deleted")], live).changes == ()


class TestProtection:
    def test_a_protected_resource_is_not_buried(self):
        live = living("active", lifecycle={"protect": True})
        made = plan_of([person(state="gone", lifecycle={"protect": True})], live)
        assert [(one.code, one.path) for one in made.diagnostics] == [("GEN-20", "state")]

    def test_lifting_it_needs_an_apply_of_its_own(self):
        live = living("active", lifecycle={"protect": True})
        assert errors(plan_of([person(state="gone")], live)) == ["GEN-20"]
        live = applied([person()], live)
        assert errors(plan_of([person(state="gone")], live)) == []

    def test_other_edges_are_free(self):
        live = living("active", lifecycle={"protect": True})
        assert errors(plan_of([person(state="blocked", lifecycle={"protect": True})], live)) == []

    def test_a_missing_manifest_does_not_lift_it(self):
        live = applied([partner(), gadget(lifecycle={"protect": True})])
        made = plan_of([partner()], live, prune=True)
        assert [(one.code, one.source) for one in made.diagnostics] == [("GEN-20", None)]
        assert [one.action for one in made.changes] == [Action.HELD]


class TestRemoval:
    def test_without_pruning_it_is_held(self):
        live = applied([partner(), gadget()])
        made = plan_of([partner()], live)
        assert [(one.code, one.severity, one.source) for one in made.diagnostics] == [
            ("GEN-21", Severity.WARNING, None)
        ]
        assert [one.action for one in made.changes] == [Action.HELD]
        assert made.summary == Summary(held=1, unchanged=1)
        assert made.empty

    def test_pruning_walks_to_a_state_and_removes_the_row(self):
        live = applied([partner(), gadget()])
        made = plan_of([partner()], live, prune=True)
        assert steps(made) == [("transition", "active->stopped"), ("delete", "")]
        assert made.summary == Summary(destroy=1, unchanged=1, transitions=1)
        assert made.changes[-1].after is None
        after = apply(live, made)
        assert LAMP not in after.ledger
        assert plan_of([partner()], after, prune=True).changes == ()

    def test_a_row_in_a_fitting_state_is_removed_at_once(self):
        live = applied([partner(), gadget(state="stopped")])
        assert steps(plan_of([partner()], live, prune=True)) == [("delete", "")]

    def test_no_way_to_such_a_state(self):
        live = touched(applied([partner(), gadget()]), LAMP, state="lost")
        made = plan_of([partner()], live, prune=True)
        assert errors(made) == ["LIF-01"]
        assert [one.action for one in made.changes] == [Action.HELD]

    def test_a_retained_resource_is_never_pruned_alive(self):
        live = applied([partner()])
        made = plan_of([person()], live, prune=True)
        assert [(one.code, one.source) for one in made.diagnostics] == [("GEN-08", None)]
        assert "deleted" in made.diagnostics[0].summary
        assert Action.HELD in {one.action for one in made.changes}

    def test_a_tombstone_is_only_forgotten(self):
        live = applied([partner(state="suspended")])
        live = applied([partner(state="deleted")], live)
        made = plan_of([person()], live)
        assert ("forget", "") in steps(made)
        assert made.summary.forget == 1
        after = apply(live, made)
        assert after.row(FAROL) is not None
        assert FAROL not in after.ledger

    def test_pruning_along_the_life_cycle(self):
        live = living("active")
        made = plan_of([partner()], applied([partner()], live, excludes=("Person/*",)), prune=True)
        assert steps(made) == [("transition", "active->blocked"), ("transition", "blocked->gone"), ("forget", "")]
        assert made.summary == Summary(destroy=1, unchanged=1, transitions=2)

    def test_what_is_never_deleted_stays(self):
        kinds = catalog(replace(TENANT, deletion=Deletion.NEVER))
        live = applied([partner()])
        made = plan_of([person()], live, kinds=kinds, prune=True)
        assert [one.code for one in made.diagnostics] == ["GEN-21"]
        assert Action.HELD in {one.action for one in made.changes}

    def test_a_row_that_is_gone_already_is_forgotten(self):
        live = without(applied([partner(), gadget()]), LAMP)
        assert steps(plan_of([partner()], live)) == [("forget", "")]

    def test_what_was_only_to_be_created_is_forgotten(self):
        live = applied([partner(), gadget(lifecycle={"management": "createOnly"})])
        made = plan_of([partner()], live, prune=True)
        assert steps(made) == [("forget", "")]

    def test_what_is_still_used_is_not_deleted(self):
        live = applied([partner(), gadget("top", state="stopped"), gadget(keeper="top")])
        made = plan_of([partner(), gadget(keeper="top")], live, prune=True)
        assert [(one.code, str(one.address), one.path) for one in made.diagnostics] == [("GEN-02", str(LAMP), "keeper")]
        assert "Gadget/farol/top" in made.diagnostics[0].summary

    def test_users_that_go_too_do_not_count_and_go_first(self):
        live = applied([partner(), gadget("top", state="stopped"), gadget("a", keeper="top", state="stopped")])
        made = plan_of([partner()], live, prune=True)
        assert errors(made) == []
        assert [one.address.name for one in made.changes] == ["a", "top"]

    def test_a_use_that_ends_in_the_same_plan_does_not_count(self):
        live = applied([partner(), gadget("top", state="stopped"), gadget(keeper="top")])
        made = plan_of([partner(), gadget()], live, prune=True)
        assert errors(made) == []
        assert [one.action for one in made.changes] == [Action.UPDATE, Action.DELETE]


@pytest.mark.parametrize("prune", [False, True])
def test_a_manifest_that_comes_back_is_in_sync(*, prune: bool):
    live = applied([partner(), gadget()])
    held = apply(live, plan_of([partner()], live))
    assert plan_of([partner(), gadget()], held, prune=prune).changes == ()
    assert GADGET.deletion is Deletion.ROW
