"""The lines of a Markdown comment: one finding, one change with its fields, one row of a table; all of it escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.effect import Cascade
from reconciler.model.report import EdgeLine, FieldLine, Report, ResourceLine
from reconciler.render.markdown_text import cell, code, fenced, markup_code, markup_prose, prose
from reconciler.render.plan_text import RISKS
from reconciler.render.resource_text import SYMBOLS
from reconciler.render.review import (
    Tally,
    action_words,
    difference_lines,
    line_words,
    ordered_fields,
    tenant_of,
)
from reconciler.render.values import plural, secret_text, value_text

_ROOM = 80
_DOT = " · "
_GROUP = 40
_PAIRS = 16
_RECIPIENTS = 3
_SIGNS = {"+": "\\+", "-": "\\-", "~": "\\~", ">": "\\>", "!": "\\!", "=": "\\=", "x": "x"}


def counts_words(report: Report) -> str:
    """The counts that the verdict does not name, then the risks."""
    summary = report.summary
    counts = (
        (summary.move, "to move"),
        (summary.adopt, "to adopt"),
        (summary.forget, "to forget"),
        (summary.transitions, plural(summary.transitions, "transition")),
        (summary.held, "held"),
        (summary.manual, "for a person"),
        (summary.drift, "with drift"),
        (summary.unchanged, "unchanged"),
    )
    lines = [", ".join(f"{count} {words}" for count, words in counts if count)]
    risks = Counter(risk for one in report.changes for risk in one.risks)
    lines.append(", ".join(f"{risk} {risks[risk]}" for risk in RISKS if risks[risk]))
    heads = ("", "Risks: ")
    return "\n\n".join(f"{head}{line}." for head, line in zip(heads, lines, strict=True) if line)


def denial_line(one: Denial, *, helps: bool = False) -> str:
    """One denial: who may not do what, and where it stands; ``helps`` adds who could do it."""
    facts = [
        f"- **\\! denied** {code(one.code)} {prose(one.message)}",
        *([code(one.source.short)] if one.source else []),
    ]
    able = ", ".join(one.who_can) or "nobody"
    return _DOT.join(facts) + "\n" + (f"  - who can: {prose(able)}\n" if helps and one.address is not None else "")


def shift_lines(who: str, told: Sequence[str], *, whole: bool) -> str:
    """What one person gains and loses; without ``whole`` only that there is something."""
    rest = "".join(f"  - {prose(line)}\n" for line in told) if whole else ""
    return f"- {prose(who)}\n{rest}"


def finding_line(one: Diagnostic, *, helps: bool = False) -> str:
    """One finding; ``helps`` adds why, and what to do."""
    facts = [f"- **{one.severity}** {code(one.code)} {prose(one.summary)}"]
    about = str(one.address) if one.address and str(one.address) not in one.summary else ""
    if about or one.path:
        facts.append("in " + ", ".join(code(text) for text in (about, one.path) if text))
    if one.source:
        facts.append(code(str(one.source)))
    text = _DOT.join(facts) + "\n"
    if helps:
        text += f"  - {prose(one.detail)}\n" if one.detail else ""
        text += f"  - help: {prose(one.hint)}\n" if one.hint else ""
    return text


def resource_line(one: ResourceLine, *, tenant: bool = True) -> str:
    """One change on one line: what, which, its risks, its causes, and where its manifest stands."""
    symbol, words = action_words(one)
    facts = [f"- **{_SIGNS[symbol]} {words}** {code(_name(one, tenant=tenant))}"]
    facts += ["**denied**"] if one.denied else []
    if one.risks:
        facts.append(f"**{', '.join(one.risks)}**")
    facts += [f"{prose(edge.before)} → {prose(edge.after)}" for edge in one.edges]
    facts += [prose(reason) for reason in one.reasons]
    why = _causes(one)
    facts += [why] if why else []
    facts += ["pending before"] if one.earlier else []
    facts += [code(one.source.short)] if one.source else []
    return _DOT.join(facts) + "\n"


def resource_lines(one: ResourceLine, *, tenant: bool = True) -> str:
    """One change with its reasons, fields and steps below it."""
    return resource_line(one, tenant=tenant) + _body(one, "  ")


def folded(one: ResourceLine, *, folds: bool) -> str:
    """One change whose fields a click unfolds; where nothing folds, they stand below it."""
    body = _body(one, "")
    if not folds or not body:
        return resource_lines(one, tenant=False) + ("" if not folds else "\n")
    symbol, words = action_words(one)
    facts = [f"{symbol.replace('>', '&gt;')} {words} {markup_code(_name(one, tenant=False))}"]
    facts += ["<b>denied</b>"] if one.denied else []
    why = _causes(one)
    facts += [markup_prose(words) for words in (*one.reasons, why) if words]
    facts += [markup_code(one.source.short)] if one.source else []
    return f"<details><summary>{_DOT.join(facts)}</summary>\n\n{body}\n</details>\n\n"


def waiting_line(one: ResourceLine, *, helps: bool = False) -> str:
    """One change that waits for somebody; ``helps`` adds its steps."""
    _, words = action_words(one)
    facts = [f"- **\\! {words}** {code(str(one.address))}", *(prose(reason) for reason in one.reasons)]
    facts += [code(one.source.short)] if one.source else []
    return _DOT.join(facts) + "\n" + ("".join(_step(edge, one, "  ") for edge in one.manual) if helps else "")


def grouped_lines(found: Iterable[ResourceLine]) -> list[tuple[tuple[ResourceLine, ...], str]]:
    """The same changes by kind, tenant, action and risk, many names on a line; each line with what it stands for."""
    lines: list[tuple[tuple[ResourceLine, ...], str]] = []
    for _, members in groupby(found, key=_group):
        together = list(members)
        for start in range(0, len(together), _GROUP):
            some = tuple(together[start : start + _GROUP])
            lines.append((some, _group_line(some)))
    return lines


def kind_counts(found: Iterable[ResourceLine]) -> Callable[[Iterable[ResourceLine]], str]:
    """How parts of ``found`` are counted: ``12 create (9 Category, 3 Domain)``, or by action alone if kinds are many.

    What it returns is never longer for fewer resources.
    """
    detailed = len({(_action(one), one.address.kind) for one in found}) <= _PAIRS

    def counted(some: Iterable[ResourceLine]) -> str:
        counts: dict[str, Counter[str]] = {}
        for one in some:
            counts.setdefault(_action(one), Counter())[one.address.kind] += 1
        told = []
        for action in sorted(counts, key=lambda key: (-counts[key].total(), key)):
            kinds = sorted(counts[action].items(), key=lambda item: (-item[1], item[0]))
            names = ", ".join(f"{count:,} {code(kind, room=40)}" for kind, count in kinds)
            told.append(f"{counts[action].total():,} {action}" + (f" ({names})" if detailed else ""))
        return ", ".join(told)

    return counted


def _action(one: ResourceLine) -> str:
    return next((word for action, (_, word, _) in SYMBOLS.items() if action in one.actions), "change")


def tenant_row(one: Tally) -> str:
    """One row of the table of tenants."""
    numbers = (one.add, one.change, one.destroy, one.waits, one.other, one.risky)
    return f"| {cell(one.name)} | " + " | ".join(f"{number:,}" if number else "" for number in numbers) + " |\n"


def cascade_line(one: Cascade) -> str:
    """What follows for another resource."""
    return f"- **\\>** {code(str(one.address))} state → {code(one.state)}{_DOT}{prose(one.reason)}\n"


def notice_lines(report: Report) -> list[str]:
    """The notifications, counted by event."""
    lines = []
    for event in sorted({one.event for one in report.notices}):
        to = [one.recipient for one in report.notices if one.event == event]
        names = sorted(set(to))
        rest = f" and {len(names) - _RECIPIENTS} more" if len(names) > _RECIPIENTS else ""
        people = ", ".join(code(name) for name in names[:_RECIPIENTS])
        lines.append(f"- {len(to):,} {plural(len(to), 'notification')} {code(event)} to {people}{rest}\n")
    return lines


def _name(one: ResourceLine, *, tenant: bool) -> str:
    if tenant or one.previous is not None:
        return one.title
    return f"{one.address.kind}/{one.address.name}"


def _group(one: ResourceLine) -> tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    moved = () if one.previous is None else (one.title,)  # each is told by itself
    return (one.address.kind, tenant_of(one), one.actions, tuple(map(str, one.risks)), (*one.reasons, *moved))


def _group_line(some: Sequence[ResourceLine]) -> str:
    first = some[0]
    symbol, words = action_words(first)
    facts = [f"- **{_SIGNS[symbol]} {words}** {len(some)} {code(first.address.kind)} in {code(tenant_of(first))}"]
    facts += [f"**{', '.join(first.risks)}**"] if first.risks else []
    facts += [prose(reason) for reason in first.reasons]
    return _DOT.join(facts) + ": " + code(" ".join(one.address.name for one in some), room=65 * _GROUP) + "\n"


def _causes(one: ResourceLine) -> str:
    """How many fields differ, and why: ``3 fields, drift 1``."""
    if not one.fields:
        return ""
    words = f"{len(one.fields)} {plural(len(one.fields), 'field')}"
    if "create" in one.actions:
        return words
    counts = Counter(field.cause for field in one.fields)
    told = [f"{cause} {counts[cause]}" for cause in ("conflict", "drift", "intent", "default") if counts[cause]]
    return ", ".join([words, *told])


def _body(one: ResourceLine, indent: str) -> str:
    file = one.source.file if one.source else ""
    creates = "create" in one.actions
    text = ""
    fields = [field for field in ordered_fields(one) if not (creates and field.cause == "default")]
    text += "".join(_field(field, file, indent, creates=creates) for field in fields)
    hidden = len(one.fields) - len(fields)
    text += f"{indent}- and {hidden} {plural(hidden, 'default')}\n" if hidden else ""
    return text + "".join(_step(edge, one, indent) for edge in (*one.edges, *one.manual))


def _field(field: FieldLine, file: str, indent: str, *, creates: bool) -> str:
    why = ["**denied**"] if field.verdict == "denied" else []
    why += [] if creates else [prose(field.cause)]
    place = line_words(field.source, file)
    why += [place if place.startswith("line ") else code(place)] if place else []
    behind = _DOT + ", ".join(why) if why else ""
    path = code(field.path)
    if field.sensitive:
        secret = secret_text(field.before, field.after, field.note).replace("->", "→")
        text = f"{indent}- {path}: {prose(secret)}{behind}\n"
    elif creates:
        text = f"{indent}- {path}: {code(value_text(field.after, _ROOM))}{behind}\n"
    else:
        lines = difference_lines(field, _ROOM)
        if lines:
            text = f"{indent}- {path}{behind}\n" + fenced(lines, language="diff", indent=f"{indent}  ")
        else:
            values = f"{code(value_text(field.before, _ROOM))} → {code(value_text(field.after, _ROOM))}"
            text = f"{indent}- {path}: {values}{behind}\n"
    if field.cause == "conflict" and not field.sensitive:
        text += f"{indent}  - last applied: {code(value_text(field.base, _ROOM))}\n"
    if field.note and not field.sensitive:
        text += f"{indent}  - {prose(field.note)}\n"
    return text


def _step(edge: EdgeLine, one: ResourceLine, indent: str) -> str:
    why = ["**denied**"] if edge.verdict == "denied" else []
    why += [prose(edge.cause)] if edge.cause else []
    place = line_words(edge.source, one.source.file if one.source else "")
    why += [place if place.startswith("line ") else code(place)] if place else []
    behind = _DOT + ", ".join(why) if why else ""
    effect = f"{_DOT}{prose(edge.effect)}" if edge.effect else ""
    return f"{indent}- state: {code(edge.before)} → {code(edge.after)}{behind}{effect}\n"
