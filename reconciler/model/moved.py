"""Moved: a resource that has another name from now on, as its reviewed manifest says it, and what follows in the rows.

The name is the identity of a resource and never changes by itself. A manifest of kind ``Moved`` says that what was
known under one name is the same resource under another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.formats import Name
from reconciler.model.manifest import Document
from reconciler.model.source import Source
from reconciler.model.spec import Spec

MOVED = "Moved"
"""The word after ``kind:``."""

_Written = Annotated[str, Field(min_length=1, max_length=320)]


class MovedSpec(Spec):
    """From where to where."""

    from_: _Written = Field(alias="from", description="The old address: Kind/tenant/name, or Kind/name.")
    to: _Written = Field(description="The new address, of the same kind and tenant, which a manifest declares.")


class MovedMetadata(Spec):
    """What the move is called."""

    name: Name = Field(description="Name of the move, unique among moves.")


class MovedManifest(Spec):
    """A resource that has another name from now on; it may be removed when every environment has applied it."""

    api_version: Literal["reconciler/v1"] = Field(description="Version of the manifest format.")
    kind: Literal["Moved"] = Field(description="That this is a move.")
    metadata: MovedMetadata = Field(description="What the move is called.")
    spec: MovedSpec = Field(description="From where to where.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One declared move. ``previous`` is the old address, ``address`` the new one, ``document`` where it stands."""

    name: str
    previous: Address
    address: Address
    source: Source | None = None
    document: Document | None = field(default=None, compare=False, repr=False)


_REASON = "it was "


def reason_of(previous: Address) -> str:
    """Why a resource is written that moves, as plans and the audit say it."""
    return f"{_REASON}{previous}"


def previous_in(reason: str) -> Address | None:
    """The old address in the words of :func:`reason_of`; None in any other words."""
    if not reason.startswith(_REASON):
        return None
    try:
        return Address.parse(reason.removeprefix(_REASON))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """What moves do to one resource: to one that moves, or to one that names it.

    ``address`` is where it stands afterwards and ``previous`` where it stood. ``rev`` is the revision that its row must
    have, None when no row is written. ``columns`` are the reference columns that are written anew, as stored values.
    ``applied`` is what the ledger holds of it afterwards, None when the ledger does not know it.
    """

    address: Address
    previous: Address
    rev: int | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    applied: str | None = None

    @property
    def moves(self) -> bool:
        """Whether the resource itself has another name afterwards."""
        return self.address != self.previous
