"""The triggers in PL/pgSQL's words.

No identifier here comes from data. The journal names changed columns and never holds a value. Its function runs with
the rights of its owner, so that a program which writes a table needs no right on the journal and cannot write it by
itself; every name in it says its schema, because such a function must not follow a caller's search path.

The journal knows who wrote: the user that logged in, the name of the application, and two settings. An apply sets
``reconciler.run`` and ``reconciler.operator`` for its transaction; other programs may set ``reconciler.operator``.

Every trigger fires always, also in sessions that replay what another server did. The journal misses no write: what
changes ``rev`` alone is a ``touch``, the ledger is journaled as well, and so is that somebody cut the journal itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.adapters.database.columns import CHANGES, IMAGES, JOURNAL, RESOURCES, TENANTS, every_column
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind

if TYPE_CHECKING:  # plans look at the triggers too, and load no SQLAlchemy
    import sqlalchemy as sa

PREFIX = "reconciler_"
_NOW = """to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
_JOURNAL_COLUMNS = "at, table_name, tenant, name, operation, columns, run, actor, database_user, application, xid"
_UNCOUNTED = ("id", "tenant_key", "rev", "created_at", "updated_at")
_LEDGER_EVENTS = {
    "insert": " REFERENCING NEW TABLE AS after",
    "update": " REFERENCING OLD TABLE AS before NEW TABLE AS after",
    "delete": " REFERENCING OLD TABLE AS before",
    "truncate": "",
}
_CALLS = " EXECUTE FUNCTION "
_PATH = "search_path=pg_catalog, pg_temp"


def install(connection: sa.Connection, catalog: Catalog) -> None:
    """Make functions and triggers anew, so that they fit the tables as they are now."""
    schema = _schema(connection)
    functions, triggers = _functions(catalog, schema), _triggers(catalog, schema)
    for name, table in connection.exec_driver_sql(_OURS):
        if name not in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {schema}."{table}"')
    for name, body in functions.items():
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
            f"SET search_path = pg_catalog, pg_temp AS $body${body}$body$"
        )
    for statement in triggers.values():
        connection.exec_driver_sql(statement.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1))
    for name, table in connection.exec_driver_sql(_OURS).all():
        connection.exec_driver_sql(f'ALTER TABLE {schema}."{table}" ENABLE ALWAYS TRIGGER "{name}"')


def differences(connection: sa.Connection, catalog: Catalog) -> Iterator[str]:
    """What is wrong with the triggers, a sentence each."""
    yield from wrong_in(_fetching(connection), catalog)


def lax(connection: sa.Connection, catalog: Catalog) -> list[str]:
    """What is wrong beside that: triggers that some sessions can go round, so that the journal vouches for nothing."""
    fetch = _fetching(connection)
    known = {one.split()[1] for one in wrong_in(fetch, catalog)}
    return [one for one in wrong_in(fetch, catalog, "A") if one.split()[1] not in known]


def wrong_in(fetch: Callable[[str], Sequence[tuple[Any, ...]]], catalog: Catalog, on: str = "OA") -> Iterator[str]:
    """What is wrong with the triggers, a sentence each; ``on`` are the ways of being enabled that will do."""
    schema = str(fetch(_SCHEMA)[0][0])
    functions = _functions(catalog, schema)
    there = {row[0]: tuple(row[1:]) for row in fetch(_THERE)}
    for name, statement in _triggers(catalog, schema).items():
        if name not in there:
            yield f"trigger {name} is missing"
            continue
        made, enabled, home, function, body, *safety = there[name]
        # The server leaves the schema of a function out when the search path leads to it.
        called = f"{made.partition(_CALLS)[0]}{_CALLS}{home}.{function}()"
        if enabled not in "OA":
            yield f"trigger {name} is switched off"
        elif enabled not in on:
            yield f"trigger {name} does not fire always"
        elif (called, body, *safety) != (statement, functions.get(function), True, [_PATH]):
            yield f"trigger {name} was altered"


