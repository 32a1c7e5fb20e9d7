"""A report of drift for people and for machines, with values that want to be escaped."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.drift import DriftFinding, DriftReport, FindingState, Sort, Written
from reconciler.model.source import Source
from reconciler.model.waiver import Waiver
from reconciler.render.drift_json import COLUMNS, drift_csv, drift_json
from reconciler.render.drift_text import ago, by_whom, drift_text, quiet_drift_text
from reconciler.render.resource_text import Style
from reconciler.render.terminal import Palette, width
from reconciler.render.values import as_json
from tests.render.reports import HOSTILE

PLAIN = Style(Palette())
CATEGORY = Address("Category", "farol", "signing")
AS_OF = "2026-06-15T12:00:00Z"
WAIVER = Waiver(
    name="w",
    owner=HOSTILE,
    reason=HOSTILE,
    expires=dt.date(2026, 6, 22),
    addresses=("*",),
    source=Source("w", 1, 1, 1, 2),
)


def finding(path: str = "sortOrder", **more: Any) -> DriftFinding:
    facts: dict[str, Any] = {
        "id": f"drift-{path}",
        "address": CATEGORY,
        "type": "category",
        "sort": Sort.CHANGED,
        "state": FindingState.NEW,
        "path": path,
        "expected": 10,
        "actual": 30,
        "first_seen": "2026-06-15T08:00:00Z",
        "writer": Written(number=1, at="2026-06-15T09:00:00Z", operation="update", application="support_app"),
        "source": Source("tenants/farol/desk.yaml", 20, 3, 20, 9),
        "commit": "0123456789abcdef0123456789abcdef01234567",
    }
    return DriftFinding(**{**facts, **more})


def report(*findings: DriftFinding, **more: Any) -> DriftReport:
    return DriftReport(findings=findings, as_of=AS_OF, managed=7, **more)


def test_the_verdict_comes_first_and_stands_alone_when_quiet() -> None:
    assert drift_text(report(), PLAIN) == "No drift.\n  7 managed resources looked at.\n"
    some = report(
        finding(),
        finding("", sort=Sort.MISSING),
        finding("", sort=Sort.UNMANAGED, address=Address("Category", "farol", "x")),
        finding("audience", state=FindingState.WAIVED, waiver=WAIVER),
    )
    assert quiet_drift_text(some, PLAIN) == "Drift: 1 field changed, 1 row missing, 1 row unmanaged; 1 waived.\n"


def test_a_quiet_report_tells_the_errors_for_which_it_ends_with_1() -> None:
    told = [
        Diagnostic(code=code, severity=severity, phase=Phase.SCHEMA, summary=f"{code} is told")
        for code, severity in (("WVR-02", Severity.ERROR), ("WVR-04", Severity.WARNING))
    ]
    text = quiet_drift_text(report(diagnostics=tuple(told)), PLAIN)
    assert text.startswith("No drift.\n")
    assert "error WVR-02: WVR-02 is told" in text
    assert "WVR-04" not in text


def test_a_finding_says_what_where_who_and_when() -> None:
    text = drift_text(report(finding()), PLAIN)
    assert text.split("\n\n")[1] == (
        "~ Category/farol/signing\n"
        "      sortOrder: 10 -> 30\n"
        "          tenants/farol/desk.yaml:20, commit 0123456789ab\n"
        "          by support_app, 3 h ago; first changed 4 h ago; new"
    )


def test_what_one_program_did_at_one_time_is_told_once() -> None:
    text = drift_text(report(finding("a"), finding("b"), finding("c", writer=None)), PLAIN)
    assert text.count("by support_app") == 1
    assert text.index("      b: ") < text.index("by support_app") < text.index("      c: ")


def test_verbose_shows_ids_and_whole_commits() -> None:
    text = drift_text(report(finding()), Style(Palette(), verbose=True))
    assert "drift-sortOrder" in text
    assert "0123456789abcdef0123456789abcdef01234567" in text


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-06-15T12:00:00Z", "just now"),
        ("2026-06-15T11:59:01Z", "just now"),
        ("2026-06-15T11:59:00Z", "1 min ago"),
        ("2026-06-15T11:00:00Z", "1 h ago"),
        ("2026-06-14T12:00:01Z", "23 h ago"),
        ("2026-06-14T12:00:00Z", "1 day ago"),
        ("2025-06-15T12:00:00Z", "365 days ago"),
        ("2026-06-15T12:00:01Z", "at 2026-06-15T12:00:01Z"),
        ("yesterday\x1b", "yesterday\\e"),
    ],
)
def test_how_long_ago(at: str, words: str) -> None:
    assert ago(at, AS_OF) == words


def test_by_whom() -> None:
    def of(**names: str) -> str:
        return by_whom(Written(number=1, at=AS_OF, operation="update", **names))

    assert by_whom(None) == "by whom is not known: the journal tells nothing of it"
    assert of() == "by a program that did not say who it is"
    assert of(user="u") == "by user u"
    assert of(application="a", user="u") == "by a (user u)"
    assert of(operator="o@example.com", application="a", user="u") == "by o@example.com (a, user u)"


def test_hostile_values_reach_nobody() -> None:
    writer = Written(number=1, at=HOSTILE, operation="update", operator=HOSTILE, application=HOSTILE, user=HOSTILE)
    some = report(
        finding("description", expected=HOSTILE, actual=HOSTILE * 9, writer=writer),
        finding("list", expected=["a", HOSTILE], actual=["b"]),
        finding("", sort=Sort.UNMANAGED, address=Address("Category", HOSTILE, HOSTILE), writer=writer),
        finding("x", state=FindingState.WAIVED, waiver=WAIVER),
        resolved=(finding(HOSTILE, state=FindingState.RESOLVED),),
    )
    for text in (drift_text(some, PLAIN), drift_text(some, Style(Palette(), verbose=True))):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "\nApply complete!" not in text
    json.loads(as_json(drift_json(some)))


def test_a_secret_shows_its_version_alone() -> None:
    text = drift_text(report(finding("password", expected="1", actual="2", sensitive=True)), PLAIN)
    assert "      password: (secret) version 1 -> 2\n" in text
    assert "(secret)\n" in drift_text(report(finding("password", expected=None, actual=None, sensitive=True)), PLAIN)


def test_no_line_is_wider_than_a_terminal_but_for_long_words() -> None:
    some = report(
        finding("description", expected="word " * 30, actual="other " * 30, state=FindingState.WAIVED, waiver=WAIVER)
    )
    wide = [line for line in drift_text(some, PLAIN).splitlines() if width(line) > 80]
    assert [line for line in wide if " " in line.strip()] == []


def test_json_has_absolute_times_and_whole_facts() -> None:
    made = drift_json(report(finding(), finding("", sort=Sort.MISSING, writer=None, first_seen="", source=None)))
    assert (made["drift"], made["summary"]["changed"], made["summary"]["missing"]) == (True, 1, 1)
    one, other = made["findings"]
    assert (one["first_seen"], one["last_change"]["at"]) == ("2026-06-15T08:00:00Z", "2026-06-15T09:00:00Z")
    assert (one["applied"], one["live"], one["range"]["start"]["line"]) == (10, 30, 20)
    assert (other["field"], other["last_change"], other["range"], other["first_seen"]) == (None, None, None, None)
    assert "ago" not in as_json(made)


def test_csv_is_read_back_and_is_no_formula() -> None:
    writer = Written(number=1, at=AS_OF, operation="update", application="=HYPERLINK()", user="@u")
    some = report(finding("d", expected='a,"b"\n', actual=-1, writer=writer))
    rows = [*csv.reader(io.StringIO(drift_csv(some)))]
    assert rows[0] == [*COLUMNS]
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (json.loads(row["applied"]), json.loads(row["live"])) == ('a,"b"\n', -1)
    assert (row["application"], row["user"]) == ("'=HYPERLINK()", "'@u")
