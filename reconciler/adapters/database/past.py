"""What the database remembers of one run: its changes, what it found before them, and who wrote there since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import from_json

from reconciler.adapters.database.audit import COLUMNS, link
from reconciler.adapters.database.columns import CHANGES, IMAGES, RUNS
from reconciler.adapters.database.history import find_run
from reconciler.adapters.database.images import hash_of, image_from, rests_from
from reconciler.adapters.database.read import Fetch
from reconciler.adapters.database.trail import Ask, newest_change
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.errors import WorldError
from reconciler.model.moved import previous_in
from reconciler.model.past import Image, Past, PastChange
from reconciler.model.resource import Row

_KEPT = ("run", "kind", "tenant", "name", "facts", "mark")


def past(fetch: Fetch, ask: Ask, run_id: str) -> Past | None:
    """A run with everything that it wrote; None when there is none of this id."""
    run = find_run(fetch, run_id)
    if run is None:
        return None
    names = (*COLUMNS, "image", "hash")
    rows = ask(f"SELECT {', '.join(names)} FROM {CHANGES} WHERE run = ? ORDER BY seq", (run.id,))  # noqa: S608  # constants
    changes = [dict(zip(names, row, strict=True)) for row in rows]
    kept = _images(ask(f"SELECT {', '.join(_KEPT)} FROM {IMAGES} WHERE run = ?", (run.id,)))  # noqa: S608  # constants
    broken = [f"change {one['seq']} of it was altered" for one in changes if link(one) != one["hash"]]
    images: dict[Address, Image] = {}
    for one in changes:
        address = _address(one)
        if one["image"] is None or address not in kept:
            continue
        digest, image = kept[address]
        if digest != one["image"] or image is None:
            broken.append(f"the image of change {one['seq']} was altered")
        else:
            images[address] = image
    last = max((one["seq"] for one in changes), default=0)
    told = [_change(one) for one in changes]
    was = {one.address: one.previous for one in told if one.action == Action.MOVE}
    # Older versions looked for a row that moves under its new name, where it was not yet.
    images = {address: one for address, one in images.items() if one.was == was.get(address)}
    return Past(
        run=run,
        changes=tuple(replace(one, kept=one.previous is not None or one.address in images) for one in told),
        images=images,
        later=_later(ask, last, {_address(one) for one in changes}),
        moved=moved(ask, after=last, until=newest_change(ask)) if last else {},
        broken=tuple(dict.fromkeys(broken)),
    )


def rests(ask: Ask, run_id: str) -> Mapping[tuple[Address, str], str | None]:
    """The former secrets that a run wrote over, by address and column, in the form in which they rested.

    Raises:
        WorldError: they are not as they were kept (RBK-02).
    """
    found: dict[tuple[Address, str], str | None] = {}
    wanted = f"SELECT kind, tenant, name, sealed, mark FROM {IMAGES} WHERE run = ? AND mark IS NOT NULL"  # noqa: S608  # constants
    for kind, tenant, name, sealed, mark in ask(wanted, (run_id,)):
        address = Address(kind, tenant, name)
        values = rests_from(sealed, mark)
        if values is None:
            raise WorldError(
                f"the former secrets of {address} are not as they were kept; nothing was applied",
                code="RBK-02",
                hint="run reconciler history verify",
            )
        found.update({(address, column): value for column, value in values.items()})
    return found


def _images(rows: Iterable[Row]) -> Mapping[Address, tuple[str, Image | None]]:
    found: dict[Address, tuple[str, Image | None]] = {}
    for row in rows:
        values = dict(zip(_KEPT, row, strict=True))
        address = _address(values)
        found[address] = (hash_of(values), image_from(address, values["facts"]))
    return found


def _later(ask: Ask, last: int, addresses: set[Address]) -> Mapping[Address, tuple[str, ...]]:
    """The runs that wrote some resources after a change, by resource."""
    if not last:
        return {}
    statement = (
        f"SELECT DISTINCT c.kind, c.tenant, c.name, r.id, r.seq FROM {CHANGES} AS c "  # noqa: S608  # constants
        f"JOIN {RUNS} AS r ON r.id = c.run WHERE c.seq > ? ORDER BY r.seq"
    )
    found: dict[Address, tuple[str, ...]] = {}
    for kind, tenant, name, run, _ in ask(statement, (last,)):
        address = Address(kind, tenant, name)
        if address in addresses:
            found[address] = (*found.get(address, ()), run)
    return found


def moved(ask: Ask, *, after: int, until: int) -> Mapping[Address, Address]:
    """Where stands what some changes moved, by the address that it had first and by each that it had since."""
    statement = (
        f"SELECT kind, tenant, name, reason FROM {CHANGES} "  # noqa: S608  # constants
        "WHERE seq > ? AND seq <= ? AND action = 'move' ORDER BY seq"
    )
    found: dict[Address, Address] = {}
    for kind, tenant, name, reason in ask(statement, (after, until)):
        was, will = previous_in(reason or ""), Address(kind, tenant, name)
        if was is not None:
            found = {old: will if new == was else new for old, new in found.items()}
            found[was] = will
    return found


def _change(row: Mapping[str, Any]) -> PastChange:
    return PastChange(
        number=row["seq"],
        address=_address(row),
        action=row["action"],
        edge=row["edge"],
        reason=row["reason"],
        fields=tuple(_fields(row["fields"])),
        source=row["source"],
        previous=previous_in(row["reason"] or "") if row["action"] == Action.MOVE else None,
    )


def _fields(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        found = from_json(text)
    except ValueError:
        return ()
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else ()


def _address(row: Mapping[str, Any]) -> Address:
    return Address(row["kind"], row["tenant"], row["name"])
