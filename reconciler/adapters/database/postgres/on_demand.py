"""On demand, for a server; see :mod:`reconciler.adapters.database.on_demand`.

One transaction sees one state, and at its beginning the journal tells whether it is that of the reading. To it a table
that somebody empties or rewrites would have been empty all the time, so it holds all of them before it asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import psycopg

from reconciler.adapters.database.on_demand import Key, asking_of, moved
from reconciler.adapters.database.postgres.connecting import asking, reading, translated
from reconciler.adapters.database.postgres.holding import BRIEFLY, hold
from reconciler.adapters.database.postgres.pulse import tables_of
from reconciler.adapters.database.postgres.since import Ask, pulse_in, still
from reconciler.adapters.database.read import LEDGER, select_rows
from reconciler.adapters.database.urls import Server
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.focus import NeedsAll
from reconciler.model.kind import Kind
from reconciler.model.resource import Live, Row

FEW = 20
"""Rows that are read one by one, each over the network, before all of their table are."""
_NAMED = "unnest(?::text[], ?::text[]) AS w(t, n) ON w.t = one.tenant_key AND w.n = one.name"
_ENTERED = "unnest(?::text[], ?::text[], ?::text[]) AS w(k, t, n) ON w.k = r.kind AND w.t = r.tenant AND w.n = r.name"


def unwritten(server: Server, catalog: Catalog, pulse: str) -> AbstractContextManager[Live | None]:
    """The database of a pulse; None where anything was written since, or nobody can tell.

    Raises:
        WorldError: it cannot be reached or read (DB-01, DB-04, DB-05, DB-12, DB-13).
    """
    source = _Server(server, tables_of(catalog), pulse)
    return asking_of(source, catalog, pulse, known=pulse_in(pulse) is not None)


class _Server:
    """A database of a server, read in one transaction until the plan is made."""

    few = FEW

    def __init__(self, server: Server, tables: Sequence[str], pulse: str) -> None:
        self._server = server
        self._tables = tables
        self._pulse = pulse
        self._stack = ExitStack()
        self._open: Ask | None = None
        self._late = False

    def close(self) -> None:
        """End the transaction; see :class:`reconciler.adapters.database.on_demand.Source`."""
        self._late = True
        self._open = None
        self._stack.close()

    def all(self, statement: str) -> list[Row]:
        """All rows of a statement."""
        return self._ask(statement, ())

    def rows(self, kind: Kind, keys: Collection[Key]) -> Iterable[Row]:
        """The rows of a kind that are there under some keys."""
        return self._ask(f"{select_rows(kind)} JOIN {_NAMED}", list(map(list, zip(*keys, strict=True))))

    def entries(self, addresses: Collection[Address]) -> Iterable[Row]:
        """The entries of the ledger that are there under some addresses."""
        return self._ask(f"{LEDGER} AS r JOIN {_ENTERED}", list(map(list, zip(*addresses, strict=True))))

    def _ask(self, statement: str, values: Sequence[Any]) -> list[Row]:
        with translated("reading"):
            try:
                return list(self._begun()(statement, values))
            except psycopg.Error:
                if self._late:
                    raise
                raise NeedsAll from None  # what is wrong is found again, and told, by whoever reads everything
            finally:
                if self._late:
                    self.close()

    def _begun(self) -> Ask:
        if self._open is None:
            ask = asking(self._stack.enter_context(reading(self._server, wait=BRIEFLY)))
            if not hold(lambda statement: list(ask(statement, ())), self._tables) or not still(ask, self._pulse):
                raise moved(late=self._late)
            self._open = ask
        return self._open
