"""Exported: a live row written as a manifest, and what it needs beside it."""

from __future__ import annotations

from typing import Any

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Content that a manifest names instead of holding it: ``path`` is the field, ``name`` the file beside it."""

    path: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One resource as a tree, as a manifest would hold it.

    ``ignored`` are the fields that its ``lifecycle.ignoreChanges`` leaves to the world, and ``sources`` the secret
    fields whose source is only a placeholder that the author fills.
    """

    address: Address
    tree: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()
    ignored: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What else an export of one resource does: ``ignored`` fields it leaves to the world, ``secrets`` it asks for."""

    ignored: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()


NO_WISHES = Wishes()
