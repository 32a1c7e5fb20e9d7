"""Checks: what a draft may not do, whatever its kind. The marks of fields decide, never the name of a kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reconciler.engine.plan.draft import Draft
from reconciler.model.address import Address
from reconciler.model.change import Cause
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.encode import field_value
from reconciler.model.given import paths_of
from reconciler.model.judging import placed
from reconciler.model.references import homes
from reconciler.model.rule import TENANT, Finding, RuleText
from reconciler.model.view import Entity, View

FIXED = RuleText("GEN-05", Severity.ERROR, Phase.PLAN, "A field that is immutable or a key never changes.")
STEERS = RuleText(
    "SEC-01", Severity.ERROR, Phase.PLAN, "A stored secret is not sent to a new place without a new version."
)
LEFT_OUT = RuleText("TGT-01", Severity.ERROR, Phase.PLAN, "What a change refers to exists or is part of the plan.")
REFERENCE = RuleText("GEN-02", Severity.ERROR, Phase.REFERENCE, "A reference names a living resource.")
"""Judged here because only the plan knows what comes and what goes; the phase is that of the rule."""

Told = Iterator[tuple[RuleText, Finding]]


def fixed_fields(draft: Draft) -> Told:
    """GEN-05: keys and immutable fields of an existing row keep their value."""
    if draft.creates or draft.frozen:
        return
    for change in draft.difference.fields:
        field = draft.entity.kind.by_path[change.path]
        if not (field.key or field.immutable) or _object_moves_whole(draft.entity, field):
            continue
        word = "part of the key" if field.key else "immutable"
        old, new = ("its value", "another one") if field.pii else (_text(change.before), _text(change.after))
        yield (
            FIXED,
            Finding(
                f"{change.path} of {draft.address} is {word}: it is {old} and cannot become {new}",
                at=change.path,
                hint="write the live value, or declare a new resource under another name",
                code=field.immutable,
            ),
        )


def _object_moves_whole(entity: Entity, field: Field) -> bool:
    """Whether an optional object above the field comes to be, or goes, as a whole."""
    for parent in field.optional_parents:
        below = [one for one in entity.kind.fields if one.path.startswith(f"{parent}.") and not one.transient]
        if not any(entity.exists and _stored(entity, one) for one in below):
            return True
        if entity.resource is not None and all(field_value(one, entity.resource) is None for one in below):
            return True
    return False


def _stored(entity: Entity, field: Field) -> bool:
    row = entity.row
    return row is not None and any(row[entity.kind.index[column.name]] is not None for column in field.columns)


def steered_secrets(draft: Draft) -> Told:
    """SEC-01: a field that says where a stored secret is sent changes only together with the secret."""
    if not draft.entity.exists or draft.frozen:
        return
    renewed = {one.path for one in draft.difference.secrets}
    for change in draft.difference.fields:
        field = draft.entity.kind.by_path[change.path]
        if not field.guards or change.cause is Cause.DRIFT:
            continue
        secret = _guarded(draft.entity, field)
        if secret is None or secret.path in renewed or not _stored(draft.entity, secret):
            continue
        yield (
            STEERS,
            Finding(
                f"{change.path} of {draft.address} says where {secret.path} is sent, "
                "and changes without a new version of it",
                at=change.path,
                hint=f"give {secret.path} a new version in the same change",
            ),
        )


def _guarded(entity: Entity, field: Field) -> Field | None:
    """The secret that a field guards: named by its whole path, or by the word beside the field."""
    found = entity.kind.by_path.get(field.guards)
    if found is None:
        parent = field.path.rpartition(".")[0]
        found = entity.kind.by_path.get(f"{parent}.{field.guards}" if parent else field.guards)
    return found


def missing_targets(view: View, draft: Draft, drafts: Mapping[Address, Draft]) -> Told:
    """TGT-01: what a written reference names has a row, or gets one in this plan."""
    resource = draft.entity.resource
    if resource is None or draft.frozen:
        return
    changed = frozenset[str]() if draft.creates else frozenset(paths_of(draft.difference.fields))
    if not (draft.creates or changed):
        return

    def absent(goal: Address) -> bool:
        target = view.at(goal)
        if target is None or target.exists:
            return False
        planned = drafts.get(goal)
        return planned is None or not planned.creates

    for goal, at in draft.named(view):
        if (draft.creates or at.partition("[")[0] in changed) and absent(goal):
            yield (
                LEFT_OUT,
                Finding(
                    f"{draft.address} needs {goal}, which does not exist and is not part of this plan",
                    at=at,
                    hint=f"plan {goal} too, or leave {draft.address} out",
                ),
            )


def named_by_others(view: View, left: Iterable[Entity | None], drafts: Mapping[Address, Draft]) -> Told:
    """TGT-01: no row is deleted that a row still names whose own change was left out of the plan."""
    for entity in left:
        if entity is None or not entity.exists:
            continue
        for field in entity.kind.references:
            value = entity.live(field.path)
            for name in value if isinstance(value, list) else [value]:
                goal = view.target_address(field, entity.address, name) if isinstance(name, str) else None
                draft = None if goal is None else drafts.get(goal)
                if draft is not None and draft.deletes:
                    yield (
                        LEFT_OUT,
                        Finding(
                            f"{goal} cannot be deleted: {field.path} of {entity.address} still names it in the "
                            f"database, and the change of {entity.address} is not part of this plan",
                            at=field.path if entity.declared else "",
                            hint=f"plan {entity.address} too, or leave {goal} out",
                            address=entity.address,
                        ),
                    )


def buried_tenant(view: View, draft: Draft) -> Told:
    """GEN-02: nothing new begins in a tenant that is a tombstone."""
    if not draft.creates:
        return
    for goal in homes(view, draft.address):
        target = view.at(goal)
        if target is not None and target.buried:
            yield (
                REFERENCE,
                Finding(
                    f"{draft.address} would begin in {goal}, which is {target.state}", at=TENANT, hint="choose a tenant"
                ),
            )


def still_used(view: View, draft: Draft) -> Iterator[Finding]:
    """GEN-02: a row that something names after the plan is not deleted."""
    if not draft.deletes:
        return
    for kind in view.catalog.values():
        for field in kind.references:
            if field.ref is None or field.ref.kind != draft.address.kind:
                continue
            for user in view.referrers(draft.address, kind.name, field.path):
                yield Finding(
                    f"{draft.address} cannot be deleted: {field.path} of {user.address} names it",
                    at=field.path if user.declared else "",
                    hint="name another one there, or remove that resource too",
                    address=user.address,
                )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What rules of kinds have reported as errors: the resources, and the places in them, without indexes."""

    addresses: frozenset[Address | None]
    places: frozenset[tuple[Address | None, str]]

    @classmethod
    def of(cls, errors: Collection[Diagnostic]) -> Spoken:
        """Gathered once for all drafts."""
        return cls(
            frozenset(one.address for one in errors),
            frozenset((one.address, one.path.partition("[")[0]) for one in errors),
        )


def without_repeats(view: View, draft: Draft, findings: Iterator[Finding], spoken: Spoken) -> Iterator[Diagnostic]:
    """The findings about uses that no rule of a kind has reported, at the same place or about the same delete."""
    if draft.address in spoken.addresses:
        return
    for finding in findings:
        if (finding.address, finding.at) not in spoken.places:
            yield placed(REFERENCE, finding, view=view, subject=draft.address)


def _text(value: Any) -> str:
    if value is None:
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)
