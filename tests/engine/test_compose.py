"""Compose: overlays merge as RFC 7386 has it, keep their places, and are written back document by document."""

from __future__ import annotations

import copy
import posixpath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.compose import Unspreadable, alike, compose, laid_over, merge_all, merged, spread
from reconciler.model.manifest import Document
from reconciler.model.provenance import written_at

HEAD = "apiVersion: reconciler/v1\nkind: Category\nmetadata: {name: signing, tenant: farol}\n"
STAGING, LATER = "overlays/staging", "overlays/later"


def _document(text: str, file: str = "tenants/farol/desk.yaml") -> Document:
    documents, problems = parse(file, text.encode(), limits=Limits())
    assert (len(documents), problems) == (1, [])
    return documents[0]


def _composed(base: str, *overlays: str) -> Document:
    layers = [_document(HEAD + text, f"overlays/{place}/desk.yaml") for place, text in enumerate(overlays)]
    return laid_over(_document(HEAD + base), layers)


# --- RFC 7386 --------------------------------------------------------------------------------------------------------

CASES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), CASES)
def test_the_cases_of_the_appendix(target: Any, patch: Any, result: Any) -> None:
    kept = copy.deepcopy((target, patch))
    assert merged(target, patch) == result
    assert (target, patch) == kept


# --- laying on -------------------------------------------------------------------------------------------------------


def _compose(*documents: Document, overlays: tuple[str, ...] = (STAGING,), partly: bool = False) -> Any:
    return compose(documents, overlays, partly=partly)


def test_without_overlays_the_documents_are_the_same_objects() -> None:
    one = _document(HEAD + "spec: {sortOrder: 1}\n")
    documents, found = compose((one,), ())
    assert (documents[0] is one, found) == (True, [])


def test_overlays_come_in_the_order_of_their_folders() -> None:
    base = _document(HEAD + "spec: {sortOrder: 1, displayName: One}\n")
    later = _document(HEAD + "spec: {sortOrder: 3}\n", f"{LATER}/a.yaml")
    staging = _document(HEAD + "spec: {sortOrder: 2, displayName: Two}\n", f"{STAGING}/z.yaml")
    (made,), found = _compose(base, later, staging, overlays=(STAGING, LATER))
    assert found == []
    assert made.tree["spec"] == {"sortOrder": 3, "displayName": "Two"}
    assert [one.file for one in made.parts] == [base.file, staging.file, later.file]
    (made,), _ = _compose(base, later, staging, overlays=(LATER, STAGING))
    assert made.tree["spec"] == {"sortOrder": 2, "displayName": "Two"}


def test_a_folder_is_no_prefix_of_another_name() -> None:
    base = _document(HEAD + "spec: {sortOrder: 1}\n", f"{STAGING}-eu/a.yaml")
    (made,), found = _compose(base)
    assert (made is base, found) == (True, [])


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD.replace("signing", "signin") + "spec: {}\n", "OVL-01", 3),
        (HEAD.replace("farol", "other"), "OVL-01", 3),
        (HEAD.replace("Category", "Categori"), "OVL-01", 3),
        (HEAD.replace("reconciler/v1", "reconciler/v2"), "OVL-03", 1),
        ("kind: Category\nmetadata: {name: signing, tenant: farol}\n", "OVL-03", 1),
        ("apiVersion: reconciler/v1\nmetadata: {name: signing, tenant: farol}\n", "OVL-03", 1),
        ("apiVersion: reconciler/v1\nkind: null\nmetadata: {name: signing, tenant: farol}\n", "OVL-03", 2),
        ("apiVersion: reconciler/v1\nkind: Category\nmetadata: null\n", "OVL-03", 3),
        ("apiVersion: reconciler/v1\nkind: Category\nmetadata:\n  name: 7\n  tenant: farol\n", "OVL-03", 4),
        ("apiVersion: reconciler/v1\nkind: Category\nmetadata:\n  name: signing\n  tenant: [farol]\n", "OVL-03", 5),
        ("spec: {sortOrder: 4}\n", "OVL-03", 1),
    ],
)
def test_what_is_no_overlay_of_anything_is_told_at_its_line(text: str, code: str, line: int) -> None:
    base = _document(HEAD + "spec: {sortOrder: 1}\n")
    documents, found = _compose(base, _document(text, f"{STAGING}/desk.yaml"))
    assert documents == (base,)
    assert [(one.code, one.source.file, one.source.line) for one in found] == [(code, f"{STAGING}/desk.yaml", line)]


def test_a_slip_of_the_name_is_offered() -> None:
    base = _document(HEAD)
    _, found = _compose(base, _document(HEAD.replace("signing", "signin"), f"{STAGING}/desk.yaml"))
    assert "did you mean Category/farol/signing?" in found[0].hint
    assert "environments.NAME.manifests" in found[0].hint


