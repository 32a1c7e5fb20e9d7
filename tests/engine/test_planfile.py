"""Plan files: whole, sealed, and without a trace of a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.planfile import FORMAT, from_bytes, from_document, made_by, to_bytes, to_document
from reconciler.model.address import Address
from reconciler.model.effect import Notice
from reconciler.model.errors import ReconcilerError
from reconciler.model.plan import Plan
from tests.engine.worlds import (
    TENANT,
    applied,
    apply,
    catalog,
    empty,
    gadget,
    partner,
    person,
    plan_of,
    touched,
    unmanaged,
)

WHO = {"version": "1.0", "principal": "ana@example.com"}
LAMP = Address("Gadget", "farol", "lamp")


def rich_plan() -> Plan:
    """A plan with every sort of line in it."""
    live = applied(
        [
            partner(),
            gadget(password={"fromEnv": "A"}, size=1),
            gadget("old"),
            gadget("kept", labels={"a": "1"}),
            person(),
            person("bea", boss="ana"),
        ],
        fingerprints={LAMP: {"password": "cafebabe"}},
    )
    live = touched(live, Address("Person", "", "ana"), state="blocked")
    wanted = [
        partner(),
        gadget(password={"fromEnv": "A"}, size=2, lucky=4),
        gadget("kept", labels={"a": "2"}, lifecycle={"management": "observe"}),
        person(state="gone"),
        person("bea", boss="ana"),
        person("new", state="active"),
        gadget("lamp2", password={"generate": True}),
    ]
    return plan_of(wanted, live, fingerprints={LAMP: {"password": "deadbeef"}}, prune=True, commit="abc", manifests="m")


def bare(plan: Plan) -> Plan:
    """The plan without what a file does not keep."""
    return replace(
        plan,
        changes=tuple(replace(one, resource=None) for one in plan.changes),
        observed=tuple(replace(one, resource=None) for one in plan.observed),
    )


def code_of(data: Any) -> str:
    """The code with which a document is refused."""
    with pytest.raises(ReconcilerError) as caught:
        from_bytes(data) if isinstance(data, bytes) else from_document(data)
    return caught.value.code


def test_there_and_back():
    plan = rich_plan()
    assert {"create", "update", "rotate-secret", "transition", "delete", "manual"} <= {
        one.action.value for one in plan.changes
    }
    assert plan.observed
    assert plan.cascades
    assert plan.notices
    assert plan.diagnostics
    assert from_bytes(to_bytes(plan, WHO)) == bare(plan)
    assert made_by(to_document(plan, WHO)) == WHO


def test_a_plan_without_resources_can_be_applied_as_it_is():
    live = unmanaged(applied([partner(), gadget()]))
    plan = plan_of([partner(), gadget(size=3)], live)
    read = from_bytes(to_bytes(plan, WHO))
    assert apply(live, read).rows == apply(live, plan).rows


def test_no_secret_and_no_hash_of_one():
    text = to_bytes(rich_plan(), WHO).decode()
    assert "cafebabe" not in text
    assert "deadbeef" not in text
    assert "fingerprint" not in text


def test_the_same_plan_gives_the_same_bytes():
    assert to_bytes(rich_plan(), WHO) == to_bytes(rich_plan(), WHO)


def test_every_changed_byte_is_refused():
    data = to_bytes(plan_of([partner()], empty()), WHO)
    for place in range(0, len(data), 7):
        for other in (data[place] ^ 1, 32):
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            if changed != data:
                assert code_of(changed) in ("PLN-01", "PLN-02", "PLN-03"), place


def test_every_shorter_file_is_refused():
    data = to_bytes(plan_of([partner()], empty()), WHO)
    for length in range(0, len(data), 11):
        assert code_of(data[:length]) in ("PLN-01", "PLN-02")
    assert code_of(data + b" ") == "PLN-02"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"no json", b"\xff", b'{"schema":"other"}', b"[" * 100_000, b"NaN"]
)
def test_what_is_no_plan(data: bytes):
    assert code_of(data) == "PLN-01"


def test_a_broken_seal_and_a_newer_format():
    document = to_document(plan_of([partner()], empty()), WHO)
    assert code_of({**document, "environment": "other"}) == "PLN-02"
    assert code_of({**document, "extra": 1}) == "PLN-02"
    assert code_of({key: value for key, value in document.items() if key != "seal"}) == "PLN-02"
    assert code_of({**document, "format": FORMAT + 1}) == "PLN-03"
    assert code_of({**document, "format": FORMAT - 1}) == "PLN-03"
    assert code_of({**document, "format": True}) == "PLN-03"


def test_a_key_that_is_there_twice_is_refused():
    data = to_bytes(plan_of([partner()], empty()), WHO)
    assert code_of(data.replace(b'"cascades"', b'"cascades":[],"cascades"', 1)) == "PLN-01"


def test_large_integers_survive():
    notice = Notice("big", Address("Partner", "", "farol"), "a@example.com", "en", {"number": 2**60})
    kind = replace(TENANT, effects=lambda _planned, _view: iter([notice]))
    plan = plan_of([partner()], empty(), kinds=catalog(kind))
    data = to_bytes(plan, WHO)
    assert from_bytes(data).notices == plan.notices
    json.loads(data)
