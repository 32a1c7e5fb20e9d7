"""Partial: a spec of whatever is sound in a broken one, so that rules can still be judged on it.

A field with an error is left out of the instance; reading it raises :class:`~reconciler.model.rule.Unjudged`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, get_args, get_origin

from pydantic import ValidationError, create_model
from pydantic_core import PydanticUndefined

from reconciler.model.spec import FileSource, Spec

_MAX_ENTRIES = 20


def partial(spec: type[Spec], tree: dict[str, Any]) -> Spec:
    """An instance that holds the fields of ``tree`` that are sound, and the defaults of those that are left out."""
    values: dict[str, Any] = {}
    given: set[str] = set()
    for name, info in spec.model_fields.items():
        alias = info.alias or name
        if alias not in tree:
            if not info.is_required():
                default = info.get_default(call_default_factory=True, validated_data={})
                if default is not PydanticUndefined:
                    values[name] = default
            continue
        given.add(name)
        try:
            values[name] = getattr(_only(spec, name).model_validate({alias: tree[alias]}), name)
        except ValidationError:
            inner = _inner(info.annotation)
            if inner is not None and type(tree[alias]) is dict:
                values[name] = partial(inner, tree[alias])
    found = spec.__new__(spec)
    object.__setattr__(found, "__dict__", values)
    object.__setattr__(found, "__pydantic_fields_set__", given)
    object.__setattr__(found, "__pydantic_extra__", None)
    object.__setattr__(found, "__pydantic_private__", None)
    return found


def entry_errors(spec: type[Spec], path: tuple[int | str, ...], tree: Any) -> list[tuple[int, Any]]:
    """Every bad entry of the list at ``path`` whose format stops at the first one: index and error of pydantic."""
    owner: type[Spec] | None = spec
    for step in path[:-1]:
        tree = tree[step]
        if owner is not None and isinstance(step, str):
            owner = _inner(_annotation(owner, step), through_lists=True)
    alias = path[-1]
    name = None if owner is None else _attribute(owner, alias)
    if owner is None or name is None or type(tree[alias]) is not list:
        return []
    only = _only(owner, name)
    left = list(enumerate(tree[alias]))
    found: list[tuple[int, Any]] = []
    while len(found) < _MAX_ENTRIES:
        try:
            only.model_validate({alias: [one for _, one in left]})
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            place = (problem.get("ctx") or {}).get("entry")
            if not isinstance(place, int) or not 0 <= place < len(left):
                break
            found.append((left.pop(place)[0], problem))
        else:
            break
    return found


def _attribute(spec: type[Spec], alias: int | str) -> str | None:
    return next((name for name, info in spec.model_fields.items() if (info.alias or name) == alias), None)


def _annotation(spec: type[Spec], alias: str) -> Any:
    name = _attribute(spec, alias)
    return None if name is None else spec.model_fields[name].annotation


def _inner(annotation: Any, *, through_lists: bool = False) -> type[Spec] | None:
    """The spec that a field holds, alone or with None, if it holds one."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return None if annotation is FileSource else annotation
    if get_origin(annotation) is list and not through_lists:
        return None
    for part in get_args(annotation):
        found = _inner(part, through_lists=through_lists)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _only(spec: type[Spec], name: str) -> type[Spec]:
    """A spec with one field of another, under the same settings."""
    info = spec.model_fields[name]
    fields: dict[str, Any] = {name: (info.annotation, info)}
    return create_model(f"{spec.__name__}Only", __base__=Spec, **fields)
