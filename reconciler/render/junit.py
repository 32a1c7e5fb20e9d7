"""JUnit's XML, which every CI shows: a test case a file for findings, a test case a resource for plans.

No clock and no host stand in it: the same plan gives the same bytes. Text of data holds no character that XML 1.0 has
no room for.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from reconciler.model.dataclass import dataclass
from reconciler.model.drift import DriftReport
from reconciler.model.report import Findings, Report
from reconciler.render.drift_remarks import drift_remarks
from reconciler.render.origin_remarks import origin_facts, origin_remarks
from reconciler.render.remarks import Level, Remark, change_words, finding_remarks, plan_remarks
from reconciler.render.terminal import safe

_WAITING = frozenset({"held", "manual", "blocked-by"})


@dataclass(slots=True)
class _Case:
    name: str
    group: str
    file: str = ""
    remarks: list[Remark] = field(default_factory=list)
    skipped: str = ""
    told: str = ""

    @property
    def errors(self) -> list[Remark]:
        return [one for one in self.remarks if one.level is Level.ERROR]


def findings_junit(findings: Findings, *, prefix: str = "") -> str:
    """A test case for each file that was read; a finding without a place has one of its own."""
    cases = {name: _Case(name, "manifests", prefix + name) for name in findings.names}
    for one in finding_remarks(findings.diagnostics):
        name = one.code if one.source is None else one.source.file
        file = "" if one.source is None else prefix + name
        cases.setdefault(name, _Case(name, "manifests" if file else "findings", file)).remarks.append(one)
    return _document("reconciler validate", [("manifests", list(cases.values()))])


def plan_junit(report: Report, *, prefix: str = "") -> str:
    """A test case for each resource that a plan touches, and one for each code of a finding about none of them."""
    changes = {
        str(one.address): _Case(
            str(one.address),
            one.address.kind,
            prefix + one.source.file if one.source else "",
            skipped=", ".join(word for word in one.actions if word in _WAITING),
            told=change_words(one),
        )
        for one in report.changes
    }
    findings: dict[str, _Case] = {}
    for one in plan_remarks(report, plain=False):
        case = changes.get(one.about)
        if case is None:
            case = findings.setdefault(one.code, _Case(one.code, "findings"))
        case.remarks.append(one)
    earlier = {str(one.address) for one in report.changes if one.earlier}
    own = [case for name, case in changes.items() if name not in earlier]
    suites = [("findings", list(findings.values())), ("changes", own)]
    suites += [("pending before the branch", [case for name, case in changes.items() if name in earlier])]
    facts = {**origin_facts(report), **{one.code: one.text for one in origin_remarks(report)}}
    some = [suite for suite in suites if suite[1]] or [("plan", [])] * bool(facts)
    return _document("reconciler plan", some, facts=facts)


def drift_junit(report: DriftReport, *, prefix: str = "") -> str:
    """A test case for each resource that has drifted, failed unless all of it is waived; one for the whole without."""
    cases: dict[str, _Case] = {}
    for one in drift_remarks(report):
        name = one.about or one.code
        group = name.partition("/")[0] if one.about else "findings"
        case = cases.setdefault(name, _Case(name, group, prefix + one.source.file if one.source else ""))
        case.remarks.append(replace(one, level=Level.ERROR) if one.level is Level.WARNING else one)
    found = list(cases.values()) or [_Case("no drift", "drift")]
    return _document("reconciler drift", [("drift", found)])


def _document(name: str, suites: Sequence[tuple[str, list[_Case]]], *, facts: Mapping[str, str] | None = None) -> str:
    every = [case for _, cases in suites for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {_counts(name, every)}>"]
    for word, cases in suites:
        lines += [f"  <testsuite {_counts(word, cases)}>", *_properties(facts or {})]
        for case in cases:
            lines += _case(case)
        lines.append("  </testsuite>")
    # In ASCII, so that the document is what it says it is, whatever the stream that it is written to speaks.
    return ("\n".join([*lines, "</testsuites>"]) + "\n").encode("ascii", "xmlcharrefreplace").decode("ascii")


def _properties(facts: Mapping[str, str]) -> Iterator[str]:
    """What is true of a whole suite; readers show it beside the suite's name."""
    if facts:
        yield "    <properties>"
        yield from (f"      <property {_attributes([('name', name), ('value', facts[name])])}/>" for name in facts)
        yield "    </properties>"


def _counts(name: str, cases: Sequence[_Case]) -> str:
    failures = sum(bool(one.errors) for one in cases)
    skipped = sum(bool(one.skipped and not one.errors) for one in cases)
    numbers = {"tests": len(cases), "failures": failures, "errors": 0, "skipped": skipped}
    return _attributes([("name", name), *((key, str(value)) for key, value in numbers.items())])


def _case(one: _Case) -> Iterator[str]:
    attributes = [("classname", one.group), ("name", one.name), *([("file", one.file)] if one.file else [])]
    body = [*_outcome(one), *_said(one)]
    if not body:
        yield f"    <testcase {_attributes(attributes)}/>"
        return
    yield f"    <testcase {_attributes(attributes)}>"
    yield from body
    yield "    </testcase>"


def _outcome(one: _Case) -> Iterator[str]:
    errors = one.errors
    if errors:
        more = len(errors) - 1
        message = f"{errors[0].code}: {errors[0].summary}" + (f" and {more} more" if more else "")
        start = _attributes([("message", message), ("type", errors[0].code)])
        yield f"      <failure {start}>{_lines(errors)}</failure>"
    elif one.skipped:
        yield f"      <skipped {_attributes([('message', one.skipped)])}/>"


def _said(one: _Case) -> Iterator[str]:
    rest = [remark for remark in one.remarks if remark.level is not Level.ERROR]
    text = "\n".join(part for part in (_text(one.told) if one.told else "", _lines(rest)) if part)
    if text:
        yield f"      <system-out>{text}</system-out>"


def _lines(remarks: Iterable[Remark]) -> str:
    return "\n".join(
        _text(f"{one.source}: {one.level} {one.code}: {one.text}" if one.source else f"{one.code}: {one.text}")
        for one in remarks
    )


def _attributes(pairs: Iterable[tuple[str, str]]) -> str:
    return " ".join(f'{key}="{_text(value)}"' for key, value in pairs)


def _text(text: str) -> str:
    return html.escape(safe(text), quote=True)
