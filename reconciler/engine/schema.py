"""Stage schema: a catalogue as JSON Schemas (draft 2020-12), for editors and independent validators.

Knows ``model`` only. A schema says everything that one document alone can show without the rules that tie fields
together: keys, types, words, ranges, lengths, patterns, what must be there. It refuses nothing that the validator
accepts.
An explicit null is the same as leaving a field out, so every key that may be left out may be null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_jsonable_python

from reconciler.model.catalog import Catalog
from reconciler.model.columns import ENVELOPE, Field, snake
from reconciler.model.kind import Kind, Level
from reconciler.model.moved import MOVED, MovedManifest
from reconciler.model.policy import PolicyFile
from reconciler.model.spec import Spec
from reconciler.model.waiver import WAIVER, WaiverManifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ALL = "reconciler.schema.json"
"""Name of the file for all kinds."""
POLICY = "policy.schema.json"
"""Name of the file for policies, which are no manifests."""
OVERLAYS = "overlay.schema.json"
"""Name of the file for overlays, which say a part of a manifest."""
WAIVERS = "waiver.schema.json"
"""Name of the file for waivers."""
MOVES = "moved.schema.json"
"""Name of the file for moves, which stand among the manifests."""
MARKS = "x-reconciler"
"""Keyword that carries the marks of a field; validators ignore it."""
SAYS = "x-says"
"""Keyword with which a type describes its format to people; it is left out of the schemas."""
NAME = "x-name"
"""Keyword with which a type asks to be written once, under this name in ``$defs``."""

Schema = dict[str, Any]

NAME_PATTERN = "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
LABEL_PATTERN = "^[a-z0-9]([a-z0-9./-]{0,61}[a-z0-9])?$"


def schemas(catalog: Catalog) -> dict[str, Schema]:
    """The schemas of the kinds, in the order of apply, the one for all, and those of other documents, by file name."""
    by_kind = {kind.name: kind_schema(kind) for kind in catalog.values()}
    found = {f"{snake(name)}.schema.json": schema for name, schema in by_kind.items()}
    found[OVERLAYS] = overlay_schema(_all(by_kind))
    found[ALL] = _all({**by_kind, MOVED: moved_schema()})
    found[POLICY] = policy_schema()
    found[WAIVERS] = waiver_schema()
    found[MOVES] = moved_schema()
    return found


def policy_schema() -> Schema:
    """The schema of a file of policies."""
    found = PolicyFile.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, "$id": "urn:reconciler:v1:policy", **found, "title": "Policy"}


def schema_files(catalog: Catalog) -> dict[str, str]:
    """The content of each schema file: the same text for the same catalogue, with a line end at the end."""
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas(catalog).items()}


def kind_schema(kind: Kind) -> Schema:
    """The schema of one kind. It refers to nothing but its own ``$defs``."""
    spec = kind.spec.model_json_schema(by_alias=True)
    spec = _inlined(spec, spec.pop("$defs", {}))
    _mark(spec, kind)
    shared: dict[str, Schema] = {}
    spec = _tidy(spec, shared)
    return {
        "$schema": DIALECT,
        "$id": f"urn:reconciler:v1:{snake(kind.name)}",
        "title": kind.name,
        "description": kind.description,
        "type": "object",
        "properties": {
            "apiVersion": {"description": "Version of the manifest format.", "const": "reconciler/v1"},
            "kind": {"description": kind.description, "const": kind.name},
            "metadata": _metadata(kind),
            "lifecycle": _lifecycle(kind),
            "spec": {**spec, "description": f"What a {kind.name} is set to."},
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "$defs": dict(sorted(shared.items())),
    }


def waiver_schema() -> Schema:
    """The schema of a waiver."""
    found = _of_document(WaiverManifest, WAIVER)
    # An explicit null is the same as leaving a key out.
    found["properties"]["spec"]["properties"]["fields"]["type"] = ["array", "null"]
    return found


def moved_schema() -> Schema:
    """The schema of a move."""
    return {**_of_document(MovedManifest, MOVED), "$defs": {}}


def _of_document(model: type[Spec], word: str) -> Schema:
    """The schema of a document that declares no resource."""
    made = model.model_json_schema(by_alias=True)
    inner = made.pop("$defs")
    properties = {
        key: _written_out(value, inner) | ({"description": value["description"]} if "description" in value else {})
        for key, value in made["properties"].items()
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:reconciler:v1:{word.lower()}",
        "title": word,
        "description": made["description"],
        "type": "object",
        "properties": properties,
        "required": made["required"],
        "additionalProperties": False,
    }


def _all(by_kind: Mapping[str, Schema]) -> Schema:
    """One schema that looks at ``kind`` first, so that a wrong field is reported against its own kind alone."""
    shared: dict[str, Schema] = {}
    definitions: dict[str, Schema] = {}
    for name, schema in by_kind.items():
        shared |= schema["$defs"]
        definitions[name] = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
    return {
        "$schema": DIALECT,
        "$id": "urn:reconciler:v1:all",
        "title": "Manifest",
        "description": "One manifest of any kind.",
        "type": "object",
        "properties": {"kind": {"description": "What the manifest declares.", "enum": list(by_kind)}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in by_kind
        ],
        "$defs": {**definitions, **dict(sorted(shared.items()))},
    }


# --- overlays --------------------------------------------------------------------------------------------------------


def overlay_schema(every: Schema) -> Schema:
    """The schema of overlays, from the one for all kinds: nothing below ``spec`` is required, and all may be null.

    Lists replace others as a whole, so their entries are as whole as in a manifest.
    """
    kinds = every["properties"]["kind"]["enum"]
    definitions = {name: _overlay(one) if name in kinds else _partial(one) for name, one in every["$defs"].items()}
    words = {"$id": "urn:reconciler:v1:overlay", "title": "Overlay", "description": "A part of a manifest of any kind."}
    return {**every, **words, "$defs": definitions}


def _overlay(kind: Schema) -> Schema:
    properties = {**kind["properties"], "spec": _nullable(_partial(kind["properties"]["spec"]))}
    return {**kind, "properties": properties, "required": ["apiVersion", "kind", "metadata"]}


def _partial(node: Schema) -> Schema:
    """The schema of a part of what a schema describes."""
    found = {key: value for key, value in node.items() if key not in ("required", "oneOf")}
    if "oneOf" in node:  # the forms of a secret source, of which one takes the place of another by null
        several = {key: one for form in node["oneOf"] for key, one in form.get("properties", {}).items()}
        found |= {"type": ["object", "null"], "properties": several, "additionalProperties": False}
    if "properties" in found:
        found["properties"] = {key: _nullable(_partial(one)) for key, one in found["properties"].items()}
    if "anyOf" in found:
        found["anyOf"] = [_partial(one) for one in found["anyOf"]]
    return found


# --- envelope --------------------------------------------------------------------------------------------------------


def _metadata(kind: Kind) -> Schema:
    name: Schema = {"description": "Identity of the resource; it never changes.", "type": "string"}
    name["pattern"] = NAME_PATTERN
    if kind.singleton:
        name = {"description": "There is one resource of this kind.", "const": kind.singleton}
    tenant: Schema = {"description": "Name of the Partner that the resource belongs to; it never changes."}
    match kind.level:
        case Level.PLATFORM:
            tenant = {"description": "Resources of this kind stand outside every tenant.", "type": "null"}
        case Level.TENANT:
            tenant |= {"type": "string", "pattern": NAME_PATTERN}
        case Level.BOTH:
            tenant |= {"type": ["string", "null"], "pattern": NAME_PATTERN}
    return {
        "description": "What the resource is called and where it belongs.",
        "type": "object",
        "properties": {
            "name": name,
            "tenant": tenant,
            "labels": {
                "description": "Words for sorting and searching.",
                "type": ["object", "null"],
                "maxProperties": 32,
                "propertyNames": {"pattern": LABEL_PATTERN},
                "additionalProperties": {"type": ["string", "null"], "maxLength": 63},
                "default": {},
            },
            "annotations": {
                "description": "Notes for people and tools; the prefix reconciler/ is reserved.",
                "type": ["object", "null"],
                "maxProperties": 32,
                "propertyNames": {
                    "minLength": 1,
                    "maxLength": 128,
                    "pattern": "^(?!reconciler/(?!confirm-close$))",
                },
                "additionalProperties": {"type": ["string", "null"], "maxLength": 1024},
                "default": {},
            },
        },
        "required": ["name", "tenant"] if kind.level is Level.TENANT else ["name"],
        "additionalProperties": False,
    }


def _lifecycle(kind: Kind) -> Schema:
    return {
        "description": "How the resource is managed.",
        "type": ["object", "null"],
        "properties": {
            "protect": {
                "description": "Forbids deletion until an earlier apply has lifted it (GEN-20).",
                "type": ["boolean", "null"],
                "default": False,
            },
            "ignoreChanges": {
                "description": "Fields that are written at creation and not compared afterwards.",
                "type": ["array", "null"],
                "items": {"enum": _paths(kind)},
                "uniqueItems": True,
                "default": [],
            },
            "management": {
                "description": "full compares and writes, observe never writes, createOnly writes once.",
                "enum": ["full", "observe", "createOnly", None],
                "default": "full",
            },
        },
        "additionalProperties": False,
        "default": {},
    }


def _paths(kind: Kind) -> list[str]:
    """The paths that may be ignored: every field, and every object above one."""
    found: dict[str, None] = {}
    for one in kind.fields[ENVELOPE:]:
        parts = one.path.split(".")
        for length in range(1, len(parts) + 1):
            found[".".join(parts[:length])] = None
    return list(found)


# --- spec ------------------------------------------------------------------------------------------------------------


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """The node with every ``$ref`` replaced by what it names: a field's marks belong to one place."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[str(node["$ref"]).rpartition("/")[2]]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**target, **beside}, definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}


