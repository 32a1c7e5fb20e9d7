"""Waivers: their documents, every fault at its place, and the day on which they end."""

from __future__ import annotations

import datetime as dt

import pytest
from jsonschema import Draft202012Validator

from reconciler.adapters.manifests.collect import parse
from reconciler.adapters.manifests.limits import Limits
from reconciler.engine.schema import waiver_schema
from reconciler.engine.waive import parted, waive
from reconciler.model.address import Address
from reconciler.model.manifest import Document
from reconciler.model.waiver import WHOLE_ROW, Waivers

NOW = dt.datetime(2026, 6, 15, 23, 59, tzinfo=dt.UTC)
GOOD = """\
apiVersion: reconciler/v1
kind: Waiver
metadata:
  name: night-shift
spec:
  owner: ana@example.com
  reason: The campaign ends on Friday.
  expires: 2026-06-15
  addresses: ["Category/farol/*", "Issuer/*"]
  fields: [audience, contact]
"""
CATEGORY = Address("Category", "farol", "signing")


def documents(*texts: str, file: str = "waivers/w.yaml") -> list[Document]:
    found, problems = parse(file, "---\n".join(texts).encode(), limits=Limits())
    assert problems == []
    return found


def faults(*texts: str) -> list[tuple[str, int, int]]:
    _, found = waive(documents(*texts), now=NOW)
    return [(one.code, one.source.line, one.source.column) for one in found if one.source]


def test_a_waiver_holds_to_the_end_of_its_last_day() -> None:
    waivers, found = waive(documents(GOOD), now=NOW)
    assert found == []
    one = waivers.active[0]
    assert (one.name, one.owner, one.expires) == ("night-shift", "ana@example.com", dt.date(2026, 6, 15))
    assert one.source is not None
    assert one.source.short == "waivers/w.yaml:4"
    waivers, found = waive(documents(GOOD), now=NOW + dt.timedelta(minutes=1))
    assert (waivers.active, [one.name for one in waivers.expired]) == ((), ["night-shift"])
    assert [(one.code, str(one.severity), one.source and one.source.line) for one in found] == [
        ("WVR-04", "warning", 8)
    ]
    east = dt.timezone(dt.timedelta(hours=9))
    assert waive(documents(GOOD), now=NOW.astimezone(east))[0].active, "the day is that of UTC, wherever the clock is"


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        ("audience", True),
        ("contact.email", True),
        ("contacts", False),
        ("sortOrder", False),
        (WHOLE_ROW, False),
    ],
)
def test_a_waiver_speaks_of_its_fields_and_what_is_below_them(path: str, *, covered: bool) -> None:
    waivers, _ = waive(documents(GOOD), now=NOW)
    assert (waivers.covering(CATEGORY, path) is not None) is covered
    assert waivers.covering(Address("Category", "other", "signing"), path) is None


def test_without_fields_a_waiver_covers_rows_as_well() -> None:
    waivers, found = waive(documents(GOOD.replace("  fields: [audience, contact]\n", "  fields: null\n")), now=NOW)
    assert found == []
    assert waivers.covering(CATEGORY, WHOLE_ROW)
    assert waivers.covering(Address("Issuer", "", "direct"), "anything")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: Waiver", "kind: Category", [("WVR-01", 2, 1)]),
        ("kind: Waiver\n", "", [("WVR-01", 1, 1)]),
        ("apiVersion: reconciler/v1\n", "", [("WVR-02", 1, 1)]),
        ("reconciler/v1", "reconciler/v2", [("WVR-02", 1, 1)]),
        ("  owner: ana@example.com", "  ownr: ana@example.com", [("WVR-02", 5, 1), ("WVR-01", 6, 3)]),
        ("ana@example.com", '""', [("WVR-02", 6, 3)]),
        ("ana@example.com", "[ana]", [("WVR-02", 6, 3)]),
        ("ana@example.com", "0012", [("WVR-02", 6, 3)]),
        ("2026-06-15", "2026-02-30", [("WVR-02", 8, 3)]),
        ("2026-06-15", "20260615", [("WVR-02", 8, 3)]),
        ("  expires: 2026-06-15\n", "", [("WVR-02", 5, 1)]),
        ('["Category/farol/*", "Issuer/*"]', "[]", [("WVR-02", 9, 3)]),
        ('["Category/farol/*", "Issuer/*"]', "Category/*", [("WVR-02", 9, 3)]),
        ("[audience, contact]", "[audience, 7]", [("WVR-02", 10, 22)]),
        ("night-shift", "Night Shift", [("WVR-02", 4, 3)]),
        ("  name: night-shift\n", "  name: night-shift\n  tenant: farol\n", [("WVR-01", 5, 3)]),
        ("spec:", "status: {}\nspec:", [("WVR-01", 5, 1)]),
    ],
)
def test_every_fault_has_its_place_and_waives_nothing(old: str, new: str, expected: list[tuple[str, int, int]]) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert faults(text) == expected
    assert waive(documents(text), now=NOW)[0] == Waivers()


def test_the_schema_refuses_what_the_stage_refuses() -> None:
    Draft202012Validator.check_schema(waiver_schema())
    judge = Draft202012Validator(waiver_schema())
    assert judge.is_valid(documents(GOOD)[0].tree)
    for old, new in (("ana@example.com", '""'), ("Waiver", "Category"), ("  reason:", "  reasons:")):
        assert not judge.is_valid(documents(GOOD.replace(old, new, 1))[0].tree), (old, new)


def test_two_waivers_of_one_name_are_told_at_the_second() -> None:
    assert faults(GOOD, GOOD) == [("WVR-03", 15, 3)]


def test_waivers_and_manifests_do_not_stand_in_one_folder() -> None:
    mixed = [*documents(GOOD), *documents(GOOD, file="tenants/farol/w.yaml"), *documents(GOOD, file="waivers.yaml")]
    kept, found = parted(mixed, ("waivers",))
    assert kept == ()
    places = [(one.code, one.source and one.source.file) for one in found]
    assert places == [("WVR-05", "tenants/farol/w.yaml"), ("WVR-05", "waivers.yaml")]
    plain = documents("kind: Category\n", file="tenants/farol/c.yaml")
    assert parted(plain, ("waivers",)) == (tuple(plain), [])


def test_the_first_waiver_by_name_is_named() -> None:
    waivers, _ = waive(documents(GOOD.replace("night-shift", "b"), GOOD.replace("night-shift", "a")), now=NOW)
    covering = waivers.covering(CATEGORY, "audience")
    assert covering is not None
    assert covering.name == "a"
