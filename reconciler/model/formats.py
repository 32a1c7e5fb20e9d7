"""Value formats: the types that specs are made of, each with its check and its stored form.

The only part of ``model`` that knows public value lists (countries, currencies, languages, time zones); they are loaded
on first use. A validator returns the value in its stored form and raises a ``PydanticCustomError`` whose type is the
code of a rule, with ``reason``, and where it helps ``hint`` and ``entry`` (index in a list), in its context.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from reconciler.model.marks import Canonical, Code, Folded, Unordered

NAME_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
ALIAS_PATTERN = r"^[a-z0-9][a-z0-9._-]{2,63}$"

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Shape:
    """What a JSON Schema can say of a format: ``of`` gives keywords, which refuse nothing that the check accepts.

    ``x-says`` among them describes the format to people; ``x-name`` asks to be written once, under that name.
    """

    of: Callable[[], dict[str, Any]]

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.of()}


def _shape(says: str, **keywords: Any) -> Shape:
    return Shape(lambda: {"x-says": says, **keywords})


def fail(code: str, reason: str, *, hint: str = "", entry: int | None = None) -> PydanticCustomError:
    """The error of a format, ready to raise."""
    context: dict[str, Any] = {"reason": reason, "hint": hint}
    if entry is not None:
        context["entry"] = entry
    return PydanticCustomError(code, "{reason}", context)  # type: ignore[arg-type]  # codes are no literal strings


def folded(text: str) -> str:
    """The form in which names compare: trimmed and case-folded."""
    return text.strip().casefold()


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The word at an edit distance of at most two, if there is one; the first of the nearest."""
    best: tuple[int, str] | None = None
    for one in words:
        if abs(len(one) - len(word)) > 2:
            continue
        distance = _distance(word.casefold(), one.casefold())
        if distance <= 2 and (best is None or distance < best[0]):
            best = (distance, one)
    return None if best is None else best[1]


def _distance(left: str, right: str) -> int:
    """Edit distance with swaps of neighbours counted as one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


# --- texts -----------------------------------------------------------------------------------------------------------

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name of a resource, or a reference to one."""


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise fail("GEN-14", "the text must be one line")
    return value


OneLine = Annotated[str, AfterValidator(_one_line), _shape("one line", pattern=r"^[^\r\n]*$")]

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{}~-]+)*"
_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@)({_LOCAL})@({_LABEL}(?:\.{_LABEL})+)", re.IGNORECASE | re.ASCII)


def is_host(value: str) -> bool:
    """Whether the text is a host name: at least two labels, lower case, A-labels, no final full stop."""
    if _HOST.fullmatch(value) is None:
        return False
    return not value.rpartition(".")[2].isdigit()


def is_email(value: str) -> bool:
    """Whether the text is an e-mail address of the grammar."""
    found = _EMAIL.fullmatch(value)
    return found is not None and is_host(found[2].lower())


def _email(value: str) -> str:
    if not is_email(value):
        raise fail("GEN-14", "this is no e-mail address", hint="write it as name@host.example.com")
    return value


_ANY_CASE = _LABEL.replace("a-z", "A-Za-z")
HOST_SHAPE = rf"^(?=.{{1,253}}$)(?!.*\.[0-9]+$){_LABEL}(?:\.{_LABEL})+$"
_EMAIL_SHAPE = _shape(
    "an e-mail address",
    format="email",
    maxLength=254,
    pattern=rf"^(?=[^@]{{1,64}}@)(?!.*\.[0-9]+$){_LOCAL}@{_ANY_CASE}(?:\.{_ANY_CASE})+$",
)

Email = Annotated[str, AfterValidator(_email), _EMAIL_SHAPE, Folded()]


def _host_name(value: str) -> str:
    if not is_host(value):
        hint = f"did you mean {value.lower().rstrip('.')}" if is_host(value.lower().rstrip(".")) else ""
        raise fail(
            "GEN-14", "this is no host name: two or more labels, lower case, A-labels, no final full stop", hint=hint
        )
    return value


HostName = Annotated[
    str, AfterValidator(_host_name), _shape("a host name, lower case", format="hostname", pattern=HOST_SHAPE)
]


def is_ip(value: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def _host_or_ip(value: str) -> str:
    if is_ip(value):
        return str(ipaddress.ip_address(value))
    return _host_name(value)


_IP4 = r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|(?![0-9.]))){4}"
_IP6 = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
_HOST_OR_IP_SHAPE = _shape(
    "a host name or an IP address", anyOf=[{"pattern": HOST_SHAPE}, {"pattern": f"^{_IP4}$"}, {"pattern": f"^{_IP6}$"}]
)

