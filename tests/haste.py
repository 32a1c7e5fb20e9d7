"""What is dear and proves nothing when it is done again and again: done once a process of tests, and repeated.

Three things cost most of an apply to an empty database: the hashing of passwords, which is meant to be dear, the walk
through all revisions of the schema, and the making of all tables from their declarations. Any call looks through all
that is installed for kinds of other packages, and where tests are run, much is installed. The tests of those things
themselves go :func:`the_long_way`, and `tests/house/test_haste.py` holds both ways side by side. Processes that tests
start know nothing of this: they do what the program does.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import EntryPoints, entry_points
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from argon2 import profiles

from reconciler import kinds
from reconciler.adapters.database import at_once, tables
from reconciler.model.catalog import Catalog

_COST, _UPGRADE, _MAKE = profiles.RFC_9106_LOW_MEMORY, command.upgrade, tables.metadata_of
_AT_ONCE = at_once.made_at_once
_QUICK_COST = replace(_COST, time_cost=1, memory_cost=8 * _COST.parallelism)

_walked: dict[tuple[Any, ...], list[tuple[str, Any]]] = {}
"""What was executed on the way from an empty database to the newest revision, by sort of database and revisions."""


def hurry() -> None:
    """Take the short ways from now on. Whoever imported a function before keeps the long way."""
    profiles.RFC_9106_LOW_MEMORY = _QUICK_COST
    command.upgrade = _repeated_upgrade
    tables.metadata_of = _remembered_tables
    kinds.entry_points = _remembered_points


@contextlib.contextmanager
def the_long_way() -> Iterator[None]:
    """Passwords at their full cost, and every revision by itself, for as long as this lasts.

    The program itself makes a new file at once; there the long way is a way of the tests.
    """
    before = profiles.RFC_9106_LOW_MEMORY, command.upgrade
    profiles.RFC_9106_LOW_MEMORY, command.upgrade = _COST, _UPGRADE
    at_once.made_at_once = lambda *_: False
    try:
        yield
    finally:
        profiles.RFC_9106_LOW_MEMORY, command.upgrade = before
        at_once.made_at_once = _AT_ONCE


def _repeated_upgrade(config: Config, revision: str, **options: Any) -> None:
    connection: sa.Connection = config.attributes["connection"]
    if revision != "head" or options or sa.inspect(connection).get_table_names():
        _UPGRADE(config, revision, **options)
        return
    dialect = connection.dialect
    key = (dialect.name, dialect.server_version_info, config.get_main_option("script_location"))
    if key not in _walked:
        _walked[key] = _executed(connection, config)
        return
    for statement, values in _walked[key]:
        connection.exec_driver_sql(statement, values)


def _executed(connection: sa.Connection, config: Config) -> list[tuple[str, Any]]:
    """Upgrade, and give what was executed for it."""
    found: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: Any) -> None:
        if not statement.lstrip().startswith(("SELECT", "PRAGMA")):  # which only look
            found.append((statement, values))

    sa.event.listen(connection, "before_cursor_execute", hear)
    try:
        _UPGRADE(config, "head")
    finally:
        sa.event.remove(connection, "before_cursor_execute", hear)
    return found


@dataclass(frozen=True, eq=False)
class _Kinds:
    """The kinds of a catalogue: the same when each of them is the same object in the same place."""

    catalog: Catalog

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.catalog.values())))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Kinds) or len(self.catalog) != len(other.catalog):
            return False
        return all(mine is theirs for mine, theirs in zip(self.catalog.values(), other.catalog.values(), strict=True))


def _remembered_points(*, group: str) -> EntryPoints:
    return _points(group, tuple(sys.path))


@lru_cache(maxsize=8)
def _points(group: str, _path: tuple[str, ...]) -> EntryPoints:
    return entry_points(group=group)


def _remembered_tables(catalog: Catalog, dialect: str = "") -> sa.MetaData:
    return _made(_Kinds(catalog), dialect)


@lru_cache(maxsize=8)
def _made(kinds: _Kinds, dialect: str) -> sa.MetaData:
    return _MAKE(kinds.catalog, dialect)
