"""Stage policies: rules of the users' own, from documents to what they say about a plan.

Pure: reading and asking make values, an evaluator behind a door answers them, telling turns the answers into
diagnostics. An expression that gives no answer is an error, never a pass.
"""

from __future__ import annotations

from reconciler.engine.policies.ask import plan_work, trial_work
from reconciler.engine.policies.read import read_policies
from reconciler.engine.policies.tell import plan_findings, trial_findings

__all__ = ["plan_findings", "plan_work", "read_policies", "trial_findings", "trial_work"]
