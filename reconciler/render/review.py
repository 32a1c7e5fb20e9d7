"""What reviewers look at first, counted and sorted once for every output that people review: tenants, kinds, risks.

Pure. It escapes nothing: each renderer does that for its own sink.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.report import FieldLine, Report, ResourceLine
from reconciler.render.nested import ABSENT, nested_differences
from reconciler.render.plan_text import WAITING, clear, riskiest_first
from reconciler.render.plan_text import verdict as plain_verdict
from reconciler.render.resource_text import SYMBOLS
from reconciler.render.values import entries_gone_and_new, is_long_text, plural, text_difference, value_text

PLATFORM = "(platform)"
"""How the tenant of what stands outside every tenant is written."""
_SILENT = "refresh"
_PLACES = 8
_LINES = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """How many resources of one tenant, or of one kind, a plan adds, changes, destroys, or lets wait.

    ``other`` are those that are only adopted or forgotten; ``risky`` counts among all of them.
    """

    name: str
    add: int = 0
    change: int = 0
    destroy: int = 0
    waits: int = 0
    other: int = 0
    risky: int = 0

    @property
    def total(self) -> int:
        """All resources."""
        return self.add + self.change + self.destroy + self.waits + self.other


def tenant_of(one: ResourceLine) -> str:
    """The tenant of a resource as people read it."""
    return one.address.tenant or PLATFORM


def shown(report: Report) -> list[ResourceLine]:
    """The changes that people want to see, riskiest first; what only renews the ledger is none of them.

    Those of equal weight stand by name: deletes are applied in an order that nobody looks anything up in.
    """
    found = (one for one in report.changes if set(one.actions) != {_SILENT})
    return sorted(found, key=lambda one: (riskiest_first(one), one.address))


def waits(one: ResourceLine) -> bool:
    """Whether nothing is written and somebody has to act: held, manual, denied or blocked."""
    return set(one.actions) <= {*WAITING, _SILENT}


def is_risky(one: ResourceLine) -> bool:
    """Whether a reviewer must not miss it: it carries a risk, deletes, or overwrites what the world changed as well."""
    return not waits(one) and (bool(one.risks) or "delete" in one.actions or "conflict" in one.causes)


def is_denied(one: ResourceLine) -> bool:
    """Whether nobody who carries the plan has the right to some part of it."""
    return bool(one.denied) or "denied" in one.actions


def class_of(one: ResourceLine) -> str:
    """The column of a tally in which a resource is counted."""
    if waits(one):
        return "waits"
    if "create" in one.actions:
        return "add"
    if "delete" in one.actions:
        return "destroy"
    return "change" if {"update", "rotate-secret", "transition"} & set(one.actions) else "other"


def tallies(changes: Iterable[ResourceLine], key: Callable[[ResourceLine], str]) -> list[Tally]:
    """One tally for each value of ``key``, most risks first, then most changes, then by name."""
    counts: dict[str, Counter[str]] = {}
    for one in changes:
        count = counts.setdefault(key(one), Counter())
        count[class_of(one)] += 1
        count["risky"] += is_risky(one)
    found = [Tally(name, **count) for name, count in counts.items()]
    return sorted(found, key=lambda one: (-one.risky, -one.total, one.name))


def action_words(one: ResourceLine) -> tuple[str, str]:
    """Symbol and words of what happens to a resource: ``~`` and ``update, rotate secret``."""
    known = [action for action in SYMBOLS if action in one.actions]
    return (SYMBOLS[known[0]][0] if known else "~", ", ".join(SYMBOLS[action][1] for action in known))


def verdict(report: Report) -> str:
    """The line that scripts look for, which says as well when somebody has no right to the plan."""
    line = plain_verdict(report.summary, empty=clear(report))
    return f"{line} {denied_words(report.denials)}" if report.denials else line


def denied_words(denials: Sequence[Denial]) -> str:
    """How many denials, as a sentence."""
    return f"Denied: {len(denials):,} {plural(len(denials), 'denial')}."


def errors(report: Report) -> list[Diagnostic]:
    """What stands against the plan."""
    return [one for one in (*report.diagnostics, *report.guarded) if one.severity is Severity.ERROR]


def warnings(report: Report) -> list[Diagnostic]:
    """What is worth a look, without what the lines of held and manual changes say already."""
    told = {one.address for one in report.with_action("held", "manual")}
    found = [one for one in (*report.diagnostics, *report.guarded) if one.severity is not Severity.ERROR]
    return [one for one in found if one.address not in told or one.code not in ("GEN-21", "LIF-04")]


def ordered_fields(one: ResourceLine) -> list[FieldLine]:
    """The fields in the order of the manifest; what it leaves out comes last."""
    return sorted(
        one.fields, key=lambda field: (field.source is None, 0 if field.source is None else field.source.line)
    )


def line_words(field_source: Any, file: str) -> str:
    """``line 12`` inside of ``file``, ``other.yaml:12`` elsewhere, nothing without a place."""
    if field_source is None:
        return ""
    return f"line {field_source.line}" if field_source.file == file else str(field_source.short)


def difference_lines(field: FieldLine, room: int) -> list[str] | None:
    """What differs inside a list or a long text, each line with ``-`` or ``+`` before it; None for a plain value."""
    if field.sensitive:
        return None
    places = nested_differences(field.before, field.after)
    if places and len(places) <= _PLACES:
        lines = []
        for one in places:
            lines += [] if one.before is ABSENT else [f"- {one.path}: {value_text(one.before, room)}"]
            lines += [] if one.after is ABSENT else [f"+ {one.path}: {value_text(one.after, room)}"]
        return lines
    lists = entries_gone_and_new(field.before, field.after)
    if lists is not None:
        entries = [f"- {value_text(one, room)}" for one in lists[0]] + [
            f"+ {value_text(one, room)}" for one in lists[1]
        ]
        rest = len(entries) - _LINES
        return entries if rest <= 0 else [*entries[:_LINES], f"  and {rest} more"]
    if is_long_text(field.before) and is_long_text(field.after):
        return text_difference(str(field.before), str(field.after))
    return None
