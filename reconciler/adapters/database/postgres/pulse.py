"""Pulse of a server's database: what a later run asks by what was written since; see :mod:`.since`.

It is taken where the journal is to be relied on: every trigger is as it must be and fires always, and no table of ours
is one whose rows may be written, hidden or kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.adapters.database.columns import JOURNAL, RESOURCES
from reconciler.adapters.database.postgres.since import Ask, Pulse, facts_of, pulse_now
from reconciler.adapters.database.triggers.postgresql import wrong_in
from reconciler.model.catalog import Catalog


def take(ask: Ask, catalog: Catalog) -> Pulse | None:
    """The pulse of a transaction's one snapshot; None where the journal is not to be relied on."""
    tables = tables_of(catalog)
    if any(_doubts(ask, catalog, tables)):
        return None
    return pulse_now(ask, tables, facts_of(ask, tables))


def tables_of(catalog: Catalog) -> tuple[str, ...]:
    """The tables that a pulse speaks of, in order of their names."""
    return tuple(sorted({*(kind.table for kind in catalog.values()), JOURNAL, RESOURCES}))


def _doubts(ask: Ask, catalog: Catalog, tables: tuple[str, ...]) -> Iterator[str]:
    """Why the journal of this database may not hold everything, or a reading of its tables not only what they hold."""
    if ask(_OUT_OF_PLACE, (list(tables), list(tables)))[0][0]:
        yield "a table is missing, no plain one, or not written alone"
    yield from wrong_in(lambda statement: ask(statement, ()), catalog, "A")


_OWN_TRIGGERS = ", ".join(f"'{JOURNAL}_{event}'" for event in ("update", "delete", "truncate"))
_OUT_OF_PLACE = f"""
WITH ours AS (
    SELECT c.* FROM unnest(?::text[]) AS n JOIN pg_class c ON c.oid = to_regclass(quote_ident(n))
)
SELECT (SELECT count(*) FROM ours) <> cardinality(?::text[])
    OR EXISTS (SELECT FROM ours WHERE relkind <> 'r' OR relpersistence <> 'p' OR relrowsecurity
        OR relnamespace <> current_schema()::regnamespace)
    OR EXISTS (SELECT FROM pg_inherits i JOIN ours o ON o.oid IN (i.inhrelid, i.inhparent))
    OR EXISTS (SELECT FROM pg_rewrite r JOIN ours o ON o.oid = r.ev_class)
    OR EXISTS (SELECT FROM pg_policy p JOIN ours o ON o.oid = p.polrelid)
    OR EXISTS (SELECT FROM pg_subscription_rel s JOIN ours o ON o.oid = s.srrelid)
    OR EXISTS (SELECT FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid
        WHERE o.relname = '{JOURNAL}' AND NOT t.tgisinternal AND t.tgname NOT IN ({_OWN_TRIGGERS}))
"""  # noqa: S608  # constants
"""Whether a table of ours is not there, or is one whose rows may be written, hidden or kept elsewhere."""
