"""Where a plan comes from, as remarks: for sinks that list remarks, and have no head to say it in."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import Summary
from reconciler.model.report import Base, Report
from reconciler.model.snapshot import SnapshotNote
from reconciler.render.origin_text import counts_text
from reconciler.render.remarks import Level, Remark
from reconciler.render.terminal import safe
from reconciler.render.values import plural

_COUNTED = ("add", "change", "destroy", "adopt", "forget", "held", "manual", "drift")


def origin_remarks(report: Report) -> list[Remark]:
    """That a plan was made from a snapshot, and what of it was pending before its branch. None for any other plan.

    The summaries hold neither times nor counts, so that a sink knows the remark again the next time.
    """
    found = []
    if report.snapshot is not None:
        details = tuple(_snapshot(report.snapshot))
        summary = "This plan is from a snapshot and cannot be applied"
        found.append(Remark(code="plan.snapshot", level=Level.NOTE, summary=summary, details=details))
    if report.base is not None:
        details = tuple(_base(report.base))
        summary = "This plan tells what the branch changes from what was pending before it"
        found.append(Remark(code="plan.base", level=Level.NOTE, summary=summary, details=details))
    return found


def origin_facts(report: Report) -> dict[str, str]:
    """The same as names and values, each only where it is so: for outputs and properties."""
    snapshot, base = report.snapshot, report.base
    facts: dict[str, str] = {}
    if snapshot is not None:
        facts |= {"snapshot": snapshot.made_at}
        facts |= {"snapshot-for": ", ".join(snapshot.made_for)} if snapshot.partial else {}
    if base is not None:
        facts |= {"base": base.commit, "branch": base.check.value, "before": base.before.value}
        facts |= {f"branch-{name}": str(getattr(base.own, name)) for name in _COUNTED if name != "drift"}
        earlier = Summary() if base.invalid else base.earlier
        facts |= {f"before-{name}": str(getattr(earlier, name)) for name in _COUNTED}
        facts |= {"withdrawn": str(len(base.withdrawn))}
    return facts


def _snapshot(note: SnapshotNote) -> Iterator[str]:
    whose = f" for {safe(' and '.join(note.made_for))}" if note.partial else ""
    yield f"Snapshot of {safe(note.made_at)}{whose}"
    if note.unread:
        count = len(note.unread)
        yield f"It says nothing of {count} declared {plural(count, 'resource')}"
    if note.secrets:
        count = len(note.secrets)
        yield f"{count} {plural(count, 'secret')} without version will be read at apply and may have changed"


def _base(base: Base) -> Iterator[str]:
    before = "nothing could be planned there" if base.invalid else counts_text(base.earlier)
    yield f"This branch: {counts_text(base.own)}"
    yield f"Already pending before it, at {safe(base.commit)}: {before}"
    if base.withdrawn:
        count = len(base.withdrawn)
        yield f"No longer pending: {count} {plural(count, 'line')} that the branch takes back"
