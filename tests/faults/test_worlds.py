"""A share of the random worlds, and proof that their judges notice a tool that is blind."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.engine.compose import compose
from reconciler.model.address import Address
from reconciler.operations.accept import Accepted
from tests.campaigns import houses, meddling, moving
from tests.campaigns.expect import missing_in
from tests.campaigns.ground import WRITER, Documents, Ground, grounds
from tests.campaigns.houses import lived, survived
from tests.campaigns.layers import Layered
from tests.campaigns.trials import Trial, spread
from tests.campaigns.worlds import CATALOG, World, add, first
from tests.servers import Cluster, installed

SEED = 7


@pytest.fixture(scope="module")
def new() -> Iterator[Iterator[Ground]]:
    """New embedded databases, one after the other."""
    with grounds() as found:
        yield found


@pytest.fixture
def house(new: Iterator[Ground]) -> Trial:
    """A house behind its first apply, with a good many resources."""
    trial = Trial(next(new), random.Random(0))  # noqa: S311 - the same house in every run
    while not trial.begin() or len(trial.world.trees) < 12:
        trial.ground = next(new)
    return trial


def test_a_share_of_the_random_worlds_holds() -> None:
    found = survived(seed=SEED, steps=120, long=2)
    assert found.wrong == []
    assert found.n >= 120
    assert found.seen["thrown away"] <= found.houses // 5
    assert found.seen["accepted"] > 10
    assert found.seen["rolled back"] > 3
    assert found.seen["adopted"] > 20


@pytest.mark.slow
def test_a_share_of_the_random_worlds_holds_on_a_server(clusters: Callable[[str], Cluster]) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    assert survived(seed=SEED, steps=24, cluster=clusters("16")).wrong == []


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_any_random_world_holds(new: Iterator[Ground], seed: int) -> None:
    assert lived(next(new), seed).wrong == []


def test_every_kind_lives_in_some_world() -> None:
    made = {address.kind for seed in range(40) for address in first(random.Random(seed)).trees}  # noqa: S311
    assert made == set(CATALOG)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_is_written_by_hand_is_read_as_it_was_meant(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - out of hypothesis
    world = first(chance)
    wanted = Documents(world).read()[0].documents
    read, problems = Layered(WRITER, spread(chance, world), anew=True).read()
    found, unlaid = compose(read.documents, read.overlays)
    assert problems == unlaid == []
    assert sorted(repr(_sorted(one.tree)) for one in found) == sorted(repr(_sorted(one.tree)) for one in wanted)


def _sorted(tree: Any) -> Any:
    """The same with its keys in order, without nulls, and without labels where there are none."""
    if isinstance(tree, dict):
        left = (key for key in sorted(tree) if tree[key] is not None and (key, tree[key]) != ("labels", {}))
        return {key: _sorted(tree[key]) for key in left}
    return [_sorted(one) for one in tree] if isinstance(tree, list) else tree


def test_what_only_the_time_makes_wrong_keeps_nothing_else_from_being_adopted(new: Iterator[Ground]) -> None:
    """Another program let a service run whose certificate is not active yet (CS-02)."""
    trial = Trial(next(new), random.Random(5))  # noqa: S311 - the same house in every run
    world = first(trial.chance, (0,))
    service = None
    while service is None or "certificate" not in world.trees[service]["spec"]:
        service = add(trial.chance, world, CATALOG["ClientService"], "")
    assert trial.settle(world)
    trial.write_down(world)
    trial.applied("apply")
    assert trial.ground.write(service, {"state": "active"})
    meddling.adopted(trial)
    assert trial.wrong == []
    assert trial.seen["adopted"] > 3
    assert service not in trial.ground.ledger()


@pytest.mark.parametrize(
    ("number", "long"),
    [
        pytest.param(42000252, False, id="a certificate that waits for a person expires"),
        pytest.param(42001230, True, id="a password that git ignores moves"),
    ],
)
def test_what_is_right_is_not_told_as_wrong(new: Iterator[Ground], number: int, long: bool) -> None:
    assert lived(next(new), number, long=long).wrong == []


# --- the judges ---


def test_a_judge_that_fails_is_wrong_in_its_house_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = list[Trial]()

    def begin(trial: Trial) -> bool:
        calls.append(trial)
        if len(calls) == 2:
            raise StopIteration
        trial.done["apply"] += 1
        return False

    monkeypatch.setattr(Trial, "begin", begin)
    monkeypatch.setattr(houses, "TOLD", 1)
    assert houses.main(["--seed", "9", "--worlds", "3", "--past", "7"]) == 1
    out = capsys.readouterr().out
    (wrong,) = [line for line in out.splitlines() if line.startswith("house ")]
    assert wrong.startswith("house 9000008: ended: ")
    assert "StopIteration" in wrong
    assert "3 worlds of 4 houses, 3 steps, 1 wrong" in out
    assert "--past 11 goes on" in out


def test_rows_that_do_not_hold_what_was_said_are_noticed(house: Trial) -> None:
    assert list(missing_in(house.world, house.ground.rows(), house.ground.ledger())) == []
    before = {place: value for place, value in meddling.meddle(house).items() if "." not in place[1]}
    assert before
    told = list(missing_in(house.world, house.ground.rows(), house.ground.ledger()))
    assert len(told) > len(before) // 3


def test_drift_that_nobody_expects_is_noticed(house: Trial) -> None:
    assert meddling.meddle(house)
    meddling.undisturbed(house)
    assert house.wrong


def test_drift_that_is_not_told_is_noticed(house: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    before = meddling.meddle(house)
    real = meddling.drift
    monkeypatch.setattr(meddling, "drift", lambda *words: replace(real(*words), findings=()))
    meddling.noticed(house, before)
    assert any("drift does not tell" in one for one in house.wrong)


def test_drift_that_stays_is_noticed(house: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = house.ground.rows()
    before = meddling.meddle(house)
    monkeypatch.setattr(Trial, "apply", lambda _self, **_how: None)
    meddling.reverted(house, before, rows)
    assert any("drifts still" in one for one in house.wrong)


def test_an_accept_that_writes_nothing_is_noticed(house: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    before = meddling.meddle(house)
    places = meddling.noticed(house, before)

    def pretend(*_doors: Any, names: list[str]) -> Accepted:
        mine = tuple(place for place in sorted(places) if str(place[0]) in {names[0], names[0].rpartition(".")[0]})
        return Accepted(files=(), fields=mine or tuple(sorted(places)))

    monkeypatch.setattr(meddling, "accept", pretend)
    meddling.accepted(house, places, before)
    assert any("left to do" in one for one in house.wrong)


def test_an_export_that_leaves_something_out_is_noticed(house: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    real = meddling.export

    def less(*words: Any) -> Any:
        made = real(*words)
        return replace(made, resources=made.resources[1:])

    monkeypatch.setattr(meddling, "export", less)
    meddling.exported(house)
    assert any("without a word" in one for one in house.wrong)


@pytest.mark.parametrize(
    ("column", "value"), [("created_at", "2000-01-01T00:00:00Z"), ("name", "another"), ("annotations", '{"by":"hand"}')]
)
def test_a_move_that_does_more_is_noticed(
    house: Trial, monkeypatch: pytest.MonkeyPatch, column: str, value: str
) -> None:
    real = Trial.applied

    def applied(trial: Trial, step: str) -> None:
        before = set(trial.ground.rows())
        real(trial, step)
        for address in set(trial.ground.rows()) - before:
            trial.ground.write(address, {column: value})

    monkeypatch.setattr(Trial, "applied", applied)
    moving.moved(house)
    assert any(one.startswith("move: ") for one in house.wrong)


def test_a_world_that_cannot_be_mended_is_counted(new: Iterator[Ground]) -> None:
    trial = Trial(next(new), random.Random(1))  # noqa: S311
    strange = {"apiVersion": "reconciler/v1", "kind": "Nothing", "metadata": {"name": "x"}, "spec": {}}
    assert not trial.settle(World({Address("Nothing", "", "x"): strange}))
    assert trial.seen["thrown away"] == 1
