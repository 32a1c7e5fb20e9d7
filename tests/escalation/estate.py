"""A platform with companies and operators in a database, and the manifests that one of them writes."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main
from reconciler.kinds import discover
from tests.engine.toy import tree
from tests.oracle.oracle import Key
from tests.oracle.world import LIVE, USUAL, mail, manifests

TENANTS = frozenset({"", "arco", "arco-norte", "farol", "duna", "parada"})
KINDS = frozenset(
    "SystemConfiguration CertificateAuthority Bundle Role Partner Issuer Operator Certificate ClientService"
    " SmtpSettings Category ServiceType Customer CustomerUser SelfCare Individual Domain".split()
)
CUSTOMERS = ("Customer", "CustomerUser", "SelfCare", "Individual", "Domain")
CATALOG = discover()
JUDGED = "identity: {outside: judged}"
CLOCK = "2026-06-15T12:00:00Z"


def specs() -> dict[Key, dict[str, Any]]:
    """The manifests of the estate: a part of the oracle's world, small enough to be applied by the program itself."""
    found = {}
    for key, spec in manifests().items():
        elsewhere = key[0] in CUSTOMERS and (key[1] not in ("farol", "arco-norte") or "filial" in key[2])
        partner = key[0] == "Partner" and key[2] not in TENANTS
        if key[0] in KINDS and key[1] in TENANTS and not elsewhere and not partner:
            found[key] = spec
    return found


@dataclass(frozen=True)
class Told:
    """What a call of the program came to."""

    code: int
    out: str
    err: str

    def says(self, *words: str) -> bool:
        return all(word in self.out + self.err for word in words)


class Estate:
    """A working folder in which the program is called."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.specs = specs()

    # --- manifests ---------------------------------------------------------------------------------------------------

    def write(self, key: Key, change: Mapping[str, Any] | None = None, /, **envelope: Any) -> None:
        """Write a manifest: as it is known, with some fields changed; None takes a field away."""
        spec = {**self.specs.get(key, {}), **(change or {})}
        self.specs[key] = {word: value for word, value in spec.items() if value is not None}
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(tree(key[0], key[2], self.specs[key], tenant=key[1], **envelope)), encoding="utf-8")

    def remove(self, key: Key) -> None:
        """Take a manifest out of the tree."""
        self._path(key).unlink()

    def all(self) -> None:
        """Write every manifest."""
        for key in list(self.specs):
            self.write(key)

    def _path(self, key: Key) -> Path:
        return self.folder / "manifests" / (key[1] or "platform") / f"{key[0]}-{key[2]}.yaml"

    def settings(self, *lines: str) -> None:
        """Write a configuration."""
        words = ("apiVersion: reconciler/v1", "kind: Project", "manifests: [manifests]", *lines)
        (self.folder / "reconciler.yaml").write_text("\n".join(words) + "\n", encoding="utf-8")

    def judged(self) -> None:
        """Let manifests outside of the reach be judged where they change something, as in a repository of friends."""
        self.settings(JUDGED)

    # --- the program -------------------------------------------------------------------------------------------------

    def run(self, *words: str) -> Told:
        self._capsys.readouterr()
        code = main(words)
        return Told(code, *self._capsys.readouterr())

    def plan(self, *people: str, more: tuple[str, ...] = ()) -> Told:
        """Plan as somebody."""
        return self.run("plan", "manifests", *more, *_as(people))

    def apply(self, *people: str, more: tuple[str, ...] = ()) -> Told:
        """Apply as somebody."""
        return self.run("apply", "manifests", "--auto-approve", *more, *_as(people))

    def refuses(self, *people: str, code: str, more: tuple[str, ...] = ()) -> Told:
        """Apply as somebody who is denied: exit code 4, the code told, and nothing written."""
        before = self.content()
        told = self.apply(*people, more=more)
        assert (told.code, code in told.err) == (4, True), f"{told.code}\n{told.out}\n{told.err}"
        assert self.content() == before
        return told

    # --- the database ------------------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        return self.folder / ".reconciler" / "live.db"

    def content(self) -> str:
        """Everything that the database holds."""
        return hashlib.sha256(self.database.read_bytes()).hexdigest()

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def put(self, key: Key, **columns: Any) -> None:
        """Change a row as the platform would, or another program."""
        given = ", ".join(f"{name} = ?" for name in columns)
        self.sql(
            f"UPDATE {CATALOG[key[0]].table} SET {given} WHERE coalesce(tenant, '') = ? AND name = ?",
            *columns.values(),
            key[1],
            key[2],
        )

    def state(self, key: Key) -> str:
        """The live state of a resource."""
        table = CATALOG[key[0]].table
        rows = self.sql(f"SELECT state FROM {table} WHERE coalesce(tenant, '') = ? AND name = ?", *key[1:])
        return str(rows[0][0])

    def settle(self) -> None:
        """Let the platform live after the first apply."""
        for kind, state in USUAL.items():
            self.sql(f"UPDATE {CATALOG[kind].table} SET state = ?", state)
        for key, live in LIVE.items():
            if key in self.specs:
                columns = {"state": live["state"]}
                if "stopped_by" in CATALOG[key[0]].index:
                    columns["stopped_by"] = live.get("stoppedBy")
                self.put(key, **columns)


def _as(people: tuple[str, ...]) -> list[str]:
    return [word for name in people for word in ("--as", name)]


def known(tenant: str, name: str) -> str:
    """The address of mail of an operator."""
    return mail(("Operator", tenant, name))


def copied(seeded: Path, folder: Path) -> None:
    """A fresh estate out of one that was seeded."""
    shutil.copytree(seeded / ".reconciler", folder / ".reconciler")
    (folder / "manifests").mkdir()
