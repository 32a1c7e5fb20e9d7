"""A plan as a comment on a pull request: verdict first, risks before all else, details folded, never above a size.

The comment begins with a hidden marker by which its poster finds it again. When a plan is too large, the least
important goes first, and the comment says what it left out. The same plan gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from reconciler.model.dataclass import dataclass
from reconciler.model.report import Report, ResourceLine
from reconciler.render.access_text import shifts_head, shifts_words
from reconciler.render.findings_text import counted
from reconciler.render.fitting import Part, Room, Section, size
from reconciler.render.markdown_groups import UNLISTED, approvals_section, denials_section, findings_section
from reconciler.render.markdown_lines import (
    cascade_line,
    counts_words,
    folded,
    grouped_lines,
    kind_counts,
    notice_lines,
    resource_line,
    resource_lines,
    shift_lines,
    tenant_row,
    waiting_line,
)
from reconciler.render.markdown_text import code, comment_words, markup_code, prose
from reconciler.render.origin_text import origin_words
from reconciler.render.plan_text import riskiest_first
from reconciler.render.resource_text import CAUSES
from reconciler.render.review import Tally, errors, is_risky, shown, tallies, tenant_of, verdict, waits, warnings
from reconciler.render.values import observed_words, plural

_CARRIERS = 3
_TABLE = "| Tenant | Add | Change | Destroy | Wait | Other | Risky |\n| :-- | --: | --: | --: | --: | --: | --: |\n"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a program that shows comments takes: so many bytes, and whether it knows HTML for folding.

    Their limits count characters, of which no text has more than bytes.
    """

    max_bytes: int
    folds: bool = True
    alerts: bool = False


PROFILES = {
    "github": Profile(65_536, alerts=True),
    "gitlab": Profile(1_000_000, alerts=True),
    # It asks for less than 32,768 characters, and shows HTML as text.
    "bitbucket": Profile(32_767, folds=False),
    "azure": Profile(150_000),
}
SMALLEST = 4_000
"""Bytes that a comment may always have: enough for the verdict, and for how much of each section is not shown."""


def marker(environment: str, *, folds: bool = True, about: str = "plan") -> str:
    """The hidden first line by which a comment is found again; one for each environment and what it is ``about``."""
    words = " ".join(filter(None, (f"reconciler:{about}", comment_words(environment))))
    return f"<!-- {words} -->" if folds else f"[//]: # ({words})"


def render_markdown(report: Report, *, profile: str = "github", max_bytes: int | None = None) -> str:
    """The comment, at most ``max_bytes`` long in UTF-8; without it as long as ``profile`` allows.

    ``max_bytes`` below :data:`SMALLEST` counts as that.
    """
    takes = PROFILES[profile]
    comment = _Comment(report, takes, max(SMALLEST, max_bytes or takes.max_bytes))
    return comment.text()


