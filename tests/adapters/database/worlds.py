"""A toy catalogue with a tenant, and plans over it made by hand."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from pydantic_core import to_json

from reconciler.adapters.database.keeping import Keeping
from reconciler.adapters.database.postgres.store import ServerDatabase
from reconciler.adapters.database.store import Database
from reconciler.adapters.database.urls import Server, SqliteFile
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization, Carriers
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Cause, Change, FieldChange
from reconciler.model.encode import stored_values
from reconciler.model.kind import Unique
from reconciler.model.plan import Plan
from reconciler.model.resource import Resource
from reconciler.model.run import Outcome, Run
from tests.engine.toy import GADGET, PARTNER, gadget, partner
from tests.servers import Cluster

TENANT = replace(
    PARTNER,
    is_tenant=True,
    seeds=({"name": "house", "title": "The house", "country": "PRT", "code": "P-0", "labels": {"of": "us"}},),
)
THING = replace(
    GADGET,
    unique=(
        Unique(code="GEN-03", paths=("serial",), at="serial", within="tenant"),
        Unique(code="TOY-20", paths=("keeper", "contact.email"), at="keeper", fold=True, when=(("enabled", True),)),
    ),
)
UNKEPT = Keeping(lambda: Path("/dev/null/rows"), trusts=False, fewest=1)
"""Readings have a pulse, and nothing is kept of them."""
CATALOG = Catalog([THING, TENANT])
SECRET_TEXT = "open-sesame-4711"  # what no output may hold


REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError, psycopg.DataError, psycopg.errors.DatatypeMismatch)
"""What the drivers raise when a database refuses a row."""


@dataclass(frozen=True)
class Served:
    """A place on a server, where :class:`Path` is one for an embedded database."""

    cluster: Cluster

    def store(self, template: str = "template0", catalog: Catalog = CATALOG, *, user: str = "postgres") -> Store:
        return self.open(self.cluster.database(template), catalog, user=user)

    def open(self, name: str, catalog: Catalog = CATALOG, *, user: str = "postgres") -> Store:
        return Store(self.cluster, name, catalog, user)

    def template(self, name: str, make: Callable[[Store], None]) -> str:
        """The name of a database that ``make`` has filled once."""
        if name not in self.cluster.templates:
            store = self.store()
            make(store)
            self.cluster.templates[name] = store.name
        return self.cluster.templates[name]


class Store(ServerDatabase):
    """A database of a server that tests may also reach behind the product's back."""

    def __init__(
        self, cluster: Cluster, name: str, catalog: Catalog, user: str, keeping: Keeping | None = UNKEPT
    ) -> None:
        super().__init__(Server(cluster.url(name, user).replace("+psycopg", "")), catalog, keeping)
        self.cluster = cluster
        self.name = name

    def connect(self, user: str = "postgres") -> psycopg.Connection[Any]:
        return self.cluster.connect(self.name, user)


Place = Path | Served


def database(place: Place, catalog: Catalog = CATALOG) -> Any:
    """A database without anything in it; an embedded one does not exist before its first apply."""
    if isinstance(place, Served):
        name = f"made {sorted(catalog)}"
        return place.store(place.template(name, lambda one: place.open(one.name, catalog).upgrade()), catalog)
    return Database(SqliteFile(place / "live.db"), catalog)


def empty(place: Place, catalog: Catalog = CATALOG, *, name: str = "live") -> Any:
    """A database that has no schema yet."""
    if isinstance(place, Served):
        return place.store(catalog=catalog)
    return Database(SqliteFile(place / f"{name}.db"), catalog)


