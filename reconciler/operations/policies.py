"""policies: what the rules of the users' own say about a plan, and whether those rules are sound.

read the files, judge them as documents, evaluate their expressions, tell what came of it. The same function judges a
plan for review and, under the locks, the plan that is applied.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.policies import plan_findings, plan_work, read_policies, trial_findings, trial_work
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.plan import Plan
from reconciler.model.policy import Policy
from reconciler.operations.request import Doors, PolicyDoors


def judge_policies(doors: Doors, plan: Plan, guarded: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the policies say about a plan (POL-10, POL-11), or why they cannot be judged by (POL-01 to POL-06).

    ``guarded`` is what the guards said.

    Raises:
        WorldError: the files or the evaluator do not answer.
    """
    if doors.policies is None:
        return []
    policies, found = _read(doors.catalog, doors.policies)
    if not policies or errors_in(found):
        return in_order(found)
    document = doors.policies.document(plan, guarded)
    work = plan_work(policies, document)
    return in_order([*found, *plan_findings(work, doors.policies.evaluate(work), plan, document)])


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
