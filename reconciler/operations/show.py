"""show: a plan file as what it is: sealed, unchanged since, and readable without manifests or database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

from reconciler.engine.plan.content import digest
from reconciler.engine.planfile import from_bytes, made_by, to_bytes
from reconciler.engine.planfile.aside import aside_document, aside_from
from reconciler.model.address import Address
from reconciler.model.aside import Aside
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import Stale, UsageError
from reconciler.model.plan import Plan
from reconciler.model.snapshot import SnapshotNote
from reconciler.operations.apply import touched
from reconciler.operations.proposal import Proposal

_RUN = "run"
_PRINCIPAL = "principal"
_PEOPLE = "people"
_SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan that was read back, who and what made it, and what its report told besides."""

    plan: Plan
    made_by: Mapping[str, str]
    aside: Aside

    @property
    def run_id(self) -> str:
        """The identity of the run that applying this file is: applying it twice is one run."""
        return self.made_by.get(_RUN, "")

    @property
    def principal(self) -> str:
        """Who made it, by the name that the call gave or the token proved."""
        return self.made_by.get(_PRINCIPAL, "")

    @property
    def people(self) -> tuple[str, ...]:
        """For whose eyes it was made; nobody's means everybody's."""
        return tuple(filter(None, self.made_by.get(_PEOPLE, "").split("\n")))

    @property
    def snapshot(self) -> SnapshotNote | None:
        """What it was made from, when that was no database: then nobody applies it.

        Raises:
            UsageError: the file does not say it as it should (PLN-01).
        """
        text = self.made_by.get(_SNAPSHOT)
        return None if text is None else _read_note(text)


def open_plan(data: bytes) -> PlanFile:
    """The plan of a file's bytes.

    Raises:
        UsageError: it is no plan (PLN-01, PLN-03).
        Stale: it was changed after it was made (PLN-02).
    """
    plan = from_bytes(data)
    if not plan.partial and not _names_itself(plan):
        raise Stale("the plan was changed after it was made", code="PLN-02", hint="make the plan again")
    document = json.loads(data)
    return PlanFile(plan, made_by(document), aside_from(document.get("aside")))


def _names_itself(plan: Plan) -> bool:
    """Whether the digest is that of the content. Whoever changes a file can renew its seal; the digest speaks then."""
    try:
        return digest(plan) == plan.digest
    except (TypeError, ValueError, AttributeError):
        return False


def seal_plan(
    proposal: Proposal, *, version: str, principal: str, asked: Mapping[str, str], aside: Aside | None = None
) -> bytes:
    """The bytes of a plan file. The same proposal gives the same bytes. ``aside`` is what its report tells besides.

    The run's identity is that of this plan on this state of the database: every apply in between gives another one.
    """
    plan = proposal.plan
    seen = proposal.seen
    generations = sorted((one, proposal.live.generations.get(one, 0)) for one in touched(plan))
    run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{plan.digest} {plan.identity} {generations}"))
    people = "" if proposal.carriers is None else "\n".join(str(one) for one in proposal.carriers.people)
    facts = {"version": version, _PRINCIPAL: principal, _PEOPLE: people, _RUN: run_id, **asked}
    if proposal.snapshot is not None:
        facts[_SNAPSHOT] = _note(proposal.snapshot)
    if aside is None:
        aside = Aside(guarded=proposal.seen_guards, shifts=proposal.seen_shifts)
    return to_bytes(seen, facts, aside_document(aside))


def _note(note: SnapshotNote) -> str:
    told = {name: getattr(note, name) for name in SnapshotNote.__slots__ if name not in ("unread", "secrets")}
    lists = {
        "unread": [str(one) for one in note.unread],
        "secrets": [[str(address), path] for address, path in note.secrets],
    }
    return json.dumps({**told, **lists}, sort_keys=True)


def _read_note(text: str) -> SnapshotNote:
    try:
        found = json.loads(text)
        return SnapshotNote(
            **{name: str(found[name]) for name in ("made_at", "environment", "schema", "version", "key")},
            made_for=tuple(map(str, found["made_for"])),
            unread=tuple(map(Address.parse, found["unread"])),
            secrets=tuple((Address.parse(address), str(path)) for address, path in found["secrets"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UsageError("this plan does not say what it was made from", code="PLN-01") from problem
