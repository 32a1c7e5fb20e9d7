"""history: which past runs may be read by those who ask (``read-audit-log`` of the matrix). Reads and never writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from reconciler.engine.lens import Lens
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.errors import UsageError
from reconciler.model.past import Past, PastChange
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.run import Run
from reconciler.operations.people import summon
from reconciler.operations.request import People
from reconciler.ports import Look

SHORTEST = 8
"""Characters that the beginning of an id must have."""


class PastStore(Protocol):
    """What is asked of the live database about one run."""

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id."""

    def runs(self) -> Sequence[Run]:
        """All runs."""

    def look(self) -> AbstractContextManager[Look]:
        """One consistent read."""


class RunStore(Protocol):
    """What is asked of the live database."""

    def read(self) -> Live:
        """Everything that is managed or may be referred to."""

    def touched(self, selects: Callable[[Address], bool]) -> set[str]:
        """The ids of the runs that changed one of some resources."""


def reader_of_runs(catalog: Catalog, store: RunStore, people: People, now: datetime) -> Callable[[Run], bool]:
    """Says of a run whether it may be read: the own ones, and those that changed something that may be read.

    Administrators read all of them, and so does whoever asks under local trust without a name.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or any(one.role is RoleWord.ADMINISTRATOR for one in carriers.people):
        return lambda _run: True
    names = {one.known_as for one in carriers.people}
    ids = store.touched(Lens(rights, carriers.people).sees)
    return lambda run: run.id in ids or not names.isdisjoint((run.actor, *run.approvers))


def past_of(
    catalog: Catalog, store: PastStore, people: People, now: datetime, *, run: str
) -> tuple[Past, tuple[PastChange, ...]]:
    """A run whole, and those of its changes that may be read, each without the fields that may not.

    ``run`` is its id, or the beginning of one.

    Raises:
        UsageError: there is no such run, or none that may be read (RBK-09).
        Denied: whoever asks is nobody (OPR-09).
    """
    chosen = chosen_run(store, run)
    with store.look() as look:
        live, past = look.live(), look.past(chosen) if chosen else None
    if past is None:
        raise no_run(run)
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or not carriers.people:
        return past, past.changes
    lens = Lens(rights, carriers.people)
    seen = tuple(_seen(one, lens.readable(one.address)) for one in past.changes if lens.sees(one.address))
    own = not {one.known_as for one in carriers.people}.isdisjoint((past.run.actor, *past.run.approvers))
    everything = any(one.role is RoleWord.ADMINISTRATOR for one in carriers.people)
    if not (own or seen or everything):
        raise no_run(run)
    return past, seen


def chosen_run(store: PastStore, word: str) -> str:
    """The id of the run that a word means: a whole id, or the beginning of one; empty when there is none.

    Raises:
        UsageError: several runs begin so (RBK-09).
    """
    if store.find_run(word) is not None:
        return word
    found = [one.id for one in store.runs() if len(word) >= SHORTEST and one.id.startswith(word)]
    if len(found) > 1:
        raise UsageError(f"{len(found)} runs begin with {word}", code="RBK-09", hint="give more of the id")
    return found[0] if found else ""


def no_run(word: str) -> UsageError:
    """There is no such run, or none that may be read: both get the same answer."""
    return UsageError(
        f"there is no run {word}" if word else "the run has no name",
        code="RBK-09",
        hint="reconciler history lists the runs; give the whole id, or enough of its beginning",
    )


def _seen(change: PastChange, readable: Collection[str]) -> PastChange:
    """A change without the fields that may not be read; a whole resource is told by nothing but its action."""
    return replace(change, fields=tuple(one for one in change.fields if one.get("path") in readable))
