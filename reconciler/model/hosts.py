"""Hosts: names with a star in front, and addresses that nobody outside can reach."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator

from reconciler.model.formats import HOST_SHAPE, Shape, canonical_host, fail, ip_of, is_host
from reconciler.model.marks import Canonical, Folded

WILDCARD = "*."

INNER_NETWORKS = tuple(
    ipaddress.ip_network(one)
    for one in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fc00::/7",
        "::1/128",
        "fe80::/10",
    )
)
"""Private, shared, loopback and link-local ranges (DOM-06). ``ipaddress`` counts documentation ranges too."""
_RANGES = {
    version: [(int(one.network_address), int(one.netmask)) for one in INNER_NETWORKS if one.version == version]
    for version in (4, 6)
}
"""The same by version of the protocol, first address and mask: asking a network takes three times as long."""


def inner(address: str) -> bool:
    """Whether the text is an IP address of an inner network; host names are not judged."""
    found = ip_of(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    number = int(found)
    return any(number & mask == first for first, mask in _RANGES[found.version])


def _wildcard_host(value: str) -> str:
    if is_host(value.removeprefix(WILDCARD)) and len(value) <= 253:
        return value
    raise fail(
        "GEN-14",
        "this is no host name: two or more labels, lower case, A-labels, no final full stop; *. may stand in front",
        hint=_better(value),
    )


def _better(value: str) -> str:
    star = WILDCARD if value.startswith(WILDCARD) else ""
    try:
        bare = value.removeprefix(WILDCARD).rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return ""
    return f"did you mean {star}{bare}" if is_host(bare) else ""


_SHAPE = Shape(lambda: {"x-says": "a host name, or *. and a host name", "pattern": rf"^(?:\*\.)?{HOST_SHAPE[1:]}"})

WildcardHost = Annotated[str, AfterValidator(_wildcard_host), _SHAPE, Folded(), Canonical(canonical_host)]
"""A host name, or ``*.`` and a host name."""
