"""show: a plan file as what it is: sealed, unchanged since, and readable without manifests or database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.engine.plan.content import digest
from reconciler.engine.planfile import from_bytes, made_by, to_bytes
from reconciler.model.errors import Stale
from reconciler.model.plan import Plan
from reconciler.operations.apply import touched
from reconciler.operations.plan import Proposal

_RUN = "run"
_PRINCIPAL = "principal"
_PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was read back, and who and what made it."""

    plan: Plan
    made_by: Mapping[str, str]

    @property
    def run_id(self) -> str:
        """The identity of the run that applying this file is: applying it twice is one run."""
        return self.made_by.get(_RUN, "")

    @property
    def principal(self) -> str:
        """Who made it, by the name that the call gave or the token proved."""
        return self.made_by.get(_PRINCIPAL, "")

    @property
    def people(self) -> tuple[str, ...]:
        """For whose eyes it was made; nobody's means everybody's."""
        return tuple(filter(None, self.made_by.get(_PEOPLE, "").split("\n")))


def open_plan(data: bytes) -> PlanFile:
    """The plan of a file's bytes.

    Raises:
        UsageError: it is no plan (PLN-01, PLN-03).
        Stale: it was changed after it was made (PLN-02).
    """
    plan = from_bytes(data)
    if not plan.partial and not _names_itself(plan):
        raise Stale("the plan was changed after it was made", code="PLN-02", hint="make the plan again")
    return PlanFile(plan, made_by(json.loads(data)))


def _names_itself(plan: Plan) -> bool:
    """Whether the digest is that of the content. Whoever changes a file can renew its seal; the digest speaks then."""
    try:
        return digest(plan) == plan.digest
    except (TypeError, ValueError, AttributeError):
        return False


def seal_plan(proposal: Proposal, *, version: str, principal: str, asked: Mapping[str, str]) -> bytes:
    """The bytes of a plan file. The same proposal gives the same bytes.

    The run's identity is that of this plan on this state of the database: every apply in between gives another one.
    """
    plan = proposal.plan
    seen = proposal.seen
    generations = sorted((one, proposal.live.generations.get(one, 0)) for one in touched(plan))
    run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{plan.digest} {plan.identity} {generations}"))
    people = "" if proposal.carriers is None else "\n".join(str(one) for one in proposal.carriers.people)
    return to_bytes(seen, {"version": version, _PRINCIPAL: principal, _PEOPLE: people, _RUN: run_id, **asked})
