"""The forms in which a plan is reported beside text and JSON; loaded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # help must not load it
    from reconciler.model.report import Report

PLAN_FORMATS = {
    "sarif": "reconciler.cli.machine:plan_sarif",
    "junit": "reconciler.cli.machine:plan_junit",
    "github": "reconciler.cli.machine:plan_github",
    "gitlab": "reconciler.cli.machine:plan_gitlab",
    "gitlab-terraform": "reconciler.render.gitlab:plan_gitlab_widget",
}
"""Word of ``--format`` to the function that renders a report; its first argument is the report."""


def plan_words() -> tuple[str, ...]:
    """The words of ``--format`` for a plan."""
    return ("text", "json", *PLAN_FORMATS)


def rendered_plan(form: str, report: Report, settings: Mapping[str, Any]) -> str:
    """The report in one of :data:`PLAN_FORMATS`."""
    module, _, name = PLAN_FORMATS[form].partition(":")
    render: Callable[..., str] = getattr(import_module(module), name)
    return render(report, **settings)
