"""What must hold for any world of toys: hypothesis makes the worlds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.model.change import Cause
from tests.engine.worlds import apply, empty, errors, gadget, partner, person, plan_of, touched

NAMES = ("a", "b", "c", "d")
COLOURS = ("red", "green", "blue")
few = settings(max_examples=60, deadline=None)

words = st.sampled_from(["x", "y", "z"])
secret = st.one_of(
    st.just({"fromEnv": "A"}),
    st.just({"generate": True}),
    st.builds(lambda version: {"fromEnv": "A", "version": version}, words),
)
fields = st.fixed_dictionaries(
    {"mode": st.just("slow")},
    optional={
        "colour": st.sampled_from(COLOURS),
        "lucky": st.sampled_from([2, 4]),
        "tags": st.lists(words, unique=True),
        "steps": st.lists(words, max_size=4),
        "parts": st.lists(
            st.builds(lambda label: {"label": label}, words), max_size=3, unique_by=lambda one: one["label"]
        ),
        "contact": st.builds(lambda name: {"email": f"{name}@Example.com"}, words),
        "limits": st.just({"strict": True}),
        "password": secret,
        "keeper": st.just("a"),
        "friends": st.just(["a"]),
        "language": st.sampled_from(["pt-PT", "inherit"]),
        "note": st.sampled_from(["one\r\ntwo", "é\u2028", "\x7f"]),
        "labels": st.dictionaries(words, words),
        "state": st.sampled_from(["active", "stopped"]),
    },
)


@st.composite
def sets(draw: Any) -> list[Any]:
    """A valid set: a tenant, some gadgets, some people. The gadget ``a`` is always there, because others name it."""
    names = ["a", *draw(st.lists(st.sampled_from(NAMES[1:]), unique=True))]
    found = [partner(title=draw(words), **draw(st.sampled_from([{}, {"state": "suspended"}, {"state": "active"}])))]
    for name in names:
        one = draw(fields)
        if name == "a":
            one.pop("keeper", None)
        found.append(gadget(name, **one))
    found += [person(name) for name in draw(st.lists(st.sampled_from(["p", "q"]), unique=True))]
    return draw(st.permutations(found))


def hashes(resources: list[Any]) -> dict[Address, dict[str, str]]:
    return {one.address: {"password": "h"} for one in resources}


@few
@given(first=sets(), second=sets(), prune=st.booleans())
def test_planning_after_an_apply_gives_no_change(first: list[Any], second: list[Any], *, prune: bool):
    live = empty()
    for wanted in (first, second):
        plan = plan_of(wanted, live, fingerprints=hashes(wanted), prune=prune)
        assert errors(plan) == []
        live = apply(live, plan, fingerprints=hashes(wanted))
        again = plan_of(wanted, live, fingerprints=hashes(wanted), prune=prune)
        assert again.empty
        assert again.notices == ()
        assert [one.action.value for one in again.changes if one.action.value != "held"] == []


@few
@given(first=sets(), second=sets(), shuffle=st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_documents(first: list[Any], second: list[Any], shuffle: Any):
    live = apply(empty(), plan_of(first, empty(), fingerprints=hashes(first)), fingerprints=hashes(first))
    one = plan_of(second, live, fingerprints=hashes(second), prune=True)
    other = list(second)
    shuffle.shuffle(other)
    two = plan_of(other, live, fingerprints=hashes(second), prune=True)
    assert one.digest == two.digest
    assert [(c.address, c.action, c.columns) for c in one.changes] == [
        (c.address, c.action, c.columns) for c in two.changes
    ]
    assert one.preconditions == two.preconditions


@few
@given(base=st.sampled_from(COLOURS), manifest=st.sampled_from(COLOURS), world=st.sampled_from(COLOURS))
def test_the_cause_follows_from_who_moved(base: str, manifest: str, world: str):
    def set_with(colour: str) -> list[Any]:
        return [partner(), gadget(colour=colour, mode="slow")]

    live = apply(empty(), plan_of(set_with(base), empty()))
    live = touched(live, Address("Gadget", "farol", "lamp"), colour=world)
    changes = plan_of(set_with(manifest), live).changes
    found = [field.cause for one in changes for field in one.fields]
    if manifest == world:
        assert found == []
    elif world == base:
        assert found == [Cause.INTENT]
    elif manifest == base:
        assert found == [Cause.DRIFT]
    else:
        assert found == [Cause.CONFLICT]


@few
@given(first=sets(), second=sets())
def test_order_of_apply_respects_references(first: list[Any], second: list[Any]):
    live = apply(empty(), plan_of(first, empty(), fingerprints=hashes(first)), fingerprints=hashes(first))
    plan = plan_of(second, live, fingerprints=hashes(second), prune=True)
    there = {(kind, *key) for kind, rows in live.rows.items() for key in rows}
    for one in plan.changes:
        if one.action.value == "create":
            there.add(tuple(one.address))
            keeper = one.columns.get("keeper")
            assert keeper is None or ("Gadget", one.address.tenant, keeper) in there
        elif one.action.value == "delete":
            there.discard(tuple(one.address))