HostOrIp = Annotated[str, AfterValidator(_host_or_ip), _HOST_OR_IP_SHAPE]

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise fail("GEN-14", "this is no E.164 number", hint='write + and 7 to 15 digits, quoted: "+351210000001"')
    return value


Phone = Annotated[str, AfterValidator(_phone), _shape("an E.164 number", pattern=r"^\+[1-9][0-9]{6,14}$")]

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_guid(value: str) -> bool:
    """Whether the text has the form of a GUID; the nil GUID is one by form."""
    return _GUID.fullmatch(value) is not None


def _guid(value: str) -> str:
    if not is_guid(value):
        raise fail("GEN-14", "this is no GUID: 8-4-4-4-12 hexadecimal digits")
    if set(value) <= {"0", "-"}:
        raise fail("GEN-14", "the nil GUID stands for nothing")
    return value.lower()


_NOT_NIL = r"(?!0{8}-(?:0{4}-){3}0{12}$)"

Guid = Annotated[
    str, AfterValidator(_guid), _shape("a GUID", format="uuid", pattern=f"^{_NOT_NIL}{_GUID.pattern}$"), Folded()
]


def _login(value: str) -> str:
    if not 3 <= len(value) <= 64 or any(character.isspace() for character in value):
        raise fail("GEN-14", "a login has 3 to 64 characters without white space")
    return value


Login = Annotated[
    str, AfterValidator(_login), _shape("no white space", minLength=3, maxLength=64, pattern=r"^\S+$"), Folded()
]


def _url(value: str, schemes: tuple[str, ...]) -> str:
    from urllib.parse import urlsplit

    wanted = " or ".join(schemes)
    try:
        parts = urlsplit(value)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise fail("GEN-14", f"this is no absolute {wanted} URL") from None
    if parts.scheme not in schemes or not (is_host(host) or is_ip(host)) or any(c.isspace() for c in value):
        raise fail("GEN-14", f"this is no absolute {wanted} URL with a host")
    if "@" in parts.netloc:
        raise fail("GEN-14", "a URL here has no user part")
    if "#" in value:
        raise fail("GEN-14", "a URL here has no fragment")
    if port == 0:
        raise fail("GEN-14", "port 0 cannot be reached")
    return value


def _https_url(value: str) -> str:
    return _url(value, ("https",))


def _http_url(value: str) -> str:
    return _url(value, ("http", "https"))


_AUTHORITY = rf"(?:{_ANY_CASE}(?:\.{_ANY_CASE})+|\[{_IP6}\])(?::(?!0+(?:[/?]|$))[0-9]{{0,5}})?"

HttpsUrl = Annotated[
    str,
    AfterValidator(_https_url),
    _shape("an https URL", format="uri", pattern=rf"^[Hh][Tt][Tt][Pp][Ss]://{_AUTHORITY}(?:[/?][^\s#]*)?$"),
]
HttpUrl = Annotated[
    str,
    AfterValidator(_http_url),
    _shape("an http or https URL", format="uri", pattern=rf"^[Hh][Tt][Tt][Pp][Ss]?://{_AUTHORITY}(?:[/?][^\s#]*)?$"),
]


# --- public lists ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _countries() -> tuple[frozenset[str], dict[str, str]]:
    import pycountry

    pairs = [(one.alpha_3, one.alpha_2) for one in pycountry.countries]
    return frozenset(three for three, _ in pairs), {two: three for three, two in pairs}


def country_of_alpha2(code: str) -> str | None:
    """The alpha-3 code of an alpha-2 code: ``PRT`` for ``PT``."""
    return _countries()[1].get(code.upper())


def _country(value: str) -> str:
    known, by_two = _countries()
    if value in known:
        return value
    near = value.upper() if value.upper() in known else by_two.get(value.upper())
    raise fail(
        "PAR-01",
        "a country is an ISO 3166-1 alpha-3 code in upper case",
        hint=f"did you mean {near}" if near else "write PRT, ESP, FRA, …",
    )


Country = Annotated[
    str,
    AfterValidator(_country),
    Shape(lambda: {"x-says": "an ISO 3166-1 alpha-3 code", "x-name": "country", "enum": sorted(_countries()[0])}),
]


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    import pycountry

    return frozenset(one.alpha_3 for one in pycountry.currencies)


def _currency(value: str) -> str:
    if value not in _currencies():
        near = value.upper() if value.upper() in _currencies() else None
        raise fail(
            "GEN-14",
            "a currency is an ISO 4217 code of three upper-case letters",
            hint=f"did you mean {near}" if near else "write EUR, USD, …",
        )
    return value


