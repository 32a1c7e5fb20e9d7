"""A plan as one page that holds everything: no server, no other file, and for reading no script.

The page forbids itself every source but its own style and script, which it names by their hashes. Every value is
escaped by the template engine; what is not defined is an error. The same plan gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler.model.report import Report
from reconciler.render.access_text import shifts_head, shifts_words
from reconciler.render.approvals_text import approvals_words
from reconciler.render.approvals_text import shown as worth_a_word
from reconciler.render.charts import BARS, SERIES, bars
from reconciler.render.findings_text import counted
from reconciler.render.origin_text import origin_words
from reconciler.render.page import choices, denials, findings, groups
from reconciler.render.plan_text import RISKS
from reconciler.render.resource_text import CAUSES
from reconciler.render.review import Tally, errors, shown, tallies, tenant_of, verdict, warnings
from reconciler.render.terminal import safe
from reconciler.render.values import plural

_MANY = 200
"""A page with more changes than this lets the browser lay out only those that are looked at."""
_LISTED = 5
"""So many addresses stand in a reason for approvals; the changes themselves are below."""
_UNFOLDED = 25
"""A page with no more changes than this shows all of their fields at once."""


def render_html(report: Report) -> str:
    """The page."""
    changes = shown(report)
    everything = [*changes, *report.observed]
    offered = choices(everything)
    unfold = len(everything) <= _UNFOLDED
    environment = safe(report.environment)
    agreed = _agreed(report)
    return page(
        "plan.html",
        title=f"Plan for {environment}" if environment else "Plan",
        verdict=verdict(report),
        counts=_counts(report),
        facts=[(word, safe(value)) for word, value in _facts(report) if value],
        denied=f"{len(report.denials):,} {plural(len(report.denials), 'denial')}",
        denials=denials(report.denials),
        approvals_head=agreed[0],
        approvals=agreed[1:],
        access=[(safe(who), [*map(safe, told)]) for who, told in shifts_words(report.shifts, whole=True)],
        access_head=shifts_head(report.shifts).removesuffix("."),
        refusal=counted(errors(report)),
        errors=findings(errors(report)),
        warnings=findings(warnings(report)),
        offered=offered,
        total=len(everything),
        many=len(everything) > _MANY,
        groups=groups(changes, offered, unfold=unfold),
        observed=groups(report.observed, offered, first=len(changes) + 1, unfold=unfold),
        charts=[
            chart("Changes by tenant", "tenant", tallies(changes, tenant_of)),
            chart("Changes by kind", "kind", tallies(changes, lambda one: one.address.kind)),
        ]
        if changes
        else [],
        cascades=[(safe(str(one.address)), safe(one.state), safe(one.reason)) for one in report.cascades],
        notices=_notices(report),
        causes=[(cause, words) for cause, words in CAUSES.items() if cause in offered.causes],
    )


def page(template: str, **values: Any) -> str:
    """One of the templates, with the style and the script of every page and their hashes."""
    environment = _environment()
    style, script = _asset("report.css"), _asset("report.js")
    return environment.get_template(template).render(
        style=style, script=script, style_hash=_hash(style), script_hash=_hash(script), **{"series": SERIES, **values}
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reconciler.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plural"] = plural
    environment.filters["visible"] = safe
    environment.filters["pairs"] = lambda found: [(one, one) for one in found]
    return environment


@cache
def _asset(name: str) -> Markup:
    """A file of ours; it is trusted, and must not hold what ends its element."""
    environment = _environment()
    loader = environment.loader
    if loader is None:
        raise LookupError(name)
    return Markup(loader.get_source(environment, name)[0])  # noqa: S704 - a file of this package, never data


def _agreed(report: Report) -> list[str]:
    """The sentence about approvals and the lines below it; one empty sentence where they are not worth a word."""
    found = report.approvals
    if found is None or not worth_a_word(found, verbose=False):
        return [""]
    head, *lines = map(safe, approvals_words(found, listed=_LISTED))
    return [head.removesuffix("."), *(line.removeprefix("! ") for line in lines)]


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def chart(title: str, word: str, found: list[Tally], *, series: Sequence[tuple[str, str]] = SERIES) -> dict[str, Any]:
    """What the template of a chart needs."""
    rest = found[BARS:]
    total = sum(one.total for one in rest)
    more = f"and {len(rest):,} more {plural(len(rest), word)} with {total:,} {plural(total, 'row')}" if rest else ""
    return {
        "title": title,
        "word": word,
        "rows": found,
        "drawing": bars(found, label=title, series=series),
        "more": more,
    }


def _facts(report: Report) -> list[tuple[str, str]]:
    unread = "" if report.snapshot is None else str(len(report.snapshot.unread) or "")
    return [
        ("Environment", report.environment),
        ("Commit", report.commit or ""),
        ("Digest", report.digest),
        ("Origin", " ".join(words[:1].upper() + words[1:] for words in origin_words(report))),
        ("Declared, and not to be read", unread),
        ("Judged for", ", ".join(report.carriers)),
    ]


def _counts(report: Report) -> list[tuple[int, str, str]]:
    summary = report.summary
    risks = Counter(risk for one in report.changes for risk in one.risks)
    counts = [
        (summary.add, "to add", "add"),
        (summary.change, "to change", "change"),
        (summary.destroy, "to destroy", "destroy"),
        (summary.move, "to move", "change"),
        (summary.adopt, "to adopt", "other"),
        (summary.forget, "to forget", "other"),
        (summary.transitions, plural(summary.transitions, "transition"), "change"),
        (len(report.denials), plural(len(report.denials), "denial"), "destroy"),
        (summary.held, "held", "waits"),
        (summary.manual, "for a person", "waits"),
        (summary.drift, "with drift", "waits"),
        *((risks[risk], str(risk), "destroy") for risk in RISKS),
        (summary.unchanged, "unchanged", "other"),
    ]
    return [one for one in counts if one[0]]


def _notices(report: Report) -> list[tuple[int, str, str]]:
    """How often each event, and to whom."""
    found = []
    for event in sorted({one.event for one in report.notices}):
        to = [one.recipient for one in report.notices if one.event == event]
        found.append((len(to), safe(event), ", ".join(safe(name) for name in sorted(set(to)))))
    return found
