"""Value formats: the types that specs are made of, each with its check and its stored form.

The public value lists are known here (countries, currencies, languages) and in :mod:`~reconciler.model.dates` (time
zones); they are loaded on first use. A validator returns the value in its stored form and raises a
``PydanticCustomError`` whose type is the code of a rule, with ``reason``, and where it helps ``hint`` and ``entry``
(index in a list), in its context.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from operator import mul
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.model.dates import (
    DateText,
    InputDateFormat,
    InputTimeFormat,
    OutputDateFormat,
    OutputTimeFormat,
    TimeText,
    TimeZone,
    display_format,
    instant,
    rfc3339,
)
from reconciler.model.lists import Once
from reconciler.model.marks import Canonical, Folded
from reconciler.model.networks import (
    IP6_SHAPE,
    IPNetwork,
    Networks,
    TrustedAddresses,
    network,
    split_addresses,
    written,
)
from reconciler.model.shape import Shape, fail, shape
from reconciler.model.words import folded, nearest

NAME_PATTERN = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
ALIAS_PATTERN = r"^[a-z0-9][a-z0-9._-]{2,63}$"


Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name of a resource, or a reference to one."""


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise fail("GEN-14", "the text must be one line")
    return value


OneLine = Annotated[str, AfterValidator(_one_line), shape("one line", pattern=r"^[^\r\n]*$")]

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
    # The host has the grammar of one already, in either case, and is short enough.
    return found is not None and not found[2].rpartition(".")[2].isdigit()


def _email(value: str) -> str:
    if not is_email(value):
        raise fail("GEN-14", "this is no e-mail address", hint="write it as name@host.example.com")
    return value


_ANY_CASE = _LABEL.replace("a-z", "A-Za-z")
HOST_SHAPE = rf"^(?=.{{1,253}}$)(?!.*\.[0-9]+$){_LABEL}(?:\.{_LABEL})+$"
_EMAIL_SHAPE = shape(
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
    str, AfterValidator(_host_name), shape("a host name, lower case", format="hostname", pattern=HOST_SHAPE)
]


def is_ip(value: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address."""
    return ip_of(value) is not None


_OF_ADDRESSES = "0123456789abcdefABCDEF:."
"""The characters of IP addresses without a zone: most hosts hold others, and need no second look."""


@lru_cache(maxsize=4096)
def ip_of(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that the text writes; None when it writes none, or one with a zone. Each text is read once."""
    if value.strip(_OF_ADDRESSES):
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _host_or_ip(value: str) -> str:
    found = ip_of(value)
    return _host_name(value) if found is None else str(found)


_IP4 = r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|(?![0-9.]))){4}"
_HOST_OR_IP_SHAPE = shape(
    "a host name or an IP address",
    anyOf=[{"pattern": HOST_SHAPE}, {"pattern": f"^{_IP4}$"}, {"pattern": f"^{IP6_SHAPE}$"}],
)


def canonical_host(value: Any) -> str:
    """A live host or address in the form in which it compares: lower case, A-labels, addresses in their short form."""
    text = str(value)
    if is_ip(text):
        return str(ipaddress.ip_address(text))
    star = "*." if text.startswith("*.") else ""
    try:
        return star + text.removeprefix("*.").encode("idna").decode().lower()
    except UnicodeError:
        return text.lower()


HostOrIp = Annotated[str, AfterValidator(_host_or_ip), _HOST_OR_IP_SHAPE, Canonical(canonical_host)]

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def _phone(value: str) -> str:
    if not _PHONE.fullmatch(value):
        raise fail("GEN-14", "this is no E.164 number", hint='write + and 7 to 15 digits, quoted: "+351210000001"')
    return value


Phone = Annotated[str, AfterValidator(_phone), shape("an E.164 number", pattern=r"^\+[1-9][0-9]{6,14}$")]

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
    str, AfterValidator(_guid), shape("a GUID", format="uuid", pattern=f"^{_NOT_NIL}{_GUID.pattern}$"), Folded()
]


def _login(value: str) -> str:
    if not 3 <= len(value) <= 64 or any(character.isspace() for character in value):
        raise fail("GEN-14", "a login has 3 to 64 characters without white space")
    return value


