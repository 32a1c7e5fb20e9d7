"""Waived drift stays as it is, beside what is taken back, and is drift again when its waiver is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.drift import DriftReport, FindingState
from reconciler.model.errors import InvalidManifests
from reconciler.operations.drift import DriftRequest, drift
from tests.campaigns.back import is_tombstone
from tests.campaigns.expect import alike, stored
from tests.campaigns.ground import NOW, WAIVERS, WRITER
from tests.campaigns.meddling import Place, put_back, shown, tried_back, waiting_in
from tests.campaigns.trials import Trial
from tests.campaigns.worlds import CATALOG

TODAY, YESTERDAY = NOW.date().isoformat(), "2026-06-14"


def waived(trial: Trial, places: set[Place], before: Mapping[Place, Any]) -> None:
    """Waive some of what drifts, take the rest back, and end the waivers."""
    trial.done["drift waived"] += 1
    # Half of a unique key does not come back while others have the other half.
    late = tried_back(trial, {place: value for place, value in before.items() if place not in places})
    chosen = {place for place in sorted(places) if trial.chance.random() < 0.5}
    trial.waivers = _waivers(chosen, expires=TODAY)
    _told(trial, chosen, places - chosen)
    kept = {place: _value(trial, place) for place in chosen}
    waiting = waiting_in(trial, before)
    try:
        trial.apply(only_drift=trial.chance.random() < 0.5, prune=False)
    except InvalidManifests as error:
        # What cannot be taken back by a plan, or does not fit what is waived, is put back by hand.
        for one in error.diagnostics:
            trial.seen[f"not reverted beside waivers {one.code}"] += 1
        late = tried_back(trial, {place: value for place, value in before.items() if place not in chosen})
        _again(trial)
    else:
        waiting |= waiting_in(trial, before)
        put_back(trial, {place: before[place] for place in waiting & (places - chosen)})
    # Without a manifest nobody says what to go back to.
    late |= tried_back(trial, {place: before[place] for place in places - chosen if place[0] not in trial.world.trees})
    for place, value in kept.items():
        one = CATALOG[place[0].kind].by_path[place[1]]
        if not alike(one, stored(one, value), stored(one, _value(trial, place))):
            trial.say("waive", f"{shown(place)} was waived, and is {_value(trial, place)!r} instead of {value!r}")
    chosen -= _forgotten(trial, chosen)
    _told(trial, chosen, set())
    trial.waivers = _waivers(chosen, expires=YESTERDAY) if trial.chance.random() < 0.5 else {}
    _told(trial, set(), chosen)
    trial.waivers = {}
    trial.seen["waived"] += len(chosen)
    put_back(trial, late | {place: before[place] for place in kept})


def _forgotten(trial: Trial, chosen: Iterable[Place]) -> set[Place]:
    """What an apply forgets whatever is waived: git let go of it, and another program has buried it already."""
    rows, ledger = trial.ground.rows(), trial.ground.ledger()
    return {
        place
        for place in chosen
        if place[0] not in ledger and place[0] not in trial.world.trees and is_tombstone(place[0], rows[place[0]])
    }


def _again(trial: Trial) -> None:
    try:
        trial.apply(prune=False)
    except InvalidManifests as error:
        for one in error.diagnostics:
            trial.seen[f"nothing reverted beside waivers {one.code}"] += 1


def _waivers(places: Iterable[Place], *, expires: str) -> dict[str, bytes]:
    """A file of waivers, one a place."""
    trees = [
        {
            "apiVersion": "reconciler/v1",
            "kind": "Waiver",
            "metadata": {"name": f"w{number}"},
            "spec": {
                "owner": "rita@example.com",
                "reason": "Until it is looked at.",
                "expires": expires,
                "addresses": [str(address)],
                "fields": [path],
            },
        }
        for number, (address, path) in enumerate(sorted(places))
    ]
    return {f"{WAIVERS}/all.yaml": WRITER.text(trees)} if trees else {}


def _told(trial: Trial, waived: set[Place], not_waived: set[Place]) -> None:
    """Drift tells what is waived as waived, and what is not as drift."""
    report = drift(trial.doors(), DriftRequest())
    mine = _places(report, waived=True)
    for place in sorted(waived - mine):
        trial.say("waive", f"{shown(place)} is waived, and drift does not say so")
    for place in sorted(mine - waived):
        trial.say("waive", f"{shown(place)} is told as waived, and nobody waived it")
    for place in sorted(not_waived - _places(report, waived=False)):
        trial.say("waive", f"{shown(place)} is not waived, and drift does not tell")


def _places(report: DriftReport, *, waived: bool) -> set[Place]:
    return {
        (one.address, one.path) for one in report.findings if (one.state is FindingState.WAIVED) is waived and one.path
    }


def _value(trial: Trial, place: Place) -> Any:
    address, path = place
    return trial.ground.rows()[address][CATALOG[address.kind].by_path[path].columns[0].name]
