"""Watching: where a watch shows its numbers, and who hears what turns."""

from __future__ import annotations

from functools import partial

from reconciler import __version__
from reconciler.adapters.watching import open_metrics, open_webhook
from reconciler.ports import Courier, MetricsDoor
from reconciler.render.watch_json import delivery
from reconciler.wiring.house import House


def webhook_of(house: House, variable: str = "") -> Courier | None:
    """Who hears what turns while drift is watched; ``variable`` holds the address, where one was named (WCH-01)."""
    render = partial(delivery, version=__version__, environment=house.environment)
    return open_webhook(house.variables, render, said=house.settings.watch.webhook, variable=variable)


def metrics_of(house: House, place: str) -> MetricsDoor:
    """Where a watch shows its numbers: a file, or ``:PORT`` (WCH-02, WCH-03)."""
    return open_metrics(place, folder=house.folder, version=__version__, environment=house.environment)
