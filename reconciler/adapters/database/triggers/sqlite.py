"""The triggers in SQLite's words.

No identifier here comes from data. The journal names changed columns and never holds a value. An update of a program
that leaves ``rev`` alone is followed by one that moves it; that second update changes nothing which the journal
counts, so neither it nor itself fires again, whatever ``recursive_triggers`` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.adapters.database.columns import CHANGES, IMAGES, JOURNAL, SESSION, TENANTS, every_column
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind

if TYPE_CHECKING:  # plans look at the triggers too, and load no SQLAlchemy
    import sqlalchemy as sa

PREFIX = "reconciler_"
_NOW = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
_JOURNAL_COLUMNS = "at, table_name, tenant, name, operation, columns, run, actor"
_UNCOUNTED = ("id", "tenant_key", "rev", "created_at", "updated_at")


def install(connection: sa.Connection, catalog: Catalog) -> None:
    """Make the triggers anew, so that they fit the tables as they are now."""
    for name in _there(connection):
        if name.startswith(PREFIX):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for statement in _triggers(catalog).values():
        connection.exec_driver_sql(statement)


def differences(connection: sa.Connection, catalog: Catalog) -> Iterator[str]:
    """What is wrong with the triggers, a sentence each."""
    there = _there(connection)
    for name, statement in _triggers(catalog).items():
        if name not in there:
            yield f"trigger {name} is missing"
        elif there[name] != statement:
            yield f"trigger {name} was altered"


def _triggers(catalog: Catalog) -> Mapping[str, str]:
    """The statement that makes each trigger, by its name."""
    made: dict[str, str] = {}
    for kind in catalog.values():
        made.update(_of_kind(kind))
    made.update(_append_only())
    return made


def _there(connection: sa.Connection) -> Mapping[str, str]:
    """The triggers that are there, by name, with the statement that made them."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {row[0]: row[1] for row in rows}


def _of_kind(kind: Kind) -> Iterator[tuple[str, str]]:
    table = kind.table
    counted = [column for column in every_column(kind) if column not in _UNCOUNTED]
    changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in counted)
    # A list of JSON, put together from names that are plain words.
    names = " || ".join(
        f'CASE WHEN OLD."{column}" IS NOT NEW."{column}" THEN \'"{column}",\' ELSE \'\' END' for column in counted
    )
    listed = f"'[' || rtrim({names}, ',') || ']'"
    insert = f"{PREFIX}{table}_insert"
    steps = [_journal(table, "NEW", "insert", "'[]'")]
    if kind.is_tenant:
        steps.append(_tenant_row())
    yield insert, _trigger(insert, f"AFTER INSERT ON {table}", "", steps)
    update = f"{PREFIX}{table}_update"
    steps = [
        _journal(table, "OLD", "update", listed),
        _journal(table, "NEW", "update", listed, "OLD.tenant IS NOT NEW.tenant OR OLD.name IS NOT NEW.name"),
        _bump(table),
    ]
    yield update, _trigger(update, f"AFTER UPDATE ON {table}", changed, steps)
    delete = f"{PREFIX}{table}_delete"
    yield delete, _trigger(delete, f"AFTER DELETE ON {table}", "", [_journal(table, "OLD", "delete", "'[]'")])


def _tenant_row() -> str:
    return f"INSERT OR IGNORE INTO {TENANTS} (tenant, generation) VALUES (NEW.name, 0)"  # noqa: S608  # a constant


def _bump(table: str) -> str:
    step = f"rev = OLD.rev + 1, updated_at = {_NOW}"
    return f"UPDATE {table} SET {step} WHERE id = NEW.id AND NEW.rev = OLD.rev"  # noqa: S608  # names from declarations


def _journal(table: str, row: str, operation: str, columns: str, where: str = "") -> str:
    session = ", ".join(f"(SELECT {one} FROM {SESSION})" for one in ("run", "actor"))  # noqa: S608  # constants
    values = f"{_NOW}, '{table}', {row}.tenant_key, {row}.name, '{operation}', {columns}, {session}"
    step = f"INSERT INTO {JOURNAL} ({_JOURNAL_COLUMNS}) SELECT {values}"
    return f"{step} WHERE {where}" if where else step


def _append_only() -> Iterator[tuple[str, str]]:
    for word in ("update", "delete"):
        name = f"{CHANGES}_no_{word}"
        step = f"SELECT RAISE(ABORT, '{CHANGES} is append-only')"
        yield name, _trigger(name, f"BEFORE {word.upper()} ON {CHANGES}", "", [step])
    # An image may be thrown away, with what is secret in it; it is never changed.
    name = f"{IMAGES}_no_update"
    step = f"SELECT RAISE(ABORT, '{IMAGES} is never changed')"
    yield name, _trigger(name, f"BEFORE UPDATE ON {IMAGES}", "", [step])


def _trigger(name: str, event: str, when: str, steps: list[str]) -> str:
    condition = f" WHEN {when}" if when else ""
    body = ";\n  ".join(steps)
    return f'CREATE TRIGGER "{name}" {event}{condition} BEGIN\n  {body};\nEND'