def _mark(spec: Schema, kind: Kind) -> None:
    """Write the marks of each leaf beside it."""
    for one in kind.fields[ENVELOPE:]:
        node = _find(spec, one.path)
        marks = _marks(one)
        if marks:
            node[MARKS] = marks
        if not one.required and one.default is not None:
            node["default"] = to_jsonable_python(one.default, by_alias=True)
        if one.max_bytes is not None and one.max_bytes.media:
            media = _object(node)["properties"]["mediaType"]
            media["enum"] = [*one.max_bytes.media, None]


def _find(spec: Schema, path: str) -> Schema:
    node = spec
    for key in path.split("."):
        node = _object(node)["properties"][key]
    return node


def _object(node: Schema) -> Schema:
    """The object schema itself, or the one among alternatives."""
    if "properties" in node:
        return node
    return next(_object(one) for one in node["anyOf"] if "properties" in one or "anyOf" in one)


def _marks(one: Field) -> Schema:
    found: Schema = {}
    if one.ref is not None:
        found["reference"] = one.ref.kind
        found["part"] = one.ref.part
    if one.key:
        found["key"] = True
    if one.immutable:
        found["immutable"] = True
    if one.secret is not None:
        found["secret"] = one.secret.storage
    if one.pii:
        found["personal"] = True
    if one.inherit is not None:
        found["inherits"] = one.inherit.source
    if one.state:
        found["lifecycle"] = True
    if one.transient:
        found["transient"] = True
    if one.derived is not None:
        found["derived"] = one.derived.text
    if one.unordered is not None:
        found["unordered"] = True
    if one.max_bytes is not None:
        found["maxBytes"] = one.max_bytes.limit
    return found


