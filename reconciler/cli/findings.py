"""The forms in which findings are reported beside text and JSON, and what a step of a runner is left with."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:  # help must not load it
    from reconciler.model.drift import DriftReport
    from reconciler.model.report import Findings, Report

FINDINGS_FORMATS = {
    "github": "reconciler.cli.machine:findings_github",
    "gitlab": "reconciler.cli.machine:findings_gitlab",
    "sarif": "reconciler.cli.machine:findings_sarif",
    "junit": "reconciler.cli.machine:findings_junit",
}
"""Word of ``--format`` to the function that renders findings."""


def write_findings(session: Session, form: str, findings: Findings) -> None:
    """Write findings in one of :data:`FINDINGS_FORMATS`."""
    module, _, name = FINDINGS_FORMATS[form].partition(":")
    render: Callable[[Findings], str] = getattr(import_module(module), name)
    session.output.result(render(findings))
    leave(form, findings)


def write_refusal(session: Session, form: str, error: ReconcilerError) -> None:
    """Write the findings for which no plan was made, where ``form`` has a shape for findings."""
    if form not in FINDINGS_FORMATS or not error.diagnostics:
        return
    from reconciler.model.report import Findings

    files = {one.source.file for one in error.diagnostics if one.source is not None}
    write_findings(session, form, Findings(diagnostics=error.diagnostics, resources=0, files=len(files)))


def left_out(count: int) -> str:
    """What is said of manifests that are set aside without a denial."""
    return f"Left out: {count:,} {'manifest' if count == 1 else 'manifests'} outside of your reach."


def leave(form: str, said: Report | Findings | DriftReport) -> None:
    """With ``github``, append summary and outputs to the files that the runner names for its step.

    Raises:
        WorldError: one of them cannot be written (OUT-01).
    """
    if form == "github":
        from reconciler.cli.machine import leave_for_step

        leave_for_step(said)
