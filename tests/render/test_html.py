"""A plan as one page: what it holds, and that nothing from data becomes more than text."""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from reconciler.model.address import Address
from reconciler.model.approval import Approvals, Given, PlanClass, Reason, Void
from reconciler.render.html import page, render_html
from reconciler.render.markdown import render_markdown
from reconciler.render.page import sides
from reconciler.render.terminal import safe
from tests.injections import INJECTIONS
from tests.render.hostile import hostile, large
from tests.render.reports import DENIAL, EMPTY, ERROR, REPORT, WARNING

PAGE = render_html(replace(REPORT, diagnostics=(ERROR, WARNING)))
VOID = frozenset({"meta", "input"})


class Tree(HTMLParser):
    """Elements with their attributes, the nesting, and the text outside of style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.values: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.stack: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.values += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.stack[-1] if self.stack else ""
        self.raw.get(inside, self.text).append(data)


OURS = Tree(PAGE)
ELEMENTS = OURS.elements | Tree(render_html(large(300))).elements | {"ins", "del"}
ATTRIBUTES = OURS.attributes | Tree(render_html(large(300))).attributes | {("details", "data-verdict")}


def test_it_is_one_page_that_names_no_other_file() -> None:
    assert PAGE.startswith("<!doctype html>\n")
    assert not {"link", "img", "iframe", "object", "base", "form", "use"} & OURS.elements
    assert not {"src", "style", "action", "srcset"} & {name for _, name in OURS.attributes}
    assert all(value.startswith("#") for _, name, value in OURS.values if name in ("href", "xlink:href"))
    assert not re.search(r"@import|url\(|https?:", PAGE)


def test_its_policy_allows_its_own_style_and_script_alone() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="(.*?)"', PAGE)

    def named(element: str) -> str:
        (text,) = OURS.raw[element]
        return "sha256-" + b64encode(sha256(text.encode()).digest()).decode().replace("+", "&#43;")

    style, script = (named(one).replace("&#43;", "+") for one in ("style", "script"))
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
    )


def test_every_element_is_closed() -> None:
    assert OURS.stack == []


@pytest.mark.parametrize(
    "part",
    [
        '<p class="verdict">Plan: 1 to add, 2 to change, 1 to destroy.</p>',
        "This plan cannot be applied: 1 error",
        "<b>84</b> unchanged",
        'Look at these first <span class="quiet">(3)</span>',
        'Waits for somebody <span class="quiet">(2)</span>',
        "<del>- &#34;192.0.2.1&#34;</del>",
        "<ins>+ &#34;198.51.100.0/24&#34;</ins>",
        "<td>(secret) version 2 -&gt; 3</td>",
        '<option value="rotate-secret">rotate secret</option>',
        "last applied: &#34;first.example.com&#34;",
        "goes to <code>suspended</code>: its issuer is blocked",
        "1 notification <code>operator-created</code> to ines@farol.example.com",
        "warning SMTP-08",
        "send a test mail after the apply",
    ],
)
def test_it_holds(part: str) -> None:
    assert part in PAGE


def test_the_verdict_comes_first_and_the_risks_before_the_changes() -> None:
    order = ["verdict", "errors-title", "risky-title", "waiting-title", "class=chart", "changes-title", 'id="c1"']
    places = [PAGE.index(one.replace("class=chart", 'class="chart"')) for one in order]
    assert places == sorted(places)


def test_no_changes_is_a_page_too() -> None:
    text = render_html(EMPTY)
    assert "No changes." in text
    assert "Nothing to do." in text
    assert Tree(text).stack == []


def test_the_charts_hold_nothing_but_shapes_and_words() -> None:
    drawings = re.findall(r"<svg.*?</svg>", PAGE)
    assert len(drawings) == 2
    assert set(re.findall(r"<(\w+)", "".join(drawings))) == {"svg", "g", "rect", "path", "text"}
    assert "pygal" not in PAGE.lower()


def test_drawing_leaves_no_importer_behind() -> None:
    assert [type(one).__module__ for one in sys.meta_path if type(one).__module__.startswith("pygal")] == []


def test_only_the_longest_bars_are_drawn_and_the_rest_is_counted() -> None:
    text = render_html(large(400))
    assert "and 28 more tenants with 280 rows" in text


def test_lines_that_only_one_side_has_are_marked() -> None:
    before, after = sides(["a", "b"], ["a", "c", "b"])
    assert [one.changed for one in before] == [False, False]
    assert [one.changed for one in after] == [False, True, False]


def test_a_name_that_is_missing_in_a_page_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        page("plan.html", title="x")


def test_the_size_of_a_page_on_five_thousand_changes() -> None:
    assert 3_000_000 < len(render_html(large(5000)).encode()) < 9_000_000


@pytest.mark.parametrize("payload", INJECTIONS, ids=lambda one: one.id)
def test_nothing_from_data_becomes_more_than_text(payload) -> None:
    text = render_html(hostile(payload.text))
    tree = Tree(text)
    assert (tree.stack, tree.elements - ELEMENTS, tree.attributes - ATTRIBUTES) == ([], set(), set())
    assert tree.raw == OURS.raw
    assert text.count("<script") == text.count("<style") == 1
    assert safe(payload.text)[:200] in "".join(tree.text)
    assert all(char.isprintable() or char == "\n" for char in text)


def test_the_page_and_the_comment_tell_the_approvals_that_a_plan_needs() -> None:
    needed = Approvals(
        weight=PlanClass.CRITICAL,
        needed=2,
        given=(Given(Address("Operator", "", "uma"), "uma@example.com", "2026-06-16T12:00:00Z"),),
        void=(Void(Address("Operator", "", "rui"), "rui@example.com", "his <b>rights</b> are others now"),),
        reasons=tuple(Reason(Address("Issuer", "farol", f"i{number}"), "billing-impact") for number in range(5)),
    )
    page = render_html(replace(REPORT, approvals=needed))
    assert "Approvals: this plan is critical; 2 approvals needed, 1 given" in page
    assert "<li>1 missing: reconciler approve PLANFILE</li>" in page
    assert "&lt;b&gt;rights" in page
    assert "<b>rights" not in page
    text = render_markdown(replace(REPORT, approvals=needed))
    assert "**Approvals: this plan is critical; 2 approvals needed, 1 given.**" in text
    assert text.index("Approvals:") < text.index("### Look at these first")
    assert "and 2 more" in text
    for one in (None, Approvals(weight=PlanClass.SENSITIVE)):
        assert "Approvals:" not in render_html(replace(REPORT, approvals=one))
        assert "Approvals:" not in render_markdown(replace(REPORT, approvals=one))


def test_many_findings_are_folded_and_a_few_are_not() -> None:
    many = replace(REPORT, denials=(DENIAL,) * 31)
    assert "<details><summary>Show all 31</summary>" in render_html(many)
    assert "Show all 30" not in render_html(replace(REPORT, denials=(DENIAL,) * 30))
