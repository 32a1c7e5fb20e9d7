"""Making room: what a plan does when one row takes a natural key that another gives up in the same plan.

Keys are checked row by row, so two rows cannot simply exchange theirs. Only when the database has refused a key are
rows that go deleted first, and those that give a key up moved aside under a name that no one else can have. All of it
happens inside of the same transaction; a row that was moved aside gets its real values in its own turn, and counts one
revision more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa

from reconciler.adapters.database.netting import Write
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind

_ASIDE = "\N{DELETE}"
"""Begins a value that stands for no real one: no manifest can hold this character."""

WriteOne = Callable[[Write], bool]
"""Does one write; False when it was refused or found no row, and then nothing has changed."""


def make_room(
    connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, writes: Sequence[Write], *, write_one: WriteOne
) -> list[Write]:
    """Do what frees natural keys; gives the writes that remain. It is the same list when nothing could be freed."""
    remaining: list[Write] = []
    for write in writes:
        if write.operation == "delete" and write_one(write):
            continue
        remaining.append(write)
        if write.operation != "insert":
            kind = catalog[write.address.kind]
            _move_aside(connection, metadata.tables[kind.table], kind, write)
    return remaining


def _move_aside(connection: sa.Connection, table: sa.Table, kind: Kind, write: Write) -> None:
    columns = dict.fromkeys(_freeing(kind, write))
    if not columns or write.rev is None:
        return
    here = (table.c.tenant_key == write.address.tenant, table.c.name == write.address.name, table.c.rev == write.rev)
    aside = dict.fromkeys(columns, f"{_ASIDE}{write.address}")
    moved = connection.execute(sa.update(table).where(*here).values({**aside, "rev": table.c.rev + 1}))
    if moved.rowcount == 1:
        write.rev += 1


def _freeing(kind: Kind, write: Write) -> Iterator[str]:
    """A column of free text for each natural key that the write gives up."""
    for key in kind.unique:
        fields = [kind.by_path[path] for path in key.paths if path in kind.by_path]
        changed = [one for one in fields if one.columns[0].name in write.values]
        candidates = fields if write.operation == "delete" else changed
        # An update moves a column aside only when it writes that very column in its own turn.
        free = [one for one in candidates if one.type == "text" and not one.words and one.ref is None]
        if free:
            yield free[0].columns[0].name
