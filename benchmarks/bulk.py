"""The floor of a first apply: the rows of every manifest, and all that is recorded of them, written in bulk.

What is recorded is what the product records: an entry of the ledger with what was applied, a row of the audit with the
fields and a hash over it and over the row before it, an image by which the run can be undone and its hash, and a row of
the journal. Here they are written by one statement a table, in one transaction, into a new SQLite file or by COPY into
a new database of a server; nothing is checked, compared, locked or read back.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from pydantic_core import to_json

RUN, AT, ACTOR = "00000000-0000-4000-8000-000000000000", "2026-01-01T00:00:00Z", "installer nobody"
TABLES = {
    "ledger": ("kind", "tenant", "name", "row_id", "applied", "source", "management", "applied_at", "run"),
    "audit": (
        *("seq", "run", "at", "actor", "kind", "tenant", "name", "action", "reason", "fields", "source"),
        *("previous", "image", "hash"),
    ),
    "images": ("run", "kind", "tenant", "name", "facts"),
    "journal": ("seq", "at", "table_name", "tenant", "name", "operation", "columns", "run", "actor"),
}
"""Tables beside those of the kinds, with their columns."""
KEYS = {"ledger": "kind, tenant, name", "audit": "seq", "images": "run, kind, tenant, name", "journal": "seq"}
INDEXES = {"audit": ("kind, tenant, name", "run"), "journal": ("table_name, tenant, name",)}

Rows = Mapping[tuple[str, str], tuple[Any, ...]]
Put = Callable[[str, Sequence[str], Sequence[Sequence[Any]], str], None]
"""Makes a table and fills it: its name, its columns, its rows, its primary key."""


def write(
    wanted: Mapping[str, Rows], tables: Mapping[str, tuple[str, list[str]]], database: str, hashes: Mapping[str, Any]
) -> int:
    """Write every row, and what is recorded of it, into a new database; gives the number of rows.

    ``tables`` are name and columns of the table of each kind; ``hashes`` the passwords of the rows of a kind, as they
    rest. ``database`` is a file, or the address of a server's database.
    """
    kept: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
    end = RUN
    filled: list[tuple[str, Sequence[str], Sequence[Sequence[Any]], str]] = []
    for kind, rows in wanted.items():
        table, names = tables[kind]
        columns = ["labels", "annotations", *names]
        found = [(number, *key, 1, AT, AT, *row) for number, (key, row) in enumerate(rows.items(), 1)]
        if kind in hashes:
            found = [(*row, rest) for row, rest in zip(found, hashes[kind], strict=True)]
        written = ["id", "tenant_key", "name", "rev", "created_at", "updated_at", *columns]
        filled.append((table, [*written, "password"] if kind in hashes else written, found, "tenant_key, name"))
        end = _record(kind, table, columns, rows, kept, end)
    if database.startswith("postgresql"):
        _by_copy(database, [*filled, *((name, TABLES[name], kept[name], KEYS[name]) for name in TABLES)])
    else:
        _by_file(database, [*filled, *((name, TABLES[name], kept[name], KEYS[name]) for name in TABLES)])
    return sum(map(len, wanted.values()))


def _record(
    kind: str, table: str, columns: Sequence[str], rows: Rows, kept: Mapping[str, list[tuple[Any, ...]]], end: str
) -> str:
    """What is recorded of the rows of a kind; gives the hash of the last row of the audit."""
    ledger, audit, images, journal = (kept[name].append for name in TABLES)
    seq = len(kept["audit"])
    for number, ((tenant, name), row) in enumerate(rows.items(), 1):
        seq += 1
        values = dict(zip(columns, row, strict=True))
        applied = to_json(values).decode()
        source = f"tenants/{tenant}/{kind.lower()}-{name}.yaml:4"
        given = [
            {"path": path, "before": None, "after": value, "cause": "intent"}
            for path, value in values.items()
            if value is not None
        ]
        facts = to_json({"before": None, "after": values, "ledger": [None, [applied, source, None, "full"]]}).decode()
        image = sha256(to_json([RUN, kind, tenant, name, facts])).hexdigest()
        told = (seq, RUN, AT, ACTOR, kind, tenant, name, "create", "", to_json(given).decode(), source, end, image)
        end = sha256(to_json(told)).hexdigest()
        ledger((kind, tenant, name, number, applied, source, "full", AT, RUN))
        audit((*told, end))
        images((RUN, kind, tenant, name, facts))
        journal((seq, AT, table, tenant, name, "insert", "", RUN, ACTOR))
    return end


def hashed(wanted: Mapping[str, Rows], kinds: Iterable[str]) -> dict[str, list[str]]:
    """The hash of the password of every row that has one, by kind, with the parameters of the product; side by side."""
    from concurrent.futures import ThreadPoolExecutor

    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    hasher, word = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY), os.environ["BENCH_SECRET"]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return {kind: list(pool.map(hasher.hash, [word] * len(wanted[kind]))) for kind in kinds}


def _by_file(database: str, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]], str]]) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("BEGIN IMMEDIATE")
    for table, columns, rows, key in tables:
        names = ", ".join(f'"{one}"' for one in columns)
        connection.execute(f"CREATE TABLE {table} ({names}, PRIMARY KEY ({key}))")
        for number, index in enumerate(INDEXES.get(table, ())):
            connection.execute(f"CREATE INDEX ix_{table}_{number} ON {table} ({index})")
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)
    connection.execute("COMMIT")


def _by_copy(database: str, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]], str]]) -> None:
    import psycopg

    with psycopg.connect(database) as connection:
        for table, columns, rows, key in tables:
            typed = ", ".join(f'"{one}" {_type(rows, place)}' for place, one in enumerate(columns))
            connection.execute(f"CREATE TABLE {table} ({typed}, PRIMARY KEY ({key}))")
            for number, index in enumerate(INDEXES.get(table, ())):
                connection.execute(f"CREATE INDEX ix_{table}_{number} ON {table} ({index})")
            names = ", ".join(f'"{one}"' for one in columns)
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)


def _type(rows: Sequence[Sequence[Any]], place: int) -> str:
    value = next((row[place] for row in rows if row[place] is not None), "")
    return "boolean" if isinstance(value, bool) else "bigint" if isinstance(value, int) else "text"
