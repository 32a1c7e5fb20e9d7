"""Stored form: what a resource looks like as columns, and when two stored values are the same.

The comparison of a whole resource is one ``==`` between two tuples. Only where they differ are fields looked at one by
one, in canonical form, so that a difference of spelling is no change.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from reconciler.model.columns import UNMANAGED, Column, Field
from reconciler.model.kind import Kind
from reconciler.model.resource import FileContent, Resource
from reconciler.model.secret import SecretRef
from reconciler.model.spec import FileSource

GENERATED = "generated"
"""Fingerprint of a secret that the reconciler made itself and that has no version."""

_MEDIA = {
    "css": "text/css",
    "html": "text/html",
    "htm": "text/html",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
    "pem": "application/x-pem-file",
    "crt": "application/x-pem-file",
}


def media_type_of(path: str) -> str:
    """The media type that the name of a file suggests; empty when it suggests none of the known ones."""
    return _MEDIA.get(path.rpartition(".")[2].lower(), "")


def stored_values(kind: Kind, resource: Resource[Any], fingerprints: Mapping[str, str]) -> tuple[Any, ...]:
    """The values of all compared columns, as a new row would hold them.

    ``fingerprints`` gives, by field path, the keyed fingerprint of each secret without version.
    """
    values: list[Any] = []
    for one in kind.fields:
        if one.transient:
            continue
        value = field_value(one, resource)
        if one.type == "secret":
            values.extend(_secret_columns(one, value, fingerprints))
        elif one.type == "file":
            values.extend(_file_columns(one, value, resource.files))
        elif one.type == "textOrFile" and isinstance(value, FileSource):
            values.append(_content(resource.files[one.path]))
        else:
            values.append(encode(one, value))
    return tuple(values)


def field_value(one: Field, resource: Resource[Any]) -> Any:
    """The declared value of a field: given, derived or default. None where an object above it is empty."""
    node: Any = resource if one.path.startswith(("metadata.", "lifecycle.")) else resource.spec
    for attribute in one.attributes:
        if node is None:
            return None
        node = getattr(node, attribute)
    if node is None and one.derived is not None:
        return one.derived.compute(resource.spec)
    return node


def encode(one: Field, value: Any) -> Any:
    """A value as its column stores it."""
    if value is None or (one.inherit is not None and value == one.inherit.word):
        return None
    match one.type:
        case "list" | "objects" | "map":
            return _json(_ordered(one, _plain(value)))
        case "text" | "textOrFile":
            return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
        case _:
            return value


def decode(one: Field | Column, stored: Any) -> Any:
    """A stored value as rules and reports see it. JSON that does not parse stays text: the world may be wrong."""
    if stored is None:
        return None
    if one.type in ("list", "objects", "map", "json"):
        try:
            return from_json(stored)
        except ValueError:
            return stored
    if one.type == "bool":
        return bool(stored)
    return stored


def same(one: Field, left: Any, right: Any) -> bool:
    """Whether two stored values of a field mean the same."""
    if left is None or right is None or left is UNMANAGED or right is UNMANAGED:
        return bool(left is right or left is UNMANAGED or right is UNMANAGED)
    return bool(left == right or _canonical(one, left) == _canonical(one, right))


def compared(kind: Kind, resource: Resource[Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """``values`` with :data:`UNMANAGED` in place of every column that this manifest leaves to the world."""
    found = list(values)
    place = 0
    ignored = resource.ignore_changes
    for one in kind.fields:
        if one.transient:
            continue
        width = 2 if one.type in ("secret", "file") else 1
        if (
            ((one.inherit is not None or one.state) and not resource.given(one.path))
            or (ignored and any(one.path == path or one.path.startswith(f"{path}.") for path in ignored))
            or (kind.managed is not None and not kind.managed(resource.spec, one.path) and not resource.given(one.path))
        ):
            found[place : place + width] = [UNMANAGED] * width
        elif one.type == "secret" and values[place] is not None:
            found[place + 1] = UNMANAGED
        place += width
    return tuple(found)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _ordered(one: Field, value: Any) -> Any:
    if one.type == "map":
        return dict(sorted(value.items()))
    if one.unordered is not None:
        by, order = one.unordered.by, one.unordered.order
        return sorted(value, key=order or (lambda item: item[by] if by else item))
    return value


def _json(value: Any) -> str:
    return to_json(value).decode()


def _canonical(one: Field, stored: Any) -> Any:
    value = decode(one, stored)
    try:
        if one.canonical is not None:
            return one.canonical.of(value)
        if one.folded:
            value = [str(item).casefold() for item in value] if isinstance(value, list) else str(value).casefold()
        if one.type in ("list", "objects", "map"):
            return _ordered(one, value)
        if isinstance(value, str):
            return value.replace("\r\n", "\n").replace("\r", "\n")
    except (ValueError, TypeError, KeyError, AttributeError):
        return ("unreadable", stored)
    return value


def _secret_columns(one: Field, value: SecretRef | None, fingerprints: Mapping[str, str]) -> tuple[Any, Any]:
    if value is None:
        return None, None
    if value.version is not None:
        return value.version, None
    if value.scheme == "generate":
        return None, GENERATED
    return None, fingerprints.get(one.path)


def _file_columns(one: Field, value: FileSource | None, files: Mapping[str, FileContent]) -> tuple[Any, Any]:
    if value is None:
        return None, None
    content = files[one.path]
    return _content(content), content.media_type or None


def _content(content: FileContent) -> str:
    if not content.media_type.startswith("image/") or content.media_type == "image/svg+xml":
        try:
            return content.data.decode().replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            pass
    return base64.b64encode(content.data).decode()
