"""A moment answers like a time, and what it answered holds until the instant that it noted."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.model.moment import Moment, Until, told

NOW = datetime(2026, 3, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ZONES = ["UTC", "Europe/Lisbon", "America/Havana", "Asia/Beirut", "America/Asuncion", "Pacific/Apia", "Asia/Kathmandu"]
near = st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=400), NOW.replace(tzinfo=None) + timedelta(days=400)).map(
    lambda one: one.replace(tzinfo=UTC, microsecond=0)
)
spans = st.integers(-500, 500).map(lambda hours: timedelta(hours=hours))

QUESTIONS = {
    "lt": lambda now, one, span, zone: now < one,
    "le": lambda now, one, span, zone: now <= one,
    "gt": lambda now, one, span, zone: one < now,
    "ge": lambda now, one, span, zone: one <= now,
    "equal": lambda now, one, span, zone: now == one,
    "later": lambda now, one, span, zone: now + span < one,
    "earlier": lambda now, one, span, zone: one <= now - span,
    "day": lambda now, one, span, zone: now.date().isoformat(),
    "day there": lambda now, one, span, zone: now.astimezone(zone).date() < one.date(),
    "day moved": lambda now, one, span, zone: (now - span).astimezone(zone).date(),
    "left": lambda now, one, span, zone: (one - now) // DAY,
    "since": lambda now, one, span, zone: (now - one) // DAY,
    "text": lambda now, one, span, zone: f"{now} {now!s} {now!r}"[:10],
    "hour": lambda now, one, span, zone: now.astimezone(zone).hour,
    "format": lambda now, one, span, zone: now.strftime("%d"),
}


@pytest.mark.parametrize("name", QUESTIONS)
@given(begin=near, one=near, span=spans, zone=st.sampled_from(ZONES), part=st.floats(0, 1, exclude_max=True))
@example(begin=NOW, one=NOW, span=timedelta(0), zone="Europe/Lisbon", part=0.999)
@example(begin=datetime(2026, 3, 29, 0, 30, tzinfo=UTC), one=NOW, span=DAY, zone="Asia/Beirut", part=0.999)
@example(begin=datetime(2026, 10, 31, 23, 30, tzinfo=UTC), one=NOW, span=DAY, zone="America/Havana", part=0.999)
def test_an_answer_holds_until_the_instant_that_was_noted(
    name: str, begin: datetime, one: datetime, span: timedelta, zone: str, part: float
) -> None:
    question: Any = QUESTIONS[name]
    until = Until(begin, longest=timedelta(days=30))
    answer = question(until.moment(), one, span, ZoneInfo(zone))
    assert answer == question(begin, one, span, ZoneInfo(zone))
    later = begin + (until.at - begin) * part
    if later < until.at:
        assert answer == question(later, one, span, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("question", "at"),
    [
        (lambda now: now < NOW + DAY, NOW + DAY),
        (lambda now: now > NOW - DAY, NOW + 9 * DAY),
        (lambda now: now + timedelta(hours=5) < NOW + DAY, NOW + timedelta(hours=19)),
        (lambda now: now.date(), datetime(2026, 3, 29, tzinfo=UTC)),
        (lambda now: now.astimezone(ZoneInfo("Asia/Kathmandu")).date(), datetime(2026, 3, 28, 18, 15, tzinfo=UTC)),
        (lambda now: now < datetime.max.replace(tzinfo=UTC), NOW + 9 * DAY),
        (lambda now: now.tzinfo, NOW + 9 * DAY),
        (told, NOW + 9 * DAY),
        (lambda now: now.year, NOW),
        (lambda now: now - NOW, NOW),
        (lambda now: NOW - now, NOW),
        (lambda now: now == NOW, NOW),
        (lambda now: now <= NOW, NOW),
        (hash, NOW),
        (str, NOW),
        (repr, NOW),
        (pickle.dumps, NOW),
        (lambda now: now.isoformat(), NOW),
        (lambda now: now.timestamp(), NOW),
        (lambda now: now.replace(hour=1), NOW),
        (lambda now: (now + DAY).weekday(), NOW),
    ],
)
def test_it_is_noted_when_another_answer_may_come(question: Any, at: datetime) -> None:
    until = Until(NOW, longest=9 * DAY)
    question(until.moment())
    assert until.at == at


def test_a_moment_is_a_time() -> None:
    now = Until(NOW, longest=DAY).moment()
    assert isinstance(now, datetime)
    assert isinstance(now + DAY, Moment)
    assert type(told(now)) is datetime
    assert told(now) == NOW
    assert now.date() == date(2026, 3, 28)
    assert pickle.loads(pickle.dumps(now)) == NOW  # noqa: S301  # just made
