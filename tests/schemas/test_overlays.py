"""The schema of overlays: it asks for nothing, lets everything be taken away, and still knows every key and type."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler.engine.schema import ALL, OVERLAYS, schemas
from reconciler.kinds import discover

CATALOG = discover()
SCHEMAS = schemas(CATALOG)
OVERLAY = Draft202012Validator(SCHEMAS[OVERLAYS])
WHOLE = Draft202012Validator(SCHEMAS[ALL])
CATEGORY: dict[str, Any] = {
    "apiVersion": "reconciler/v1",
    "kind": "Category",
    "metadata": {"name": "signing", "tenant": "farol"},
}
USER: dict[str, Any] = {**CATEGORY, "kind": "CustomerUser"}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMAS[OVERLAYS])


@pytest.mark.parametrize("name", list(CATALOG))
def test_every_part_of_an_example_fits_and_may_be_taken_away(name: str) -> None:
    tree = yaml.safe_load(CATALOG[name].example)
    assert list(OVERLAY.iter_errors(tree)) == []
    head = {key: tree[key] for key in ("apiVersion", "kind", "metadata")}
    assert list(OVERLAY.iter_errors(head)) == []
    assert list(WHOLE.iter_errors(head)) != []

    def check(path: tuple[str, ...], node: dict[str, Any]) -> None:
        for key, value in node.items():
            for given in (value, None):
                part = copy.deepcopy(head)
                above: dict[str, Any] = part
                for step in path:
                    above = above.setdefault(step, {})
                above[key] = given
                assert list(OVERLAY.iter_errors(part)) == [], (path, key, given)
            if isinstance(value, dict):
                check((*path, key), value)

    check(("spec",), tree["spec"])


@pytest.mark.parametrize(
    ("tree", "fits"),
    [
        ({**USER, "spec": {"password": {"fromEnv": None, "fromFile": "x"}}}, True),
        ({**USER, "spec": {"password": {"version": "2"}}}, True),
        ({**USER, "spec": {"password": "hunter2"}}, False),
        ({**USER, "spec": {"password": {"fromEnvironment": "X"}}}, False),
        ({**CATEGORY, "spec": {"sortOder": 1}}, False),
        ({**CATEGORY, "spec": {"sortOrder": "1"}}, False),
        ({**CATEGORY, "spec": None}, True),
        ({**CATEGORY, "lifecycle": {"protect": None}}, True),
        ({**CATEGORY, "kind": "Categori"}, False),
        ({key: value for key, value in CATEGORY.items() if key != "apiVersion"}, False),
        ({key: value for key, value in CATEGORY.items() if key != "metadata"}, False),
        ({**CATEGORY, "metadata": {"tenant": "farol"}}, False),
    ],
)
def test_what_is_no_overlay_is_refused(tree: dict[str, Any], fits: bool) -> None:
    assert (list(OVERLAY.iter_errors(tree)) == []) is fits
