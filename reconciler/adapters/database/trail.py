"""What the database remembers beside the rows: who wrote which, what an apply wrote last, and findings of drift.

Every question is about a few addresses, so it goes by the index and not through the whole journal. ``?`` stands for a
value in a statement, in the words of either driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from reconciler.adapters.database.columns import CHANGES, FINDINGS, JOURNAL, RUNS
from reconciler.adapters.database.read import Fetch
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.drift import AppliedChange, FindingState, Recorded, Sort, Written
from reconciler.model.focus import Reading
from reconciler.model.past import Past
from reconciler.model.resource import Live, Row
from reconciler.model.rule import Seek
from reconciler.model.tenantview import TenantLive

Ask = Callable[[str, Sequence[Any]], list[Row]]
"""Runs a statement with values and gives all its rows as plain tuples."""

_AT_ONCE = 200
"""Addresses in one statement: three values each, and the oldest SQLite takes 999."""

FINDING_COLUMNS = (
    "id",
    "kind",
    "tenant",
    "name",
    "path",
    "finding",
    "state",
    "waiver",
    "first_seen",
    "last_seen",
    "resolved_at",
)

KEEP = (
    f"INSERT INTO {FINDINGS} ({', '.join(FINDING_COLUMNS)}) "  # noqa: S608  # constants
    f"VALUES ({', '.join('?' for _ in FINDING_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in FINDING_COLUMNS[6:])
)
"""Writes one finding down."""


class Look:
    """One consistent read; see :class:`reconciler.ports.Look`.

    ``ask`` runs a statement with values; ``live`` reads what :meth:`live` gives.
    """

    def __init__(self, fetch: Fetch, ask: Ask, catalog: Catalog, live: Callable[[], Live]) -> None:
        self._fetch = fetch
        self._ask = ask
        self._catalog = catalog
        self._live = live

    def live(self) -> Live:
        """The database."""
        return self._live()

    def tenants(self, reading: Reading, declared: Iterable[Address]) -> TenantLive | None:
        """Some tenants, and what belongs to none."""
        from reconciler.adapters.database.tenants import read_tenants  # late: only a plan with targets needs it

        return read_tenants(self._fetch, self._ask, self._catalog, reading, declared)

    def holders(self, seeks: Iterable[Seek]) -> set[Address]:
        """The resources that have one of some natural keys.

        Raises:
            NeedsAll: they are no keys by which the database finds rows.
        """
        from reconciler.adapters.database.tenants import holders  # late, as above

        return holders(self._ask, self._catalog, seeks)

    def writes(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[Written]]:
        """What the journal tells of rows, oldest first; that a whole table was emptied is told of each of its rows."""
        wanted = sorted({one for one in addresses if one.kind in self._catalog})
        tables = {kind.table: name for name, kind in self._catalog.items()}
        keys = [(self._catalog[one.kind].table, one.tenant, one.name) for one in wanted]
        keys += sorted({(table, "", "") for table, _, _ in keys})
        # Any program of a server can name a run; only one that was committed was an apply.
        run = f"(SELECT id FROM {RUNS} WHERE id = {JOURNAL}.run)"  # noqa: S608  # constants
        columns = f"table_name, tenant, name, seq, at, operation, columns, {run}, actor, database_user, application"
        found: dict[Address, list[Written]] = {}
        emptied: dict[str, list[Written]] = {}
        for table, tenant, name, *rest in self._about(JOURNAL, ("table_name", "tenant", "name"), columns, keys):
            written = _written(rest)
            if written.operation == "touch":
                continue  # no field of it was written
            if written.operation == "truncate":
                emptied.setdefault(tables[table], []).append(written)
            else:
                found.setdefault(Address(tables[table], tenant, name), []).append(written)
        return {
            one: sorted((*found.get(one, ()), *emptied.get(one.kind, ())), key=lambda entry: entry.number)
            for one in wanted
        }

    def applied(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[AppliedChange]]:
        """What applies wrote to resources, oldest first."""
        keys = sorted({tuple(one) for one in addresses})
        found: dict[Address, list[AppliedChange]] = {}
        for kind, tenant, name, _, fields, commit in self._about(
            CHANGES, ("kind", "tenant", "name"), "kind, tenant, name, seq, fields, commit_id", keys
        ):
            change = AppliedChange(frozenset(_paths(fields)), commit)
            found.setdefault(Address(kind, tenant, name), []).append(change)
        return found

    def findings(self, reading: Reading | None = None) -> Mapping[str, Recorded]:
        """The findings that were written down, by id: with ``reading``, at least those inside its focus."""
        named = ("", *reading.focus.named) if reading is not None and reading.focus.named else ()
        inside = f" WHERE tenant IN ({', '.join('?' for _ in named)})" if 0 < len(named) <= _AT_ONCE else ""
        statement = f"SELECT {', '.join(FINDING_COLUMNS)} FROM {FINDINGS}{inside}"  # noqa: S608  # constants
        return {row[0]: recorded(row) for row in self._ask(statement, named if inside else ())}

    def _about(
        self, table: str, key: Sequence[str], columns: str, keys: Sequence[tuple[str, ...]]
    ) -> Iterator[tuple[Any, ...]]:
        """The rows of a table for some keys of three parts, those of a key in order of ``seq``."""
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            listed = ", ".join("(?, ?, ?)" for _ in some)
            here = " AND ".join(f"{table}.{column} = k{place}" for place, column in enumerate(key))
            # A join in this order, and not IN: SQLite would read the whole table for that.
            statement = (
                f"WITH wanted (k0, k1, k2) AS (VALUES {listed}) "  # noqa: S608  # constants
                f"SELECT {columns} FROM wanted CROSS JOIN {table} WHERE {here} ORDER BY seq"
            )
            yield from self._ask(statement, [part for one in some for part in one])

    def past(self, run_id: str) -> Past | None:
        """A run with everything that it wrote."""
        from reconciler.adapters.database.past import past  # late: drift needs none of it

        return past(self._fetch, self._ask, run_id)

    def rests(self, run_id: str) -> Mapping[tuple[Address, str], str | None]:
        """The former secrets that a run wrote over."""
        from reconciler.adapters.database.past import rests  # late, as above

        return rests(self._ask, run_id)

    def newest_change(self) -> int:
        """The number of the newest change."""
        return newest_change(self._ask)

    def moved(self, *, after: int, until: int) -> Mapping[Address, Address]:
        """What some changes moved."""
        from reconciler.adapters.database.past import moved  # late, as above

        return moved(self._ask, after=after, until=until)


class EmptyLook:
    """What a database that does not exist yet tells."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def live(self) -> Live:
        """What it will hold at first."""
        return self._live

    def tenants(self, reading: Reading, declared: Iterable[Address]) -> TenantLive | None:  # noqa: ARG002  # there are none
        """None: there is nothing to choose from."""
        return None

    def holders(self, seeks: Iterable[Seek]) -> set[Address]:  # noqa: ARG002  # nobody has anything
        """None."""
        return set()

    def writes(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[Written]]:  # noqa: ARG002  # nobody wrote
        """Nothing."""
        return {}

    def applied(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[AppliedChange]]:  # noqa: ARG002  # nothing was
        """Nothing."""
        return {}

    def findings(self, reading: Reading | None = None) -> Mapping[str, Recorded]:  # noqa: ARG002  # none were
        """None."""
        return {}

    def past(self, run_id: str) -> Past | None:  # noqa: ARG002  # nothing was
        """None."""
        return None

    def rests(self, run_id: str) -> Mapping[tuple[Address, str], str | None]:  # noqa: ARG002  # nothing was
        """None."""
        return {}

    def newest_change(self) -> int:
        """None."""
        return 0

    def moved(self, *, after: int, until: int) -> Mapping[Address, Address]:  # noqa: ARG002  # nothing was
        """Nothing."""
        return {}


