"""The forms of a result beyond text and JSON, each by the word that ``--format`` takes.

A table of names, so that nothing is loaded before it is asked for. The function behind a word takes the report of a
plan, or the findings of ``validate``, and gives the whole text.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.report import Findings, Report

PLAN = {
    "sarif": "reconciler.cli.machine:plan_sarif",
    "github": "reconciler.cli.machine:plan_github",
    "gitlab": "reconciler.cli.machine:plan_gitlab",
    "gitlab-terraform": "reconciler.render.gitlab:plan_gitlab_widget",
    "junit": "reconciler.cli.machine:plan_junit",
}
"""Forms of a plan."""

FINDINGS = {
    "sarif": "reconciler.cli.machine:findings_sarif",
    "github": "reconciler.cli.machine:findings_github",
    "gitlab": "reconciler.cli.machine:findings_gitlab",
    "junit": "reconciler.cli.machine:findings_junit",
}
"""Forms of the findings of ``validate``."""


def write_plan(session: Session, form: str, report: Report) -> None:
    """Write a plan in one of the forms of :data:`PLAN`."""
    session.output.result(_renderer(PLAN[form])(report))
    _leave(form, report)


def write_findings(session: Session, form: str, findings: Findings) -> None:
    """Write findings in one of the forms of :data:`FINDINGS`."""
    session.output.result(_renderer(FINDINGS[form])(findings))
    _leave(form, findings)


def write_refusal(session: Session, form: str, error: ReconcilerError) -> None:
    """Write the findings for which no plan was made, in one of the forms of :data:`FINDINGS`."""
    from reconciler.model.report import Findings

    files = {one.source.file for one in error.diagnostics if one.source is not None}
    write_findings(session, form, Findings(diagnostics=error.diagnostics, resources=0, files=len(files)))


def _leave(form: str, said: Report | Findings) -> None:
    if form == "github":
        from reconciler.cli.machine import leave_for_step

        leave_for_step(said)


def _renderer(name: str) -> Callable[[Any], str]:
    module, _, function = name.partition(":")
    found: Callable[[Any], str] = getattr(import_module(module), function)
    return found
