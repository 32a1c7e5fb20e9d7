"""The order of keys is that of the declarations, for every key there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.engine.key_order import PROJECT, key_orders
from reconciler.engine.schema import kind_schema
from reconciler.model.catalog import Catalog
from reconciler.model.columns import ENVELOPE
from reconciler.model.key_order import FREE, KeyOrder


def test_the_fields_of_every_kind_stand_in_the_order_of_their_declaration(catalog: Catalog) -> None:
    orders = key_orders(catalog)
    for name, kind in catalog.items():
        spec = orders[name].below("spec")
        paths = [one.path.split(".") for one in kind.fields[ENVELOPE:]]
        for path in paths:
            order = spec
            for step in path:
                assert step in order.known, f"{name} {path}"
                order = order.below(step)
        tops = list(dict.fromkeys(path[0] for path in paths))
        assert [key for key in spec.known if key in tops] == tops, name


def test_every_key_of_every_schema_is_known(catalog: Catalog) -> None:
    orders = key_orders(catalog)
    for name, kind in catalog.items():
        schema = kind_schema(kind)
        unknown = {path for path in _keys(schema, schema, orders[name], "") if path}
        assert unknown == set(), name


def test_the_envelope_and_the_configuration_have_theirs(catalog: Catalog) -> None:
    orders = key_orders(catalog)
    assert list(orders[""].known) == ["apiVersion", "kind", "metadata", "lifecycle", "spec"]
    assert orders[""].below("spec") is FREE
    project = orders[PROJECT]
    assert list(project.known)[:5] == ["apiVersion", "kind", "manifests", "layout", "database"]
    assert list(project.below("environments").below("staging").known) == ["database", "overlays", "manifests"]
    assert list(project.below("guards").below("maxDeletes").known) == ["count", "percent", "percentFrom", "perTenant"]


def _keys(whole: dict[str, Any], schema: Any, order: KeyOrder, path: str) -> Iterator[str]:
    """Paths of the properties of a schema that an order does not know."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        found: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        yield from _keys(whole, found, order, path)
    for key, below in schema.get("properties", {}).items():
        if below is False:
            continue
        if key not in order.known:
            yield f"{path}.{key}"
        yield from _keys(whole, below, order.below(key), f"{path}.{key}")
    for word in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(word, ()):
            yield from _keys(whole, one, order, path)
    yield from _keys(whole, schema.get("items"), order, f"{path}[]")
