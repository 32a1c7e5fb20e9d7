"""What a first apply does in a short way gives what the long way gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from pydantic_core import from_json, to_json

from reconciler.adapters.database.audit import _field, _fields
from reconciler.engine.describe import _Verdicts, describe
from reconciler.engine.diff import diff
from reconciler.engine.plan import content, make_plan
from reconciler.model.address import Address
from reconciler.model.after import live_after, rows_after
from reconciler.model.canonical import ordered, ordered_json, plain_json
from reconciler.model.change import Action, Cause
from reconciler.model.columns import Field
from reconciler.model.denial import Denial
from reconciler.model.encode import CONVERTED, decode, encoder
from reconciler.model.given import GivenFields, causes_of, paths_of
from reconciler.model.given import prepared as kind_of
from reconciler.model.plan import Plan
from reconciler.model.report import ResourceLine
from reconciler.model.resource import Live, Resource
from reconciler.model.view import View
from reconciler.render.resource_text import Style, resource_lines
from reconciler.render.terminal import Palette
from tests.engine.test_short_ways import CATALOG, RESOURCES

EMPTY = Live("", {name: {} for name in CATALOG}, {})


WITH_FILES = ("file", "textOrFile")


def view() -> View:
    """Resources that are not there yet; without those whose files would be read later."""
    kinds = {name for name, kind in CATALOG.items() if any(one.type in WITH_FILES for one in kind.fields)}
    return View(CATALOG, {one.address: one for one in RESOURCES if one.address.kind not in kinds}, EMPTY)


def written(resource: Resource[Any], field: Field) -> bool:
    """Whether the tree of a manifest holds a field; the long way."""
    path = field.path if field.path.startswith(("metadata.", "lifecycle.")) else f"spec.{field.path}"
    node: Any = resource.document.tree
    for key in path.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node is not None


def test_the_fields_that_a_manifest_gives_are_those_that_its_tree_holds() -> None:
    seen: Counter[bool] = Counter()
    for one in RESOURCES:
        prepared = encoder(CATALOG[one.address.kind])
        expected = [field.path for _, _, field in prepared.places if written(one, field)]
        form, apart = kind_of(prepared).given(one)
        found = {*form.paths, *(asked.field.path for asked in apart)}
        assert [field.path for _, _, field in prepared.places if field.path in found] == expected, one.address
        assert len(found) == len(form.paths) + len(apart)
        seen.update(field.path in expected for _, _, field in prepared.places)
    assert min(seen[True], seen[False]) > 2_000


def test_a_new_resource_has_the_columns_of_each_field_by_itself() -> None:
    for one in diff(view(), {}).items:
        resource = one.entity.resource
        assert resource is not None
        prepared = encoder(one.entity.kind)
        values = prepared.values(resource, {})
        columns: dict[str, Any] = {}
        secrets: dict[str, Any] = {}
        for place, width, field in prepared.places:
            names = [column.name for column in field.columns]
            if field.type == "secret":
                secrets[names[0]] = values[place]
            elif not field.state:
                columns.update(zip(names, values[place : place + width], strict=True))
        assert (dict(one.columns), dict(one.secret_columns)) == (columns, secrets)
        assert list(one.columns) == list(columns)
        for change in one.fields:
            assert change.source == resource.document.places.nearest(("spec", *change.path.split("."))) or (
                change.path.startswith(("metadata.", "lifecycle."))
            )


def test_the_fields_of_a_new_resource_are_told_as_if_each_had_been_made() -> None:
    there = view()
    seen: Counter[bool] = Counter()
    for one in make_plan(there, diff(there, {})).of(Action.CREATE):
        fields = one.fields
        assert isinstance(fields, GivenFields)
        listed = tuple(fields)
        assert fields == listed == tuple(fields)
        assert listed == fields
        assert (len(fields), fields[0], fields[-1:]) == (len(listed), listed[0], listed[-1:])
        assert repr(fields) == repr(listed)
        assert list(paths_of(fields)) == [field.path for field in listed]
        assert causes_of(fields) == causes_of(listed) == {Cause.INTENT}
        assert fields.values() == [field.after for field in listed[: len(fields.form.paths)]]
        assert _fields(fields) == [_field(field) for field in listed]
        line = describe(CATALOG, Plan(changes=(one,))).changes[0]
        told = ResourceLine(address=one.address, type=line.type, actions=line.actions, fields=tuple(line.fields))
        told = replace(told, source=line.source, after=line.after, sensitive=line.sensitive, risks=line.risks)
        assert line == told
        assert line.causes == told.causes == {"intent"}
        for style in (Style(Palette()), Style(Palette(on=True)), Style(Palette(), verbose=True)):
            assert resource_lines(line, style) == resource_lines(told, style)
        seen.update((bool(fields.more), line.source is not None and fields.lines(line.source.file) is not None))
    assert seen[True] > 300


def test_a_digest_in_parts_is_that_of_the_whole() -> None:
    there = view()
    made = make_plan(there, diff(there, {}))
    rewrite = [one for one in made.changes if content._plainly(one) is None]
    assert len(rewrite) < len(made.changes) / 10
    for one in made.changes:
        whole = rfc8785.dumps(content._safe(content._change(one)))
        assert content._canonical(content._change(one)) == whole
        assert content._plainly(one) in (None, whole)
    for plan in (made, replace(made, changes=()), replace(made, changes=made.changes[:1], rollback="x", lets_go=True)):
        whole = {
            "format": 1,
            "identity": plan.identity,
            "environment": plan.environment,
            "changes": [content._change(one) for one in plan.changes],
            "cascades": [],
            "notices": [content._notice(one) for one in plan.notices],
            "preconditions": [[str(one.address), one.rev] for one in plan.preconditions],
            **({"rollback": "x", "letsGo": True} if plan.rollback else {}),
        }
        assert content.digest(plan) == f"sha256:{sha256(rfc8785.dumps(content._safe(whole))).hexdigest()}"


@pytest.mark.parametrize(
    "value", ["\ud800", 2**53, -(2**53), 1.5, [], b"", "".join(map(chr, range(0x300))), "\U0010ffff"]
)
def test_what_needs_care_is_written_with_care(value: Any) -> None:
    row = ordered({"b": value, "a": None, "c": True, "d": 7})
    quick = None if row is None else ordered_json(row)
    assert quick == plain_json({"b": value, "a": None, "c": True, "d": 7}) or quick is None
    assert (quick is None) is not (type(value) is str and value != "\ud800")
    assert ordered({"é": "a"}) is None


def test_a_stored_value_is_decoded_as_its_json_says() -> None:
    fields = {one.type: one for kind in CATALOG.values() for one in kind.fields}
    assert {"list", "objects", "map", "bool", "text"} <= fields.keys()
    for name, one in fields.items():
        if name in CONVERTED - {"bool"}:
            for text in ("{}", "[]", '{"a": 1}', "[1]", '["[]"]', "{", "[1, [true]]"):
                try:
                    expected = from_json(text, allow_inf_nan=False)
                except ValueError:
                    expected = text
                assert decode(one, text) == expected
        elif name != "bool":  # these are told as they are stored, without asking
            assert decode(one, "[]") == "[]"
    assert decode(fields["bool"], 1) is True
    assert decode(fields["map"], "{}") is not decode(fields["map"], "{}")  # nobody's change reaches another one


def test_what_is_under_a_hash_is_the_same_as_a_list_and_as_a_tuple() -> None:
    values = [1, "é", None, True, 'a"b', ""]
    assert to_json(tuple(values)) == to_json(values)


def test_the_database_behind_a_plan_is_that_of_each_kind_by_itself() -> None:
    there = view()
    made = make_plan(there, diff(there, {}))
    whole = live_after(CATALOG, EMPTY, made)
    assert sum(map(len, whole.rows.values())) == len(there.declared) > 300
    for name, kind in CATALOG.items():
        assert whole.rows[name] == rows_after(made, kind, {})
    some = live_after(CATALOG, EMPTY, made, kinds={"Operator"})
    assert some.rows["Operator"] == whole.rows["Operator"] != {}
    assert [name for name, rows in some.rows.items() if rows] == ["Operator"]


def test_one_word_for_all_fields_is_the_word_for_each() -> None:
    here, there = Address("Partner", "", "farol"), Address("Partner", "", "other")
    of_one = Denial(who="", reason="", code="X", address=here, verb="update", path="title")
    of_all = Denial(who="", reason="", code="X", address=None, verb="update")
    told = set()
    for denials in ((), (of_one,), (of_all,), (of_one, of_all)):
        for carriers in ((), ("somebody",)):
            judge = _Verdicts(Plan(changes=(), denials=denials, carriers=carriers))
            for address in (here, there):
                word = judge.whole(address)
                told.add(word)
                for path in ("title", "spec", "metadata.name"):
                    assert word is None or word == judge.verdict(address, path)
    assert told == {"", "allowed", "denied", None}
