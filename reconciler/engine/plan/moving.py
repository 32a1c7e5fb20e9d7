"""Moving: the changes of what has another name from now on. They come before every other change of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.engine.plan.lines import whole
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.moved import Move, reason_of
from reconciler.model.plan import Precondition
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import View

LEFT_OUT = RuleText("MOV-12", Severity.ERROR, Phase.PLAN, "A plan leaves no pending move out.")


def moved(view: View, others: Mapping[Address, list[Change]]) -> Iterator[Change]:
    """One change a pending move, in order of the new addresses; ``others`` are the other changes, by address."""
    kept = {one.address: one.applied for one in view.rewrites if one.moves}
    for address, move in sorted(view.moves.items()):
        entity = view.at(address)
        if entity is None or entity.row is None:
            continue
        before = whole(entity.kind, entity.row)
        later = others.get(address, [])
        yield Change(
            address=address,
            action=Action.MOVE,
            rev=int(entity.row[entity.kind.index["rev"]]),
            before=before,
            after=later[-1].after if later else before,
            reason=reason_of(move.previous),
            source=None if entity.resource is None else entity.resource.document.places.nearest(("metadata", "name")),
            resource=entity.resource,
            applied=kept.get(address) or "",
            previous=move.previous,
        )


def preconditions(view: View, found: Iterable[Precondition]) -> tuple[Precondition, ...]:
    """``found`` with the rows that moves write."""
    known = {one.address: one for one in found}
    for one in view.rewrites:
        if one.rev is not None and one.address not in known:
            known[one.address] = Precondition(address=one.address, rev=one.rev)
    return tuple(known[address] for address in sorted(known))


def left_out(moves: Iterable[Move], *, selected: Iterable[Address]) -> Iterator[tuple[RuleText, Finding]]:
    """Moves that the targets of a plan leave out: everything else rests on the new names."""
    chosen = frozenset(selected)
    for one in moves:
        if one.address not in chosen:
            finding = Finding(
                f"{one.previous} has moved to {one.address}, and this plan leaves that out",
                at="metadata.name",
                hint=f"plan it as well, with --target {one.address} or without --exclude, or apply the move first",
                address=one.address,
            )
            yield LEFT_OUT, finding
