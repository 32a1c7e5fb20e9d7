"""The page of a plan in a real browser: search, filters, paper, no script, keyboard, accessibility, hostile data."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from reconciler.render.html import render_html
from reconciler.render.terminal import safe
from tests.browser import NEEDS_BROWSER, Visit, browser
from tests.injections import INJECTIONS
from tests.render.hostile import hostile, large
from tests.render.reports import ERROR, REPORT, WARNING

pytestmark = [NEEDS_BROWSER, pytest.mark.slow]

SMALL = replace(REPORT, diagnostics=(ERROR, WARNING), observed=REPORT.changes[1:2])
REPORTS = {"small": SMALL, "ten": large(10, tenants=3), "many": large(300), "large": large(5000)}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    files = {}
    for name, report in REPORTS.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(render_html(report), encoding="utf-8")
    return files


@pytest.fixture
def visit(chromium: Browser, pages: dict[str, Path]):
    opened = []

    def to(name: str, **how: object) -> Visit:
        page = chromium.new_page(**how)  # type: ignore[arg-type]
        opened.append(page)
        return Visit(page, pages[name])

    yield to
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", REPORTS)
def test_it_opens_without_a_word_and_asks_for_nothing(visit, name: str) -> None:
    seen = visit(name)
    assert seen.page.locator("h1").inner_text().startswith("Plan for ")
    assert (seen.complaints, len(seen.requests)) == ([], 1)
    assert len(seen.shown()) == len(REPORTS[name].changes) + len(REPORTS[name].observed)


def test_five_thousand_changes_open_and_filter_in_reasonable_time(visit) -> None:
    begin = time.monotonic()
    seen = visit("large")
    opened = time.monotonic() - begin
    begin = time.monotonic()
    seen.page.fill("#search", "tenant-07 smtpsettings-0207")
    seen.page.locator("#shown", has_text="1 of 5,000 changes").wait_for()
    assert (opened < 20, time.monotonic() - begin < 10) == (True, True)


def test_search_finds_all_words_in_names_values_and_places(visit) -> None:
    seen = visit("small")
    for words, expected in (
        ("SMTP 587", ["SmtpSettings/farol-services/cs-cedro-smtp"] * 2),
        ("invoices", ["ClientService/farol-services/cs-cedro-invoices", "Category/farol-services/cat-invoices"]),
        ("categories.yaml:1", ["Category/farol-services/cat-invoices"]),
        ("nothing-has-this", []),
    ):
        seen.page.fill("#search", words)
        seen.page.wait_for_timeout(50)
        assert sorted(seen.shown()) == sorted(expected)
        assert seen.page.locator("#shown").inner_text() == f"{len(expected)} of 9 changes"
    assert seen.page.locator(".group:not([hidden])").count() == 0
    seen.page.click("#reset")
    assert len(seen.shown()) == 9


@pytest.mark.parametrize(
    ("filter_", "value", "expected"),
    [
        ("tenant", "(platform)", ["Partner/farol-services"]),
        ("kind", "Category", ["Category/farol-services/cat-invoices"]),
        ("action", "rotate secret", ["SmtpSettings/farol-services/cs-cedro-smtp"] * 2),
        ("action", "held", ["Domain/farol-services/old.example.com"]),
        ("cause", "drift", ["SmtpSettings/farol-services/cs-cedro-smtp"] * 2),
        ("cause", "default", ["Category/farol-services/cat-invoices"]),
        ("risk", "stops-signing", ["ClientService/farol-services/cs-cedro-invoices"]),
        ("risk", "any risk", ["ClientService/farol-services/cs-cedro-invoices"]),
    ],
)
def test_each_filter_leaves_what_it_names(visit, filter_: str, value: str, expected: list[str]) -> None:
    seen = visit("small")
    seen.page.select_option(f"#{filter_}", label=value)
    assert seen.shown() == expected


def test_filters_and_search_work_together_at_five_thousand(visit) -> None:
    seen = visit("large")
    seen.page.select_option("#tenant", label="tenant-07")
    seen.page.select_option("#risk", label="irreversible")
    wanted = [str(one.address) for one in REPORTS["large"].changes if one.risks and one.address.tenant == "tenant-07"]
    assert sorted(seen.shown()) == sorted(wanted)
    assert seen.page.locator("#shown").inner_text() == f"{len(wanted)} of 5,000 changes"


def test_a_link_of_the_first_list_unfolds_its_change(visit) -> None:
    seen = visit("many")
    seen.page.select_option("#kind", label="Operator")
    seen.page.locator(".links a").first.click()
    target = seen.page.locator(":target")
    assert target.get_attribute("open") is not None
    assert target.is_visible()


def test_keys_are_enough(visit) -> None:
    seen = visit("small")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.textContent") == "Skip to the changes"
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.id") == "search"
    seen.page.keyboard.type("forget")
    seen.page.wait_for_timeout(50)
    assert seen.shown() == ["Issuer/farol-services/gone"]
    for _ in range(9):
        seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.localName") == "summary"
    assert seen.page.evaluate("document.activeElement.parentElement.open") is False
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.parentElement.open") is True


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_on_paper_everything_is_unfolded(chromium: Browser, pages: dict[str, Path], script: bool) -> None:
    context = chromium.new_context(java_script_enabled=script)
    try:
        page = context.new_page()
        page.goto(pages["many"].as_uri())
        folded = page.locator(".change:not([open]) table").first
        assert not folded.is_visible()
        page.emulate_media(media="print")
        assert folded.is_visible()
        assert not page.locator("#filters").is_visible()
        assert page.locator(".change:not([open]) table").nth(200).is_visible()
    finally:
        context.close()


def test_a_printed_page_holds_every_field(visit, tmp_path: Path) -> None:
    seen = visit("small")
    seen.page.click("#fold")
    before = seen.page.locator("details[open]").count()
    assert len(seen.page.pdf()) > 20_000
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.locator("details:not([open])").count() == 0
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert seen.page.locator("details[open]").count() == before


def test_without_script_everything_can_be_read(chromium: Browser, pages: dict[str, Path]) -> None:
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(pages["many"].as_uri())
        assert not page.locator("#filters").is_visible()
        assert page.get_by_text("Search and filters need script.").is_visible()
        one = page.locator(f"#{page.locator('.change:not([open]):has(table)').first.get_attribute('id')}")
        assert not one.locator("table").is_visible()
        one.locator("summary").click()
        assert one.locator("table").is_visible()
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("small", 1200), ("small", 390), ("ten", 1200), ("large", 1200)])
def test_there_are_no_violations_of_accessibility(visit, name: str, width: int, scheme: str) -> None:
    seen = visit(name, viewport={"width": width, "height": 900}, color_scheme=scheme)
    if name == "large":  # axe takes many minutes over all of them, and they are made alike: every fiftieth stays
        seen.page.evaluate("document.querySelectorAll('.change').forEach((one, at) => { if (at % 50) one.remove(); })")
    found = Axe().run(seen.page, options={"resultTypes": ["violations"]})
    told = [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]]
    assert told == []
    assert len(found.response["passes"]) > 15


def test_axe_finds_what_is_planted(visit) -> None:
    seen = visit("ten")
    seen.page.evaluate("document.querySelector('label').remove()")
    assert "label" in [one["id"] for one in Axe().run(seen.page).response["violations"]]


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_nothing_is_wider_than_the_screen(visit, width: int) -> None:
    seen = visit("small", viewport={"width": width, "height": 900})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_data_runs_nothing_asks_for_nothing_and_is_shown(chromium: Browser, tmp_path: Path) -> None:
    """Every payload at once in every place of one page, with the policy switched off: escaping alone must do."""
    reports = [hostile(one.text) for one in INJECTIONS]
    merged = replace(
        reports[0],
        changes=tuple(change for one in reports for change in one.changes),
        diagnostics=tuple(found for one in reports for found in one.diagnostics),
        cascades=tuple(found for one in reports for found in one.cascades),
        notices=tuple(found for one in reports for found in one.notices),
        environment="".join(one.text for one in INJECTIONS if one.sink == "html"),
    )
    file = tmp_path / "hostile.html"
    file.write_text(render_html(merged), encoding="utf-8")
    context = chromium.new_context(bypass_csp=True)
    try:
        seen = Visit(context.new_page(), file)
        seen.page.fill("#search", "<script>")
        seen.page.wait_for_timeout(300)
        text = seen.page.evaluate("document.body.textContent")
        alien = seen.page.evaluate(
            "[...document.querySelectorAll('*')].filter(one => [...one.attributes].some("
            "at => at.name.startsWith('on') || at.name === 'style' || at.name === 'src')).length"
        )
        assert (seen.complaints, len(seen.requests), alien) == ([], 1, 0)
        assert [one.id for one in INJECTIONS if safe(one.text)[:200] not in text] == []
    finally:
        context.close()
