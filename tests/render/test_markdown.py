"""A plan as a comment: what it says, that it fits, and that nothing from data becomes more than text."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from reconciler.cli import formats
from reconciler.model.report import Report
from reconciler.render.markdown import PROFILES, SMALLEST, marker, render_markdown
from reconciler.render.review import is_risky
from reconciler.render.terminal import safe
from tests.injections import INJECTIONS
from tests.render.hostile import hostile, large
from tests.render.markdown_readers import READERS, Seen, commands, found_by_a_forge
from tests.render.reports import DELETED, EMPTY, ERROR, HELD, REPORT, WARNING

TEXT = render_markdown(REPORT)
LARGE = large(5000)
LIMITS = (4_000, 6_000, 12_345, 65_536, 1_000_000)


def test_the_hidden_marker_is_the_first_line_and_names_the_environment() -> None:
    assert TEXT.splitlines()[0] == "<!-- reconciler:plan staging -->"
    assert marker("") == "<!-- reconciler:plan -->"
    assert marker("a b-->é") == "<!-- reconciler:plan a%20b%2D%2D%3E%C3%A9 -->"


def test_the_verdict_comes_first_and_the_risks_before_all_else() -> None:
    order = [
        "**Plan: 1 to add, 2 to change, 1 to destroy.**",
        "1 to adopt, 1 to forget, 1 transition, 1 held, 1 for a person, 1 with drift, 84 unchanged.",
        "Risks: stops-signing 1.",
        "### Look at these first",
        "- **\\- delete** `Domain/farol-services/www.lumen.example.com`",
        "- **\\> transition** `ClientService/farol-services/cs-cedro-invoices` · **stops-signing** · active",
        "### Waits for somebody",
        "- **\\! held** `Domain/farol-services/old.example.com` · pruning was not asked for",
        "### By tenant",
        "| `farol-services` | 1 | 2 | 1 | 2 | 1 | 3 |",
        "### Follows from these changes",
        "### Worth a look",
        "<details><summary><code>farol-services</code>: 2 changes</summary>",
        "Digest: `sha256:",
    ]
    places = [TEXT.index(one) for one in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "line",
    [
        "  - `port`: `25` → `587` · drift, line 12",
        '  - `host`: `"old.example.com"` → `"new.example.com"` · conflict, line 13',
        '    - last applied: `"first.example.com"`',
        "  - `password`: (secret) version 2 → 3 · intent, line 20",
        '    - "192.0.2.1"',
        '    + "198.51.100.0/24"',
        '- `displayName`: `"Invoices"` · line 8',
        "- and 1 default",
    ],
)
def test_each_field_has_its_cause_and_its_line(line: str) -> None:
    assert line in TEXT.splitlines()


def test_no_changes_is_said_in_a_few_lines() -> None:
    assert render_markdown(EMPTY).splitlines() == [
        "<!-- reconciler:plan -->", "", "## Reconciler plan", "", "**No changes.**", "", "3 unchanged.",
    ]  # fmt: skip


def test_a_plan_that_cannot_be_applied_says_so_before_its_changes() -> None:
    text = render_markdown(replace(REPORT, guarded=(ERROR,)))
    assert "> [!CAUTION]\n> **This plan cannot be applied: 1 error.**" in text
    assert text.index("`GEN-05`") < text.index("### Look at these first")


def test_where_nothing_folds_there_is_no_html() -> None:
    text = render_markdown(REPORT, profile="bitbucket")
    assert text.splitlines()[0] == "[//]: # (reconciler:plan staging)"
    assert "<" not in text
    assert '  - `displayName`: `"Invoices"` · line 8' in text.splitlines()


def test_a_plan_that_fits_leaves_nothing_out() -> None:
    assert "Shortened" not in TEXT
    assert "more" not in TEXT


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_keeps_its_limit(profile: str) -> None:
    text = render_markdown(LARGE, profile=profile)
    limit = PROFILES[profile].max_bytes
    assert 0.9 * limit < len(text.encode()) <= limit


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("count", [40, 5000])
def test_any_limit_is_kept_in_bytes(limit: int, count: int) -> None:
    assert len(render_markdown(_foreign(count), max_bytes=limit).encode()) <= limit


@cache
def _foreign(count: int) -> Report:
    """Texts that take more bytes than characters, and more tenants than a comment can hold."""
    report = large(count, tenants=40 if count == 40 else 700)
    return replace(report, environment="produção", changes=tuple(map(_accented, report.changes)))


def _accented(one):
    return replace(one, fields=tuple(replace(field, after="ção→" * 9) for field in one.fields))


def test_a_comment_on_five_thousand_changes_names_every_risky_one() -> None:
    text = render_markdown(LARGE)
    assert len(text.encode()) <= 65_536
    risky = [one for one in LARGE.changes if is_risky(one)]
    assert len(risky) == 100
    assert [one for one in risky if f"** `{one.address}` · **{one.risks[0]}**" not in text] == []


def test_what_was_left_out_is_counted() -> None:
    text = render_markdown(LARGE)
    (told,) = re.findall(r"Shortened to 65,536 bytes\. Left out, the least risky first: (.*?)\. The plan file", text)
    lines, fields = (int(one.replace(",", "")) for one in re.findall(r"the \w+ of ([\d,]+) change", told))
    ordinary = [one for one in LARGE.changes if not is_risky(one)]
    named = sum(f"{one.address.kind}/{one.address.name}" in text for one in ordinary)
    assert (lines, fields) == (len(ordinary) - named, named)


def test_the_tail_of_each_tenant_counts_what_is_missing() -> None:
    text = render_markdown(LARGE)
    counted = sum(int(one) for one in re.findall(r"^- and (\d+) more: ", text, re.MULTILINE))
    whole = re.findall(r"<summary><code>[^<]*</code>: (\d+) changes</summary>\n\n- not listed one by one: ", text)
    counted += sum(map(int, whole))
    named = sum(f"{one.address.kind}/{one.address.name}" in text for one in LARGE.changes if not is_risky(one))
    assert counted + named == 4900


def test_less_room_first_takes_fields_then_lines_then_details_and_last_the_risky() -> None:
    def holds(limit: int) -> tuple[bool, ...]:
        text = render_markdown(large(400), max_bytes=limit)
        risky = [one for one in large(400).changes if is_risky(one)]
        return (
            "Shortened" not in text,
            text.count("</summary>") > 300,
            "`port`" in text,
            all(one.address.name in text for one in risky),
        )

    assert holds(1_000_000) == (True, True, True, True)
    assert holds(80_000) == (False, False, True, True)
    assert holds(5_000) == (False, False, False, True)


def test_risky_ones_are_grouped_by_name_before_any_is_missing() -> None:
    changes = tuple(replace(DELETED, address=DELETED.address._replace(name=f"d{number:04}")) for number in range(2000))
    report = Report(empty=False, changes=changes)
    text = render_markdown(report)
    assert len(text.encode()) <= 65_536
    assert all(one.address.name in text for one in changes)
    assert "- **\\- delete** 40 `Domain` in `farol-services` · its manifest is gone" in text


def test_held_and_errors_are_last_to_go() -> None:
    held = tuple(replace(HELD, address=HELD.address._replace(name=f"h{number:02}")) for number in range(20))
    report = replace(LARGE, changes=(*LARGE.changes, *held), guarded=(ERROR,), diagnostics=(WARNING,) * 400)
    text = render_markdown(report, profile="bitbucket")
    assert all(f"`{one.address}`" in text for one in held)
    assert "**error** `GEN-05`" in text


def test_more_errors_than_fit_are_counted() -> None:
    many = tuple(replace(ERROR, summary=f"finding {number}") for number in range(500))
    text = render_markdown(replace(REPORT, diagnostics=many), max_bytes=SMALLEST)
    shown = text.count("**error**")
    assert f"- and {500 - shown} errors more" in text
    assert len(text.encode()) <= SMALLEST


def test_the_command_line_knows_the_same_profiles() -> None:
    assert (tuple(PROFILES), SMALLEST) == (formats.PROFILES, formats.SMALLEST)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("profile", ["github", "bitbucket"])
def test_the_readers_see_our_structure(reader: str, profile: str) -> None:
    seen = Seen(READERS[reader](render_markdown(replace(REPORT, diagnostics=(ERROR, WARNING)), profile=profile)))
    assert found_by_a_forge(seen) == []
    assert {"h2", "h3", "table", "ul", "pre", "strong", "code"} <= seen.elements
    assert ("details" in seen.elements) is (profile == "github")


@pytest.mark.parametrize("profile", ["github", "bitbucket"])
@pytest.mark.parametrize("payload", INJECTIONS, ids=lambda one: one.id)
def test_nothing_from_data_becomes_more_than_text(payload, profile: str) -> None:
    text = render_markdown(hostile(payload.text), profile=profile, max_bytes=1_000_000)
    assert commands(text) == []
    for name in READERS if profile == "github" else ("cmark-gfm",):
        seen = Seen(READERS[name](text))
        assert (name, found_by_a_forge(seen)) == (name, [])
        assert seen.comments in ([], [f" {text.splitlines()[0][5:-4]} "])
        shown = "".join("".join(seen.code).split())
        assert "".join(safe(payload.text)[:20].replace("|", "\\x7c").split()) in shown.replace("|", "\\x7c")
    # A forged marker may be read in code, but never opens a line, where a poster looks for its own.
    assert not any(line.startswith(("<!--", "[//]")) for line in text.splitlines()[1:])


def test_the_readers_find_what_is_planted_beside_the_escaping() -> None:
    """The check above is worth something: each of these, left as it is, is found."""
    planted = (
        "[x](https://evil.example.com)",
        "@octocat",
        "#1",
        "<b>x</b>",
        ":tada:",
        "$x$",
        "GH-42",
        "www.evil.example",
    )
    for text in planted:
        for reader in READERS.values():
            assert found_by_a_forge(Seen(reader(f"{TEXT}\n{text}\n"))) != []
