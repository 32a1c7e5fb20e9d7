"""Data classes that are quick to make.

The standard decorator compiles up to seven functions for each class. There are more than two hundred classes, and a run
makes objects of few: that was a quarter of every start. This decorator leaves the fields to the standard one, shares
the methods that all of them have in common, and compiles a constructor when the first object is made. Functions of
:mod:`dataclasses`, such as ``replace``, ``fields`` and ``asdict``, work as ever; type checkers see the standard one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError, fields
from functools import partial
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(
        cls: Any = None,
        /,
        *,
        frozen: bool = False,
        slots: bool = False,
        eq: bool = True,
        unsafe_hash: bool = False,
        kw_only: bool = False,
    ) -> Any:
        """:func:`dataclasses.dataclass` with those of its options that are in use; they mean the same.

        A method that the class has itself stays. A class cannot inherit from one of the standard decorator.
        """
        if cls is None:
            return partial(dataclass, frozen=frozen, slots=slots, eq=eq, unsafe_hash=unsafe_hash, kw_only=kw_only)
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
        methods = {"__init__": _first_call(made, frozen=frozen), "__repr__": _repr}
        if eq:
            names = [one.name for one in fields(made) if one.compare]
            methods["_compared"] = attrgetter(*names) if names else staticmethod(_nothing)
            methods |= {"__eq__": _eq, "__hash__": _hash if frozen or unsafe_hash else None}
        if frozen:
            methods |= {"__setattr__": _setattr, "__delattr__": _delattr}
            methods |= {"__getstate__": _getstate, "__setstate__": _setstate}
        for name, method in methods.items():
            if name not in cls.__dict__:
                setattr(made, name, method)
        return made


def _first_call(cls: type[Any], *, frozen: bool) -> Any:
    """A constructor that makes way for the compiled one when it is called."""

    def __init__(self: Any, *args: Any, **named: Any) -> None:  # noqa: N807  # named as what it stands for
        cls.__init__ = init = _constructor(cls, frozen=frozen)
        init(self, *args, **named)

    return __init__


def _constructor(cls: Any, *, frozen: bool) -> Any:
    """The constructor, as the standard decorator would compile it."""
    known: dict[str, Any] = {"_MISSING": MISSING, "_set": object.__setattr__}
    positional, named, body = ["self"], ["*"], []
    for one in fields(cls):
        name = value = one.name
        given = name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            given = f"{name}=_MISSING"
            value = f"_make_{name}() if {name} is _MISSING else {name}" if one.init else f"_make_{name}()"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            given = f"{name}=_default_{name}"
            value = name if one.init else f"_default_{name}"
        elif not one.init:
            continue
        if one.init:
            (named if one.kw_only else positional).append(given)
        body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join(positional + (named if len(named) > 1 else []))
    exec(f"def __init__({parameters}):\n  " + "\n  ".join(body or ["pass"]), known)  # noqa: S102  # names of fields alone
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _nothing(_self: Any) -> tuple[()]:
    """What is compared of a class without fields."""
    return ()


def _eq(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: Any) -> int:
    return hash(self._compared(self))


@recursive_repr()
def _repr(self: Any) -> str:
    told = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({told})"


def _setattr(_self: Any, name: str, _value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for one, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
