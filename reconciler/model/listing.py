"""Listing: resources of one kind as the lines of a table, which a kind declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table of the resources of a kind that belong to one owner.

    ``word`` names it in a call. ``verb`` is the right over the owner that it needs. Each column has a header and
    ``cell(entity, owner)``, which gives a text. Lines are sorted by the field ``by``.
    """

    word: str
    verb: str
    by: str
    columns: tuple[tuple[str, Callable[[Any, Any], str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A listing with its cells."""

    headers: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
