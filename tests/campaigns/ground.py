"""The ground on which random worlds stand: one database after the other, and the doors of the product to each.

Everything is real but the folders: manifests are text in memory, read as files are, and passwords are hashed cheaply.
Rows are looked at through SQL of its own, past the product.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import functools
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.database import read, reading, tables
from reconciler.adapters.database.own_tables import RESOURCES
from reconciler.adapters.database.store import LiveDatabase, open_database
from reconciler.adapters.database.urls import SqliteFile
from reconciler.adapters.manifests.memory import TextWriter
from reconciler.adapters.secrets.env_file import EnvFileReader
from reconciler.adapters.secrets.generate import generate_value
from reconciler.adapters.secrets.keys import parse_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.engine.key_order import key_orders
from reconciler.model.address import Address
from reconciler.model.approval import Demand, PlanClass
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.guards import DeleteBudget, Guards
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document, Early, Manifests, Places
from reconciler.model.resource import FileRefused
from reconciler.model.secret import SecretValue
from reconciler.model.source import Source
from reconciler.operations.request import Doors, People, Request, WaiverFolders
from reconciler.ports import ManifestReader
from tests.campaigns.values import SECRETS
from tests.campaigns.worlds import CATALOG, World
from tests.servers import Cluster

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
ORDERS = key_orders(CATALOG)
WRITER = TextWriter(ORDERS)


class Agreed(Demand):
    """Nobody else has to agree: who approves what is tried elsewhere."""

    def of(self, weight: PlanClass) -> int:
        """None."""
        return 0


MANY = Guards(max_deletes=DeleteBudget(count=10_000, percent=100, per_tenant=10_000))
INSTALLER = Request(people=People(installer="the campaign"), guards=MANY, demand=Agreed())
WAIVERS = "waivers"
"""The folder in which waivers stand."""
KEY = base64.b64encode(bytes(32)).decode()
Row = dict[str, Any]
Rows = dict[Address, Row]
UNCOMPARED = ("id", "rev", "created_at", "updated_at", "tenant_key")
"""Columns that no manifest says anything about and that every write moves."""


class CheapSealer(KeySealer):
    """Seals as the real one does, but for passwords, whose hash is slow on purpose."""

    def seal(self, address: Address, path: str, storage: str, value: SecretValue) -> str:
        """The resting form."""
        if storage == "password":
            return f"$cheap${self.fingerprint(address, path, value)}"
        return super().seal(address, path, storage, value)


class Documents:
    """Reads trees as they are, without any text: for mending, which takes many looks."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, _early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        """All documents."""
        place = Source("world.yaml", 1, 1, 1, 2)
        found = tuple(
            Document("world.yaml", number, tree, lambda: Places({}, {}, place), lambda _line: "")
            for number, tree in enumerate(self._world.trees.values())
        )
        return Manifests(found, ("world.yaml",), "sha256:none"), []

    def file(self, _document: Document, path: str) -> bytes:
        """A file that a manifest names."""
        if path not in self._world.attachments:
            raise FileRefused(f"{path} does not exist")
        return self._world.attachments[path]

    def beside(self, _roots: Sequence[str]) -> Documents:
        """Nothing stands beside."""
        return Documents(World())


@dataclass
class Ground:
    """One database and the doors to it."""

    store: LiveDatabase
    folder: Path
    connect: Any

    def doors(self, reader: ManifestReader, waivers: Mapping[str, bytes] | None = None) -> Doors:
        """The doors of a run; ``waivers`` are the files in their folder."""
        folders = WaiverFolders(reader=WRITER.reader(waivers), roots=(WAIVERS,), now=NOW) if waivers else None
        return Doors(
            catalog=CATALOG,
            reader=reader,
            store=self.store,
            secrets=EnvFileReader(SECRETS, root=self.folder),
            sealer=CheapSealer(parse_key(KEY, origin="the campaign")),
            draw=generate_value,
            now=NOW,
            clock=lambda: NOW,
            waivers=folders,
        )

    def rows(self) -> Rows:
        """Every row of every kind, read past the product."""
        found: Rows = {}
        with self.connect() as connection:
            for kind in CATALOG.values():
                cursor = connection.execute(f'SELECT * FROM "{kind.table}"')
                names = [one[0] for one in cursor.description]
                for values in cursor.fetchall():
                    row = dict(zip(names, values, strict=True))
                    found[Address(kind.name, row["tenant"] or "", row["name"])] = row
        return found

    def ledger(self) -> dict[Address, Row]:
        """The ledger, read past the product; ``applied`` is what was applied, by column."""
        with self.connect() as connection:
            cursor = connection.execute(f"SELECT * FROM {RESOURCES}")
            names = [one[0] for one in cursor.description]
            rows = [dict(zip(names, one, strict=True)) for one in cursor.fetchall()]
        return {Address(one["kind"], one["tenant"] or "", one["name"]): one for one in rows}

    def write(self, address: Address, values: Mapping[str, Any]) -> bool:
        """Write values by column as another program; whether the table allows it."""
        kind: Kind = CATALOG[address.kind]
        mark = "%s" if self.store.embedded is False else "?"
        columns = ", ".join(f'"{one}" = {mark}' for one in values)
        statement = f"UPDATE \"{kind.table}\" SET {columns} WHERE coalesce(tenant, '') = {mark} AND name = {mark}"
        with self.connect() as connection:
            try:
                connection.execute(statement, (*values.values(), address.tenant, address.name))
            except Exception as error:
                if "constraint" in str(error).lower() or "violates" in str(error):
                    return False
                raise
        return True

    def forget_all(self) -> None:
        """Empty the ledger, as if no manifest had ever named a row."""
        with self.connect() as connection:
            connection.execute(f"DELETE FROM {RESOURCES}")


@contextlib.contextmanager
def grounds(cluster: Cluster | None = None) -> Iterator[Iterator[Ground]]:
    """New databases without end, each gone when the next one comes; embedded ones, or those of a server."""
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk would only cost time
    with tempfile.TemporaryDirectory(dir=base) as name, _once():
        new = _embedded(Path(name)) if cluster is None else _served(Path(name), cluster)
        with contextlib.closing(new):
            yield new


@contextlib.contextmanager
def _once() -> Iterator[None]:
    """What never changes is made once a process: the tables, the statements that read them, a link to a file."""
    made, links = tables.metadata_of(CATALOG), _Links()
    with pytest.MonkeyPatch.context() as patch, contextlib.closing(links):
        patch.setattr(tables, "metadata_of", lambda _catalog, _dialect="": made)
        patch.setattr(read, "select_rows", functools.cache(read.select_rows))
        patch.setattr(reading, "open_for_reading", links.open)
        yield


class _Links:
    """One link for reading to the file that is read now: to open one costs SQLite a look at every table."""

    _open = staticmethod(reading.open_for_reading)  # the real one, also where others have links of theirs

    def __init__(self) -> None:
        self._file: SqliteFile | None = None
        self._link: sqlite3.Connection | None = None

    def open(self, file: SqliteFile) -> Any:
        """The link, as new; another one while it is out."""
        if self._link is None or self._file != file:
            self.close()
            self._file, self._link = file, self._open(file)
        return self._open(file) if self._link.in_transaction else _Lent(self._link)

    def close(self) -> None:
        """Let the last one go."""
        if self._link is not None:
            self._link.close()
            self._link = None


class _Lent:
    """A link that is not closed but given back: its transaction ends, and text is read strictly again."""

    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link
        self.execute = link.execute

    def _read_text(self, how: Any) -> None:
        self._link.text_factory = how

    text_factory = property(fset=_read_text)

    def close(self) -> None:
        """Give it back."""
        self._link.rollback()
        self._link.text_factory = str


def _embedded(folder: Path) -> Generator[Ground, None, None]:
    template = folder / "template.db"
    open_database(f"sqlite:///{template}", CATALOG, folder=folder).upgrade()
    number = 0
    while True:
        number += 1
        home = folder / f"world{number}"
        home.mkdir()
        shutil.copy(template, home / "live.db")

        link = sqlite3.connect(home / "live.db", isolation_level=None)
        link.execute("PRAGMA foreign_keys = ON")

        @contextlib.contextmanager
        def connect(link: sqlite3.Connection = link) -> Iterator[sqlite3.Connection]:
            yield link

        try:
            yield Ground(open_database(f"sqlite:///{home / 'live.db'}", CATALOG, folder=home), home, connect)
        finally:
            link.close()
            shutil.rmtree(home)


def _served(folder: Path, cluster: Cluster) -> Generator[Ground, None, None]:
    template = cluster.database()
    open_database(cluster.url(template), CATALOG, folder=folder).upgrade()
    number = 0
    while True:
        number += 1
        home = folder / f"world{number}"
        home.mkdir()
        name = cluster.database(template)

        link = cluster.connect(name)

        @contextlib.contextmanager
        def connect(link: Any = link) -> Iterator[Any]:
            yield link

        try:
            yield Ground(open_database(cluster.url(name), CATALOG, folder=home), home, connect)
        finally:
            link.close()
            shutil.rmtree(home)
        with cluster.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        cluster.forget(name)


def errors(found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those that stop a plan."""
    return [one for one in found if one.severity is Severity.ERROR]


def pruning(request: Request) -> Request:
    """The same, and what no manifest names goes."""
    return replace(request, prune=True)


def applied_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What was applied, by column."""
    found: dict[str, Any] = json.loads(entry["applied"])
    return found
