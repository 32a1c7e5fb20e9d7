"""What machines beside the program read: pure renderers, given what only the surroundings of a call know.

A runner of continuous integration says where the repository begins, because its readers count paths from there, and
which files take a step's summary and outputs.
"""

from __future__ import annotations

import os
from pathlib import Path

from reconciler import __version__
from reconciler.cli.rules import texts_of
from reconciler.model.drift import DriftReport
from reconciler.model.errors import WorldError
from reconciler.model.report import Findings, Report
from reconciler.render import github, gitlab, junit, sarif
from reconciler.render.drift_markdown import render_drift_markdown
from reconciler.render.markdown import render_markdown

_SUMMARY = 256 << 10
"""Bytes of a step's summary; a runner takes no more than a mebibyte of all of a step, and drops it whole above that."""
_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def findings_sarif(findings: Findings) -> str:
    """SARIF of ``validate``."""
    return sarif.findings_sarif(findings, version=__version__, rules=texts_of, prefix=prefix())


def plan_sarif(report: Report) -> str:
    """SARIF of a plan."""
    return sarif.plan_sarif(report, version=__version__, rules=texts_of, prefix=prefix())


def findings_github(findings: Findings) -> str:
    """Annotations of ``validate``."""
    return github.findings_github(findings, prefix=prefix())


def plan_github(report: Report) -> str:
    """Annotations of a plan."""
    return github.plan_github(report, prefix=prefix())


def findings_gitlab(findings: Findings) -> str:
    """Code quality of ``validate``."""
    return gitlab.findings_gitlab(findings, prefix=prefix())


def plan_gitlab(report: Report) -> str:
    """Code quality of a plan."""
    return gitlab.plan_gitlab(report, prefix=prefix())


def drift_sarif(report: DriftReport) -> str:
    """SARIF of drift."""
    return sarif.drift_sarif(report, version=__version__, rules=texts_of, prefix=prefix())


def drift_github(report: DriftReport) -> str:
    """Annotations of drift."""
    return github.drift_github(report, prefix=prefix())


def drift_gitlab(report: DriftReport) -> str:
    """Code quality of drift."""
    return gitlab.drift_gitlab(report, prefix=prefix())


def drift_junit(report: DriftReport) -> str:
    """JUnit of drift."""
    return junit.drift_junit(report, prefix=prefix())


def findings_junit(findings: Findings) -> str:
    """JUnit of ``validate``."""
    return junit.findings_junit(findings, prefix=prefix())


def plan_junit(report: Report) -> str:
    """JUnit of a plan."""
    return junit.plan_junit(report, prefix=prefix())


def leave_for_step(said: Report | Findings | DriftReport) -> None:
    """Append the summary and the outputs of a step to the files that a runner of GitHub names, where it names them.

    Raises:
        WorldError: one of them cannot be written (OUT-01).
    """
    if isinstance(said, Findings):
        summary, outputs = github.findings_summary(said), github.findings_outputs(said)
    elif isinstance(said, DriftReport):
        summary, outputs = render_drift_markdown(said, max_bytes=_SUMMARY), github.drift_outputs(said)
    else:
        summary, outputs = render_markdown(said, max_bytes=_SUMMARY), github.plan_outputs(said)
    _append("GITHUB_STEP_SUMMARY", summary)
    _append("GITHUB_OUTPUT", github.outputs_text(outputs))


def prefix() -> str:
    """The way from the root of the repository to the working folder, with a slash at its end; often nothing."""
    for name in _ROOTS:
        root = os.environ.get(name, "")
        if root and Path.cwd().is_relative_to(Path(root).resolve()):
            way = Path.cwd().relative_to(Path(root).resolve()).as_posix()
            return "" if way == "." else f"{way}/"
    return ""


def _append(variable: str, text: str) -> None:
    name = os.environ.get(variable, "")
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise WorldError(f"the file of {variable} cannot be written: {error.strerror}", code="OUT-01") from error
