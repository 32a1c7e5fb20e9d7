"""Explanations and first manifests, on the installed kinds."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from reconciler.engine.explain import explain, field_helps, scaffold
from reconciler.kinds import discover
from reconciler.model.catalog import Catalog
from reconciler.model.errors import UsageError
from reconciler.model.kind import Kind
from reconciler.render.author import explanation_text, scaffold_text
from tests.schemas.trees import refusals

KINDS = list(discover().values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


@each_kind
def test_a_kind_is_explained_at_eighty_columns(kind: Kind, catalog: Catalog) -> None:
    text = explanation_text(explain(catalog, kind.name))
    before_example = text.partition("\nExample\n")[0]
    assert [line for line in before_example.splitlines() if len(line) > 80 and " " in line.strip()] == []
    for one in field_helps(kind):
        assert f"  {one.path}: " in text


@each_kind
def test_every_field_is_explained(kind: Kind, catalog: Catalog) -> None:
    for one in field_helps(kind):
        found = explain(catalog, f"{kind.name}.{one.path}")
        assert found.description == one.description
        assert found.fields[0] == one


@each_kind
def test_a_scaffold_validates(kind: Kind, catalog: Catalog) -> None:
    tree = YAML(typ="safe", pure=True).load(scaffold_text(scaffold(kind)))
    assert tree["kind"] == kind.name
    assert refusals(catalog, tree) == set()


@each_kind
def test_a_scaffold_names_every_field(kind: Kind) -> None:
    text = scaffold_text(scaffold(kind))
    assert [one.path for one in kind.fields[3:] if f"{one.path.rpartition('.')[2]}:" not in text] == []


@each_kind
def test_optional_lines_of_a_scaffold_can_be_taken_in(kind: Kind) -> None:
    """Without their #, the commented fields are YAML at the right depth."""
    lines = scaffold_text(scaffold(kind)).splitlines()
    bare = [line.replace("# ", "", 1) for line in lines if "##" not in line]
    tree = YAML(typ="safe", pure=True).load("\n".join(bare))
    assert set(tree["spec"]) == {slot.key for slot in scaffold(kind).slots}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SelfCar", "SelfCare"),
        ("SelfCare.trustedIp", "SelfCare.trustedIps"),
        ("SelfCare.apiToken.tokn", "apiToken.token"),
    ],
)
def test_a_wrong_name_gets_the_nearest(catalog: Catalog, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(catalog, name)
    assert hint in caught.value.hint


def test_the_words_before_a_field_may_be_left_out(catalog: Catalog) -> None:
    assert explain(catalog, "SelfCare.spec.login") == explain(catalog, "SelfCare.login")


def test_an_object_is_explained_by_its_fields(catalog: Catalog) -> None:
    assert [one.path for one in explain(catalog, "SelfCare.apiToken").fields] == ["apiToken.enabled", "apiToken.token"]


def test_the_envelope_is_explained(catalog: Catalog) -> None:
    assert "GEN-20" in explain(catalog, "SelfCare.lifecycle.protect").description