def newest_change(ask: Ask) -> int:
    """The number of the newest change; 0 when there is none."""
    return int(ask(f"SELECT coalesce(max(seq), 0) FROM {CHANGES}", ())[0][0])  # noqa: S608  # constants


def values_of(one: Recorded) -> tuple[Any, ...]:
    """A finding as the values of :data:`KEEP`."""
    about = (one.id, *one.address, one.path, str(one.sort), str(one.state))
    return (*about, one.waiver, one.first_seen, one.last_seen, one.resolved_at)


def recorded(row: Row) -> Recorded:
    """A finding from the values of :data:`FINDING_COLUMNS`."""
    number, kind, tenant, name, path, sort, state, waiver, first, last, resolved = row
    return Recorded(
        id=number,
        address=Address(kind, tenant, name),
        path=path,
        sort=Sort(sort),
        state=FindingState(state),
        first_seen=first,
        last_seen=last,
        waiver=waiver,
        resolved_at=resolved,
    )


def _written(row: Sequence[Any]) -> Written:
    number, at, operation, columns, run, actor, user, application = row
    return Written(
        number=number,
        at=at,
        operation=operation,
        columns=tuple(_strings(columns)),
        run=run or "",
        operator=actor or "",
        user=user or "",
        application=application or "",
    )


def _strings(text: str) -> list[str]:
    found = _json(text)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _paths(text: str) -> list[str]:
    found = _json(text)
    entries = found if isinstance(found, list) else []
    return [str(one["path"]) for one in entries if isinstance(one, dict) and "path" in one]


def _json(text: str) -> Any:
    """Another program may have written what is no JSON."""
    try:
        return from_json(text)
    except ValueError:
        return None
