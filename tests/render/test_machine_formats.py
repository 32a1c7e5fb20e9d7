"""SARIF, annotations, code quality, the widget's counts and JUnit of findings and plans."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from reconciler.cli.rules import texts_of
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.report import Findings, Report
from reconciler.model.source import Source
from reconciler.render import github, gitlab, junit, sarif
from reconciler.render.values import as_json
from tests.render.injections import PAYLOADS, report
from tests.render.reports import DELETED, EMPTY, ERROR, MOVED, REPORT, SMTP, WARNING, at

DATA = Path(__file__).parents[1] / "data"
SCHEMA = json.loads((DATA / "sarif-2.1.0.schema.json").read_text(encoding="utf-8"))
BAD = replace(REPORT, diagnostics=(WARNING, ERROR))
FINDINGS = Findings(
    diagnostics=(WARNING, ERROR, replace(ERROR, source=None, snippet=None)),
    resources=3,
    files=2,
    names=(SMTP, "tenants/farol/other.yaml"),
)


def plan_log(one: Report, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sarif.plan_sarif(one, version="1.2.3", rules=texts_of, **more))
    return found


def results(log: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def many(count: int) -> Findings:
    found = tuple(
        Diagnostic(
            code="GEN-05", severity=Severity.ERROR, phase=Phase.PLAN, summary=f"finding {number}", source=at(number)
        )
        for number in range(1, count + 1)
    )
    return Findings(diagnostics=found, resources=1, files=1)


# --- SARIF -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one", [REPORT, BAD, EMPTY, report("x"), report(PAYLOADS[0])], ids="all bad empty x hostile".split()
)
def test_sarif_of_a_plan_has_the_shape_of_the_standard(one: Report) -> None:
    Draft202012Validator(SCHEMA).validate(plan_log(one))


def test_sarif_of_findings_has_the_shape_of_the_standard() -> None:
    log = json.loads(sarif.findings_sarif(FINDINGS, version="1", rules=texts_of))
    Draft202012Validator(SCHEMA).validate(log)
    assert [one["level"] for one in results(log)] == ["warning", "error", "error"]


def test_the_schema_of_sarif_notices_what_is_wrong() -> None:
    log = plan_log(REPORT)
    results(log)[0]["level"] = "dreadful"
    assert not Draft202012Validator(SCHEMA).is_valid(log)


def test_sarif_stands_at_manifest_lines_with_the_texts_of_the_rules() -> None:
    log = plan_log(BAD, prefix="infra/ä b/")
    run = log["runs"][0]
    first = results(log)[0]
    rule = run["tool"]["driver"]["rules"][first["ruleIndex"]]
    place = first["locations"][0]["physicalLocation"]
    assert (first["ruleId"], rule["id"], first["level"]) == ("GEN-05", "GEN-05", "error")
    assert "immutable" in rule["help"]["text"]
    assert place["artifactLocation"] == {"uri": f"infra/%C3%A4%20b/{SMTP}", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 14, "startColumn": 3, "endLine": 14, "endColumn": 9}
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["properties"]["digest"] == REPORT.digest


def test_sarif_lists_the_changes_that_want_a_second_look_and_no_others() -> None:
    codes = [one["ruleId"] for one in results(plan_log(REPORT))]
    assert codes == ["SMTP-08", "change.held", "change.delete", "change.stops-signing", "change.manual"]


def test_a_fingerprint_stays_when_lines_move_and_no_two_are_the_same() -> None:
    def marks(log: dict[str, Any]) -> list[str]:
        return [one["partialFingerprints"]["primaryLocationLineHash"] for one in results(log)]

    moved = replace(BAD, diagnostics=(replace(WARNING, source=at(99)), replace(ERROR, source=at(77))))
    assert marks(plan_log(BAD)) == marks(plan_log(moved))
    twice = replace(REPORT, diagnostics=(WARNING, WARNING, ERROR, ERROR))
    assert len(set(marks(plan_log(twice)))) == len(results(plan_log(twice)))
    other = replace(REPORT, diagnostics=(replace(WARNING, path="port"),))
    assert marks(plan_log(REPORT))[0] != marks(plan_log(other))[0]


def multitool() -> list[str]:
    """The validator of SARIF's own makers, on the path or where ``make tools`` puts it."""
    beside = Path(sys.executable).parent.parent / "node" / "node_modules" / ".bin" / "sarif-multitool"
    found = shutil.which("sarif-multitool") or (str(beside) if beside.exists() else "")
    if not found:
        pytest.skip("sarif-multitool is not installed; make tools")
    return [found]


