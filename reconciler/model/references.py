"""References: what a resource names and where, and the order that this gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.model.address import PLATFORM, Address
from reconciler.model.rule import TENANT
from reconciler.model.view import Entity, View


def references(view: View, entity: Entity) -> Iterator[tuple[Address, str]]:
    """The addresses that an entity names after the plan, its tenant first, each with the path that names it."""
    address = entity.address
    for home in homes(view, address):
        yield home, TENANT
    for field in entity.kind.references:
        value = entity.value(field.path)
        if isinstance(value, str):
            if field.inherit is None or value != field.inherit.word:
                yield view.target_address(field, address, value), field.path
        elif isinstance(value, list):
            for place, name in enumerate(value):
                if isinstance(name, str):
                    yield view.target_address(field, address, name), f"{field.path}[{place}]"


def homes(view: View, address: Address) -> list[Address]:
    """The tenant in which an address lies, if it lies in one."""
    return [Address(kind, PLATFORM, address.tenant) for kind in view.catalog.tenants] if address.tenant else []


def creation_key(view: View) -> Callable[[Address], tuple[int, int, Address]]:
    """The order in which an apply creates resources, as a key to sort addresses by: kinds, parents first, addresses."""
    depths: dict[Address, int] = {}
    nested = {
        name for name, kind in view.catalog.items() if any(one.ref and one.ref.kind == name for one in kind.references)
    }

    def key(address: Address) -> tuple[int, int, Address]:
        depth = _depth(view, address, depths) if address.kind in nested else 0
        return view.catalog.place(address.kind), depth, address

    return key


def _depth(view: View, address: Address, known: dict[Address, int]) -> int:
    """How many resources of the same kind stand above one; a loop ends where it is noticed.

    Without recursion: manifests that are not valid yet may hold a chain of any length.
    """
    waiting, seen = [address], set[Address]()
    while waiting:
        one = waiting[-1]
        above = () if one in known else _above(view, one)
        more = [] if one in seen else [other for other in above if other not in known and other not in seen]
        if more:
            seen.add(one)
            waiting += more
        else:
            known.setdefault(one, max((1 + known[other] for other in above if other in known), default=0))
            waiting.pop()
    return known[address]


def _above(view: View, address: Address) -> list[Address]:
    """The resources of the same kind that one names."""
    entity = view.at(address)
    if entity is None:
        return []
    fields = [one.path for one in entity.kind.references if one.ref is not None and one.ref.kind == address.kind]
    return [target.address for path in fields if (target := view.target(entity, path)) is not None]
