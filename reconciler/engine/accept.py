"""Stage accept: the tree of a manifest with the live values of some fields in it.

A value that is the default goes away, one that a manifest cannot say is refused. A list whose order has no meaning
keeps the order in which it was written.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.model.brief import bare, brief
from reconciler.model.columns import Field
from reconciler.model.encode import decode, encode, field_value, same
from reconciler.model.invisible import visible
from reconciler.model.rule import Unjudged
from reconciler.model.view import Entity


class Unacceptable(Exception):
    """A live value cannot be written into a manifest; ``hint`` says what to do."""

    def __init__(self, path: str, reason: str, hint: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.hint = hint


def accepted(entity: Entity, paths: Sequence[str]) -> dict[str, Any]:
    """The tree of a declared resource with the live values of the fields ``paths`` in it.

    Raises:
        Unacceptable: one of them is a secret, stands in a file of its own, or is nothing that a manifest can say.
    """
    if entity.resource is None or entity.row is None:
        msg = f"{entity.address} is not both declared and live"
        raise ValueError(msg)
    tree: dict[str, Any] = copy.deepcopy(entity.resource.document.tree)
    fields = [entity.kind.by_path[path] for path in paths]
    for field in fields:
        _take(entity, field, tree)
    _drop_implied(entity, [one for one in fields if one.derived is not None], tree)
    return tree


def _take(entity: Entity, field: Field, tree: dict[str, Any]) -> None:
    row, index = entity.row or (), entity.kind.index
    stored = tuple(row[index[one.name]] for one in field.columns)
    keys = _keys(field.path)
    given = _at(tree, keys)
    _may(field, given, stored)
    for parent in field.optional_parents:
        if not _there(entity, parent):
            _remove(entity, tree, _keys(parent))
            return
    value = stored[0]
    if value is None:
        _empty(entity, field, tree)
        return
    plain = field.inherit is None and field.derived is None and not field.state and not field.required
    if plain and same(field, encode(field, bare(field.default)), value):
        _remove(entity, tree, keys)
        return
    said = decode(field, value)
    if not visible(said):
        raise Unacceptable(
            field.path,
            "holds characters that cannot be seen, which no manifest may hold",
            "put another value there, or leave it to the world with lifecycle.ignoreChanges",
        )
    meant = None if entity.resource is None else field_value(field, entity.resource)
    _put(tree, keys, _arranged(field, given, meant, brief(field, said)))


def _may(field: Field, given: Any, stored: tuple[Any, ...]) -> None:
    if field.secret is not None:
        version = f'; when the source gives that secret, write version: "{stored[0]}"' if stored[0] else ""
        raise Unacceptable(
            field.path,
            "is a secret, and no secret is ever written into a manifest",
            f"put the new secret where its source is, and raise its version{version}",
        )
    if field.type == "file" or (isinstance(given, dict) and field.type == "textOrFile"):
        name = given.get("fromFile", "") if isinstance(given, dict) else ""
        raise Unacceptable(
            field.path,
            f"is the content of the file {name}" if name else "is the content of a file",
            "export the resource into another folder with reconciler export --target, and take the file from there",
        )


def _empty(entity: Entity, field: Field, tree: dict[str, Any]) -> None:
    """The live value is nothing: the key goes away, or says so by the word that its table has for it."""
    keys = _keys(field.path)
    word = None if field.inherit is None else field.inherit.word
    if word is not None and _at(tree, keys) is not None:
        _put(tree, keys, word)
        return
    if field.required or (field.inherit is None and field.default is not None):
        raise Unacceptable(
            field.path, "is empty, which no manifest can say", "leave it to the world with lifecycle.ignoreChanges"
        )
    _remove(entity, tree, keys)


def _drop_implied(entity: Entity, fields: Iterable[Field], tree: dict[str, Any]) -> None:
    """Take out what the rest of the manifest says already."""
    row, index = entity.row or (), entity.kind.index
    try:
        spec = entity.kind.spec.model_validate(tree["spec"])
    except (ValueError, KeyError):
        return
    for field in fields:
        if field.derived is None:
            continue
        try:
            implied = same(field, encode(field, field.derived.compute(spec)), row[index[field.columns[0].name]])
        except (ValueError, TypeError, AttributeError, Unjudged):
            continue
        if implied:
            _remove(entity, tree, _keys(field.path))


# --- trees -----------------------------------------------------------------------------------------------------------


def _keys(path: str) -> list[str]:
    keys = path.split(".")
    return keys if keys[0] in ("metadata", "lifecycle") else ["spec", *keys]


def _at(tree: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _put(tree: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    node = tree
    for key in keys[:-1]:
        below = node.get(key)
        if not isinstance(below, dict):
            below = node[key] = {}
        node = below
    node[keys[-1]] = value


def _remove(entity: Entity, tree: dict[str, Any], keys: Sequence[str]) -> None:
    """Take a key out, and every object above it that holds nothing any more and means nothing by being there."""
    nodes: list[Any] = [tree]
    for key in keys[:-1]:
        nodes.append(nodes[-1].get(key) if isinstance(nodes[-1], dict) else None)
    if not isinstance(nodes[-1], dict) or keys[-1] not in nodes[-1]:
        return
    del nodes[-1][keys[-1]]
    optional = {parent for one in entity.kind.fields for parent in one.optional_parents}
    for depth in range(len(keys) - 1, 0, -1):
        if nodes[depth] or keys[:depth] in (["spec"], ["metadata"]) or ".".join(keys[1:depth]) in optional:
            return
        del nodes[depth - 1][keys[depth - 1]]


def _there(entity: Entity, parent: str) -> bool:
    row, index = entity.row or (), entity.kind.index
    return any(
        row[index[column.name]] is not None
        for one in entity.kind.fields
        if one.path.startswith(f"{parent}.") and not one.transient
        for column in one.columns
    )


def _arranged(field: Field, given: Any, meant: Any, value: Any) -> Any:
    """A list in the words of its author, whose entries mean ``meant``; what is new is as it is live.

    One without order keeps the order of its author, and what is new comes last.
    """
    if not isinstance(given, list) or not isinstance(value, list):
        return value
    means = meant if isinstance(meant, list) and len(meant) == len(given) else given
    words = [(one, said) for one, said in zip(means, given, strict=True) if isinstance(said, str)]
    if field.unordered is None:
        return [next((said for one, said in words if one == other), other) for other in value]
    left = list(value)
    kept = []
    for one, said in zip(means, given, strict=True):
        for place, other in enumerate(left):
            if _means(field, said, other) or (isinstance(said, str) and one == other):
                kept.append(said if not isinstance(said, dict) else other)
                del left[place]
                break
    return [*kept, *left]


def _means(field: Field, one: Any, other: Any) -> bool:
    by = field.unordered.by if field.unordered is not None else ""
    if by and isinstance(one, dict) and isinstance(other, dict):
        return bool(one.get(by) == other.get(by))
    if field.folded and isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return bool(one == other)
