"""Plan: from differences to the ordered list of everything that an apply would do, with what must be true when it does.

The life cycles are walked here, generic rules of phase plan are judged beside those of the kinds, effects are
collected, and the whole is put in order, counted and named by its digest. Nothing of it depends on a clock, on the
actor or on the order in which manifests were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from fnmatch import fnmatchcase

from reconciler.engine.plan import alike, checks, content, effects, lines, moving, steps
from reconciler.engine.plan.draft import Draft
from reconciler.engine.plan.steps import BY_SYSTEM
from reconciler.model.address import Address
from reconciler.model.change import Cause
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.diagnostic import in_order as sorted_findings
from reconciler.model.difference import Difference, Differences, Standing
from reconciler.model.effect import Cascade
from reconciler.model.judging import judge, placed
from reconciler.model.pace import each
from reconciler.model.placing import diagnose
from reconciler.model.plan import Plan, summary_of
from reconciler.model.rule import Finding, Rule, RuleText
from reconciler.model.view import View

NOTHING_THERE = RuleText("TGT-02", Severity.WARNING, Phase.PLAN, "A target matches something.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What the caller asks for, and what the plan is to remember of where it came from.

    ``unfinished`` are files that may have been cut off: nothing that stood in them is pruned.
    ``targets`` and ``excludes`` are globs over addresses (``Issuer/farol-*/*``); without targets everything is
    planned, and a target pulls in nothing else. ``moves`` are former addresses by the new ones: what has moved is meant
    by both. ``manifests`` is the digest of the manifests, ``commit`` the commit
    they were read at. ``rollback`` is the run that the plan undoes.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    prune: bool = False
    unfinished: frozenset[str] = frozenset()
    environment: str = ""
    manifests: str = ""
    commit: str | None = None
    rollback: str = ""
    moves: Mapping[Address, Address] = field(default_factory=dict)

    def selects(self, address: Address) -> bool:
        """Whether the resource takes part in the plan: one of its names is a target, and none is left out."""
        if not (self.targets or self.excludes):
            return True
        if not self.names(address):
            return False
        return not any(fnmatchcase(one, glob) for one in self.called(address) for glob in self.excludes)

    def names(self, address: Address) -> bool:
        """Whether a target matches an address; without targets they all do."""
        return not self.targets or any(fnmatchcase(one, glob) for one in self.called(address) for glob in self.targets)

    def called(self, address: Address) -> tuple[str, ...]:
        """An address as text, and the former one of what has moved."""
        former = self.moves.get(address)
        return (str(address),) if former is None else (str(address), str(former))


def make_plan(view: View, differences: Differences, options: PlanOptions | None = None) -> Plan:
    """The plan for a view that has live data; its findings stand in ``diagnostics``, in order.

    ``view.leaving`` is set to what the plan deletes.

    Raises:
        ValueError: the view has no live data.
    """
    options = options or PlanOptions()
    if view.live is None:
        msg = "a plan needs live data"
        raise ValueError(msg)
    chosen = [one for one in differences.items if options.selects(one.address)]
    view.selects = options.selects if options.targets or options.excludes else None
    watched = [one for one in chosen if one.standing is Standing.OBSERVED]
    drafts, told = _drafts(view, chosen, options)
    view.leaving = view.absent.union(address for address, draft in drafts.items() if draft.deletes)
    found = [*told, *_judged(view, drafts), *_unmatched(view, options), *_left_out(view, options)]
    found += [placed(rule, finding, view=view, subject=finding.address) for rule, finding in alike.alike(drafts)]
    follows = effects.collect(view, drafts)
    found = [*_unless_brought_about(drafts, follows.cascades, found), *follows.diagnostics]
    found = _unless_buried(drafts, follows.cascades, found)
    found.extend(_generic(view, drafts, found))
    left = (view.at(one.address) for one in differences.items if not options.selects(one.address))
    for rule, finding in checks.named_by_others(view, left, drafts):
        found.append(placed(rule, finding, view=view, subject=finding.address))
    by_address = {
        address: made
        for address, draft in each(drafts.items(), len(drafts))
        if (made := lines.changes_of(view, draft, mails=address in follows.mailing))
    }
    removed = frozenset(address for address, draft in drafts.items() if draft.removed)
    plan = Plan(
        changes=(*moving.moved(view, by_address), *lines.in_order(view, by_address, removed)),
        observed=tuple(lines.observed(one) for one in watched),
        cascades=follows.cascades,
        notices=follows.notices,
        preconditions=moving.preconditions(
            view, content.preconditions(view, [drafts[one] for one in by_address], follows.cascades)
        ),
        rewrites=view.rewrites,
        diagnostics=tuple(sorted_findings(_once(found))),
        identity=view.live.identity,
        environment=options.environment,
        manifests=options.manifests,
        commit=options.commit,
        rollback=options.rollback,
    )
    moved = (one for one in view.moves if view.chooses(one))
    alone = sum(address in view.declared and address not in drafts for address in moved)
    counted = summary_of(plan.changes, plan.observed, unchanged=differences.unchanged - alone)
    return replace(plan, summary=counted, digest=content.digest(plan))


def judge_standing(view: View) -> Iterator[Diagnostic]:
    """The rules of phase plan that hold whether or not anything changes: over each declared resource, and over all."""
    rules = _rules(view)
    for address, resource in view.judged.items():
        for rule in rules[address.kind]:
            if rule.scope == "resource":
                yield from judge(rule, view, address, resource, view)
    for kind in view.catalog.values():
        for rule in rules[kind.name]:
            if rule.scope == "set":
                yield from judge(rule, view, None, view)


def _rules(view: View) -> dict[str, list[Rule]]:
    phases = (Phase.PLAN, Phase.POLICY)
    return {name: [one for one in kind.rules if one.phase in phases] for name, kind in view.catalog.items()}


def _drafts(
    view: View, chosen: list[Difference], options: PlanOptions
) -> tuple[dict[Address, Draft], list[Diagnostic]]:
    drafts: dict[Address, Draft] = {}
    found: list[Diagnostic] = []
    unfinished = options.unfinished | (_shortened(view, chosen) if options.prune and options.commit is None else set())
    for difference in chosen:
        if difference.standing is Standing.OBSERVED:
            continue
        made, told = steps.draft(view, difference, prune=options.prune, unfinished=unfinished)
        drafts[difference.address] = made
        found.extend(placed(rule, finding, view=view, subject=difference.address) for rule, finding in told)
    return drafts, found


def _shortened(view: View, chosen: Sequence[Difference]) -> set[str]:
    """Files whose last manifest lost fields: cut at the end of a line, a file looks like this too."""
    last: dict[str, int] = {}
    for declared in view.declared.values():
        last[declared.document.file] = max(declared.document.index, last.get(declared.document.file, 0))
    return {
        resource.document.file
        for one in chosen
        if (resource := one.entity.resource) is not None
        and resource.document.index == last[resource.document.file]
        and any(change.cause is Cause.DEFAULT for change in (*one.fields, *one.secrets))
    }


def _judged(view: View, drafts: Mapping[Address, Draft]) -> Iterator[Diagnostic]:
    """The rules of phase plan that kinds declare: over each planned change, and over each declared resource.

    Those of phase policy that a kind declares as rules bind every actor, and are judged beside them.
    """
    rules = _rules(view)
    for address, draft in drafts.items():
        if draft.planned is not None:
            for rule in rules[address.kind]:
                if rule.scope == "change":
                    yield from judge(rule, view, address, draft.planned, view)
    yield from judge_standing(view)


def _unless_brought_about(
    drafts: Mapping[Address, Draft], cascades: Sequence[Cascade], found: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """A manifest that asks for what a cascade of the same plan brings about agrees with it: then LIF-05 does not hold.

    The row is written by the cascade; what is left to do is to note it in the ledger.
    """
    agreed: set[Address] = set()
    for cascade in cascades:
        draft = drafts.get(cascade.address)
        if draft is None or draft.difference.state is None or draft.edges or draft.creates:
            continue
        if draft.difference.state.after == cascade.state:
            agreed.add(cascade.address)
            draft.refreshes = draft.planned is None and not draft.adopts
    return [one for one in found if one.code != BY_SYSTEM.code or one.address not in agreed]


def _unless_buried(
    drafts: Mapping[Address, Draft], cascades: Sequence[Cascade], found: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """A delete that is held waits for nothing when a cascade of the same plan buries its row: it is forgotten now.

    Otherwise the plan behind the apply would not be empty.
    """
    buried: set[Address] = set()
    for cascade in cascades:
        draft = drafts.get(cascade.address)
        if draft is not None and draft.removed and draft.held and cascade.state == draft.tombstone:
            draft.held, draft.forgets = "", True
            draft.reason = f"its manifest is gone; {cascade.reason}, and the row stays"
            buried.add(cascade.address)
    return [one for one in found if one.code != steps.HELD.code or one.address not in buried]


def _generic(view: View, drafts: Mapping[Address, Draft], said: list[Diagnostic]) -> list[Diagnostic]:
    """What holds for every kind. Where a kind's own rule has spoken about a place, only that is reported."""
    errors = [one for one in said if one.severity is Severity.ERROR]
    places = {(one.address, one.path) for one in errors}
    spoken = checks.Spoken.of(errors)
    found: list[Diagnostic] = []
    for address, draft in drafts.items():
        told = (
            *checks.fixed_fields(draft),
            *checks.steered_secrets(draft),
            *checks.missing_targets(view, draft, drafts),
            *checks.buried_tenant(view, draft),
        )
        for rule, finding in told:
            if (address, finding.at) not in places:
                found.append(placed(rule, finding, view=view, subject=address))
        found.extend(checks.without_repeats(view, draft, checks.still_used(view, draft), spoken))
    return found


