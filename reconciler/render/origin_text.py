"""Where a plan comes from, for people: the snapshot it was made from, and what was pending before its branch."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.plan import Summary
from reconciler.model.report import Report
from reconciler.render.resource_text import Style, resource_lines
from reconciler.render.terminal import safe, wrap
from reconciler.render.values import plural

_LISTED = 20
_WORDS = (
    ("add", "to add"),
    ("change", "to change"),
    ("destroy", "to destroy"),
    ("move", "to move"),
    ("adopt", "to adopt"),
    ("forget", "to forget"),
    ("held", "held"),
    ("manual", "for a person"),
)


def origin_head(report: Report) -> list[str]:
    """Lines below the verdict."""
    return [line for words in origin_words(report) for line in wrap(safe(words), indent="  ")]


def origin_words(report: Report) -> list[str]:
    """The same as sentences, not escaped for any sink."""
    found: list[str] = []
    snapshot, base = report.snapshot, report.base
    if report.rollback:
        found.append(f"rollback of run {report.rollback}.")
    if snapshot is not None:
        whose = f" for {' and '.join(snapshot.made_for)}" if snapshot.partial else ""
        found.append(f"made from a snapshot of {snapshot.made_at}{whose}; this plan cannot be applied.")
    if base is not None:
        before = "nothing could be planned there" if base.invalid else counts_text(base.earlier)
        found += [f"this branch: {counts_text(base.own)}.", f"already pending before it, at {base.commit}: {before}."]
        if base.withdrawn:
            words = f"{len(base.withdrawn)} {plural(len(base.withdrawn), 'line')}"
            found.append(f"no longer pending: {words} that the branch takes back.")
    return found


def counts_text(summary: Summary) -> str:
    """The counts that are not zero: ``2 to add, 1 to change (drift 1)``."""
    words = [f"{count} {word}" for name, word in _WORDS if (count := getattr(summary, name))]
    drift = f" (drift {summary.drift})" if summary.drift else ""
    return (", ".join(words) or "nothing") + drift


def origin_parts(report: Report, style: Style) -> list[list[str]]:
    """What was not read, and what was pending before, as sections."""
    parts: list[list[str]] = []
    snapshot, base = report.snapshot, report.base
    if snapshot is not None and snapshot.unread:
        count = len(snapshot.unread)
        head = f"Not to be read: {count} declared {plural(count, 'resource')} of which the snapshot says nothing."
        parts.append([style.palette.paint(head, "bold"), *_listed(map(str, snapshot.unread), "?", style)])
    if snapshot is not None and snapshot.secrets:
        count = len(snapshot.secrets)
        head = f"Secrets: {count} without version will be read at apply; they may have changed."
        names = (f"{path} of {address}" for address, path in snapshot.secrets)
        parts.append([style.palette.paint(head, "bold"), *_listed(names, "?", style)])
    earlier = [one for one in report.changes if one.earlier and set(one.actions) != {"refresh"}] if base else []
    if earlier:
        count = len(earlier)
        head = f"Pending before this branch: {count} {plural(count, 'resource')}."
        painted = style.palette.paint(head, "bold")
        if style.verbose:
            parts += [[painted], *(resource_lines(one, style) for one in earlier)]
        else:
            parts.append(
                [painted, *_listed((f"{one.address}: {', '.join(one.actions)}" for one in earlier), "~", style)]
            )
    if base is not None and base.withdrawn:
        head = "No longer pending, because of this branch:"
        names = (f"{path} of {address}" if path else str(address) for address, path in base.withdrawn)
        parts.append([style.palette.paint(head, "bold"), *_listed(names, "-", style)])
    return parts


def _listed(found: Iterable[str], symbol: str, style: Style) -> list[str]:
    names = list(found)
    shown = names if style.verbose else names[:_LISTED]
    lines = [f"    {symbol} {safe(one)}" for one in shown]
    rest = len(names) - len(shown)
    return [*lines, f"      and {rest} more; --verbose lists them"] if rest else lines
