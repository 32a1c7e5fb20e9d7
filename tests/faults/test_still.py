"""The plan under the locks is the same, made again or known to stand, whatever others write before them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.errors import ReconcilerError
from reconciler.model.failpoint import armed
from reconciler.model.plan import Plan
from reconciler.operations import apply
from tests.campaigns import meddling
from tests.campaigns.ground import grounds
from tests.campaigns.houses import lived
from tests.campaigns.trials import Trial
from tests.campaigns.worlds import ADMINISTRATOR, moved
from tests.servers import Cluster, installed

SAID = (
    "guarded",
    "narrowed",
    "ruled",
    "shifts",
    "carriers",
    "denials",
    "marks",
    "refusal",
    "errors",
    "holds",
)


class Unread:
    """What was read, for a session that is to read it again."""

    def __init__(self, live: Any) -> None:
        self.live = live


def bare(plan: Plan) -> Plan:
    """A plan without the resources that it was made from: those of a rollback are made with it."""
    changes, observed = (tuple(replace(one, resource=None) for one in found) for found in (plan.changes, plan.observed))
    return replace(plan, changes=changes, observed=observed)


@contextmanager
def both_ways(seen: Counter[str]) -> Iterator[None]:
    """Under the locks the plan is made both ways, and must come out the same, or be refused in the same words."""
    again, judge_again = apply._again, apply.judge_again

    def counted(*given: Any, **how: Any) -> Any:
        seen["stood"] += 1
        return judge_again(*given, **how)

    def outcome(*given: Any, **how: Any) -> tuple[Any, Any]:
        try:
            return again(*given, **how), None
        except ReconcilerError as error:
            return error, (type(error), error.code, error.message, getattr(error, "diagnostics", ()))

    def checked(doors: Any, request: Any, orders: Any, shown: Any, session: Any, *, standing: Any) -> Any:
        seen["locked"] += 1
        quick, refused = outcome(doors, request, orders, shown, session, standing=standing)
        anew = replace(orders, anew=True)
        long, also = outcome(doors, request, anew, shown, session, standing=Unread(standing.live))
        assert refused == also
        if refused is not None:
            seen["refused"] += 1
            raise quick
        assert bare(quick.plan) == bare(long.plan)
        assert (quick.judgement.authorization is None) == (long.judgement.authorization is None)
        for name in SAID:
            assert getattr(quick, name) == getattr(long, name), name
        assert (quick.live.identity, quick.live.rows, quick.live.ledger) == (
            long.live.identity,
            long.live.rows,
            long.live.ledger,
        )
        return quick

    apply._again, apply.judge_again = checked, counted
    try:
        yield
    finally:
        apply._again, apply.judge_again = again, judge_again


def meddled(trial: Trial, seen: Counter[str]) -> None:
    """What others may do between the plan and the locks; nothing at all, most often."""
    way = trial.chance.choice(("nothing", "nothing", "fields", "ledger", "generation", "approval", "and back"))
    seen[f"did {way}"] += 1
    with trial.ground.connect() as link:
        if way == "ledger":
            link.execute("UPDATE reconciler_resources SET source = 'elsewhere.yaml:1'")
        elif way == "generation":
            link.execute("UPDATE reconciler_tenants SET generation = generation + 1")
        elif way == "approval":
            link.execute(
                "INSERT INTO reconciler_approvals (digest, approver, approved_at, valid_until, rights, rules) "
                f"VALUES ('sha256:x', '{ADMINISTRATOR}', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', '', '')"
            )
    if way in ("fields", "and back"):
        before = meddling.meddle(trial)
        if way == "and back":
            meddling.put_back(trial, before)


def tried(*, seed: int, applies: int, cluster: Cluster | None = None) -> Counter[str]:
    """Apply the next world of random houses while others meddle; what became of it."""
    seen: Counter[str] = Counter()
    with grounds(cluster) as new, both_ways(seen):
        while seen["locked"] < applies:
            trial = Trial(next(new), random.Random(seed))  # noqa: S311 - the same house for the same seed
            seed += 1
            if not trial.begin():
                continue
            world = moved(trial.chance, trial.world)
            if not trial.settle(world, trial.world):
                continue
            trial.write_down(world)

            def act(name: str, trial: Trial = trial) -> None:
                if name == "agreed":
                    meddled(trial, seen)

            with armed(act):
                try:
                    trial.apply()
                except ReconcilerError as error:
                    seen[f"ended {type(error).__name__}"] += 1
    return seen


def test_both_ways_agree_while_others_meddle() -> None:
    seen = tried(seed=400, applies=60)
    assert seen["stood"] > 20
    assert seen["refused"] > 3, seen


@pytest.mark.slow
def test_both_ways_agree_on_a_server(clusters: Callable[[str], Cluster]) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    seen = tried(seed=500, applies=40, cluster=clusters("16"))
    assert seen["stood"] > 10
    assert seen["refused"], seen


def test_both_ways_agree_in_whole_lives() -> None:
    """Applies, rollbacks, adoptions and what others change."""
    seen: Counter[str] = Counter()
    with grounds() as new, both_ways(seen):
        for seed in range(600, 604):
            assert lived(next(new), seed).wrong == []
    assert seen["stood"] > 10


def test_the_check_notices_a_plan_that_is_wrongly_known_to_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "unmoved", lambda *_given: True)
    with pytest.raises(AssertionError):
        tried(seed=400, applies=60)
