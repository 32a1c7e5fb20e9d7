"""Changed manifests become a model or diagnostics with sound places, never an exception; schemas are never stricter."""

from __future__ import annotations

import random

import pytest
from jsonschema import Draft202012Validator

from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.schema import kind_schema
from reconciler.engine.validate import MOST_IN_A_FILE, validate
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import errors_in
from tests.campaigns.mutants import faults, mutants, sound


@pytest.mark.slow
def test_whatever_is_changed_the_outcome_is_a_model_or_diagnostics(catalog: Catalog) -> None:
    assert [(fault, data) for data in mutants(catalog, count=600, seed=21) for fault in faults(catalog, data)] == []


@pytest.mark.slow
def test_whatever_is_cut_the_outcome_is_a_model_or_diagnostics(catalog: Catalog) -> None:
    chance = random.Random(22)  # noqa: S311 - the same cuts in every run
    for data in sound(catalog):
        for place in (chance.randrange(len(data)) for _ in range(6)):
            assert faults(catalog, data[:place]) == []


@pytest.mark.slow
def test_what_the_validator_takes_the_schema_takes(catalog: Catalog) -> None:
    schemas = {name: Draft202012Validator(kind_schema(kind)) for name, kind in catalog.items()}
    taken = 0
    for number, data in enumerate(mutants(catalog, count=1200, seed=23)):
        if number % 4 != 3:
            continue  # those that change values
        documents, problems = parse("m.yaml", data, limits=Limits())
        if problems or not documents or errors_in(validate(catalog, documents)[1]):
            continue
        taken += 1
        assert [one.message for one in schemas[documents[0].tree["kind"]].iter_errors(documents[0].tree)] == [], data
    assert taken > 5


def test_the_findings_of_a_file_are_bounded(catalog: Catalog) -> None:
    documents, problems = parse("m.yaml", b"---\na: b\n" * 5_000, limits=Limits())
    resources, found = validate(catalog, documents)
    assert (problems, resources) == ([], [])
    assert [one.code for one in found].count("LOD-06") == 1
    assert len(found) <= MOST_IN_A_FILE + 6


def test_the_findings_of_one_file_leave_another_alone(catalog: Catalog) -> None:
    many, _ = parse("a.yaml", b"---\na: b\n" * 1_000, limits=Limits())
    few, _ = parse("b.yaml", b"a: b\n", limits=Limits())
    assert {one.source.file for one in validate(catalog, [*many, *few])[1] if one.source} == {"a.yaml", "b.yaml"}
