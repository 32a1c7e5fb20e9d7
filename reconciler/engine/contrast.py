"""Contrast: what two sets of valid manifests say differently. No database has a part in it.

What is compared is what the manifests mean: a default that one writes out and the other leaves out is no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.encode import decode, field_value, stored_values
from reconciler.model.kind import Kind
from reconciler.model.placing import path_key
from reconciler.model.provenance import DEFAULT, Comparison, Contrast, FieldContrast, Side, written_at
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretRef

_ENVELOPE = ("lifecycle.management", "lifecycle.ignoreChanges")
"""What a manifest says of its management: no field of a row, and compared all the same."""

Declared = Mapping[Address, Resource[Any]]


def contrast(catalog: Catalog, before: Declared, after: Declared, *, names: tuple[str, str]) -> Comparison:
    """What differs from ``before`` to ``after``; ``names`` are those of the two environments."""
    found: list[Contrast] = []
    same = 0
    for address in sorted({*before, *after}):
        left, right = before.get(address), after.get(address)
        if left is None or right is None:
            one = left or right
            source = None if one is None else one.document.places.nearest(("metadata", "name"))
            found.append(Contrast(address=address, only=names[left is None], source=source))
            continue
        fields = () if left.document is right.document else _fields(catalog[address.kind], left, right)
        if fields:
            found.append(Contrast(address=address, fields=fields))
        else:
            same += 1
    return Comparison(before=names[0], after=names[1], contrasts=tuple(found), same=same)


def _fields(kind: Kind, left: Resource[Any], right: Resource[Any]) -> tuple[FieldContrast, ...]:
    rows = [_row(kind, one) for one in (left, right)]
    found = []
    for place, field in enumerate(kind.fields):
        values = [row[place] for row in rows]
        if values[0] == values[1]:
            continue
        before, after = (_side(field, one, value) for one, value in zip((left, right), values, strict=True))
        found.append(FieldContrast(path=field.path, before=before, after=after, secret=field.secret is not None))
    for path in _ENVELOPE:
        sides = [_envelope_side(path, one) for one in (left, right)]
        if sides[0].value != sides[1].value:
            found.append(FieldContrast(path=path, before=sides[0], after=sides[1]))
    return tuple(found)


def _row(kind: Kind, resource: Resource[Any]) -> list[Any]:
    """What the manifest says of each field, in a form in which two that mean the same are equal."""
    stored = stored_values(kind, resource, {})
    columns = {column.name: value for column, value in zip(kind.columns, stored, strict=True)}
    row: list[Any] = []
    for field in kind.fields:
        if field.secret is not None or field.transient:
            row.append(field_value(field, resource))
        elif field.type == "file":
            row.append(tuple(columns[column.name] for column in field.columns))
        else:
            row.append(columns[field.columns[0].name])
    return row


def _side(field: Field, resource: Resource[Any], value: Any) -> Side:
    shown: Any = None
    if isinstance(value, SecretRef):
        shown = str(value) if value.version is None else f"{value}, version {value.version}"
    elif field.secret is None and not field.transient:
        content = resource.files.get(field.path)
        if content is not None:
            shown = f"content of {content.path}, {len(content.data)} bytes"
        elif value is not None and field.type != "file":
            shown = decode(field, value)
    return _placed(field.path, resource, shown)


def _envelope_side(path: str, resource: Resource[Any]) -> Side:
    value = resource.management if path.endswith("management") else list(resource.ignore_changes)
    return _placed(path, resource, value)


def _placed(path: str, resource: Resource[Any], value: Any) -> Side:
    said = written_at(resource.document, path_key(path))
    if not said:
        return Side(value=value, origin=DEFAULT, source=None)
    return Side(value=value, origin=said[0].origin, source=said[0].source)
