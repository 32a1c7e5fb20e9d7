"""Triggers: what the database does by itself, whoever writes.

They fill the journal, move ``rev`` on for programs that do not, give every tenant its lock row, and keep the changes
append-only. One module a dialect says how; this one installs them and finds out whether they are still there.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from reconciler.adapters.database.triggers import sqlite
from reconciler.model.catalog import Catalog
from reconciler.model.errors import WorldError


def wanted(dialect: str, catalog: Catalog) -> Mapping[str, str]:
    """The statement that makes each trigger, by its name.

    Raises:
        WorldError: there are no triggers for this dialect (DB-05).
    """
    if dialect == "sqlite":
        return sqlite.triggers(catalog)
    raise WorldError(f"this version has no triggers for {dialect}", code="DB-05")


def install(connection: sa.Connection, catalog: Catalog) -> None:
    """Make the triggers anew, so that they fit the tables as they are now."""
    statements = wanted(connection.dialect.name, catalog)
    for name in sqlite.present(connection):
        if name.startswith(sqlite.PREFIX):
            connection.exec_driver_sql(sqlite.dropping(name))
    for statement in statements.values():
        connection.exec_driver_sql(statement)


def differences(connection: sa.Connection, catalog: Catalog) -> list[str]:
    """What is wrong with the triggers, a sentence each; empty when all are as they were made."""
    there = sqlite.present(connection)
    found: list[str] = []
    for name, statement in wanted(connection.dialect.name, catalog).items():
        if name not in there:
            found.append(f"trigger {name} is missing")
        elif there[name] != statement:
            found.append(f"trigger {name} was altered")
    return found
