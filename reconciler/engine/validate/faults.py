"""Faults: what pydantic found in a spec, as one finding a wrong place, with a code and words for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen, MinLen
from pydantic import ValidationError

from reconciler.engine.validate.envelope import FORM, LIFECYCLE, METADATA, not_a_word, unknown
from reconciler.engine.validate.fault import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAPPING,
    MOST,
    STRING,
    Fault,
    a,
    missing,
    wrong_type,
)
from reconciler.engine.validate.partial import entry_errors
from reconciler.engine.validate.shape import FILE_NAMES, Spot, spot
from reconciler.model.columns import Field
from reconciler.model.formats import NAME_PATTERN
from reconciler.model.kind import Kind
from reconciler.model.placing import path_text

Problem = Any
"""One entry of ``ValidationError.errors()``."""

_CODE = re.compile(r"[A-Z][A-Z0-9]{1,4}-[0-9]{2}")
_TYPES = {
    "string_type": STRING,
    "string_sub_type": STRING,
    "int_type": INTEGER,
    "int_from_float": INTEGER,
    "bool_type": BOOLEAN,
    "list_type": LIST,
    "tuple_type": LIST,
    "dict_type": MAPPING,
    "mapping_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
}
_TEXT_OR_FILE = "a string, or a mapping with fromFile"
_FILE = "a mapping with fromFile"
_MISPLACED = {"partnerRef", "ownerRef", "managedByRef"}
_EVERYWHERE = {"status", "createdAt", "updatedAt"}
"""What the server writes for every kind."""


def every_fault(kind: Kind, error: ValidationError, tree: dict[str, Any]) -> list[Fault]:
    """All faults of a spec, one a place, in the order in which they were found."""
    found: dict[tuple[Any, str], Fault] = {}
    for one in _told(kind, error, tree):
        found.setdefault((one.at, one.path), one)
        if len(found) > MOST:
            break
    return list(found.values())


def _told(kind: Kind, error: ValidationError, tree: dict[str, Any]) -> Iterator[Fault]:
    unions: dict[Any, list[tuple[Problem, Spot]]] = {}
    for problem in error.errors(include_url=False):
        where = spot(kind.spec, problem["loc"])
        if "entry" in (problem.get("ctx") or {}) and not where.rest:
            entries = entry_errors(kind.spec, problem["loc"], tree)
            for index, one in entries:
                yield _own_words({**one, "ctx": {**one["ctx"], "entry": index}}, where.field, where.key)
            if entries:
                continue
        if where.field is not None and where.field.type == "textOrFile" and where.rest:
            unions.setdefault(where.key, []).append((problem, where))
        else:
            yield fault_of(kind, problem, where)
    for problems in unions.values():
        yield from _union(kind, problems)


def _union(kind: Kind, problems: list[tuple[Problem, Spot]]) -> Iterator[Fault]:
    """A field that takes one of several forms: only what is wrong with the form that was written."""
    as_file = [(one, where) for one, where in problems if "FileSource" in str(where.rest[0])]
    as_text = [(one, where) for one, where in problems if "FileSource" not in str(where.rest[0])]
    texts = [one for one in as_text if _TYPES.get(one[0]["type"]) is None and one[0]["type"] != "missing"]
    mapping = [one for one in as_file if _TYPES.get(one[0]["type"]) != MAPPING or len(one[1].rest) > 1]
    chosen = mapping or texts[:1]
    for problem, where in chosen:
        yield fault_of(kind, problem, where._replace(rest=where.rest[1:]))
    if not chosen:
        problem, where = problems[0]
        yield wrong_type(where.key, _TEXT_OR_FILE if as_file else STRING, problem["input"])


def fault_of(kind: Kind, problem: Problem, where: Spot) -> Fault:
    """One finding of pydantic."""
    sort = problem["type"]
    field = where.field
    key = (*where.key, *where.rest)
    if sort == "extra_forbidden":
        return _unknown(kind, key, where)
    if sort in ("missing", "missing_argument"):
        return missing(key, code=kind.missing.get(where.path, "GEN-13"))
    if _CODE.fullmatch(sort):
        return _own_words(problem, field, key)
    if sort in _TYPES:
        wanted = _FILE if field is not None and field.type == "file" and not where.rest else _TYPES[sort]
        return wrong_type(key, wanted, problem["input"])
    if sort == "literal_error":
        return _no_word(problem, field, key)
    code = field.code if field is not None and field.code else "GEN-14"
    return Fault(code, *_outside(problem, field, key, entry=bool(where.rest)))


def _own_words(problem: Problem, field: Field | None, key: tuple[int | str, ...]) -> Fault:
    """A format's own error: its type is the code of a rule."""
    context = problem.get("ctx") or {}
    code = problem["type"]
    if code == "GEN-14" and field is not None and field.code:
        code = field.code
    entry = context.get("entry")
    if isinstance(entry, int):
        key = (*key, entry)
    path = path_text(key)
    return Fault(code, f"{path}: {context.get('reason') or problem['msg']}", key, path, str(context.get("hint") or ""))


