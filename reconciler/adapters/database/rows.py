"""Writing rows in bulk, by compare-and-set on ``rev``, and reading them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from reconciler.adapters.database.faults import explain, is_taken_key, refused_by
from reconciler.adapters.database.netting import Write, groups_of
from reconciler.adapters.database.room import make_room
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.errors import ReconcilerError, RowRefused, Stale, WorldError
from reconciler.model.failpoint import reach
from reconciler.model.kind import Kind
from reconciler.model.pace import counter

_CHUNK = 400
"""Rows that one statement asks for: well below the number of variables that a statement may have."""
_WASTE = 1.5
"""How many times the rows that are asked for a table may hold and still be read whole."""


def write_rows(connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, writes: Sequence[Write]) -> None:
    """Write rows, many a statement.

    Raises:
        Stale: a row does not have the revision that was planned against, is gone, or is there already (DB-09).
        WorldError: a constraint refuses a row (DB-06), or the disk does (DB-10).
    """
    try:
        with connection.begin_nested():
            _write_all(connection, metadata, catalog, writes)
    except _KeyTakenError as taken:

        def write_one(write: Write) -> bool:
            try:
                with connection.begin_nested():
                    _write_all(connection, metadata, catalog, [write])
            except ReconcilerError:
                return False
            return True

        with connection.begin_nested() as undo:
            remaining = make_room(connection, metadata, catalog, writes, write_one=write_one)
            try:
                _write_all(connection, metadata, catalog, remaining)
            except _KeyTakenError:
                undo.rollback()
                raise taken from None


class _KeyTakenError(RowRefused):
    """A natural key belongs to another row; perhaps only for now."""


def _write_all(connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, writes: Sequence[Write]) -> None:
    done = counter(len(writes))
    for group in groups_of(writes):
        table = metadata.tables[catalog[group[0].address.kind].table]
        statement = _statement(table, group[0])
        missed = False
        try:
            with connection.begin_nested() as undo:
                if group[0].operation == "insert":
                    columns = tuple(group[0].values)
                    add_rows(connection, table, columns, [tuple(write.values.values()) for write in group])
                elif connection.execute(statement, [_parameters(write) for write in group]).rowcount != len(group):
                    missed = True
                    undo.rollback()
        except (sa.exc.StatementError, OverflowError) as error:
            raise _refusal(connection, metadata, table, statement, group, error) from None
        if missed:
            raise _moved(connection, table, group)
        done(len(group))
        reach("amid-rows")


def read_back(
    connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, writes: Sequence[Write]
) -> dict[Address, int]:
    """Read what was written and compare; gives the number of each row that is there.

    Raises:
        WorldError: a row holds something else than what was written (DB-07).
    """
    by_kind: dict[str, list[Write]] = {}
    for write in writes:
        by_kind.setdefault(write.address.kind, []).append(write)
    numbers: dict[Address, int] = {}
    for kind, group in by_kind.items():
        table = metadata.tables[catalog[kind].table]
        columns = sorted({column for write in group for column in write.values} | {"rev"})
        place = {column: index for index, column in enumerate(columns, 3)}
        whole = itemgetter(*columns)
        found = {row[:2]: row for row in _rows(connection, table, [one.address for one in group], columns)}
        for write in group:
            row = found.get((write.address.tenant, write.address.name))
            if not _as_written(write, row, place, whole):
                raise WorldError(
                    f"{write.address} was not stored as it was written; everything was rolled back", code="DB-07"
                )
            if row is not None:
                numbers[write.address] = row[2]
    return numbers


def add_rows(
    connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows, each the values of ``columns`` in order, in the quickest way that the database has."""
    if connection.dialect.name == "postgresql":
        from reconciler.adapters.database.postgres import bulk

        if len(rows) >= bulk.FROM:
            bulk.copy_rows(connection, table, columns, rows)
            return
    elif len(rows) > 1:
        # Plain tuples for the driver: SQLAlchemy would look at every value, and there is nothing to convert.
        listed, marks = ", ".join(f'"{one}"' for one in columns), ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})'  # noqa: S608  # names come from the declarations only
        connection.exec_driver_sql(statement, list(rows))
        return
    connection.execute(sa.insert(table), [dict(zip(columns, row, strict=True)) for row in rows])


def renew_rows(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]
) -> None:
    """Add rows, all with the same columns, or renew those that are there with the same key."""
    add: Any
    if connection.dialect.name == "sqlite":  # the other dialect takes some time to load
        from sqlalchemy.dialects import sqlite

        add = sqlite.insert(table)
    else:
        from sqlalchemy.dialects import postgresql

        add = postgresql.insert(table)
    renewed = {name: add.excluded[name] for name in rows[0] if name not in key}
    connection.execute(add.on_conflict_do_update(index_elements=key, set_=renewed), list(rows))


def numbers_of(
    connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, addresses: Iterable[Address]
) -> dict[Address, int]:
    """The numbers of rows that are there."""
    by_kind: dict[str, list[Address]] = {}
    for address in addresses:
        by_kind.setdefault(address.kind, []).append(address)
    numbers: dict[Address, int] = {}
    for kind, group in by_kind.items():
        for row in _rows(connection, metadata.tables[catalog[kind].table], group, ()):
            numbers[Address(kind, row[0], row[1])] = row[2]
    return numbers


def columns_now(
    connection: sa.Connection, metadata: sa.MetaData, kind: Kind, addresses: Sequence[Address], columns: Sequence[str]
) -> dict[Address, dict[str, Any]]:
    """Columns of rows as they are now, by address."""
    found = _rows(connection, metadata.tables[kind.table], addresses, columns)
    return {Address(kind.name, row[0], row[1]): dict(zip(columns, row[3:], strict=True)) for row in found}


