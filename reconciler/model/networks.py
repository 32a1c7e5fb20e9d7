"""Networks: trusted addresses and white lists.

The part of the value formats that knows addresses. :mod:`reconciler.model.formats` hands all of it on.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from reconciler.model.lists import Once
from reconciler.model.marks import Canonical, Code, Unordered
from reconciler.model.shape import Shape, fail

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

_OCTETS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_FORMS = "write 192.0.2.10, 192.0.2.0/24 or 192.0.2.0/255.255.255.0"


def network(text: str) -> IPNetwork:
    """An address, or a network with prefix or netmask. Raises ValueError with the reason; a suggestion follows ``; ``.

    ``ipaddress`` alone would take the wildcard mask 0.0.0.255 for a host mask, so masks are checked first.
    """
    address, slash, mask = text.partition("/")
    if ":" in address:
        return _network6(address, slash, mask)
    if not _OCTETS.fullmatch(address) or any(int(part) > 255 for part in address.split(".")):
        raise ValueError(
            f"it is none of an address, an address with a prefix, or an address with a netmask{_nearest(text)}"
        )
    if not slash:
        return ipaddress.IPv4Network(address)
    if "." in mask:
        prefix = _prefix_of_mask(address, mask)
    elif _PREFIX.fullmatch(mask) and int(mask) <= 32:
        prefix = int(mask)
    else:
        bare = mask.strip().lstrip("+").lstrip("0")
        near = _suggestion(address, int(bare)) if bare.isascii() and bare.isdigit() and len(bare) < 4 else ""
        raise ValueError(f"the part after the slash is no prefix from 0 to 32 and no netmask{near}")
    strict = ipaddress.IPv4Network((address, prefix), strict=False)
    if str(strict.network_address) != address:
        raise ValueError(f"host bits are set; did you mean {strict}")
    return strict


def _prefix_of_mask(address: str, mask: str) -> int:
    if not _OCTETS.fullmatch(mask) or any(int(part) > 255 for part in mask.split(".")):
        raise ValueError("the part after the slash is no netmask")
    bits = int(ipaddress.IPv4Address(mask))
    inverse = bits ^ 0xFFFFFFFF
    if inverse & (inverse + 1) == 0:
        return 32 - inverse.bit_length()
    if bits & (bits + 1) == 0:
        suggestion = ipaddress.IPv4Network((address, 32 - bits.bit_length()), strict=False)
        raise ValueError(f"this is a wildcard mask; did you mean {suggestion}")
    ones = 32 - inverse.bit_length()
    raise ValueError(f"the netmask has a gap{_suggestion(address, ones)}")


def _suggestion(address: str, prefix: int) -> str:
    return f"; did you mean {ipaddress.IPv4Network((address, min(prefix, 32)), strict=False)}"


def _nearest(text: str) -> str:
    """The nearest valid form of something that is no address: leading zeros, stars, missing numbers and ranges."""
    address, _, mask = text.partition("/")
    first, _, last = (part.strip() for part in address.partition("-"))
    numbers = first.split(".")
    given = [str(int(one)) for one in numbers if one.isascii() and one.isdigit()]
    stars = all(one in ("*", "x") for one in numbers[len(given) :])
    if not given or len(numbers) > 4 or not stars or any(len(one) > 3 or int(one) > 255 for one in given):
        return ""
    base = ".".join([*given, *["0"] * (4 - len(given))])
    if last and _OCTETS.fullmatch(last) and len(given) == 4 and all(int(one) < 256 for one in last.split(".")):
        both = int(ipaddress.IPv4Address(base)) ^ int(ipaddress.IPv4Address(last))
        return _suggestion(base, 32 - both.bit_length())
    if last:
        return ""
    if len(given) < 4:
        return _suggestion(base, 8 * len(given))
    return _suggestion(base, int(mask)) if _PREFIX.fullmatch(mask) else f"; did you mean {base}"


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
        raise fail(code, f"{value!r}: {reason}", hint=hint or _FORMS) from None


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


IP6_SHAPE = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
_ENTRY_SHAPE = rf"\s*(?:[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?:/[0-9.]{{1,15}})?|{IP6_SHAPE}(?:/[0-9]{{1,3}})?)?\s*"
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
