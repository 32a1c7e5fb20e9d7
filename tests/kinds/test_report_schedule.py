"""ReportSchedule: in a tenant or for the whole platform, and paused without being lost."""

from __future__ import annotations

from reconciler.kinds.report_schedule import KIND
from reconciler.model.kind import Level
from tests.kinds.customers import lines, plan_of
from tests.kinds.worlds import partner, resource, view


def test_it_stands_in_a_tenant_or_at_platform_level() -> None:
    assert KIND.level is Level.BOTH
    own = resource("ReportSchedule", "monthly", tenant="farol-services")
    wide = resource("ReportSchedule", "monthly")
    assert lines(plan_of(view([own, wide], [partner()]))) == [f"create {wide.address}", f"create {own.address}"]


def test_the_order_and_the_case_of_recipients_mean_nothing() -> None:
    before = resource("ReportSchedule", "monthly", recipients=["b@example.com", "A@example.com"])
    after = resource("ReportSchedule", "monthly", recipients=["a@example.com", "B@example.com"])
    assert not any(line.startswith("update") for line in lines(plan_of(view([after], [before], managed=[before]))))


def test_pausing_and_resuming() -> None:
    one = resource("ReportSchedule", "monthly")
    paused = resource("ReportSchedule", "monthly", state="paused")
    assert lines(plan_of(view([paused], [one], managed=[one]))) == [f"transition {one.address} enabled->paused"]
    resumed = resource("ReportSchedule", "monthly", state="enabled")
    live = [(one, {"state": "paused"})]
    assert lines(plan_of(view([resumed], live, managed=[one]))) == [f"transition {one.address} paused->enabled"]
    left = plan_of(view([one], live, managed=[one]))
    assert not any(line.startswith("transition") for line in lines(left))


def test_the_defaults() -> None:
    spec = resource("ReportSchedule", "monthly").spec
    assert (spec.type, spec.frequency, spec.day_of_month, spec.format, spec.recipients) == (
        "consumption",
        "monthly",
        2,
        "csv",
        [],
    )
