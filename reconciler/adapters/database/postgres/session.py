"""One apply on a server: what it does otherwise than on an embedded database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from reconciler.adapters.database.netting import Sealed
from reconciler.adapters.database.postgres import locking, outcome
from reconciler.adapters.database.postgres.standing import StandingRows
from reconciler.adapters.database.postgres.transactions import driver
from reconciler.adapters.database.session import Session
from reconciler.adapters.database.sqlstates import explain_state, is_lost
from reconciler.model.catalog import Catalog
from reconciler.model.errors import OutcomeUnknown, WorldError
from reconciler.model.failpoint import reach
from reconciler.model.plan import Plan
from reconciler.model.run import Run
from reconciler.ports import Standing


class ServerSession(Session):
    """See :class:`reconciler.ports.ApplySession`. ``reconnect`` opens a fresh connection to the same database."""

    def __init__(
        self,
        connection: sa.Connection,
        catalog: Catalog,
        metadata: sa.MetaData,
        *,
        reconnect: Callable[[], psycopg.Connection[Any]],
    ) -> None:
        super().__init__(connection, catalog, metadata, created=False, look_again=lambda _run: None)
        self._reconnect = reconnect

    def lock(self, tenants: Sequence[str]) -> None:
        """Lock the rows of tenants in sorted order, that of the platform shared unless it is among them."""
        locking.lock_tenants(self._connection, tenants)

    def _try(self, plan: Plan, run: Run, sealed: Sealed) -> None:
        try:
            super()._try(plan, run, sealed)
        except psycopg.Error as error:
            raise explain_state(error, "writing") from None

    def _unmoved(self, since: Standing) -> bool:
        return isinstance(since, StandingRows) and since.unmoved(driver(self._connection), self._catalog)

    def commit(self) -> None:
        """Make it last, and find out what became of it when the answer gets lost.

        Raises:
            WorldError: the commit failed, and nothing was applied (DB-10, DB-12).
            OutcomeUnknown: nobody can say whether the run was applied (DB-11).
            ValueError: something was only attempted in it.
        """
        self._refuse_attempts()
        if self._run is None:
            self._connection.commit()
            return
        noted: outcome.Mark | None = None
        try:
            noted = outcome.mark(self._connection, self._run.id)
            reach("marked")
            self._connection.commit()
        except (sa.exc.DBAPIError, psycopg.Error) as error:
            cause = getattr(error, "orig", None) or error
            if noted is None or not is_lost(cause):
                raise explain_state(cause, "committing") from None
            self._ask(noted)

    def _announce(self, run: Run) -> None:
        both = "SELECT set_config('reconciler.run', %s, true), set_config('reconciler.operator', %s, true)"
        driver(self._connection).execute(both, (run.id, run.actor))

    def _dismiss(self) -> None:
        """The settings end with the transaction."""

    def _lock_chain(self) -> None:
        locking.lock_chain(self._connection)

    def _ask(self, noted: outcome.Mark) -> None:
        self._connection.invalidate()
        answer = outcome.ask(noted, self._reconnect)
        if answer == "not applied":
            raise WorldError(
                "the link to the database broke at commit, and the server did not commit; nothing was applied",
                code="DB-12",
                hint="run it again when the server is well",
            )
        if answer == "unknown":
            raise OutcomeUnknown(
                "the link to the database broke at commit, and nobody can say whether it was applied",
                code="DB-11",
                hint=f"run reconciler status {noted.run}",
            )