def chunks(things: Iterable[Any], size: int = _CHUNK) -> Iterator[list[Any]]:
    """``things`` in parts: of as many as one statement can ask for."""
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part


def _statement(table: sa.Table, like: Write) -> sa.Insert | sa.Update | sa.Delete:
    if like.operation == "insert":
        return sa.insert(table)
    here = [table.c.tenant_key == sa.bindparam("b_tenant"), table.c.name == sa.bindparam("b_name")]
    if like.rev is not None:
        here.append(table.c.rev == sa.bindparam("b_rev"))
    if like.operation == "delete":
        return sa.delete(table).where(*here)
    values: dict[str, Any] = {column: sa.bindparam(f"v_{column}") for column in like.values}
    return sa.update(table).where(*here).values({**values, "rev": table.c.rev + 1})


def _parameters(write: Write) -> dict[str, Any]:
    if write.operation == "insert":
        return write.values
    found: dict[str, Any] = {"b_tenant": write.address.tenant, "b_name": write.address.name}
    if write.rev is not None:
        found["b_rev"] = write.rev
    found.update({f"v_{column}": value for column, value in write.values.items()})
    return found


def _rows(
    connection: sa.Connection, table: sa.Table, addresses: Sequence[Address], columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    wanted = sa.select(table.c.tenant_key, table.c.name, table.c.id, *(table.c[column] for column in columns))
    if len(addresses) > _CHUNK and _mostly(connection, table, len(addresses)):
        asked = {(one.tenant, one.name) for one in addresses}
        yield from (row for row in map(tuple, connection.execute(wanted).fetchall()) if row[:2] in asked)
        return
    key = sa.tuple_(table.c.tenant_key, table.c.name)
    for part in chunks(addresses):
        pairs = [(one.tenant, one.name) for one in part]
        found = connection.execute(wanted.where(key.in_(pairs)))
        yield from map(tuple, found.fetchall())


def _mostly(connection: sa.Connection, table: sa.Table, asked: int) -> bool:
    """Whether those who ask for so many rows are quicker served with the whole table."""
    there: int = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return there <= _WASTE * asked


def _as_written(
    write: Write, row: tuple[Any, ...] | None, place: dict[str, int], whole: Callable[[Mapping[str, Any]], Any]
) -> bool:
    """Whether a row holds what was written; ``whole`` gives the values of a write that has every column in order."""
    if write.operation == "delete" or row is None:
        return write.operation == "delete" and row is None
    if write.operation == "insert" and len(write.values) == len(place):
        return bool(row[3:] == whole(write.values))
    if any(row[place[column]] != value for column, value in write.values.items()):
        return False
    return write.operation == "insert" or write.rev is None or row[place["rev"]] == write.rev + 1


def _moved(connection: sa.Connection, table: sa.Table, group: Sequence[Write]) -> Stale:
    """Which rows are not as they were planned against; what the statement had changed is undone already."""
    found = {row[:2]: row[3] for row in _rows(connection, table, [one.address for one in group], ["rev"])}
    wrong: list[Address] = []
    for write in group:
        rev = found.get((write.address.tenant, write.address.name))
        if rev is None or (write.rev is not None and rev != write.rev):
            wrong.append(write.address)
    return _stale("moved since the plan was made", wrong or [one.address for one in group])


def _stale(what: str, addresses: Sequence[Address]) -> Stale:
    named = ", ".join(str(one) for one in addresses[:5]) + (
        f" and {len(addresses) - 5} more" if len(addresses) > 5 else ""
    )
    return Stale(f"rows have {what}: {named}", code="DB-09", hint="make a new plan")


def _refusal(
    connection: sa.Connection,
    metadata: sa.MetaData,
    table: sa.Table,
    statement: Any,
    group: Sequence[Write],
    error: Exception,
) -> ReconcilerError:
    """Find the row that was refused. The transaction is lost, so the price of a statement a row does not matter."""
    if not _is_refusal(error):
        return explain(getattr(error, "orig", None) or error, "writing")
    if group[0].operation == "insert":
        there = [
            Address(group[0].address.kind, row[0], row[1])
            for row in _rows(connection, table, [one.address for one in group], ())
        ]
        if there:
            return _stale("appeared since the plan was made", there)
    culprit, cause = None, error
    for write in group:
        try:
            connection.execute(statement, _parameters(write))
        except (sa.exc.StatementError, OverflowError) as single:
            culprit, cause = write, single
            break
    what = refused_by(getattr(cause, "orig", None) or cause, _names(metadata))
    where = "" if culprit is None else f" {culprit.address}"
    error_type = _KeyTakenError if is_taken_key(getattr(cause, "orig", None) or cause) else RowRefused
    return error_type(
        f"the database refuses{where} in table {table.name}: {what}; everything was rolled back",
        code="DB-06",
        hint="the row would break a constraint of the database that no rule found; look at the rows that are there",
        address=None if culprit is None else culprit.address,
    )


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, sa.exc.IntegrityError | sa.exc.DataError | OverflowError) or not isinstance(
        error, sa.exc.DBAPIError
    )


def _names(metadata: sa.MetaData) -> frozenset[str]:
    names: set[str] = set()
    for table in metadata.tables.values():
        names.add(table.name)
        names.update(column.name for column in table.columns)
        names.update(str(one.name) for one in table.constraints if one.name)
        names.update(str(one.name) for one in table.indexes if one.name)
    return frozenset(names)
