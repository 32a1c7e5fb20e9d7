"""Recall: which past runs somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from reconciler.model.dataclass import dataclass
from reconciler.model.dates import instant, rfc3339
from reconciler.model.run import INSTALLER, Run

_SPAN = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What runs must have in common: all of what is given here.

    ``people`` are patterns over the actor and the approvers. ``since`` and ``until`` are RFC 3339 times in UTC, both
    included. ``commit`` and ``digest`` are beginnings. ``runs`` are ids, None for any. ``limit`` is the largest number
    of runs, 0 for all.
    """

    people: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    commit: str = ""
    digest: str = ""
    runs: Collection[str] | None = None
    limit: int = 0


def recall(runs: Iterable[Run], wanted: Wanted) -> list[Run]:
    """The runs that fit, in the order in which they are given."""
    found = [one for one in runs if _fits(one, wanted)]
    return found[: wanted.limit] if wanted.limit else found


def moment(text: str, *, now: datetime, end: bool = False) -> str:
    """A time as somebody writes it, as RFC 3339 in UTC: a day, a time, or a span before ``now`` such as ``7d``.

    ``end`` says that a day means its last second.

    Raises:
        ValueError: it is none of these.
    """
    span = _SPAN.fullmatch(text)
    try:
        if span is not None:
            return rfc3339(now - timedelta(**{_UNITS[span[2]]: int(span[1])}))
        if _DAY.fullmatch(text):
            return rfc3339(instant(f"{text}T23:59:59Z" if end else f"{text}T00:00:00Z"))
        return rfc3339(instant(text))
    except OverflowError:
        raise ValueError(text) from None


def _fits(run: Run, wanted: Wanted) -> bool:
    people = (run.actor, run.actor.removeprefix(f"{INSTALLER} "), *run.approvers)
    if wanted.people and not any(fnmatchcase(one, glob) for glob in wanted.people for one in people):
        return False
    if wanted.since and run.finished_at < wanted.since:
        return False
    if wanted.until and run.finished_at > wanted.until:
        return False
    digest = run.digest.removeprefix("sha256:")
    if not (run.commit or "").startswith(wanted.commit) or not digest.startswith(wanted.digest):
        return False
    return wanted.runs is None or run.id in wanted.runs