def _no_word(problem: Problem, field: Field | None, key: tuple[int | str, ...]) -> Fault:
    words = field.words if field is not None and field.words else _expected(problem)
    value = problem["input"]
    wanted = INTEGER if words and isinstance(words[0], int) else STRING
    if type(value) is not (int if wanted == INTEGER else str):
        return wrong_type(key, wanted, value)
    code = field.code if field is not None and field.code else "GEN-14"
    fault = not_a_word(key, str(value), [str(word) for word in words], code=code)
    path = path_text(key)
    return Fault(code, f"{path} must be one of {', '.join(map(str, words))}", key, path, fault.hint)


def _expected(problem: Problem) -> tuple[str, ...]:
    return tuple(re.findall(r"'([^']*)'", str((problem.get("ctx") or {}).get("expected", ""))))


def _outside(
    problem: Problem, field: Field | None, key: tuple[int | str, ...], *, entry: bool
) -> tuple[str, tuple[int | str, ...], str, str]:
    """Summary, place, path and hint of a value that is outside its range, length, count or form."""
    path = path_text(key)
    context = problem.get("ctx") or {}
    metadata = [] if field is None or field.info is None or entry else field.info.metadata
    sort = problem["type"]
    if sort == "string_pattern_mismatch":
        if context.get("pattern") == NAME_PATTERN:
            return f"{path} is no name of a resource", key, path, FORM
        return f"{path} must match {context.get('pattern')}", key, path, ""
    if sort.startswith(("string_too_", "too_")):
        unit = "entries" if sort.startswith("too_") else "characters"
        low, high = _lengths(metadata)
        low, high = (
            (context.get("min_length") if low is None else low),
            (context.get("max_length") if high is None else high),
        )
        if low == 1 and high is None:
            return f"{path} must have at least one {'entry' if unit == 'entries' else 'character'}", key, path, ""
        return f"{path} must have {_range(low, high)} {unit}", key, path, ""
    if sort.startswith(("greater_than", "less_than")):
        low, high = _numbers(metadata, context)
        return f"{path} must be {_range(low, high)}", key, path, ""
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{path}: {message}", key, path, ""


def _lengths(metadata: list[Any]) -> tuple[int | None, int | None]:
    low = high = None
    for mark in metadata:
        if isinstance(mark, MinLen | Len):
            low = mark.min_length
        if isinstance(mark, MaxLen | Len):
            high = mark.max_length
    return low, high


def _numbers(metadata: list[Any], context: dict[str, Any]) -> tuple[Any, Any]:
    low, high = context.get("ge"), context.get("le")
    if "gt" in context:
        low = context["gt"] + 1
    if "lt" in context:
        high = context["lt"] - 1
    for mark in metadata:
        match mark:
            case Ge():
                low = mark.ge
            case Le():
                high = mark.le
            case Gt(gt=int(bound)):
                low = bound + 1
            case Lt(lt=int(bound)):
                high = bound - 1
    return low, high


def _range(low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return str(low) if low == high else f"{low} to {high}"
    return f"at least {low}" if high is None else f"at most {high}"


def _unknown(kind: Kind, key: tuple[int | str, ...], where: Spot) -> Fault:
    """A key of the spec that the kind does not name: GEN-06 when the server owns it, else GEN-01 with a hint."""
    word = str(key[-1])
    path = path_text(key)
    dotted = ".".join(str(step) for step in key[1:] if isinstance(step, str))
    refused = kind.refused.get(dotted)
    if refused is not None:
        return Fault(refused[0], refused[1], key, path)
    if _server_owned(kind, dotted, top=len(key) == 2):
        summary = f"{path} is written by the server and never stands in a manifest"
        return Fault("GEN-06", summary, key, path, "delete it")
    inside_file = where.field is not None
    prefix = where.path.rpartition(".")[0]
    words = FILE_NAMES if inside_file else where.shape.names.get(prefix, ())
    of = path_text(key[:-1]) if len(key) > 2 else a(kind.name)
    hint, meant = _fixed_hint(word, words, top=len(key) == 2)
    return unknown(word, of, key, words, path=path, hint=hint, meant=(*key[:-1], meant) if meant else ())


def _fixed_hint(word: str, words: tuple[str, ...], *, top: bool) -> tuple[str, str]:
    """The hint of a name with a fixed one, and the key beside it that was meant."""
    if word in _MISPLACED:
        return "write metadata.tenant: the tenant is the owner", ""
    if word == "parentCustomerRef":
        return "write parent", "parent"
    for ending in ("Refs", "Ref"):
        if word.endswith(ending) and len(word) > len(ending):
            bare = word.removesuffix(ending)
            many = ending == "Refs" and bare not in words and f"{bare}s" in words
            meant = f"{bare}s" if many else bare
            return f"write {meant}: a reference is the plain name of its target", meant
    if top and word not in words:
        if word in METADATA:
            return f"write it as metadata.{word}", ""
        if word in LIFECYCLE:
            return f"write it as lifecycle.{word}", ""
    return "", ""


def _server_owned(kind: Kind, dotted: str, *, top: bool) -> bool:
    if top and dotted in _EVERYWHERE:
        return True
    for one in kind.status:
        if one.path == dotted or one.path.startswith(f"{dotted}."):
            return True
        if top and one.path.rpartition(".")[2] == dotted:
            return True
    return False
