"""Stay: manifests with the live values of the fields that a plan leaves as they are, so that rules can judge the whole.

What ``ignoreChanges`` and waivers cover, and what a manifest leaves out where that means that it stays, is part of the
state behind an apply. It has to fit what the plan writes beside it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from reconciler.model.address import Address
from reconciler.model.brief import brief
from reconciler.model.columns import UNMANAGED, Field
from reconciler.model.dataclass import dataclass
from reconciler.model.difference import Difference, Differences, Standing
from reconciler.model.encode import decode, field_value, same, stored_values
from reconciler.model.manifest import Document
from reconciler.model.secret import SecretRef
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

_ENVELOPE = ("metadata.", "lifecycle.")
_KEPT_SECRET = {"fromEnv": "KEPT"}
"""Stands for a secret that is stored and that nobody reads."""


class Reason(StrEnum):
    """Why a field stays as it is."""

    IGNORED = "ignored"
    WAIVED = "waived"
    LEFT_OUT = "left out"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staying:
    """A declared resource of which something stays as it is live, other than its manifest says.

    ``paths`` are those fields, with the reason. ``written`` says whether the plan writes other fields of it.
    """

    entity: Entity
    paths: Mapping[str, Reason]
    written: bool

    @property
    def address(self) -> Address:
        """Which one."""
        return self.entity.address

    def behind(self) -> Document:
        """Its manifest with the values that stay: the state behind an apply."""
        return _document(self.entity, self.paths)

    def before(self) -> Document:
        """Its manifest with every live value: the state of now."""
        return _document(self.entity, [one.path for one in self.entity.kind.fields if not _outside_spec(one)])

    def concerning(self, path: str) -> str:
        """The field that stays and that a finding at a path is about; the first one where that cannot be told."""
        plain = path.partition("[")[0]
        near = [one for one in self.paths if one == plain or _inside(one, plain) or _inside(plain, one)]
        said = [one for one, reason in self.paths.items() if reason is not Reason.LEFT_OUT]
        return [*near, *said, *self.paths][0]

    def place(self, path: str) -> Source:
        """Where the manifest says that a field stays; where its spec stands, when it only leaves the field out."""
        resource = self.entity.resource
        if resource is None:
            msg = f"{self.address} has no manifest"
            raise ValueError(msg)
        places = resource.document.places
        for number, one in enumerate(resource.ignore_changes):
            if one == path or _inside(path, one):
                return places.nearest(("lifecycle", "ignoreChanges", number))
        return places.nearest(("spec", *path.split(".")))


def stay(
    view: View,
    kept: Differences,
    fields: Mapping[Address, frozenset[str]],
    *,
    selects: Callable[[Address], bool] = lambda _: True,
) -> tuple[Staying, ...]:
    """What stays in resources that the plan writes or that are kept from it in part, in order of their addresses.

    ``kept`` are the differences that are planned, ``fields`` what is left out of them, and ``selects`` says what takes
    part in the plan.
    """
    written = {one.address for one in kept.items if selects(one.address) and _writes(one)}
    found = []
    for address in sorted(written.union(fields) if written else ()):
        entity = view.at(address)
        if entity is None or entity.resource is None or entity.row is None or entity.resource.management != "full":
            continue
        paths = dict(_paths(entity, fields.get(address, frozenset())))
        if paths:
            found.append(Staying(entity=entity, paths=paths, written=address in written))
    return tuple(found)


def _writes(one: Difference) -> bool:
    """Whether a row that is there gets another value in its spec, or whether a new one comes."""
    if one.standing in (Standing.NEW, Standing.GONE):
        return True
    if one.standing is Standing.OBSERVED:
        return False
    lines = (*one.fields, *one.secrets, *([] if one.state is None else [one.state]))
    return any(not line.path.startswith(_ENVELOPE) for line in lines)


def _paths(entity: Entity, kept: frozenset[str]) -> Iterator[tuple[str, Reason]]:
    resource, row = entity.resource, entity.row
    if resource is None or row is None:
        return
    wanted: tuple[Any, ...] | None = None
    place = 0
    for one in entity.kind.fields:
        start, place = place, place + (0 if one.transient else len(one.columns))
        if _outside_spec(one):
            continue
        if any(one.path == path or _inside(one.path, path) for path in resource.ignore_changes):
            reason = Reason.IGNORED
        elif one.path in kept:
            reason = Reason.WAIVED
        elif (one.inherit is not None or one.state) and not resource.given(one.path):
            reason = Reason.LEFT_OUT
        else:
            continue
        if wanted is None:
            wanted = stored_values(entity.kind, resource, {})
        live = row[entity.kind.index[one.columns[0].name]]
        if live is not UNMANAGED and not same(one, wanted[start], live):
            yield one.path, reason


def _outside_spec(one: Field) -> bool:
    return one.transient or one.path.startswith(_ENVELOPE)


def _inside(path: str, above: str) -> bool:
    return path.startswith(f"{above}.")


# --- trees -----------------------------------------------------------------------------------------------------------


def _document(entity: Entity, paths: Iterable[str]) -> Document:
    resource = entity.resource
    if resource is None:
        msg = f"{entity.address} has no manifest"
        raise ValueError(msg)
    tree = copy.deepcopy(resource.document.tree)
    chosen = set(paths)
    for one in entity.kind.fields:
        if one.path in chosen:
            _lay(entity, one, tree["spec"])
    parents = {parent for one in entity.kind.fields if one.path in chosen for parent in one.optional_parents}
    for parent in sorted(parents, key=len, reverse=True):
        if not _there(entity, parent, chosen):
            _take(tree["spec"], parent.split("."))
    return replace(resource.document, tree=tree, origin=None, plain=False, again=None)


def _lay(entity: Entity, one: Field, spec: dict[str, Any]) -> None:
    """Put the live value of a field where its manifest has, or could have, another one."""
    keys = one.path.split(".")
    stored = tuple((entity.row or ())[entity.kind.index[column.name]] for column in one.columns)
    if stored[0] is UNMANAGED or one.type == "file":
        return
    if one.type == "secret":
        if all(value is None for value in stored):
            _take(spec, keys)
        elif entity.resource is not None and not isinstance(field_value(one, entity.resource), SecretRef):
            _put(spec, keys, dict(_KEPT_SECRET))
    elif stored[0] is None:
        word = None if one.inherit is None else one.inherit.word
        if word is not None and entity.resource is not None and entity.resource.given(one.path):
            _put(spec, keys, word)
        else:
            _take(spec, keys)
    else:
        _put(spec, keys, brief(one, decode(one, stored[0])))


def _there(entity: Entity, parent: str, chosen: Collection[str]) -> bool:
    """Whether an object that may be empty as a whole holds anything: what stays, or what the manifest writes."""
    resource, row = entity.resource, entity.row or ()
    for one in entity.kind.fields:
        if not _inside(one.path, parent) or one.transient:
            continue
        if one.path in chosen:
            if any(row[entity.kind.index[column.name]] is not None for column in one.columns):
                return True
        elif resource is not None and field_value(one, resource) is not None:
            return True
    return False


def _put(spec: dict[str, Any], keys: list[str], value: Any) -> None:
    node = spec
    for key in keys[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[keys[-1]] = value


def _take(spec: dict[str, Any], keys: list[str]) -> None:
    node: Any = spec
    for key in keys[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(keys[-1], None)
