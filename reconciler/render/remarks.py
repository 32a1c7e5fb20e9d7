"""Remarks: what findings and plans have to say at a place, in one shape for every sink that lists such things.

SARIF, annotations, code quality and JUnit differ in how they write a remark, not in what is worth one. A remark holds
text of data; who writes it escapes it for the sink.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.lifecycle import Risk
from reconciler.model.report import Base, FieldLine, Report, ResourceLine
from reconciler.model.source import Snippet, Source
from reconciler.render.terminal import safe
from reconciler.render.values import plural, secret_text, value_text

NOWHERE = Source("reconciler.yaml", 1, 1, 1, 1)
"""Where a remark is shown that has no line of its own, as the delete of what no manifest names any more."""

CHANGE_TEXTS = {
    "plan.snapshot": "A plan that was made from a snapshot, and cannot be applied.",
    "plan.base": "A plan of a branch, apart from what was pending before it.",
    "change.denied": "A change that role rules or a policy refuse.",
    "change.blocked": "A change that waits for another one.",
    "change.held": "A delete that is held until pruning is asked for.",
    "change.delete": "A plan deletes the resource.",
    "change.manual": "A step that a person has to walk outside of the reconciler.",
    "change.irreversible": "A change that cannot be undone.",
    "change.legal-retention": "A change of records that the law asks to be kept.",
    "change.locks-out": "A change that can lock people or programs out.",
    "change.stops-signing": "A change that stops signing.",
    "change.billing-impact": "A change that moves money.",
    "change.sends-mail": "A change that sends mail to people.",
    "change.plain": "A change without a risk of its own.",
    "drift.changed": "A field of a managed row that is not as it was applied last.",
    "drift.missing": "A managed row that is gone.",
    "drift.unmanaged": "A row that no manifest has ever named.",
}
"""The codes of remarks about plans, changes and drift, with what each of them says."""

EARLIER = "This was there before the branch"

_RISKS = (
    Risk.IRREVERSIBLE,
    Risk.LEGAL_RETENTION,
    Risk.LOCKS_OUT,
    Risk.STOPS_SIGNING,
    Risk.BILLING_IMPACT,
    Risk.SENDS_MAIL,
)
_TOLD = {"held": "GEN-21", "manual": "LIF-04"}
"""A finding with this code says the same as the remark about the change."""
_FIELDS = 5


class Level(StrEnum):
    """How much a remark weighs; the words are those of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


_OF_SEVERITY = {Severity.ERROR: Level.ERROR, Severity.WARNING: Level.WARNING, Severity.MANUAL: Level.NOTE}
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to say. ``summary`` and ``details`` are single lines for people, already without control characters."""

    code: str
    level: Level
    summary: str
    details: tuple[str, ...] = ()
    about: str = ""
    """The address of the resource, or nothing."""
    path: str = ""
    source: Source | None = None
    snippet: Snippet | None = None
    earlier: bool = False
    """Whether it was there before the branch."""

    @property
    def place(self) -> Source:
        """Where it is shown."""
        return self.source or NOWHERE

    @property
    def text(self) -> str:
        """Summary and details as one paragraph."""
        return " ".join((_sentence(self.summary), *map(_sentence, self.details)))


def finding_remarks(diagnostics: Iterable[Diagnostic]) -> list[Remark]:
    """A remark for each finding, in their order."""
    return [_of_finding(one) for one in diagnostics]


def plan_remarks(report: Report, *, plain: bool) -> list[Remark]:
    """What a plan says: denials, findings and guards, then changes to look at twice; with ``plain`` all other changes.

    Weightiest first; those of equal weight in the order of the report. What was there before the branch says so, and
    comes behind the branch's own.
    """
    found = (*report.diagnostics, *report.guarded)
    told = {(one.code, one.address) for one in found}
    denied = {one.address for one in report.denials}
    base = report.base or Base(commit="")
    remarks = [_earlier(_of_denial(one), holds=one in base.denials) for one in report.denials]
    remarks += [_earlier(_of_finding(one), holds=one in base.findings) for one in found]
    for one in report.changes:
        if "denied" in one.actions and one.address in denied:
            continue
        if not told.isdisjoint((code, one.address) for word, code in _TOLD.items() if word in one.actions):
            continue
        remark = _of_change(one)
        if remark is not None and (plain or remark.code != "change.plain"):
            remarks.append(_earlier(remark, holds=one.earlier))
    return weightiest_first(remarks)


def weightiest_first(remarks: Sequence[Remark]) -> list[Remark]:
    """Errors, warnings, notes; among equals the branch's own, findings before changes, and risky ones before others."""
    return sorted(remarks, key=lambda one: (_ORDER[one.level], one.earlier, _weight(one.code)))


