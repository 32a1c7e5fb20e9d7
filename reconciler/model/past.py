"""Past: what a run wrote, and what was there before it: the images by which it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.resource import LedgerEntry
from reconciler.model.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One resource as it was before a run, and as the run left it; stored values by column, no secret at rest.

    ``before`` is None where there was no row, ``after`` where none was left. Of a row that was there before and after
    both hold the columns that the run wrote, and nothing else. ``secrets`` are the columns of secrets at rest whose
    former form is kept beside the image, and ``keys`` the ids of the keys that sealed them, where one did.
    ``ledger_before`` and ``ledger_after`` are the ledger's entries.
    ``was`` is where the resource stood before when the run moved it: ``before`` names everything as it was called then,
    ``after`` as it was called afterwards.
    """

    address: Address
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    ledger_before: LedgerEntry | None = None
    ledger_after: LedgerEntry | None = None
    secrets: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)
    was: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """One change as the audit tells it. ``fields`` are plain data: path, before, after; secrets are versions."""

    number: int
    address: Address
    action: str
    edge: str | None = None
    reason: str = ""
    fields: tuple[Mapping[str, Any], ...] = ()
    source: str | None = None
    kept: bool = False
    """Whether all is there that undoing it needs: its image, or the former name of what moved."""
    previous: Address | None = None
    """Where the resource stood that this change moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A run with everything that it wrote.

    ``later`` are the runs that wrote the same resources since, by resource, oldest first. ``moved`` says under which
    address stands now what later runs have moved, by its old one. ``broken`` says what of the
    audit of this run is not as it was written.
    """

    run: Run
    changes: tuple[PastChange, ...] = ()
    images: Mapping[Address, Image] = field(default_factory=dict)
    later: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    moved: Mapping[Address, Address] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
