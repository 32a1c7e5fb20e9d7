"""Waive: the documents of the folders of waivers as waivers, with every fault at its place.

A waiver is no resource: it has no row, no tenant and no rights. It stands in a folder of its own, so that who reviews
it can be told apart from who writes manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in, in_order
from reconciler.model.formats import nearest
from reconciler.model.manifest import Document, Misread, PathKey
from reconciler.model.placing import path_text, place_at, shown_key
from reconciler.model.rule import RuleText
from reconciler.model.source import Source
from reconciler.model.waiver import WAIVER, Waiver, WaiverManifest, Waivers, waivers_of

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
FORM = RuleText("WVR-01", _ERROR, Phase.SCHEMA, "A folder of waivers holds waivers, and they have known keys only.")
VALUE = RuleText("WVR-02", _ERROR, Phase.SCHEMA, "Every value of a waiver is there and has its form.")
REPEATED = RuleText("WVR-03", _ERROR, Phase.SCHEMA, "No two waivers have the same name.")
EXPIRED = RuleText("WVR-04", _WARNING, Phase.TIME, "A waiver whose day has passed is removed or renewed.")
ELSEWHERE = RuleText("WVR-05", _ERROR, Phase.SCHEMA, "A waiver stands in a folder of waivers.")
NO_FOLDER = RuleText("WVR-07", _WARNING, Phase.SCHEMA, "A folder of waivers that the configuration names exists.")

_TYPES = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def waive(documents: Sequence[Document], *, now: datetime) -> tuple[Waivers, list[Diagnostic]]:
    """The waivers of ``documents``, and what is wrong with them. What has an error waives nothing."""
    found: list[Diagnostic] = []
    made: dict[str, tuple[Waiver, Document]] = {}
    for document in documents:
        waiver, problems = _waiver(document)
        found += problems
        if waiver is None:
            continue
        before, _ = made.setdefault(waiver.name, (waiver, document))
        if before is not waiver:
            where = before.source.short if before.source else ""
            summary = f"there is another waiver {waiver.name} at {where}"
            found.append(_at(REPEATED, document, ("metadata", "name"), summary, "give each its own name"))
    waivers = waivers_of((one for one, _ in made.values()), today=now.astimezone(UTC).date())
    for one in waivers.expired:
        summary = f"the waiver {one.name} of {one.owner} expired on {one.expires}; what it covered is drift again"
        hint = "renew it in review, or remove the file"
        found.append(_at(EXPIRED, made[one.name][1], ("spec", "expires"), summary, hint))
    return waivers, in_order(found)


def parted(documents: Iterable[Document], folders: Sequence[str]) -> tuple[tuple[Document, ...], list[Diagnostic]]:
    """The documents that stand in no folder of waivers, and a finding for each waiver among them."""
    kept: list[Document] = []
    found: list[Diagnostic] = []
    below = tuple(f"{one}/" for one in folders)
    for document in documents:
        if document.file in folders or document.file.startswith(below):
            continue
        if document.early is None and document.tree.get("kind") == WAIVER:
            known = ", ".join(folders)
            hint = f"move it into {known}" if known else "name a folder under waivers: in reconciler.yaml"
            found.append(_at(ELSEWHERE, document, ("kind",), "a waiver stands among manifests", hint))
            continue
        kept.append(document)
    return tuple(kept), found


def no_folder(one: Diagnostic) -> Diagnostic:
    """What is said of a folder that does not exist: nothing is waived there."""
    hint = "check the name under waivers: in reconciler.yaml"
    return replace(one, code=NO_FOLDER.code, severity=NO_FOLDER.severity, hint=hint)


# --- one document ----------------------------------------------------------------------------------------------------


def _waiver(document: Document) -> tuple[Waiver | None, list[Diagnostic]]:
    tree = _without_nulls(document.tree)
    if tree.get("kind") != WAIVER:
        word = tree.get("kind")
        said = f"a {shown_key(word)}" if isinstance(word, str) and word else "a document without a kind"
        hint = "move it to the manifests, or write kind: Waiver"
        return None, [_at(FORM, document, ("kind",), f"{said} stands in a folder of waivers", hint)]
    found = [
        _at(VALUE, document, at, f"{path_text(at)} reads as {scalar.found}", "put it in quotes")
        for at, scalar in _misread(tree, ())
    ]
    try:
        manifest = WaiverManifest.model_validate(tree)
    except ValidationError as error:
        taken = {one.path for one in found}
        faults = (_fault(document, one) for one in error.errors(include_url=False, include_input=False))
        return None, [*found, *(one for one in faults if one.path not in taken)]
    if errors_in(found):
        return None, found
    spec = manifest.spec
    made = Waiver(
        name=manifest.metadata.name,
        owner=spec.owner,
        reason=spec.reason,
        expires=date.fromisoformat(spec.expires),
        addresses=tuple(spec.addresses),
        fields=tuple(spec.fields),
        source=document.places.nearest(("metadata", "name")),
        places=_places(document, "addresses", spec.addresses),
        field_places=_places(document, "fields", spec.fields),
    )
    return made, []


def _places(document: Document, key: str, patterns: Sequence[str]) -> tuple[Source, ...]:
    return tuple(document.places.nearest(("spec", key, number)) for number, _ in enumerate(patterns))


def _without_nulls(value: Any) -> Any:
    """An explicit null is the same as leaving the key out."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