def _fetching(connection: sa.Connection) -> Callable[[str], list[tuple[Any, ...]]]:
    return lambda statement: [tuple(row) for row in connection.exec_driver_sql(statement)]


def _schema(connection: sa.Connection) -> str:
    """The schema of our tables, quoted as the server quotes it."""
    return str(connection.exec_driver_sql(_SCHEMA).scalar_one())


def _triggers(catalog: Catalog, schema: str) -> Mapping[str, str]:
    """The statement of each trigger, exactly as the server writes it down."""
    made: dict[str, str] = {}
    for kind in catalog.values():
        table = kind.table
        journal, bump = f"{PREFIX}{table}_journal", f"{PREFIX}{table}_rev"
        made[journal] = _trigger(journal, "AFTER INSERT OR DELETE OR UPDATE", f"{schema}.{table}", "ROW", journal)
        made[bump] = _trigger(bump, "BEFORE UPDATE", f"{schema}.{table}", "ROW", bump)
        emptied = f"{PREFIX}{table}_truncate"
        made[emptied] = _trigger(emptied, "AFTER TRUNCATE", f"{schema}.{table}", "STATEMENT", emptied)
    for word in ("update", "delete", "truncate"):
        name = f"{CHANGES}_no_{word}"
        made[name] = _trigger(name, f"BEFORE {word.upper()}", f"{schema}.{CHANGES}", "STATEMENT", f"{CHANGES}_kept")
    name = f"{IMAGES}_no_update"
    made[name] = _trigger(name, "BEFORE UPDATE", f"{schema}.{IMAGES}", "STATEMENT", f"{IMAGES}_kept")
    for event, rows in _LEDGER_EVENTS.items():
        name = f"{RESOURCES}_{event}"
        made[name] = _trigger(name, f"AFTER {event.upper()}", f"{schema}.{RESOURCES}", "STATEMENT", name, rows=rows)
    for event in ("update", "delete", "truncate"):
        name = f"{JOURNAL}_{event}"
        made[name] = _trigger(name, f"AFTER {event.upper()}", f"{schema}.{JOURNAL}", "STATEMENT", f"{JOURNAL}_cut")
    return made


def _trigger(name: str, event: str, table: str, each: str, function: str, *, rows: str = "") -> str:
    schema = table.rpartition(".")[0]
    return f"CREATE TRIGGER {name} {event} ON {table}{rows} FOR EACH {each}{_CALLS}{schema}.{function}()"


def _functions(catalog: Catalog, schema: str) -> Mapping[str, str]:
    """The body of each function."""
    made: dict[str, str] = {}
    for kind in catalog.values():
        made[f"{PREFIX}{kind.table}_journal"] = _journal_body(kind, schema)
        made[f"{PREFIX}{kind.table}_rev"] = _bump_body(kind)
        noted = _note(schema, kind.table, "''", "''", "'truncate'", "'[]'")
        made[f"{PREFIX}{kind.table}_truncate"] = f"\nBEGIN\n  {noted};\n  RETURN NULL;\nEND\n"
    made[f"{CHANGES}_kept"] = (
        f"\nBEGIN\n  RAISE EXCEPTION '{CHANGES} is append-only' USING ERRCODE = 'restrict_violation';\nEND\n"
    )
    # An image may be thrown away, with what is secret in it; it is never changed.
    made[f"{IMAGES}_kept"] = (
        f"\nBEGIN\n  RAISE EXCEPTION '{IMAGES} is never changed' USING ERRCODE = 'restrict_violation';\nEND\n"
    )
    for event in _LEDGER_EVENTS:
        made[f"{RESOURCES}_{event}"] = _ledger_body(event, schema)
    cut = _note(schema, JOURNAL, "''", "''", "lower(TG_OP)", "'[]'")
    made[f"{JOURNAL}_cut"] = f"\nBEGIN\n  {cut};\n  RETURN NULL;\nEND\n"
    return made


def _counted(kind: Kind) -> list[str]:
    return [column for column in every_column(kind) if column not in _UNCOUNTED]


