"""Plans, findings, events and runs for machines."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.errors import Held, OutcomeUnknown
from reconciler.model.report import Findings, Report
from reconciler.model.run import Event, Outcome, Run
from reconciler.render.events_json import error_lines, event_lines, outcome_lines, plan_lines, version_line
from reconciler.render.findings_json import findings_json
from reconciler.render.plan_json import plan_json, resource_change
from reconciler.render.run_json import applied_json, refused_json
from reconciler.render.values import as_json
from tests.render.reports import (
    ADOPTED,
    CREATED,
    DELETED,
    EMPTY,
    ERROR,
    FORGOTTEN,
    HELD,
    MANUAL,
    MOVED,
    REPORT,
    UPDATED,
)

PLAN = plan_json(REPORT, version="1.2.3")
RUN = Run(
    id="run-1",
    digest=REPORT.digest,
    actor="ines@farol.example.com",
    approvers=("root@example.com",),
    started_at="2026-06-15T12:00:00Z",
    finished_at="2026-06-15T12:00:01Z",
    outcome=Outcome.APPLIED,
    added=1,
    changed=2,
    destroyed=1,
)


def test_the_top_has_the_names_of_the_contract() -> None:
    assert set(PLAN) == {
        "format_version", "terraform_version", "applyable", "complete", "errored", "resource_changes", "resource_drift",
        "planned_values", "prior_state", "configuration", "reconciler",
    }  # fmt: skip
    assert (PLAN["format_version"], PLAN["terraform_version"]) == ("1.2", "1.2.3")
    assert {"digest", "summary", "denied", "held", "manual_actions", "environment", "manifests"} <= set(
        PLAN["reconciler"]
    )


@pytest.mark.parametrize(
    ("line", "actions"),
    [
        (CREATED, ["create"]),
        (UPDATED, ["update"]),
        (MOVED, ["update"]),
        (DELETED, ["delete"]),
        (ADOPTED, ["no-op"]),
        (HELD, ["no-op"]),
        (MANUAL, ["no-op"]),
        (FORGOTTEN, ["forget"]),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_actions_are_those_of_viewers(line: object, actions: list[str]) -> None:
    assert resource_change(line)["change"]["actions"] == actions  # type: ignore[arg-type]


def test_each_change_has_the_names_of_the_contract() -> None:
    change = resource_change(UPDATED)
    assert change["address"] == "SmtpSettings/farol-services/cs-cedro-smtp"
    assert (change["mode"], change["type"], change["name"]) == ("managed", "smtp_settings", "cs-cedro-smtp")
    assert (change["provider_name"], change["previous_address"]) == ("reconciler", None)
    assert set(change["change"]) == {
        "actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive"
    }  # fmt: skip
    port = change["reconciler"]["fields"][0]
    assert {key: port[key] for key in ("path", "cause", "before", "after", "source")} == {
        "path": "port",
        "cause": "drift",
        "before": 25,
        "after": 587,
        "source": "tenants/farol/smtp.yaml:12",
    }
    assert {"verdict", "risk"} <= set(port)


def test_secrets_are_marked_where_they_are() -> None:
    change = resource_change(UPDATED)["change"]
    assert change["before_sensitive"] == {"spec": {"password": True}}
    assert change["after_sensitive"] == {"spec": {"password": True}}
    assert resource_change(CREATED)["change"]["before_sensitive"] is False


def test_adopting_is_importing() -> None:
    assert resource_change(ADOPTED)["change"]["importing"] == {"id": "Partner/farol-services"}


def test_drift_goes_from_what_was_applied_to_what_is() -> None:
    (found,) = PLAN["resource_drift"]
    assert found["change"]["before"] == {"port": 587, "host": "first.example.com"}
    assert found["change"]["after"] == {"port": 25, "host": "old.example.com"}


def test_states_before_and_after() -> None:
    after = [one["address"] for one in PLAN["planned_values"]["root_module"]["resources"]]
    before = [one["address"] for one in PLAN["prior_state"]["values"]["root_module"]["resources"]]
    assert (str(CREATED.address) in after, str(CREATED.address) in before) == (True, False)
    assert (str(DELETED.address) in after, str(DELETED.address) in before) == (False, True)


@pytest.mark.parametrize(
    ("report", "applyable", "complete", "errored"),
    [
        (REPORT, True, False, False),
        (replace(REPORT, changes=(CREATED,)), True, True, False),
        (EMPTY, False, True, False),
        (replace(REPORT, diagnostics=(ERROR,)), False, False, True),
        (replace(REPORT, guarded=(ERROR,)), False, False, True),
    ],
)
def test_whether_it_can_be_applied(report: Report, *, applyable: bool, complete: bool, errored: bool) -> None:
    found = plan_json(report, version="1")
    assert (found["applyable"], found["complete"], found["errored"]) == (applyable, complete, errored)


def test_json_is_ascii_and_holds_no_delete_character() -> None:
    text = as_json(plan_json(replace(REPORT, diagnostics=(ERROR,)), version="1\x7f"))
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text)["terraform_version"] == "1\x7f"


def test_findings_have_the_names_of_the_contract() -> None:
    bare = Diagnostic(code="X-01", severity=Severity.WARNING, phase=Phase.SCHEMA, summary="so it is")
    found = findings_json(Findings(diagnostics=(ERROR, bare), resources=3, files=2))
    assert (found["format_version"], found["valid"], found["error_count"], found["warning_count"]) == (
        "1.0",
        False,
        1,
        1,
    )
    first, second = found["diagnostics"]
    assert {"severity", "code", "summary", "detail", "address", "range"} <= set(first)
    assert first["range"] == {
        "filename": "tenants/farol/smtp.yaml",
        "start": {"line": 14, "column": 3},
        "end": {"line": 14, "column": 9},
    }
    assert second["range"] is None


def test_a_plan_streams_drift_changes_findings_and_counts() -> None:
    lines = [version_line("1.2.3"), *plan_lines(REPORT)]
    kinds = [one["type"] for one in lines]
    assert kinds == ["version", "resource_drift", *["planned_change"] * 8, "diagnostic", "change_summary"]
    assert lines[-1]["changes"] == {"add": 1, "change": 2, "remove": 1, "import": 1, "operation": "plan"}


def test_an_apply_streams_a_line_a_resource() -> None:
    start = list(event_lines(Event("apply_progress", "writing", {"step": "write"}), REPORT))
    assert [one["type"] for one in start] == ["apply_progress", *["apply_start"] * 6]
    end = list(event_lines(Event("apply_progress", "committed", {"step": "done"}), REPORT))
    assert {one["type"] for one in end[1:]} == {"apply_complete"}
    assert end[1]["hook"]["resource"]["addr"] == str(CREATED.address)


def test_the_end_of_an_apply_is_its_counts() -> None:
    (line,) = outcome_lines(RUN, REPORT)
    assert line["@message"] == "Apply complete! 1 added, 2 changed, 1 destroyed."
    (again,) = outcome_lines(replace(RUN, outcome=Outcome.REPEATED), REPORT)
    assert again["changes"]["add"] == 0


def test_an_error_is_part_of_the_stream() -> None:
    lines = list(error_lines(Held("a guard holds the plan", diagnostics=(ERROR,))))
    assert [(one["type"], one["diagnostic"]["code"]) for one in lines] == [
        ("diagnostic", "GEN-05"),
        ("diagnostic", "ERR-08"),
    ]


def test_a_run_report_says_what_became_of_it() -> None:
    found = applied_json(RUN, REPORT)
    assert (found["outcome"], found["exit_code"], found["run"]["id"]) == ("applied", 0, "run-1")
    assert len(found["changes"]) == 8
    assert refused_json(Held("held"))["outcome"] == "not applied"
    assert refused_json(OutcomeUnknown("lost"))["outcome"] == "unknown"


def test_a_secret_that_changes_differs_for_viewers_that_compare() -> None:
    change = resource_change(UPDATED)["change"]
    assert change["before"]["spec"]["password"] == "(secret)"
    assert change["after"]["spec"]["password"] == "(secret) version 2 -> 3"
    assert UPDATED.after == {"spec": {"port": 587, "password": "(secret)"}}