def test_many_slips_take_no_time_worth_speaking_of() -> None:
    bases = [_document(HEAD.replace("signing", f"name-{one}")) for one in range(1000)]
    slips = [_document(HEAD.replace("signing", f"nam-{one}"), f"{STAGING}/{one}.yaml") for one in range(1000)]
    _, found = _compose(*bases, *slips)
    assert len(found) == 1000
    assert sum("did you mean" in one.hint for one in found) <= 20


def test_of_a_part_an_overlay_may_miss_its_base() -> None:
    overlay = _document(HEAD, f"{STAGING}/desk.yaml")
    assert _compose(overlay, partly=True) == ((), [])


def test_two_for_one_address_in_one_folder_are_refused_and_in_two_are_not() -> None:
    base = _document(HEAD)
    first, second = (_document(HEAD, f"{STAGING}/{name}.yaml") for name in "ab")
    _, found = _compose(base, first, second)
    assert [(one.code, one.source.file) for one in found] == [("OVL-02", f"{STAGING}/b.yaml")]
    assert f"{STAGING}/a.yaml:3" in found[0].summary
    assert _compose(base, first, _document(HEAD, f"{LATER}/b.yaml"), overlays=(STAGING, LATER))[1] == []


def test_a_misread_key_of_an_overlay_stays_misread() -> None:
    made = _composed('spec: {a: {"01": x}}\n', "spec: {a: {01: y}}\n")
    assert [type(one).__name__ for one in made.tree["spec"]["a"]] == ["Misread"]
    assert made.plain is False


# --- places ----------------------------------------------------------------------------------------------------------

BASE = (
    "spec:\n  sortOrder: 1\n  displayName: One\n  contact:\n    name: A\n    email: b\n  list:\n    - one\n    - two\n"
)


def _place(document: Document, *path: str | int) -> str:
    return document.places.nearest(path).short


def test_each_node_stands_where_it_was_written_last() -> None:
    made = _composed(BASE, "spec:\n  sortOrder: 2\n  contact:\n    email: c\n  list:\n    - three\n")
    base, overlay = "tenants/farol/desk.yaml", "overlays/0/desk.yaml"
    assert _place(made, "spec", "sortOrder") == f"{overlay}:5"
    assert _place(made, "spec", "displayName") == f"{base}:6"
    assert _place(made, "spec", "contact", "name") == f"{base}:8"
    assert _place(made, "spec", "contact", "email") == f"{overlay}:7"
    assert _place(made, "spec", "list", 0) == f"{overlay}:9"
    assert _place(made, "spec", "list", 1) == f"{overlay}:8"  # the second entry went away with the list
    assert _place(made, "metadata", "name") == f"{base}:3"
    assert _place(made, "spec", "contact", "phone") == f"{base}:7"  # what is nowhere is missed in the base
    assert _place(made, "spec", "contact") == f"{overlay}:6"


def test_what_is_taken_away_stands_at_its_null() -> None:
    made = _composed(BASE, "spec:\n  contact: null\n")
    assert "contact" not in made.tree["spec"]
    assert _place(made, "spec", "contact", "email") == "overlays/0/desk.yaml:5"


def test_an_object_of_an_overlay_alone_misses_its_keys_there() -> None:
    made = _composed("spec:\n  sortOrder: 1\n", "spec:\n  contact:\n    name: A\n")
    assert _place(made, "spec", "contact", "email") == "overlays/0/desk.yaml:5"


def test_the_holder_is_the_document_of_the_value() -> None:
    made = _composed(BASE, "spec:\n  contact:\n    email: c\n", "spec:\n  list: null\n")
    files = {
        path: posixpath.dirname(made.holder(("spec", *path.split("."))).file)
        for path in ("sortOrder", "contact.email", "contact.name", "list.0", "nothing")
    }
    assert files == {
        "sortOrder": "tenants/farol",
        "contact.email": "overlays/0",
        "contact.name": "tenants/farol",
        "list.0": "overlays/1",
        "nothing": "tenants/farol",
    }


def test_what_was_overridden_is_known_the_last_word_first() -> None:
    made = _composed(
        BASE, "spec:\n  contact: {email: c}\n", "spec:\n  contact: null\n", "spec:\n  contact: {name: D}\n"
    )
    said = written_at(made, ("spec", "contact", "email"))
    assert [(one.origin, one.value) for one in said] == [("overlay", None), ("overlay", "c"), ("base", "b")]
    assert [one.value for one in written_at(made, ("spec", "nothing"))] == []


# --- the way back ----------------------------------------------------------------------------------------------------


