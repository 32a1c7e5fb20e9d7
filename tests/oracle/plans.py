"""Cells at plan and at apply, in a real database: what came of each, and where that is not what the oracle says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from reconciler.model.address import Address
from reconciler.model.errors import Denied, Held, InvalidManifests, ReconcilerError
from reconciler.operations.apply import Orders, apply
from reconciler.operations.plan import plan
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import People, Request
from reconciler.operations.validate_for import validate_for
from tests.operations.doors import nobody
from tests.oracle.asked import Question, ask, oracle_of, questions
from tests.oracle.databases import CATALOG, Base, Undone
from tests.oracle.oracle import OPERATORS, WRITES, Answer, Cell, Oracle, no, read_matrix
from tests.oracle.probes import Probe, probe
from tests.oracle.world import NOW, mail, things

SEED = 20260615
NOTHING = no("")
"""What no manifest names and nobody who asks may read is as though it were not there."""


@dataclass
class Tally:
    """What came of many probes. ``wrong`` are differences from the oracle; ``unasked`` are cells without a probe.

    ``strict``: manifests outside of the reach are denied whatever is live, as they are by default.
    """

    wrong: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    cells: set[Cell] = field(default_factory=set)
    unjudged: list[str] = field(default_factory=list)
    strict: bool = True


@cache
def chosen(*, share: float = 1.0, seed: int = SEED) -> tuple[tuple[Question, Probe], ...]:
    """For every cell, one probe of each answer that it has anywhere in the world; or a seeded share of these."""
    cells = [cell for cell in read_matrix() if cell.verb in WRITES and cell.role in OPERATORS]
    oracle = oracle_of(things(), cells)
    groups: dict[tuple[Cell, Answer], list[Question]] = {}
    every = questions(things(), cells, oracle, kinds=frozenset(CATALOG), every_field=True)
    for question in every:
        if question.field in question.cell.fields or question.cell.edge:
            groups.setdefault((question.cell, ask(oracle, question)), []).append(question)
    draw = random.Random(seed)  # noqa: S311 - a choice that anybody may repeat
    found = []
    for group in groups.values():
        if draw.random() >= share:
            continue
        for question in draw.sample(group, min(len(group), 40)):
            made = probe(question)
            if made is not None:
                found.append((question, made))
                break
    return tuple(found)


def hold(base: Base, probes: Iterable[tuple[Question, Probe]], oracle: Oracle, *, strict: bool = True) -> Tally:
    """Plan and apply every probe, and compare with the oracle."""
    tally = Tally(strict=strict)
    for question, made in probes:
        before = oracle
        if made.state:
            base.put(question.key, made.state, made.status)
            before = oracle_of({**oracle.world, question.key: dict(question.thing)}, read_matrix_once())
        try:
            for line in _held(base, question, made, before, tally):
                tally.wrong.append(f"{question}: {line}")
        finally:
            if made.state:
                thing = oracle.world[question.key]
                base.put(question.key, thing["state"], thing["status"])
    return tally


def expected(oracle: Oracle, question: Question, *, strict: bool = True) -> Answer:
    """What a plan says: nothing is told about a resource of which nothing may be read.

    ``strict``: not even the verb, for what is not there would be created.
    """
    said = ask(oracle, question)
    if said.allowed or _reads(oracle, question):
        return said
    if question.cell.verb == "delete" and strict:
        return NOTHING
    if said.code == "OPR-09":
        return said
    role = oracle.role(question.actor)
    if question.cell.verb == "delete":  # no manifest names it: its kind is not told, and so no code that depends on it
        return no("OPR-06" if role == "auditor" else "PRM-02")
    writes = any(
        cell.kind == question.key[0]
        and cell.role == role
        and cell.verb in WRITES
        and cell.reach not in ("none", "never")
        for cell in read_matrix_once()
    )
    if writes:
        return no("PRM-02")
    return no(_creating(question.key[0], role)) if strict else said


def _creating(kind: str, role: str) -> str:
    """The code with which a role is denied to create something of a kind."""
    cells = (cell for cell in read_matrix_once() if (cell.kind, cell.verb, cell.role) == (kind, "create", role))
    return next((cell.codes[0] for cell in cells if "*" in cell.fields and cell.codes), "PRM-01")


_MATRIX: list[Cell] = []


def read_matrix_once() -> list[Cell]:
    """The matrix, read once."""
    if not _MATRIX:
        _MATRIX.extend(read_matrix())
    return _MATRIX


def _reads(oracle: Oracle, question: Question) -> bool:
    role, kind = oracle.role(question.actor), question.key[0]
    fields = {
        path for cell in read_matrix_once() if (cell.kind, cell.verb, cell.role) == (kind, "read", role)
        for path in cell.fields
    }  # fmt: skip
    return any(
        oracle.decide(question.actor, "read", question.key, question.thing, field=path).allowed for path in fields
    )


def _held(base: Base, question: Question, made: Probe, oracle: Oracle, tally: Tally) -> Iterator[str]:
    who = People(names=tuple(dict.fromkeys((mail(question.actor), *made.beside))), strict=tally.strict)
    request = Request(targets=made.targets, prune=made.prune, people=who)
    wanted = ask(oracle, question) if made.beside else expected(oracle, question, strict=tally.strict)
    tally.cells.add(question.cell)
    try:
        proposal = plan(base.doors(made.documents), request)
    except Denied as error:
        if wanted not in (no("OPR-09"), NOTHING) or error.code != "OPR-09":
            yield f"{wanted} at plan, but {error.code}"
    except InvalidManifests as error:
        if any(one.code == wanted.code for one in error.diagnostics):
            tally.outcomes["the same code from a rule"] += 1
            return
        tally.outcomes["not judged: invalid before"] += 1
        tally.unjudged.append(f"{question}: {error.diagnostics[0].code} {error.diagnostics[0].summary}")
        return
    else:
        yield from (_absent if wanted == NOTHING else _planned)(question, proposal, wanted, tally)
        yield from _validated(base, made, request, proposal)
        tally.outcomes["validated for the operator"] += 1
    before = base.content()
    outcome = _applied(base, made, request)
    tally.outcomes[f"{'allowed' if wanted.allowed else 'denied'}: {outcome}"] += 1
    if base.content() != before:
        yield f"{outcome}, and the database is another one"
    yield from _came_to(question, wanted, outcome)


def _validated(base: Base, made: Probe, request: Request, proposal: Proposal) -> Iterator[str]:
    said = {one.code for one in validate_for(base.doors(made.documents), request).diagnostics}
    missing = {one.code for one in proposal.denials} - said
    if missing:
        yield f"{sorted(missing)} at plan, and not at validate"


def _came_to(question: Question, wanted: Answer, outcome: str) -> Iterator[str]:
    if wanted == NOTHING:
        if outcome not in ("empty", "denied"):  # an auditor applies nothing at all
            yield f"nothing may come of it at apply, but {outcome}"
        return
    if not wanted.allowed and outcome in ("written", "empty") and not _by_hand(question, wanted):
        yield f"{wanted} at apply, but {outcome}"
    if wanted.allowed and outcome.startswith("denied") and outcome != "denied GEN-25":
        yield f"{wanted} at apply, but {outcome}"


def _absent(question: Question, proposal: Proposal, _wanted: Answer, tally: Tally) -> Iterator[str]:
    tally.outcomes["not there for who asks"] += 1
    if proposal.denials or any(one.address == Address(*question.key) for one in proposal.plan.changes):
        yield "planned, and nobody who asks may read it"


def _planned(question: Question, proposal: Proposal, wanted: Answer, tally: Tally) -> Iterator[str]:
    denials = {one.code for one in proposal.denials}
    errors = {one.code for one in proposal.errors}
    if question.cell.reach == "never":
        if wanted.code not in denials | errors and ask_code(question) not in errors:
            yield f"{wanted} at plan, but {sorted(denials)} and {sorted(errors)}"
    elif wanted.allowed:
        if denials:
            yield f"{wanted} at plan, but {sorted(denials)}"
        if proposal.judgement is None or proposal.judgement.authorization is None:
            yield "allowed, and not authorised"
    elif _by_hand(question, wanted):
        tally.outcomes["a person's edge, shown and not walked"] += 1
        if denials or "LIF-04" not in {one.code for one in proposal.plan.diagnostics}:
            yield f"{wanted} at plan, but {sorted(denials)}"
    elif _leaves(question) and "PRM-02" in denials:
        tally.outcomes["outside of the reach behind the plan"] += 1
    elif wanted.code not in denials:
        # A rule for everybody that has said the same at the same place says it once.
        if wanted.code in errors:
            tally.outcomes["the same code from a rule"] += 1
        else:
            yield f"{wanted} at plan, but {sorted(denials)} and {sorted(errors)}"


def _leaves(question: Question) -> bool:
    """Whether the change takes the resource out of the sight of who asks: reach is judged at both ends."""
    return (question.cell.kind, question.field) == ("Partner", "parent")


def _by_hand(question: Question, wanted: Answer) -> bool:
    """Whether a person walks the edge elsewhere: a plan shows it to who may ask for it, and writes nothing (LIF-04)."""
    return bool(question.cell.edge) and wanted == no("LIF-04")


def ask_code(question: Question) -> str:
    """The code of the cell."""
    return question.cell.codes[0] if question.cell.codes else ""


def _applied(base: Base, made: Probe, request: Request) -> str:
    orders = Orders(agree=lambda _: True, clock=lambda: NOW)
    try:
        done = apply(base.doors(made.documents), request, orders, nobody)
    except Undone:
        return "written"
    except Denied as error:
        codes = sorted({one.code for one in error.diagnostics})
        return "denied GEN-25" if codes == ["GEN-25"] else "denied"
    except InvalidManifests:
        return "another rule refuses"
    except Held:
        return "held"
    except ReconcilerError as error:
        return f"refused {error.code}"
    return "empty" if done.proposal.plan.empty else "done"
