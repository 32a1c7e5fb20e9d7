"""Drift as remarks, in the one shape from which SARIF, annotations, code quality and JUnit are written."""

from __future__ import annotations

from reconciler.model.drift import DriftFinding, DriftReport, Sort
from reconciler.render.drift_text import ROWS, by_whom, called
from reconciler.render.remarks import Level, Remark, finding_remarks
from reconciler.render.terminal import safe
from reconciler.render.values import secret_text, value_text


def drift_remarks(report: DriftReport) -> list[Remark]:
    """What was found on the way, then every finding in its order; one that is waived is a note."""
    return [*finding_remarks(report.diagnostics), *map(_of_finding, report.findings)]


def change_text(one: DriftFinding, room: int = 60) -> str:
    """What is off, on one line, without the name of the field."""
    if one.sort is not Sort.CHANGED:
        return ROWS[one.sort]
    if one.sensitive:
        return secret_text(one.expected, one.actual)
    return f"{value_text(one.expected, room)} -> {value_text(one.actual, room)}"


def story_texts(one: DriftFinding) -> list[str]:
    """By whom and since when, in absolute times, and who answers for it; escaped for a terminal."""
    words = [*called(one), by_whom(one.writer) + (f" at {safe(one.writer.at)}" if one.writer else "")]
    if one.first_seen and (one.writer is None or one.first_seen != one.writer.at):
        words.append(f"first seen at {safe(one.first_seen)}")
    if one.cause == "conflict":
        words.append("git has changed it as well")
    if one.waiver is not None:
        waiver = one.waiver
        words.append(safe(f"waived by {waiver.owner} until {waiver.expires} ({waiver.name}): {waiver.reason}"))
    elif one.expired is not None:
        words.append(safe(f"the waiver {one.expired.name} of {one.expired.owner} expired on {one.expired.expires}"))
    return words


def _of_finding(one: DriftFinding) -> Remark:
    what = f"{one.address} {one.path}".rstrip()
    return Remark(
        code=f"drift.{one.sort}",
        level=Level.WARNING if one.counts else Level.NOTE,
        summary=f"{safe(what)}: {change_text(one)}",
        details=tuple(story_texts(one)),
        about=str(one.address),
        path=one.path,
        source=one.source,
    )
