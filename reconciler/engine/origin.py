"""Origin: where the values of a declared resource come from, field by field, and what they override."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.columns import Field, fields_of
from reconciler.model.encode import field_value
from reconciler.model.errors import UsageError
from reconciler.model.formats import nearest
from reconciler.model.kind import Kind
from reconciler.model.placing import path_key
from reconciler.model.provenance import DEFAULT, Origin, written_at
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretRef

_LIFECYCLE = ("lifecycle.ignoreChanges", "lifecycle.management")


def origins(kind: Kind, resource: Resource[Any], path: str) -> tuple[Origin, ...]:
    """Where the field ``path`` comes from, or each field of an object; without a path, each that is written.

    Raises:
        UsageError: the kind has no such field.
    """
    asked = path.removeprefix("spec.")
    found = tuple(_origins(kind, resource, asked))
    if asked:
        if not found:
            near = nearest(asked, [*kind.by_path, *_LIFECYCLE])
            hint = f"did you mean {resource.address}.{near}?" if near else f"see explain {kind.name}"
            raise UsageError(f"{resource.address} has no field {asked}", hint=hint)
        return found
    return tuple(one for one in found if one.origin != DEFAULT or one.overridden)


def _origins(kind: Kind, resource: Resource[Any], asked: str) -> Iterator[Origin]:
    for field in kind.fields:
        if _fits(field.path, asked):
            yield _origin(resource, field.path, field)
        elif field.type == "map" and asked.startswith(f"{field.path}."):  # one word of labels, dots in it and all
            yield _origin(resource, asked, field, key=asked.removeprefix(f"{field.path}."))
    for path in _LIFECYCLE:
        if _fits(path, asked):
            yield _origin(resource, path, None)


def _fits(path: str, asked: str) -> bool:
    return not asked or path == asked or path.startswith(f"{asked}.")


def _origin(resource: Resource[Any], path: str, field: Field | None, *, key: str = "") -> Origin:
    steps = path_key(path) if field is None or not key else (*path_key(field.path), key)
    said = written_at(resource.document, steps)
    hidden = field is not None and _hidden(field)
    if not said:
        return Origin(path=path, value=None, origin=DEFAULT, source=None, hidden=False)
    first, *others = said
    value = first.value
    if field is not None and field.secret is not None:
        ref = field_value(field, resource)
        value = str(ref) if isinstance(ref, SecretRef) else None
    elif hidden:
        value = None
    elif isinstance(value, dict):  # objects merge
        value = _at(resource.document.tree, steps)
    return Origin(
        path=path,
        value=value,
        origin=first.origin,
        source=first.source,
        hidden=hidden and first.value is not None,
        overridden=tuple(others),
        merges=isinstance(first.value, dict) and any(isinstance(one.value, dict) for one in others),
    )


def _hidden(field: Field) -> bool:
    """Whether no value of a field is shown: secrets, what is never stored, and lists with secrets in their entries."""
    if field.secret is not None or field.transient:
        return True
    return field.entry is not None and any(_hidden(one) for one in fields_of(field.entry))


def _at(tree: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree
