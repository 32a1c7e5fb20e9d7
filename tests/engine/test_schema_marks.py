"""Schemas on the toy catalogue: what becomes of marks, levels, nulls and shared parts."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.engine.schema import ALL, MARKS, MOVES, OVERLAYS, POLICY, WAIVERS, kind_schema, schema_files, schemas
from tests.engine import toy

CATALOG = toy.catalog()
GADGET = kind_schema(CATALOG["Gadget"])


def spec_of(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["properties"]["spec"]["properties"]
    return found


def test_one_file_a_kind_and_one_for_all() -> None:
    others = [OVERLAYS, ALL, POLICY, WAIVERS, MOVES]
    assert list(schemas(CATALOG)) == ["partner.schema.json", "gadget.schema.json", *others]


def test_files_end_with_a_line_end_and_are_the_same_every_time() -> None:
    first, second = schema_files(CATALOG), schema_files(CATALOG)
    assert first == second
    assert all(text.endswith("}\n") for text in first.values())


def test_tenant_follows_the_level() -> None:
    assert "tenant" in GADGET["properties"]["metadata"]["required"]
    partner = kind_schema(CATALOG["Partner"])
    assert partner["properties"]["metadata"]["properties"]["tenant"]["type"] == "null"


def test_references_are_marked() -> None:
    for kind in CATALOG.values():
        for one in kind.references:
            node = kind_schema(kind)["properties"]["spec"]
            for key in one.path.split("."):
                node = node["properties"][key]
            assert node[MARKS]["reference"] == one.ref.kind  # type: ignore[union-attr]  # references have one


def test_secrets_refer_to_one_description_of_sources() -> None:
    text = schema_files(CATALOG)["gadget.schema.json"]
    assert text.count('"fromVault": {') == 1
    assert "#/$defs/secretSource" in text


def test_an_unknown_kind_is_refused() -> None:
    assert not Draft202012Validator(schemas(CATALOG)[ALL]).is_valid({"kind": "Gadgt"})


@pytest.mark.parametrize("key", list(spec_of(GADGET)))
def test_what_may_be_left_out_may_be_null(key: str) -> None:
    inner = {**spec_of(GADGET)[key], "$defs": GADGET["$defs"]}
    required = key in GADGET["properties"]["spec"]["required"]
    assert Draft202012Validator(inner).is_valid(None) is not required


def test_no_keyword_for_people_is_left_behind() -> None:
    assert not any("x-says" in text or "x-name" in text for text in schema_files(CATALOG).values())
