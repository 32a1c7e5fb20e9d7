"""Recognize: what a database holds is put beside the manifests while it is read, so that less of it has to be held.

Of an entry of the ledger that says what its manifest wants no text is kept, and a row that is what its manifest wants
holds the texts of the spec: a driver makes every text anew. Whatever is not certain stays as it was read, and is
compared later as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.encode import CARRIAGE_RETURN, encoder
from reconciler.model.kind import Kind
from reconciler.model.resource import ROW_HEAD, InStep, LedgerEntry, Resource, Row


class Recognizer:
    """Takes one reading of a database: first the ledger, then the rows; see :class:`reconciler.ports.Recognizer`."""

    def __init__(self, catalog: Catalog, resources: Iterable[Resource[Any]]) -> None:
        self._declared = {one.address: one for one in resources}
        self._encoders = {name: encoder(kind) for name, kind in catalog.items()}
        self._sharing = {name: (ROW_HEAD + len(kind.columns), _sharing(kind)) for name, kind in catalog.items()}
        self._words: dict[str, str] = {}
        self.ledger: dict[Address, LedgerEntry] = {}

    def begin(self) -> None:
        """A reading begins; of one before it nothing counts."""
        self.ledger = {}

    def entries(self, found: Iterable[Row]) -> None:
        """Take a part of the ledger: kind, tenant, name, applied, source, commit, management."""
        declared, encoders, ledger, same = self._declared, self._encoders, self.ledger, self._words.setdefault
        for kind, tenant, name, applied, source, commit, management in found:
            resource = declared.get((kind, tenant, name))  # type: ignore[call-overload]  # an address is a tuple
            if resource is not None and management == "full" == resource.management:
                prepared = encoders[kind]
                wanted = prepared.expected(resource)
                if wanted is not None and prepared.applied(wanted) == applied and CARRIAGE_RETURN not in applied:
                    known = InStep(resource, wanted, prepared.text)
                    entry = LedgerEntry(resource.address, "", source, commit, "full", known)
                    del entry.applied
                    ledger[resource.address] = entry
                    continue
            address = Address(same(kind, kind), tenant, name)
            ledger[address] = LedgerEntry(address, applied, source, commit, same(management, management))

    def rows(self, kind: str, found: Iterable[Row], rows: dict[tuple[str, str], Row]) -> list[Row]:
        """Take rows of a kind into ``rows``; gives those that were not recognized."""
        ledger = self.ledger
        end, share = self._sharing[kind]
        rest: list[Row] = []
        for row in found:
            entry = ledger.get((kind, row[0], row[1]))  # type: ignore[call-overload]  # an address is a tuple
            known = None if entry is None else entry.in_step
            if known is not None and known.wanted is not None and known.wanted == row[ROW_HEAD:end]:
                known.stands = True
                own = share(row + known.wanted + known.resource.address)
                rows[own[:2]] = own
                known.wanted = None
            else:
                rest.append(row)
                rows[row[:2]] = row
        return rest


def _sharing(kind: Kind) -> Callable[[tuple[Any, ...]], Row]:
    """From a row, what is wanted of it and its address to the same row, with texts of the spec where it has them."""
    width = len(kind.row_columns)
    places = list(range(width))
    wanted = width + len(kind.columns)
    places[:2] = wanted + 1, wanted + 2
    for place in encoder(kind).shared:
        places[ROW_HEAD + place] = width + place
    return itemgetter(*places)
