"""Houses: a random world each, lived through from an empty database to an adopted one.

A house takes a dozen steps and more, and what does not hold in one of them stands in its trial. ``lived`` is one house,
the same for the same seed; ``survived`` is a campaign of them.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

from reconciler.model.errors import ReconcilerError
from tests.campaigns import back, meddling
from tests.campaigns.ground import Ground, grounds
from tests.campaigns.trials import Trial
from tests.servers import Cluster


class Survived(NamedTuple):
    """A campaign: steps that were tried, what was wrong, and how often what was seen besides."""

    n: int
    wrong: list[str]
    seen: Counter[str]
    houses: int


def survived(*, seed: int, steps: int, cluster: Cluster | None = None) -> Survived:
    """Live through houses until so many steps have been tried."""
    n, houses, wrong, seen = 0, 0, list[str](), Counter[str]()
    with grounds(cluster) as new:
        while n < steps:
            trial = lived(next(new), seed * 1_000_000 + houses)
            houses += 1
            n += sum(trial.done.values())
            seen += trial.seen
            seen["resources"] += len(trial.world.trees)
            wrong += [f"house {seed * 1_000_000 + houses - 1}: {one}" for one in trial.wrong]
    return Survived(n, wrong, seen, houses)


def lived(ground: Ground, seed: int) -> Trial:
    """One house on its ground."""
    trial = Trial(ground, random.Random(seed))  # noqa: S311 - the same house for the same seed
    try:
        _live(trial)
    except ReconcilerError as error:
        found = [f"{one.code} {one.address} {one.summary}" for one in getattr(error, "diagnostics", ())]
        trial.say("refused", f"{error.code} {error.message} {found[:3]}")
    return trial


def _live(trial: Trial) -> None:
    if not trial.begin():
        return
    meddling.undisturbed(trial)
    former = back.taken(trial)
    if trial.go_on():
        meddling.undisturbed(trial)
        if not back.rolled_back(trial, former):
            return
    meddling.ordered(trial)
    meddling.exported(trial)
    rows = trial.ground.rows()
    before = meddling.meddle(trial)
    meddling.noticed(trial, before)
    meddling.reverted(trial, before, rows)
    before = meddling.meddle(trial)
    places = meddling.noticed(trial, before)
    meddling.accepted(trial, places, before)
    meddling.exported(trial, changed_by_others=True)
    meddling.adopted(trial)
