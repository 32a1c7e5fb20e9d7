"""References: what a resource names, and where."""

from __future__ import annotations

from collections.abc import Iterator

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
