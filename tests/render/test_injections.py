"""Every sink of machines takes every hostile text as text: judged by readers that nobody here wrote, or by a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from reconciler.cli.rules import texts_of
from reconciler.model.report import Findings, Report
from reconciler.render import github, gitlab, junit, sarif
from reconciler.render.findings_json import findings_json
from reconciler.render.findings_text import diagnostics_text, findings_text
from reconciler.render.markdown import render_markdown
from reconciler.render.origin_remarks import origin_facts
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_text import plan_text
from reconciler.render.resource_text import Style
from reconciler.render.terminal import Palette
from reconciler.render.values import as_json
from tests.render.injections import PAYLOADS, findings, report
from tests.render.markdown_readers import READERS, Seen, found_by_a_forge

PLAIN = Style(Palette(), verbose=True)
KNOWN = {"file", "line", "col", "endLine", "endColumn", "title"}


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner takes for commands: of a line that begins with two colons, and of a marker anywhere in one."""
    found = []
    for line in re.split(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text):
        second = re.match(r"\s*::(?P<name>[^\s:]+)(?:\s(?P<facts>.*?))?::(?P<data>.*)", line)
        if second is not None:
            pairs = [one.partition("=") for one in (second["facts"] or "").split(",") if one]
            found.append((second["name"], {key.strip(): value for key, _, value in pairs}, second["data"]))
        elif re.match(r"\s*::[A-Za-z]", line) or re.search(r"##[A-Za-z]*\[", line):
            found.append(("?", {}, line))
    return found


def undone(text: str) -> str:
    for sign, escape in ((":", "%3A"), (",", "%2C"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


def printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


class Elements(HTMLParser):
    """The elements of a page, and the text outside of code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.outside = ""
        self._code = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.outside += data


ORIGINS = {"plan.snapshot", "plan.base"}


def judge_github(text: str, *, verdicts: str) -> None:
    lines = text.splitlines()
    found = commands(text)
    assert {name for name, _, _ in found} <= {"error", "warning", "notice"}
    assert len(found) == len(lines) - 1
    assert all(set(facts) <= KNOWN for _, facts, _ in found)
    assert all(facts["line"] == "3" for _, facts, _ in found if "file" in facts)
    assert lines[-1].startswith(verdicts)
    assert printable(text)


def judge_json(text: str) -> None:
    json.loads(text)
    assert text.isascii()
    assert printable(text)
    assert commands(text) == []


def judge_sarif(text: str) -> None:
    judge_json(text)
    run = json.loads(text)["runs"][0]
    notes = [note for one in run.get("invocations", []) for note in one["toolExecutionNotifications"]]
    for one in (*run["results"], *notes):
        message = one["message"]["text"]
        assert not re.search(r"(?<!\\)\]\(", message)
        assert not re.search(r"(?<!\{)(?:\{\{)*\{\d", message)
    for one in run["results"]:
        assert re.fullmatch(r"[A-Za-z0-9._~%/-]+", one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


def judge_junit(text: str, cases: int) -> None:
    tree = ET.fromstring(text)  # noqa: S314  # our own document is what is judged
    assert {one.tag for one in tree.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "skipped", "system-out", "properties", "property"
    }  # fmt: skip
    assert {one.get("name", "") for one in tree.iter("property")} <= {*origin_facts(report("x")), *ORIGINS}
    assert len(list(tree.iter("testcase"))) == cases
    assert printable(text)
    assert commands(text) == []


def judge_summary(text: str) -> None:
    page = Elements(MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(text))
    assert page.tags <= {"h3", "table", "thead", "tbody", "tr", "th", "td", "code", "p"}
    assert page.attributes == set()
    assert not set(page.outside) & set("@<>`[]|*_~#$")
    assert "example" not in page.outside
    assert printable(text)
    assert commands(text) == []


def judge_comment(text: str) -> None:
    assert commands(text) == []
    for read in READERS.values():
        assert found_by_a_forge(Seen(read(text))) == []


def judge_outputs(text: str, keys: set[str]) -> None:
    assert {line.partition("=")[0] for line in text.splitlines()} == keys
    assert len(text.splitlines()) == len(keys)
    assert "<<" not in "".join(line.partition("=")[0] for line in text.splitlines())
    assert printable(text)


def judge_text(text: str) -> None:
    assert printable(text)
    assert commands(text) == []


PLAN_OUTPUTS = set(github.plan_outputs(report("x")))
FINDING_OUTPUTS = set(github.findings_outputs(findings("x")))

PLANS: dict[str, Callable[[Report], None]] = {
    "text": lambda one: judge_text(plan_text(one, PLAIN)),
    "json": lambda one: judge_json(as_json(plan_json(one, version="1"), indent=2)),
    "sarif": lambda one: judge_sarif(sarif.plan_sarif(one, version="1", rules=texts_of)),
    "github": lambda one: judge_github(github.plan_github(one), verdicts="Plan: "),
    "github summary": lambda one: judge_comment(render_markdown(one, max_bytes=256 << 10)),
    "github outputs": lambda one: judge_outputs(github.outputs_text(github.plan_outputs(one)), PLAN_OUTPUTS),
    "gitlab": lambda one: judge_json(gitlab.plan_gitlab(one)),
    "gitlab-terraform": lambda one: judge_json(gitlab.plan_gitlab_widget(one)),
    "junit": lambda one: judge_junit(junit.plan_junit(one), 6),
}
FINDINGS: dict[str, Callable[[Findings], None]] = {
    "text": lambda one: judge_text(findings_text(one, Palette())),
    "json": lambda one: judge_json(as_json(findings_json(one), indent=2)),
    "sarif": lambda one: judge_sarif(sarif.findings_sarif(one, version="1", rules=texts_of)),
    "github": lambda one: judge_github(github.findings_github(one), verdicts="Invalid: "),
    "github summary": lambda one: judge_summary(github.findings_summary(one)),
    "github outputs": lambda one: judge_outputs(github.outputs_text(github.findings_outputs(one)), FINDING_OUTPUTS),
    "gitlab": lambda one: judge_json(gitlab.findings_gitlab(one)),
    "junit": lambda one: judge_junit(junit.findings_junit(one), 2),
}


@pytest.mark.parametrize("sink", PLANS)
def test_a_plan_never_speaks_to_its_reader_in_the_words_of_data(sink: str) -> None:
    judged = 0
    for payload in PAYLOADS:
        PLANS[sink](report(payload))
        judged += 1
    assert judged == len(PAYLOADS) >= 60


@pytest.mark.parametrize("sink", FINDINGS)
def test_findings_never_speak_to_their_reader_in_the_words_of_data(sink: str) -> None:
    judged = 0
    for payload in PAYLOADS:
        FINDINGS[sink](findings(payload))
        judged += 1
    assert judged == len(PAYLOADS) >= 60


def test_the_model_of_a_runner_knows_a_command_when_it_sees_one() -> None:
    assert [name for name, _, _ in commands("  ::error file=a::b\nx ##[group]y\nx\r::debug::z")] == [
        "error",
        "?",
        "debug",
    ]


def test_what_stands_in_an_annotation_can_be_read_back() -> None:
    found = commands(github.findings_github(findings("50%, a:b")))
    assert undone(found[0][1]["file"]) == "tenants/50%, a:b.yaml"
    assert undone(found[0][2]).startswith("50%, a:b. 50%, a:b. In Domain/farol/50%, a:b")


def test_all_findings_in_a_log_are_text() -> None:
    for payload in PAYLOADS:
        judge_text(diagnostics_text(findings(payload).diagnostics, Palette()))
