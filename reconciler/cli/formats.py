"""The forms in which a plan is reported beside text and JSON, and the settings of each; loaded when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.model.errors import UsageError

if TYPE_CHECKING:  # help must not load it
    from reconciler.model.drift import DriftReport
    from reconciler.model.report import Report

PLAN_FORMATS = {
    "markdown": "reconciler.render.markdown:render_markdown",
    "html": "reconciler.render.html:render_html",
    "sarif": "reconciler.cli.machine:plan_sarif",
    "junit": "reconciler.cli.machine:plan_junit",
    "github": "reconciler.cli.machine:plan_github",
    "gitlab": "reconciler.cli.machine:plan_gitlab",
    "gitlab-terraform": "reconciler.render.gitlab:plan_gitlab_widget",
}
"""Word of ``--format`` to the pure function that renders a report; its first argument is the report."""

DRIFT_FORMATS = {
    "markdown": "reconciler.render.drift_markdown:render_drift_markdown",
    "html": "reconciler.render.drift_html:render_drift_html",
    "sarif": "reconciler.cli.machine:drift_sarif",
    "junit": "reconciler.cli.machine:drift_junit",
    "github": "reconciler.cli.machine:drift_github",
    "gitlab": "reconciler.cli.machine:drift_gitlab",
}
"""The same for a report of drift."""

SETTINGS: dict[str, tuple[str, ...]] = {"markdown": ("profile", "max_bytes")}
"""The settings that a form takes, as keyword arguments of its function."""

PROFILES = ("github", "gitlab", "bitbucket", "azure")
SMALLEST = 4_000

Command = TypeVar("Command", bound=Callable[..., Any])


def plan_words() -> tuple[str, ...]:
    """The words of ``--format`` for a plan."""
    return ("text", "json", *PLAN_FORMATS)


def size_options(command: Command) -> Command:
    """``--profile`` and ``--max-bytes``."""
    command = click.option(
        "--max-bytes",
        type=click.IntRange(min=SMALLEST),
        metavar="N",
        help="Longest comment with --format markdown; else that of --profile.",
    )(command)
    return click.option(
        "--profile", type=click.Choice(PROFILES), help="Who shows the comment of --format markdown; default github."
    )(command)


def settings_for(form: str, **given: Any) -> dict[str, Any]:
    """Those of ``given`` that were asked for.

    Raises:
        UsageError: ``form`` does not take one of them.
    """
    asked = {name: value for name, value in given.items() if value is not None}
    for name in asked:
        if name not in SETTINGS.get(form, ()):
            takers = " or ".join(word for word, names in SETTINGS.items() if name in names)
            raise UsageError(f"--{name.replace('_', '-')} belongs to --format {takers}")
    return asked


def rendered_plan(form: str, report: Report, settings: Mapping[str, Any]) -> str:
    """The report in one of :data:`PLAN_FORMATS`."""
    return _rendered(PLAN_FORMATS[form], report, settings)


def rendered_drift(form: str, report: DriftReport, settings: Mapping[str, Any]) -> str:
    """The report in one of :data:`DRIFT_FORMATS`."""
    return _rendered(DRIFT_FORMATS[form], report, settings)


def _rendered(name: str, report: Report | DriftReport, settings: Mapping[str, Any]) -> str:
    module, _, function = name.partition(":")
    render: Callable[..., str] = getattr(import_module(module), function)
    return render(report, **settings)