class _Comment:
    """One comment while it is being filled."""

    def __init__(self, report: Report, takes: Profile, limit: int) -> None:
        self.report = report
        self.takes = takes
        self.limit = limit
        self.head = _head(report, takes)
        self.foot = _foot(report)
        changes = shown(report)
        free = limit - size(self.head) - size(self.foot)
        self.denials = denials_section(report.denials, _alert(takes))
        self.errors = findings_section(errors(report), f"\n{_alert(takes)}{_refusal(report)}\n\n")
        self.approvals = approvals_section(report.approvals)
        against = sum(size(part.forms[0]()) for part in (*self.denials.parts, *self.errors.parts))
        self.most = free // 3
        lists = _Lists(changes, free - min(against, self.most))
        self.risky = _changes("\n### Look at these first\n\n", lists.risky, "risky")
        self.waiting = _changes("\n### Waits for somebody\n\n", lists.waiting, "waiting")
        self.access = self._access()
        self.table = Section(f"\n### By tenant\n\n{_TABLE}", self._rows(changes), _rest_of_tenants)
        self.follows = Section("\n### Follows from these changes\n\n", self._effects(), _rest_of_effects)
        self.warnings = findings_section(warnings(report), "\n### Worth a look\n\n")
        self.tenants = self._tenants(changes)
        self.observed = self._observed()

    def text(self) -> str:
        sections = (
            *(self.denials, self.errors, self.approvals, self.risky, self.waiting),
            *(self.access, self.table, self.follows, self.warnings),
        )
        fixed = (*sections, self.observed)
        room = Room(self.limit - size(self.head) - size(self.foot) - size(self._note(worst=True)))
        room.left -= sum(one.least() for one in fixed if one.parts)
        if room.left < 0:
            return self.head + self._note()
        self._fill(room)
        body = "".join(one.text() for one in (*sections, *self.tenants, self.observed))
        # Each block brings the empty lines that it needs; two of them say no more than one.
        return (self.head + self._note() + body + self.foot).replace("\n\n\n", "\n\n")

    def _fill(self, room: Room) -> None:
        """In the order of importance; the first that has no room ends it."""
        parts = [part for section in self.tenants for part in section.parts]
        ordinary = sorted(parts, key=lambda part: riskiest_first(part.about))
        steps: tuple[Callable[[], bool], ...] = (
            lambda: self._some(room, [*self.denials.parts, *self.errors.parts, *self.approvals.parts]),
            lambda: room.raise_to(1, self.risky.parts),
            lambda: room.raise_to(1, self.waiting.parts),
            lambda: room.raise_to(1, self.approvals.parts),
            lambda: room.raise_to(1, self.denials.parts),
            lambda: room.raise_to(1, self.errors.parts),
            lambda: room.raise_to(1, self.access.parts),
            lambda: room.raise_to(1, self.table.parts),
            lambda: room.raise_to(1, self.warnings.parts),
            lambda: room.raise_to(1, self.follows.parts),
            lambda: room.raise_to(2, self.denials.parts),
            lambda: room.raise_to(2, self.errors.parts),
            lambda: room.raise_to(2, self.risky.parts),
            lambda: room.raise_to(2, self.waiting.parts),
            lambda: room.raise_to(2, self.access.parts),
            lambda: room.raise_to(1, self.observed.parts),
            lambda: all(room.open(section) for section in self.tenants),
            lambda: room.raise_to(1, ordinary),
            lambda: room.raise_to(2, self.warnings.parts),
            lambda: room.raise_to(2, self.observed.parts),
            lambda: room.raise_to(2, ordinary),
        )
        all(step() for step in steps)

    def _some(self, room: Room, parts: Sequence[Part]) -> bool:
        """What stands against the plan, as far as it leaves room for what must not be missed in it."""
        mine = Room(min(room.left, self.most))
        before = mine.left
        mine.raise_to(1, parts)
        room.left -= before - mine.left
        return True

    def _rows(self, changes: Sequence[ResourceLine]) -> list[Part]:
        return [Part(one, (partial(tenant_row, one),)) for one in tallies(changes, tenant_of)]

    def _effects(self) -> list[Part]:
        follows = [Part("state", (partial(cascade_line, one),)) for one in self.report.cascades]
        return follows + [Part("notification", (partial(str, line),)) for line in notice_lines(self.report)]

    def _access(self) -> Section:
        people = [
            Part(who, tuple(partial(shift_lines, who, told, whole=whole) for whole in (False, True)))
            for who, told in shifts_words(self.report.shifts, whole=False)
        ]
        head = f"\n### {shifts_head(self.report.shifts).rstrip('.')}\n\n"

        def tail(hidden: Sequence[str]) -> str:
            return f"- {UNLISTED}\n" if len(hidden) == len(people) else f"- and {len(hidden):,} more\n"

        return Section(head, people, tail)

    def _tenants(self, changes: Sequence[ResourceLine]) -> list[Section]:
        by_tenant: dict[str, list[ResourceLine]] = {}
        for one in changes:
            if not waits(one) and not is_risky(one):
                by_tenant.setdefault(tenant_of(one), []).append(one)
        order = [one.name for one in tallies(changes, tenant_of)]
        return [self._tenant(name, by_tenant[name]) for name in order if name in by_tenant]

    def _tenant(self, name: str, found: Sequence[ResourceLine]) -> Section:
        folds = self.takes.folds
        words = f"{len(found):,} {plural(len(found), 'change')}"
        head = (
            f"\n<details><summary>{markup_code(name)}: {words}</summary>\n\n"
            if folds
            else f"\n### {code(name)}: {words}\n\n"
        )
        parts = [
            Part(one, (partial(resource_line, one, tenant=False), partial(folded, one, folds=folds))) for one in found
        ]
        return _changes(head, parts, "", foot="\n</details>\n" if folds else "", always=False)

    def _observed(self) -> Section:
        found = self.report.observed
        words = observed_words(found, "watched resource")
        parts = [Part(one, (partial(resource_line, one), partial(resource_lines, one))) for one in found]
        return _changes(f"\n### Only observed\n\n{words} and will not be written.\n\n", parts, "")

    def _note(self, *, worst: bool = False) -> str:
        """What was left out; empty when nothing was. ``worst`` is the longest that it can become."""
        ordinary = [part for section in self.tenants for part in section.parts]
        risky = [*self.risky.parts, *self.waiting.parts, *self.observed.parts]
        lines = sum(_weight(part) for part in (*ordinary, *risky) if worst or not part.shown)
        fields = sum(_weight(part) for part in (*ordinary, *risky) if worst or (part.shown and not part.whole))
        told = (*self.denials.parts, *self.errors.parts, *self.warnings.parts)
        findings = sum(_weight(part) for part in told if worst or not part.whole)
        people = sum(worst or not part.whole for part in self.access.parts)
        others = sum(worst or not part.shown for part in (*self.table.parts, *self.follows.parts))
        left = [
            f"the lines of {lines:,} {plural(lines, 'change')}" if lines else "",
            f"the fields of {fields:,} {plural(fields, 'change')}" if fields else "",
            f"{findings:,} {plural(findings, 'finding')} or their help" if findings else "",
            f"the rights of {people:,} {'person' if people == 1 else 'people'}" if people else "",
            f"{others:,} {plural(others, 'row')} of tenants and effects" if others else "",
        ]
        words = ", ".join(filter(None, left))
        if not words:
            return ""
        return (
            f"\nShortened to {self.limit:,} bytes. Left out, the least risky first: {words}. "
            "The plan file holds everything: `reconciler show PLANFILE`.\n"
        )


