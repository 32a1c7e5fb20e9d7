"""Guards: the limits that a plan must keep, whatever the manifests ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBudget:
    """How many resources one plan may delete or bury.

    ``count`` is the number in the whole plan, ``per_tenant`` in one tenant. ``percent`` is a share of all managed
    resources; it is judged only when there are at least ``percent_from`` of them, because a share of a few says
    nothing.
    """

    count: int = 10
    percent: int = 30
    percent_from: int = 10
    per_tenant: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """The limits of a project.

    ``min_administrators`` is how many guardians of each guarded kind must remain, once there are any.
    ``allow_delete`` gives, by kind, how many deletions the person behind this plan has allowed beyond the budget.
    """

    max_deletes: DeleteBudget = field(default_factory=DeleteBudget)
    min_administrators: int = 1
    allow_delete: Mapping[str, int] = field(default_factory=dict)
