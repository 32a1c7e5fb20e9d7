"""Runs for people."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.run import Holder, Outcome, Run
from reconciler.render.resource_text import Style
from reconciler.render.terminal import safe, wrap
from reconciler.render.values import plural


def applied_text(run: Run, style: Style) -> str:
    """The line that ends an apply."""
    if run.outcome is Outcome.REPEATED:
        line = f"Already applied at {run.finished_at} by {safe(run.actor)}. Nothing was written."
        return style.palette.paint(line, "bold", "green") + "\n"
    line = f"Apply complete! {run.added} added, {run.changed} changed, {run.destroyed} destroyed."
    return style.palette.paint(line, "bold", "green") + "\n"


def runs_text(runs: Sequence[Run], style: Style) -> str:
    """Past runs, the newest first."""
    if not runs:
        return "No runs.\n"
    lines = [style.palette.paint(f"{len(runs)} {plural(len(runs), 'run')}, the newest first.", "bold"), ""]
    for one in runs:
        lines += [*_run_lines(one, style), ""]
    return "\n".join(lines[:-1]) + "\n"


def chain_text(found: Sequence[str], runs: Sequence[Run], style: Style) -> str:
    """What is wrong with the chain of the audit, the first broken row first."""
    if not found:
        line = f"The history is whole: every change of {len(runs)} {plural(len(runs), 'run')} is as it was written."
        return style.palette.paint(line, "bold", "green") + "\n"
    lines = [style.palette.paint(f"The history is broken: {safe(found[0])}.", "bold", "red")]
    for one in found[1:]:
        lines += wrap(safe(one), indent="  - ", hanging="    ")
    return "\n".join(lines) + "\n"


def run_text(run: Run, style: Style) -> str:
    """One run whole."""
    line = f"Applied: {run.added} added, {run.changed} changed, {run.destroyed} destroyed."
    return "\n".join([style.palette.paint(line, "bold", "green"), *_run_lines(run, style)]) + "\n"


def holders_text(found: Sequence[Holder]) -> str:
    """Who holds which locks, a line each and what is known below."""
    if not found:
        return "No locks are held.\n"
    lines = [f"{len(found)} {plural(len(found), 'lock')} held."]
    for one in found:
        since = f" since {one.since}" if one.since else ""
        lines.append(f"  {safe(one.what)}: process {one.pid} of user {safe(one.user)}{since}")
        about = ", ".join(safe(word) for word in (one.application, one.state) if word)
        lines += [f"      {about}"] if about else []
    return "\n".join(lines) + "\n"


def _run_lines(run: Run, style: Style) -> list[str]:
    approved = f", approved by {', '.join(map(safe, run.approvers))}" if run.approvers else ""
    lines = [
        f"  {style.palette.paint(safe(run.id), 'bold')}",
        f"      {run.finished_at} by {safe(run.actor)}{approved}, in {_lasted(run)}",
        f"      {run.added} added, {run.changed} changed, {run.destroyed} destroyed",
        f"      {safe(run.digest)}",
    ]
    if run.commit:
        lines.append(f"      commit {safe(run.commit)}")
    return lines


def _lasted(run: Run) -> str:
    return "no time that is known" if run.seconds is None else f"{run.seconds} s"
