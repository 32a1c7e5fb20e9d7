"""Report: what people and machines are told about a plan, as plain values.

The engine's ``describe`` makes it; renderers turn it into text or JSON and look nothing up. It holds no secret: a
secret field carries versions only and is marked ``sensitive``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from reconciler.model.address import Address
from reconciler.model.approval import Approvals
from reconciler.model.canonical import in_key_order
from reconciler.model.change import Cause, FieldChange
from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.effect import Cascade, Notice
from reconciler.model.entitlement import Shift
from reconciler.model.given import GivenFields, causes_of
from reconciler.model.later import LaterTuple
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.snapshot import SnapshotNote
from reconciler.model.source import Source

_CAUSES = {one: one.value for one in Cause}


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class FieldLine:
    """One changed field. ``cause`` is intent, drift, conflict or default; values are as people write them.

    ``verdict`` is allowed or denied, and empty for a plan that was judged for nobody.

    It is never changed, and not frozen: a frozen one takes three times as long to make, and there is one a field.
    """

    path: str
    before: Any
    after: Any
    base: Any = None
    cause: str
    sensitive: bool = False
    note: str = ""
    source: Source | None = None
    verdict: str = ""
    earlier: bool = False
    """Whether it was pending before the branch; see :class:`Base`."""


def line_of(change: FieldChange, verdict: str) -> FieldLine:
    """A changed field as it is told, with what was decided about it."""
    after = change.after
    return FieldLine(
        path=change.path,
        before=None if change.before is None else in_key_order(change.before),
        after=after if type(after) is str else in_key_order(after),
        base=None if change.base is None else in_key_order(change.base),
        cause=_CAUSES[change.cause],
        sensitive=change.sensitive,
        note=change.note,
        source=change.source,
        verdict=verdict,
    )


class GivenLines(LaterTuple[FieldLine]):
    """The lines of a new resource, each made when somebody looks at it; all have the same ``verdict``."""

    __slots__ = ("given", "verdict")

    def __init__(self, given: GivenFields, verdict: str) -> None:
        self.given = given
        self.verdict = verdict

    def more(self) -> list[FieldLine]:
        """The lines of secrets and of the state, which come last."""
        return [line_of(one, self.verdict) for one in self.given.more]

    def __iter__(self) -> Iterator[FieldLine]:
        return (line_of(one, self.verdict) for one in self.given)

    def __len__(self) -> int:
        return len(self.given)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """One step of a life cycle. ``cause`` and ``source`` are those of the wanted state."""

    before: str
    after: str
    effect: str = ""
    risks: tuple[Risk, ...] = ()
    cause: str = ""
    source: Source | None = None
    verdict: str = ""
    earlier: bool = False


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class ResourceLine:
    """Everything that a plan does with one resource.

    ``actions`` are the words of :class:`~reconciler.model.change.Action`, in order and without repetition. ``before``
    and ``after`` are the whole resource with secrets masked, None where it does not exist; ``sensitive`` are the
    paths of its secret fields. ``type`` is the kind in snake_case. Not frozen, as a :class:`FieldLine` is not.
    """

    address: Address
    type: str
    actions: tuple[str, ...]
    fields: Sequence[FieldLine] = ()
    edges: tuple[EdgeLine, ...] = ()
    manual: tuple[EdgeLine, ...] = ()
    risks: tuple[Risk, ...] = ()
    reasons: tuple[str, ...] = ()
    source: Source | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    sensitive: tuple[str, ...] = ()
    denied: tuple[Denial, ...] = ()
    earlier: bool = False
    """Whether all of it was pending before the branch; then all its fields and steps were."""
    previous: Address | None = None
    """Where it stood before, of a resource that moves."""

    @property
    def title(self) -> str:
        """The address, and before it the old one of a resource that moves."""
        return str(self.address) if self.previous is None else f"{self.previous} -> {self.address}"

    @property
    def causes(self) -> frozenset[str]:
        """Why it differs: the causes of all its fields and steps."""
        fields = self.fields
        found = {*causes_of(fields.given)} if isinstance(fields, GivenLines) else {one.cause for one in fields}
        return frozenset(found | {one.cause for one in self.edges}) - {""}

    @property
    def drifted(self) -> bool:
        """Whether the world changed any field of it behind git's back."""
        return not self.causes.isdisjoint(("drift", "conflict"))


class Check(StrEnum):
    """What became of one of the two plans, the worst first that holds."""

    ERROR = "error"
    DENIED = "denied"
    HELD = "held"
    CHANGES = "changes"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a plan has in common with the plan of the commit that its branch began at.

    ``commit`` is that commit. ``own`` counts what the branch alone changes, ``earlier`` what was pending before it;
    a resource with both counts in both. ``withdrawn`` are lines of address and field path (empty for the resource as a
    whole) that were pending and that the branch takes back. ``findings`` and ``denials`` are those of the report that
    were there before. ``check`` is the outcome of the branch's own part, ``before`` that of what was there before it.
    ``invalid`` says that nothing could be planned at the commit: then everything counts as the branch's.
    """

    commit: str
    own: Summary = field(default_factory=Summary)
    earlier: Summary = field(default_factory=Summary)
    withdrawn: tuple[tuple[Address, str], ...] = ()
    findings: frozenset[Diagnostic] = frozenset()
    denials: frozenset[Denial] = frozenset()
    check: Check = Check.NONE
    before: Check = Check.NONE
    invalid: bool = False

    @property
    def changes(self) -> bool:
        """Whether the branch changes anything that counts."""
        own = self.own
        counts = (own.add, own.change, own.destroy, own.adopt, own.move, own.forget)
        return any(counts) or bool(self.withdrawn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A plan for people and machines. ``changes`` are in the order of apply, one entry a resource.

    ``guarded`` holds the diagnostics of guards, which ``diagnostics`` does not repeat. ``carriers`` are those for whom
    it was judged, and ``denials`` what they have no right to; without carriers nothing was judged. ``shifts``
    are the rights that people gain and lose by it. ``snapshot`` says so when it was made from one, and cannot be
    applied; ``base`` what of it was pending before, when two commits were planned.
    """

    summary: Summary = field(default_factory=Summary)
    empty: bool = True
    changes: tuple[ResourceLine, ...] = ()
    observed: tuple[ResourceLine, ...] = ()
    cascades: tuple[Cascade, ...] = ()
    notices: tuple[Notice, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    guarded: tuple[Diagnostic, ...] = ()
    denials: tuple[Denial, ...] = ()
    carriers: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    approvals: Approvals | None = None
    digest: str = ""
    identity: str = ""
    environment: str = ""
    manifests: str = ""
    commit: str | None = None
    snapshot: SnapshotNote | None = None
    base: Base | None = None
    rollback: str = ""
    """The run that the plan undoes; empty for a plan that was made from manifests."""

    def with_action(self, *actions: str) -> tuple[ResourceLine, ...]:
        """The resources that have one of ``actions``."""
        return tuple(one for one in self.changes if not set(actions).isdisjoint(one.actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The outcome of a check of manifests. ``names`` are the files that were read.

    ``left_out`` counts manifests outside of the reach of whoever asks that are set aside, where somebody does.
    """

    diagnostics: tuple[Diagnostic, ...]
    resources: int
    files: int
    names: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def valid(self) -> bool:
        """Whether no error was found."""
        return all(one.severity is not Severity.ERROR for one in self.diagnostics)

    @property
    def denied(self) -> bool:
        """Whether nothing is wrong but that whoever asks has no right to it."""
        errors = [one for one in self.diagnostics if one.severity is Severity.ERROR]
        return bool(errors) and all(one.phase is Phase.POLICY for one in errors)
