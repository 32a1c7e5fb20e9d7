"""The texts of rules by code, wherever they are declared: in a kind, or in a module of the tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from reconciler.engine.explain import rule_texts
from reconciler.kinds import discover
from reconciler.model.rule import RuleText

_READING = ("reconciler.engine", "reconciler.model", "reconciler.operations", "reconciler.adapters.manifests")
"""The rooms that judge manifests and plans; all of them load without any extra."""


def texts_of(code: str) -> tuple[RuleText, ...]:
    """The texts of the rules with this code; none for a code that is no rule."""
    return tuple(dict.fromkeys(one for one in _all() if one.code == code))


def texts_in(wanted: Callable[[str], bool]) -> list[RuleText]:
    """The texts that stand in modules of the package, by code; ``wanted`` takes the name of a module."""
    import reconciler

    found: set[RuleText] = set()
    for info in walk_packages(reconciler.__path__, "reconciler."):
        if wanted(info.name) and ".migrations" not in info.name:
            for value in vars(import_module(info.name)).values():
                found.update(_texts(value))
    return sorted(found, key=lambda one: (one.code.partition("-")[0], _number(one.code), one.text))


@cache
def _all() -> tuple[RuleText, ...]:
    kinds = [one for kind in discover().values() for one in rule_texts(kind)]
    return (*kinds, *texts_in(lambda name: f"{name}.".startswith(tuple(f"{room}." for room in _READING))))


def _texts(value: object) -> Iterator[RuleText]:
    if isinstance(value, RuleText):
        yield value
        return
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list | frozenset) else ()
    for one in inner:
        yield from _texts(one)


def _number(code: str) -> int:
    digits = code.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0
