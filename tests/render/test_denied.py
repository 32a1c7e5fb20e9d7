"""A plan that is denied says so in every form that people and machines read, before all else."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from reconciler.cli.rules import texts_of
from reconciler.model.address import Address
from reconciler.model.denial import Denial
from reconciler.render.github import plan_github, plan_outputs
from reconciler.render.gitlab import plan_gitlab
from reconciler.render.html import render_html
from reconciler.render.junit import plan_junit
from reconciler.render.markdown import PROFILES, SMALLEST, render_markdown
from reconciler.render.review import is_risky
from reconciler.render.sarif import plan_sarif
from tests.render.hostile import large
from tests.render.reports import DENIAL, DENIED, EMPTY

ONLY = replace(EMPTY, denials=(DENIAL,))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_comment_says_it_in_the_verdict_and_before_all_else(profile: str) -> None:
    text = render_markdown(DENIED, profile=profile)
    assert "**Plan: 1 to add, 2 to change, 1 to destroy. Denied: 2 denials.**" in text
    first, then = text.index("This plan is denied: 2 denials."), text.index("### Look at these first")
    assert text.index("**\\! denied** `OPR-02`") in range(first, then)
    assert "who can: administrator, distributor" in text
    assert "tenants/farol/smtp.yaml:13" in text
    assert "· **denied**, conflict, line 13" in text
    assert "### Access" in text
    assert "gains" in text
    assert "Judged for: `ines@farol.example.com`" in text


def test_a_plan_that_is_only_denied_never_says_no_changes() -> None:
    assert "No changes." not in render_markdown(ONLY) + render_html(ONLY) + plan_github(ONLY)
    assert "Denied: 1 denial." in render_markdown(ONLY)
    assert "Denied: 1 denial." in render_html(ONLY)
    assert plan_outputs(ONLY)["verdict"] == "denied"
    assert plan_outputs(ONLY)["denials"] == "1"


def one_of_a_kind(count: int) -> tuple[Denial, ...]:
    return tuple(replace(DENIAL, reason=f"reason {number} stands against it") for number in range(count))


def test_what_is_denied_is_left_out_last() -> None:
    for limit in range(SMALLEST, 20_000, 2_000):
        report = replace(large(2_000), denials=one_of_a_kind(5))
        text = render_markdown(report, max_bytes=limit)
        assert len(text.encode()) <= limit
        assert text.count("\\! denied") == 5, limit


@pytest.mark.parametrize("limit", [SMALLEST, 10_000, 65_536])
def test_more_denials_than_fit_are_counted_and_hide_no_risk(limit: int) -> None:
    report = large(5_000)
    text = render_markdown(replace(report, denials=one_of_a_kind(5_000)), max_bytes=limit)
    assert len(text.encode()) <= limit
    assert "Denied: 5,000 denials." in text
    shown = text.count("\\! denied")
    assert shown > 3
    assert f"- and {5_000 - shown:,} more denials" in text
    if limit == 65_536:
        assert [one for one in report.changes if is_risky(one) and one.address.name not in text] == []


def test_denials_that_differ_in_their_resource_alone_are_one_line() -> None:
    denials = tuple(
        replace(DENIAL, address=Address("Domain", "farol", f"d{number}.example.com")) for number in range(800)
    )
    text = render_markdown(replace(large(5_000), denials=denials))
    (line,) = (one for one in text.splitlines() if "\\! denied" in one)
    assert "800 `Domain`" in line
    assert "`farol/d0.example.com`" in line
    assert line.endswith("and 788 more")
    few = render_markdown(replace(large(10), denials=denials[:3]))
    assert few.count("\\! denied") == 3, "a few are told one by one, each with its place"


def test_machines_get_an_error_with_code_and_place() -> None:
    assert "::error file=tenants/farol/smtp.yaml,line=13,col=3,endLine=13,endColumn=9,title=OPR-02" in plan_github(
        DENIED
    )
    quality = [one for one in json.loads(plan_gitlab(DENIED)) if one["check_name"] == "OPR-02"]
    assert [one["severity"] for one in quality] == ["critical", "critical"]
    assert quality[0]["location"] == {"path": "tenants/farol/smtp.yaml", "lines": {"begin": 13}}
    results = json.loads(plan_sarif(DENIED, version="1", rules=texts_of))["runs"][0]["results"]
    assert [one["level"] for one in results if one["ruleId"] == "OPR-02"] == ["error", "error"]
    failures = list(ET.fromstring(plan_junit(DENIED)).iter("failure"))  # noqa: S314  # our own document
    assert {one.get("type") for one in failures} == {"OPR-02"}
    assert len(failures) == 2


def test_the_page_has_a_section_and_a_filter() -> None:
    page = render_html(DENIED)
    assert 'id="denials-title"' in page
    assert page.index('id="denials-title"') < page.index('id="risky-title"')
    assert 'id="verdict"' in page
    assert page.count('data-verdict="denied"') == 1
    assert "Access: 1 person gains or loses rights<" in page
    assert 'id="verdict"' not in render_html(EMPTY)


def test_a_denial_is_told_once() -> None:
    told = replace(DENIED, changes=(replace(DENIED.changes[1], actions=("denied",)),))
    assert plan_github(told).count("::error") == 2
