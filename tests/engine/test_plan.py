"""The plan: order, preconditions, digest, options and the rules that hold for every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.diff import diff
from reconciler.engine.plan import make_plan
from reconciler.model.address import Address
from reconciler.model.change import Action, Cause
from reconciler.model.diagnostic import Severity
from reconciler.model.effect import Notice
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.rule import Finding, plan, standing
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
    planned,
    resolved,
    touched,
    unmanaged,
    without,
)

LAMP = Address("Gadget", "farol", "lamp")
FAROL = Address("Partner", "", "farol")


def lines(plan: Any) -> list[tuple[str, str]]:
    """(action, address) of every change, in order."""
    return [(one.action.value, str(one.address)) for one in plan.changes]


def test_live_data_is_needed():
    view, _ = resolved([partner()], empty())
    found = diff(view, {})
    view.live = None
    with pytest.raises(ValueError, match="live data"):
        make_plan(view, found)


class TestContent:
    def test_a_new_set_is_created_in_order_of_references(self):
        made = plan_of([gadget("a", keeper="b"), gadget("b"), partner()], empty())
        assert lines(made) == [
            ("create", "Partner/farol"),
            ("create", "Gadget/farol/b"),
            ("create", "Gadget/farol/a"),
        ]
        assert made.summary == Summary(add=3)
        assert made.identity == "db-1"
        assert not made.empty

    def test_a_create_carries_what_is_written(self):
        (change, _) = plan_of([partner(), gadget(password={"fromEnv": "A", "version": "1"})], empty()).changes[::-1]
        assert change.columns["colour"] == "red"
        assert change.columns["state"] == "active"
        assert change.columns["password_version"] == "1"
        assert "password" not in change.columns
        assert "password_fingerprint" not in change.columns
        assert change.secrets == ("password",)
        assert change.rev is None
        assert change.before is None
        assert change.after is not None
        assert change.after["spec"]["password"] == "(secret)"
        assert change.after["spec"]["limits"] == {"daily": 10, "strict": False}
        assert change.source is not None

    def test_values_that_the_server_gives_at_creation(self):
        (change,) = plan_of([partner()], empty()).changes
        assert change.columns["code"] == "P-1"

    def test_an_update_writes_the_changed_columns_only(self):
        live = applied([partner(), gadget(size=1)])
        made = plan_of([partner(), gadget(size=2)], live)
        (change,) = made.changes
        assert change.action is Action.UPDATE
        assert dict(change.columns) == {"size": 2}
        assert change.rev == live.row(LAMP)[2]  # type: ignore[index]
        assert change.before is not None
        assert (change.before["spec"]["size"], change.after["spec"]["size"]) == (1, 2)
        assert made.summary == Summary(change=1, unchanged=1)

    def test_the_kind_adds_columns_and_risks(self):
        kind = replace(GADGET, risks=lambda planned, _view: iter([Risk.LOCKS_OUT] if planned.changes("title") else []))
        live = applied([partner(), gadget(title="Old")], kinds=catalog(kind))
        made = plan_of([partner(), gadget(title="New")], live, kinds=catalog(kind))
        (change,) = made.changes
        assert change.columns["renamed_to"] == "New"
        assert change.risks == (Risk.LOCKS_OUT,)

    def test_a_rotated_secret_is_a_change_of_its_own(self):
        live = applied([partner(), gadget(password={"fromEnv": "A", "version": "1"})])
        made = plan_of([partner(), gadget(size=2, password={"fromEnv": "A", "version": "2"})], live)
        assert [one.action for one in made.changes] == [Action.UPDATE, Action.ROTATE_SECRET]
        rotation = made.changes[1]
        assert rotation.secrets == ("password",)
        assert dict(rotation.columns) == {"password_version": "2"}
        assert rotation.fields[0].note == "version 1 -> 2"
        assert made.summary.change == 1

    def test_drift_is_counted_and_reverted(self):
        live = touched(applied([partner(), gadget()]), LAMP, colour="blue")
        made = plan_of([partner(), gadget()], live)
        assert made.changes[0].fields[0].cause is Cause.DRIFT
        assert made.summary == Summary(change=1, unchanged=1, drift=1)

    def test_a_row_is_taken_over(self):
        live = unmanaged(applied([partner(), gadget(size=1)]))
        made = plan_of([partner(), gadget(size=2)], live)
        assert lines(made) == [
            ("adopt", "Partner/farol"),
            ("adopt", "Gadget/farol/lamp"),
            ("update", "Gadget/farol/lamp"),
        ]
        assert made.summary == Summary(adopt=2, change=1)
        assert not made.empty

    def test_a_stale_ledger_alone_is_no_change(self):
        live = touched(applied([partner(), gadget(colour="red")]), LAMP, colour="green")
        made = plan_of([partner(), gadget(colour="green")], live)
        assert [one.action for one in made.changes] == [Action.REFRESH]
        assert made.empty
        assert plan_of([partner(), gadget(colour="green")], apply(live, made)).changes == ()

    def test_what_is_only_watched_is_never_planned(self):
        live = touched(unmanaged(applied([partner(), gadget()])), LAMP, size=9)
        made = plan_of([partner(), gadget(lifecycle={"management": "observe"})], live)
        assert LAMP not in {one.address for one in made.changes}
        (change,) = made.observed
        assert [one.path for one in change.fields] == ["size"]
        assert made.summary.drift == 1

    def test_a_row_deleted_outside_is_made_again(self):
        live = without(applied([partner(), gadget()]), LAMP)
        made = plan_of([partner(), gadget()], live)
        assert lines(made) == [("create", str(LAMP))]
        assert made.changes[0].reason == "it was deleted outside git"
        assert made.summary.drift == 1


class TestDigest:
    def test_it_does_not_depend_on_the_order_of_documents(self):
        resources = [partner(), gadget("a"), gadget("b", keeper="a"), person()]
        one, two = plan_of(resources, empty()), plan_of(resources[::-1], empty())
        assert one.digest == two.digest
        assert one.changes == two.changes or [c.address for c in one.changes] == [c.address for c in two.changes]

    def test_it_names_what_would_be_done(self):
        one = plan_of([partner(), gadget(size=1)], empty())
        assert one.digest.startswith("sha256:")
        assert one.digest != plan_of([partner(), gadget(size=2)], empty()).digest
        assert one.digest != plan_of([partner(), gadget(size=1)], empty(), environment="other").digest
        other = replace(empty(), identity="db-2")
        assert one.digest != plan_of([partner(), gadget(size=1)], other).digest

    def test_it_names_what_the_plan_relies_on(self):
        live = applied([partner(), gadget()])
        moved = touched(live, FAROL, title="Farol")
        wanted = [partner(), gadget(maker="farol")]
        assert plan_of(wanted, live).digest != plan_of(wanted, moved).digest

    def test_it_does_not_name_where_manifests_stand(self):
        one = plan_of([partner(file="a.yaml")], empty(), manifests="sha256:1", commit="1")
        assert one.digest == plan_of([partner(file="b.yaml")], empty(), manifests="sha256:2").digest

    def test_large_integers_do_not_break_it(self):
        notice = Notice("big", FAROL, "a@example.com", "en", {"number": 2**60})
        kind = replace(TENANT, effects=lambda _planned, _view: iter([notice]))
        assert plan_of([partner()], empty(), kinds=catalog(kind)).digest.startswith("sha256:")


def test_preconditions_are_the_rows_that_are_changed_or_named():
    live = applied([partner(), partner("norte"), partner("sul"), gadget("top"), gadget()])
    made = plan_of(
        [partner(), partner("norte"), partner("sul"), gadget("top"), gadget(keeper="top", maker="norte")], live
    )
    assert [(str(one.address), one.rev) for one in made.preconditions] == [
        ("Gadget/farol/lamp", 1),
        ("Gadget/farol/top", 1),
        ("Partner/farol", 1),
        ("Partner/norte", 1),
    ]
    fresh = plan_of([partner()], empty())
    assert [(str(one.address), one.rev) for one in fresh.preconditions] == [("Partner/farol", None)]


class TestFixedFields:
    def test_a_key_and_an_immutable_field_never_change(self):
        live = applied([partner(), gadget(mode="fast", serial="1")])
        made = plan_of([partner(), gadget(mode="slow", serial="2")], live)
        assert [(one.code, one.path) for one in made.diagnostics] == [("GEN-05", "serial"), ("GEN-05", "mode")]
        assert "fast" in made.diagnostics[1].summary
        assert "slow" in made.diagnostics[1].summary

    def test_a_field_may_have_its_own_code(self):
        kind = replace(GADGET)
        object.__setattr__(kind, "by_path", {**kind.by_path, "mode": replace(kind.by_path["mode"], immutable="TOY-50")})
        live = applied([partner(), gadget(mode="fast")])
        assert errors(plan_of([partner(), gadget(mode="slow")], live, kinds=catalog(kind))) == ["TOY-50"]

    def test_a_live_value_that_the_world_changed_is_not_forced(self):
        live = touched(applied([partner(), gadget(mode="fast")]), LAMP, mode="slow")
        assert errors(plan_of([partner(), gadget(mode="fast")], live)) == ["GEN-05"]

    def test_an_optional_object_comes_and_goes_as_a_whole(self):
        purse = {"account": "1", "currency": "USD"}
        live = applied([person()])
        assert errors(plan_of([person(purse=purse)], live)) == []
        live = applied([person(purse=purse)], live)
        assert errors(plan_of([person()], live)) == []
        assert errors(plan_of([person(purse={"account": "1", "currency": "EUR"})], live)) == ["GEN-05"]


class TestSteeredSecrets:
    @property
    def before(self) -> dict[str, Any]:
        return {"host": "a.example.com", "password": {"fromEnv": "A", "version": "1"}}

    def test_a_new_place_needs_a_new_version(self):
        live = applied([partner(), gadget(**self.before)])
        made = plan_of([partner(), gadget(**{**self.before, "host": "b.example.com"})], live)
        assert [(one.code, one.path) for one in made.diagnostics] == [("SEC-01", "host")]
        assert "password" in made.diagnostics[0].summary

    @pytest.mark.parametrize(
        "after",
        [
            {"host": "b.example.com", "password": {"fromEnv": "A", "version": "2"}},
            {"host": "b.example.com"},
        ],
    )
    def test_with_a_new_version_or_without_the_secret_it_passes(self, after: Any):
        live = applied([partner(), gadget(**self.before)])
        assert errors(plan_of([partner(), gadget(**after)], live)) == []

    def test_no_stored_secret_no_guard(self):
        live = applied([partner(), gadget(host="a.example.com")])
        assert errors(plan_of([partner(), gadget(host="b.example.com")], live)) == []

    def test_a_mere_revert_of_drift_passes(self):
        live = touched(applied([partner(), gadget(**self.before)]), LAMP, host="evil.example.com")
        made = plan_of([partner(), gadget(**self.before)], live)
        assert errors(made) == []
        assert [one.path for one in made.changes[0].fields] == ["host"]


class TestTargets:
    def resources(self, **given: Any) -> list[Any]:
        return [partner(), gadget("a", **given), gadget("b", **given)]

    def test_only_what_matches_is_planned(self):
        live = applied(self.resources())
        changed = self.resources(size=5)
        assert lines(plan_of(changed, live, targets=("Gadget/farol/a",))) == [("update", "Gadget/farol/a")]
        assert lines(plan_of(changed, live, excludes=("*/a",))) == [("update", "Gadget/farol/b")]
        assert lines(plan_of(changed, live, targets=("Gadget/*",), excludes=("*/a",))) == [("update", "Gadget/farol/b")]

    def test_removals_are_chosen_too(self):
        live = applied(self.resources())
        made = plan_of([partner()], live, prune=True, targets=("*/a",))
        assert ("delete", "Gadget/farol/a") in lines(made)
        assert all("b" not in address.split("/")[-1] for _, address in lines(made))

    def test_a_needed_resource_must_be_part_of_it(self):
        made = plan_of([partner(), gadget("a"), gadget("b", keeper="a")], empty(), excludes=("*/a",))
        assert [(one.code, one.path) for one in made.diagnostics] == [("TGT-01", "keeper")]
        made = plan_of([partner(), gadget("a")], empty(), targets=("Gadget/*",))
        assert [(one.code, one.path) for one in made.diagnostics] == [("TGT-01", "metadata.tenant")]

    def test_an_entry_of_a_list_is_pointed_at(self):
        made = plan_of([partner(), gadget("a"), gadget("b", friends=["a"])], empty(), excludes=("*/a",))
        assert [(one.code, one.path) for one in made.diagnostics] == [("TGT-01", "friends[0]")]

    def test_a_target_without_a_match_is_warned_about(self):
        made = plan_of([partner()], empty(), targets=("Partner/*", "Nothing/*"))
        assert [(one.code, one.severity) for one in made.diagnostics] == [("TGT-02", Severity.WARNING)]


class TestRules:
    def test_a_rule_over_a_change(self):
        live = applied([partner(), gadget(size=5)])
        made = plan_of([partner(), gadget(size=4)], live)
        assert [(one.code, one.path, str(one.address)) for one in made.diagnostics] == [("TOY-07", "size", str(LAMP))]
        assert errors(plan_of([partner(), gadget(size=6)], live)) == []

    def test_a_rule_over_what_stands(self):
        @standing("TOY-60", "Nothing is small.")
        def small(one: Any, _view: Any) -> Any:
            if one.spec.size == 1:
                yield Finding("it is small", at="size")

        kinds = catalog(replace(GADGET, rules=(small,)))
        live = applied([partner(), gadget(size=2)], kinds=kinds)
        assert plan_of([partner(), gadget(size=2)], live, kinds=kinds).diagnostics == ()
        unchanged = touched(live, LAMP, size=1)
        assert errors(plan_of([partner(), gadget(size=1)], unchanged, kinds=kinds)) == ["TOY-60"]

    def test_a_rule_of_a_kind_speaks_before_the_generic_one(self):
        @plan("TOY-61", "The mode stays.")
        def stays(planned: Any, _view: Any) -> Any:
            if planned.changes("mode") and not planned.creates:
                yield Finding("the mode stays", at="mode")

        kinds = catalog(replace(GADGET, rules=(stays,)))
        live = applied([partner(), gadget(mode="fast")], kinds=kinds)
        assert errors(plan_of([partner(), gadget(mode="slow")], live, kinds=kinds)) == ["TOY-61"]

    def test_nothing_begins_in_a_buried_tenant(self):
        live = applied([partner(state="suspended")])
        live = applied([partner(state="deleted")], live)
        made = plan_of([partner(state="deleted"), gadget()], live)
        assert [(one.code, one.path, one.phase.value) for one in made.diagnostics] == [
            ("GEN-02", "metadata.tenant", "reference")
        ]


class TestEffects:
    def test_notices_are_in_order_and_tagged(self):
        made = plan_of([person("b"), person("a")], empty())
        assert [str(one.resource) for one in made.notices] == ["Person/a", "Person/b"]
        assert all(Risk.SENDS_MAIL in one.risks for one in made.changes)

    def test_an_unchanged_set_writes_no_notice(self):
        live = applied([person()])
        assert plan_of([person()], live).notices == ()

    def cascading(self, **child: Any) -> Any:
        live = applied([person(), person("bea", boss="ana")])
        live = touched(live, Address("Person", "", "ana"), state="active")
        live = touched(live, Address("Person", "", "bea"), state="active")
        return planned([person(state="gone"), person("bea", boss="ana", **child)], live)

    def test_a_cascade_follows_an_edge(self):
        made, _ = self.cascading()
        assert errors(made) == []
        assert [(str(one.address), one.state) for one in made.cascades] == [("Person/bea", "gone")]
        assert "Person/bea" in {str(one.address) for one in made.preconditions}

    def test_a_manifest_may_agree_with_it(self):
        made, _ = self.cascading(state="gone")
        assert errors(made) == []
        assert made.cascades == ()
        assert ("transition", "Person/bea") in lines(made)

    def test_a_manifest_may_not_contradict_it(self):
        made, _ = self.cascading(state="blocked")
        assert [(one.code, str(one.address), one.path) for one in made.diagnostics] == [
            ("LIF-07", "Person/bea", "state")
        ]

    def test_a_protected_resource_is_not_buried_by_a_cascade(self):
        live = applied([person(), person("bea", boss="ana", lifecycle={"protect": True})])
        live = touched(live, Address("Person", "", "ana"), state="blocked")
        made = plan_of([person(state="gone"), person("bea", boss="ana", lifecycle={"protect": True})], live)
        assert [(one.code, str(one.address)) for one in made.diagnostics] == [("GEN-20", "Person/bea")]


def test_steps_into_tombstones_come_last_and_children_first():
    people = [person("a"), person("b", boss="a"), person("c", boss="b")]
    live = applied([*people, partner()])
    quiet = catalog(replace(PERSON, effects=lambda _planned, _view: iter(())))
    gone = [person("a", state="gone"), person("b", boss="a", state="gone"), person("c", boss="b", state="gone")]
    made = plan_of([*gone, partner(title="New")], live, kinds=quiet)
    assert errors(made) == []
    assert [(one.action.value, one.address.name, one.edge.target if one.edge else "") for one in made.changes] == [
        ("update", "farol", ""),
        ("transition", "a", "blocked"),
        ("transition", "b", "blocked"),
        ("transition", "c", "blocked"),
        ("transition", "c", "gone"),
        ("transition", "b", "gone"),
        ("transition", "a", "gone"),
    ]
