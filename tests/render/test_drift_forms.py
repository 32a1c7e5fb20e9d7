"""A report of drift as a comment, a page and for machines: everything told, and no text of the world more than text."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reconciler.cli.rules import texts_of
from reconciler.model.address import Address
from reconciler.model.drift import DriftReport, FindingState, Sort, Written
from reconciler.model.source import Source
from reconciler.render.drift_html import render_drift_html
from reconciler.render.drift_json import drift_csv
from reconciler.render.drift_markdown import render_drift_markdown
from reconciler.render.github import drift_github, drift_outputs
from reconciler.render.gitlab import drift_gitlab
from reconciler.render.junit import drift_junit
from reconciler.render.markdown import SMALLEST
from reconciler.render.sarif import drift_sarif
from tests.injections import INJECTIONS
from tests.render.markdown_readers import READERS, Seen, found_by_a_forge
from tests.render.test_drift import WAIVER, finding, report
from tests.render.test_html import ATTRIBUTES, ELEMENTS, Tree
from tests.render.test_injections import commands, judge_junit, judge_sarif, printable

SOME = report(
    finding(),
    finding("password", sensitive=True, expected="1", actual="2", cause="conflict", source=None),
    finding("", sort=Sort.MISSING, address=Address("Category", "farol", "gone"), writer=None),
    finding("", sort=Sort.UNMANAGED, address=Address("Domain", "lumen", "x"), source=None),
    finding("audience", state=FindingState.WAIVED, waiver=replace(WAIVER, owner="ana", reason="a test")),
    resolved=(finding("old", state=FindingState.RESOLVED),),
    environment="staging",
)


def hostile(text: str) -> DriftReport:
    writer = Written(number=1, at=text, operation=text, operator=text, user=text, application=text)
    one = finding(
        text,
        address=Address("Category", text, text),
        expected=text,
        actual=[text],
        writer=writer,
        first_seen=text,
        source=Source(f"tenants/{text}.yaml", 3, 5, 3, 9),
        expired=replace(WAIVER, name=text, owner=text),
    )
    waived = replace(one, state=FindingState.WAIVED, waiver=replace(WAIVER, name=text, owner=text, reason=text))
    missing = replace(one, sort=Sort.MISSING, path="")
    return replace(report(one, missing, waived, resolved=(one,)), environment=text, as_of=text)


def test_a_comment_says_what_who_and_when() -> None:
    text = render_drift_markdown(SOME)
    assert text.startswith(
        "<!-- reconciler:drift staging -->\n\n## Reconciler drift for `staging`\n\n**Drift: 2 fields"
    )
    assert "- **\\~ changed** `Category/farol/signing` · `sortOrder` · `10` → `30` · new" in text
    assert "support" in text
    assert "2026-06-15T09:00:00Z" in text
    assert text.index("### Drifted") < text.index("### Waived") < text.index("### Resolved")
    assert "No drift." in render_drift_markdown(report())


@pytest.mark.parametrize("limit", [SMALLEST, 9_000])
def test_a_comment_keeps_to_its_size_and_counts_the_rest(limit: int) -> None:
    many = report(*(finding(f"field{number:04}") for number in range(2_000)))
    text = render_drift_markdown(many, max_bytes=limit)
    assert len(text.encode()) <= limit
    assert f"and {2_000 - text.count('changed** '):,} more" in text
    assert "Shortened to" in text


def test_a_page_has_a_time_line_and_charts() -> None:
    page = render_drift_html(SOME)
    for words in ("Drift by tenant", "Drift by kind", "Drift by writer", "Time line", "What drifted", "Resolved"):
        assert words in page
    assert "Drift: 2 fields changed, 1 row missing, 1 row unmanaged; 1 waived." in page
    assert page.count('class="change"') == 3
    assert "No drift." in render_drift_html(report())


def test_machines_find_drift_at_its_line() -> None:
    results = json.loads(drift_sarif(SOME, version="1", rules=texts_of))["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("drift.changed", "warning"),
        ("drift.changed", "warning"),
        ("drift.missing", "warning"),
        ("drift.unmanaged", "warning"),
        ("drift.changed", "note"),
    ]
    assert results[0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 20
    assert "::warning file=tenants/farol/desk.yaml,line=20" in drift_github(SOME)
    assert {one["severity"] for one in json.loads(drift_gitlab(SOME))} == {"minor", "info"}
    assert ET.fromstring(drift_junit(SOME)).get("failures") == "3"  # noqa: S314  # our own document
    assert ET.fromstring(drift_junit(report())).get("failures") == "0"  # noqa: S314  # as above
    assert drift_outputs(SOME)["verdict"] == "drift"


@pytest.mark.parametrize("payload", INJECTIONS, ids=lambda one: one.id)
def test_no_text_of_the_world_becomes_more_than_text(payload) -> None:
    told = hostile(payload.text)
    comment = render_drift_markdown(told, max_bytes=1_000_000)
    assert commands(comment) == []
    for read in READERS.values():
        seen: Seen = Seen(read(comment))
        assert found_by_a_forge(seen) == []
    tree = Tree(render_drift_html(told))
    assert (tree.stack, tree.elements - ELEMENTS, tree.attributes - ATTRIBUTES) == (
        [],
        set(),
        set(),
    )
    judge_sarif(drift_sarif(told, version="1", rules=texts_of))
    judge_junit(drift_junit(told), 1)
    annotations = drift_github(told)
    assert printable(annotations)
    assert {name for name, _, _ in commands(annotations)} <= {"warning", "notice"}
    json.loads(drift_gitlab(told))


def test_no_writer_begins_a_row_of_its_own_in_a_spreadsheet() -> None:
    """A spreadsheet takes a bare carriage return for the end of a row."""
    text = drift_csv(hostile("x\r=cmd|' /C calc'!A0\n=1"))
    assert "\r" not in text
    assert len(text.splitlines()) == 1 + 4
    assert not [line for line in text.splitlines() if line.startswith("=")]