Currency = Annotated[
    str,
    AfterValidator(_currency),
    Shape(lambda: {"x-says": "an ISO 4217 code", "x-name": "currency", "enum": sorted(_currencies())}),
]


@lru_cache(maxsize=4096)
def language_tag(value: str) -> str | None:
    """A BCP 47 tag in its stored case (``pt-PT``, ``zh-Hant``), or None when it is none."""
    import langcodes

    if not value.isascii() or "_" in value or not langcodes.tag_is_valid(value):
        return None
    first, *rest = value.split("-")
    cased = [first.lower()]
    in_extension = False
    for part in rest:
        if in_extension or len(part) == 1:
            in_extension = True
            cased.append(part.lower())
        elif len(part) == 4 and part.isalpha():
            cased.append(part.title())
        elif len(part) == 2 and part.isalpha():
            cased.append(part.upper())
        else:
            cased.append(part.lower())
    return "-".join(cased)


def _language(value: str) -> str:
    tag = language_tag(value)
    if tag is None:
        raise fail("GEN-14", "this is no BCP 47 language tag", hint="write pt-PT, en, …")
    return tag


Language = Annotated[
    str,
    AfterValidator(_language),
    _shape("a BCP 47 language tag", pattern="^[A-Za-z]{1,4}(?:-[A-Za-z0-9]{1,8})*$"),
    Folded(),
]


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
_ZONE_SHAPE = _shape(
    "an IANA time zone, or UTC",
    pattern="^(?:UTC|(?!Etc/)[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)+)$",
    examples=["Europe/Lisbon", "UTC"],
)

TimeZone = Annotated[str, AfterValidator(_time_zone), _ZONE_SHAPE]


