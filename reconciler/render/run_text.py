"""Runs for people."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.past import Past
from reconciler.model.run import INSTALLER, Holder, Outcome, Run
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


def past_text(past: Past, style: Style) -> str:
    """One run with its changes, and whether it can be undone."""
    lines = [run_text(past.run, style).rstrip("\n"), ""]
    for one in past.changes:
        edge = f" {safe(one.edge)}" if one.edge else ""
        lines += wrap(f"{safe(one.action)}{edge} {safe(str(one.address))}", indent="  ", hanging="      ")
        paths = [safe(str(field["path"])) for field in one.fields if field.get("path")]
        if paths and not one.edge:
            lines += wrap(", ".join(paths), indent="      ", hanging="      ")
        later = past.later.get(one.address, ())
        if later:
            lines += wrap(f"written since by {', '.join(map(safe, later))}", indent="      ", hanging="      ")
    lines += ["", *wrap(_undoable(past), indent="", hanging="  ")]
    return "\n".join(lines) + "\n"


def _undoable(past: Past) -> str:
    if past.broken:
        return f"It cannot be rolled back: {safe(past.broken[0])}."
    if not past.changes or not all(one.kept for one in past.changes):
        return "It cannot be rolled back: what it found before it wrote is not kept."
    if past.run.actor.startswith(INSTALLER):
        return (
            "It founded this database. As long as nobody else has become an administrator since, a rollback is "
            "refused, because nobody would be left to open the doors."
        )
    return f"Undo it with: reconciler rollback {safe(past.run.id)}"


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
        f"      {run.outcome.value}: {run.added} added, {run.changed} changed, {run.destroyed} destroyed{_mails(run)}",
        f"      {safe(run.digest)}",
    ]
    if run.commit:
        lines.append(f"      commit {safe(run.commit)}")
    if run.rollback_of:
        lines.append(f"      rollback of {safe(run.rollback_of)}")
    return lines


def _mails(run: Run) -> str:
    return f", {run.notices} {plural(run.notices, 'mail')}" if run.notices else ""


def _lasted(run: Run) -> str:
    return "no time that is known" if run.seconds is None else f"{run.seconds} s"
