"""Patterns of waivers that match nothing, by what can be known without a database and beside one."""

from __future__ import annotations

import datetime as dt

import pytest

from reconciler.engine.match import match_kinds, match_resources
from reconciler.engine.waive import waive
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.waiver import Waivers
from tests.engine.test_waive import documents

CATALOG = discover()
SIGNING = Address("Category", "farol", "signing")


def waivers(addresses: str, fields: str = '["*"]', expires: str = "2099-12-31") -> Waivers:
    text = f"""\
apiVersion: reconciler/v1
kind: Waiver
metadata: {{name: night}}
spec:
  owner: ana@example.com
  reason: The campaign.
  expires: {expires}
  addresses: {addresses}
  fields: {fields}
"""
    found, problems = waive(documents(text), now=dt.datetime(2026, 6, 15, tzinfo=dt.UTC))
    assert [one for one in problems if one.code != "WVR-04"] == []
    return found


@pytest.mark.parametrize(
    "glob",
    [
        "Category/farol/*",
        "Cat*",
        "*/farol/signing",
        "*",
        "Category?farol?signing",
        "[CD]*/farol/x",
        "Category/farol/[a-z]*",
        "Partner/farol",
        "GeneralConfiguration/x",
        "GeneralConfiguration/farol/x",
    ],
)
def test_what_can_match_an_address_is_silent(glob: str) -> None:
    assert match_kinds(CATALOG, waivers(f'["{glob}"]')) == []


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("Categry/farol/*", "did you mean Category?"),
        ("category/farol/*", "did you mean Category?"),
        ("Category", "addresses of Category read Category/tenant/name"),
        ("Category/signing", "addresses of Category read Category/tenant/name"),
        ("Partner/farol/x", "addresses of Partner read Partner/name"),
        ("farol/*", "addresses read Kind/tenant/name, or Kind/name"),
    ],
)
def test_what_no_address_can_match_is_told_where_it_stands(glob: str, hint: str) -> None:
    [told] = match_kinds(CATALOG, waivers(f'["Category/farol/*", "{glob}"]'))
    assert (told.code, str(told.severity), told.hint) == ("WVR-08", "warning", hint)
    assert told.summary == f"the waiver night waives nothing at {glob}: no address can match that"
    assert told.source is not None
    assert (told.source.line, told.source.column) == (8, 35)


@pytest.mark.parametrize("glob", ["audience", "description", "aud*", "metadata.labels", "*"])
def test_what_can_match_a_field_is_silent(glob: str) -> None:
    assert match_kinds(CATALOG, waivers('["Category/farol/*"]', f'["{glob}"]')) == []


@pytest.mark.parametrize("glob", ["contact", "contact.email", "cont*.email"])
def test_a_field_above_others_speaks_of_them(glob: str) -> None:
    assert match_kinds(CATALOG, waivers('["Partner/*"]', f'["{glob}"]')) == []


def test_a_field_that_no_kind_has_is_told_where_it_stands() -> None:
    [told] = match_kinds(CATALOG, waivers('["Category/farol/*"]', '["audience", "audiance"]'))
    assert (told.code, told.hint) == ("WVR-08", "did you mean audience?")
    assert told.summary == "the waiver night waives nothing at audiance: Category has no such field"
    assert told.source is not None
    assert (told.source.line, told.source.column) == (9, 24)
    [told] = match_kinds(CATALOG, waivers('["*"]', '["spec.audience"]'))
    assert "the kinds that it speaks of have no such field" in told.summary
    # One wrong place gives one warning.
    assert [one.path for one in match_kinds(CATALOG, waivers('["Categry/*"]', '["audiance"]'))] == [""]


def test_a_pattern_that_matches_no_resource_is_told_beside_a_database() -> None:
    one = waivers('["Category/farol/*", "Category/duna/*", "Categry/*"]')
    [told] = match_resources(CATALOG, one, [SIGNING], limited=False)
    assert (told.code, str(told.severity), told.source and told.source.column) == ("WVR-09", "warning", 35)
    assert told.summary == "the waiver night waives nothing at Category/duna/*: that matches no resource"
    [told] = match_resources(CATALOG, one, [SIGNING], limited=True)
    assert told.summary.endswith("matches no resource that you may read")
    assert match_resources(CATALOG, one, [SIGNING, Address("Category", "duna", "x")], limited=False) == []


def test_a_waiver_whose_day_has_passed_is_told_as_that_alone() -> None:
    ended = waivers('["Categry/*"]', expires="2020-01-01")
    assert match_kinds(CATALOG, ended) + match_resources(CATALOG, ended, [], limited=False) == []