class _Lists:
    """What must not be missed, line by line, or in groups of names where the lines alone would fill the comment."""

    def __init__(self, changes: Sequence[ResourceLine], free: int) -> None:
        risky = [one for one in changes if is_risky(one)]
        waiting = [one for one in changes if waits(one)]
        self.risky = [Part(one, (partial(resource_line, one), partial(resource_lines, one))) for one in risky]
        self.waiting = [
            Part(one, (partial(waiting_line, one), partial(waiting_line, one, helps=True))) for one in waiting
        ]
        taken = 0
        for one in (*risky, *waiting):
            taken += size(waiting_line(one) if waits(one) else resource_line(one))
            if taken > 3 * free // 4:
                self.risky, self.waiting = _groups(risky), _groups(waiting)
                break


def _weight(part: Part) -> int:
    """How many changes it stands for."""
    return len(part.about) if type(part.about) is tuple else 1


def _groups(found: Iterable[ResourceLine]) -> list[Part]:
    return [Part(members, (partial(str, text),)) for members, text in grouped_lines(found)]


def _changes(head: str, parts: list[Part], word: str, *, foot: str = "", always: bool = True) -> Section:
    """A section of changes, which counts by action and kind those that it does not show."""

    def flat(about: Iterable[ResourceLine | tuple[ResourceLine, ...]]) -> list[ResourceLine]:
        return [one for many in about for one in (many if isinstance(many, tuple) else (many,))]

    counts = kind_counts(flat(part.about for part in parts))

    def tail(hidden: Sequence[ResourceLine | tuple[ResourceLine, ...]]) -> str:
        found = flat(hidden)
        if len(hidden) == len(parts):
            return f"- {word}, {UNLISTED}: {counts(found)}\n" if word else f"- {UNLISTED}: {counts(found)}\n"
        return f"- and {len(found):,} more {word}".rstrip() + f": {counts(found)}\n"

    return Section(head, parts, tail, foot=foot, always=always)


def _rest_of_tenants(hidden: Sequence[Tally]) -> str:
    total = sum(one.total for one in hidden)
    return f"\nand {len(hidden):,} more {plural(len(hidden), 'tenant')} with {total:,} {plural(total, 'change')}\n"


def _rest_of_effects(hidden: Sequence[str]) -> str:
    found = Counter(hidden)
    return "- and " + ", ".join(f"{found[one]:,} more of kind {one}" for one in sorted(found)) + "\n"


def _head(report: Report, takes: Profile) -> str:
    where = f" for {code(report.environment, room=80)}" if report.environment else ""
    lines = [
        marker(report.environment, folds=takes.folds),
        "",
        f"## Reconciler plan{where}",
        "",
        f"**{verdict(report)}**",
    ]
    told = [counts_words(report), *map(prose, _origin(report))]
    return "\n".join(lines) + "\n" + "".join(f"\n{words}\n" for words in told if words)


def _origin(report: Report) -> list[str]:
    """Where the plan comes from, with what a snapshot said nothing about."""
    found = [words[:1].upper() + words[1:] for words in origin_words(report)]
    if report.snapshot is not None and report.snapshot.unread:
        count = len(report.snapshot.unread)
        found.append(f"Not to be read: {count:,} declared {plural(count, 'resource')}.")
    if report.snapshot is not None and report.snapshot.secrets:
        found.append(f"Secrets that will be read at apply, and may have changed: {len(report.snapshot.secrets):,}.")
    return found


def _alert(takes: Profile) -> str:
    return "> [!CAUTION]\n> " if takes.alerts else "> "


def _refusal(report: Report) -> str:
    return f"**This plan cannot be applied: {counted(errors(report))}.**"


def _foot(report: Report) -> str:
    causes = {cause for one in (*report.changes, *report.observed) for cause in one.causes}
    lines = []
    if causes - {"intent"}:
        lines.append("; ".join(f"{cause}: {words}" for cause, words in CAUSES.items() if cause in causes) + ".")
    if report.carriers:
        rest = len(report.carriers) - _CARRIERS
        names = ", ".join(code(one, room=60) for one in report.carriers[:_CARRIERS])
        lines.append(f"Judged for: {names}" + (f" and {rest} more" if rest > 0 else ""))
    if report.commit:
        lines.append(f"Commit: {code(report.commit, room=80)}")
    if report.digest and not report.empty:
        lines.append(f"Digest: {code(report.digest, room=100)}")
    return ("\n---\n\n" + "\n\n".join(lines) + "\n") if lines else ""
