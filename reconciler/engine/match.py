"""Match: patterns of waivers that match nothing. Whoever mistyped one believes that drift is waived, and it is not.

A pattern that matches something is silent, whether or not anything has drifted there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from fnmatch import fnmatchcase

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.kind import Kind, Level
from reconciler.model.rule import RuleText
from reconciler.model.source import Source
from reconciler.model.waiver import WHOLE_ROW, Waiver, Waivers, speaks_of
from reconciler.model.words import nearest

_WARNING = Severity.WARNING
SENSELESS = RuleText("WVR-08", _WARNING, Phase.SCHEMA, "A pattern of a waiver can match an address, or a field there.")
NOTHING = RuleText("WVR-09", _WARNING, Phase.PLAN, "A waiver for addresses matches a resource.")

_PATTERN = re.compile(r"[*?\[]")
_PARTS = {Level.PLATFORM: (2,), Level.TENANT: (3,), Level.BOTH: (2, 3)}


def match_kinds(catalog: Catalog, waivers: Waivers) -> list[Diagnostic]:
    """Patterns that can match nothing, whatever the database holds. A waiver whose day has passed covers nothing."""
    return [told for one in waivers.active for told in _senseless(catalog, one)]


def match_resources(
    catalog: Catalog,
    waivers: Waivers,
    known: Iterable[Address],
    *,
    limited: bool,
    speaks: Callable[[str], bool] | None = None,
) -> list[Diagnostic]:
    """Patterns that could match something, and match none of the ``known`` addresses.

    ``limited`` says that there may be others, which whoever asks may not read. ``speaks`` says which patterns are
    looked at; None for all.
    """
    wanted = [(one, number) for one in waivers.active for number in range(len(one.addresses))]
    if not wanted:
        return []
    texts = [str(one) for one in known]
    found = []
    for one, number in wanted:
        glob = one.addresses[number]
        if (
            (speaks is None or speaks(glob))
            and _kinds(catalog, glob)
            and not any(fnmatchcase(text, glob) for text in texts)
        ):
            may = " that you may read" if limited else ""
            summary = f"the waiver {one.name} waives nothing at {glob}: that matches no resource{may}"
            found.append(_told(NOTHING, summary, "mend the pattern, or take it out", _place(one.places, number)))
    return found


def _senseless(catalog: Catalog, one: Waiver) -> Iterator[Diagnostic]:
    spoken: dict[str, Kind] = {}
    for number, glob in enumerate(one.addresses):
        kinds = _kinds(catalog, glob)
        spoken.update((kind.name, kind) for kind in kinds)
        if not kinds:
            summary = f"the waiver {one.name} waives nothing at {glob}: no address can match that"
            yield _told(SENSELESS, summary, _like(catalog, glob), _place(one.places, number))
    paths = [path for kind in spoken.values() for path in kind.by_path]
    if not paths:
        return
    for number, glob in enumerate(one.fields):
        if not any(speaks_of(glob, path) for path in (WHOLE_ROW, *paths)):
            names = ", ".join(sorted(spoken)) if len(spoken) <= _NAMED else "the kinds that it speaks of"
            summary = f"the waiver {one.name} waives nothing at {glob}: {names} {_has(spoken)} no such field"
            yield _told(SENSELESS, summary, _near(glob, paths), _place(one.field_places, number))


_NAMED = 3


def _has(spoken: Collection[str]) -> str:
    return "has" if len(spoken) == 1 else "have"


def _kinds(catalog: Catalog, glob: str) -> list[Kind]:
    """The kinds of which an address may match a pattern; what is no plain character may match a slash as well."""
    plain = _PATTERN.split(glob, maxsplit=1)[0]
    name, slash, _ = plain.partition("/")
    if not slash:
        return [] if plain == glob else [kind for word, kind in catalog.items() if word.startswith(plain)]
    kind = catalog.get(name)
    if kind is None or (plain == glob and glob.count("/") + 1 not in _PARTS[kind.level]):
        return []
    return [kind]


def _like(catalog: Catalog, glob: str) -> str:
    """What might be meant by a pattern that matches no address."""
    head = glob.partition("/")[0]
    kind = catalog.get(head)
    if kind is not None:
        form = " or ".join("Kind/tenant/name" if parts == 3 else "Kind/name" for parts in _PARTS[kind.level])
        return f"addresses of {head} read {form.replace('Kind', head)}"
    close = nearest(head, list(catalog))
    return f"did you mean {close}?" if close else "addresses read Kind/tenant/name, or Kind/name"


def _near(glob: str, paths: Collection[str]) -> str:
    close = nearest(glob, sorted(set(paths)))
    return f"did you mean {close}?" if close else "reconciler explain KIND lists the fields of a kind"


def _place(places: tuple[Source, ...], number: int) -> Source | None:
    return places[number] if number < len(places) else None


def _told(rule: RuleText, summary: str, hint: str, source: Source | None) -> Diagnostic:
    return Diagnostic(
        code=rule.code, severity=rule.severity, phase=rule.phase, summary=summary, hint=hint, source=source
    )
