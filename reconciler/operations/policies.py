"""policies: what the rules of the users' own say about a plan, and whether those rules are sound.

read the files, judge them as documents, evaluate their expressions, tell what came of it. The same function judges a
plan for review and, under the locks, the plan that is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.engine.policies import plan_findings, plan_work, read_policies, trial_findings, trial_work
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.plan import Plan
from reconciler.model.policy import Policy
from reconciler.operations.request import Doors, PolicyDoors


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    """What the policies say. ``told`` is the same, one by one, for the eyes of those who ask."""

    found: tuple[Diagnostic, ...] = ()
    told: tuple[Diagnostic, ...] = ()


def judge_policies(
    doors: Doors,
    plan: Plan,
    guarded: Sequence[Diagnostic],
    *,
    seen: Callable[[], tuple[Plan, Sequence[Diagnostic]]] | None = None,
) -> Rulings:
    """What the policies say about a plan (POL-10, POL-11), or why they cannot be judged by (POL-01 to POL-06).

    ``guarded`` is what the guards said. ``seen`` gives both as those who ask see them; None says that they see all.

    Raises:
        WorldError: the files or the evaluator do not answer.
    """
    if doors.policies is None:
        return Rulings()
    policies, found = _read(doors.catalog, doors.policies)
    if not policies or errors_in(found):
        whole = tuple(in_order(found))
        return Rulings(found=whole, told=whole)
    document = doors.policies.document(plan, guarded)
    work = plan_work(policies, document)
    answers = doors.policies.evaluate(work)
    said = plan_findings(work, answers, plan, document)
    told = said
    if said and seen is not None:
        shown = doors.policies.document(*seen())
        told = plan_findings(work, answers, plan, document, shown=shown)
    pairs = [*((one, one) for one in found), *zip(said, told, strict=True)]
    pairs.sort(key=lambda pair: pair[0].sort_key)
    return Rulings(found=tuple(one for one, _ in pairs), told=tuple(one for _, one in pairs))


def check_policies(catalog: Catalog, doors: PolicyDoors | None) -> list[Diagnostic]:
    """Whether every policy reads, and its tests pass (POL-07). Needs no plan.

    Raises:
        WorldError: the files or the evaluator do not answer.
    """
    if doors is None:
        return []
    policies, found = _read(catalog, doors)
    if not policies:
        return found
    work, which = trial_work(policies)
    answers = doors.evaluate(work)
    return [*found, *trial_findings(work, answers, which, only_expressions=errors_in(found))]


def _read(catalog: Catalog, doors: PolicyDoors) -> tuple[tuple[Policy, ...], list[Diagnostic]]:
    documents, found = doors.read()
    policies, problems = read_policies(documents, catalog)
    return policies, [*found, *problems]
