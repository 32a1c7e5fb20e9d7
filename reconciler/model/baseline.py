"""Baseline: what is known of the last run in step, so that the next one is about what has changed since.

In step are manifests and a database between which nothing differs. A baseline stands for one configuration and one span
of time. Nothing in it is a manifest or a row: it holds digests by which what has not changed is known again, and what
rules have looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.filed import Files
from reconciler.model.manifest import Document
from reconciler.model.notes import Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Digests of rows, each with its entry of the ledger, and of entries without a row.

    ``kinds`` are those of all rows of a kind, in the order in which they were read; ``each`` gives those of each row of
    a kind, by tenant and name.
    """

    kinds: Mapping[str, bytes]
    each: Callable[[str], Mapping[tuple[str, str], bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """``since`` and ``until`` are the instants, as seconds, between which rules of time say what they said.

    ``identity`` is that of the database, ``pulse`` that of its reading, empty where nobody could tell.
    ``restless`` are resources that rest on more than manifests and rows: a file beside the manifest, a secret's value.
    """

    since: float
    until: float
    identity: str
    pulse: str
    files: Files
    rows: Rows
    restless: frozenset[Address]
    notes: Notes = field(default_factory=Notes)


class Baselines(Protocol):
    """Where the baseline of a call is kept between runs. It may forget it at any time, and fails at nothing."""

    def find(self) -> Baseline | None:
        """The last one that holds now; what is made of it holds no longer than itself."""

    def keep(self, made: Callable[[float, float], Baseline]) -> None:
        """Keep another, made of the span of time for which what the run has said holds."""


class Unchanged(Protocol):
    """The files of a run that are as they were in the baseline, read when somebody asks."""

    @property
    def gone(self) -> frozenset[str]:
        """The files of the baseline that are not among them: documents are made of them, or they are not there."""

    def documents(self, file: str) -> list[Document] | None:
        """The documents of one of them; None where they cannot be had any more."""

    def former(self, digest: bytes) -> list[Document] | None:
        """The documents of a file that has changed since, by the digest that it had; None where nobody knows."""
