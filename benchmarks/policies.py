"""What judging a large plan by one policy costs: ``python benchmarks/policies.py [--changes N] [--repeat N]``.

Each change is an update of an issuer with 21 fields before and after. The time is that of the whole judgement, the
start of the evaluator included: wall clock, and processor time of both processes; medians.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from typing import Any

from reconciler.adapters.manifests import Limits, parse
from reconciler.adapters.policies import evaluate
from reconciler.engine.policies import plan_work, read_policies
from reconciler.kinds import discover

RULES = {
    "no change has the kind": 'for: change, on: {kinds: [SmtpSettings]}, deny: after.spec.a == "x"',
    "one in 100 has the action": 'for: change, on: {actions: [delete]}, deny: after.spec.a == "x"',
    "every field": 'for: field, deny: field.path == "x"',
    "after of every change": 'for: change, deny: after.spec.a == "x"',
    "every change whole": 'for: change, deny: change.name == "x"',
    "the whole plan": "for: plan, deny: 'plan.resource_changes.exists(one, one.name == \"x\")'",
}
HEAD = "apiVersion: reconciler/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  rules:\n"


def main() -> None:
    """Measure each rule and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    document = {"resource_changes": [change(number) for number in range(given.changes)], "reconciler": {}}
    print(f"judging {given.changes} changes by one rule, wall clock and processor, median of {given.repeat}")
    for name, rule in RULES.items():
        times = [judged(rule, document) for _ in range(given.repeat)]
        clock, processor = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"  {name:<28} {clock:6.2f} s {processor:6.2f} s", flush=True)


def change(number: int) -> dict[str, Any]:
    """One entry of a plan."""
    spec = dict.fromkeys("abcdefghijklmnopqrstu", "twenty characters ok")
    return {
        "address": f"Issuer/farol/issuer-{number}",
        "type": "issuer",
        "name": f"issuer-{number}",
        "change": {"actions": ["update"], "before": {"spec": spec}, "after": {"spec": spec}},
        "reconciler": {
            "tenant": "farol",
            "actions": ["update" if number % 100 else "delete"],
            "risks": [],
            "fields": [{"path": "a", "cause": "intent", "before": "1", "after": "2"}],
        },
    }


def judged(rule: str, document: dict[str, Any]) -> tuple[float, float]:
    """Seconds that a judgement takes, by the clock and of the processor. A wrong answer has no speed."""
    text = f"{HEAD}    - {{name: r, message: m, {rule}}}\n"
    policies, found = read_policies(parse("p.cel.yaml", text.encode(), limits=Limits())[0], discover())
    begin, before = time.perf_counter(), processor()
    answers = evaluate(plan_work(policies, document))
    seconds = time.perf_counter() - begin, processor() - before
    if found or answers.breaches or answers.strikes:
        sys.exit(f"{rule}: {found or answers}")
    return seconds


def processor() -> float:
    """Seconds of the processor that this process and those that it started have used."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main()