def fingerprints(remarks: Sequence[Remark]) -> list[str]:
    """For each remark a hash that stays when lines move, and that no other remark of the list has."""
    seen: Counter[str] = Counter()
    found = []
    for one in remarks:
        subject = f"{one.about}\0{one.path}" if one.about else f"\0{one.place.file}\0{one.summary}"
        identity = f"{one.code}\0{subject}"
        seen[identity] += 1
        found.append(hashlib.sha256(f"{identity}\0{seen[identity]}".encode(errors="backslashreplace")).hexdigest()[:32])
    return found


def change_words(one: ResourceLine) -> str:
    """What a plan does with a resource, on one line."""
    words = f"{', '.join(one.actions)} {safe(str(one.address))}"
    steps = [f"state {safe(edge.before)} -> {safe(edge.after)}" for edge in (*one.edges, *one.manual)]
    if "create" not in one.actions and "delete" not in one.actions:
        steps += [_field(field) for field in one.fields]
    if not steps:
        return words
    more = len(steps) - _FIELDS
    shown = ", ".join(steps[:_FIELDS])
    return f"{words}: {shown}" + (f" and {more} more {plural(more, 'field')}" if more > 0 else "")


def _earlier(remark: Remark, *, holds: bool) -> Remark:
    return replace(remark, earlier=True, details=(*remark.details, EARLIER)) if holds else remark


def _of_finding(one: Diagnostic) -> Remark:
    about = "" if one.address is None else str(one.address)
    details = [safe(one.detail)] if one.detail else []
    if about and about not in one.summary:
        details.append(f"In {safe(about)}" + (f", {safe(one.path)}" if one.path else ""))
    if one.hint:
        details.append(f"Help: {safe(one.hint)}")
    return Remark(
        code=one.code,
        level=_OF_SEVERITY[one.severity],
        summary=safe(one.summary),
        details=tuple(details),
        about=about,
        path=one.path,
        source=one.source,
        snippet=one.snippet,
    )


def _of_denial(one: Denial) -> Remark:
    details = [f"Who can: {safe(', '.join(one.who_can)) or 'nobody'}"] if one.address is not None else []
    return Remark(
        code=one.code,
        level=Level.ERROR,
        summary=safe(one.message),
        details=tuple(details),
        about="" if one.address is None else str(one.address),
        path=one.path,
        source=one.source,
    )


def _of_change(one: ResourceLine) -> Remark | None:
    if set(one.actions) <= {"refresh"}:
        return None
    code, level = _change_code(one)
    details = [f"Risk: {', '.join(one.risks)}"] if one.risks else []
    details += [safe(reason) for reason in one.reasons]
    return Remark(
        code=code,
        level=level,
        summary=change_words(one),
        details=tuple(details),
        about=str(one.address),
        source=one.source,
    )


def _change_code(one: ResourceLine) -> tuple[str, Level]:
    risk = next((risk for risk in _RISKS if risk in one.risks), None)
    if "denied" in one.actions:
        return "change.denied", Level.ERROR
    if "blocked-by" in one.actions:
        return "change.blocked", Level.WARNING
    if "delete" in one.actions:
        return "change.delete", Level.WARNING
    if "held" in one.actions:
        return "change.held", Level.WARNING
    if risk is not None:
        return f"change.{risk}", Level.NOTE if risk is Risk.SENDS_MAIL else Level.WARNING
    if "manual" in one.actions:
        return "change.manual", Level.NOTE
    return "change.plain", Level.NOTE


_WEIGHTS = {code: number for number, code in enumerate(CHANGE_TEXTS, 1)}


def _weight(code: str) -> int:
    return _WEIGHTS.get(code, 0)


def _field(one: FieldLine) -> str:
    if one.sensitive:
        return f"{safe(one.path)} {secret_text(one.before, one.after, one.note)}"
    values = f"{value_text(one.before, 30)} -> {value_text(one.after, 30)}"
    return f"{safe(one.path)} {values}" + (f" ({one.cause})" if one.cause else "")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