# --- dates and times -------------------------------------------------------------------------------------------------

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
    str, AfterValidator(_date), _shape("a date, YYYY-MM-DD", format="date", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
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


_TIME_SHAPE = _shape(
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
    return _shape(f"made of {', '.join(_PARTS[sort])}", pattern=f"^(?:{'|'.join(parts)}|[^A-Za-z0-9])+$")


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


# --- lists -----------------------------------------------------------------------------------------------------------


def _once(value: list[Any]) -> list[Any]:
    seen: set[Any] = set()
    for place, item in enumerate(value):
        key = item.casefold() if isinstance(item, str) else item
        if key in seen:
            raise fail("GEN-14", "this entry stands in the list already", entry=place)
        seen.add(key)
    return value


@dataclass(frozen=True, slots=True)
class _OnceValidator(AfterValidator):
    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "uniqueItems": True}


def Once() -> AfterValidator:  # noqa: N802 - reads as a mark beside the other marks
    """A list that holds each entry once (GEN-14 at the second)."""
    return _OnceValidator(_once)


# --- networks --------------------------------------------------------------------------------------------------------

_OCTETS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")


def network(text: str) -> IPNetwork:
    """An address, or a network with prefix or netmask. Raises ValueError with the reason; a suggestion follows ``; ``.

    ``ipaddress`` alone would take the wildcard mask 0.0.0.255 for a host mask, so masks are checked first.
    """
    address, slash, mask = text.partition("/")
    if ":" in address:
        return _network6(address, slash, mask)
    if not _OCTETS.fullmatch(address) or any(int(part) > 255 for part in address.split(".")):
        raise ValueError("it is none of an address, an address with a prefix, or an address with a netmask")
    if not slash:
        return ipaddress.IPv4Network(address)
    if "." in mask:
        prefix = _prefix_of_mask(address, mask)
    elif _PREFIX.fullmatch(mask) and int(mask) <= 32:
        prefix = int(mask)
    else:
        raise ValueError("the part after the slash is no prefix from 0 to 32 and no netmask")
    strict = ipaddress.IPv4Network((address, prefix), strict=False)
    if str(strict.network_address) != address:
        raise ValueError(f"host bits are set; did you mean {strict}")
    return strict


def _prefix_of_mask(address: str, mask: str) -> int:
    if not _OCTETS.fullmatch(mask) or any(int(part) > 255 for part in mask.split(".")):
        raise ValueError("the netmask is no netmask")
    bits = int(ipaddress.IPv4Address(mask))
    inverse = bits ^ 0xFFFFFFFF
    if inverse & (inverse + 1) == 0:
        return 32 - inverse.bit_length()
    if bits & (bits + 1) == 0:
        suggestion = ipaddress.IPv4Network((address, 32 - bits.bit_length()), strict=False)
        raise ValueError(f"this is a wildcard mask; did you mean {suggestion}")
    raise ValueError("the netmask has a gap")


def _network6(address: str, slash: str, mask: str) -> IPNetwork:
    if slash and not (_PREFIX.fullmatch(mask) and int(mask) <= 128):
        raise ValueError("IPv6 takes a prefix from 0 to 128 and no mask")
    try:
        loose = ipaddress.IPv6Network(f"{address}{slash}{mask}", strict=False)
        strict = loose.network_address == ipaddress.IPv6Address(address)
    except ValueError:
        raise ValueError("this is no IPv6 address") from None
    if "%" in address:
        raise ValueError("an IPv6 address here has no zone")
    if not strict:
        raise ValueError(f"host bits are set; did you mean {loose}")
    return loose


def written(one: IPNetwork) -> str:
    """A network in its stored form: with prefix, which is left out for a single address."""
    return str(one.network_address) if one.prefixlen == one.max_prefixlen else str(one)


def split_addresses(value: str) -> list[str]:
    """The text form of the older screens, entries that end with a semicolon, as a list."""
    return [entry for part in value.split(";") if (entry := part.strip())]


def _entry(value: Any, code: str) -> Any:
    if type(value) is not str:
        return value
    try:
        return written(network(value))
    except ValueError as error:
        reason, _, hint = str(error).partition("; ")
        raise fail(code, f"{value!r}: {reason}", hint=hint) from None


def _trusted_entry(value: Any) -> Any:
    bare = value.strip() if type(value) is str else value
    return _entry(bare, "SC-01") if bare != "" else bare


def _listed_entry(value: Any) -> Any:
    return _entry(value, "GEN-14")


def _as_list(value: Any) -> Any:
    return split_addresses(value) if type(value) is str else value


def _without_empty(value: list[str]) -> list[str]:
    return [entry for entry in value if entry]


def _network_order(entry: str) -> tuple[int, int, int]:
    one = network(entry)
    return (one.version, int(one.network_address), -one.prefixlen)


def _network_set(value: Any) -> frozenset[Any]:
    return frozenset(network(entry) for entry in (split_addresses(value) if isinstance(value, str) else value))


_ENTRY_SHAPE = rf"\s*(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?:/[0-9.]{{1,15}})?|{_IP6}(?:/[0-9]{{1,3}})?)?\s*"
_NETWORK_ENTRY = {
    "x-says": "an IP address, or a network with prefix or netmask",
    "type": "string",
    "pattern": f"^{_ENTRY_SHAPE}$",
}
_LIST_OR_TEXT = {
    "type": ["array", "string"],
    "items": _NETWORK_ENTRY,
    "pattern": f"^{_ENTRY_SHAPE}(?:;{_ENTRY_SHAPE})*$",
}

TrustedAddresses = Annotated[
    list[Annotated[str, BeforeValidator(_trusted_entry)]],
    BeforeValidator(_as_list),
    AfterValidator(_without_empty),
    Shape(lambda: _LIST_OR_TEXT),
    Unordered(order=_network_order),
    Canonical(_network_set),
    Code("SC-01"),
]
Networks = Annotated[
    list[Annotated[str, BeforeValidator(_listed_entry)]],
    Once(),
    Shape(lambda: {"items": _NETWORK_ENTRY}),
    Unordered(order=_network_order),
    Canonical(_network_set),
]


# --- tax numbers, templates ------------------------------------------------------------------------------------------

_VAT = re.compile(r"[0-9A-Z]{2,14}")


def vat_problem(country: str, number: str) -> str | None:
    """What is wrong with a tax number of a country (PAR-02), or None."""
    if country != "PRT":
        return None if _VAT.fullmatch(number) else "a tax number has 2 to 14 letters and digits, letters in upper case"
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        return "a Portuguese tax number has nine digits"
    remainder = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), number, strict=False)) % 11
    wanted = 0 if remainder < 2 else 11 - remainder
    return None if wanted == int(number[8]) else f"the check digit is wrong: {number[:8]} ends in {wanted}"


def natural_person(country: str, number: str) -> bool:
    """Whether the number belongs to a natural person (PAR-07)."""
    return country == "PRT" and number[:1] in ("1", "2", "3")


_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def placeholders(text: str) -> list[str]:
    """Whatever stands between double braces, trimmed, in order."""
    return [found.strip() for found in _PLACEHOLDER.findall(text)]


def is_pem(text: str, label: str) -> bool:
    """Whether a PEM block of this label is there, also with a word before the label, as in ``EC PRIVATE KEY``.

    Any white space counts as a line end: a variable often holds a key on one line.
    """
    block = rf"-----BEGIN ((?:[A-Z]+ )*){label}-----\s[A-Za-z0-9+/=\s]+-----END \1{label}-----"
    return re.search(block, text) is not None
