"""Column types and defaults that mean the same on SQLite and on PostgreSQL.

Times, dates and JSON are text: SQLite has no types for them, and both databases must hold the same facts byte for byte.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

TEXT = sa.Text()
INT: TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOOL: TypeEngine[bool] = sa.Boolean().with_variant(sa.Integer(), "sqlite")

_DIALECT = "dialect"

TYPES: dict[str, TypeEngine[Any]] = {"text": TEXT, "json": TEXT, "int": INT, "bool": BOOL}


def tables_for(dialect: str) -> sa.MetaData:
    """Room for tables of one sort of database, or of every sort where ``dialect`` is empty; see :func:`special`."""
    return sa.MetaData(info={_DIALECT: dialect})


def special(metadata: sa.MetaData, **options: Any) -> dict[str, Any]:
    """Those of the ``options`` of tables and indexes that their sort of database knows.

    SQLAlchemy loads a dialect to judge an option of it: that of a server takes a tenth of a second.
    """
    dialect = metadata.info.get(_DIALECT)
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
