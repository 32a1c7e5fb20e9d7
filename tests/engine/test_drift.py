"""What has drifted, who did it and since when: the stage on toys."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reconciler.engine.diff import diff
from reconciler.engine.drift import Known, detect, report_drift, to_record
from reconciler.model.address import Address
from reconciler.model.drift import (
    AppliedChange,
    Deviation,
    DriftFinding,
    FindingState,
    Recorded,
    Sort,
    Written,
    finding_id,
)
from reconciler.model.resource import LedgerEntry, Live
from reconciler.model.waiver import Waiver, Waivers
from tests.engine.worlds import (
    CATALOG,
    NOW,
    applied,
    empty,
    gadget,
    partner,
    person,
    resolved,
    touched,
    unmanaged,
    without,
)

LAMP = Address("Gadget", "farol", "lamp")
NOTHING = Known(writes={}, applied={}, findings={})


def found(resources: list[Any] | None, live: Live) -> list[tuple[str, str, str]]:
    view = None if resources is None else resolved(resources, live)[0]
    differences = None if view is None else diff(view, {})
    deviations, _ = detect(CATALOG, live, view=view, differences=differences, selects=lambda _one: True)
    return [(str(one.address), one.path, str(one.sort)) for one in deviations]


def told(writes: list[Written] = [], *, sort: Sort = Sort.CHANGED, **more: Any) -> DriftFinding:  # noqa: B006  # never changed
    """The finding of one deviation of the colour of the lamp, or of its row."""
    path = "colour" if sort is Sort.CHANGED else ""
    one = Deviation(address=LAMP, sort=sort, path=path, columns=("colour",), commit="last", **more)
    known = Known(writes={LAMP: writes}, applied={}, findings={})
    return report_drift(empty(), [one], known, waivers=Waivers(), now=NOW, selects=lambda _one: True).findings[0]


def entry(number: int, operation: str = "update", *columns: str, run: str = "", by: str = "") -> Written:
    return Written(
        number=number, at=f"2026-06-15T0{number}:00:00Z", operation=operation, columns=columns, run=run, application=by
    )


# --- what has drifted ------------------------------------------------------------------------------------------------


def test_an_ignored_field_and_a_field_that_is_left_to_the_world_have_not_drifted() -> None:
    live = touched(applied([partner(), gadget(colour="red")]), LAMP, colour="blue")
    assert found([partner(), gadget(colour="red")], live) == [(str(LAMP), "colour", "changed")]
    assert found([partner(), gadget(colour="red", lifecycle={"ignoreChanges": ["colour"]})], live) == []
    assert found([partner(), gadget(colour="red", lifecycle={"management": "createOnly"})], live) == []
    assert found([partner(), gadget(colour="blue")], live) == [], "git has come to agree"
    assert found([partner()], live) == [(str(LAMP), "colour", "changed")], "its manifest is gone, and the row differs"


def test_a_spelling_is_no_drift() -> None:
    live = applied([partner(), gadget(tags=["x", "y"])])
    assert found(None, touched(live, LAMP, tags='["y", "x"]')) == []


def test_a_resource_that_was_only_to_be_created_drifts_when_its_row_is_gone() -> None:
    resources = [partner(), gadget(lifecycle={"management": "createOnly"})]
    live = applied(resources)
    assert found(resources, touched(live, LAMP, colour="blue")) == []
    assert found(None, touched(live, LAMP, colour="blue")) == []
    assert found(resources, without(live, LAMP)) == [(str(LAMP), "", "missing")]


def test_a_watched_resource_is_compared_with_its_manifest() -> None:
    base = applied([partner(), gadget(colour="red")])
    watching = [partner(), gadget(colour="blue", lifecycle={"management": "observe"})]
    alone = Live(base.identity, base.rows, {key: one for key, one in base.ledger.items() if key != LAMP})
    assert found(watching, alone) == [(str(LAMP), "colour", "changed")]
    assert found(watching, without(alone, LAMP)) == [(str(LAMP), "", "missing")]
    view, _ = resolved(watching, alone)
    one = detect(CATALOG, alone, view=view, differences=diff(view, {}), selects=lambda _one: True)[0][0]
    assert (one.expected, one.actual) == ("blue", "red")


def test_rows_without_ledger_are_unmanaged_unless_somebody_names_them_or_they_are_buried() -> None:
    resources = [partner(), gadget(), person("p")]
    live = unmanaged(applied(resources))
    assert found([], live) == [
        (str(LAMP), "", "unmanaged"),
        ("Partner/farol", "", "unmanaged"),
        ("Person/p", "", "unmanaged"),
    ]
    assert found(resources, live) == []
    buried = touched(live, Address("Person", "", "p"), state="gone")
    assert "Person/p" not in {one[0] for one in found([], buried)}


def test_a_ledger_that_cannot_be_read_is_told_and_nothing_else_fails() -> None:
    live = applied([partner(), gadget(colour="red")])
    for text in ("", "[]", "\x00"):
        broken = {**live.ledger, LAMP: LedgerEntry(LAMP, text, "toy.yaml:3", None, "full")}
        deviations, problems = detect(
            CATALOG,
            Live(live.identity, live.rows, broken),
            view=None,
            differences=None,
            selects=lambda _one: True,
        )
        assert (deviations, [one.code for one in problems]) == ([], ["DRF-02"])


def test_what_is_not_selected_is_neither_found_nor_resolved() -> None:
    live = touched(applied([partner(), gadget(colour="red")]), LAMP, colour="blue")
    assert detect(CATALOG, live, view=None, differences=None, selects=lambda _one: False) == ([], [])
    old = recorded(FindingState.NEW)
    known = Known(writes={}, applied={}, findings={old.id: old})
    for selected in (True, False):
        report = report_drift(live, [], known, waivers=Waivers(), now=NOW, selects=lambda _one, answer=selected: answer)
        assert len(report.resolved) == selected


# --- who it was ------------------------------------------------------------------------------------------------------


def test_the_last_writer_and_the_first_time_since_the_last_apply() -> None:
    writes = [
        entry(1, "insert", run="r1"),
        entry(2, "update", "colour", by="earlier"),
        entry(3, "update", "colour", "mode", run="r2"),
        entry(4, "update", "colour", by="first"),
        entry(5, "update", "mode", by="another field"),
        entry(6, "update", "mode", run="r3"),
        entry(7, "update", "colour", by="last"),
        entry(8, "update", "mode", by="another field"),
    ]
    one = told(writes)
    assert one.writer is not None
    assert (one.first_seen, one.writer.application) == ("2026-06-15T04:00:00Z", "last")


def test_a_row_that_was_deleted_and_put_in_again_has_a_new_writer() -> None:
    one = told([entry(1, "insert", run="r"), entry(2, "delete", by="out"), entry(3, "insert", by="in")])
    assert one.writer is not None
    assert one.writer.application == "in"


@pytest.mark.parametrize("operation", ["delete", "truncate"])
def test_who_deleted_a_row_and_not_who_changed_it_before(operation: str) -> None:
    one = told(
        [entry(1, "insert", run="r"), entry(2, "update", "colour", by="before"), entry(3, operation, by="out")],
        sort=Sort.MISSING,
    )
    assert one.writer is not None
    assert (one.writer.application, one.first_seen) == ("out", "2026-06-15T03:00:00Z")


def test_who_put_an_unmanaged_row_in_and_who_changed_it_last() -> None:
    writes = [entry(1, "insert", by="old"), entry(2, "delete"), entry(3, "insert", by="in"), entry(4, by="last")]
    one = told(writes, sort=Sort.UNMANAGED)
    assert one.writer is not None
    assert (one.first_seen, one.writer.application) == ("2026-06-15T03:00:00Z", "last")


@pytest.mark.parametrize("writes", [[], [entry(1, "update", "colour", run="r")], [entry(1, "update", "mode")]])
def test_without_an_entry_nobody_knows(writes: list[Written]) -> None:
    one = told(writes)
    assert (one.writer, one.first_seen) == (None, "")


def test_the_commit_is_that_of_the_change_which_wrote_the_field_last() -> None:
    def commit(*changes: AppliedChange, sort: Sort = Sort.CHANGED) -> str | None:
        path = "colour" if sort is Sort.CHANGED else ""
        one = Deviation(address=LAMP, sort=sort, path=path, commit="last")
        known = Known(writes={}, applied={LAMP: changes}, findings={})
        report = report_drift(empty(), [one], known, waivers=Waivers(), now=NOW, selects=lambda _one: True)
        return report.findings[0].commit

    first, second, third = (
        AppliedChange(frozenset({"colour", "mode"}), "a"),
        AppliedChange(frozenset({"colour"}), "b"),
        AppliedChange(frozenset({"mode"}), "c"),
    )
    assert commit(first, second, third) == "b"
    assert commit(third) == "last"
    assert commit(AppliedChange(frozenset({""}), "whole"), third) == "whole"
    assert commit(first, sort=Sort.MISSING) == "last"


# --- states ----------------------------------------------------------------------------------------------------------


def recorded(state: FindingState, *, seen: str = "2026-06-01T00:00:00Z") -> Recorded:
    name = finding_id(LAMP, "colour", Sort.CHANGED)
    return Recorded(
        id=name, address=LAMP, path="colour", sort=Sort.CHANGED, state=state, first_seen=seen, last_seen=seen
    )


WAIVER = Waiver(name="w", owner="o", reason="r", expires=NOW.date(), addresses=("Gadget/*",))


@pytest.mark.parametrize(
    ("before", "waivers", "cause", "state"),
    [
        (None, Waivers(), "drift", "new"),
        (FindingState.NEW, Waivers(), "drift", "known"),
        (FindingState.KNOWN, Waivers(), "drift", "known"),
        (FindingState.WAIVED, Waivers(), "drift", "known"),
        (FindingState.RESOLVED, Waivers(), "drift", "new"),
        (None, Waivers(active=(WAIVER,)), "drift", "waived"),
        (FindingState.KNOWN, Waivers(active=(WAIVER,)), "drift", "waived"),
        (FindingState.KNOWN, Waivers(active=(WAIVER,)), "conflict", "known"),
        (None, Waivers(expired=(WAIVER,)), "drift", "new"),
    ],
)
def test_the_state_of_a_finding(before: FindingState | None, waivers: Waivers, cause: str, state: str) -> None:
    old = None if before is None else recorded(before)
    known = Known(writes={}, applied={}, findings={} if old is None else {old.id: old})
    one = Deviation(address=LAMP, sort=Sort.CHANGED, path="colour", cause=cause)
    report = report_drift(empty(), [one], known, waivers=waivers, now=NOW, selects=lambda _one: True)
    made = report.findings[0]
    assert (str(made.state), made.expired is not None) == (state, bool(waivers.expired))
    assert bool(report.counted) is (state != "waived")
    kept = to_record(report, known.findings)[0]
    again = before not in (None, FindingState.RESOLVED)
    assert kept.first_seen == ("2026-06-01T00:00:00Z" if again else "2026-06-15T12:00:00Z")
    assert (kept.state, kept.waiver) == (made.state, "w" if state == "waived" else None)


def test_what_is_gone_is_resolved_once() -> None:
    old = recorded(FindingState.WAIVED)
    known = Known(writes={}, applied={}, findings={old.id: old})
    report = report_drift(empty(), [], known, waivers=Waivers(), now=NOW, selects=lambda _one: True)
    assert [one.id for one in report.resolved] == [old.id]
    kept = to_record(report, known.findings)
    assert [(one.state, one.resolved_at) for one in kept] == [(FindingState.RESOLVED, "2026-06-15T12:00:00Z")]
    later = report_drift(
        empty(),
        [],
        Known(writes={}, applied={}, findings={kept[0].id: kept[0]}),
        waivers=Waivers(),
        now=NOW + dt.timedelta(hours=1),
        selects=lambda _one: True,
    )
    assert later.resolved == ()


def test_the_id_of_a_finding_depends_on_no_value() -> None:
    names = {
        finding_id(address, path, sort)
        for address in (LAMP, Address("Gadget", "farol", "other"))
        for path in ("colour", "mode", "")
        for sort in Sort
    }
    assert len(names) == 18
    assert finding_id(LAMP, "colour", Sort.CHANGED) == "drift-38928c400ae77047"


def test_a_state_that_waits_for_a_person_is_what_git_wanted_before() -> None:
    resources = [person(state="active")]
    moved = touched(applied(resources), Address("Person", "", "ana"), state="blocked")
    view, _ = resolved(resources, moved)
    [one], _ = detect(CATALOG, moved, view=view, differences=diff(view, {}), selects=lambda _one: True)
    assert (one.path, one.cause) == ("state", "drift")
