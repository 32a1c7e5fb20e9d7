"""Column types, defaults, tables and indexes that mean the same on SQLite and on PostgreSQL.

Times, dates and JSON are text: SQLite has no types for them, and both databases must hold the same facts byte for byte.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeEngine

TEXT = sa.Text()
INT: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOOL: TypeEngine[bool] = sa.Boolean().with_variant(sa.Integer(), "sqlite")

_DIALECT = "dialect"

TYPES: dict[str, TypeEngine[Any]] = {"text": TEXT, "json": TEXT, "int": INT, "bool": BOOL}


def metadata_for(dialect: str) -> sa.MetaData:
    """Room for the tables of one dialect, ``sqlite`` or ``postgresql``; of both where ``dialect`` is empty.

    Raises:
        ValueError: it is another one: a unique index would lose its condition, and nobody would be told.
    """
    if dialect not in ("", "sqlite", "postgresql"):
        msg = f"there are no tables for {dialect}"
        raise ValueError(msg)
    return sa.MetaData(info={_DIALECT: dialect})


def strict_table(name: str, metadata: sa.MetaData, *items: SchemaItem, numbered: bool = False) -> sa.Table:
    """A table whose columns hold values of their type alone; ``numbered``: a number of a row never comes back."""
    options = {"sqlite_strict": True, **({"sqlite_autoincrement": True} if numbered else {})}
    return sa.Table(name, metadata, *items, **_known(metadata, options))


def partial_index(name: str, metadata: sa.MetaData, *parts: Any, where: str, unique: bool = False) -> sa.Index:
    """An index over the rows of which ``where`` is true."""
    options = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    return sa.Index(name, *parts, unique=unique, **_known(metadata, options))


def _known(metadata: sa.MetaData, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the dialect that the tables are for: to judge one of another, SQLAlchemy loads that dialect."""
    dialect = metadata.info[_DIALECT]
    return {name: value for name, value in options.items() if not dialect or name.startswith(f"{dialect}_")}


class utc_now(FunctionElement[str]):  # noqa: N801  # written and rendered like a function of SQL
    """The present second in UTC as RFC 3339 text with ``Z``."""

    type = sa.Text()
    inherit_cache = True


@compiles(utc_now, "sqlite")
def _sqlite_now(_element: utc_now, _compiler: Any, **_options: Any) -> str:
    return "(strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))"


@compiles(utc_now, "postgresql")
def _postgresql_now(_element: utc_now, _compiler: Any, **_options: Any) -> str:
    return """(to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))"""
