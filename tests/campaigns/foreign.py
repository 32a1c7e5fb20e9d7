"""What other programs have done to a house for good: git has accepted it, and a rule may be broken for its sake.

Whoever accepts what others wrote may leave rows that no manifest may say: those beside it, without a manifest, or
fields that a manifest leaves out. A fault is theirs only when it is about such a row or one that has to do with it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.kind import Level
from tests.campaigns.ground import Row, Rows
from tests.campaigns.worlds import CATALOG


def excused(found: Iterable[Diagnostic], rows: Rows, foreign: Collection[Address]) -> bool:
    """Whether each of some errors is about a row that others wrote, or about one beside it."""
    return all(one.address is not None and _near(one.code, one.address, rows, foreign) for one in found)


def _near(code: str, address: Address, rows: Rows, foreign: Collection[Address]) -> bool:
    near = {address, *_named(address, rows.get(address, {}))}
    near |= {one for one in foreign if one in rows and address in _named(one, rows[one])}
    return any(
        one in near
        or (CATALOG[one.kind].singleton and code.startswith("SYS-"))  # settings bind everybody
        or (one.kind, one.tenant) == (address.kind, address.tenant)  # what must be unique has two ends
        for one in foreign
    )


def _named(address: Address, row: Row) -> Iterator[Address]:
    """The tenant of a row, and what it refers to."""
    kind = CATALOG[address.kind]
    if address.tenant:
        yield from (Address(one.name, "", address.tenant) for one in CATALOG.values() if one.is_tenant)
    for one in kind.references:
        value = row.get(one.columns[0].name)
        if one.ref is None or not isinstance(value, str):
            continue
        for name in json.loads(value) if one.type == "list" else [value]:
            tenant, _, bare = name.rpartition("/") if one.ref.anywhere else (address.tenant, "", name)
            platform = CATALOG[one.ref.kind].level is Level.PLATFORM and not one.ref.anywhere
            yield Address(one.ref.kind, "" if platform else tenant, bare)