def retargeted(found: Sequence[Diagnostic], options: PlanOptions, known: Iterable[Address]) -> tuple[Diagnostic, ...]:
    """Findings, with the warnings about targets that match nothing as they are for who knows of ``known`` alone."""
    if not options.targets:
        return tuple(found)
    rest = [one for one in found if one.code != NOTHING_THERE.code]
    told = [diagnose(NOTHING_THERE, one, kind=None, resource=None) for one in _nothing(options, known)]
    return tuple(sorted_findings([*rest, *told]))


def _unmatched(view: View, options: PlanOptions) -> Iterator[Diagnostic]:
    known = (*view.declared, *(() if view.live is None else view.live.ledger)) if options.targets else ()
    for finding in _nothing(options, known):
        yield placed(NOTHING_THERE, finding, view=view, subject=None)


def _nothing(options: PlanOptions, known: Iterable[Address]) -> Iterator[Finding]:
    texts = {text for one in known for text in options.called(one)} if options.targets else set()
    for glob in options.targets:
        if not any(fnmatchcase(one, glob) for one in texts):
            yield Finding(
                f"the target {glob} matches no address",
                hint="addresses read Kind/tenant/name, or Kind/name; * matches all",
            )


def _left_out(view: View, options: PlanOptions) -> Iterator[Diagnostic]:
    for rule, finding in moving.left_out(view.moves.values(), selected=filter(options.selects, view.moves)):
        yield placed(rule, finding, view=view, subject=finding.address)


def _once(found: list[Diagnostic]) -> list[Diagnostic]:
    return list(dict.fromkeys(found))


__all__ = ["PlanOptions", "make_plan", "retargeted"]
