"""What text without quotes means: the core schema of YAML 1.2 and the traps of the grammars."""

from __future__ import annotations

import math

import pytest

from reconciler.model.manifest import Misread
from tests.adapters.manifests.reading import read, tree


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("no", "no"),
        ("NO", "NO"),
        ("y", "y"),
        ("22:30", "22:30"),
        ("2026-09-30", "2026-09-30"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("+", "+"),
        ("-x", "-x"),
        (".", "."),
        ("nulL", "nulL"),
        ("tRue", "tRue"),
        ("1.2.3", "1.2.3"),
        ("\u0661", "\u0661"),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("false", False),
        ("null", None),
        ("Null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("599900016", 599900016),
        ("+351210000001", 351210000001),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.2", 1.2),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("'7'", "7"),
        ('"true"', "true"),
        ("|-\n  null", "null"),
    ],
)
def test_a_scalar_is_what_the_core_schema_says(written, value):
    found = tree(f"a: {written}\n")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("written", ["0599", "010", "00", "-007", "+01"])
def test_leading_zeros_make_a_number_that_no_field_takes(written):
    found = tree(f"a: {written}\n")["a"]
    assert isinstance(found, Misread)
    assert found == written
    assert found.found == "an integer with leading zeros"


def test_not_a_number_is_one():
    assert math.isnan(tree("a: .nan\n")["a"])


@pytest.mark.parametrize("written", ["1" * 5000, "0x" + "f" * 5000, "1." + "1" * 5000])
def test_a_number_without_end_is_never_computed(written):
    assert tree(f"a: {written}\n")["a"].found == "a number of too many digits"


def test_keys_that_are_no_text_keep_what_they_look_like():
    keys = list(tree("1: a\ntrue: b\n010: c\n2026-01-01: d\n"))
    assert [getattr(key, "found", "text") for key in keys] == [
        "an integer",
        "a boolean",
        "an integer with leading zeros",
        "text",
    ]


@pytest.mark.parametrize(
    ("text", "plain"), [("a: x\n", True), ("a:\n", False), ("a: [010]\n", False), ("1: x\n", False)]
)
def test_a_document_promises_to_be_plain_only_when_it_is(text, plain):
    documents, _ = read(text)
    assert documents[0].plain is plain