Login = Annotated[
    str, AfterValidator(_login), shape("no white space", minLength=3, maxLength=64, pattern=r"^\S+$"), Folded()
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


_AUTHORITY = rf"(?:{_ANY_CASE}(?:\.{_ANY_CASE})+|\[{IP6_SHAPE}\])(?::(?!0+(?:[/?]|$))[0-9]{{0,5}})?"

HttpsUrl = Annotated[
    str,
    AfterValidator(_https_url),
    shape("an https URL", format="uri", pattern=rf"^[Hh][Tt][Tt][Pp][Ss]://{_AUTHORITY}(?:[/?][^\s#]*)?$"),
]
HttpUrl = Annotated[
    str,
    AfterValidator(_http_url),
    shape("an http or https URL", format="uri", pattern=rf"^[Hh][Tt][Tt][Pp][Ss]?://{_AUTHORITY}(?:[/?][^\s#]*)?$"),
]


# --- public lists ----------------------------------------------------------------------------------------------------

# What is valid for certain: the tables, which take some time to load, are not needed for it.
FAMILIAR_COUNTRIES = frozenset(
    "AGO AUT BEL BGR BRA CHE CPV CYP CZE DEU DNK ESP EST FIN FRA GBR GRC HRV HUN IRL ITA LTU LUX LVA MLT MOZ NLD NOR "
    "POL PRT ROU SVK SVN SWE USA".split()
)
FAMILIAR_CURRENCIES = frozenset("AOA BRL CHF CZK DKK EUR GBP HUF MZN NOK PLN RON SEK USD".split())


@lru_cache(maxsize=1)
def _countries() -> tuple[frozenset[str], dict[str, str]]:
    import pycountry

    pairs = [(one.alpha_3, one.alpha_2) for one in pycountry.countries]
    return frozenset(three for three, _ in pairs), {two: three for three, two in pairs}


def country_of_alpha2(code: str) -> str | None:
    """The alpha-3 code of an alpha-2 code: ``PRT`` for ``PT``."""
    return _countries()[1].get(code.upper())


def _country(value: str) -> str:
    if value in FAMILIAR_COUNTRIES:
        return value
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
    if value in FAMILIAR_CURRENCIES:
        return value
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


FAMILIAR_LANGUAGES = frozenset(
    "bg cs da de de-AT de-CH de-DE el en en-GB en-IE en-US es es-ES es-MX et eu fi fr fr-BE fr-CH fr-FR ga gl hr hu it "
    "it-IT lt lv mt nb nl nl-BE nl-NL nn no pl pl-PL pt pt-AO pt-BR pt-MZ pt-PT ro sk sl sv tr uk".split()
)
"""Tags that are valid and in their stored case for certain: the tables of languages need not be loaded for them."""


@lru_cache(maxsize=4096)
def language_tag(value: str) -> str | None:
    """A BCP 47 tag in its stored case (``pt-PT``, ``zh-Hant``), or None when it is none."""
    if value in FAMILIAR_LANGUAGES:
        return value
    return _tag_by_tables(value)


def _tag_by_tables(value: str) -> str | None:
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
    shape("a BCP 47 language tag", pattern="^[A-Za-z]{1,4}(?:-[A-Za-z0-9]{1,8})*$"),
    Folded(),
]


# --- tax numbers, templates ------------------------------------------------------------------------------------------

_VAT = re.compile(r"[0-9A-Z]{2,14}")


@lru_cache(maxsize=256)
def vat_problem(country: str, number: str) -> str | None:
    """What is wrong with a tax number of a country (PAR-02), or None."""
    if country != "PRT":
        return None if _VAT.fullmatch(number) else "a tax number has 2 to 14 letters and digits, letters in upper case"
    if len(number) != 9 or not (number.isascii() and number.isdigit()):
        return "a Portuguese tax number has nine digits"
    remainder = sum(map(mul, range(9, 1, -1), map(int, number))) % 11
    wanted = 0 if remainder < 2 else 11 - remainder
    return None if wanted == int(number[8]) else f"the check digit is wrong: {number[:8]} ends in {wanted}"


def natural_person(country: str, number: str) -> bool:
    """Whether the number belongs to a natural person (PAR-07)."""
    return country == "PRT" and number[:1] in ("1", "2", "3")


_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def placeholders(text: str) -> list[str]:
    """Whatever stands between double braces, in order, blanks included: ``{{ name }}`` is not ``{{name}}``."""
    return _PLACEHOLDER.findall(text)


def is_pem(text: str, label: str) -> bool:
    """Whether a PEM block of this label is there, also with a word before the label, as in ``EC PRIVATE KEY``.

    Any white space counts as a line end: a variable often holds a key on one line.
    """
    block = rf"-----BEGIN ((?:[A-Z]+ )*){label}-----\s[A-Za-z0-9+/=\s]+-----END \1{label}-----"
    return re.search(block, text) is not None


__all__ = [
    "ALIAS_PATTERN",
    "HOST_SHAPE",
    "NAME_PATTERN",
    "Country",
    "Currency",
    "DateText",
    "Email",
    "Guid",
    "HostName",
    "HostOrIp",
    "HttpUrl",
    "HttpsUrl",
    "IPNetwork",
    "InputDateFormat",
    "InputTimeFormat",
    "Language",
    "Login",
    "Name",
    "Networks",
    "Once",
    "OneLine",
    "OutputDateFormat",
    "OutputTimeFormat",
    "Phone",
    "Shape",
    "TimeText",
    "TimeZone",
    "TrustedAddresses",
    "canonical_host",
    "country_of_alpha2",
    "display_format",
    "fail",
    "folded",
    "instant",
    "ip_of",
    "is_email",
    "is_guid",
    "is_host",
    "is_ip",
    "is_pem",
    "language_tag",
    "natural_person",
    "nearest",
    "network",
    "placeholders",
    "rfc3339",
    "shape",
    "split_addresses",
    "vat_problem",
    "written",
]
