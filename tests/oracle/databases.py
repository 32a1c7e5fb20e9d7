"""The world of the oracle in real databases, and plans and applies on them that leave everything as it was."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.adapters.database.store import LiveDatabase, open_database
from reconciler.adapters.secrets.generate import generate_value
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.resource import FileRefused, Live
from reconciler.model.run import Run
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.operations.apply import Orders, apply
from reconciler.operations.request import Doors, People, Request
from tests.engine.toy import document, tree
from tests.operations.doors import Sealer, nobody
from tests.oracle.oracle import Key, Thing, World
from tests.oracle.world import LIVE, NOW, SECRET_VALUE, USUAL, manifests
from tests.servers import Cluster

CATALOG = discover()


@dataclass
class Reader:
    """Manifests in memory."""

    documents: Sequence[Document]

    def read(self, _early: Early | None = None) -> tuple[Manifests, list[Any]]:
        return Manifests(tuple(self.documents), ("oracle.yaml",), "sha256:oracle"), []

    def file(self, _document: Document, path: str) -> bytes:
        if path.endswith(".css"):
            return b"body {}"
        raise FileRefused(path)


class Secrets:
    """Every secret is the same."""

    def read(self, _ref: SecretRef, *, tenant: str) -> SecretValue:
        del tenant
        return SecretValue(SECRET_VALUE)


class Undone(Exception):
    """Raised instead of a commit, so that everything but the commit happens and nothing stays."""


@dataclass
class Session:
    """A session that does everything but commit."""

    session: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def commit(self) -> None:
        raise Undone


@dataclass
class Store:
    """A store whose transactions are undone where they would be committed."""

    store: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def apply(self, *arguments: Any, **more: Any) -> Iterator[Session]:
        with self.store.apply(*arguments, **more) as session:
            yield Session(session)


class Base:
    """A database that holds the world."""

    def __init__(self, url: str, sql: Any) -> None:
        self.store: LiveDatabase = open_database(url, CATALOG)
        self._sql = sql

    def doors(self, documents: Sequence[Document], *, undone: bool = True) -> Doors:
        store: Any = Store(self.store) if undone else self.store
        return Doors(
            catalog=CATALOG,
            reader=Reader(documents),
            store=store,
            secrets=Secrets(),
            sealer=Sealer(),
            draw=generate_value,
            now=NOW,
        )

    def sql(self, statement: str, *values: Any) -> list[Any]:
        found: list[Any] = self._sql(statement, values)
        return found

    def seed(self) -> None:
        """Apply every manifest as the installer, then let the platform live."""
        self.store.upgrade()
        documents = [manifest(key, spec) for key, spec in manifests().items()]
        orders = Orders(agree=lambda _: True, bootstrap=True, applicant="setup", clock=lambda: NOW)
        apply(self.doors(documents, undone=False), Request(people=People(installer="setup")), orders, nobody)
        for kind, state in USUAL.items():
            self.sql(f"UPDATE {CATALOG[kind].table} SET state = ?", state)
        self.sql(
            "UPDATE certificates SET not_before = ?, not_after = ?, access_granted_at = ?, access_expires_at = ?",
            *("2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-07-30T00:00:00Z"),
        )
        for key, live in LIVE.items():
            self.put(key, live["state"], live)

    def put(self, key: Key, state: str, status: Mapping[str, Any]) -> None:
        """Bring a resource into a state, as the platform would."""
        kind = CATALOG[key[0]]
        columns = {"state": state}
        for word, column in (("stoppedBy", "stopped_by"), ("suspensionCause", "suspension_cause")):
            if column in kind.index:
                columns[column] = status.get(word)
        given = ", ".join(f"{name} = ?" for name in columns)
        self.sql(
            f"UPDATE {kind.table} SET {given} WHERE coalesce(tenant, '') = ? AND name = ?",
            *columns.values(),
            key[1],
            key[2],
        )

    def content(self) -> str:
        """A hash over everything that the database holds."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what was opened."""


class Embedded(Base):
    """In a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"sqlite:///{path}", self._run)

    def _run(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")  # nothing here has to outlive a fall of the machine
            return connection.execute(statement, values).fetchall()

    def content(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


class Served(Base):
    """On a server."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.name = cluster.database()
        self._connection = cluster.connect(self.name)
        self._connection.autocommit = True
        super().__init__(cluster.url(self.name), self._run)

    def _run(self, statement: str, values: Sequence[Any]) -> list[Any]:
        cursor = self._connection.execute(statement.replace("?", "%s").encode(), values or None)
        return [] if cursor.description is None else cursor.fetchall()

    def close(self) -> None:
        self._connection.close()

    def content(self) -> str:
        names = self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        each = " UNION ALL ".join(
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} AS t"
            for (name,) in names
        )
        return hashlib.sha256(repr(sorted(self.sql(each))).encode()).hexdigest()


def manifest(key: Key, spec: Thing, **envelope: Any) -> Document:
    """The document of a resource."""
    return document(tree(key[0], key[2], dict(spec), tenant=key[1], **envelope))


__all__ = ["CATALOG", "Address", "Authorization", "Base", "Embedded", "Live", "Run", "Served", "Undone", "World"]