def _spread(document: Document, **changes: Any) -> list[Any]:
    wanted = copy.deepcopy(document.tree)
    for key, value in changes.items():
        if value is ...:
            del wanted["spec"][key]
        else:
            wanted["spec"][key] = value
    trees = spread(document, wanted)
    assert alike(merge_all(trees), wanted)
    return [one.get("spec") for one in trees]


def test_a_value_changes_where_it_comes_from() -> None:
    made = _composed("spec: {a: 1, b: 1}\n", "spec: {a: 2}\n")
    assert _spread(made, a=3) == [{"a": 1, "b": 1}, {"a": 3}]
    assert _spread(made, b=3) == [{"a": 1, "b": 3}, {"a": 2}]


def test_a_new_key_goes_where_its_object_begins() -> None:
    made = _composed("spec: {a: 1}\n", "spec: {a: 2, inner: {x: 1}}\n")
    assert _spread(made, c=3)[0] == {"a": 1, "c": 3}
    assert _spread(made, inner={"x": 1, "y": 2}) == [{"a": 1}, {"a": 2, "inner": {"x": 1, "y": 2}}]


def test_a_key_that_was_taken_away_comes_back_in_place_of_its_null() -> None:
    made = _composed("spec: {a: 1, inner: {x: 1, y: 2}}\n", "spec: {a: null, inner: null}\n")
    assert _spread(made, a=5) == [{"a": 1, "inner": {"x": 1, "y": 2}}, {"a": 5, "inner": None}]
    assert _spread(made, inner={"x": 1}) == [
        {"a": 1, "inner": {"x": 1, "y": 2}},
        {"a": None, "inner": {"y": None}},
    ]


def test_a_key_that_goes_away_becomes_null_only_where_another_would_show_through() -> None:
    made = _composed("spec: {a: 1, b: 1}\n", "spec: {a: 2, c: 3}\n")
    assert _spread(made, a=...) == [{"a": 1, "b": 1}, {"a": None, "c": 3}]
    assert _spread(made, b=...) == [{"a": 1}, {"a": 2, "c": 3}]
    assert _spread(made, c=...) == [{"a": 1, "b": 1}, {"a": 2}]


def test_one_document_alone_may_change_and_says_nothing_twice() -> None:
    made = _composed("spec: {a: 1, b: 1}\n", "spec: {a: 2, b: 5}\n")
    wanted = {**made.tree, "spec": {"a": 1, "b": 7}}
    assert [one["spec"] for one in spread(made, wanted, only=1)] == [{"a": 1, "b": 1}, {"b": 7}]


def test_what_cannot_be_said_is_refused() -> None:
    made = _composed("spec: {a: 1}\n", "spec: {b: 2}\n")
    with pytest.raises(Unspreadable):
        spread(made, {**made.tree, "spec": {"a": 1, "b": {"c": None}}})


_LEAVES = some.one_of(some.integers(0, 3), some.sampled_from(["x", "y"]), some.booleans(), some.just(None))
_TREES = some.recursive(
    _LEAVES,
    lambda inner: some.one_of(some.dictionaries(some.sampled_from("abc"), inner), some.lists(inner)),
    max_leaves=8,
)
_SPECS = some.dictionaries(some.sampled_from("abcd"), _TREES, min_size=1)
_SOUND = some.dictionaries(
    some.sampled_from("abcd"),
    some.recursive(
        some.one_of(some.integers(0, 3), some.sampled_from(["x", "y"]), some.booleans()),
        lambda inner: some.one_of(some.dictionaries(some.sampled_from("abc"), inner, min_size=1), some.lists(inner)),
        max_leaves=8,
    ),
)


@given(_SPECS, some.lists(_SPECS, min_size=1, max_size=3), _SOUND)
def test_whatever_is_wanted_is_said_by_the_documents_together(base: Any, overlays: list[Any], wanted: Any) -> None:
    made = _composed(yaml.safe_dump({"spec": base}), *(yaml.safe_dump({"spec": one}) for one in overlays))
    tree = {**made.tree, "spec": wanted}
    trees = spread(made, tree)
    assert alike(merge_all(trees), tree)
    assert all(one["metadata"] == made.tree["metadata"] for one in trees)


@given(_SPECS, some.lists(_SPECS, min_size=1, max_size=3))
def test_every_node_of_the_whole_stands_where_its_value_comes_from(base: Any, overlays: list[Any]) -> None:
    made = _composed(yaml.safe_dump({"spec": base}), *(yaml.safe_dump({"spec": one}) for one in overlays))

    def check(node: Any, path: tuple[str | int, ...]) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            here = (*path, key)
            source = made.places.keys[here]
            part = made.part_in(source.file)
            assert part.places.keys[here] == source
            if not isinstance(value, dict):
                assert made.holder(here) is part
            if isinstance(value, dict | list):
                check(value, here)

    check(made.tree["spec"], ("spec",))
