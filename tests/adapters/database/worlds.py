"""A toy catalogue with a tenant, and plans over it made by hand."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from reconciler.adapters.database.store import Database
from reconciler.adapters.database.urls import SqliteFile
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Cause, Change, FieldChange
from reconciler.model.encode import stored_values
from reconciler.model.kind import Unique
from reconciler.model.plan import Plan
from reconciler.model.resource import Resource
from reconciler.model.run import Outcome, Run
from tests.engine.toy import GADGET, PARTNER, gadget, partner

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
CATALOG = Catalog([THING, TENANT])
SECRET_TEXT = "open-sesame-4711"  # what no output may hold


def database(folder: Path, catalog: Catalog = CATALOG) -> Database:
    return Database(SqliteFile(folder / "live.db"), catalog)


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
    store: Database,
    *changes: Change,
    number: int = 1,
    sealed: Mapping[tuple[Address, str], tuple[str, str | None]] | None = None,
    **other: Any,
) -> None:
    tenants = sorted({one.address.tenant for one in changes})
    with store.apply(tenants, lock_timeout=1) as session:
        session.write(plan_of(*changes, **other), run=run_of(number), sealed=sealed or {})
        session.commit()


def filled(folder: Path) -> Database:
    """A database with the tenant ``farol`` and its gadgets ``lamp`` and ``bell``."""
    store = database(folder)
    store.file.path.write_bytes(_filled_bytes())
    return store


@cache
def _filled_bytes() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        store = database(Path(folder))
        apply(store, create(partner()), create(gadget("lamp")), create(gadget("bell")))
        return store.file.path.read_bytes()


def sql(store: Database, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """What another program would do."""
    connection = sqlite3.connect(store.file.path)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        found = connection.execute(statement, values).fetchall()
        connection.commit()
    finally:
        connection.close()
    return found


LAMP = Address("Gadget", "farol", "lamp")
BELL = Address("Gadget", "farol", "bell")
FAROL = Address("Partner", "", "farol")