def _misread(node: Any, at: PathKey) -> Iterator[tuple[PathKey, Misread]]:
    if isinstance(node, Misread):
        yield at, node
    elif isinstance(node, dict):
        for key, one in node.items():
            yield from _misread(one, (*at, key))
    elif isinstance(node, list):
        for place, one in enumerate(node):
            yield from _misread(one, (*at, place))


def _fault(document: Document, error: Any) -> Diagnostic:
    at: PathKey = tuple(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            word = str(at[-1])
            known = _keys_beside(at)
            close = nearest(word, known)
            hint = f"did you mean {close}?" if close else f"known here: {', '.join(known)}"
            return _at(FORM, document, at, f"{shown_key(word)} is no key of a waiver", hint)
        case "missing":
            return _at(VALUE, document, at, f"{path_text(at)} is missing", "")
        case _:
            return _at(VALUE, document, at, f"{path_text(at)} {_wrong(error)}", "")


def _wrong(error: Any) -> str:
    """What is wrong with a value, as the end of a sentence that begins with its path."""
    sort, context = error["type"], error.get("ctx") or {}
    match sort:
        case "literal_error":
            return f"must be {context.get('expected')}"
        case "string_pattern_mismatch":
            return f"must match {context.get('pattern')}"
        case "string_too_short" | "too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context.get('max_length')} characters"
        case "too_long":
            return f"must have at most {context.get('max_length')} entries"
        case "GEN-14":
            return "must be an existing day, written YYYY-MM-DD"
    return f"must be {_TYPES[sort]}" if sort in _TYPES else str(error["msg"])


def _keys_beside(at: PathKey) -> list[str]:
    model: Any = WaiverManifest
    for step in at[:-1]:
        fields = {info.alias: info.annotation for info in model.model_fields.values()}
        model = fields.get(str(step))
        if not hasattr(model, "model_fields"):
            return []
    return sorted(str(info.alias) for info in model.model_fields.values())


def _at(rule: RuleText, document: Document, at: PathKey, summary: str, hint: str) -> Diagnostic:
    source, line = place_at(document, [at], lambda _path, *, key=False: True)  # noqa: ARG005  # a waiver has no secret
    return Diagnostic(
        code=rule.code,
        severity=rule.severity,
        phase=rule.phase,
        summary=summary,
        hint=hint,
        path=path_text(at),
        source=source,
        snippet=line,
    )
