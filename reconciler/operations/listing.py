"""listing: resources of one owner as a table, for those who have the right to it. Reads and never writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.errors import Denied, UsageError
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing, Table
from reconciler.model.principal import Principal
from reconciler.model.rights import Rights
from reconciler.model.view import Entity
from reconciler.operations.people import summon
from reconciler.operations.request import People
from reconciler.ports import LiveStore


def listing(
    catalog: Catalog, store: LiveStore, people: People, now: datetime, *, word: str, owner: str, recursive: bool
) -> Table:
    """The table ``word`` of ``owner``; ``recursive`` adds those below it.

    It is written ``tenant/name``, as an address, or by its name alone where those who ask may list one such only.

    Raises:
        UsageError: there is no such table, or nobody asks and there is no such owner.
        Denied: whoever asks is nobody (OPR-09), or has no right to it. An absent owner and a foreign one give the same.
    """
    kind, listed = _declared(catalog, word)
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    reference = kind.owner
    if reference is None or reference.ref is None:
        raise UsageError(f"{word} belong to nobody")
    asking = () if carriers is None else carriers.people
    found = _owner(rights, reference.ref.kind, owner, lambda one: _may(rights, asking, listed.verb, one))
    if found is None:
        if asking:
            raise Denied(
                f"{owner} is not there, or you have no right to export its {word}",
                code="PRM-02",
                hint="write TENANT/NAME, or ask an administrator",
            )
        raise UsageError(f"there is no {reference.ref.kind} {owner}", hint="write TENANT/NAME")
    owners = _tree(rights, found) if recursive else [found]
    lines = []
    for one in owners:
        if _may(rights, asking, listed.verb, one):
            for entity in rights.view.referrers(one.address, kind.name, reference.path):
                key = str(entity.live(listed.by) or "")
                lines.append((key, tuple(cell(entity, one) for _, cell in listed.columns)))
    return Table(headers=tuple(header for header, _ in listed.columns), lines=tuple(line for _, line in sorted(lines)))


def _owner(rights: Rights, kind: str, word: str, may: Callable[[Entity], bool]) -> Entity | None:
    tenant, _, name = word.removeprefix(f"{kind}/").rpartition("/")
    named = [(tenant, name)] if tenant else [key for key in rights.rows(kind) if key[1] == name]
    found = [one for key in named if (one := rights.view.at(Address(kind, *key))) is not None and may(one)]
    return found[0] if len(found) == 1 else None


def _may(rights: Rights, asking: Sequence[Principal], verb: str, one: Entity) -> bool:
    return all(rights.decide(who, verb, one).allowed for who in asking)


def _declared(catalog: Catalog, word: str) -> tuple[Kind, Listing]:
    for kind in catalog.values():
        if kind.listing is not None and kind.listing.word == word:
            return kind, kind.listing
    raise UsageError(f"there is no table {word}")


def _tree(rights: Rights, top: Entity) -> list[Entity]:
    """An owner and everything below it, by structure references; a circle ends."""
    paths = [one.path for one in top.kind.references if one.ref is not None and one.ref.part == "structure"]
    found: dict[Address, Entity] = {top.address: top}
    waiting = [top]
    while waiting:
        current = waiting.pop()
        for path in paths:
            for below in rights.view.referrers(current.address, top.kind.name, path):
                if below.address not in found:
                    found[below.address] = below
                    waiting.append(below)
    return list(found.values())
