"""Moment: a time that remembers until when whatever was asked of it stays true.

Rules are handed the time as an argument and compare it, take its day, or move it. A moment answers like any other
time, and notes with each answer the instant at which that answer may become another one. What it cannot judge so, such
as a text or a difference, holds for this very instant and no longer. So nobody has to list the rules that look at a
clock, nor what they look at: whatever a kind does with the time, it is never believed for too long.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

_HARMLESS = frozenset({"astimezone", "date", "tzinfo", "utcoffset"})
"""Names of a time whose use is noted by what they give, or tells nothing of the time."""
_TELLING = frozenset(name for name in dir(datetime) if not name.startswith("_")) - _HARMLESS


class Until:
    """``at`` is the first instant at which something that was asked since ``begin`` may have another answer."""

    def __init__(self, begin: datetime, *, longest: timedelta) -> None:
        self.begin = begin.astimezone(UTC)
        self.at = self.begin + longest

    def moment(self) -> Moment:
        """``begin``, as a time that notes what is asked of it."""
        return Moment.noting(self.begin, self, timedelta(0))

    def note(self, instant: datetime) -> None:
        """An answer holds before ``instant``, and perhaps not from there on; what has passed does not come again."""
        if self.begin < instant < self.at:
            self.at = instant

    def spoil(self) -> None:
        """An answer holds for this instant alone."""
        self.at = self.begin


def told(now: datetime) -> datetime:
    """The time as a report prints it. Nobody judges by it, and who keeps an answer keeps none that prints it."""
    return _plain_of(now)


class Moment(datetime):
    """A time that notes what is asked of it; ``shift`` is how far it stands from the beginning of what it notes."""

    _until: Until
    _shift: timedelta

    @classmethod
    def noting(cls, plain: datetime, until: Until, shift: timedelta) -> Moment:
        """``plain`` as a moment."""
        day = (plain.year, plain.month, plain.day)
        clock = (plain.hour, plain.minute, plain.second, plain.microsecond)
        made = cls(*day, *clock, tzinfo=plain.tzinfo, fold=plain.fold)
        object.__setattr__(made, "_until", until)
        object.__setattr__(made, "_shift", shift)
        return made

    def __getattribute__(self, name: str) -> Any:
        if name in _TELLING:
            object.__getattribute__(self, "_until").spoil()
        return super().__getattribute__(name)

    def astimezone(self, tz: tzinfo | None = None) -> Moment:
        """The same instant elsewhere."""
        return Moment.noting(_plain(self).astimezone(tz), self._until, self._shift)

    def date(self) -> date:
        """The day, which ends at the next midnight there."""
        plain = _plain(self)
        if plain.tzinfo is None or plain.date() == date.max:
            self._until.spoil()
        else:
            midnight = datetime.combine(plain.date() + timedelta(days=1), time(), tzinfo=plain.tzinfo)
            self._reaches(midnight)
        return plain.date()

    def __lt__(self, other: Any) -> bool:
        self._reaches(other)
        return _plain(self) < _plain_of(other)

    def __le__(self, other: Any) -> bool:
        self._reaches(other)
        return _plain(self) <= _plain_of(other)

    def __gt__(self, other: Any) -> bool:
        self._reaches(other)
        return _plain(self) > _plain_of(other)

    def __ge__(self, other: Any) -> bool:
        self._reaches(other)
        return _plain(self) >= _plain_of(other)

    def __eq__(self, other: object) -> bool:
        self._until.spoil()
        return _plain(self) == other

    def __hash__(self) -> int:
        self._until.spoil()
        return hash(_plain(self))

    def __add__(self, other: timedelta) -> Moment:
        return Moment.noting(_plain(self) + other, self._until, self._shift + other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, timedelta):
            return self + -other
        self._until.spoil()
        return _plain(self) - other

    def __rsub__(self, other: datetime) -> timedelta:
        self._until.spoil()
        return other - _plain(self)

    def __str__(self) -> str:
        self._until.spoil()
        return str(_plain(self))

    def __repr__(self) -> str:
        self._until.spoil()
        return repr(_plain(self))

    def __format__(self, form: str) -> str:
        self._until.spoil()
        return format(_plain(self), form)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self._until.spoil()
        return _plain(self).__reduce_ex__(protocol)

    def _reaches(self, other: datetime) -> None:
        """Note when this moment gets to ``other``: from there on a comparison of both has another answer."""
        if isinstance(other, Moment):
            return  # both move on together
        until = self._until
        with suppress(OverflowError):  # so far away that nobody gets there
            instant = (other - self._shift).astimezone(UTC)
            if instant == until.begin:
                until.spoil()
            until.note(instant)


def _plain(moment: Moment) -> datetime:
    """The same time, noting nothing."""
    return datetime.combine(datetime.date.__get__(moment)(), datetime.timetz.__get__(moment)())


def _plain_of(other: datetime) -> datetime:
    return _plain(other) if isinstance(other, Moment) else other
