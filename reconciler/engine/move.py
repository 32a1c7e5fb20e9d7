"""Move: the documents that say that a resource has another name from now on, with every fault at its place.

They stand among the manifests, beside what they speak of. What can be judged without a database is judged here: their
form, and how they fit to each other and to the resources that are declared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.formats import NAME_PATTERN, nearest
from reconciler.model.manifest import Document, PathKey
from reconciler.model.moved import MOVED, Move, MovedManifest
from reconciler.model.placing import path_text, place_at, shown_key
from reconciler.model.resource import Resource
from reconciler.model.rule import RuleText

_ERROR = Severity.ERROR
FORM = RuleText("MOV-01", _ERROR, Phase.SCHEMA, "A move has known keys only, and each has its form.")
REPEATED = RuleText("MOV-02", _ERROR, Phase.SCHEMA, "No two moves share a name, an old address or a new one.")
LOOP = RuleText("MOV-03", _ERROR, Phase.SCHEMA, "Moves lead somewhere: none leads back to where it began.")
ACROSS = RuleText("MOV-04", _ERROR, Phase.SCHEMA, "A move changes the name only: kind and tenant stay.")
FIXED = RuleText("MOV-05", _ERROR, Phase.SCHEMA, "What other things are called after keeps its name.")
STAYS = RuleText("MOV-06", _ERROR, Phase.REFERENCE, "What has moved is not declared under its old name any more.")
NOWHERE = RuleText("MOV-07", _ERROR, Phase.REFERENCE, "What has moved is declared under its new name, and is written.")

_BACK = "a name comes back when the move that left it says so: use reconciler move; names are not exchanged"
_WORDS = {"kind": ("apiVersion", "kind", "metadata", "spec"), "metadata": ("name",), "spec": ("from", "to")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """The moves of a run, in order of their old addresses, and the manifests that are none."""

    items: tuple[Move, ...] = ()
    documents: tuple[Document, ...] = ()


def read_moves(catalog: Catalog, documents: Sequence[Document]) -> tuple[Moves, list[Diagnostic]]:
    """The moves among ``documents``, the other documents, and what is wrong with the moves by themselves."""
    kept: list[Document] = []
    made: list[tuple[Move, Document]] = []
    found: list[Diagnostic] = []
    for document in documents:
        if document.early is not None or document.tree.get("kind") != MOVED:
            kept.append(document)
            continue
        move, problems = _move(catalog, document)
        found += problems
        if move is not None:
            made.append((move, document))
    good, problems = _apart(made)
    items = sorted(_without_loops(good, problems), key=lambda one: one.previous)
    return Moves(items=tuple(items), documents=tuple(kept)), in_order([*found, *problems])


def judge_moves(moves: Iterable[Move], resources: Collection[Resource[Any]]) -> list[Diagnostic]:
    """How moves fit to what is declared: the old name is gone from the manifests, and the new one is there."""
    declared = {one.address: one for one in resources}
    onward = {one.previous: one.address for one in moves}
    found: list[Diagnostic] = []
    for one in moves:
        there = declared.get(one.previous)
        if there is not None:
            where = there.document.places.nearest(("metadata", "name")).short
            found.append(
                _plain(
                    STAYS,
                    one,
                    f"{one.previous} has moved to {one.address}, and a manifest still declares it ({where})",
                    "give the manifest its new name, or remove the move when this is another resource",
                )
            )
        if one.address in onward:
            continue
        resource = declared.get(one.address)
        if resource is None:
            summary = f"{one.previous} has moved to {one.address}, which no manifest declares"
            found.append(_plain(NOWHERE, one, summary, "declare it under its new name, or remove the move"))
        elif resource.management != "full":
            summary = f"{one.address} is {resource.management}: nothing of it is written, so it does not move"
            found.append(_plain(NOWHERE, one, summary, "manage it with management: full, or rename the row by hand"))
    return in_order(found)


# --- one document ----------------------------------------------------------------------------------------------------


def _move(catalog: Catalog, document: Document) -> tuple[Move | None, list[Diagnostic]]:
    try:
        manifest = MovedManifest.model_validate(_without_nulls(document.tree))
    except ValidationError as error:
        return None, [_fault(document, one) for one in error.errors(include_url=False, include_input=False)]
    found: list[Diagnostic] = []
    ends: dict[str, Address] = {}
    for key, text in (("from", manifest.spec.from_), ("to", manifest.spec.to)):
        try:
            ends[key] = _address(catalog, text)
        except ValueError as problem:
            hint = "write Kind/tenant/name, or Kind/name at platform level"
            found.append(_at(FORM, document, ("spec", key), f"{key}: {problem}", hint))
    if found:
        return None, found
    one = Move(
        name=manifest.metadata.name,
        previous=ends["from"],
        address=ends["to"],
        source=document.places.nearest(("spec", "to")),
        document=document,
    )
    found = list(_refused(one, document, catalog))
    return (None, found) if found else (one, [])


def _refused(one: Move, document: Document, catalog: Catalog) -> Iterable[Diagnostic]:
    was, will = one.previous, one.address
    kind = catalog[was.kind]
    if was.kind != will.kind or was.tenant != will.tenant:
        what = "kind" if was.kind != will.kind else "tenant"
        hint = "the tenant is part of the identity: declare it anew there" if what == "tenant" else "keep the kind"
        yield _at(ACROSS, document, ("spec", "to"), f"{was} does not move to another {what} ({will})", hint)
    elif was == will:
        yield _at(LOOP, document, ("spec", "to"), f"{was} would move to itself", "remove the move")
    elif kind.is_tenant:
        summary = f"{was} keeps its name: everything of the tenant is called after it"
        yield _at(FIXED, document, ("spec", "from"), summary, "declare a new tenant beside it")
    elif kind.singleton:
        yield _at(FIXED, document, ("spec", "from"), f"{was} keeps its name: there is one", "remove the move")


def _address(catalog: Catalog, text: str) -> Address:
    address = Address.parse(text)
    if address.kind not in catalog:
        close = nearest(address.kind, sorted(catalog))
        msg = f"{shown_key(address.kind)} is no kind" + (f"; did you mean {close}?" if close else "")
        raise ValueError(msg)
    for part in (address.tenant, address.name):
        if part != PLATFORM and not re.fullmatch(NAME_PATTERN, part):
            msg = f"{shown_key(part)} is no name"
            raise ValueError(msg)
    return address


def _apart(made: Sequence[tuple[Move, Document]]) -> tuple[list[tuple[Move, Document]], list[Diagnostic]]:
    """The moves without those that say what another one has said."""
    kept: list[tuple[Move, Document]] = []
    found: list[Diagnostic] = []
    taken: dict[tuple[str, object], Move] = {}
    for one, document in made:
        claims = {
            ("metadata", "name"): ("name", one.name),
            ("spec", "from"): ("from", one.previous),
            ("spec", "to"): ("to", one.address),
        }
        wrong = False
        for at, claim in claims.items():
            other = taken.setdefault(claim, one)
            if other is not one:
                wrong = True
                where = "" if other.source is None else f" at {other.source.short}"
                summary = f"there is another move with {claim[0]}: {claim[1]}{where}"
                found.append(_at(REPEATED, document, at, summary, "keep one of them"))
        if not wrong:
            kept.append((one, document))
    return kept, found


def _without_loops(made: Sequence[tuple[Move, Document]], found: list[Diagnostic]) -> Iterable[Move]:
    onward = {one.previous: one.address for one, _ in made}
    for one, document in made:
        at, seen = one.address, {one.previous}
        while at in onward and at not in seen:
            seen.add(at)
            at = onward[at]
        if at in seen:
            summary = f"{one.previous} would come back to where it was"
            found.append(_at(LOOP, document, ("spec", "to"), summary, _BACK))
        else:
            yield one


# --- places ----------------------------------------------------------------------------------------------------------


def _without_nulls(value: Any) -> Any:
    """An explicit null is the same as leaving the key out."""
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return value


def _fault(document: Document, error: Mapping[str, Any]) -> Diagnostic:
    at: PathKey = tuple(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            known = _WORDS.get(str(at[-2]) if len(at) > 1 else "kind", ())
            close = nearest(str(at[-1]), list(known))
            hint = f"did you mean {close}?" if close else f"known here: {', '.join(known)}"
            return _at(FORM, document, at, f"{shown_key(str(at[-1]))} is no key of a move", hint)
        case "missing":
            return _at(FORM, document, at, f"{path_text(at)} is missing", "")
    return _at(FORM, document, at, f"{path_text(at)}: {error['msg']}", "")


def _at(rule: RuleText, document: Document, at: PathKey, summary: str, hint: str) -> Diagnostic:
    source, line = place_at(document, [at], lambda _path, *, key=False: True)  # noqa: ARG005  # a move has no secret
    return replace(_said(rule, summary, hint), path=path_text(at), source=source, snippet=line)


def _plain(rule: RuleText, one: Move, summary: str, hint: str) -> Diagnostic:
    return replace(_said(rule, summary, hint), address=one.address, path="spec.to", source=one.source)


def _said(rule: RuleText, summary: str, hint: str) -> Diagnostic:
    return Diagnostic(code=rule.code, severity=rule.severity, phase=rule.phase, summary=summary, hint=hint)
