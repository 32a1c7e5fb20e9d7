"""Doors made for tests: manifests, a database and secrets in memory, and a log of everything that happens at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.access import RoleWord, may, no, rights
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import LockTimeout
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.principal import Principal
from reconciler.model.resource import FileRefused, Live, Resource
from reconciler.model.run import Event, Run
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.operations.request import Doors, People, Request
from reconciler.ports import SecretUnreadable
from tests.engine import worlds

INSTALLED = Request(people=People(installer="the tests"))
"""A request of the installer, who carries everything."""

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


@dataclass
class Reader:
    """Manifests in memory; ``problems`` are what is wrong with their files."""

    resources: list[Resource[Any]]
    problems: list[Diagnostic] = field(default_factory=list)
    digest: str = "sha256:manifests"
    reads: int = 0

    def read(self, _early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        self.reads += 1
        documents = tuple(one.document for one in self.resources)
        return Manifests(documents, ("toy.yaml",), self.digest), list(self.problems)

    def file(self, _document: Document, path: str) -> bytes:
        raise FileRefused(path)

    def beside(self, _roots: Sequence[str]) -> Reader:
        return Reader([])


@dataclass
class Store:
    """A database in memory. ``meanwhile`` is what it holds once the lock is taken, when somebody else was quicker."""

    live: Live = field(default_factory=worlds.empty)
    log: list[str] = field(default_factory=list)
    committed: list[Run] = field(default_factory=list)
    meanwhile: Live | None = None
    locked: bool = False
    sealed: dict[Any, Any] = field(default_factory=dict)
    fail_at: str = ""

    def read(self, recognizer: Any = None) -> Live:
        self.log.append("read")
        return self.live

    @contextmanager
    def unwritten(self, pulse: str) -> Iterator[None]:
        yield None

    @contextmanager
    def standing(self) -> Iterator[Standing]:
        yield Standing(self.read())

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:
        return {}

    @contextmanager
    def look(self) -> Iterator[Look]:
        yield Look()

    def runs(self) -> Sequence[Run]:
        return self.committed[::-1]

    def find_run(self, run_id: str) -> Run | None:
        return next((one for one in self.committed if one.id == run_id), None)

    @contextmanager
    def apply(
        self, tenants: Sequence[str], *, lock_timeout: float, run: str = "", rows: Sequence[Address] = ()
    ) -> Iterator[Session]:
        if self.locked:
            raise LockTimeout(f"not within {lock_timeout}")
        self.log.append(f"begin {','.join(tenants)}")
        session = Session(self)
        try:
            yield session
        finally:
            self.log.append("end" if session.done else "rollback")


class Look:
    """A journal in which nobody is named."""

    def writes(self, addresses: Sequence[Address]) -> Mapping[Address, Sequence[Any]]:
        return {}


@dataclass
class Standing:
    """What was read; the store compares it by its values."""

    live: Live


@dataclass
class Session:
    """An open transaction of :class:`Store`."""

    store: Store
    done: bool = False
    pending: Live | None = None
    run: Run | None = None

    def live(self, _since: Standing | None = None) -> Live:
        return self.store.meanwhile or self.store.live

    def find_run(self, run_id: str) -> Run | None:
        return self.store.find_run(run_id)

    def write(
        self, authorization: Authorization, *, run: Run, sealed: Mapping[tuple[Address, str], tuple[str, str | None]]
    ) -> None:
        self.store.log.append("write")
        if self.store.fail_at == "write":
            raise KeyboardInterrupt
        self.store.sealed.update(sealed)
        self.pending, self.run = worlds.apply(self.live(), authorization.plan), run

    def commit(self) -> None:
        self.store.log.append("commit")
        assert self.pending is not None
        assert self.run is not None
        self.store.live, self.done = self.pending, True
        self.store.committed.append(self.run)


@dataclass
class Secrets:
    """Secret values by location; reading is logged beside what the database does."""

    values: dict[str, str]
    log: list[str]

    def read(self, ref: SecretRef, *, tenant: str) -> SecretValue:
        self.log.append(f"secret {ref.location} of {tenant}")
        if ref.location not in self.values:
            msg = f"the variable {ref.location} is not set"
            raise SecretUnreadable(msg)
        return SecretValue(self.values[ref.location])


class Sealer:
    """Seals by turning around, so that a test sees what was sealed and a plain value would be noticed."""

    def fingerprint(self, address: Address, path: str, value: SecretValue) -> str:
        return f"print {address} {path} {value.reveal()[::-1]}"

    def seal(self, _address: Address, _path: str, storage: str, value: SecretValue) -> str:
        return f"{storage} {value.reveal()[::-1]}"


def doors(resources: list[Resource[Any]], store: Store, **secrets: str) -> Doors:
    """Doors to a store and to manifests; keyword arguments are secret values."""
    return Doors(
        catalog=worlds.CATALOG,
        reader=Reader(resources),
        store=store,
        secrets=Secrets(secrets, store.log),
        sealer=Sealer(),
        draw=lambda storage, policy: SecretValue(f"{storage}-{policy['minLength']}"),
        now=NOW,
    )


def _principal(entity: Any, _view: Any, _now: Any) -> Principal:
    return Principal(
        address=entity.address,
        known_as=f"{entity.address.name}@example.com",
        role=RoleWord.AUDITOR if entity.live("title") == "Auditor" else RoleWord.ADMINISTRATOR,
        barred="" if entity.live_state == "active" else f"the person is {entity.live_state}",
    )


_ALLOW = tuple(rights(verb, A=may("all"), U=no("OPR-06")) for verb in ("create", "update", "delete"))

GOVERNED = worlds.catalog(
    replace(worlds.PERSON, principal=_principal),
    replace(worlds.TENANT, allow=(rights("read", A=may("all"), U=may("all")), *_ALLOW)),
)
"""The toy kinds, where each Person is an administrator, or an auditor by title, and partners may be written."""


def staffed(*names: str, auditor: str = "") -> Live:
    """Live data with active people; ``auditor`` is one of them."""
    people = [worlds.person(name, title="Auditor" if name == auditor else name.title()) for name in names]
    live = worlds.applied(people)
    for one in people:
        live = worlds.touched(live, one.address, state="active")
    return live


class Sink:
    """Keeps what it takes."""

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.discarded = False

    def take(self, secrets: Sequence[Any]) -> None:
        self.kept = list(secrets)

    def discard(self) -> None:
        self.discarded = True


def nobody(_event: Event) -> None:
    """Hear nothing."""
