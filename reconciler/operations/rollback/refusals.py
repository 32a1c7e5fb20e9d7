"""Refusals: why a run is not undone, told as far as those who ask may see it, and before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.engine import rollback as stage
from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import Denied, Held, Stale, WorldError
from reconciler.model.past import Past
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.people import may_write, summon
from reconciler.operations.plan import seen_by
from reconciler.operations.request import Doors, Request


def not_live(past: Past, found: tuple[Diagnostic, ...]) -> Stale:
    """The refusal of a run of which something is no longer as it left it (RBK-01)."""
    return Stale(
        f"run {past.run.id} is no longer what is live; nothing was applied",
        code=stage.MOVED.code,
        hint="undo the later runs first, the newest at first; history --target shows them",
        diagnostics=found,
    )


def refuse_beyond(doors: Doors, request: Request, past: Past, live: Live) -> None:
    """Stop before anything is compared where nobody who asks may read all that the run changed.

    A run is undone whole or not at all, so it is denied for sure. What is there now must not show in how: a row that is
    gone is looked at as the run found or left it.

    Raises:
        Denied: something of it lies outside of their reach (PRM-02), or an auditor asks (OPR-06).
    """
    rights = Rights(doors.catalog, live, doors.now)
    carriers = summon(rights, request.people, live)
    may_write(carriers)
    if carriers is None or not carriers.people:
        return
    rows = {kind: dict(found) for kind, found in live.rows.items()}
    for address, image in past.images.items():
        kept, key = image.before or image.after, (address.tenant, address.name)
        if kept is not None and key not in rows.setdefault(address.kind, {}):
            columns = list(doors.catalog[address.kind].index)
            rows[address.kind][key] = (*key, 0, *(kept.get(one) for one in columns[len(key) + 1 :]))
    lens = Lens(rights, carriers.people, View(doors.catalog, {}, replace(live, rows=rows)))
    for one in past.changes:
        names = {one.address, one.previous or one.address, past.moved.get(one.address, one.address)}
        if not any(lens.sees(name) for name in names):
            break
    else:
        return
    who = carriers.people[0]
    denial = Denial(
        who=who.title,
        verb="undo",
        address=None,
        what="the run",
        reason="a part of it lies outside the reach of the role, and nothing is told about it",
        code="PRM-02",
        hidden=True,
    )
    raise Denied("the rollback is denied; nothing was applied", code="GEN-07", diagnostics=(denial.diagnostic(),))


def refuse_closed(doors: Doors, rests: Mapping[tuple[Address, str], str | None]) -> None:
    """Open every former secret once before it is written: images of older versions do not name their key.

    Raises:
        Held: one cannot be opened (RBK-10).
    """
    found = []
    for (address, path), rest in sorted(rests.items()):
        mark = doors.catalog[address.kind].by_path[path].secret
        if rest is None or (mark is not None and mark.storage != "encrypted"):
            continue
        doors.sealer.key_id  # noqa: B018  # without a key this tells why, and not that it is another one
        try:
            doors.sealer.unseal(address, path, rest)
        except WorldError:
            found.append(stage.unopened(address, path))
    if found:
        raise Held(
            "the run cannot be rolled back; nothing was applied",
            code=stage.CLOSED.code,
            diagnostics=tuple(found),
            hint="a run is undone whole or not at all",
        )


def in_the_way(found: Diagnostic) -> Diagnostic:
    """Why something does not get its former name back."""
    return replace(bare(found), code=stage.MOVED.code, path="", hint="undo what has taken its place since")


def refuse_faults(doors: Doors, request: Request, live: Live, found: Sequence[Diagnostic]) -> None:
    """Stop where the run cannot be undone, whatever is live.

    Raises:
        Held: there are such findings; the code is that of the first.
    """
    if found:
        raise Held(
            "the run cannot be rolled back; nothing was applied",
            code=found[0].code,
            diagnostics=seen_by(doors, request, live, found=in_order(list(found))),
            hint="change what it did through git",
        )


def bare(found: Diagnostic) -> Diagnostic:
    """A finding without a place: it would point into a manifest that nobody has."""
    return replace(found, source=None, snippet=None)
