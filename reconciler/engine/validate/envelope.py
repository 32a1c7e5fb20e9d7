"""Envelope: everything of a document around its spec."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from functools import lru_cache
from typing import Any

from reconciler.engine.validate.clean import Misfit
from reconciler.engine.validate.fault import BOOLEAN, LIST, MAPPING, STRING, Fault, a, missing, wrong_type
from reconciler.engine.validate.shape import shape_of
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.formats import nearest
from reconciler.model.kind import Kind, Level
from reconciler.model.manifest import Document, Misread, PathKey
from reconciler.model.placing import shown_key

API_VERSION = "reconciler/v1"
CONFIRM = "reconciler/confirm-close"
TOP = ("apiVersion", "kind", "metadata", "lifecycle", "spec")
METADATA = ("name", "tenant", "labels", "annotations")
LIFECYCLE = ("protect", "ignoreChanges", "management")
MANAGEMENT = ("full", "observe", "createOnly")
FORM = "lower-case letters, digits, full stops and hyphens, at most 63, with a letter or digit at both ends"
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9./-]{0,61}[a-z0-9])?")
_MAX_KEYS = 32
_TOP = frozenset(TOP)
_METADATA = frozenset(METADATA)
_LONGEST = {"labels": 63, "annotations": 1024}
"""Characters that a value has at most."""


@lru_cache(maxsize=4096)
def _tenant(word: str) -> str | None:
    """One text for all manifests that name a tenant, which is judged once; None for what is no name."""
    return word if _NAME.fullmatch(word) is not None else None


@lru_cache(maxsize=4096)
def _same(word: str) -> str:
    """One text for the many manifests that hold it."""
    return word


@dataclass(slots=True)
class Head:
    """What the envelope says, as far as it can be understood. ``placed`` is false when no address can be made of it."""

    kind: Kind | None = None
    name: str = ""
    tenant: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    management: str = "full"
    placed: bool = False


def read_envelope(catalog: Catalog, document: Document, faults: list[Fault]) -> Head:
    """Read and check the envelope; what is wrong is added to ``faults``."""
    tree = document.tree
    usual = _usual(catalog, tree) if document.plain else None
    if usual is not None:
        return usual
    head = Head()
    if not _TOP.issuperset(tree):
        faults += [_unknown_top(key, tree) for key in tree if key not in TOP]
    if tree.get("apiVersion") != API_VERSION:
        at: PathKey = ("apiVersion",) if "apiVersion" in tree else ()
        faults.append(Fault("GEN-16", f"apiVersion must be {API_VERSION}", at, "apiVersion", f"write {API_VERSION}"))
    head.kind = _kind(catalog, tree.get("kind"), faults)
    metadata = tree.get("metadata")
    if metadata is None:
        faults.append(missing(("metadata",)))
    elif type(metadata) is not dict:
        faults.append(wrong_type(("metadata",), MAPPING, metadata))
    else:
        _metadata(metadata, head, faults)
    lifecycle = tree.get("lifecycle")
    if lifecycle is not None:
        if type(lifecycle) is dict:
            _lifecycle(lifecycle, head, faults)
        else:
            faults.append(wrong_type(("lifecycle",), MAPPING, lifecycle))
    return head


def _usual(catalog: Catalog, tree: dict[str, Any]) -> Head | None:
    """The head of an envelope in which everything is as in nearly all of them; None where anything is not.

    The tree holds no text that readers disagree about: one would be taken for the same text that is sound.
    """
    word, metadata = tree.get("kind"), tree.get("metadata")
    if tree.get("apiVersion") != API_VERSION or type(word) is not str or type(metadata) is not dict:
        return None
    if "lifecycle" in tree or word not in catalog or not (_TOP.issuperset(tree) and _METADATA.issuperset(metadata)):
        return None
    kind = catalog[word]
    name, tenant = metadata.get("name"), metadata.get("tenant")
    if type(name) is not str or kind.singleton or _NAME.fullmatch(name) is None:
        return None
    home = "" if tenant is None else _tenant(tenant) if type(tenant) is str else None
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    kept = {} if labels is None else _labels(labels)
    notes = {} if annotations is None else _plain_map(annotations, "annotations")
    if home is None or kept is None or notes is None:
        return None
    return Head(kind, name, home, kept, notes, placed=True)


def check_level(head: Head, level: Level, faults: list[Fault]) -> None:
    """GEN-11: a tenant exactly where the kind, or this resource of it, stands in one."""
    if head.kind is None or level is Level.BOTH or not head.placed:
        return
    if level is Level.TENANT and not head.tenant:
        summary = f"{a(head.kind.name)} belongs to a tenant, and metadata.tenant is missing"
        faults.append(Fault("GEN-11", summary, ("metadata",), "metadata.tenant", "add the name of a Partner"))
    elif level is Level.PLATFORM and head.tenant:
        always = head.kind.level is Level.PLATFORM
        summary = (
            f"{a(head.kind.name) if always else f'this {head.kind.name}'} stands at platform level and has no tenant"
        )
        faults.append(Fault("GEN-11", summary, ("metadata", "tenant"), "metadata.tenant", "delete metadata.tenant"))


def _unknown_top(key: str, tree: dict[str, Any]) -> Fault:
    if key == "status":
        summary = "status is written by the server and never stands in a manifest"
        return Fault("GEN-06", summary, (key,), key, "delete it")
    if key in METADATA:
        return unknown(key, "a manifest", (key,), TOP, hint=f"write it as metadata.{key}", meant=("metadata", key))
    if key in LIFECYCLE:
        return unknown(key, "a manifest", (key,), TOP, hint=f"write it as lifecycle.{key}")
    return unknown(key, "a manifest", (key,), [word for word in TOP if word not in tree] or TOP)


def unknown(
    key: str,
    where: str,
    at: PathKey,
    words: Collection[str],
    *,
    path: str = "",
    hint: str = "",
    meant: PathKey = (),
) -> Fault:
    """GEN-01: a key that nobody knows, with the nearest known name."""
    if not hint:
        close = nearest(key, list(words))
        if close is not None:
            hint, meant = f"did you mean {close}?", (*at[:-1], close)
        elif len(words) <= 12:
            hint = f"known here: {', '.join(words)}"
    summary = f"{shown_key(key)} is no key of {where}"
    return Fault("GEN-01", summary, at, path or ".".join(shown_key(str(one)) for one in at), hint, meant)


def _kind(catalog: Catalog, word: Any, faults: list[Fault]) -> Kind | None:
    if word is None:
        faults.append(missing(("kind",)))
        return None
    if type(word) is not str:
        faults.append(wrong_type(("kind",), STRING, word))
        return None
    kind = catalog.get(word)
    if kind is None:
        close = nearest(word, list(catalog))
        hint = f"did you mean {close}?" if close else "kinds: " + ", ".join(sorted(catalog))
        faults.append(Fault("GEN-01", f"there is no kind {shown_key(word)}", ("kind",), "kind", hint))
    return kind


def _metadata(metadata: dict[str, Any], head: Head, faults: list[Fault]) -> None:
    if not _METADATA.issuperset(metadata):
        faults += [unknown(key, "metadata", ("metadata", key), METADATA) for key in metadata if key not in METADATA]
    name, tenant = metadata.get("name"), metadata.get("tenant")
    head.placed = type(name) is str and (tenant is None or type(tenant) is str)
    if name is None:
        faults.append(missing(("metadata", "name")))
    elif type(name) is not str:
        faults.append(wrong_type(("metadata", "name"), STRING, name))
    else:
        head.name = name
        _check_name(name, head.kind, faults)
    if type(tenant) is str:
        known = _tenant(tenant)
        head.tenant = tenant if known is None else known
        if known is None:
            summary = "metadata.tenant is no name of a Partner"
            faults.append(Fault("GEN-14", summary, ("metadata", "tenant"), "metadata.tenant", FORM))
    elif tenant is not None:
        faults.append(wrong_type(("metadata", "tenant"), STRING, tenant))
    if "labels" in metadata:
        head.labels = _map(metadata["labels"], "labels", faults)
    if "annotations" in metadata:
        head.annotations = _map(metadata["annotations"], "annotations", faults)


def _check_name(name: str, kind: Kind | None, faults: list[Fault]) -> None:
    at = ("metadata", "name")
    if kind is not None and kind.singleton and name != kind.singleton:
        summary = f"there is one {kind.name}, and it is named {kind.singleton}"
        faults.append(Fault("SYS-01", summary, at, "metadata.name", f"write name: {kind.singleton}"))
    elif _NAME.fullmatch(name) is None:
        faults.append(Fault("GEN-15", "metadata.name is no name of a resource", at, "metadata.name", FORM))


def _map(given: Any, word: str, faults: list[Fault]) -> dict[str, str]:
    """Labels or annotations: words to texts."""
    at: PathKey = ("metadata", word)
    if given is None:
        return {}
    if type(given) is not dict:
        faults.append(wrong_type(at, MAPPING, given))
        return {}
    plain = _plain_map(given, word)
    if plain is not None:
        return plain
    if len(given) > _MAX_KEYS:
        faults.append(Fault("GEN-14", f"metadata.{word} holds at most {_MAX_KEYS} keys", at, f"metadata.{word}"))
    longest = _LONGEST[word]
    kept: dict[str, str] = {}
    for key, value in given.items():
        here = (*at, key)
        fault = _map_key(key, word, here)
        if fault is not None:
            faults.append(fault)
        elif type(value) is str:
            if len(value) > longest:
                summary = f"a value of metadata.{word} has at most {longest} characters"
                faults.append(Fault("GEN-14", summary, here, f"metadata.{word}.{shown_key(key)}"))
            kept[key] = value
        elif value is not None:
            faults.append(wrong_type(here, STRING, value))
    return kept


def _plain_map(given: Any, word: str) -> dict[str, str] | None:
    """Labels or annotations in which nothing is wrong; None for others. Many manifests share texts of labels."""
    if type(given) is not dict or len(given) > _MAX_KEYS:
        return None
    longest, many = _LONGEST[word], word == "labels"
    kept: dict[str, str] = {}
    for key, value in given.items():
        known = _good_key(key, word) if type(key) is str else None
        if known is None or type(value) is not str or len(value) > longest:
            return None
        kept[known] = _same(value) if many else value
    return kept


def _labels(given: Any) -> Mapping[str, str] | None:
    """The same for labels: many manifests have the same ones, which are judged once and kept once."""
    try:
        small = len(given) <= _MAX_KEYS and max(map(len, (*given, *given.values())), default=0) <= _LONGEST["labels"]
        return _same_labels(tuple(given.items())) if small else None
    except (AttributeError, TypeError):
        return None


@lru_cache(maxsize=4096)
def _same_labels(given: tuple[tuple[Any, Any], ...]) -> Mapping[str, str] | None:
    return _plain_map(dict(given), "labels")


@lru_cache(maxsize=4096)
def _good_key(key: str, word: str) -> str | None:
    """One text for a key that is in order, else None; a set of manifests has few of them."""
    return key if _map_key(key, word, ()) is None else None


def _map_key(key: str, word: str, at: PathKey) -> Fault | None:
    if type(key) is Misread:
        path = f"metadata.{word}.{shown_key(key)}"
        summary = f"a key of metadata.{word} must be a string, and is {key.found}"
        return Fault("GEN-12", summary, at, path, "put the key in quotes")
    if word == "labels":
        if _LABEL.fullmatch(key) is None:
            hint = "lower-case letters, digits, full stops, slashes and hyphens, at most 63"
            return Fault("GEN-14", "this is no key of a label", at, f"metadata.{word}.{shown_key(key)}", hint)
        return None
    if key.startswith("reconciler/") and key != CONFIRM:
        hint = f"{CONFIRM} is the only one"
        path = f"metadata.{word}.{shown_key(key)}"
        return Fault("GEN-01", "annotations with the prefix reconciler/ are reserved", at, path, hint)
    if not 1 <= len(key) <= 128:
        path = f"metadata.{word}.{shown_key(key)}"
        return Fault("GEN-14", "the key of an annotation has 1 to 128 characters", at, path)
    return None


def _lifecycle(lifecycle: dict[str, Any], head: Head, faults: list[Fault]) -> None:
    faults += [unknown(key, "lifecycle", ("lifecycle", key), LIFECYCLE) for key in lifecycle if key not in LIFECYCLE]
    protect = lifecycle.get("protect")
    if type(protect) is bool:
        head.protect = protect
    elif protect is not None:
        faults.append(wrong_type(("lifecycle", "protect"), BOOLEAN, protect))
    management = lifecycle.get("management")
    if management is not None:
        at = ("lifecycle", "management")
        if type(management) is not str:
            faults.append(wrong_type(at, STRING, management))
        elif management not in MANAGEMENT:
            faults.append(not_a_word(at, management, MANAGEMENT))
        else:
            head.management = management
    ignored = lifecycle.get("ignoreChanges")
    if type(ignored) is list:
        head.ignore_changes = _ignored(ignored, head.kind, faults)
    elif ignored is not None:
        faults.append(wrong_type(("lifecycle", "ignoreChanges"), LIST, ignored))


def not_a_word(at: PathKey, value: str, words: Collection[str], *, code: str = "GEN-14") -> Fault:
    """GEN-14 for a word that is none of those allowed; suggests the nearest."""
    path = ".".join(str(one) for one in at)
    close = nearest(value, list(words))
    hint = f"did you mean {close}?" if close else ""
    return Fault(code, f"{path} must be one of {', '.join(words)}", at, path, hint)


def _ignored(entries: list[Any], kind: Kind | None, faults: list[Fault]) -> tuple[str, ...]:
    """GEN-19: paths of fields of the kind."""
    kept: list[str] = []
    for place, entry in enumerate(entries):
        at = ("lifecycle", "ignoreChanges", place)
        if type(entry) is not str:
            faults.append(wrong_type(at, STRING, Misfit(entry.found) if type(entry) is Misread else entry))
            continue
        kept.append(entry)
        if kind is None:
            continue
        shape = shape_of(kind.spec)
        if not entry or (entry not in shape.fields and entry not in shape.names):
            faults.append(_no_field(entry, kind, at))
    return tuple(kept)


def _no_field(entry: str, kind: Kind, at: PathKey) -> Fault:
    shape = shape_of(kind.spec)
    bare = entry.partition("[")[0]
    if bare != entry and bare in shape.fields:
        hint = f"entries of lists are not addressed one by one; write {bare}"
    elif entry.startswith("status.") or entry in {one.path for one in kind.status}:
        hint = "fields of the server are never compared"
    elif entry.startswith("spec.") and entry.removeprefix("spec.") in shape.fields:
        hint = f"write {entry.removeprefix('spec.')}"
    else:
        close = nearest(entry, [*shape.fields, *(path for path in shape.names if path)])
        hint = f"did you mean {close}?" if close else ""
    return Fault("GEN-19", f"this is no field of {a(kind.name)}", at, f"lifecycle.ignoreChanges[{at[-1]}]", hint)
