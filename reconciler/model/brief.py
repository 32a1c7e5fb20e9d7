"""Values as short as a manifest can say them: what an entry has by default is left out."""

from __future__ import annotations

from typing import Any

from reconciler.model.columns import Field


def brief(field: Field, value: Any) -> Any:
    """A list of objects without what its entries have by default; any other value as it is."""
    if field.entry is None or not isinstance(value, list):
        return value
    defaults = {
        info.alias or name: bare(info.default)
        for name, info in field.entry.model_fields.items()
        if not info.is_required() and info.default_factory is None
    }
    return [
        {key: item for key, item in one.items() if key not in defaults or item != defaults[key]}
        if isinstance(one, dict)
        else one
        for one in value
    ]


def bare(value: Any) -> Any:
    """A default as plain values, models and tuples in it included."""
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True)
    return [bare(one) for one in value] if isinstance(value, list | tuple) else value
