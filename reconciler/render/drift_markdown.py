"""A report of drift as a comment or the summary of a step: verdict first, then what drifted, never above a size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from reconciler.model.drift import DriftFinding, DriftReport, Sort
from reconciler.render.drift_remarks import change_text, story_texts
from reconciler.render.drift_text import SORTS, verdict
from reconciler.render.fitting import Part, Room, Section, size
from reconciler.render.markdown import PROFILES, SMALLEST, marker
from reconciler.render.markdown_lines import finding_line
from reconciler.render.markdown_text import code, prose
from reconciler.render.values import plural, value_text

_DOT = " · "
_ROOM = 80


def render_drift_markdown(report: DriftReport, *, profile: str = "github", max_bytes: int | None = None) -> str:
    """The text, at most ``max_bytes`` long in UTF-8; without it as long as ``profile`` allows.

    ``max_bytes`` below :data:`~reconciler.render.markdown.SMALLEST` counts as that.
    """
    takes = PROFILES[profile]
    limit = max(SMALLEST, max_bytes or takes.max_bytes)
    head = _head(report, folds=takes.folds)
    sections = (
        _section("\n", report.diagnostics, finding_line),
        _section("\n### Drifted\n\n", report.counted, _line),
        _section("\n### Waived\n\n", report.waived, _line),
        _section("\n### Resolved\n\n", report.resolved, _line),
    )
    room = Room(limit - size(head) - size(_note(limit)) - sum(one.least() for one in sections if one.parts))
    all(room.raise_to(level, section.parts) for level in (1, 2) for section in sections)
    whole = all(part.whole for section in sections for part in section.parts)
    return head + ("" if whole else _note(limit)) + "".join(section.text() for section in sections)


def _head(report: DriftReport, *, folds: bool) -> str:
    where = f" for {code(report.environment, room=80)}" if report.environment else ""
    counts = [f"{report.counts[word]} {word}" for word in ("new", "known", "waived", "resolved") if report.counts[word]]
    about = f"{report.managed} managed {plural(report.managed, 'resource')} looked at"
    return (
        f"{marker(report.environment, folds=folds, about='drift')}\n\n## Reconciler drift{where}\n\n"
        f"**{verdict(report)}**\n\n{', '.join([*counts, about])}.\n"
    )


def _note(limit: int) -> str:
    return f"\nShortened to {limit:,} bytes. `reconciler drift` tells everything.\n"


def _section(head: str, found: Sequence[Any], line: Callable[..., str]) -> Section:
    parts = [Part(one, (partial(line, one), partial(line, one, helps=True))) for one in found]
    return Section(head, parts, lambda hidden: f"- and {len(hidden):,} more\n")


def _line(one: DriftFinding, *, helps: bool = False) -> str:
    """One finding; ``helps`` adds by whom, since when, and who answers for it."""
    symbol, _, _, _ = SORTS[one.sort]
    facts = [f"- **\\{symbol} {one.sort}** {code(str(one.address))}", *([code(one.path)] if one.path else [])]
    if one.sort is Sort.CHANGED and not one.sensitive:
        facts.append(f"{code(value_text(one.expected, _ROOM))} → {code(value_text(one.actual, _ROOM))}")
    else:
        facts.append(prose(change_text(one).replace("->", "→")))
    facts += ["**conflict**"] if one.cause == "conflict" else []
    facts.append(str(one.state))
    facts += [code(one.source.short)] if one.source else []
    return _DOT.join(facts) + "\n" + ("".join(f"  - {prose(told)}\n" for told in story_texts(one)) if helps else "")
