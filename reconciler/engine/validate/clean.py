"""Clean: the tree of a spec as its class may see it. An explicit null is the same as leaving a known field out."""

from __future__ import annotations

from typing import Any

from reconciler.engine.validate.shape import FILE_NAMES, Shape, shape_of
from reconciler.model.columns import Field
from reconciler.model.manifest import Misread
from reconciler.model.spec import Spec

_SECRET_NAMES = ("fromEnv", "fromFile", "fromSops", "fromVault", "generate", "version")


class Misfit:
    """Stands for a scalar that no field accepts; ``found`` says what it looks like, its text is gone."""

    __slots__ = ("found",)

    def __init__(self, found: str) -> None:
        self.found = found


def cleaned(tree: dict[str, Any], spec: type[Spec]) -> dict[str, Any]:
    """A copy without the nulls of known fields, and with a :class:`Misfit` for each misread scalar.

    The null of an unknown key stays, so that the key is still refused.
    """
    return _mapping(tree, shape_of(spec), "")


def _mapping(tree: dict[str, Any], shape: Shape, path: str) -> dict[str, Any]:
    known = shape.names.get(path, ())
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if value is None and key in known:
            continue
        below = f"{path}.{key}" if path else key
        field = shape.fields.get(below)
        if field is not None:
            found[key] = _leaf(value, field)
        elif type(value) is dict and below in shape.names:
            found[key] = _mapping(value, shape, below)
        else:
            found[key] = _plain(value)
    return found


def _leaf(value: Any, field: Field) -> Any:
    if field.type == "objects" and field.entry is not None and type(value) is list:
        entry = shape_of(field.entry)
        return [_mapping(one, entry, "") if type(one) is dict else _plain(one) for one in value]
    if type(value) is dict and field.type in ("secret", "file", "textOrFile"):
        known = _SECRET_NAMES if field.type == "secret" else FILE_NAMES
        return {key: _plain(one) for key, one in value.items() if one is not None or key not in known}
    return _plain(value)


def _plain(value: Any) -> Any:
    if type(value) is Misread:
        return Misfit(value.found)
    if type(value) is list:
        return [_plain(one) for one in value]
    if type(value) is dict:
        return {key: _plain(one) for key, one in value.items()}
    return value
