"""history: which past runs may be read by those who ask (``read-audit-log`` of the matrix). Reads and never writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from reconciler.engine.lens import Lens
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.run import Run
from reconciler.operations.people import summon
from reconciler.operations.request import People


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
