"""The committed schemas are fresh, and they and the validator say the same about all that a schema can express."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from reconciler.engine.schema import ALL, kind_schema, schema_files, schemas
from reconciler.kinds import discover
from reconciler.model.catalog import Catalog
from reconciler.model.columns import snake
from reconciler.model.kind import Kind
from tests.schemas.trees import accepts, changes, example, refusals, rule_codes

COMMITTED = Path(__file__).parents[2] / "schemas"
EXAMPLES = Path(__file__).parents[2] / "examples" / "tenants"
CATALOG = discover()
KINDS = list(CATALOG.values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def test_committed_schemas_are_fresh(catalog: Catalog) -> None:
    """Write them anew with ``make schemas``."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.glob("*.json")}
    assert committed == schema_files(catalog)


def test_every_schema_is_a_schema(catalog: Catalog) -> None:
    for schema in schemas(catalog).values():
        Draft202012Validator.check_schema(schema)


@each_kind
def test_every_field_is_described(kind: Kind) -> None:
    def undescribed(node: dict[str, object], way: str) -> list[str]:
        found = []
        for key, inner in dict(node.get("properties", {})).items():  # type: ignore[call-overload]  # plain JSON
            found += [] if inner.get("description") else [f"{way}.{key}"]
            found += undescribed(inner, f"{way}.{key}")
        return found

    assert undescribed(kind_schema(kind)["properties"]["spec"], "spec") == []


@each_kind
def test_the_example_is_accepted(kind: Kind, catalog: Catalog) -> None:
    tree = example(kind)
    assert accepts(kind_schema(kind), tree)
    assert accepts(schemas(catalog)[ALL], tree)
    assert refusals(catalog, tree) == set()


@each_kind
def test_schema_and_validator_agree(kind: Kind, catalog: Catalog) -> None:
    """What the schema refuses the validator refuses; what it accepts is refused by rules over several fields alone."""
    schema = kind_schema(kind)
    left_to_rules = rule_codes(kind)
    stricter, looser, seen = [], [], 0
    for changed in changes(example(kind), schema):
        seen += 1
        refused = refusals(catalog, changed.tree)
        if accepts(schema, changed.tree):
            if refused - left_to_rules:
                looser.append(f"{changed.what}: {sorted(refused)}")
        elif not refused:
            stricter.append(changed.what)
    assert (stricter, looser) == ([], [])
    assert seen > 50


@each_kind
def test_one_schema_for_all_agrees_with_that_of_the_kind(kind: Kind, catalog: Catalog) -> None:
    both = schemas(catalog)[ALL]
    own = kind_schema(kind)
    different = [
        changed.what
        for changed in changes(example(kind), own)
        if changed.tree.get("kind") == kind.name and accepts(both, changed.tree) != accepts(own, changed.tree)
    ]
    assert different == []


def test_every_example_manifest_is_accepted(catalog: Catalog) -> None:
    validator = Draft202012Validator(schemas(catalog)[ALL])
    files = sorted(EXAMPLES.rglob("*.yaml"))
    trees = [tree for file in files for tree in YAML(typ="safe", pure=True).load_all(file)]
    manifests = [tree for tree in trees if tree["kind"] != "Project"]
    assert len(manifests) > 80
    refused = {tree["metadata"]["name"]: [one.message for one in validator.iter_errors(tree)] for tree in manifests}
    assert {name: messages for name, messages in refused.items() if messages} == {}


def test_an_independent_program_agrees(tmp_path: Path, catalog: Catalog) -> None:
    """check-jsonschema reads the YAML files and the committed schemas by itself."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    for kind in catalog.values():
        name = f"{snake(kind.name)}.yaml"
        (good / name).write_text(kind.example, encoding="utf-8")
        tree = example(kind)
        tree["spec"]["noSuchKey"] = 1
        with (bad / name).open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(tree, file)
    assert _check_jsonschema(good) == {}
    assert set(_check_jsonschema(bad)) == {f"{snake(name)}.yaml" for name in catalog}


def _check_jsonschema(folder: Path) -> dict[str, str]:
    """What the program says, by the name of the file."""
    found = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema", "--output-format", "json", "--verbose"),
            *("--schemafile", COMMITTED / ALL, *sorted(folder.glob("*.yaml"))),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(found.stdout)
    assert report.get("parse_errors", []) == []
    assert found.returncode == (0 if report["status"] == "ok" else 1)
    return {Path(one["filename"]).name: one["message"] for one in report.get("errors", ())}
