"""Shape: what a format shows of itself, as a JSON Schema and as an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """What a JSON Schema can say of a format: ``of`` gives keywords, which refuse nothing that the check accepts.

    ``x-says`` among them describes the format to people; ``x-name`` asks to be written once, under that name.
    """

    of: Callable[[], dict[str, Any]]

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), **self.of()}


def shape(says: str, **keywords: Any) -> Shape:
    """A shape of fixed keywords; ``says`` describes the format to people."""
    return Shape(lambda: {"x-says": says, **keywords})


def fail(code: str, reason: str, *, hint: str = "", entry: int | None = None) -> PydanticCustomError:
    """The error of a format, ready to raise."""
    context: dict[str, Any] = {"reason": reason, "hint": hint}
    if entry is not None:
        context["entry"] = entry
    return PydanticCustomError(code, "{reason}", context)
