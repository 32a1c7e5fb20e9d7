"""Dates, times, time zones, and the formats in which people read and type them.

The part of the value formats that knows the calendar. :mod:`reconciler.model.formats` hands all of it on.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from reconciler.model.marks import Canonical, Code
from reconciler.model.shape import Shape, fail, shape
from reconciler.model.words import nearest


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))


def _time_zone(value: str) -> str:
    if value == "UTC" or value in _zones():
        return value
    near = nearest(value, sorted(_zones()))
    raise fail(
        "SC-05",
        "a time zone is an IANA name of the form Area/Place, or UTC; abbreviations and offsets are not",
        hint=f"did you mean {near}" if near else "write Europe/Lisbon, …",
    )


# No list of zones: it differs from machine to machine, and schemas must not.
_ZONE_SHAPE = shape(
    "an IANA time zone, or UTC",
    pattern="^(?:UTC|(?!Etc/)[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)$",
    examples=["Europe/Lisbon", "UTC"],
)

TimeZone = Annotated[str, AfterValidator(_time_zone), _ZONE_SHAPE]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _date(value: str) -> str:
    try:
        if _DATE.fullmatch(value):
            return dt.date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise fail("GEN-14", "a date is an existing day, written YYYY-MM-DD")


DateText = Annotated[
    str, AfterValidator(_date), shape("a date, YYYY-MM-DD", format="date", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
]


def instant(value: str) -> dt.datetime:
    """An RFC 3339 time as an instant in UTC. Raises ValueError when it is none."""
    if not _TIME.fullmatch(value):
        raise ValueError(value)
    try:
        return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
    except OverflowError:
        raise ValueError(value) from None


def rfc3339(moment: dt.datetime) -> str:
    """An instant as it is stored: UTC, seconds, ``Z``."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _time(value: str) -> str:
    try:
        moment = instant(value)
    except (ValueError, OverflowError):
        raise fail(
            "GEN-14",
            "a time is RFC 3339 with seconds and with Z or an offset",
            hint='write "2026-01-31T08:00:00Z"',
        ) from None
    return rfc3339(moment)


def _comparable_time(value: Any) -> Any:
    return instant(value)


_TIME_SHAPE = shape(
    "an RFC 3339 time with seconds",
    format="date-time",
    pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$",
)

TimeText = Annotated[str, AfterValidator(_time), _TIME_SHAPE, Canonical(_comparable_time)]

_PARTS = {
    "date": ("MONTH", "YYYY", "MON", "YY", "MM", "DD", "D"),
    "time": ("AM/PM", "HH24", "HH12", "HH", "MI", "SS", "AM", "PM"),
}
_MEANING = {
    "YYYY": "year",
    "YY": "year",
    "MONTH": "month",
    "MON": "month",
    "MM": "month",
    "DD": "day",
    "D": "day",
    "HH24": "hour",
    "HH12": "hour",
    "HH": "hour",
    "MI": "minute",
    "SS": "second",
}


def display_format(value: str, sort: str, *, for_input: bool) -> str:
    """A display format in canonical form: upper case, ``HH`` as ``HH24``. ``sort`` is date or time (SC-04)."""
    text = _upper(value)
    place, parts, written = 0, [], []
    while place < len(text):
        part = next((one for one in _PARTS[sort] if text.startswith(one, place)), None)
        if part is None:
            if text[place].isalnum():
                raise _no_part(text, place, sort)
            written.append(text[place])
            place += 1
            continue
        parts.append(part)
        written.append("HH24" if part == "HH" else part)
        place += len(part)
    meanings = [_MEANING[part] for part in parts if part in _MEANING]
    double = next((one for one in meanings if meanings.count(one) > 1), None)
    if double:
        raise fail("SC-04", f"the {double} occurs more than once")
    halves = [part for part in parts if part in ("AM", "PM", "AM/PM")]
    if "HH12" in parts and not halves:
        raise fail("SC-04", "HH12 needs one of AM, PM, AM/PM", hint="write HH24, or add AM/PM")
    if len(halves) > 1:
        raise fail("SC-04", "AM or PM occurs more than once")
    needed = (("day", "month", "year") if sort == "date" else ("hour", "minute")) if for_input else ()
    missing = [one for one in needed if one not in meanings]
    if missing:
        raise fail("SC-04", f"an input {sort} format needs {', '.join(missing)}")
    if not parts:
        raise fail("SC-04", f"a {sort} format has at least one part", hint="parts: " + ", ".join(_PARTS[sort]))
    return "".join(written)


def _no_part(text: str, place: int, sort: str) -> PydanticCustomError:
    word = re.match(r"[^\W_]+", text[place:])
    shown = word[0] if word else text[place]
    hint = "parts: " + ", ".join(_PARTS[sort])
    if sort == "time" and shown.startswith("MM"):
        hint = "minutes are written MI"
    if sort == "date" and shown.startswith("MI"):
        hint = "months are written MM"
    return fail("SC-04", f"{shown} is no part of a {sort} format", hint=hint)


def _display(sort: str, *, for_input: bool) -> AfterValidator:
    return AfterValidator(lambda value: display_format(value, sort, for_input=for_input))


def _upper(value: str) -> str:
    """Upper case for the letters that parts are made of; others stay, since some would become several (``ß``)."""
    return "".join(one.upper() if one.isascii() else one for one in value)


def _canonical_display(value: Any) -> Any:
    return re.sub(r"HH(?!24|12)", "HH24", _upper(str(value)))


def _parts_shape(sort: str) -> Shape:
    """Parts in any case, and separators that are neither letters nor digits; the check knows the rest."""
    parts = ["".join(f"[{c}{c.lower()}]" if c.isalpha() else c for c in part) for part in _PARTS[sort]]
    return shape(f"made of {', '.join(_PARTS[sort])}", pattern=f"^(?:{'|'.join(parts)}|[^A-Za-z0-9])+$")


OutputDateFormat = Annotated[
    str, _display("date", for_input=False), _parts_shape("date"), Canonical(_canonical_display), Code("SC-04")
]
OutputTimeFormat = Annotated[
    str, _display("time", for_input=False), _parts_shape("time"), Canonical(_canonical_display), Code("SC-04")
]
InputDateFormat = Annotated[
    str, _display("date", for_input=True), _parts_shape("date"), Canonical(_canonical_display), Code("SC-04")
]
InputTimeFormat = Annotated[
    str, _display("time", for_input=True), _parts_shape("time"), Canonical(_canonical_display), Code("SC-04")
]
