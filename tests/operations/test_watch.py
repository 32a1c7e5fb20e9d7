"""The loop of a watch, with a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from reconciler.model.address import Address
from reconciler.model.drift import DriftFinding, DriftReport, Recorded, finding_id
from reconciler.model.errors import Denied, LockTimeout, UsageError, WorldError
from reconciler.model.watch import LogEntry, Tally, Transition, Undelivered
from reconciler.operations import watch as module
from reconciler.operations.drift import Observed
from reconciler.operations.watch import WatchDoors, due, watch
from tests.render.test_drift import finding

ONE = replace(finding(), id="drift-1", first_seen="2026-06-15T09:00:00Z")
TWO = replace(ONE, id="drift-2", path="audience")


class Enough(BaseException):
    """The test has seen what it wanted."""


def seen(
    *found: DriftFinding,
    before: dict[str, Recorded] | None = None,
    partial: bool = False,
    identity: str = "",
) -> Observed:
    report = DriftReport(findings=found, managed=7, as_of="2026-06-15T12:00:00Z", identity=identity)
    return Observed(
        whole=report,
        shown=report,
        before=before or {},
        selects=lambda _address: True,
        sees=lambda one: "hidden" not in one.path,
        partial=partial,
    )


@dataclass
class World:
    """What happens in each round: an observation or an error; and what the watch did."""

    rounds: Sequence[Observed | Exception]
    cost: float = 1.0
    deliveries: list[Exception | None] = field(default_factory=list)
    records: list[Exception | None] = field(default_factory=list)
    now: float = 0.0
    begun: list[float] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    delivered: list[tuple[str, ...]] = field(default_factory=list)
    tried: list[tuple[str, ...]] = field(default_factory=list)
    recorded: list[int] = field(default_factory=list)
    shown: list[Tally] = field(default_factory=list)

    def look(self) -> Observed:
        place = len(self.begun)
        if place == len(self.rounds):
            raise Enough
        self.begun.append(self.now)
        self.now += self.cost
        found = self.rounds[place]
        if isinstance(found, Exception):
            raise found
        return found

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds

    def deliver(self, transitions: Sequence[Transition]) -> None:
        words = tuple(f"{one.turn} {one.finding.id if one.finding else one.code}".strip() for one in transitions)
        self.tried.append(tuple(one.id for one in transitions))
        error = self.deliveries.pop(0) if self.deliveries else None
        if error is not None:
            raise error
        self.delivered.append(words)

    def show(self, tally: Tally) -> None:
        self.shown.append(tally)

    def write_down(self, _observed: Observed) -> None:
        error = self.records.pop(0) if self.records else None
        if error is not None:
            raise error
        self.recorded.append(len(self.begun))

    jumps: Sequence[float] = ()
    """By how many seconds somebody sets the time of day before each round."""

    def day(self) -> datetime:
        jumped = sum(self.jumps[: len(self.begun)])
        return datetime(2026, 6, 15, 12, tzinfo=UTC) + timedelta(seconds=self.now + jumped)

    def run(self, *, every: float = 60, record: bool = False, hook: bool = True) -> World:
        doors = WatchDoors(
            look=self.look,
            tell=self.log.append,
            clock=self.day,
            monotonic=lambda: self.now,
            sleep=self.sleep,
            write_down=self.write_down if record else None,
            metrics=self,
            courier=self if hook else None,
        )
        with pytest.raises(Enough):
            watch(doors, every=every)
        return self

    def events(self, *left_out: str) -> list[str]:
        return [one.event for one in self.log if one.event not in ("round.done", *left_out)]


def down() -> WorldError:
    return WorldError("the database does not answer", code="DB-03", hint="start it")


@pytest.mark.parametrize("cost", [0.0, 1.0, 59.0, 60.0])
def test_rounds_begin_at_whole_multiples_whatever_they_cost(cost: float) -> None:
    world = World([seen()] * 5, cost=cost).run()
    assert world.begun == [0, 60, 120, 180, 240]


def test_a_round_that_takes_too_long_leaves_due_times_out_and_overlaps_none() -> None:
    assert World([seen()] * 4, cost=61).run().begun == [0, 120, 240, 360]
    assert World([seen()] * 4, cost=150).run().begun == [0, 180, 360, 540]


def test_due_times_do_not_drift() -> None:
    now = 1e6

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds + 0.3  # whoever wakes us is late

    assert list(islice(due(7, monotonic=lambda: now, sleep=sleep), 1000)) == list(range(1000))
    assert now - 1e6 == pytest.approx(999 * 7 + 0.3)


def test_what_was_there_at_first_is_told_once_and_then_only_what_turns() -> None:
    world = World([seen(ONE), seen(ONE), seen(ONE, TWO), seen(TWO)]).run()
    assert world.delivered == [
        ("finding.appeared drift-1",),
        ("finding.appeared drift-2",),
        ("finding.resolved drift-1",),
    ]
    assert [one.event for one in world.log if one.level == "warning"] == ["finding.appeared"] * 2


def test_with_record_what_the_database_remembers_is_told_no_more() -> None:
    remembered: dict[str, Recorded] = {}
    from reconciler.engine.watch import advance

    _, remembered = advance({}, seen(ONE).whole, at="", selects=lambda _: True)
    world = World([seen(ONE, TWO, before=remembered), seen(TWO)]).run(record=True)
    assert world.delivered == [("finding.appeared drift-2",), ("finding.resolved drift-1",)]
    assert world.recorded == [1, 2]
    assert World([seen(ONE, before=remembered)]).run().delivered == [("finding.appeared drift-1",)]


def test_what_may_not_be_read_is_told_to_nobody() -> None:
    hidden = replace(ONE, id="drift-3", path="hidden")
    world = World([seen(hidden), seen()]).run()
    assert (world.delivered, world.events()) == ([], [])


def test_a_failed_round_is_told_counted_and_tried_again() -> None:
    world = World([down(), down(), seen(ONE), RuntimeError("s3cr3t"), seen()]).run()
    assert world.begun == [0, 60, 120, 180, 240]
    assert world.delivered == [
        ("round.failing DB-03",),
        ("finding.appeared drift-1",),
        ("round.recovered",),
        ("round.failing ERR-00",),
        ("finding.resolved drift-1",),
        ("round.recovered",),
    ]
    assert world.shown[-1].rounds == {"failed": 3, "complete": 2}
    assert [one.last_complete for one in world.shown][:2] == [None, None]
    assert "s3cr3t" not in str(world.log)
    failed = [one for one in world.log if one.event == "round.failed"]
    assert [one.facts["code"] for one in failed] == ["DB-03", "DB-03", "ERR-00"]
    assert failed[2].message.startswith("internal error: RuntimeError at test_watch.py:")


def test_nothing_ends_because_the_database_is_gone_or_another_one() -> None:
    rounds = [seen(), seen(ONE, identity="a"), seen(), seen(identity="b"), seen(ONE, identity="a"), seen(identity="a")]
    world = World(rounds).run(record=True)
    turns = ["finding.appeared", "round.failing", "round.recovered", "finding.resolved"]
    assert [one.event for one in world.log if one.event.startswith(("finding.", "round.f", "round.r"))] == [
        *turns[:1],
        "round.failed",
        "round.failing",
        "round.failed",
        *turns[2:],
    ]
    assert [one.facts["code"] for one in world.log if one.event == "round.failed"] == ["DRF-04", "DRF-04"]
    assert world.shown[3].findings == world.shown[1].findings
    assert len(world.recorded) == 4


def test_a_failed_round_leaves_the_numbers_as_they_were() -> None:
    world = World([seen(ONE), down()]).run()
    assert world.shown[0].findings == world.shown[1].findings != {}
    assert world.shown[0].last_complete == world.shown[1].last_complete
    assert world.shown[1].last_round == (world.shown[0].last_round or 0) + 60


def test_a_number_that_becomes_nothing_becomes_zero() -> None:
    world = World([seen(ONE), seen()]).run()
    assert list(world.shown[1].findings.values()) == [0]


@pytest.mark.parametrize("error", [UsageError("no such commit"), Denied("nobody")])
def test_what_is_off_at_the_start_ends_it_and_later_does_not(error: Exception) -> None:
    doors = WatchDoors(
        look=World([error]).look,
        tell=lambda _entry: None,
        clock=lambda: datetime(2026, 6, 15, tzinfo=UTC),
        monotonic=lambda: 0.0,
        sleep=lambda _seconds: None,
    )
    with pytest.raises(type(error)):
        watch(doors, every=60)
    assert World([seen(), error, seen()]).run().begun == [0, 60, 120]


def test_manifests_that_are_broken_are_told_once_and_end_no_finding() -> None:
    world = World([seen(ONE), seen(partial=True), seen(TWO, partial=True), seen(ONE, TWO)]).run(record=True)
    assert world.delivered == [
        ("finding.appeared drift-1",),
        ("round.failing DRF-01",),
        ("finding.appeared drift-2",),
        ("round.recovered",),
    ]
    assert world.recorded == [1, 4]
    assert world.shown[-1].rounds == {"complete": 2, "partial": 2}


def test_no_transition_is_lost_while_the_webhook_fails_and_each_keeps_its_name() -> None:
    world = World(
        [seen(ONE), seen(), seen(TWO), seen(TWO)],
        deliveries=[Undelivered("busy"), Undelivered("busy"), None],
    ).run(record=True)
    assert world.delivered == [
        ("finding.appeared drift-1", "finding.resolved drift-1", "finding.appeared drift-2"),
    ]
    assert world.tried[0] == world.tried[1][:1]
    assert world.tried[1] == world.tried[2][:2]
    assert world.recorded == [3, 4]  # what was not told is not written down as told
    assert [one.pending for one in world.shown] == [1, 2, 0, 0]
    assert world.shown[-1].deliveries == {"failed": 2, "delivered": 1}


def test_a_webhook_that_fails_is_tried_once_a_round() -> None:
    world = World([seen(ONE), down()], deliveries=[Undelivered("x")] * 9).run()
    assert [len(one) for one in world.tried] == [1, 2]


def test_a_webhook_that_is_down_for_long_costs_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING", 3)
    rounds = [seen(replace(ONE, id=f"drift-{n}")) for n in range(4)]
    world = World(rounds, deliveries=[Undelivered("x")] * 4).run()
    assert world.shown[-1].pending == 3
    assert [one.facts["given_up"] for one in world.log if one.event == "webhook.given-up"] == [2, 2]


def test_more_findings_than_may_wait_are_all_delivered_where_they_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING", 3)
    world = World([seen(*(replace(ONE, id=f"drift-{n}", path=f"p{n}") for n in range(9)))]).run()
    assert [len(one) for one in world.delivered] == [9]


def test_many_transitions_go_in_several_deliveries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    found = [replace(ONE, id=f"drift-{n}", path=f"p{n}") for n in range(5)]
    world = World([seen(*found)], deliveries=[None, Undelivered("x")]).run()
    assert [len(one) for one in world.delivered] == [2]
    assert world.shown[-1].pending == 3
    world = World([seen(*found), seen(*found)], deliveries=[None, Undelivered("x")]).run()
    assert [len(one) for one in world.delivered] == [2, 2, 1]


def test_findings_that_cannot_be_written_down_fail_the_round_and_are_told_once() -> None:
    locked = LockTimeout("somebody else holds it", code="DB-08")
    world = World([seen(ONE), seen(ONE), seen(ONE)], records=[locked, locked, None]).run(record=True)
    assert world.delivered == [("finding.appeared drift-1",), ("round.failing DB-08",), ("round.recovered",)]
    assert world.recorded == [3]


@pytest.mark.parametrize("error", [WorldError("the disk is full", code="WCH-02"), ValueError("s3cr3t")])
def test_metrics_that_cannot_be_written_stop_nothing(error: Exception) -> None:
    class Full(World):
        def show(self, tally: Tally) -> None:
            super().show(tally)
            raise error

    world = Full([seen(), seen()]).run()
    assert world.events() == ["metrics.failed"] * 2
    assert "s3cr3t" not in str(world.log)


def test_a_fault_of_the_webhook_stops_nothing_and_loses_nothing() -> None:
    world = World([seen(ONE), seen()], deliveries=[ValueError("s3cr3t")]).run()
    assert world.delivered == [("finding.appeared drift-1", "finding.resolved drift-1")]
    assert "s3cr3t" not in str(world.log)


def test_without_a_webhook_nothing_waits() -> None:
    world = World([seen(ONE), seen()]).run(hook=False, record=True)
    assert world.events() == ["finding.appeared", "finding.resolved"]
    assert [one.pending for one in world.shown] == [0, 0]
    assert world.recorded == [1, 2]


def interrupted() -> Callable[[], Observed]:
    raise KeyboardInterrupt


def test_an_interrupt_is_no_failed_round() -> None:
    doors = WatchDoors(
        look=interrupted,  # type: ignore[arg-type]  # it never returns
        tell=lambda _entry: None,
        clock=lambda: datetime(2026, 6, 15, tzinfo=UTC),
        monotonic=lambda: 0.0,
        sleep=lambda _seconds: None,
    )
    with pytest.raises(KeyboardInterrupt):
        watch(doors, every=60)


def test_a_clock_that_is_set_moves_no_due_time_and_tells_nothing_twice() -> None:
    calm = [seen(ONE)] * 4
    world = World([*calm, seen(TWO)], jumps=[0, -86_400, 7_200, -30])
    world.run()
    assert world.begun == [0.0, 60.0, 120.0, 180.0, 240.0]
    assert world.delivered == [("finding.appeared drift-1",), ("finding.appeared drift-2", "finding.resolved drift-1")]
    assert all(one.duration == 1.0 for one in world.shown)


def test_what_moved_between_two_rounds_is_the_same_finding() -> None:
    was, now = ONE.address, ONE.address._replace(name="other")
    former = replace(ONE, id=finding_id(was, ONE.path, ONE.sort))
    behind = replace(ONE, address=now, id=finding_id(now, ONE.path, ONE.sort))
    asked: list[int] = []

    def moved(since: int) -> dict[Address, Address]:
        asked.append(since)
        return {was: now}

    rounds = [
        replace(seen(former), newest=4),
        replace(seen(former), newest=4, moved=moved),
        replace(seen(behind), newest=9, moved=moved),
        replace(seen(behind), newest=9, moved=moved),
    ]
    world = World(rounds).run()
    assert asked == [4], "the audit is asked when it has grown"
    assert world.delivered == [(f"finding.appeared {former.id}",)]
