"""What must hold for any world of toys: its export plans to nothing, and accepting what drifted leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.adapters.manifests.memory import TextWriter
from reconciler.engine.diff import diff
from reconciler.engine.key_order import key_orders
from reconciler.model.address import Address
from reconciler.model.difference import Standing
from reconciler.model.resource import Live
from reconciler.operations.accept import accept
from reconciler.operations.export import Export, ExportOrders, export_live
from reconciler.operations.request import Request
from reconciler.operations.validate import fit, judge
from tests.engine.worlds import CATALOG, apply, empty, plan_of, touched
from tests.operations.doors import NOW, Store, doors
from tests.properties.test_plan_properties import hashes, sets

few = settings(max_examples=60, deadline=None)
ORDERS = key_orders(CATALOG)

drift = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(["red", "green", "blue"]),
        "lucky": st.sampled_from([2, 4]),
        "language": st.sampled_from([None, "pt-PT", "en"]),
        "labels": st.sampled_from(['{"a":"1: #"}', "{}"]),
        "steps": st.sampled_from(['["x","y","z"]', "[]", '["y"]', '["x","x"]']),
        "note": st.sampled_from(["", " a: b", "one\ntwo\n", "#", "no", "é", "'\"", "x\n\n y \n"]),
    },
)


def _live(wanted: list[Any], moved: dict[str, Any]) -> Live:
    live = apply(empty(), plan_of(wanted, empty(), fingerprints=hashes(wanted)), fingerprints=hashes(wanted))
    return touched(live, Address("Gadget", "farol", "a"), **moved) if moved else live


def _export(live: Live, **how: Any) -> Export:
    made = export_live(doors([], Store(live)), TextWriter(ORDERS), ExportOrders(**how), live)
    assert not made.faulty, made.found
    return made


def _differences(made: Export, live: Live) -> list[Any]:
    judged = judge(CATALOG, TextWriter(ORDERS).reader(made.files))
    assert judged.valid, judged.diagnostics
    view, _ = fit(CATALOG, judged, live, now=NOW)
    return list(diff(view, {}).items)


@few
@given(wanted=sets(), moved=drift, managed=st.booleans(), by_tenant=st.booleans(), states=st.booleans())
def test_an_export_plans_to_nothing(
    wanted: list[Any], moved: dict[str, Any], *, managed: bool, by_tenant: bool, states: bool
):
    live = _live(wanted, moved)
    if not managed:
        live = replace(live, ledger={})
    found = _differences(_export(live, by_tenant=by_tenant, states=states), live)
    for one in found:
        assert one.standing in ((Standing.STALE,) if managed else (Standing.UNOWNED,))
        assert not one.fields
        assert not one.secrets
        assert one.state is None


@few
@given(wanted=sets(), moved=drift)
def test_accepting_what_drifted_leaves_nothing(wanted: list[Any], moved: dict[str, Any]):
    before, now = _live(wanted, {}), _live(wanted, moved)
    made = _export(before, by_tenant=True, states=True)
    writer = TextWriter(ORDERS)
    reader = writer.reader(made.files)

    class Files:
        def contents(self) -> Any:
            return dict(made.files), []

    world = replace(doors([], Store(now)), reader=reader)
    # A text that cannot stand in a manifest became a file; that its content moved is nothing to accept.
    assume(not any("note" in one.name for resource in made.resources for one in resource.attachments))
    found = accept(world, Request(), Files(), writer, names=["Gadget/farol/a"])
    after = replace(made, files={**made.files, **{one.file: one.after for one in found.files}})
    assert not [one for one in _differences(after, now) if one.fields or one.state]