def test_the_tool_of_the_makers_of_sarif_finds_no_error(tmp_path: Path) -> None:
    words = multitool()
    hostile = [report(payload) for payload in PAYLOADS]
    whole = plan_log(REPORT)
    for number, one in enumerate([BAD, EMPTY, *hostile]):
        run = plan_log(one)["runs"][0]
        run["automationDetails"]["id"] += str(number)  # runs of one log are told apart by it
        whole["runs"].append(run)
    (tmp_path / "all.sarif").write_text(as_json(whole), encoding="utf-8")
    done = subprocess.run(
        [*words, "validate", str(tmp_path / "all.sarif"), "--level", "Error", "--kind", "Fail", "--output",
         str(tmp_path / "found.out"), "--log", "ForceOverwrite"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    found = json.loads((tmp_path / "found.out").read_text(encoding="utf-8-sig"))
    assert [one["ruleId"] for one in found["runs"][0].get("results", []) if one.get("level") == "error"] == []
    assert "1 files scanned" in done.stdout


# --- GitHub ----------------------------------------------------------------------------------------------------------


def test_annotations_stand_at_manifest_lines_weightiest_first() -> None:
    lines = github.plan_github(BAD, prefix="infra/").splitlines()
    assert lines[0].startswith(f"::error file=infra/{SMTP},line=14,col=3,endLine=14,endColumn=9,title=GEN-05::key is")
    kinds = [line.partition(" ")[0] for line in lines[:-1]]
    assert kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index)
    assert lines[-1] == "Plan: 1 to add, 2 to change, 1 to destroy."
    assert any("change.delete Domain/farol-services/www.lumen.example.com::delete Domain/" in line for line in lines)
    assert not any("(secret) version 2 -> 3" not in line for line in lines if " password " in line)


@pytest.mark.parametrize(("count", "shown"), [(9, 9), (10, 10), (11, 10), (500, 10)])
def test_at_most_ten_annotations_of_a_level_are_written_and_the_rest_is_counted(count: int, shown: int) -> None:
    lines = github.findings_github(many(count)).splitlines()[:-1]
    assert len(lines) == shown
    assert ("more" in lines[-1]) is (count > 10)
    if count > 10:
        assert lines[-1] == f"::error title=And {count - 9} more::{count - 9} more changes and findings of this weight."


def test_outputs_say_what_a_workflow_decides_by() -> None:
    found = github.plan_outputs(REPORT)
    wanted = {"verdict": "changes", "changes": "true", "digest": REPORT.digest, "add": "1", "destroy": "1"}
    assert wanted.items() <= found.items()
    assert github.plan_outputs(EMPTY)["verdict"] == "none"
    assert github.plan_outputs(BAD)["verdict"] == "errors"
    assert github.plan_outputs(replace(REPORT, guarded=(ERROR,)))["verdict"] == "held"
    denied = replace(REPORT, changes=(replace(MOVED, actions=("denied",)),))
    assert github.plan_outputs(denied)["verdict"] == "denied"
    assert github.findings_outputs(FINDINGS)["valid"] == "false"


def test_the_summary_of_a_step_counts_what_it_leaves_out() -> None:
    text = github.findings_summary(many(40))
    assert text.count("| error |") == github.LISTED
    assert "And 15 more." in text


# --- GitLab ----------------------------------------------------------------------------------------------------------


def test_code_quality_has_what_gitlab_needs() -> None:
    found = json.loads(gitlab.plan_gitlab(BAD, prefix="infra/"))
    assert found[0]["location"] == {"path": f"infra/{SMTP}", "lines": {"begin": 14}}
    assert {one["severity"] for one in found} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(set(one) == {"description", "check_name", "fingerprint", "severity", "location"} for one in found)
    assert len({one["fingerprint"] for one in found}) == len(found)
    nowhere = next(one for one in found if one["check_name"] == "change.delete")
    assert nowhere["location"] == {"path": "infra/reconciler.yaml", "lines": {"begin": 1}}


def test_the_widget_counts_what_the_plan_counts() -> None:
    assert json.loads(gitlab.plan_gitlab_widget(REPORT)) == {"create": 1, "update": 2, "delete": 1}


# --- JUnit -----------------------------------------------------------------------------------------------------------


def cases(text: str) -> dict[str, Any]:
    return {case.name: case for suite in JUnitXml.fromstring(text.encode()) for case in suite}


def test_junit_of_findings_has_a_case_for_each_file() -> None:
    found = cases(junit.findings_junit(FINDINGS))
    assert list(found) == [SMTP, "tenants/farol/other.yaml", "GEN-05"]
    assert found["tenants/farol/other.yaml"].is_passed
    assert found[SMTP].result[0].type == "GEN-05"
    assert found["GEN-05"].is_failure
    assert "warning SMTP-08" in found[SMTP].system_out


def test_junit_of_a_plan_has_a_case_for_each_resource() -> None:
    text = junit.plan_junit(BAD)
    found = cases(text)
    assert str(DELETED.address) in found
    assert found["GEN-05"].is_failure
    assert found["Domain/farol-services/old.example.com"].is_skipped
    every = JUnitXml.fromstring(text.encode())
    assert (every.tests, every.failures, every.skipped) == (9, 1, 2)
    every.update_statistics()
    assert (every.tests, every.failures, every.skipped) == (9, 1, 2)


def test_junit_holds_no_character_that_xml_has_no_room_for() -> None:
    text = junit.findings_junit(replace(FINDINGS, names=(*FINDINGS.names, "a\x00\x08\ufffe\ud800.yaml")))
    assert "a\\x00\\x08\\ufffe\\ud800.yaml" in cases(text)


def test_junit_is_ascii_so_that_every_stream_can_hold_it() -> None:
    text = junit.findings_junit(replace(FINDINGS, names=("tenants/praça.yaml",)))
    assert text.isascii()
    assert "tenants/praça.yaml" in cases(text)


# --- the same bytes --------------------------------------------------------------------------------------------------

RENDERED = """
import hashlib, locale, os, sys, time
from dataclasses import replace
from reconciler.cli.formats import PLAN_FORMATS, rendered_plan
from reconciler.cli.findings import FINDINGS_FORMATS
from importlib import import_module
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_text import plan_text
from reconciler.render.resource_text import Style
from reconciler.render.terminal import Palette
from reconciler.render.values import as_json
from tests.render.reports import ERROR, REPORT
from tests.render.test_machine_formats import FINDINGS

bad = replace(REPORT, guarded=(ERROR,))
found = set()
for number in range(20):
    os.environ["TZ"] = ("UTC", "Asia/Tokyo", "America/St_Johns", "Pacific/Chatham")[number % 4]
    time.tzset()
    try:
        locale.setlocale(locale.LC_ALL, ("C", "C.UTF-8", "POSIX", "tr_TR.UTF-8", "")[number % 5])
    except locale.Error:
        pass
    whole = hashlib.sha256()
    for one in (REPORT, bad):
        whole.update(plan_text(one, Style(Palette())).encode())
        whole.update(as_json(plan_json(one, version="1")).encode())
        for word in PLAN_FORMATS:
            whole.update(rendered_plan(word, one, {}).encode())
    for name in FINDINGS_FORMATS.values():
        module, _, function = name.partition(":")
        whole.update(getattr(import_module(module), function)(FINDINGS).encode())
    found.add(whole.hexdigest())
    sys.stdout.write("rendered\\n")
sys.stdout.write(" ".join(sorted(found)) + "\\n")
"""


@pytest.mark.slow
def test_a_hundred_renderings_under_other_seeds_zones_and_locales_are_the_same_bytes() -> None:
    seen: set[str] = set()
    rendered = 0
    for seed, language in (("0", "C"), ("1", "C.UTF-8"), ("42", "POSIX"), ("4711", "tr_TR.UTF-8"), ("random", "de_DE")):
        settings = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": language, "PYTHONUTF8": "0"}
        path = os.pathsep.join(sys.path)
        done = subprocess.run(
            [sys.executable, "-c", RENDERED],
            env={**settings, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        *lines, digests = done.stdout.splitlines()
        rendered += len(lines)
        seen.update(digests.split())
    assert (rendered, len(seen)) == (100, 1)


def test_the_place_of_what_has_none_is_the_configuration() -> None:
    assert results(plan_log(REPORT))[2]["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    assert Source("a", 1, 1, 1, 1).short == "a:1"
