"""watch: looks for drift in rounds, and tells what turned. Ends only when its caller does.

each round: look once, compare with what is remembered, log and deliver what turned, write findings down, show numbers.
A round that fails is told and tried again at the next due time. Rounds never overlap, and due times do not drift.
"""

from __future__ import annotations

import math
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, NoReturn

from reconciler.engine.watch import advance, carried, counted
from reconciler.model.dataclass import dataclass
from reconciler.model.dates import rfc3339
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.drift import DriftFinding, Recorded
from reconciler.model.errors import Denied, ReconcilerError, UsageError, WorldError
from reconciler.model.watch import LogEntry, RoundOutcome, Tally, Transition, Turn, Undelivered, transition_id
from reconciler.operations.drift import Observed
from reconciler.ports import Courier, MetricsDoor

BATCH = 500
"""Transitions that one delivery holds at most."""
PENDING = 10_000
"""Transitions that wait for a webhook at most; beyond, the oldest are given up, and that is told."""
SERIES = 10_000
"""Numbers of findings that are shown at most with those that have become zero."""

_UNEASY = frozenset({Turn.APPEARED, Turn.RETURNED, Turn.FAILING})


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchDoors:
    """The world of a watch. ``look`` reads everything anew; ``write_down`` is None where findings are not recorded.

    ``clock`` tells the time of day; ``monotonic`` and ``sleep`` are of one clock that nobody sets.
    """

    look: Callable[[], Observed]
    tell: Callable[[LogEntry], None]
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    write_down: Callable[[Observed], None] | None = None
    metrics: MetricsDoor | None = None
    courier: Courier | None = None


def watch(doors: WatchDoors, *, every: float) -> NoReturn:
    """Look every ``every`` seconds, at once for the first time, until an exception that is none of a round ends it.

    Raises:
        UsageError: in the first round: the words of the call, or the configuration, are off.
        Denied: in the first round: whoever asks is nobody, or may not record.
    """
    rounds = _Watch(doors, every)
    for number, _ in enumerate(due(every, monotonic=doors.monotonic, sleep=doors.sleep), 1):
        rounds.go(number)
    raise AssertionError("the due times have no end")


