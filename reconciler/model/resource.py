"""Resource: one validated manifest. Row and Live: the database as it is, never validated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from reconciler.model.address import Address
from reconciler.model.approval import Approval
from reconciler.model.canonical import object_in
from reconciler.model.dataclass import dataclass
from reconciler.model.doubt import Doubt
from reconciler.model.manifest import Document
from reconciler.model.spec import Spec, attributes_of

S = TypeVar("S", bound=Spec)

Row = tuple[Any, ...]
"""One live row: tenant, name, rev, then the compared columns of its kind, then its server-owned columns."""

ROW_HEAD = 3
"""Columns of a row before the compared ones: tenant, name, rev."""


class FileRefused(Exception):
    """A file that a manifest names cannot be read (GEN-23); the message says why."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """Content of a file that a manifest names. ``text`` is None for content that is no text."""

    path: str
    data: bytes
    media_type: str


_NO_FILES: Mapping[str, FileContent] = MappingProxyType({})
"""Of nearly every resource: one for all."""


@dataclass(slots=True)
class Resource(Generic[S]):
    """A declared resource whose manifest is valid by itself.

    ``management`` is ``full``, ``observe`` or ``createOnly``. ``files`` holds the content behind its file fields, by
    path; it is filled at phase reference.
    """

    address: Address
    spec: S
    document: Document
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    management: str = "full"
    files: Mapping[str, FileContent] = field(default_factory=lambda: _NO_FILES)

    def given(self, path: str) -> bool:
        """Whether the manifest gives the field ``path`` below ``spec`` (an explicit null counts as left out)."""
        node: Any = self.spec
        for key in path.split("."):
            given = getattr(node, "__pydantic_fields_set__", None)  # an isinstance of a class of pydantic is slow
            if given is None:
                return False
            name = attributes_of(cast("type[Spec]", type(node))).get(key)
            if name is None or name not in given:
                return False
            node = node.__dict__.get(name)  # what had an error of its own was given and is not there
        return True


AWAITED = "state.awaited"
"""Key of the ledger for a state that was asked for and that only a person brings about (LIF-04); no column has it."""


class InStep:
    """What an entry of the ledger says, where that is word for word what a manifest wants: it is made from that again.

    ``wanted`` is what the row has to be, until it was read; ``stands`` says that it is.
    """

    __slots__ = ("_text", "resource", "stands", "wanted")

    def __init__(self, resource: Resource[Any], wanted: tuple[Any, ...], text: Callable[[Resource[Any]], str]) -> None:
        self.resource = resource
        self.wanted: tuple[Any, ...] | None = wanted
        self.stands = False
        self._text = text

    @property
    def applied(self) -> str:
        """What was applied last."""
        return self._text(self.resource)


@dataclass(slots=True, unsafe_hash=True)
class LedgerEntry:
    """What the ledger knows of a managed resource: what was applied last, and from where.

    It is never changed, and not frozen: a frozen one takes several times as long to make, and there is one a resource.

    ``applied`` is canonical JSON, an object from column to stored value, of the managed columns, and under
    :data:`AWAITED` the state that a person still has to bring about, if there is one.
    """

    address: Address
    applied: str
    source: str
    commit: str | None
    management: str
    in_step: InStep | None = field(default=None, repr=False, compare=False)
    """What is known of a resource that was recognized when it was read; then ``applied`` is made when it is asked for.

    Of 100,000 resources nearly all are in step, and nobody asks."""

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not there: a text that is not held.
        if name != "applied" or self.in_step is None:
            raise AttributeError(name)
        return self.in_step.applied

    @property
    def values(self) -> dict[str, Any] | None:
        """What was applied last, by column. None where it cannot be read."""
        return object_in(self.applied)


def last_applied(entry: LedgerEntry | None) -> Mapping[str, Any]:
    """What was applied last, by column; nothing where nobody can tell."""
    return {} if entry is None else entry.values or {}


def asked_before(entry: LedgerEntry | None, state: str) -> bool:
    """Whether an apply has asked for a state already: what waits for a person since then is not asked for again."""
    if entry is None:
        return False
    try:
        found = json.loads(entry.applied or "{}")
    except ValueError:
        return False
    return isinstance(found, dict) and state == found.get(AWAITED, found.get("state"))


@dataclass(frozen=True, slots=True)
class Live:
    """What the database held in one consistent read.

    ``rows`` maps kind, then (tenant, name), to a row. ``identity`` names the database and never changes. ``approvals``
    are those that nobody took back, whether they still hold or not.
    ``doubt`` says what is not known, where this is only a part of what the database held. ``pulse`` is what
    :meth:`reconciler.ports.LiveStore.still` tells by whether anything was written since; empty where nobody could tell.
    """

    identity: str
    rows: Mapping[str, Mapping[tuple[str, str], Row]]
    ledger: Mapping[Address, LedgerEntry]
    generations: Mapping[str, int] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    doubt: Doubt | None = None
    pulse: str = field(default="", compare=False)

    def row(self, address: Address) -> Row | None:
        """The row of an address, if there is one."""
        kind = self.rows.get(address.kind)
        return None if kind is None else kind.get((address.tenant, address.name))
