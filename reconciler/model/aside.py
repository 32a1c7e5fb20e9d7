"""Aside: what the report of a plan tells and the plan itself does not hold. A plan file carries it along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.entitlement import Shift
from reconciler.model.report import Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Which lines of one resource were pending before the branch, by their places in the report.

    ``whole`` says that all of it was.
    """

    fields: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    manual: tuple[int, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Findings of guards and policies, rights that people gain and lose, and what was pending before the branch.

    As those saw it for whom the plan was made. It is no part of the digest: who applies the plan finds all of it anew.
    """

    guarded: tuple[Diagnostic, ...] = ()
    shifts: tuple[Shift, ...] = ()
    base: Base | None = None
    pending: Mapping[Address, Pending] = field(default_factory=dict)