def due(every: float, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[int]:
    """The due times by number, counted from 0: whole multiples of ``every``. One that has passed is left out."""
    begin = monotonic()
    place = 0
    while True:
        yield place
        passed = monotonic() - begin
        place = max(place + 1, math.ceil(passed / every))
        wait = place * every - passed
        if wait > 0:
            sleep(wait)


class _Watch:
    """What is remembered from round to round."""

    def __init__(self, doors: WatchDoors, every: float) -> None:
        self._doors = doors
        self._every = every
        self._memory: Mapping[str, Recorded] | None = None
        self._newest: int | None = None
        self._identity = ""
        self._pending: list[Transition] = []
        self._standing = RoundOutcome.COMPLETE
        self._findings: dict[tuple[str, str, str], int] = {}
        self._managed: int | None = None
        self._rounds: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()
        self._deliveries: Counter[str] = Counter()
        self._last_complete: float | None = None

    def go(self, number: int) -> None:
        """One round, from looking to showing numbers."""
        began, at = self._doors.monotonic(), rfc3339(self._doors.clock())
        outcome, code = RoundOutcome.FAILED, ""
        carried = True
        observed: Observed | None = None
        try:
            observed = self._doors.look()
            self._learn(observed, at)
            carried = self._carry()
            if self._doors.write_down is not None and not observed.partial and not self._pending:
                self._doors.write_down(observed)
        except ReconcilerError as error:
            if number == 1 and isinstance(error, (UsageError, Denied)):
                raise
            code = error.code
            self._told_failure(number, error)
        except Exception as error:  # noqa: BLE001  # a fault of the program ends a round and not the watch
            code = "ERR-00"
            self._say("error", "round.failed", _fault(error), {"round": number, "code": code})
        else:
            outcome = RoundOutcome.PARTIAL if observed.partial else RoundOutcome.COMPLETE
            code = "DRF-01" if observed.partial else ""
        self._turned(outcome, code, at)
        if carried:
            self._carry()
        seconds = self._doors.monotonic() - began
        self._show(outcome, seconds)  # first, so that who reads of a round finds its numbers
        if observed is not None and outcome is not RoundOutcome.FAILED:
            self._told_round(number, observed, outcome, seconds)

    # --- what turned -------------------------------------------------------------------------------------------------

    def _learn(self, observed: Observed, at: str) -> None:
        """Compare with what is remembered; the first time, with what the database remembers where it is written to.

        Raises:
            WorldError: it is another database than before, or none: nothing has ended by that (DRF-04).
        """
        if self._identity not in ("", observed.whole.identity):
            raise WorldError(
                "the database is gone, or is another one than this watch began with",
                code="DRF-04",
                hint="bring it back, or begin the watch anew",
            )
        self._identity = observed.whole.identity
        if self._memory is None:
            self._memory = {} if self._doors.write_down is None else observed.before
        if self._newest is not None and observed.newest != self._newest:
            # So that nothing seems to end under one name and to begin under another.
            self._memory = carried(self._memory, observed.moved(self._newest))
        self._newest = observed.newest
        turned, self._memory = advance(
            self._memory, observed.whole, at=at, selects=observed.selects, partial=observed.partial
        )
        now = counted(observed.shown)
        with_zeros = {**dict.fromkeys(self._findings, 0), **now}
        self._findings = with_zeros if len(with_zeros) <= SERIES else now
        self._managed = observed.shown.managed
        for one in turned:
            if one.finding is not None and observed.sees(one.finding):
                self._push(one)

    def _turned(self, outcome: RoundOutcome, code: str, at: str) -> None:
        """The watch begins to fail, fails in another way, or has recovered."""
        if outcome is self._standing:
            return
        self._standing = outcome
        turn = Turn.RECOVERED if outcome is RoundOutcome.COMPLETE else Turn.FAILING
        self._push(Transition(id=transition_id(turn, outcome, at), turn=turn, at=at, outcome=str(outcome), code=code))

    def _push(self, one: Transition) -> None:
        self._turns[str(one.turn)] += 1
        self._say("warning" if one.turn in _UNEASY else "info", str(one.turn), _words(one), _facts(one))
        if self._doors.courier is not None:
            self._pending.append(one)

    def _carry(self) -> bool:
        """Deliver what waits, in order; whatever is not taken waits for the next round."""
        courier = self._doors.courier
        while courier is not None and self._pending:
            batch = tuple(self._pending[:BATCH])
            try:
                courier.deliver(batch)
            except Exception as error:  # noqa: BLE001  # as in a round: a fault beside it ends no watch
                self._deliveries["failed"] += 1
                waiting = len(self._pending)
                reason = str(error) if isinstance(error, Undelivered) else _fault(error)
                self._say("error", "webhook.failed", f"{reason}; {waiting} waiting", {"pending": waiting})
                self._give_up()
                return False
            del self._pending[: len(batch)]
            self._deliveries["delivered"] += 1
            self._say("info", "webhook.delivered", f"{len(batch)} delivered", {"delivered": len(batch)})
        return True

    def _give_up(self) -> None:
        """Let go of the oldest transitions beyond the limit."""
        gone = len(self._pending) - PENDING
        if gone > 0:
            del self._pending[:gone]
            self._say("error", "webhook.given-up", f"{gone} were never delivered", {"given_up": gone})

    # --- telling -----------------------------------------------------------------------------------------------------

    def _told_round(self, number: int, observed: Observed, outcome: RoundOutcome, seconds: float) -> None:
        counts = observed.shown.counts
        words = ("new", "known", "waived")
        level = "info" if outcome is RoundOutcome.COMPLETE else "warning"
        self._diagnostics(observed.shown.diagnostics)
        self._say(
            level,
            "round.done",
            f"{', '.join(f'{counts[word]} {word}' for word in words)}, {observed.shown.managed} managed"
            + ("" if outcome is RoundOutcome.COMPLETE else "; manifests or waivers are not valid"),
            {
                "round": number,
                "outcome": str(outcome),
                **{word: counts[word] for word in words},
                "managed": observed.shown.managed,
                "seconds": round(seconds, 3),
            },
        )

    def _told_failure(self, number: int, error: ReconcilerError) -> None:
        facts = {"round": number, "code": error.code, **({"hint": error.hint} if error.hint else {})}
        self._diagnostics(error.diagnostics)
        self._say("error", "round.failed", error.message, facts)

    def _diagnostics(self, found: Sequence[Diagnostic]) -> None:
        for one in found:
            facts = {"code": one.code, "place": str(one.source or "")}
            self._say(str(one.severity), "diagnostic", one.summary, {key: text for key, text in facts.items() if text})

    def _show(self, outcome: RoundOutcome, seconds: float) -> None:
        self._rounds[str(outcome)] += 1
        now = self._doors.clock().timestamp()
        if outcome is RoundOutcome.COMPLETE:
            self._last_complete = now
        if self._doors.metrics is None:
            return
        tally = Tally(
            interval=self._every,
            findings=dict(self._findings),
            managed=self._managed,
            rounds=dict(self._rounds),
            transitions=dict(self._turns),
            deliveries=dict(self._deliveries),
            pending=len(self._pending),
            duration=seconds,
            last_round=now,
            last_complete=self._last_complete,
        )
        try:
            self._doors.metrics.show(tally)
        except Exception as error:  # noqa: BLE001  # as above
            message, code = (
                (error.message, error.code) if isinstance(error, ReconcilerError) else (_fault(error), "ERR-00")
            )
            self._say("error", "metrics.failed", message, {"code": code})

    def _say(self, level: str, event: str, message: str, facts: Mapping[str, Any]) -> None:
        self._doors.tell(LogEntry(at=self._doors.clock(), level=level, event=event, message=message, facts=dict(facts)))


def _fault(error: Exception) -> str:
    """A fault of the program: its name, and where it was raised. Its text may hold data, and is not told."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error: {type(error).__name__}{where}"


def _words(one: Transition) -> str:
    if one.finding is None:
        return f"rounds are {one.outcome}{f' ({one.code})' if one.code else ''}"
    found = one.finding
    what = f"{found.address} {found.path}" if found.path else f"{found.address} is {found.sort}"
    return f"{what}{f', {_by(found)}' if found.writer else ''}"


def _by(found: DriftFinding) -> str:
    by = found.writer
    if by is None:
        return ""
    names = [one for one in (by.operator, by.application, by.user) if one]
    return f"by {', '.join(names)} at {by.at}" if names else f"at {by.at}"


def _facts(one: Transition) -> dict[str, Any]:
    found = one.finding
    if found is None:
        return {"id": one.id, "outcome": one.outcome, **({"code": one.code} if one.code else {})}
    by = found.writer
    facts = {
        "id": one.id,
        "finding": found.id,
        "state": str(found.state),
        "off": str(found.sort),
        "address": str(found.address),
        "previous": "" if found.previous is None else str(found.previous),
        "field": found.path,
        "first_seen": found.first_seen,
        "operator": "" if by is None else by.operator,
        "application": "" if by is None else by.application,
        "user": "" if by is None else by.user,
        "place": "" if found.source is None else found.source.short,
        "waiver": "" if found.waiver is None else found.waiver.name,
    }
    return {key: value for key, value in facts.items() if value}