_NULL = {"type": "null"}
_FIRST = ("description", "$ref", "type", "const", "enum", "anyOf", "oneOf", "properties", "items")


def _tidy(node: Any, shared: dict[str, Schema]) -> Any:
    """The node in one form: no made-up titles, null merged into the type, keywords in a fixed order.

    What asks to be written once goes to ``shared``, and a reference takes its place.
    """
    if isinstance(node, list):
        return [_tidy(item, shared) for item in node]
    if not isinstance(node, dict):
        return node
    found: Schema = {}
    for key, value in node.items():
        if key in ("title", SAYS):
            continue
        if key == "properties":
            needed = node.get("required", ())
            found[key] = {
                name: _tidy(inner, shared) if name in needed else _nullable(_tidy(inner, shared))
                for name, inner in value.items()
            }
        else:
            found[key] = value if key in ("default", "enum", MARKS) else _tidy(value, shared)
    found = _merged(found)
    if found.get("default", ...) is None:
        del found["default"]
    if NAME in found:
        found = _once(found, shared)
    return {key: found[key] for key in (*_FIRST, *found) if key in found}


def _once(node: Schema, shared: dict[str, Schema]) -> Schema:
    own = {key: value for key, value in node.items() if key in ("description", "default", MARKS)}
    name = node[NAME]
    shared[name] = {key: value for key, value in node.items() if key not in (*own, NAME)}
    return {**own, "$ref": f"#/$defs/{name}"}


def _merged(node: Schema) -> Schema:
    """``anyOf`` of one schema and null as that schema with null among its types."""
    choices = node.get("anyOf")
    if not isinstance(choices, list) or _NULL not in choices:
        return node
    others = [one for one in choices if one != _NULL]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    if len(others) == 1:
        return _nullable({**others[0], **rest})
    return {**rest, "anyOf": choices}


def _nullable(node: Schema) -> Schema:
    """The schema that accepts null as well."""
    if "const" in node:
        node = {**{key: value for key, value in node.items() if key != "const"}, "enum": [node["const"]]}
    if "$ref" in node:
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**rest, "anyOf": [{"$ref": node["$ref"]}, _NULL]}
    if "anyOf" in node and "type" not in node:
        return node if _NULL in node["anyOf"] else {**node, "anyOf": [*node["anyOf"], _NULL]}
    if "oneOf" in node:
        return {**node, "oneOf": [*node["oneOf"], *([] if _NULL in node["oneOf"] else [_NULL])]}
    found = dict(node)
    kinds = node.get("type")
    if kinds is not None:
        known = kinds if isinstance(kinds, list) else [kinds]
        found["type"] = known if "null" in known else [*known, "null"]
    if "enum" in node and None not in node["enum"]:
        found["enum"] = [*node["enum"], None]
    return found


def _written_out(value: Any, inner: dict[str, Any]) -> Any:
    """A schema without references and without titles that pydantic makes up."""
    if isinstance(value, dict):
        name = value.get("$ref")
        if isinstance(name, str):
            return _written_out(inner[name.rpartition("/")[2]], inner)
        hidden = ("title", SAYS, NAME)
        return {
            key: _written_out(one, inner) for key, one in value.items() if key not in hidden or isinstance(one, dict)
        }
    return [_written_out(one, inner) for one in value] if isinstance(value, list) else value
