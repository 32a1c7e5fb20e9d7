"""Whatever changes in a tree and its database, a plan of some tenants is the one that everything leads to."""

from __future__ import annotations

import random

import pytest

from tests.cli.tree import Tree
from tests.targets.both import both
from tests.targets.changes import change, words

SEEDS = range(24)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_of_some_tenants_is_that_of_everything(grove: Tree, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same changes in every run
    for _ in range(2):
        change(grove, chance)
        both(grove, *words(grove, chance)).same()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_of_drift_alone_is_that_of_everything(grove: Tree, seed: int) -> None:
    chance = random.Random(1000 + seed)  # noqa: S311 - the same changes in every run
    for _ in range(2):
        change(grove, chance)
        asked = [one for one in words(grove, chance) if one != "--prune"]
        both(grove, *asked, "--only-drift").same()
