"""Stage key order: the order of declaration of every kind and of the configuration, as the order in which to write.

Knows ``model`` only. Everything is read from the declarations: a new field has its place by standing in its spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel

from reconciler.model.catalog import Catalog
from reconciler.model.key_order import FREE, KeyOrder
from reconciler.model.secret import SecretRef
from reconciler.model.settings import Settings

PROJECT = "Project"
"""The word that the configuration has for a kind."""

_SECRET = KeyOrder(
    {
        "fromEnv": FREE,
        "fromFile": FREE,
        "fromSops": KeyOrder({"file": FREE, "key": FREE}),
        "fromVault": KeyOrder({"path": FREE, "key": FREE}),
        "generate": FREE,
        "version": FREE,
    }
)


def key_orders(catalog: Catalog) -> dict[str, KeyOrder]:
    """The order of keys by kind; under ``""`` that of a document of an unknown kind, whose spec is left alone."""
    orders = {name: _envelope(_of_model(kind.spec)) for name, kind in catalog.items()}
    orders[""] = _envelope(FREE)
    orders[PROJECT] = KeyOrder({"apiVersion": FREE, "kind": FREE, **_of_model(Settings).known})
    return orders


def _envelope(spec: KeyOrder) -> KeyOrder:
    return KeyOrder(
        {
            "apiVersion": FREE,
            "kind": FREE,
            "metadata": _words("name", "tenant", "labels", "annotations"),
            "lifecycle": _words("protect", "ignoreChanges", "management"),
            "spec": spec,
        }
    )


def _words(*words: str) -> KeyOrder:
    return KeyOrder(dict.fromkeys(words, FREE))


def _of_model(model: type[BaseModel]) -> KeyOrder:
    return KeyOrder({field.alias or name: _of_type(field.annotation) for name, field in model.model_fields.items()})


def _of_type(annotation: Any) -> KeyOrder:
    """The order inside a value: that of its model, of the entries of its list, or of the values of its free keys."""
    found = [*_inside(annotation)]
    known: dict[str, KeyOrder] = {}
    for one in found:
        for key, below in one.known.items():
            known.setdefault(key, below)
    each = next((one.each for one in found if one.each is not None), None)
    return KeyOrder(known, each) if known or each is not None else FREE


def _inside(annotation: Any) -> Iterator[KeyOrder]:
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            yield _of_model(annotation)
        elif issubclass(annotation, SecretRef):
            yield _SECRET
    if getattr(annotation, "__origin__", None) is dict:
        yield KeyOrder(each=_of_type(get_args(annotation)[1]))
        return
    yield from _each(get_args(annotation))


def _each(parts: Iterable[Any]) -> Iterator[KeyOrder]:
    for part in parts:
        yield from _inside(part)
