"""People of portals are no actors: every cell of the matrix that speaks of them is answered with OPR-09, and no write.

Their cells say what the portals allow, and the access report uses them. Whoever asks here with the name of such a
person, alone or beside an operator, is nobody (OPR-09), and then no other rule of policy is reported.
"""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.model.diagnostic import errors_in
from reconciler.model.errors import Denied, InvalidManifests
from reconciler.operations.apply import Orders, apply
from reconciler.operations.plan import plan
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.validate_for import validate_for
from tests.operations.doors import nobody
from tests.oracle.asked import Question, oracle_of, questions
from tests.oracle.conftest import Told
from tests.oracle.databases import CATALOG, Base, Embedded, manifest
from tests.oracle.oracle import OPERATORS, WRITES, Cell, Key, read_matrix
from tests.oracle.probes import ANCHOR, SPECS, Probe, probe
from tests.oracle.world import NOW, mail, things

PORTALS = ("customer", "individual")
PEOPLE: dict[str, tuple[str, ...]] = {
    "customer": ("user@casa.farol.example.com", "farol/casa-user", "farol/casa-care", "farol-casa"),
    "individual": ("person@casa.farol.example.com", "farol/casa-person", "farol-casa-person"),
}
"""By which names such people are known: the address of mail, the address of the resource, the login."""


def asked() -> dict[Cell, Probe]:
    """Every writing cell of a portal role, with manifests that ask for what it is about."""
    cells = read_matrix()
    oracle = oracle_of(things(), cells)
    operators = [cell for cell in cells if cell.verb in WRITES and cell.role in OPERATORS]
    made: dict[tuple[str, str, tuple[str, ...], str], Probe] = {}
    for question in questions(things(), operators, oracle, kinds=frozenset(CATALOG)):
        key = _about(question.cell)
        if key not in made:
            found = probe(question)
            if found is not None and not found.state:
                made[key] = found
    return {
        cell: made.get(_about(cell)) or _any(cell) for cell in cells if cell.verb in WRITES and cell.role in PORTALS
    }


def _about(cell: Cell) -> tuple[str, str, tuple[str, ...], str]:
    return (cell.kind, cell.verb, cell.fields, cell.edge)


def _any(cell: Cell) -> Probe:
    """What no manifest asks without an error is asked for by one that asks for nothing."""
    actor: Key = ("Operator", "", "root")
    return Probe(Question(cell, actor, ANCHOR, {}, "*"), (manifest(ANCHOR, SPECS[ANCHOR]),), (ANCHOR[0],))


def _code(doors: Doors, request: Request, verb: str) -> str:
    """The code with which a verb ends."""
    orders = Orders(agree=lambda _: True, clock=lambda: NOW)
    try:
        if verb == "apply":
            apply(doors, request, orders, nobody)
        elif verb == "plan":
            plan(doors, request)
        elif errors_in(list(validate_for(doors, request).diagnostics)):
            return "invalid"
    except Denied as error:
        return error.code
    except InvalidManifests:
        return "invalid"
    return "none"


def answers(base: Base, *, step: int) -> tuple[int, int, Counter[str]]:
    """How many of the cells were asked about, how many there are, and the codes with which the three verbs ended."""
    found = asked()
    every = {cell for cell in read_matrix() if cell.verb in WRITES and cell.role in PORTALS}
    assert set(found) == every
    chosen = list(found.items())[::step]
    codes: Counter[str] = Counter()
    for place, (cell, one) in enumerate(chosen):
        names = PEOPLE[cell.role]
        name = names[place % len(names)]
        people = People(names=(name,) if place % 3 else (mail(("Operator", "", "root")), name))
        for verb in ("validate", "plan", "apply"):
            code = _code(base.doors(one.documents), Request(targets=one.targets, people=people), verb)
            if code == "invalid":  # the manifest is wrong by itself: then nobody is asked who asks
                code = _code(base.doors(_any(cell).documents), Request(people=people), verb)
            codes[code] += 1
    return len(chosen), len(every), codes


@pytest.mark.timeout(900)
def test_people_of_portals_are_nobody_at_every_cell(base: Base, told: Told) -> None:
    """A share of the cells; the campaign asks about every one."""
    before = base.content()
    number, every, codes = answers(base, step=8 if isinstance(base, Embedded) else 40)
    told(f"cells of portals answered, {type(base).__name__}: {number} of {every} cells, {dict(codes)}")
    assert codes == {"OPR-09": 3 * number}
    assert base.content() == before
