"""history: which past runs may be read by those who ask (``read-audit-log`` of the matrix). Reads and never writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from datetime import datetime
from typing import Protocol

from reconciler.engine.lens import Lens
from reconciler.model.access import RoleWord
from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError
from reconciler.model.past import Past, PastChange
from reconciler.model.plan import summary_of
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.run import Holder, Run
from reconciler.operations.people import summon
from reconciler.operations.request import People
from reconciler.ports import Look

SHORTEST = 8
"""Characters that the beginning of an id must have."""
_ACTIONS = frozenset(Action)


class RunStore(Protocol):
    """What is asked of the live database."""

    def read(self) -> Live:
        """Everything that is managed or may be referred to."""

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:
        """What runs did to some resources, by the id of the run: each address with the actions on it, once."""


class PastStore(RunStore, Protocol):
    """What is asked of the live database about one run."""

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id."""

    def runs(self) -> Sequence[Run]:
        """All runs."""

    def look(self) -> AbstractContextManager[Look]:
        """One consistent read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads the history: None for ``lens`` reads all of it.

    ``names`` are those by which they act, and ``steps`` what runs did to what they may read.
    """

    lens: Lens | None = None
    names: frozenset[str] = frozenset()
    steps: Mapping[str, Sequence[tuple[Address, str]]] = field(default_factory=dict)

    def run(self, run: Run) -> Run | None:
        """A run as they may read it: its counts are those of what they may read. None for one that is nothing to them.

        They may read the own ones, and those that changed something that they may read.
        """
        if self.lens is None:
            return run
        steps = self.steps.get(run.id, ())
        if not steps and self.names.isdisjoint((run.actor, *run.approvers)):
            return None
        return seen_run(run, self.lens, steps)

    def sees(self, address: Address) -> bool:
        """Whether they may read anything of a resource."""
        return self.lens is None or self.lens.sees(address)


def reader_of_runs(catalog: Catalog, store: RunStore, people: People, now: datetime) -> Reader:
    """Who reads the history. Administrators read all of it, and so does who asks under local trust without a name.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    if (
        not people.names and not people.installer
    ):  # whoever asks without a name reads all of it, whatever the database holds
        return Reader()
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or any(one.role is RoleWord.ADMINISTRATOR for one in carriers.people):
        return Reader()
    lens = Lens(rights, carriers.people)
    names = frozenset(one.known_as for one in carriers.people)
    return Reader(lens=lens, names=names, steps=store.touched(lens.sees))


def seen_holders(reader: Reader, catalog: Catalog, found: Iterable[Holder]) -> list[Holder]:
    """Those who hold the platform, the schema, or a tenant that may be read; no other tenant is named."""
    return [one for one in found if _may_be_named(reader, catalog, one.what)]


def _may_be_named(reader: Reader, catalog: Catalog, what: str) -> bool:
    word, _, tenant = what.partition(" ")
    if reader.lens is None or word != "tenant":
        return True
    return any(reader.sees(Address(kind, PLATFORM, tenant)) for kind in catalog.tenants)


def seen_run(run: Run, lens: Lens, steps: Iterable[tuple[Address, str]]) -> Run:
    """A run with the counts of some of its steps, and the people who may be read by name.

    How many mails it wrote is not known for a part of it.
    """
    changes = [Change(address=one, action=Action(do)) for one, do in steps if do in _ACTIONS]
    counts = summary_of(changes, (), unchanged=0)
    return replace(
        run,
        actor=lens.person(run.actor),
        approvers=tuple(map(lens.person, run.approvers)),
        added=counts.add,
        changed=counts.change,
        destroyed=counts.destroy,
        notices=None,
    )


def past_of(
    catalog: Catalog, store: PastStore, people: People, now: datetime, *, run: str
) -> tuple[Past, tuple[PastChange, ...]]:
    """A run whole, and those of its changes that may be read, each without the fields that may not.

    ``run`` is its id, or the beginning of one.

    Raises:
        UsageError: there is no such run, or none that may be read (RBK-09).
        Denied: whoever asks is nobody (OPR-09).
    """
    past, seen, _ = _found(catalog, store, people, now, word=run)
    return past, seen


def seen_past(catalog: Catalog, store: PastStore, people: People, now: datetime, *, run: str) -> Past:
    """A run as those who ask may read it: to who may not read everything as though the rest were not there.

    Raises:
        UsageError: there is no such run, or none that may be read (RBK-09).
        Denied: whoever asks is nobody (OPR-09).
    """
    past, seen, reader = _found(catalog, store, people, now, word=run)
    told = replace(past, changes=seen)
    if reader.lens is None:
        return told
    steps = ((one.address, one.action) for one in seen)
    broken = ("what the audit holds of it was altered",) if past.broken else ()
    return replace(told, run=seen_run(past.run, reader.lens, steps), broken=broken)


def _found(
    catalog: Catalog, store: PastStore, people: People, now: datetime, *, word: str
) -> tuple[Past, tuple[PastChange, ...], Reader]:
    reader = reader_of_runs(catalog, store, people, now)
    chosen = _chosen(store, reader, word)
    with store.look() as look:
        past = look.past(chosen) if chosen else None
        live = look.live() if past is not None and people.names else None
    if past is None:
        raise no_run(word)
    if live is None:
        return past, past.changes, reader
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or not carriers.people:
        return past, past.changes, reader
    lens = Lens(rights, carriers.people)
    return past, tuple(_seen(one, lens.readable(one.address)) for one in past.changes if lens.sees(one.address)), reader


def _chosen(store: PastStore, reader: Reader, word: str) -> str:
    """The id of the run that a word means: a whole id, or the beginning of one; empty when none may be read.

    Raises:
        UsageError: several runs begin so (RBK-09).
    """
    whole = store.find_run(word)
    if whole is not None:
        return word if reader.run(whole) is not None else ""
    found = [one.id for one in store.runs() if len(word) >= SHORTEST and one.id.startswith(word) and reader.run(one)]
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
