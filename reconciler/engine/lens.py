"""Lens: what of a plan some people may see. Absent, not blanked; the lens never widens.

A field that nobody of them may read is absent. A resource of which no field may be read is absent as a whole, with one
exception: a change of it that is denied, or carried by somebody else, is told by its address alone, where a manifest
names that. Words about other
resources name these only when they may be read, so that an absent and a foreign resource give the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from reconciler.model.access import RoleWord
from reconciler.model.address import PLATFORM, Address
from reconciler.model.approval import Approvals
from reconciler.model.change import COUNTED, Action, Change
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.drift import DriftFinding, DriftReport, Written
from reconciler.model.effect import Notice
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.formats import NAME_PATTERN, folded
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan, summary_of
from reconciler.model.principal import Principal
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View

OUTSIDE = "LNS-01"
"""Code of the finding that stands for findings about what may not be read."""
ANOTHER = "another resource"
"""Stands for an address that may not be read."""
SOMEBODY = "an administrator"
"""Stands for an approver who may not be read."""
ANYBODY = "somebody whom you may not read"
"""Stands for a person in the history who may not be read."""
_OWN_WORDS = frozenset({"TGT-02", "WVR-08", "WVR-09"})
"""Findings that repeat what the caller or a waiver says, and nothing else."""
_ENVELOPE = ("metadata", "lifecycle")
_INDEX = re.compile(r"\[[^]]*\]")


class Lens:
    """What ``people`` may see together: those who are asking in this very call."""

    def __init__(self, rights: Rights, people: Sequence[Principal], view: View | None = None) -> None:
        self._rights = rights
        self._people = people
        self._view = view or rights.view
        self._readable: dict[Address, frozenset[str]] = {}
        name = NAME_PATTERN.strip("^$\\AZz")
        kinds = "|".join(map(re.escape, rights.catalog))
        self._addresses = re.compile(rf"\b(?:{kinds})/(?:{name})(?:/(?:{name}))?")

    def readable(self, address: Address) -> frozenset[str]:
        """The field paths of a resource that may be read; none for one that is not there, or is out of reach."""
        known = self._readable.get(address)
        if known is None:
            known = self._readable[address] = self._paths(address)
        return known

    def sees(self, address: Address) -> bool:
        """Whether anything of a resource may be read."""
        return bool(self.readable(address))

    def plan(self, plan: Plan, denials: Sequence[Denial] = ()) -> Plan:
        """The plan as these people may see it. Its digest stays that of the whole plan."""
        hidden = {one.address for one in denials if one.hidden and one.address is not None}
        shown = [(one, self._change(one)) for one in plan.changes]
        changes = [seen for _, seen in shown if seen is not None]
        declared = frozenset(self._view.declared) if self._view.written else frozenset()
        bare = dict.fromkeys(
            one.address
            for one in plan.changes
            if one.action in COUNTED and one.address in declared and not self.sees(one.address)
        )
        observed = tuple(seen for one in plan.observed if (seen := self._change(one)) is not None)
        made = replace(
            plan,
            changes=(*changes, *(Change(address=one, action=Action.DENIED, reason=_UNREAD) for one in bare)),
            observed=observed,
            summary=summary_of(changes, observed, unchanged=self._unchanged(plan)),
            cascades=tuple(
                replace(one, reason=self.words(one.reason)) for one in plan.cascades if self.sees(one.address)
            ),
            notices=self._notices(plan),
            preconditions=tuple(one for one in plan.preconditions if self.sees(one.address)),
            diagnostics=self.diagnostics([one for one in plan.diagnostics if one.address not in hidden]),
            denials=tuple(denials),
            carriers=tuple(one.title for one in self._people),
            approvals=None if plan.approvals is None else self.approvals(plan.approvals),
            rewrites=tuple(one for one in plan.rewrites if self._reads_all(one.address)),
        )
        made = replace(made, partial=_content(made) != _content(plan))
        aside = sorted(hidden & self._view.outside)
        denied = (Change(address=one, action=Action.DENIED, reason=_UNREAD) for one in aside)
        return replace(made, changes=(*made.changes, *denied)) if aside else made

    def diagnostics(self, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Findings without words about what may not be read. What a manifest alone shows may be told to its reader."""
        told: list[Diagnostic] = []
        errors = False
        for one in found:
            if one.phase is not Phase.SCHEMA and one.address is not None and not self.sees(one.address):
                # A warning stops nobody. An error does, so it is said that there is one; neither what nor how many.
                errors = errors or one.severity is Severity.ERROR
            else:
                told.append(self._told(one))
        if errors:
            told.append(
                Diagnostic(
                    code=OUTSIDE,
                    severity=Severity.ERROR,
                    phase=Phase.POLICY,
                    summary="something is wrong with resources outside of your reach",
                    hint="ask an administrator to plan",
                )
            )
        return tuple(told)

    def approvals(self, found: Approvals) -> Approvals:
        """Who agrees with a plan: reasons that may be read, and people by name where the name may be read."""
        reasons = tuple(one for one in found.reasons if self.sees(one.address))
        return replace(
            found,
            reasons=reasons,
            hidden=found.hidden + len({one.address for one in found.reasons} - {one.address for one in reasons}),
            given=tuple(replace(one, known_as=self.name(one.approver, one.known_as)) for one in found.given),
            void=tuple(replace(one, known_as=self.name(one.approver, one.known_as)) for one in found.void),
        )

    def name(self, person: Address, known_as: str) -> str:
        """By what a person is known, where that may be read."""
        return known_as if self.sees(person) else SOMEBODY

    def person(self, known_as: str) -> str:
        """By what somebody is known in the history: an operator by name where that may be read."""
        return known_as if self._writes_to(known_as) else ANYBODY

    def writer(self, entry: Written) -> Written:
        """An entry of the journal, whose operator goes by name where that may be read."""
        return replace(entry, operator=self.person(entry.operator)) if entry.operator else entry

    def drift(self, report: DriftReport, managed: Iterable[Address]) -> DriftReport:
        """The drift of what may be read; ``managed`` are the managed resources that the report is about."""
        return replace(
            report,
            findings=self._findings(report.findings),
            resolved=self._findings(report.resolved),
            diagnostics=self.diagnostics(report.diagnostics),
            managed=sum(map(self.sees, managed)),
        )

    def _findings(self, found: Sequence[DriftFinding]) -> tuple[DriftFinding, ...]:
        return tuple(
            one if one.writer is None else replace(one, writer=self.writer(one.writer))
            for one in found
            if self.shows(one)
        )

    def shows(self, one: DriftFinding) -> bool:
        """Whether a finding may be told: that of a field to who may read it, that of a row to who reads any of it."""
        return one.path in self.readable(one.address) if one.path else self.sees(one.address)

    def shifts(self, found: Sequence[Shift]) -> tuple[Shift, ...]:
        """Gains and losses of people that may be read, over resources that may be read."""
        mine = ((one, self.entitlement(one.right)) for one in found if self.sees(one.who.address))
        return tuple(replace(one, right=right) for one, right in mine if right is not None)

    def entitlement(self, right: Entitlement) -> Entitlement | None:
        """A right over the resources that may be read; None when it holds over others alone."""
        if not right.resources:
            return right
        resources = tuple(address for address in right.resources if self.sees(address))
        return replace(right, resources=resources) if resources else None

    def words(self, text: str) -> str:
        """A text without the addresses that may not be read."""
        return self._addresses.sub(lambda match: self._word(match[0]), text)

    def tree(self, address: Address, tree: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """A whole resource, as a change holds it, without the fields that may not be read."""
        if tree is None:
            return None
        readable = self.readable(address)
        kind = self._rights.catalog[address.kind]
        found: dict[str, Any] = _copy(tree)
        for field in kind.fields:
            if field.path not in readable:
                _remove(found, field.path)
        return found

    def _writes_to(self, recipient: str) -> bool:
        """Whether an address of mail may be told: not that of a person who may not be read."""
        return all(map(self.sees, self._persons.get(folded(recipient), ())))

    @cached_property
    def _persons(self) -> Mapping[str, Sequence[Address]]:
        """Everybody by the address of mail, now and behind the plan."""
        found: dict[str, list[Address]] = {}
        for kind in self._rights.catalog.values():
            if kind.principal is None or "email" not in kind.by_path:
                continue
            for entity in (*self._rights.view.all(kind.name), *self._view.all(kind.name)):
                for mail in (entity.live("email"), entity.value("email")):
                    if isinstance(mail, str):
                        found.setdefault(folded(mail), []).append(entity.address)
        return found

    def _notices(self, plan: Plan) -> tuple[Notice, ...]:
        """Mails about what may be read, to people who may. What they will say comes from elsewhere too."""
        told = (one for one in plan.notices if self.sees(one.resource) and self._writes_to(one.recipient))
        return tuple(told if self._everywhere else (replace(one, payload={}) for one in told))

    @property
    def _everywhere(self) -> bool:
        """Whether one of them is an administrator, who reads something of every kind."""
        return any(one.role is RoleWord.ADMINISTRATOR for one in self._people)

    def _unchanged(self, plan: Plan) -> int:
        """How many declared resources are as they should be, of those that may be read."""
        if self._everywhere:
            return plan.summary.unchanged
        changed = {one.address for one in (*plan.changes, *plan.observed)}
        return sum(one not in changed and self._view.chooses(one) and self.sees(one) for one in self._view.declared)

    def _told(self, one: Diagnostic) -> Diagnostic:
        """A finding about a resource that may be read; of a field that may not, its place and no word about it."""
        if one.code in _OWN_WORDS:
            return one
        if one.phase is Phase.SCHEMA or one.address is None or self._reads(one.address, one.path):
            return replace(
                one, summary=self.words(one.summary), detail=self.words(one.detail), hint=self.words(one.hint)
            )
        summary = f"{one.path} of {one.address} breaks a rule; it is a field that you may not read"
        return replace(one, summary=summary, detail="", hint="ask somebody who may read it")

    def _reads(self, address: Address, path: str) -> bool:
        """Whether everything that a finding at a path may speak about is read; a place that is no field is."""
        plain = _INDEX.sub("", path)
        fields = self._rights.catalog[address.kind].by_path
        around = [one for one in fields if one == plain or one.startswith(f"{plain}.") or plain.startswith(f"{one}.")]
        return all(one in self.readable(address) for one in around)

    def _reads_all(self, address: Address) -> bool:
        return len(self.readable(address)) == len(self._rights.catalog[address.kind].fields)

    # --- fields ------------------------------------------------------------------------------------------------------

    def _paths(self, address: Address) -> frozenset[str]:
        entity = self._view.at(address) or self._rights.view.at(address)
        if entity is None:
            kind = self._rights.catalog.get(address.kind)
            if kind is None:
                return frozenset()
            entity = Entity(address, kind, None, None)
        found: set[str] = set()
        verdicts: dict[tuple[int, str], bool] = {}
        for field in entity.kind.fields:
            path = _row_path(entity.kind, field.path)
            row = self._rights.row(entity.kind, "read", path=path)
            for place, who in enumerate(self._people):
                key = (place, "" if row is None else row.fields[0])
                allowed = verdicts.get(key)
                if allowed is None:
                    allowed = verdicts[key] = self._rights.decide(who, "read", entity, path=path).allowed
                if allowed:
                    found.add(field.path)
        if found:
            found.update(one.path for one in entity.kind.fields if one.path.partition(".")[0] in _ENVELOPE)
        return frozenset(found)

    def _change(self, change: Change) -> Change | None:
        readable = self.readable(change.address)
        if not readable:
            return None
        kind = self._rights.catalog[change.address.kind]
        if len(readable) == len(kind.fields):
            return replace(change, reason=self.words(change.reason))
        fields = tuple(one for one in change.fields if one.path in readable)
        left = len(change.fields) - len(fields)
        columns = {name for one in kind.fields if one.path not in readable for name in (c.name for c in one.columns)}
        reason = self.words(change.reason)
        if left:
            reason = f"{reason}; {_UNREAD}" if reason else _UNREAD
        return replace(
            change,
            fields=fields,
            columns={name: value for name, value in change.columns.items() if name not in columns},
            secrets=tuple(one for one in change.secrets if one in readable),
            # Of what is not written it would say nothing but that something out of sight has changed.
            rev=change.rev if change.action in COUNTED else None,
            before=self.tree(change.address, change.before),
            after=self.tree(change.address, change.after),
            reason=reason,
            applied="",
            back=None,
        )

    def _word(self, text: str) -> str:
        kind, *rest = text.split("/")
        spellings = [Address(kind, rest[0], rest[1])] if len(rest) > 1 else []
        spellings.append(Address(kind, PLATFORM, rest[0]))
        return text if self.sees(spellings[0]) else ANOTHER


def _content(plan: Plan) -> tuple[Any, ...]:
    """What the digest of a plan follows from, as far as a lens can take from it."""
    written = [
        (one.address, one.action, one.columns, one.secrets, one.applied, one.fields, one.back) for one in plan.changes
    ]
    return (written, plan.cascades, plan.notices, plan.preconditions, plan.rewrites)


_UNREAD = "there is a change that you may not read"


def _row_path(kind: Kind, path: str) -> str:
    """The path whose row decides about reading.

    Of a secret only its version is shown: that is as open as what surrounds it.
    """
    field = kind.by_path[path]
    if field.secret is None and path.partition(".")[0] not in _ENVELOPE:
        return path
    return path.rpartition(".")[0] if "." in path and field.secret is not None else ""


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    return value


def _remove(tree: dict[str, Any], path: str) -> None:
    head, _, _ = path.partition(".")
    keys = path.split(".") if head in _ENVELOPE else ["spec", *path.split(".")]
    node: Any = tree
    for key in keys[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(keys[-1], None)