def create(resource: Resource[Any], **columns: Any) -> Change:
    kind = CATALOG[resource.address.kind]
    names = [column.name for column in kind.columns]
    values = dict(zip(names, stored_values(kind, resource, {}), strict=True))
    values = {name: value for name, value in values.items() if not name.startswith("password")}
    values["state"] = values.get("state") or "active"
    values.update(columns)
    secrets = ("password",) if getattr(resource.spec, "password", None) is not None else ()
    return Change(
        address=resource.address,
        action=Action.CREATE,
        columns=values,
        secrets=secrets,
        after={"spec": {"title": values["title"]}},
        resource=resource,
        applied=to_json(values).decode(),
    )


def update(address: Address, rev: int, **columns: Any) -> Change:
    fields = tuple(
        FieldChange(path=name, before="?", after=value, cause=Cause.INTENT) for name, value in columns.items()
    )
    return Change(
        address=address,
        action=Action.UPDATE,
        columns=columns,
        fields=fields,
        rev=rev,
        applied=to_json(columns).decode(),
    )


def delete(address: Address, rev: int) -> Change:
    return Change(address=address, action=Action.DELETE, rev=rev, before={"spec": {}})


def plan_of(*changes: Change, **other: Any) -> Plan:
    return Plan(changes=changes, digest="sha256:made-by-hand", **other)


def authorized(plan: Plan) -> Authorization:
    """A plan that nobody has to judge any more."""
    return Authorization(plan=plan, carriers=Carriers(installer="tests"))


def run_of(number: int = 1) -> Run:
    return Run(
        id=f"run-{number}",
        digest="sha256:made-by-hand",
        actor="op@example.com",
        approvers=("second@example.com",),
        started_at="2026-05-01T10:00:00Z",
        finished_at="2026-05-01T10:00:01Z",
        outcome=Outcome.APPLIED,
        added=1,
        changed=0,
        destroyed=0,
        commit=None,
    )


def apply(
    store: Any,
    *changes: Change,
    number: int = 1,
    sealed: Mapping[tuple[Address, str], tuple[str, str | None]] | None = None,
    **other: Any,
) -> None:
    tenants = sorted({one.address.tenant for one in changes})
    with store.apply(tenants, lock_timeout=1) as session:
        session.write(authorized(plan_of(*changes, **other)), run=run_of(number), sealed=sealed or {})
        session.commit()


def filled(place: Place) -> Any:
    """A database with the tenant ``farol`` and its gadgets ``lamp`` and ``bell``."""
    if isinstance(place, Served):
        return place.store(place.template("filled", _fill))
    store = database(place)
    store.file.path.write_bytes(_filled_bytes())
    return store


def _fill(store: Any) -> None:
    store.upgrade()
    apply(store, create(partner()), create(gadget("lamp")), create(gadget("bell")))


@cache
def _filled_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        store = database(Path(folder))
        _fill(store)
        return store.file.path.read_bytes()


def sql(store: Any, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What another program would do."""
    if isinstance(store, Store):
        with store.connect() as served:
            cursor = served.execute(statement.replace("?", "%s").encode(), values or None)
            return [] if cursor.description is None else cursor.fetchall()
    connection = sqlite3.connect(store.file.path)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        found = connection.execute(statement, values).fetchall()
        connection.commit()
    finally:
        connection.close()
    return found


def content(store: Any) -> Any:
    """All that a database holds, to compare."""
    if isinstance(store, Store):
        return {name: sorted(sql(store, f"SELECT * FROM {name}"), key=repr) for name in tables(store)}
    return store.file.path.read_bytes()


def tables(store: Any) -> set[str]:
    if isinstance(store, Store):
        return {row[0] for row in sql(store, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    return {row[0] for row in sql(store, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def unwatch(store: Any) -> None:
    """Take every trigger away."""
    if isinstance(store, Store):
        there = sql(store, "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        for name, table in there:
            sql(store, f"DROP TRIGGER {name} ON {table}")
        return
    for (name,) in sql(store, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        sql(store, f"DROP TRIGGER {name}")


LAMP = Address("Gadget", "farol", "lamp")
BELL = Address("Gadget", "farol", "bell")
FAROL = Address("Partner", "", "farol")
