"""JSON of plain values and back: the bytes of RFC 8785, where nothing in the values needs more care than that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from pydantic_core import from_json, to_json

SAFE = 2**53
"""Integers of this size and above are rounded by some readers of JSON."""

_LEFT_TO_PYDANTIC = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""What orjson would write in another way: so it refuses it."""
_SINGLE = frozenset({str, int, bool, type(None)})
_LAST_OF_THE_FIRST_PLANE = "\uffff"


def plain_json(value: Any) -> bytes | None:
    """The canonical bytes of text, small integers, booleans, nothing, and lists and mappings of them.

    None when there is anything else in ``value``: a number with a fraction, a large integer, a key beyond the first
    plane of Unicode (whose order differs), or half of a surrogate pair. Who asks then uses the whole standard.
    """
    if not _plain(value):
        return None
    text = json.dumps(value, ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def ordered(members: Mapping[str, Any]) -> dict[str, Any] | None:
    """Members in the order of their keys, which are ASCII; values are text, small integers, booleans and nothing.

    None where one is anything else.
    """
    kinds = set(map(type, members.values()))
    if not _SINGLE.issuperset(kinds) or not "".join(members).isascii():
        return None
    if int in kinds and not all(-SAFE < one < SAFE for one in members.values() if type(one) is int):
        return None
    return dict(sorted(members.items()))


def ordered_json(value: Any) -> bytes | None:
    """:func:`plain_json` of what it takes, where all keys are in order already; None for half of a surrogate pair."""
    try:
        return orjson.dumps(value, option=_LEFT_TO_PYDANTIC)
    except TypeError:
        return None


def written(value: Any, *, fallback: Callable[[Any], Any] | None = None) -> bytes:
    """JSON without blanks, with keys in the order in which they stand.

    Every number in ``value`` is finite. Pydantic writes the same bytes in three times the time, and takes what is left
    over: integers of more than 64 bits, objects, and what ``fallback`` has to make something of.
    """
    try:
        return orjson.dumps(value, option=_LEFT_TO_PYDANTIC)
    except TypeError:
        return to_json(value, fallback=fallback)


def written_in_order(value: Mapping[str, str]) -> bytes:
    """The same for texts by name, with the names in order."""
    try:
        return orjson.dumps(value, option=_LEFT_TO_PYDANTIC | orjson.OPT_SORT_KEYS)
    except TypeError:
        return to_json(dict(sorted(value.items())))


def object_in(text: str) -> dict[str, Any] | None:
    """The object that a text of JSON holds; None where it holds none."""
    try:
        found = from_json(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def strict_json(text: str | bytes) -> Any:
    """What a text of JSON says, where every reader reads it alike.

    Raises:
        ValueError: it is no JSON, says one key twice, or holds a number that is none.
        RecursionError: it is too deep.
    """
    return json.loads(text, object_pairs_hook=_no_twins, parse_constant=_no_constant)


def in_key_order(value: Any) -> Any:
    """The value with the keys of its mappings in order, as a plan file keeps them; so it is printed alike from both."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: in_key_order(value[key]) for key in sorted(value)}
    return kind(map(in_key_order, value)) if kind is list or kind is tuple else value


def _plain(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-SAFE < value < SAFE)
    if kind is list or kind is tuple:
        return all(map(_plain, value))
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not (key.isascii() or max(key) <= _LAST_OF_THE_FIRST_PLANE):
                return False
            if not (type(item) is str or item is None or _plain(item)):
                return False
        return True
    return False


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a key is there twice"
        raise ValueError(msg)
    return found


def _no_constant(word: str) -> Any:
    msg = f"{word} is no JSON"
    raise ValueError(msg)
