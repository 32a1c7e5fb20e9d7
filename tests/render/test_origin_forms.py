"""Forms for machines say that a plan is from a snapshot, and what was pending before its branch."""

from __future__ import annotations

import json
from dataclasses import replace

from jsonschema import Draft202012Validator
from junitparser import JUnitXml

from reconciler.engine.base import since
from reconciler.model.address import Address
from reconciler.model.plan import Summary
from reconciler.model.snapshot import SnapshotNote
from reconciler.render import github, gitlab, junit
from tests.render.reports import DELETED, EMPTY, ERROR, HELD, MOVED, REPORT, UPDATED, WARNING
from tests.render.test_machine_formats import SCHEMA, cases, plan_log, results

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BEFORE = replace(
    REPORT,
    changes=(UPDATED, replace(HELD, address=Address("Domain", "farol", "gone"), actions=("delete",)), DELETED),
    summary=Summary(change=1, destroy=1, drift=1),
    diagnostics=(WARNING,),
)
BRANCH = since(replace(REPORT, diagnostics=(WARNING, ERROR)), BEFORE, commit=COMMIT)
NOTE = SnapshotNote(
    made_at="2026-06-15T12:00:00Z",
    made_for=("partner operator ines@farol.example.com",),
    environment="production",
    schema="0004",
    version="1.2.3",
    key="ed25519:x",
    unread=(Address("Domain", "farol", "unread"),),
    secrets=((Address("SmtpSettings", "farol", "x"), "password"),) * 2,
)
FROZEN = replace(REPORT, snapshot=NOTE)
SENTENCES = (
    "This plan is from a snapshot and cannot be applied. "
    "Snapshot of 2026-06-15T12:00:00Z for partner operator ines@farol.example.com. "
    "It says nothing of 1 declared resource. 2 secrets without version will be read at apply and may have changed."
)


def test_sarif_tells_of_a_snapshot_as_a_note_of_the_run_and_not_as_a_result() -> None:
    log = plan_log(FROZEN)
    assert list(Draft202012Validator(SCHEMA).iter_errors(log)) == []
    run = log["runs"][0]
    (invocation,) = run["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert (invocation["executionSuccessful"], note["level"], note["message"]["text"]) == (True, "note", SENTENCES)
    known = run["tool"]["driver"]["notifications"][note["descriptor"]["index"]]
    assert (known["id"], note["descriptor"]["id"]) == ("plan.snapshot", "plan.snapshot")
    assert run["properties"]["snapshot"]["made_at"] == NOTE.made_at
    assert results(log) == results(plan_log(REPORT))


def test_sarif_says_of_each_result_whether_the_branch_brought_it() -> None:
    log = plan_log(BRANCH)
    assert list(Draft202012Validator(SCHEMA).iter_errors(log)) == []
    found = {(one["ruleId"], one["baselineState"]) for one in results(log)}
    assert found >= {("GEN-05", "new"), ("SMTP-08", "unchanged"), ("change.delete", "unchanged")}
    assert ("change.stops-signing", "new") in found
    facts = log["runs"][0]["properties"]["base"]
    assert (facts["commit"], facts["before"]["drift"], facts["branch"]["add"]) == (COMMIT, 1, 1)
    unplanned = plan_log(since(REPORT, None, commit=COMMIT))
    assert all("baselineState" not in one for one in results(unplanned)), "nothing to compare with"


def test_annotations_begin_their_notices_with_where_the_plan_comes_from() -> None:
    many = tuple(replace(MOVED, address=Address("Domain", "farol", f"d{n}"), risks=()) for n in range(50))
    lines = github.plan_github(replace(FROZEN, changes=many, base=BRANCH.base)).splitlines()
    notices = [line for line in lines if line.startswith("::notice")]
    assert len(notices) == github.SHOWN
    assert notices[0] == f"::notice title=plan.snapshot::{SENTENCES}"
    assert notices[1].startswith("::notice title=plan.base::This plan tells what the branch changes")
    assert f"Already pending before it, at {COMMIT}: 1 to change, 1 to destroy (drift 1)." in notices[1]


def test_of_equal_weight_the_branchs_own_come_first() -> None:
    lines = [one for one in github.plan_github(BRANCH).splitlines() if one.startswith("::warning")]
    earlier = ["This was there before the branch." in one for one in lines]
    assert earlier == sorted(earlier)
    assert any(earlier)
    assert not all(earlier)


def test_outputs_hold_both_counts() -> None:
    found = github.plan_outputs(BRANCH)
    assert (found["base"], found["branch"], found["before"]) == (COMMIT, "error", "changes")
    assert (found["branch-add"], found["before-change"], found["before-drift"], found["withdrawn"]) == (
        "1",
        "1",
        "1",
        "1",
    )
    assert "branch-add" not in github.plan_outputs(REPORT)
    frozen = github.plan_outputs(FROZEN)
    assert (frozen["snapshot"], frozen["snapshot-for"]) == (NOTE.made_at, NOTE.made_for[0])


def test_code_quality_tells_it_as_information_with_a_mark_that_stays() -> None:
    first = json.loads(gitlab.plan_gitlab(FROZEN))[0]
    assert (first["check_name"], first["severity"]) == ("plan.snapshot", "info")
    assert first["description"] == f"plan.snapshot: {SENTENCES}"
    later = json.loads(gitlab.plan_gitlab(replace(FROZEN, snapshot=replace(NOTE, made_at="2026-06-16T00:00:00Z"))))[0]
    assert later["fingerprint"] == first["fingerprint"]
    codes = [one["check_name"] for one in json.loads(gitlab.plan_gitlab(BRANCH))]
    assert codes[0] == "plan.base"


def test_the_widget_of_a_merge_request_counts_what_its_branch_changes() -> None:
    assert json.loads(gitlab.plan_gitlab_widget(BRANCH)) == {"create": 1, "update": 1, "delete": 0}


def test_junit_has_a_suite_for_what_was_pending_and_properties_in_each() -> None:
    suites = {one.name: one for one in JUnitXml.fromstring(junit.plan_junit(BRANCH).encode())}
    assert list(suites) == ["findings", "changes", "pending before the branch"]
    assert {one.name for one in suites["pending before the branch"]} == {str(UPDATED.address), str(DELETED.address)}
    for one in suites.values():
        facts = {fact.name: fact.value for fact in one.properties()}
        assert (facts["base"], facts["branch"], facts["before-drift"]) == (COMMIT, "error", "1")
    assert set(cases(junit.plan_junit(BRANCH))) == set(cases(junit.plan_junit(replace(BRANCH, base=None))))


def test_junit_of_an_empty_plan_from_a_snapshot_still_says_so() -> None:
    (suite,) = JUnitXml.fromstring(junit.plan_junit(replace(EMPTY, snapshot=NOTE)).encode())
    assert {fact.name: fact.value for fact in suite.properties()}["plan.snapshot"] == SENTENCES
    assert "<testsuites name" in junit.plan_junit(EMPTY)
    assert "properties" not in junit.plan_junit(EMPTY)
