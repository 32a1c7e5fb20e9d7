"""Manifests as trees, changed in every way that a schema can see, and the two verdicts about them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from reconciler.engine.validate import validate
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document, Places
from reconciler.model.source import Source

Way = tuple[str | int, ...]


class Changed(NamedTuple):
    """A tree and what was changed in it."""

    what: str
    tree: dict[str, Any]


def example(kind: Kind) -> dict[str, Any]:
    """The example of a kind as a plain tree."""
    tree: dict[str, Any] = YAML(typ="safe", pure=True).load(kind.example)
    return tree


def document(tree: dict[str, Any]) -> Document:
    """A document with one place for everything."""
    place = Source("example.yaml", 1, 1, 1, 2)
    return Document("example.yaml", 0, copy.deepcopy(tree), lambda: Places({}, {}, place), lambda _line: "")


def refusals(catalog: Catalog, tree: dict[str, Any]) -> set[str]:
    """The codes with which the validator refuses a tree."""
    _, found = validate(catalog, [document(tree)])
    return {one.code for one in found if one.severity is Severity.ERROR}


def rule_codes(kind: Kind) -> set[str]:
    """The codes of what a schema leaves to rules: several fields seen together."""
    codes = {rule.code for rule in kind.rules if rule.phase is Phase.SCHEMA}
    return codes | {"GEN-11"} if kind.level_of is not None else codes


def changes(tree: dict[str, Any], schema: dict[str, Any]) -> Iterator[Changed]:
    """The tree with one thing wrong, or with one more thing right, for every place in it."""
    for way, value in _nodes(tree):
        node = _schema_at(schema, way)
        where = "/".join(map(str, way)) or "root"
        if isinstance(value, dict):
            yield Changed(f"{where}: unknown key", _put(tree, (*way, "noSuchKey"), "x"))
            for key in value:
                yield Changed(f"{where}: without {key}", _drop(tree, (*way, key)))
                yield Changed(f"{where}: {key} is null", _put(tree, (*way, key), None))
            for key, inner in node.get("properties", {}).items():
                if key not in value:
                    yield from _added(tree, (*way, key), inner)
        for wrong in _WRONG:
            if type(wrong) is not type(value) and way:
                yield Changed(f"{where}: {wrong!r} in place of {type(value).__name__}", _put(tree, way, wrong))
        for wrong in _outside(node, value):
            yield Changed(f"{where}: {str(wrong)[:40]!r} is outside", _put(tree, way, wrong))


def _added(tree: dict[str, Any], way: Way, node: dict[str, Any]) -> Iterator[Changed]:
    """A field that the example leaves out, with its default and with values of every type."""
    where = "/".join(map(str, way))
    if "default" in node:
        yield Changed(f"{where}: by default", _put(tree, way, node["default"]))
    for word in node.get("enum", ()):
        yield Changed(f"{where}: {word}", _put(tree, way, word))
    for wrong in (*_WRONG, *_outside(node, "")):
        yield Changed(f"{where}: added as {str(wrong)[:40]!r}", _put(tree, way, wrong))


_WRONG = ("seven", 7, 7.5, True, ["x"], {"x": "y"})


def accepts(schema: dict[str, Any], tree: dict[str, Any]) -> bool:
    """The verdict of a validator that knows the schema alone."""
    return Draft202012Validator(schema).is_valid(tree)


def _nodes(node: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    yield way, node
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _nodes(value, (*way, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _nodes(value, (*way, place))


def _schema_at(schema: dict[str, Any], way: Way) -> dict[str, Any]:
    """The schema of a node, as far as it is plain; empty where it is not."""
    node = schema
    for step in way:
        found = node.get("items") if isinstance(step, int) else node.get("properties", {}).get(step)
        if not isinstance(found, dict):
            return {}
        node = found
    return node


def _outside(node: dict[str, Any], value: Any) -> Iterator[Any]:
    if "enum" in node or "const" in node:
        yield "no-such-word"
    if "minimum" in node:
        yield node["minimum"] - 1
    if "maximum" in node:
        yield node["maximum"] + 1
    if node.get("minLength"):
        yield ""
    if "maxLength" in node and isinstance(value, str):
        yield "x" * (node["maxLength"] + 1)
    if "pattern" in node and isinstance(value, str):
        yield "!! no !!"
    if node.get("minItems"):
        yield []
    if isinstance(value, list) and value and "maxItems" in node:
        yield [*value] * (node["maxItems"] + 1)
    if isinstance(value, list) and value and node.get("uniqueItems"):
        yield [*value, value[0]]


def _put(tree: dict[str, Any], way: Way, value: Any) -> dict[str, Any]:
    found = copy.deepcopy(tree)
    node: Any = found
    for step in way[:-1]:
        node = node[step]
    node[way[-1]] = copy.deepcopy(value)
    return found


def _drop(tree: dict[str, Any], way: Way) -> dict[str, Any]:
    found = copy.deepcopy(tree)
    node: Any = found
    for step in way[:-1]:
        node = node[step]
    del node[way[-1]]
    return found
