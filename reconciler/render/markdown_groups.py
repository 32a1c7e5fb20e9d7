"""Denials and findings of a comment: one line for many that differ in nothing but the resource they are about.

A comment that says the same eight hundred times hides what its reader came for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from reconciler.model.address import Address
from reconciler.model.approval import Approvals
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic
from reconciler.render.approvals_text import approvals_words
from reconciler.render.approvals_text import shown as worth_a_word
from reconciler.render.findings_text import counted
from reconciler.render.fitting import Part, Section
from reconciler.render.markdown_lines import denial_line, finding_line
from reconciler.render.markdown_text import code, prose
from reconciler.render.values import plural

FEW = 3
"""So many that are alike are told one by one."""
UNLISTED = "not listed one by one"
"""Said where nothing of a section is shown; longer than what is said where something is, as a tail has to be."""
_FIRST = 3
_NAMED = 12
_DOT = " · "

One = TypeVar("One", Denial, Diagnostic)


def denials_section(found: Sequence[Denial], alert: str) -> Section:
    """What nobody who carries the plan has the right to."""
    head = f"\n{alert}**This plan is denied: {len(found):,} {plural(len(found), 'denial')}.**\n\n"
    parts = _parts(found, key=_denied_alike, one=denial_line, many=_denials_line)

    def tail(hidden: Iterable[tuple[Denial, ...]]) -> str:
        count = sum(map(len, hidden))
        words = plural(count, "denial")
        return f"- {UNLISTED}: {count:,} {words}\n" if count == len(found) else f"- and {count:,} more {words}\n"

    return Section(head, parts, tail)


def findings_section(found: Sequence[Diagnostic], head: str) -> Section:
    """Errors, or what is worth a look."""
    parts = _parts(found, key=_said_alike, one=finding_line, many=_findings_line)

    def tail(hidden: Iterable[tuple[Diagnostic, ...]]) -> str:
        some = [one for many in hidden for one in many]
        whole = len(some) == len(found)
        return f"- {UNLISTED}: {counted(some)}\n" if whole else f"- and {counted(some)} more\n"

    return Section(head, parts, tail)


def approvals_section(found: Approvals | None) -> Section:
    """The agreement that a plan needs and has; no parts where that is not worth a word."""
    if found is None or not worth_a_word(found, verbose=False):
        return Section("", [], lambda _: "")
    head, *lines = approvals_words(found, listed=_FIRST)
    told = [line.removeprefix("! ") for line in lines]
    parts = [Part((), (partial(str, f"- {prose(line)}\n"),)) for line in told]
    # Where a plan needs nothing more than to be counted, the sentence stands alone.
    whole = parts or [Part((), (str,))]
    return Section(f"\n**{prose(head)}**\n\n", whole, lambda hidden: f"- and {len(hidden)} more\n" if lines else "")


def _parts(
    found: Sequence[One],
    *,
    key: Callable[[One], Hashable],
    one: Callable[..., str],
    many: Callable[..., str],
) -> list[Part]:
    groups: dict[Hashable, list[One]] = {}
    for each in found:
        groups.setdefault(key(each), []).append(each)
    parts = []
    for members in groups.values():
        if len(members) <= FEW:
            parts += [Part((each,), (partial(one, each), partial(one, each, helps=True))) for each in members]
        else:
            some = tuple(members)
            parts.append(Part(some, (partial(many, some), partial(many, some, helps=True))))
    return parts


def _denied_alike(one: Denial) -> Hashable:
    kind = None if one.address is None else one.address.kind
    return (one.who, one.verb, kind, one.what, one.reason, one.code, one.who_can)


def _said_alike(one: Diagnostic) -> Hashable:
    kind = None if one.address is None else one.address.kind
    return (one.severity, one.code, kind, one.summary, one.path, one.detail, one.hint)


def _denials_line(some: Sequence[Denial], *, helps: bool = False) -> str:
    first = some[0]
    if first.address is None:
        text = f"{len(some):,} times: {prose(first.message)}"
        return f"- **\\! denied** {code(first.code)} {text}\n"
    what = f" {prose(f'({first.what})')}" if first.what else ""
    which = f"{len(some):,} {code(first.address.kind)}"
    text = f"{prose(first.who)} may not {prose(first.verb)} {which}{what}: {prose(first.reason)}"
    able = ", ".join(first.who_can) or "nobody"
    line = f"- **\\! denied** {code(first.code)} {text}{_DOT}{_names(some, helps=helps)}\n"
    return line + (f"  - who can: {prose(able)}\n" if helps else "")


def _findings_line(some: Sequence[Diagnostic], *, helps: bool = False) -> str:
    first = some[0]
    where = f"{len(some):,} times"
    if first.address is not None:
        where = f"{len(some):,} {code(first.address.kind)}: {_names(some, helps=helps)}"
    text = f"- **{first.severity}** {code(first.code)} {prose(first.summary)}{_DOT}{where}\n"
    if helps:
        text += f"  - {prose(first.detail)}\n" if first.detail else ""
        text += f"  - help: {prose(first.hint)}\n" if first.hint else ""
    return text


def _names(some: Sequence[Denial] | Sequence[Diagnostic], *, helps: bool) -> str:
    addresses = list(dict.fromkeys(one.address for one in some if one.address is not None))
    shown = addresses[: _NAMED if helps else _FIRST]
    rest = len(addresses) - len(shown)
    return ", ".join(map(_name, shown)) + (f" and {rest:,} more" if rest else "")


def _name(one: Address) -> str:
    return code(f"{one.tenant}/{one.name}" if one.tenant else one.name)
