"""What must hold for drift, waivers and plans of drift alone, in any world of toys."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.diff import diff
from reconciler.engine.drift import detect
from reconciler.engine.leave import leave
from reconciler.engine.plan import make_plan
from reconciler.model.address import Address
from reconciler.model.change import Cause
from reconciler.model.difference import Standing
from reconciler.model.drift import Deviation, Sort
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.waiver import Waiver, Waivers
from tests.engine.worlds import CATALOG, apply, empty, errors, plan_of, resolved, touched, without
from tests.properties.test_plan_properties import few, hashes, sets

EVERYTHING = Waiver(name="all", owner="o", reason="r", expires=dt.date(2026, 12, 31), addresses=("*",))
LATER = Address("Gadget", "farol", "a")

meddling = st.lists(
    st.one_of(
        st.tuples(st.just("colour"), st.sampled_from(["red", "green", "blue", "pink"])),
        st.tuples(st.just("mode"), st.sampled_from(["slow", "fast"])),
        st.tuples(st.just("lucky"), st.sampled_from([2, 4, None])),
        st.tuples(st.just("tags"), st.sampled_from(['["x"]', '["y","x"]', "[]", "no list"])),
        st.tuples(st.just("password_version"), st.sampled_from(["x", "9", None])),
        st.tuples(st.just("state"), st.sampled_from(["active", "stopped"])),
        st.tuples(st.just("gone"), st.none()),
    ),
    max_size=4,
)


def meddled(live: Live, changes: list[tuple[str, Any]]) -> Live:
    for column, value in changes:
        if live.row(LATER) is None:
            break
        live = without(live, LATER) if column == "gone" else touched(live, LATER, **{column: value})
    return live


def drift_of(resources: list[Any] | None, live: Live) -> list[Deviation]:
    """What the stage finds; without manifests the ledger alone is compared."""
    view = None if resources is None else resolved(resources, live)[0]
    differences = None if view is None else diff(view, hashes(resources or []))
    found, told = detect(CATALOG, live, view=view, differences=differences, selects=lambda _one: True)
    assert told == []
    return found


def narrowed(
    resources: list[Any], live: Live, *, waivers: Waivers | None = None, only_drift: bool = False
) -> tuple[Plan, Any]:
    view, _ = resolved(resources, live)
    kept = leave(diff(view, hashes(resources)), waivers or Waivers(), only_drift=only_drift)
    view.keep(kept.fields, kept.absent)
    return make_plan(view, kept.differences), kept


@few
@given(first=sets(), second=sets(), prune=st.booleans())
def test_right_after_an_apply_nothing_has_drifted(first: list[Any], second: list[Any], *, prune: bool):
    live = empty()
    for wanted in (first, second):
        live = apply(live, plan_of(wanted, live, fingerprints=hashes(wanted), prune=prune), fingerprints=hashes(wanted))
        assert drift_of(wanted, live) == []
        assert [one for one in drift_of(None, live) if one.sort is not Sort.UNMANAGED] == []


@few
@given(first=sets(), second=sets(), world=meddling)
def test_drift_and_plan_agree_on_what_the_world_changed(first: list[Any], second: list[Any], world: list[Any]):
    live = apply(empty(), plan_of(first, empty(), fingerprints=hashes(first)), fingerprints=hashes(first))
    live = meddled(live, world)
    view, _ = resolved(second, live)
    planned = set()
    for one in diff(view, hashes(second)).items:
        lines = [*one.fields, *one.secrets, *([] if one.state is None else [one.state])]
        if one.standing is Standing.CHANGED:
            planned |= {(one.address, line.path) for line in lines if line.cause in (Cause.DRIFT, Cause.CONFLICT)}
        elif one.standing is Standing.NEW and one.entry is not None:
            planned.add((one.address, ""))
    found = {(one.address, one.path) for one in drift_of(second, live) if one.address in view.declared}
    # Of a secret the plan knows no conflict: whatever git asks for as well is an intent there.
    assert {one for one in found if one[1] != "password"} == {one for one in planned if one[1] != "password"}
    assert planned <= found


@few
@given(first=sets(), second=sets(), world=meddling)
def test_a_plan_of_drift_alone_takes_back_the_drift_and_nothing_else(
    first: list[Any], second: list[Any], world: list[Any]
):
    marks = hashes(first)
    applied = apply(empty(), plan_of(first, empty(), fingerprints=marks), fingerprints=marks)
    live = meddled(applied, world)
    assert narrowed(second, applied, only_drift=True)[0].changes == ()
    plan, _ = narrowed(first, live, only_drift=True)
    assert all(
        field.cause is not Cause.INTENT for one in plan.changes if one.action != "create" for field in one.fields
    )
    if errors(plan) == []:
        after = apply(live, plan, fingerprints=marks)
        assert drift_of(first, after) == []
        assert {key: row[3:] for key, row in after.rows["Gadget"].items()} == {
            key: row[3:] for key, row in plan_result(first, live).rows["Gadget"].items()
        }
        assert after.ledger.keys() == applied.ledger.keys()
        assert [one.applied for one in after.ledger.values()] == [one.applied for one in applied.ledger.values()]


def plan_result(resources: list[Any], live: Live) -> Live:
    marks = hashes(resources)
    return apply(live, plan_of(resources, live, fingerprints=marks), fingerprints=marks)


@few
@given(first=sets(), second=sets(), world=meddling)
def test_after_a_plan_of_drift_alone_an_intent_is_an_intent_still(
    first: list[Any], second: list[Any], world: list[Any]
):
    marks = {**hashes(first), **hashes(second)}
    applied = apply(empty(), plan_of(first, empty(), fingerprints=marks), fingerprints=marks)
    live = meddled(applied, [one for one in world if one[0] != "gone"])
    plan, _ = narrowed(second, live, only_drift=True)
    if errors(plan) == []:
        after = apply(live, plan, fingerprints=marks)
        assert drift_of(second, after) == []
        assert narrowed(second, after, only_drift=True)[0].changes == ()
        left = plan_of(second, after, fingerprints=marks)
        assert {field.cause for one in left.changes for field in one.fields} <= {Cause.INTENT, Cause.DEFAULT}


@few
@given(first=sets(), second=sets(), world=meddling)
def test_waived_drift_stays_and_is_drift_again_without_its_waiver(
    first: list[Any], second: list[Any], world: list[Any]
):
    marks = {**hashes(first), **hashes(second)}
    applied = apply(empty(), plan_of(first, empty(), fingerprints=marks), fingerprints=marks)
    live = meddled(applied, world)
    waivers = Waivers(active=(EVERYTHING,))
    plan, kept = narrowed(second, live, waivers=waivers)
    if errors(plan) != []:
        return
    after = apply(live, plan, fingerprints=marks)
    again, _ = narrowed(second, after, waivers=waivers)
    assert again.empty
    assert [one for one in again.changes if one.action not in ("held", "manual")] == []
    for address, paths in kept.fields.items():
        kind = CATALOG[address.kind]
        for path in paths:
            place = kind.index[kind.by_path[path].columns[0].name]
            assert after.row(address)[place] == live.row(address)[place]  # type: ignore[index]
    waived = {(address, path) for address, paths in kept.fields.items() for path in paths}
    waived |= {(address, "") for address in kept.absent}
    assert {(one.address, one.path) for one in drift_of(second, after)} == waived
