"""A plan for people: verdict first, counts, what stands against it, then each change, riskiest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.report import Report, ResourceLine
from reconciler.render.access_text import shifts_head, shifts_lines
from reconciler.render.approvals_text import approvals_lines, shown
from reconciler.render.findings_text import counted, diagnostics_text
from reconciler.render.origin_text import origin_head, origin_parts
from reconciler.render.resource_text import CAUSES, SYMBOLS, Style, edge_lines, resource_lines
from reconciler.render.terminal import safe, wrap
from reconciler.render.values import observed_words, plural

WAITING = ("held", "manual", "denied", "blocked-by")
"""Actions that write nothing and wait for somebody."""
_QUIET = frozenset((*WAITING, "refresh"))
RISKS = (
    Risk.IRREVERSIBLE,
    Risk.LEGAL_RETENTION,
    Risk.LOCKS_OUT,
    Risk.STOPS_SIGNING,
    Risk.BILLING_IMPACT,
    Risk.SENDS_MAIL,
)
"""Risks, the weightiest first."""
_LISTED = 20
_WEIGHT = {action: place for place, action in enumerate(SYMBOLS)}


def verdict(summary: Summary, *, empty: bool) -> str:
    """The line that scripts look for."""
    if empty:
        return "No changes."
    return f"Plan: {summary.add} to add, {summary.change} to change, {summary.destroy} to destroy."


def clear(report: Report) -> bool:
    """Whether there is nothing to do and nothing wrong: a plan that is refused never says "No changes."."""
    findings = (*report.diagnostics, *report.guarded)
    refused = report.denials or any(one.severity is Severity.ERROR for one in findings)
    unread = report.snapshot is not None and report.snapshot.unread
    return report.empty and not refused and not unread


def plan_text(report: Report, style: Style) -> str:
    """The whole plan."""
    return "".join(plan_pieces(report, style))


def plan_pieces(report: Report, style: Style) -> Iterator[str]:
    """The same in pieces, a resource each: of a large plan it is much text, and nobody needs it whole."""
    begun = False
    for part in _parts(report, style):
        if part:
            yield ("\n\n" if begun else "") + "\n".join(part)
            begun = True
    yield "\n"


def _parts(report: Report, style: Style) -> Iterator[list[str]]:
    yield _head(report, style)
    yield from _problems(report, style)
    yield from _changes(report, style)
    yield from _waiting(report, style)
    yield from origin_parts(report, style)
    yield from _follows(report)
    yield from _access(report, style)
    yield from _approvals(report, style)
    yield from _drift(report, style)
    yield from _warnings(report, style)
    yield from _foot(report, style)


def quiet_text(report: Report, style: Style) -> str:
    """The verdict alone, and what stands against it."""
    parts = [[verdict(report.summary, empty=clear(report)), *origin_head(report)], *_problems(report, style)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(report: Report, style: Style) -> list[str]:
    colour = "green" if clear(report) else "bold"
    lines = [style.palette.paint(verdict(report.summary, empty=clear(report)), "bold", colour)]
    summary = report.summary
    counts = (
        (summary.move, "to move", "to move"),
        (summary.adopt, "to adopt", "to adopt"),
        (summary.forget, "to forget", "to forget"),
        (summary.transitions, "transition", "transitions"),
        (summary.held, "held", "held"),
        (summary.manual, "for a person", "for a person"),
        (summary.drift, "with drift", "with drift"),
        (summary.unchanged, "unchanged", "unchanged"),
    )
    words = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    if words:
        lines += wrap(", ".join(words) + ".", indent="  ")
    risks = Counter(risk for one in report.changes for risk in one.risks)
    if risks:
        found = ", ".join(f"{risk} {risks[risk]}" for risk in RISKS if risks[risk])
        lines += wrap(f"risks: {found}.", indent="  ")
    return [*lines, *origin_head(report)]


def _problems(report: Report, style: Style) -> list[list[str]]:
    errors = [one for one in (*report.diagnostics, *report.guarded) if one.severity is Severity.ERROR]
    parts: list[list[str]] = []
    if errors:
        line = f"This plan cannot be applied: {counted(errors)}."
        parts += [[style.palette.paint(line, "bold", "red")], _block(errors, style)]
    if report.denials:
        count = len(report.denials)
        line = f"This plan is denied: {count} {plural(count, 'denial')}."
        lines = [style.palette.paint(line, "bold", "red")]
        for one in report.denials:
            place = f"{one.source.short}: " if one.source else ""
            lines += wrap(safe(f"! {place}{one.line}"), indent="  ", hanging="      ")
        parts.append(lines)
    return parts


def _warnings(report: Report, style: Style) -> list[list[str]]:
    found = [one for one in (*report.diagnostics, *report.guarded) if one.severity is not Severity.ERROR]
    # What is held and what a person must do have sections of their own, which say the same.
    told = {one.address for one in report.with_action("held", "manual")}
    found = [one for one in found if one.address not in told or one.code not in ("GEN-21", "LIF-04")]
    if not found:
        return []
    return [[style.palette.paint(f"Worth a look: {counted(found)}.", "bold")], _block(found, style)]


def _block(found: Sequence[Diagnostic], style: Style) -> list[str]:
    return diagnostics_text(found, style.palette).rstrip("\n").split("\n")


def _changes(report: Report, style: Style) -> Iterator[list[str]]:
    shown = [one for one in report.changes if not _QUIET.issuperset(one.actions) and not one.earlier]
    return (resource_lines(one, style) for one in sorted(shown, key=riskiest_first))


def riskiest_first(one: ResourceLine) -> tuple[int, int, int]:
    """Sort key: what cannot be undone, what stops or locks out, then deletes, clashes, drift, transitions, the rest.

    Resources of equal weight stay in the order of apply.
    """
    risk = min((RISKS.index(found) for found in one.risks if found in RISKS), default=len(RISKS))
    causes = one.causes
    clash = 0 if "conflict" in causes else 1 if "drift" in causes else 2
    action = min((_WEIGHT[found] for found in one.actions if found in _WEIGHT), default=len(SYMBOLS))
    if "delete" in one.actions:
        return (min(risk, RISKS.index(Risk.LOCKS_OUT)), clash, action)
    if "create" in one.actions:
        action = len(SYMBOLS)
    return (risk, clash, action)


def _waiting(report: Report, style: Style) -> list[list[str]]:
    parts: list[list[str]] = []
    held = report.with_action("held")
    if held:
        lines = _section(
            f"Held: {len(held)} {plural(len(held), 'delete')} {'waits' if len(held) == 1 else 'wait'}.", "", style
        )
        for reason in sorted({reason for one in held for reason in one.reasons or ("",)}):
            lines += wrap(safe(reason) + ":", indent="  ") if reason else []
            lines += _addresses((one for one in held if (one.reasons or ("",))[0] == reason), style)
        parts.append(lines)
    manual = report.with_action("manual")
    if manual:
        lines = _section(f"Manual: {len(manual)} {plural(len(manual), 'step')} for a person.", "", style)
        for one in manual:
            lines += wrap(f"! {safe(str(one.address))}", indent="  ", hanging="    ")
            for edge in one.manual:
                lines += edge_lines(edge, one.source.file if one.source else "", style, symbol="!")
            for reason in one.reasons:
                lines += wrap(safe(reason), indent="      ")
        parts.append(lines)
    for action, title in (("denied", "Not to be read"), ("blocked-by", "Blocked")):
        found = report.with_action(action)
        if found:
            count = f"{title}: {len(found)} {plural(len(found), 'change')}."
            parts.append(_section(count, "", style) + _addresses(found, style))
    return parts


def _section(title: str, words: str, style: Style) -> list[str]:
    return [style.palette.paint(title, "bold"), *(wrap(words, indent="  ") if words else [])]


def _addresses(found: Iterable[ResourceLine], style: Style) -> list[str]:
    everything = list(found)
    shown = everything if style.verbose else everything[:_LISTED]
    lines = [f"    ! {safe(str(one.address))}" for one in shown]
    rest = len(everything) - len(shown)
    return [*lines, f"      and {rest} more; --verbose lists them"] if rest else lines


def _follows(report: Report) -> list[list[str]]:
    parts: list[list[str]] = []
    if report.cascades:
        lines = ["Follows from these changes:"]
        for one in report.cascades:
            text = f"> {safe(str(one.address))} state -> {safe(one.state)}: {safe(one.reason)}"
            lines += wrap(text, indent="  ", hanging="      ")
        parts.append(lines)
    if report.notices:
        lines = [f"Writes {len(report.notices)} {plural(len(report.notices), 'notification')}:"]
        events = Counter(one.event for one in report.notices)
        for event in sorted(events):
            to = sorted({one.recipient for one in report.notices if one.event == event})
            names = ", ".join(safe(name) for name in to[:3]) + (f" and {len(to) - 3} more" if len(to) > 3 else "")
            lines += wrap(f"{events[event]} {safe(event)} to {names}", indent="  ", hanging="      ")
        parts.append(lines)
    return parts


def _access(report: Report, style: Style) -> list[list[str]]:
    if not report.shifts:
        return []
    head = shifts_head(report.shifts)
    return [[style.palette.paint(head, "bold"), *shifts_lines(report.shifts, style, whole=style.verbose)]]


def _approvals(report: Report, style: Style) -> list[list[str]]:
    found = report.approvals
    if found is None or report.empty or not shown(found, verbose=style.verbose):
        return []
    return [approvals_lines(found, style)]


def _drift(report: Report, style: Style) -> list[list[str]]:
    if not report.observed:
        return []
    title = f"Observed: {observed_words(report.observed)} and will not be written."
    return [[style.palette.paint(title, "bold")], *(resource_lines(one, style) for one in report.observed)]


def _foot(report: Report, style: Style) -> list[list[str]]:
    lines: list[str] = []
    shown = [one for one in (*report.changes, *report.observed) if "create" not in one.actions]
    causes = {cause for one in shown for cause in one.causes}
    if causes - {"intent"}:
        lines += wrap("; ".join(f"{cause}: {words}" for cause, words in CAUSES.items() if cause in causes) + ".")
    if report.digest and not report.empty:
        lines.append(f"Digest: {safe(report.digest)}")
    return [[style.palette.paint(line, "dim") for line in lines]]
