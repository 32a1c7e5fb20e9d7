"""Spec: the strict base of every declaration, and the two field types that stand for something else.

Values are never converted: a string is a string, an integer is an integer (GEN-12). An unknown key is refused (GEN-01).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from reconciler.model.rule import Unjudged
from reconciler.model.secret import SecretRef


class Spec(BaseModel):
    """Strict base of specs and of the objects inside them: camelCase keys, no unknown key, no conversion.

    Reading a field that was left out of a partly valid instance raises :class:`~reconciler.model.rule.Unjudged`.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=to_camel,
        frozen=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,
    )

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not there: a field whose value had an error of its own.
        if name in type(self).model_fields:
            raise Unjudged(name)
        raise AttributeError(name)


@cache
def attributes_of(spec: type[Spec]) -> Mapping[str, str]:
    """The attributes of a spec by their keys in a manifest."""
    return {info.alias or name: name for name, info in spec.model_fields.items()}


_GIVEN: dict[tuple[str, ...], set[str]] = {}
_MOST_GIVEN = 4096
"""Sets of given fields that are remembered; more would cost what they are to save."""


def share_given(spec: Spec) -> None:
    """Let a spec, and the objects inside it, share the set of fields that their manifest gives with those alike.

    Most manifests of a kind give the same fields, and such a set takes more room than all else that a spec is made of.
    A spec is frozen, so nobody changes what is shared.
    """
    given = spec.__pydantic_fields_set__
    same = _GIVEN.get(key := tuple(given))
    if same is not None:
        object.__setattr__(spec, "__pydantic_fields_set__", same)
    elif len(_GIVEN) < _MOST_GIVEN:
        _GIVEN[key] = given
    if names := _objects(type(spec)):
        values = spec.__dict__
        for name in names:
            inside = values[name]
            if inside is None:
                continue
            for one in inside if type(inside) is list else (inside,):
                if hasattr(one, "__pydantic_fields_set__"):  # an isinstance of a class of pydantic is slow
                    share_given(one)


@cache
def _objects(spec: type[Spec]) -> tuple[str, ...]:
    """The attributes of a spec that may hold objects, alone or in a list."""
    return tuple(name for name, info in spec.model_fields.items() if _holds_object(info.annotation))


def _holds_object(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return True
    return any(_holds_object(part) for part in get_args(annotation))


_ENV = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
_SOURCES = ("fromEnv", "fromFile", "fromSops", "fromVault", "generate")


def _malformed(reason: str) -> PydanticCustomError:
    return PydanticCustomError("GEN-18", "{reason}", {"reason": reason})


def _pair(value: Any, scheme: str, first: str, second: str) -> str:
    if (
        not isinstance(value, dict)
        or set(value) != {first, second}
        or not all(type(part) is str and part for part in value.values())
    ):
        raise _malformed(f"{scheme} holds {first} and {second}, both non-empty strings")
    return f"{value[first]}#{value[second]}"


def _secret_source(value: Any) -> SecretRef:
    """Read a secret source (GEN-04, GEN-18). No message ever holds what was found."""
    if not isinstance(value, dict):
        told = {
            "reason": "a secret is never written in a manifest; name where it comes from",
            "hint": "write {fromEnv: NAME_OF_A_VARIABLE}; if this was the real secret, change it where it is used",
        }
        raise PydanticCustomError("GEN-04", "{reason}", told)
    given = [key for key in value if key != "version"]
    if len(given) != 1 or given[0] not in _SOURCES:
        raise _malformed("a secret source holds exactly one of " + ", ".join(_SOURCES) + ", and may hold version")
    version = value.get("version")
    if "version" in value and (type(version) is not str or not version):
        raise _malformed('version is a non-empty string; quote it, as in version: "2"')
    scheme = given[0]
    content = value[scheme]
    if scheme == "generate":
        if content is not True:
            raise _malformed("generate is true or absent")
        return SecretRef(scheme, "", version)
    if scheme == "fromSops":
        return SecretRef(scheme, _pair(content, scheme, "file", "key"), version)
    if scheme == "fromVault":
        return SecretRef(scheme, _pair(content, scheme, "path", "key"), version)
    if type(content) is not str or not content:
        raise _malformed(f"{scheme} is a non-empty string")
    if scheme == "fromEnv" and not _ENV.fullmatch(content):
        raise _malformed("fromEnv is the name of an environment variable: capital letters, digits and underscores")
    return SecretRef(scheme, content, version)


class _SecretSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_secret_source)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        text = {"type": "string", "minLength": 1}
        version = {"type": "string", "minLength": 1, "description": "A change of this text replaces the secret."}

        def one(key: str, value: dict[str, Any], about: str) -> dict[str, Any]:
            return {
                "type": "object",
                "description": about,
                "properties": {key: value, "version": version},
                "required": [key],
                "additionalProperties": False,
            }

        def pair(first: str) -> dict[str, Any]:
            return {
                "type": "object",
                "properties": {first: text, "key": text},
                "required": [first, "key"],
                "additionalProperties": False,
            }

        return {
            "x-name": "secretSource",
            "description": "Where the secret comes from; never the secret itself.",
            "oneOf": [
                one("fromEnv", {"type": "string", "pattern": f"^{_ENV.pattern}$"}, "An environment variable."),
                one("fromFile", text, "The content of a file, without one trailing line end."),
                one("fromSops", pair("file"), "One value of an encrypted file."),
                one("fromVault", pair("path"), "One value of a secret store."),
                one("generate", {"const": True}, "Made at the first apply, and again when version changes."),
            ],
        }


SecretSource = Annotated[SecretRef, _SecretSchema]
"""Type of a secret field: a mapping that says where the value comes from, never the value."""


class FileSource(Spec):
    """A file beside the manifest. Its content is what is compared and stored."""

    from_file: str = Field(min_length=1, description="Path below the folder of the manifest.")
    media_type: str | None = Field(
        None, description="Media type of the content; by default it follows from the name of the file."
    )
