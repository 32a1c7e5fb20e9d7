"""A report of drift for people: verdict first, then what drifted with who did it and when, then what is waived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from reconciler.model.dates import instant
from reconciler.model.diagnostic import Severity
from reconciler.model.drift import DriftFinding, DriftReport, Sort, Written
from reconciler.render.findings_text import diagnostics_text
from reconciler.render.resource_text import Style
from reconciler.render.terminal import safe, width, wrap
from reconciler.render.values import entries_gone_and_new, plural, secret_text, value_text

SORTS = {
    Sort.CHANGED: ("~", "yellow", "field changed", "fields changed"),
    Sort.MISSING: ("-", "red", "row missing", "rows missing"),
    Sort.UNMANAGED: ("?", "cyan", "row unmanaged", "rows unmanaged"),
}
"""Symbol, colour and words of each sort."""
ROWS = {
    Sort.CHANGED: "",
    Sort.MISSING: "the row is gone",
    Sort.UNMANAGED: "no manifest names it, and none ever did",
}
"""What is off with a row as a whole."""
_FIELD = "      "
_DEEP = "          "
_SPANS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"))
_LISTED = 20


def drift_text(report: DriftReport, style: Style) -> str:
    """The whole report."""
    parts = [
        _head(report, style),
        _told(report, style),
        *_resources(report.counted, report, style),
        *_waived(report, style),
        _resolved(report, style),
        _foot(report, style),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def quiet_drift_text(report: DriftReport, style: Style) -> str:
    """The verdict alone, and the errors for which it ends as it does."""
    wrong = tuple(one for one in report.diagnostics if one.severity is Severity.ERROR)
    parts = [_head(report, style)[:1], _told(replace(report, diagnostics=wrong), style)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def verdict(report: DriftReport) -> str:
    """The line that scripts look for: it begins with "No drift" or with "Drift:"."""
    waived = f"{len(report.waived)} waived" if report.waived else ""
    counts = report.counts
    words = [
        f"{counts[str(sort)]} {one if counts[str(sort)] == 1 else many}"
        for sort, (_, _, one, many) in SORTS.items()
        if counts[str(sort)]
    ]
    if words:
        return f"Drift: {', '.join(words)}{'; ' + waived if waived else ''}."
    return f"No drift{'; ' + waived if waived else ''}."


def called(one: DriftFinding) -> list[str]:
    """What a resource is called in the database while its move is pending."""
    return [] if one.previous is None else [f"still called {safe(str(one.previous))} in the database"]


def ago(at: str, as_of: str) -> str:
    """How long before ``as_of`` a time was; a time that cannot be told so stands as it is."""
    try:
        seconds = int((instant(as_of) - instant(at)).total_seconds())
    except ValueError:
        return safe(at)
    if seconds < 0:
        return f"at {at}"
    for span, one, many in _SPANS:
        if seconds >= span:
            count = seconds // span
            return f"{count} {one if count == 1 else many} ago"
    return "just now"


def by_whom(writer: Written | None) -> str:
    """Who wrote last, in words."""
    if writer is None:
        return "by whom is not known: the journal tells nothing of it"
    names = [f"user {safe(writer.user)}"] if writer.user else []
    if writer.application:
        names.insert(0, safe(writer.application))
    if writer.operator:
        names.insert(0, safe(writer.operator))
    if not names:
        return "by a program that did not say who it is"
    return f"by {names[0]}" + (f" ({', '.join(names[1:])})" if names[1:] else "")


def _head(report: DriftReport, style: Style) -> list[str]:
    lines = [style.palette.paint(verdict(report), "bold", "red" if report.counted else "green")]
    counts = report.counts
    words = [f"{counts[word]} {word}" for word in ("new", "known", "resolved") if counts[word]]
    about = f"{report.managed} managed {plural(report.managed, 'resource')} looked at"
    return [*lines, *wrap(f"{', '.join([*words, about])}.", indent="  ")]


def _told(report: DriftReport, style: Style) -> list[str]:
    if not report.diagnostics:
        return []
    return diagnostics_text(report.diagnostics, style.palette).rstrip("\n").split("\n")


def _resources(found: Sequence[DriftFinding], report: DriftReport, style: Style) -> Iterator[list[str]]:
    for _, group in groupby(found, key=lambda one: one.address):
        yield _resource([*group], report, style)


def _resource(found: Sequence[DriftFinding], report: DriftReport, style: Style) -> list[str]:
    first = found[0]
    symbol, colour, _, _ = SORTS[first.sort]
    lines = [style.palette.paint(f"{symbol} {safe(str(first.address))}", "bold", colour)]
    lines += [f"{_FIELD}{line}" for line in called(first)]
    # Of fields that one program changed at one time, it is told once, below the last of them.
    for place, one in enumerate(found):
        follows = found[place + 1] if place + 1 < len(found) else None
        lines += [*_what(one), *_where(one, style)]
        if follows is None or _story(follows) != _story(one):
            lines += _who(one, report)
    return lines


def _story(one: DriftFinding) -> tuple[object, ...]:
    at = None if one.writer is None else replace(one.writer, number=0, columns=())
    return (one.first_seen, at, one.state, one.cause, one.waiver, one.expired)


def _what(one: DriftFinding) -> list[str]:
    if one.sort is not Sort.CHANGED:
        return [f"{_FIELD}{ROWS[one.sort]}"]
    name = f"{_FIELD}{safe(one.path)}: "
    if one.sensitive:
        return wrap(f"{name.strip()} {secret_text(one.expected, one.actual)}", indent=_FIELD, hanging=_DEEP)
    parts = entries_gone_and_new(one.expected, one.actual)
    if parts is not None:
        gone, new = parts
        return [
            name.rstrip(),
            *(f"{_DEEP}- {value_text(entry)}" for entry in gone[:_LISTED]),
            *(f"{_DEEP}+ {value_text(entry)}" for entry in new[:_LISTED]),
        ]
    line = f"{name}{value_text(one.expected, 40)} -> {value_text(one.actual, 40)}"
    if width(line) <= 80:
        return [line]
    return [name.rstrip(), f"{_DEEP}{value_text(one.expected)}", f"{_DEEP}-> {value_text(one.actual)}"]


def _who(one: DriftFinding, report: DriftReport) -> list[str]:
    words = by_whom(one.writer)
    if one.writer is not None:
        words += f", {ago(one.writer.at, report.as_of)}"
        if one.first_seen and one.first_seen != one.writer.at:
            words += f"; first changed {ago(one.first_seen, report.as_of)}"
    elif one.first_seen:
        words += f"; first seen {ago(one.first_seen, report.as_of)}"
    if one.cause == "conflict":
        words += "; git has changed it as well"
    lines = wrap(f"{words}; {one.state}", indent=_DEEP)
    if one.waiver is not None:
        about = f"waived by {one.waiver.owner} until {one.waiver.expires} ({one.waiver.name}): {one.waiver.reason}"
        lines += wrap(safe(about), indent=_DEEP)
    elif one.expired is not None:
        about = f"the waiver {one.expired.name} of {one.expired.owner} expired on {one.expired.expires}"
        lines += wrap(safe(about), indent=_DEEP)
    return lines


def _where(one: DriftFinding, style: Style) -> list[str]:
    words = [safe(one.source.short)] if one.source is not None else []
    if one.commit:
        words.append(f"commit {safe(one.commit if style.verbose else one.commit[:12])}")
    if style.verbose:
        words.append(one.id)
    return [style.palette.paint(line, "dim") for line in wrap(", ".join(words), indent=_DEEP)] if words else []


def _waived(report: DriftReport, style: Style) -> Iterable[list[str]]:
    if not report.waived:
        return
    count = len(report.waived)
    left = "1 finding, left as it is" if count == 1 else f"{count} findings, left as they are"
    yield [style.palette.paint(f"Waived: {left}.", "bold")]
    yield from _resources(report.waived, report, style)


def _resolved(report: DriftReport, style: Style) -> list[str]:
    if not report.resolved:
        return []
    count = len(report.resolved)
    lines = [style.palette.paint(f"Resolved: {count} {plural(count, 'finding')}.", "bold")]
    shown = report.resolved if style.verbose else report.resolved[:_LISTED]
    for one in shown:
        lines += wrap(safe(f"{one.address} {one.path or ROWS[one.sort]}"), indent="    ")
    rest = count - len(shown)
    return [*lines, f"    and {rest} more; --verbose lists them"] if rest else lines


def _foot(report: DriftReport, style: Style) -> list[str]:
    if not any(one.sort is Sort.CHANGED or one.sort is Sort.MISSING for one in report.counted):
        return []
    words = "Take it back with: reconciler apply --only-drift. Let it stand for a while with a waiver."
    return [style.palette.paint(line, "dim") for line in wrap(words)]
