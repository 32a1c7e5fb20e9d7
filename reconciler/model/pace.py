"""Pace: at which stage a run is and how far it has come, told to whoever listens; usually nobody does.

A stage is a part of the work that takes its time: reading manifests, comparing, writing. Who wants to hear of it, as
the command line does for a bar and for the times of ``--verbose``, listens inside of the context of the run. Nothing
that is computed depends on it. While nobody listens, a stage costs one look at a variable, and counting costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Listener(Protocol):
    """Hears of stages. What it does must be quick, and it must not raise."""

    def begin(self, stage: str) -> None:
        """A stage begins, inside of those that have begun and not ended."""

    def end(self) -> None:
        """The stage that began last ends, well or not."""

    def advance(self, count: int, total: int | None) -> None:
        """So many more things of the stage are done; ``total`` is how many there are, where that is known."""


_listener: ContextVar[Listener | None] = ContextVar("reconciler_pace", default=None)
_NOTHING: AbstractContextManager[None] = nullcontext()


def stage(name: str) -> AbstractContextManager[None]:
    """A stage: what is done inside of it belongs to it."""
    listener = _listener.get()
    return _NOTHING if listener is None else _Stage(listener, name)


def staged(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Makes a stage of everything that a function does."""

    def with_stage(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def in_stage(*args: P.args, **kwargs: P.kwargs) -> T:
            with stage(name):
                return function(*args, **kwargs)

        return in_stage

    return with_stage


def each(things: Iterable[T], total: int | None = None) -> Iterable[T]:
    """``things``, each of them counted once it is done; with nobody listening they are given back as they are."""
    listener = _listener.get()
    return things if listener is None else _counted(things, total, listener)


def counter(total: int | None = None) -> Callable[[int], None]:
    """Counts things that are done several at a time."""
    listener = _listener.get()
    if listener is None:
        return _unheard
    return lambda count: listener.advance(count, total)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Inside, a listener hears of stages, and no other one does."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class _Stage:
    """One stage that somebody hears of."""

    __slots__ = ("_listener", "_name")

    def __init__(self, listener: Listener, name: str) -> None:
        self._listener = listener
        self._name = name

    def __enter__(self) -> None:
        self._listener.begin(self._name)

    def __exit__(self, *_failure: object) -> None:
        self._listener.end()


def _counted(things: Iterable[T], total: int | None, listener: Listener) -> Iterator[T]:
    for one in things:
        yield one
        listener.advance(1, total)


def _unheard(_count: int) -> None:
    """Nobody listens."""
