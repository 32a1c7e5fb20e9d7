"""state: what the ledger tells, as those who ask may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Protocol

from pydantic_core import from_json

from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.encode import decode
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.state import Managed
from reconciler.operations.people import summon
from reconciler.operations.request import People


class StateStore(Protocol):
    """What is asked of the live database."""

    def read(self) -> Live:
        """Everything that is managed or may be referred to."""

    def managed(self) -> Sequence[Managed]:
        """The ledger, in order of address."""


def managed(
    catalog: Catalog, store: StateStore, people: People, now: datetime, *, selects: Callable[[Address], bool]
) -> list[tuple[Managed, dict[str, Any]]]:
    """The managed resources that may be read, in order, each with the last applied values that may be read, by path.

    Of a secret it is the version, where it has one.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    lens = None if carriers is None or not carriers.people else Lens(rights, carriers.people)
    return [
        (one, _values(catalog, one, lens))
        for one in store.managed()
        if selects(one.address) and (lens is None or lens.sees(one.address))
    ]


def selected(patterns: Iterable[str]) -> Callable[[Address], bool]:
    """Whether an address fits one of some patterns; without patterns every address does."""
    globs = tuple(patterns)
    return lambda address: not globs or any(fnmatchcase(str(address), one) for one in globs)


def _values(catalog: Catalog, one: Managed, lens: Lens | None) -> dict[str, Any]:
    kind = catalog.get(one.address.kind)
    try:
        kept = from_json(one.applied)
    except ValueError:
        kept = {}
    if kind is None or not isinstance(kept, dict):
        return {}
    readable = None if lens is None else lens.readable(one.address)
    found: dict[str, Any] = {}
    for line in kind.fields:
        column = None if line.transient else next((each for each in line.columns if each.name in kept), None)
        if column is None or (readable is not None and line.path not in readable):
            continue
        value = decode(line, kept[column.name])
        if value is not None:
            found[line.path] = f"(secret) version {value}" if line.type == "secret" else value
    return found
