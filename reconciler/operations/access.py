"""access: what people may do on live data, and what a plan file would give and take. Reads and never writes."""

from __future__ import annotations

from datetime import datetime

from reconciler.engine.access import Access, shifts
from reconciler.engine.lens import Lens
from reconciler.model.after import live_after
from reconciler.model.catalog import Catalog
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.errors import UsageError
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.rights import Rights
from reconciler.operations.people import summon
from reconciler.operations.request import People
from reconciler.ports import LiveStore


def access_of(
    catalog: Catalog, store: LiveStore, people: People, now: datetime, *, who: str
) -> tuple[Principal, tuple[Entitlement, ...]]:
    """What one person may do, over resources that those who ask may read.

    Raises:
        UsageError: nobody whom they may read is known by this name or address.
        Denied: whoever asks is nobody (OPR-09).
    """
    rights, lens = _begin(catalog, store, people, now)
    found = next(
        (one for one in rights.principals() if _is(one, who) and (lens is None or lens.sees(one.address))), None
    )
    if found is None:
        raise UsageError(
            f"{who} is nobody whom you may read", hint="give an e-mail, a login, or an address such as Operator/root"
        )
    return found, _seen(lens, Access(rights).of(found))


def everybody(catalog: Catalog, store: LiveStore, people: People, now: datetime) -> tuple[tuple[Principal, int], ...]:
    """Everybody whom those who ask may read, with the number of their rights.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    rights, lens = _begin(catalog, store, people, now)
    access = Access(rights)
    seen = (one for one in rights.principals() if lens is None or lens.sees(one.address))
    return tuple((one, len(access.of(one))) for one in sorted(seen, key=lambda one: one.address))


def access_diff(catalog: Catalog, store: LiveStore, people: People, now: datetime, *, plan: Plan) -> tuple[Shift, ...]:
    """What a plan would give and take on the database of now, as far as those who ask may read it.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    found = shifts(rights, Rights(catalog, live_after(catalog, live, plan), now), plan)
    if carriers is None or not carriers.people:
        return found
    return Lens(rights, carriers.people).shifts(found)


def _begin(catalog: Catalog, store: LiveStore, people: People, now: datetime) -> tuple[Rights, Lens | None]:
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or not carriers.people:
        return rights, None
    return rights, Lens(rights, carriers.people)


def _is(one: Principal, who: str) -> bool:
    return who.strip().casefold() in (one.known_as.casefold(), str(one.address).casefold())


def _seen(lens: Lens | None, rights: tuple[Entitlement, ...]) -> tuple[Entitlement, ...]:
    return rights if lens is None else tuple(one for one in map(lens.entitlement, rights) if one is not None)
