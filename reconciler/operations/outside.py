"""Outside: manifests about what nobody who asks may read, where these are denied whatever there is.

Nothing of such a resource may be planned with: neither its row nor its entry in the ledger. So the plan, and every word
about it, is the same whether the resource equals its manifest, differs from it, or does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.resource import Live, Resource
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.people import summon
from reconciler.operations.request import Doors, People


def lie_outside(
    doors: Doors,
    people: People,
    resources: Iterable[Resource[Any]],
    live: Live,
    *,
    selects: Callable[[Address], bool],
) -> frozenset[Address]:
    """The declared resources of the plan of which none of ``people`` may read anything; none unless they are strict.

    Raises:
        Denied: one of them is nobody (OPR-09).
    """
    if not people.strict:
        return frozenset()
    declared = {one.address: one for one in resources}
    view = View(doors.catalog, declared, live)
    rights = Rights(doors.catalog, live, doors.now, planned=view)
    carriers = summon(rights, people, live)
    if carriers is None or not carriers.people:
        return frozenset()
    lens = Lens(rights, carriers.people, view)
    return frozenset(one for one in declared if selects(one) and not lens.sees(one))


def lacking(live: Live, outside: frozenset[Address]) -> Live:
    """Live data without some rows and their entries in the ledger."""
    if not outside:
        return live
    gone: dict[str, set[tuple[str, str]]] = {}
    for one in outside:
        gone.setdefault(one.kind, set()).add((one.tenant, one.name))
    rows = {
        kind: {key: row for key, row in found.items() if key not in gone.get(kind, ())}
        for kind, found in live.rows.items()
    }
    return replace(live, rows=rows, ledger={one: entry for one, entry in live.ledger.items() if one not in outside})