def _journal_body(kind: Kind, schema: str) -> str:
    names = "\n".join(
        f'  IF OLD."{column}" IS DISTINCT FROM NEW."{column}" THEN changed := changed || \',"{column}"\'; END IF;'
        for column in _counted(kind)
    )
    listed = "'[' || substr(changed, 2) || ']'"
    table = kind.table
    first = _note(schema, table, "OLD.tenant_key", "OLD.name", "'update'", listed)
    again = _note(schema, table, "NEW.tenant_key", "NEW.name", "'update'", listed)
    born = _note(schema, table, "NEW.tenant_key", "NEW.name", "'insert'", "'[]'")
    gone = _note(schema, table, "OLD.tenant_key", "OLD.name", "'delete'", "'[]'")
    touched = _note(schema, table, "NEW.tenant_key", "NEW.name", "'touch'", "'[]'")
    if kind.is_tenant:
        row = f"INSERT INTO {schema}.{TENANTS} (tenant, generation) VALUES (NEW.name, 0)"  # noqa: S608  # declarations
        born += f";\n    {row} ON CONFLICT DO NOTHING"
    return f"""
DECLARE
  changed text := '';
BEGIN
  IF TG_OP = 'INSERT' THEN
    {born};
    RETURN NULL;
  ELSIF TG_OP = 'DELETE' THEN
    {gone};
    RETURN NULL;
  END IF;
{names}
  IF changed <> '' THEN
    {first};
    IF OLD.tenant IS DISTINCT FROM NEW.tenant OR OLD.name IS DISTINCT FROM NEW.name THEN
      {again};
    END IF;
  ELSIF OLD *<> NEW THEN
    {touched};
  END IF;
  RETURN NULL;
END
"""


def _ledger_body(event: str, schema: str) -> str:
    """An entry for each entry of the ledger that a statement wrote, all at once."""
    if event == "truncate":
        noted = _note(schema, RESOURCES, "''", "''", "'truncate'", "'[]'")
        return f"\nBEGIN\n  {noted};\n  RETURN NULL;\nEND\n"
    names = [word for word in ("before", "after") if word in _LEDGER_EVENTS[event]]
    rows = " UNION ".join(f"SELECT tenant, name FROM {one}" for one in names)  # noqa: S608  # constants
    noted = _note(schema, RESOURCES, "r.tenant", "r.name", f"'{event}'", "'[]'", rows=f"({rows}) AS r")
    return f"\nBEGIN\n  {noted};\n  RETURN NULL;\nEND\n"


def _bump_body(kind: Kind) -> str:
    changed = " OR ".join(f'OLD."{column}" IS DISTINCT FROM NEW."{column}"' for column in _counted(kind))
    return f"""
BEGIN
  IF NEW.rev = OLD.rev AND ({changed}) THEN
    NEW.rev := OLD.rev + 1;
    NEW.updated_at := {_NOW};
  END IF;
  RETURN NEW;
END
"""


def _note(schema: str, table: str, tenant: str, name: str, operation: str, columns: str, *, rows: str = "") -> str:
    run = "nullif(current_setting('reconciler.run', true), '')"
    actor = "nullif(current_setting('reconciler.operator', true), '')"
    values = (
        f"{_NOW}, '{table}', {tenant}, {name}, {operation}, {columns}, {run}, {actor}, "
        "session_user::text, nullif(current_setting('application_name'), ''), pg_current_xact_id()::text::bigint"
    )
    written = f"SELECT {values} FROM {rows}" if rows else f"VALUES ({values})"  # noqa: S608  # declarations
    return f"INSERT INTO {schema}.{JOURNAL} ({_JOURNAL_COLUMNS})\n      {written}"  # declarations


_SCHEMA = "SELECT quote_ident(current_schema())"
_OURS = f"""
SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND starts_with(t.tgname, '{PREFIX}') AND c.relnamespace = current_schema()::regnamespace
"""  # noqa: S608  # a constant
_THERE = """
SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled::text, quote_ident(n.nspname), p.proname, p.prosrc,
    p.prosecdef, p.proconfig
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
