"""Fields of the examples that drifted are accepted: one place changes, and what was accepted plans to nothing."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from reconciler.adapters.manifests import FilesReader
from reconciler.adapters.manifests.memory import TextWriter
from reconciler.engine.key_order import key_orders
from reconciler.model.columns import ENVELOPE, Field
from reconciler.model.encode import compared, encoder, stored_values
from reconciler.model.errors import InvalidManifests, ReconcilerError
from reconciler.model.resource import LedgerEntry, Live, Row
from reconciler.operations.accept import accept
from reconciler.operations.request import Request
from reconciler.operations.validate import fit, judge
from tests.house.places import ROOT
from tests.kinds.worlds import CATALOG
from tests.operations.doors import NOW, Store, doors

STRIDE = 7
"""Every so many fields one is tried, so that the whole takes seconds; the number has no common factor with others."""


def _reader() -> FilesReader:
    return FilesReader(ROOT / "examples/tenants", ["platform", "tenants"], ask_git=False)


def _live(resources: Any) -> Live:
    rows: dict[str, dict[tuple[str, str], Row]] = {}
    ledger = {}
    for one in resources:
        kind = CATALOG[one.address.kind]
        values = stored_values(kind, one, {})
        found = [one.address.tenant, one.address.name, 1, *values]
        found += [None] * (len(kind.index) - len(found))
        if kind.lifecycle is not None and found[kind.index["state"]] is None:
            found[kind.index["state"]] = kind.lifecycle.entry
        rows.setdefault(one.address.kind, {})[(one.address.tenant, one.address.name)] = tuple(found)
        applied = encoder(kind).applied(compared(kind, one, values))
        ledger[one.address] = LedgerEntry(one.address, applied, "x.yaml", None, "full")
    return Live("test", rows, ledger)


def _moved(field: Field, stored: Any) -> Any:
    """Another value of the same sort; None where there is none to be had cheaply."""
    others = [word for word in field.words if word != stored]
    if field.type == "bool":
        return not stored
    if others and field.type in ("text", "int"):
        return others[0]
    if field.type == "int" and isinstance(stored, int):
        return stored + 1
    if field.type == "text" and field.ref is None and isinstance(stored, str):
        return f"{stored}x"
    return None


def test_every_field_that_drifts_can_be_accepted() -> None:
    judged = judge(CATALOG, _reader())
    assert judged.valid
    view, _ = fit(CATALOG, judged, None, now=NOW)
    live = _live(view.declared.values())
    contents, _ = _reader().contents()
    tried = taken = 0
    number = 0
    for address in sorted(view.declared):
        kind = CATALOG[address.kind]
        for field in kind.fields[ENVELOPE:]:
            number += 1
            row = live.rows[address.kind][(address.tenant, address.name)]
            place = kind.index.get(field.columns[0].name)
            value = None if place is None or field.immutable or field.key else _moved(field, row[place])
            if number % STRIDE or value is None or place is None:
                continue
            tried += 1
            there = {
                **live.rows[address.kind],
                (address.tenant, address.name): (*row[:place], value, *row[place + 1 :]),
            }
            world = Live(live.identity, {**live.rows, address.kind: there}, live.ledger)
            if _accepts(world, f"{address}.{field.path}", contents):
                taken += 1
    assert tried > 40
    assert taken > tried * 0.6  # the others break a rule of their kind, and are refused


def _accepts(live: Live, name: str, contents: dict[str, bytes]) -> bool:
    world = doors([], Store(live))
    world = replace(world, catalog=CATALOG, reader=_reader())
    try:
        found = accept(world, Request(), _reader(), TextWriter(key_orders(CATALOG)), names=[name])
    except InvalidManifests:
        return False
    except ReconcilerError as error:
        if error.code not in ("ACC-02", "ACC-03"):
            raise
        return False
    for one in found.files:
        old, new = one.before.splitlines(keepends=True), one.after.splitlines(keepends=True)
        steps = [step for step in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes() if step[0] != "equal"]
        assert len(steps) == 1, name
        assert max(steps[0][2] - steps[0][1], steps[0][4] - steps[0][3]) <= 2, name
    return True
