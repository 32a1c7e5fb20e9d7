"""Triggers: what the database does by itself, whoever writes.

They fill the journal, move ``rev`` on for programs that do not, give every tenant its lock row, and keep the changes
append-only. One module a dialect says how; this one asks the right one to install them, and whether they are still
there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.adapters.database.triggers import postgresql, sqlite
from reconciler.model.catalog import Catalog

if TYPE_CHECKING:  # plans look at the triggers too, and load no SQLAlchemy
    import sqlalchemy as sa

_OF = {"sqlite": sqlite, "postgresql": postgresql}


def install(connection: sa.Connection, catalog: Catalog) -> None:
    """Make the triggers anew, so that they fit the tables as they are now."""
    _OF[connection.dialect.name].install(connection, catalog)


def differences(connection: sa.Connection, catalog: Catalog) -> list[str]:
    """What is wrong with the triggers, a sentence each; empty when all are as they were made."""
    return list(_OF[connection.dialect.name].differences(connection, catalog))


def lax(connection: sa.Connection, catalog: Catalog) -> list[str]:
    """What keeps the journal of a server from vouching for itself beside that; an apply does not mind."""
    return postgresql.lax(connection, catalog) if connection.dialect.name == "postgresql" else []
