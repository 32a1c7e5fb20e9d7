"""Lists: entries that stand in a list once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from reconciler.model.shape import fail


def _once(value: list[Any]) -> list[Any]:
    seen: set[Any] = set()
    for place, item in enumerate(value):
        key = item.casefold() if isinstance(item, str) else item
        if key in seen:
            raise fail("GEN-14", "this entry stands in the list already", entry=place)
        seen.add(key)
    return value


@dataclass(frozen=True, slots=True)
class _OnceValidator(AfterValidator):
    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "uniqueItems": True}


def Once() -> AfterValidator:  # noqa: N802 - reads as a mark beside the other marks
    """A list that holds each entry once (GEN-14 at the second)."""
    return _OnceValidator(_once)
