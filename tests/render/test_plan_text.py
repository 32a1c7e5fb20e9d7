"""A plan for people."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.model.report import Report
from reconciler.render.plan_text import plan_text, quiet_text
from reconciler.render.resource_text import Style
from reconciler.render.terminal import Palette, width
from tests.render.reports import CREATED, DELETED, EMPTY, ERROR, HOSTILE, MOVED, REPORT, UPDATED

PLAIN = Style(Palette())
TEXT = plan_text(REPORT, PLAIN)


def only(*changes: object) -> str:
    return plan_text(Report(empty=False, changes=changes), PLAIN)  # type: ignore[arg-type]


def test_the_verdict_comes_first() -> None:
    assert TEXT.splitlines()[0] == "Plan: 1 to add, 2 to change, 1 to destroy."
    assert plan_text(EMPTY, PLAIN).splitlines()[0] == "No changes."


def test_counts_come_second() -> None:
    assert TEXT.splitlines()[1:3] == [
        "  1 to adopt, 1 to forget, 1 transition, 1 held, 1 for a person, 1 with drift,",
        "  84 unchanged.",
    ]


def test_it_is_readable_at_eighty_columns() -> None:
    assert [line for line in TEXT.splitlines() if width(line) > 80] == []


@pytest.mark.parametrize("style", [PLAIN, Style(Palette(on=True))], ids=["plain", "coloured"])
def test_data_sends_nothing_to_the_terminal(style: Style) -> None:
    text = plan_text(replace(REPORT, diagnostics=(ERROR,)), style)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", text) if style.palette.on else text
    assert all(line.isprintable() for line in bare.split("\n"))
    assert HOSTILE not in text
    assert not any(line.startswith("Apply complete!") for line in bare.splitlines())


def test_colours_change_no_word() -> None:
    coloured = plan_text(REPORT, Style(Palette(on=True)))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == TEXT


@pytest.mark.parametrize(
    "line",
    [
        "  ~ update, rotate secret SmtpSettings/farol-services/cs-cedro-smtp",
        "      tenants/farol/smtp.yaml:1",
        "      ~ port: 25 -> 587                                           drift, line 12",
        '          last applied: "first.example.com"',
        '          - "192.0.2.1"',
        '          + "198.51.100.0/24"',
        "      ~ password: (secret) version 2 -> 3                        intent, line 20",
        "      risk: stops-signing",
        "      > state active -> suspended                                intent, line 18",
        "          signing stops",
        "  - delete Domain/farol-services/www.lumen.example.com",
        "      its manifest is gone",
        "  = adopt Partner/farol-services                       tenants/farol/smtp.yaml:1",
        "  x forget Issuer/farol-services/gone",
        "Held: 1 delete waits.",
        "    ! Domain/farol-services/old.example.com",
        "Manual: 1 step for a person.",
        "      ! state expired -> active                                   intent, line 3",
        "  1 operator-created to ines@farol.example.com",
        "Digest: sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12",
    ],
)
def test_each_thing_has_its_line(line: str) -> None:
    assert line in TEXT.splitlines()


def test_long_values_are_cut_with_a_sign() -> None:
    (line,) = [one for one in TEXT.splitlines() if "vvvv" in one]
    assert "…" in line
    assert "(312 chars)" in line


def test_the_riskiest_comes_first() -> None:
    order = [TEXT.index(f"{one.address}") for one in (DELETED, MOVED, UPDATED, CREATED)]
    assert order == sorted(order)


def test_a_conflict_stands_before_drift_and_drift_before_intent() -> None:
    names = ("intent", "drift", "conflict")
    lines = [
        replace(UPDATED, address=UPDATED.address._replace(name=name), fields=(replace(UPDATED.fields[0], cause=name),))
        for name in names
    ]
    text = only(*lines)
    assert sorted(names, key=lambda name: text.index(f"farol-services/{name}")) == ["conflict", "drift", "intent"]


def test_defaults_of_a_new_resource_are_counted_and_shown_when_asked_for() -> None:
    assert "and 1 default" in only(CREATED)
    assert "audience" not in only(CREATED)
    assert "audience" in plan_text(REPORT, Style(Palette(), verbose=True))


def test_a_cause_without_a_fact_behind_it_is_explained() -> None:
    assert "drift: the world changed" in TEXT
    assert "drift: the world changed" not in only(MOVED)


def test_errors_stand_before_the_changes() -> None:
    text = plan_text(replace(REPORT, diagnostics=(ERROR,)), PLAIN)
    assert "This plan cannot be applied: 1 error." in text
    assert text.index("GEN-05") < text.index("delete Domain")


def test_what_a_guard_says_counts_as_an_error() -> None:
    assert "This plan cannot be applied: 1 error." in plan_text(replace(REPORT, guarded=(ERROR,)), PLAIN)


def test_quiet_keeps_the_verdict_and_what_stands_against_it() -> None:
    assert quiet_text(REPORT, PLAIN) == "Plan: 1 to add, 2 to change, 1 to destroy.\n"
    assert "GEN-05" in quiet_text(replace(REPORT, diagnostics=(ERROR,)), PLAIN)


def test_a_long_text_shows_its_changed_lines() -> None:
    change = replace(UPDATED.fields[0], path="body", before="a\nb\nc\n", after="a\nB\nc\nd\n")
    text = only(replace(UPDATED, fields=(change,)))
    assert [line.strip() for line in text.splitlines() if line.startswith("          ")] == ["-b", "+B", "+d"]


def test_many_held_addresses_are_cut_unless_verbose() -> None:
    held = [
        replace(DELETED, actions=("held",), address=DELETED.address._replace(name=f"d{number:02}"))
        for number in range(30)
    ]
    report = Report(changes=tuple(held))
    assert "and 10 more" in plan_text(report, PLAIN)
    assert "d29" in plan_text(report, Style(Palette(), verbose=True))


def test_lists_of_objects_differ_place_by_place() -> None:
    before = [{"address": "198.51.100.20", "role": "primary"}, {"address": "198.51.100.21", "role": "x" * 90}]
    after = [{"address": "198.51.100.22", "role": "primary"}, {"address": "198.51.100.21", "role": "backup"}]
    text = only(replace(UPDATED, fields=(replace(UPDATED.fields[0], path="origins", before=before, after=after),)))
    lines = [line.strip() for line in text.splitlines() if line.startswith("          ")]
    assert lines[0] == '~ [0].address: "198.51.100.20" -> "198.51.100.22"'
    assert (lines[1], lines[2].endswith("…"), lines[3]) == ("~ [1].role:", True, '-> "backup"')


def test_lists_of_objects_with_many_differences_are_shown_by_entry() -> None:
    before = [{"address": f"198.51.100.{number}"} for number in range(9)]
    after = [{"address": f"203.0.113.{number}"} for number in range(9)]
    text = only(replace(UPDATED, fields=(replace(UPDATED.fields[0], path="origins", before=before, after=after),)))
    assert '          - {address: "198.51.100.3"}' in text.splitlines()
