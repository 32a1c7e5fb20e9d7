"""Guards: what holds a plan although every rule allows it."""

from __future__ import annotations

from typing import Any

from reconciler.engine.guard import guard
from reconciler.model.address import Address
from reconciler.model.guards import DeleteBudget, Guards
from tests.engine.worlds import applied, empty, errors, gadget, partner, person, planned, touched

WIDE = Guards(max_deletes=DeleteBudget(count=1000, percent=100, percent_from=1, per_tenant=1000))


def gadgets(count: int, tenant: str = "farol") -> list[Any]:
    return [gadget(f"g{place}", tenant, state="stopped") for place in range(count)]


def held(before: list[Any], after: list[Any], policy: Guards, *, live: Any = None) -> list[str]:
    """The codes of the guards that hold a pruning plan."""
    plan, view = planned(after, applied(before) if live is None else live, prune=True)
    assert errors(plan) == []
    return [one.code for one in guard(plan, view, policy)]


class TestBudget:
    def policy(self, **budget: int) -> Guards:
        return Guards(max_deletes=DeleteBudget(**{"count": 99, "percent": 100, "per_tenant": 99, **budget}))

    def test_the_number_in_the_whole_plan(self):
        world = [partner(), *gadgets(4)]
        assert held(world, world[:-3], self.policy(count=3)) == []
        assert held(world, world[:-3], self.policy(count=2)) == ["GRD-01"]

    def test_the_share_of_a_kind(self):
        world = [partner(), *gadgets(10)]
        assert held(world, world[:-3], self.policy(percent=30, percent_from=10)) == []
        assert held(world, world[:-4], self.policy(percent=30, percent_from=10)) == ["GRD-02"]
        assert held(world, world[:-4], self.policy(percent=30, percent_from=11)) == []

    def test_a_share_is_one_of_what_whoever_plans_may_read(self):
        """Whether a plan is held tells nothing of how many there are elsewhere; what is lost out of sight counts."""
        mine = [partner(), partner("norte"), *gadgets(10)]
        policy = self.policy(percent=30, percent_from=10)
        for others, all_held in ((0, True), (9, False)):
            world = [*mine, *gadgets(others, "norte")]
            plan, view = planned(world[:8] + world[12:], applied(world), prune=True)
            assert bool(guard(plan, view, policy)) is all_held
            (found,) = guard(plan, view, policy, among=lambda one: one.tenant in ("farol", ""))
            assert "4 of 10 Gadget" in found.summary
        assert guard(plan, view, policy, among=lambda one: one.tenant == "norte") == []

    def test_the_number_in_one_tenant(self):
        world = [partner(), partner("norte"), *gadgets(3), *gadgets(3, "norte")]
        keep = world[:2]
        assert held(world, keep, self.policy(per_tenant=3)) == []
        assert held(world, keep, self.policy(per_tenant=2)) == ["GRD-03", "GRD-03"]

    def test_what_was_allowed_by_name_does_not_count(self):
        world = [partner(), *gadgets(4)]
        narrow = DeleteBudget(count=2, percent=100, per_tenant=99)
        assert held(world, world[:1], Guards(max_deletes=narrow)) == ["GRD-01"]
        assert held(world, world[:1], Guards(max_deletes=narrow, allow_delete={"Gadget": 2})) == []
        assert held(world, world[:1], Guards(max_deletes=narrow, allow_delete={"Partner": 4})) == ["GRD-01"]

    def test_the_hint_says_how_to_allow_it(self):
        plan, view = planned([partner()], applied([partner(), *gadgets(4)]), prune=True)
        (found,) = guard(plan, view, self.policy(count=1))
        assert "--allow-delete Gadget:4" in found.hint

    def test_tombstones_count_and_cascades_too(self):
        people = [person(), person("bea", boss="ana")]
        live = applied(people)
        for name in ("ana", "bea"):
            live = touched(live, Address("Person", "", name), state="blocked")
        after = [person(state="gone"), people[1]]
        assert held(people, after, self.policy(count=2), live=live) == []
        assert held(people, after, self.policy(count=1), live=live) == ["GRD-01"]

    def test_a_held_delete_does_not_count(self):
        plan, view = planned([partner()], applied([partner(), *gadgets(4)]))
        assert guard(plan, view, self.policy(count=0)) == []


class TestEmptyInput:
    def test_no_manifest_at_all_never_means_delete(self):
        live = applied([partner(), *gadgets(2)])
        plan, view = planned([], live, prune=True, excludes=("Partner/*",))
        assert any(one.writes for one in plan.changes)
        assert [one.code for one in guard(plan, view, WIDE)] == ["GRD-04"]

    def test_it_is_refused_without_pruning_too(self):
        plan, view = planned([], applied([partner()]))
        assert [one.code for one in guard(plan, view, WIDE)] == ["GRD-04"]
        assert not any(one.writes for one in plan.changes)

    def test_an_empty_database_has_nothing_to_lose(self):
        plan, view = planned([], empty())
        assert guard(plan, view, WIDE) == []


class TestDoors:
    def world(self, *states: str) -> Any:
        people = [person(f"p{place}") for place in range(len(states))]
        live = applied(people)
        for place, state in enumerate(states):
            live = touched(live, Address("Person", "", f"p{place}"), state=state)
        return live

    def wanted(self, *states: str | None) -> list[Any]:
        return [person(f"p{place}", state=state) for place, state in enumerate(states)]

    def test_the_last_one_stays(self):
        live = self.world("active")
        plan, view = planned(self.wanted("blocked"), live)
        (found,) = guard(plan, view, WIDE)
        assert (found.code, str(found.address), found.path) == ("GRD-05", "Person/p0", "state")
        assert found.source is not None

    def test_another_one_is_enough(self):
        live = self.world("active", "active")
        plan, view = planned(self.wanted("blocked", None), live)
        assert guard(plan, view, WIDE) == []
        assert [one.code for one in guard(plan, view, Guards(min_administrators=2))] == ["GRD-05"]

    def test_a_change_of_guards_in_one_plan_counts_as_it_ends(self):
        live = self.world("active", "blocked")
        plan, view = planned(self.wanted("blocked", "active"), live)
        assert guard(plan, view, WIDE) == []

    def test_where_there_is_none_none_is_asked_for(self):
        live = self.world("blocked")
        plan, view = planned(self.wanted(None), live)
        assert guard(plan, view, WIDE) == []

    def test_pruning_the_last_one(self):
        live = self.world("active")
        plan, view = planned([partner()], applied([partner()], live, excludes=("Person/*",)), prune=True)
        assert [one.code for one in guard(plan, view, WIDE)] == ["GRD-05"]

    def test_a_cascade_counts(self):
        live = applied([person("p0"), person("p1", boss="p0")])
        live = touched(live, Address("Person", "", "p0"), state="blocked")
        live = touched(live, Address("Person", "", "p1"), state="active")
        plan, view = planned([person("p0", state="gone"), person("p1", boss="p0")], live)
        assert [str(one.address) for one in guard(plan, view, WIDE)] == ["Person/p1"]
