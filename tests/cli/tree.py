"""A small tree of manifests, and calls of the program on it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main

CLOCK = "2026-06-15T12:00:00Z"
SECRET = "Lumen-portal-4711!"

ROOT = "root@example.com"
SECOND = "second@example.com"
INES = "ines@farol.example.com"

FILES = {
    "platform/operators.yaml": """\
apiVersion: reconciler/v1
kind: Operator
metadata:
  name: root
spec:
  email: root@example.com
  displayName: Rita Fonseca
  role: administrator
  language: pt-PT
---
apiVersion: reconciler/v1
kind: Operator
metadata:
  name: second
spec:
  email: second@example.com
  displayName: Simão Costa
  role: administrator
  language: pt-PT
""",
    "tenants/farol/partner.yaml": """\
apiVersion: reconciler/v1
kind: Partner
metadata:
  name: farol
spec:
  legalName: Farol Services, Lda.
  country: PRT
  vatNumber: "599900016"
  type: reseller
  billing: {account: FAR-0001}
  contact: {email: office@farol.example.com}
  address: {line1: Rua do Farol 1, city: Lisboa, postalCode: 1100-001, country: PRT}
  state: active
---
apiVersion: reconciler/v1
kind: Operator
metadata:
  name: ines
  tenant: farol
spec:
  email: ines@farol.example.com
  displayName: Inês Prado
  role: partner
  language: pt-PT
""",
    "tenants/farol/desk.yaml": """\
apiVersion: reconciler/v1
kind: ServiceType
metadata:
  name: incident
  tenant: farol
spec:
  displayName: Incident
  sortOrder: 10
---
apiVersion: reconciler/v1
kind: Category
metadata:
  name: signing
  tenant: farol
spec:
  displayName: Signing
  description: Questions about seals
  audience: customers
  serviceTypes: [incident]
  sortOrder: 10
""",
    "tenants/farol/customers.yaml": """\
apiVersion: reconciler/v1
kind: Customer
metadata:
  name: lumen
  tenant: farol
spec:
  companyName: Lumen Grupo, S.A.
  address: {line1: Avenida 1, city: Lisboa, postalCode: 1250-096, country: PRT}
  customerType: retail
  plan: enterprise
---
apiVersion: reconciler/v1
kind: CustomerUser
metadata:
  name: ana
  tenant: farol
spec:
  customer: lumen
  displayName: Ana Moura
  email: ana@lumen.example.com
  password: {fromEnv: ANA_PASSWORD, version: "1"}
""",
}

ISSUER = """\
apiVersion: reconciler/v1
kind: Issuer
metadata: {name: cedro, tenant: farol}
spec:
  legalName: Cedro Retail, S.A.
  vatNumber: "502757191"
  contact: {email: office@cedro.example.com}
  state: active
"""
SIGNING = (
    ISSUER
    + """\
---
apiVersion: reconciler/v1
kind: Bundle
metadata: {name: small}
spec: {displayName: Small, includedSignatures: 100}
---
apiVersion: reconciler/v1
kind: ClientService
metadata: {name: cs-cedro, tenant: farol}
spec: {alias: cs-cedro, issuer: cedro, bundle: small}
"""
)
"""An issuer of farol with a client service, for tests that sign."""


@dataclass(frozen=True)
class Call:
    """What a call of the program came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Tree:
    """A working folder with manifests; the program is called in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def run(self, *words: str) -> Call:
        self._capsys.readouterr()
        code = main(words)
        out, err = self._capsys.readouterr()
        return Call(code, out, err)

    def apply(self, *words: str) -> Call:
        """Apply whatever the manifests say, with everybody of the tree behind it."""
        call = self.run("apply", *words, "--auto-approve", *self.everybody)
        assert call.code == 0, call.err
        return call

    @property
    def everybody(self) -> tuple[str, ...]:
        """Options of an apply: the installer of an empty database, afterwards an administrator and the partner."""
        if self.founded:
            return ("--as", ROOT, "--as", INES)
        return ("--bootstrap", "--as", ROOT)

    @property
    def founded(self) -> bool:
        """Whether the live database is there and has an active administrator."""
        if not (self.folder / ".reconciler/live.db").exists():
            return False
        return self._has_administrator(sqlite3.OperationalError)

    def _has_administrator(self, missing: type[Exception]) -> bool:
        try:
            found = self.sql("SELECT 1 FROM operators WHERE role = 'administrator' AND state = 'active'")
        except missing:  # there are no tables yet
            return False
        return bool(found)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, file: str, text: str) -> Path:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.folder / ".reconciler/live.db")) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def line_of(self, file: str, text: str) -> int:
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)
