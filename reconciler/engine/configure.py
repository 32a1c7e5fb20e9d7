"""Configure: the document of ``reconciler.yaml`` as settings, with every fault at its place.

========= ==============================================================================
code      finding
========= ==============================================================================
CFGF-01   the file is no single YAML mapping, or breaks the strict subset of YAML
CFGF-02   a key that the file does not know
CFGF-03   a value of the wrong type, outside its range, or missing
CFGF-04   an environment that the file does not name
CFGF-05   a variable that should hold the URL of the database is not set
CFGF-07   the file does not exist
CFGF-08   a ``RECONCILER_`` variable that makes no sense
CFGF-10   a match of tokens that those of strangers may fit
CFGF-11   a folder of an environment that stands in another folder, or twice
========= ==============================================================================
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from reconciler.model.approval import Demand
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.formats import nearest
from reconciler.model.layers import is_below
from reconciler.model.manifest import Document, PathKey
from reconciler.model.placing import path_text, shown_key
from reconciler.model.settings import ApprovalSettings, Settings
from reconciler.model.trust import open_to_strangers

API_VERSION = "reconciler/v1"
_HEAD = ("apiVersion", "kind")
_PASSWORD = re.compile(r"(?i)(?!sqlite)[a-z0-9+.-]+://(?:[^@]*:[^@]*@|.*[?&][a-z]*(?:password|passwd|pwd)=)")
_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BOUNDS = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}


def configure(document: Document) -> tuple[Settings, list[Diagnostic]]:
    """Settings of a document. With an error among the findings the settings are the defaults."""
    tree = _without_nulls(document.tree)
    found = _head(document, tree)
    body = {key: value for key, value in tree.items() if key not in _HEAD}
    try:
        settings = Settings.model_validate(body)
    except ValidationError as error:
        found += [_fault(document, one) for one in error.errors(include_url=False, include_input=False)]
        return Settings(), in_order(found)
    found += _unsupported(document, settings)
    return settings, in_order(found)


def demand_of(settings: ApprovalSettings | None) -> Demand:
    """How many people must agree; without configuration what GEN-25 asks for, and nothing else."""
    if settings is None:
        return Demand()
    number, unit = int(settings.valid_for[:-1]), settings.valid_for[-1]
    span = timedelta(seconds=number * _UNITS[unit])
    return Demand(sensitive=settings.sensitive, critical=settings.critical, valid_for=span)


def for_environment(settings: Settings, environment: str, document: Document | None) -> list[Diagnostic]:
    """What is wrong with the choice of an environment."""
    if not environment:
        return []
    chosen = settings.environments.get(environment)
    if chosen is None:
        close = nearest(environment, sorted(settings.environments))
        known = ", ".join(sorted(settings.environments)) or "none"
        hint = f"did you mean {close}?" if close else f"environments in the file: {known}"
        return [_finding(document, ("environments",), "CFGF-04", f"there is no environment {environment}", hint)]
    return []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


def _head(document: Document, tree: Mapping[str, Any]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for key, wanted in (("apiVersion", API_VERSION), ("kind", "Project")):
        if tree.get(key) != wanted:
            found.append(_finding(document, (key,), "CFGF-03", f"{key} is {wanted}", f"write {key}: {wanted}"))
    return found


def _fault(document: Document, error: Any) -> Diagnostic:
    at: PathKey = tuple(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            word = str(at[-1])
            known = _keys_beside(at)
            close = nearest(word, known)
            hint = f"did you mean {close}?" if close else f"known here: {', '.join(sorted(known))}" if known else ""
            return _finding(document, at, "CFGF-02", f"{shown_key(word)} is no key of this file", hint)
        case "missing":
            return _finding(document, at[:-1], "CFGF-03", f"{path_text(at)} is missing", "")
        case _:
            return _finding(document, at, "CFGF-03", f"{path_text(at) or 'the file'} {_wrong(error)}", "")


def _wrong(error: Any) -> str:
    """What is wrong with a value, as the end of a sentence that begins with its path."""
    sort, context = error["type"], error.get("ctx") or {}
    if sort in _TYPES:
        return f"must be {_TYPES[sort]}"
    if sort in _BOUNDS:
        name, words = _BOUNDS[sort]
        return f"must be {words} {context.get(name)}"
    match sort:
        case "literal_error":
            return f"must be {context.get('expected')}"
        case "string_pattern_mismatch":
            return f"must match {context.get('pattern')}"
        case "string_too_short" | "too_short":
            return "must not be empty"
    return str(error["msg"])


def _keys_beside(at: PathKey) -> list[str]:
    model: Any = Settings
    for step in at[:-1]:
        fields = {info.alias: info for info in model.model_fields.values()}
        if step not in fields:
            return []
        inner = fields[str(step)].annotation
        model = next((one for one in (inner, *getattr(inner, "__args__", ())) if hasattr(one, "model_fields")), None)
        if model is None:
            return []
    return [str(info.alias) for info in model.model_fields.values()]


def _unsupported(document: Document, settings: Settings) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for place in open_to_strangers(settings.identity):
        at: PathKey = ("identity", "subjects", place, "match")
        summary = "this issuer gives everybody a token, and this match may fit those of strangers"
        hint = "name the owner without a star: repository or project_path, or sub with it"
        found.append(_finding(document, at, "CFGF-10", summary, hint))
    for path, source in _databases(settings):
        if source is not None and _PASSWORD.match(source):
            summary = "the URL of a database holds a password"
            found.append(_finding(document, path, "CFGF-03", summary, "use fromEnv, and keep the URL out of git"))
    found += [_finding(document, at, "CFGF-11", said, hint) for at, said, hint in _overlapping(settings)]
    return found


def _overlapping(settings: Settings) -> Iterator[tuple[PathKey, str, str]]:
    """Folders of environments of which nobody could say what a file in them is."""
    shared = [posixpath.normpath(one) for one in settings.manifests]
    known: list[tuple[str, str, str]] = []
    for name, one in settings.environments.items():
        mine: set[str] = set()
        for word, folders in (("overlays", one.overlays), ("manifests", one.manifests)):
            for place, folder in enumerate(folders):
                at: PathKey = ("environments", name, word, place)
                holds = next((root for root in shared if is_below(root, folder)), None)
                other = next((seen for seen in known if _meet(seen, (word, folder, name))), None)
                if holds is not None:
                    yield at, f"the folder {folder} holds {holds} of manifests", "name a folder beside it, or below it"
                elif folder in mine:
                    yield at, f"the folder {folder} stands there twice", "name it once"
                elif other is not None:
                    yield at, f"the folders {folder} and {other[1]} stand in each other", "name folders side by side"
                mine.add(folder)
                known.append((word, folder, name))


def _meet(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether one folder stands in another; environments may share one for the same use."""
    if one[1] == other[1]:
        return one[0] != other[0]
    return is_below(one[1], other[1]) or is_below(other[1], one[1])


def _databases(settings: Settings) -> list[tuple[PathKey, str | None]]:
    found: list[tuple[PathKey, str | None]] = []
    if settings.database is not None:
        found.append((("database", "url"), settings.database.url))
    for name, one in settings.environments.items():
        if one.database is not None:
            found.append((("environments", name, "database", "url"), one.database.url))
    return found


def _finding(
    document: Document | None,
    at: PathKey,
    code: str,
    summary: str,
    hint: str,
    severity: Severity = Severity.ERROR,
) -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=severity,
        phase=Phase.SCHEMA,
        summary=summary,
        hint=hint,
        path=path_text(at),
        source=None if document is None else document.places.nearest(at),
    )
