"""Selection: which addresses a report is about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fnmatch import fnmatchcase

from reconciler.model.address import Address
from reconciler.model.kind import Kind

Selects = Callable[[Address], bool]


def selecting(
    catalog: Mapping[str, Kind],
    *,
    targets: Collection[str] = (),
    excludes: Collection[str] = (),
    tenants: Collection[str] = (),
) -> Selects:
    """Whether an address is meant: patterns of addresses, and tenants, each with the resource that it is itself.

    Without ``targets`` and without ``tenants`` everything is meant; ``excludes`` are taken out.
    """

    def selects(address: Address) -> bool:
        text = str(address)
        kind = catalog.get(address.kind)
        home = address.name if kind is not None and kind.is_tenant else address.tenant
        if tenants and home not in tenants:
            return False
        if targets and not any(fnmatchcase(text, glob) for glob in targets):
            return False
        return not any(fnmatchcase(text, glob) for glob in excludes)

    return selects
