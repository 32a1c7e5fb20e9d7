"""Validate: documents become resources, and everything that is wrong with one manifest alone becomes a diagnostic.

Phase ``schema``: the envelope, the spec as its kind declares it, and the schema rules of the kind. Nothing is looked up
elsewhere. Two resources with the same address are both kept; that is judged when the set is resolved (GEN-03). Where
nothing is wrong no place is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from pydantic import ValidationError

from reconciler.engine.validate.clean import cleaned
from reconciler.engine.validate.envelope import Head, check_level, read_envelope
from reconciler.engine.validate.fault import MAPPING, Fault, missing, worth_telling, wrong_type
from reconciler.engine.validate.faults import every_fault
from reconciler.engine.validate.hidden import hidden_secrets
from reconciler.engine.validate.idle import idle_nulls
from reconciler.engine.validate.partial import partial
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in, in_order
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document
from reconciler.model.placing import diagnose, place_at, visible_in
from reconciler.model.resource import Resource
from reconciler.model.rule import Rule, Unjudged
from reconciler.model.spec import Spec, share_given

__all__ = ["validate", "validate_early"]

MOST_IN_A_FILE = 1_000
"""Findings of wrong documents in one file that are listed; behind so many the rest of the file is not judged."""
_TOLD = 1_000_000_000


def validate(catalog: Catalog, documents: Iterable[Document]) -> tuple[list[Resource[Any]], list[Diagnostic]]:
    """The resources that are valid by themselves, in the order of the documents, and all findings of phase schema.

    Raises nothing for whatever a document holds; a rule that raises anything but
    :class:`~reconciler.model.rule.Unjudged` is a fault of the program and passes through.
    """
    resources: list[Resource[Any]] = []
    found: list[Diagnostic] = []
    file, wrong = "", 0
    for document in documents:
        if document.file != file:
            file, wrong = document.file, 0
        elif wrong >= MOST_IN_A_FILE:
            if wrong < _TOLD:
                found.append(_too_many(document))
                wrong = _TOLD
            continue
        early = document.early
        if early is not None and early.document is document:
            document.early = None  # a resource belongs to one run
            resources.append(early)
            continue
        known = _known(catalog, document) if document.sound else None
        if known is not None:
            resources.append(known)
            continue
        faults: list[Fault] = []
        head = read_envelope(catalog, document, faults)
        kind = head.kind
        spec = None if kind is None else _spec(kind, document, faults)
        if document.tree.get("spec") is None:
            faults.append(missing(("spec",)))
        resource = None
        mine: list[Diagnostic] = []
        if kind is not None and spec is not None and head.placed:
            _check_place(kind, head, spec, faults)
            resource = Resource(
                Address(kind.name, head.tenant, head.name),
                spec,
                document,
                head.labels,
                head.annotations,
                head.protect,
                head.ignore_changes,
                head.management,
            )
            mine = _judge(_schema_rules(kind), resource, kind)
        if faults:
            mine = _without_echoes([_diagnostic(one, head, document) for one in worth_telling(faults)], mine)
        if document.parts and kind is not None:
            unseen = (*hidden_secrets(kind, document), *idle_nulls(kind, document))
            mine += [_diagnostic(fault, head, part) for part, fault in unseen]
        found += mine
        wrong += len(mine) if mine and errors_in(mine) else 0
        if resource is not None and not (mine and errors_in(mine)):
            resources.append(resource)
            document.release()
    return resources, in_order(found)


def validate_early(catalog: Catalog, documents: Sequence[Document]) -> None:
    """Judge whole files while others are still to be read, so that the trees of sound ones are let go.

    :func:`validate` takes what came of those in whose files nothing was found, and judges the others again.
    """
    resources, found = validate(catalog, documents)
    if any(one.source is None for one in found):
        return
    wrong = {one.source.file for one in found if one.source is not None}
    for one in resources:
        if one.document.file not in wrong:
            one.document.early = one


def _known(catalog: Catalog, document: Document) -> Resource[Any] | None:
    """The resource of a document that was judged in an earlier run; None when it must be judged after all.

    Only the spec is made again, by its class; whatever is unexpected leaves the document to the usual way.
    """
    tree = document.tree
    try:
        kind = catalog[tree["kind"]]
        metadata, lifecycle = tree["metadata"], tree.get("lifecycle") or {}
        spec: Spec = kind.spec.__pydantic_validator__.validate_python(tree["spec"])
        share_given(spec)
        return Resource(
            Address(kind.name, metadata.get("tenant", ""), metadata["name"]),
            spec,
            document,
            metadata.get("labels", {}),
            metadata.get("annotations", {}),
            lifecycle.get("protect", False),
            tuple(lifecycle.get("ignoreChanges", ())),
            lifecycle.get("management", "full"),
        )
    except (ValidationError, LookupError, TypeError, AttributeError):
        return None


def _too_many(document: Document) -> Diagnostic:
    summary = f"more than {MOST_IN_A_FILE} problems in this file; the rest is not listed"
    return Diagnostic(
        code="LOD-06", severity=Severity.ERROR, phase=Phase.SCHEMA, summary=summary, source=document.places.first
    )


@cache  # a kind is equal to itself only
def _schema_rules(kind: Kind) -> tuple[Rule, ...]:
    return tuple(rule for rule in kind.rules if rule.phase is Phase.SCHEMA)


def _spec(kind: Kind, document: Document, faults: list[Fault]) -> Spec | None:
    """The spec, or what is sound of it; None when there is none."""
    tree = document.tree.get("spec")
    if tree is None:
        return None
    if type(tree) is not dict:
        faults.append(wrong_type(("spec",), MAPPING, tree))
        return None
    if not document.plain:
        tree = cleaned(tree, kind.spec)
    try:
        spec: Spec = kind.spec.__pydantic_validator__.validate_python(tree)
    except ValidationError as error:
        faults += every_fault(kind, error, tree)
        return partial(kind.spec, tree)
    share_given(spec)
    return spec


def _check_place(kind: Kind, head: Head, spec: Spec, faults: list[Fault]) -> None:
    level = kind.level
    if kind.level_of is not None:
        try:
            level = kind.level_of(spec) or level
        except Unjudged:
            return
    check_level(head, level, faults)


def _judge(rules: tuple[Rule, ...], resource: Resource[Any], kind: Kind) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for rule in rules:
        try:
            told = list(rule.check(resource))
        except Unjudged:
            continue
        if told:
            found += [diagnose(rule, one, kind=kind, resource=resource) for one in told]
    return found


def _diagnostic(fault: Fault, head: Head, document: Document) -> Diagnostic:
    # Where documents were composed, what is missing is missed in the base, or where an overlay took it away.
    at = fault.lacks if fault.lacks and document.parts else fault.at
    source, line = place_at(document, [at], visible_in(head.kind))
    address = None
    if head.kind is not None and head.placed:
        address = Address(head.kind.name, head.tenant, head.name)
    hint = fault.hint
    if document.parts and fault.code == "GEN-18":
        hint = hint or "an overlay takes another source away with null, as in fromEnv: null"
    return Diagnostic(
        code=fault.code,
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary=fault.summary,
        hint=hint,
        address=address,
        path=fault.path,
        source=source,
        snippet=line,
    )


def _without_echoes(shape: list[Diagnostic], rules: list[Diagnostic]) -> list[Diagnostic]:
    """One wrong place gives one error: a generic finding yields to that of a rule at the same path."""
    told = {(one.path, one.source) for one in rules if one.severity is Severity.ERROR and one.path}
    return [one for one in shape if (one.path, one.source) not in told] + rules
