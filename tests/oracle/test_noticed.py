"""The oracle can fail: every right, every reach and every condition, once taken away or widened, makes a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.kinds import discover
from reconciler.model.access import Allow, Grant, Reach
from reconciler.model.kind import Kind
from reconciler.model.rights import Rights
from reconciler.model.view import Entity
from tests.oracle.asked import Asked, Question, ask, oracle_of, questions, worlds
from tests.oracle.conftest import Told
from tests.oracle.oracle import OPERATORS, WRITES, Answer, Cell, read_matrix
from tests.oracle.world import NOW, things

CATALOG = discover()
OPEN = ("self", "own", "tree", "scope", "all")
SAME_BY_NATURE = {
    # A company without companies below it has no more in its tree than is its own.
    ("partner", "own", "tree"),
    ("issuer", "own", "tree"),
    # Only an auditor has a scope, and has no company whose tree there would be.
    *((role, "none", "scope") for role in OPERATORS if role != "auditor"),
}
"""Role, reach and other reach that mean the same for everybody of that role: no question can tell them apart."""

SAME_IN_EFFECT = {
    # What belongs to a Partner or an Issuer is no Partner and no Issuer.
    ("Partner", "read", "partner", "own", "self"),
    ("Partner", "update", "partner", "own", "self"),
    ("Partner", "transition", "partner", "own", "self"),
    ("Partner", "transition", "distributor", "self", "own"),
    *(
        ("Issuer", verb, "issuer", "self", reach)
        for verb in ("read", "update", "transition")
        for reach in ("own", "tree")
    ),
    # Whoever may read at all reads the own record, and what the role reads beside its reach.
    ("Partner", "read", "partner", "own", "scope"),
    ("Partner", "read", "issuer", "own", "self"),
    ("Partner", "read", "issuer", "own", "scope"),
    ("Issuer", "read", "issuer", "self", "scope"),
    *(("Partner", "read", "auditor", "scope", reach) for reach in ("self", "own", "tree")),
    *(
        ("ReportSchedule", verb, "auditor", "scope", reach)
        for verb in ("read", "download")
        for reach in ("self", "own", "tree")
    ),
    # An auditor has no company.
    ("Operator", "read", "auditor", "self", "own"),
    ("Operator", "read", "auditor", "self", "tree"),
}
"""Kind, verb, role, reach and other reach that select the same resources of that kind."""


@dataclass(frozen=True)
class Asking:
    """A question with what the engine needs to answer it, made once."""

    question: Question
    expected: Answer
    principal: Any
    entity: Entity


Prepared = tuple[Asked, dict[Cell, list[Asking]]]


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    cells = read_matrix()
    found: dict[Cell, list[Asking]] = {}
    engine = None
    for place, world in enumerate(worlds(things())):
        oracle, asked = oracle_of(world, cells), Asked(world)
        engine = engine or asked
        kinds = frozenset(CATALOG) if place == 0 else frozenset({"SmtpSettings"})
        for one in questions(world, cells, oracle, kinds=kinds):
            if place and one.cell.conditions != ("policy smtpEditors",):
                continue
            if one.cell.verb in WRITES and oracle.way_back(one.actor):
                continue
            entity = asked.entity(one.key, one.thing, new=one.cell.verb == "create")
            asking = Asking(one, ask(oracle, one), asked.principal(one.actor), entity)
            found.setdefault(one.cell, []).append(asking)
    assert engine is not None
    return engine, found


def _group(kind: Kind, cell: Cell) -> Allow:
    return next(
        row
        for row in kind.allow
        if row.verb == cell.verb and row.edge == cell.edge and set(row.fields) == set(cell.fields)
    )


def _without(kind: Kind, cell: Cell) -> Kind:
    gone = _group(kind, cell)
    return replace(kind, allow=tuple(row for row in kind.allow if row is not gone))


def _with(kind: Kind, cell: Cell, grant: Grant) -> Kind:
    old = _group(kind, cell)
    new = replace(old, **{cell.role: grant})
    return replace(kind, allow=tuple(new if row is old else row for row in kind.allow))


def _noticed(engine: Asked, kind: Kind, askings: list[Asking]) -> bool:
    rights = Rights(engine.catalog, engine.live, NOW)
    for one in askings:
        entity = Entity(one.entity.address, kind, one.entity.resource, one.entity.row)
        question = one.question
        path = "" if question.field == "*" else question.field
        said = rights.decide(one.principal, question.cell.verb, entity, path=path, edge=question.cell.edge)
        if (said.allowed, said.code) != (one.expected.allowed, one.expected.code):
            return True
    return False


def _noticed_in_portals(engine: Asked, cell: Cell) -> bool:
    """Whether people of the portals, of whom the oracle knows nothing, are answered otherwise without a declaration.

    What they may read there is the difference to the declaration that would decide instead.
    """
    now, then = (Rights(engine.catalog, engine.live, NOW) for _ in range(2))  # each remembers its rows
    whole, less = CATALOG[cell.kind], _without(CATALOG[cell.kind], cell)
    people = [one for one in now.principals() if one.role.value in ("customer", "individual")]
    for path in cell.fields:
        for one in now.view.all(cell.kind):
            here, there = (Entity(one.address, kind, None, one.row) for kind in (whole, less))
            for who in people:
                said = now.decide(who, cell.verb, here, path=path, edge=cell.edge)
                if said.allowed and not then.decide(who, cell.verb, there, path=path, edge=cell.edge).allowed:
                    return True
    return False


def test_a_declaration_taken_away_is_noticed(prepared: Prepared, told: Told) -> None:
    engine, found = prepared
    groups: dict[tuple[str, str, tuple[str, ...], str], list[Cell]] = {}
    for cell in found:
        groups.setdefault((cell.kind, cell.verb, cell.fields, cell.edge), []).append(cell)
    missed = [
        name
        for name, cells in groups.items()
        if not any(_noticed(engine, _without(CATALOG[name[0]], cell), found[cell]) for cell in cells)
        and not _noticed_in_portals(engine, cells[0])
    ]
    told(f"declarations taken away and noticed: {len(groups) - len(missed)} of {len(groups)}")
    assert missed == []
    assert len(groups) >= 230


def _reaches(cell: Cell) -> Iterator[tuple[str, Grant]]:
    code = "; ".join(cell.codes)
    condition = "; ".join(cell.conditions)
    for reach in ("none", *OPEN):
        if reach == cell.reach or (cell.reach in ("none", "never") and reach == "none"):
            continue
        closed = reach == "none"
        yield reach, Grant(Reach(reach), "X" if closed else code, "" if closed else condition)


def test_another_reach_is_noticed(prepared: Prepared, told: Told) -> None:
    engine, found = prepared
    tried, missed = 0, Counter[tuple[str, ...]]()
    for cell, askings in found.items():
        for reach, grant in _reaches(cell):
            before = "none" if cell.reach == "never" else cell.reach
            if {(cell.role, before, reach), (cell.role, reach, before)} & SAME_BY_NATURE:
                continue
            tried += 1
            if not _noticed(engine, _with(CATALOG[cell.kind], cell, grant), askings):
                missed[cell.kind, cell.verb, cell.role, cell.reach, reach] += 1
    told(f"reaches exchanged and noticed: {tried - missed.total()} of {tried}")
    assert set(missed) == SAME_IN_EFFECT
    assert tried >= 5000


def test_a_condition_taken_away_is_noticed(prepared: Prepared, told: Told) -> None:
    engine, found = prepared
    tried, missed = 0, []
    for cell, askings in found.items():
        for place, condition in enumerate(cell.conditions):
            tried += 1
            rest = [one for one in cell.conditions if one != condition]
            codes = [one for at, one in enumerate(cell.codes) if at != place]
            grant = Grant(Reach(cell.reach), "; ".join(codes), "; ".join(rest))
            if not _noticed(engine, _with(CATALOG[cell.kind], cell, grant), askings):
                missed.append((cell.kind, cell.verb, cell.fields, cell.edge, cell.role, condition))
    told(f"conditions taken away and noticed: {tried - len(missed)} of {tried}")
    assert missed == []


def test_another_code_is_noticed(prepared: Prepared, told: Told) -> None:
    engine, found = prepared
    tried, missed = 0, []
    for cell, askings in found.items():
        if cell.codes and (cell.conditions or cell.reach in ("none", "never")):
            tried += 1
            grant = Grant(Reach(cell.reach), "; ".join("X" for _ in cell.codes), "; ".join(cell.conditions))
            if not _noticed(engine, _with(CATALOG[cell.kind], cell, grant), askings):
                missed.append((cell.kind, cell.verb, cell.fields, cell.edge, cell.role))
    told(f"codes exchanged and noticed: {tried - len(missed)} of {tried}")
    assert missed == []


def _differs(prepared: Prepared, rights: Rights, change: Callable[[Any], Any]) -> bool:
    _, found = prepared
    for askings in found.values():
        for one in askings:
            question = one.question
            path = "" if question.field == "*" else question.field
            who = change(one.principal)
            said = rights.decide(who, question.cell.verb, one.entity, path=path, edge=question.cell.edge)
            if (said.allowed, said.code) != (one.expected.allowed, one.expected.code):
                return True
    return False


@pytest.mark.parametrize("answer", [True, False])
def test_what_a_condition_means_is_noticed(
    prepared: Prepared, told: Told, monkeypatch: pytest.MonkeyPatch, *, answer: bool
) -> None:
    engine, found = prepared
    words = {condition for cell in found for condition in cell.conditions}
    meant = Rights.holds
    missed = []
    for word in sorted(words):

        def holds(self: Rights, condition: str, question: Any, word: str = word) -> bool:
            return answer if condition == word else meant(self, condition, question)

        monkeypatch.setattr(Rights, "holds", holds)
        if not _differs(prepared, Rights(engine.catalog, engine.live, NOW), lambda who: who):
            missed.append(word)
    told(f"conditions that always say {answer} and noticed: {len(words) - len(missed)} of {len(words)}")
    assert missed == []
    assert len(words) >= 10


@pytest.mark.parametrize(
    "gone",
    [{"barred": ""}, {"scope": frozenset()}, {"reads": frozenset()}, {"annex": frozenset()}, {"selves": frozenset()},
     {"company": None}],
    ids=lambda one: next(iter(one)),
)  # fmt: skip
def test_what_a_person_is_made_of_is_noticed(prepared: Prepared, gone: dict[str, Any]) -> None:
    engine, _ = prepared
    assert _differs(prepared, Rights(engine.catalog, engine.live, NOW), lambda who: replace(who, **gone))
