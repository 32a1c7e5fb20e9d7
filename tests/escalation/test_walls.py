"""Each wall against escalation, taken away in turn: the attempt that it stops is noticed.

An attempt that ends as it should is what the other tests here assert. Without its wall it must end in another way, be
it that another wall behind it refuses with another code: so a test fails when the wall goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.engine import approve, guard
from reconciler.engine import authorize as judging
from reconciler.engine.authorize import needed as parting
from reconciler.engine.lens import Lens
from reconciler.model import rights as model
from reconciler.model.address import Address
from reconciler.model.after import live_after
from reconciler.model.authorization import Carriers
from reconciler.model.change import Action
from reconciler.model.rights import ALLOWED, Rights, Verdict
from reconciler.operations import apply as applying
from reconciler.operations import plan as planning
from reconciler.operations.outside import Inside
from tests.escalation.estate import JUDGED, Estate, known
from tests.oracle.asked import Asked
from tests.oracle.oracle import Key
from tests.oracle.world import things

ROOT, ROOT_TWO, AUDITOR = known("", "root"), known("", "root-two"), known("", "aud-farol")
PAULA, DIANA, DORA, ISA = known("farol", "paula"), known("duna", "diana"), known("arco", "dora"), known("farol", "isa")
SYSTEM: Key = ("SystemConfiguration", "", "platform")
FAROL: Key = ("Partner", "", "farol")
DUNA: Key = ("Partner", "", "duna")
ISSUER: Key = ("Issuer", "farol", "farol-a")
BILLING: Key = ("Category", "duna", "billing")
SPARE: Key = ("Certificate", "farol", "farol-a-spare")
Patch = pytest.MonkeyPatch
Held = Callable[[Estate], bool]


def refused(estate: Estate, *who: str, code: str, exit_code: int = 4, more: tuple[str, ...] = ()) -> bool:
    """Whether an apply ends as it should, with nothing written."""
    before = estate.content()
    told = estate.apply(*who, more=more)
    return told.code == exit_code and code in told.err and estate.content() == before


# --- attempts --------------------------------------------------------------------------------------------------------


def own_state(estate: Estate) -> bool:
    estate.write(("Operator", "", "root"), {"state": "suspended"})
    return refused(estate, ROOT, code="OPR-04")


def first_half_for_the_second(estate: Estate) -> bool:
    estate.write(DUNA, {"parent": "arco"})
    mailbox = {
        "address": "new@duna.example.com",
        "tenantId": "11111111-2222-3333-4444-555555555555",
        "clientId": "11111111-2222-3333-4444-666666666666",
        "clientSecret": {"fromEnv": "SECRET"},
        "clientSecretExpiresAt": "2027-06-01",
    }
    estate.write(("SupportMail", "duna", "new"), mailbox)
    return refused(estate, ROOT, DORA, code="SUP-08")


def foreign_parent(estate: Estate) -> bool:
    estate.write(DUNA, {"parent": "arco"})
    return refused(estate, DORA, code="PRM-02")


def foreign_change(estate: Estate) -> bool:
    estate.write(BILLING, {"displayName": "Mine"})
    return refused(estate, PAULA, code="PRM-02")


def foreign_adoption(estate: Estate) -> bool:
    estate.sql("DELETE FROM reconciler_resources WHERE kind = 'Category' AND tenant = 'duna'")
    estate.write(BILLING)
    return refused(estate, PAULA, code="PRM-02")


def foreign_lifecycle(estate: Estate) -> bool:
    estate.write(BILLING, lifecycle={"protect": True})
    return refused(estate, PAULA, code="PRM-02")


def foreign_ledger(estate: Estate) -> bool:
    estate.put(BILLING, display_name="Accepted")
    estate.write(BILLING, {"displayName": "Accepted"})
    before = estate.content()
    estate.apply(PAULA)
    return estate.content() == before


def foreign_management(estate: Estate) -> bool:
    estate.write(BILLING, lifecycle={"management": "createOnly"})
    return refused(estate, PAULA, code="PRM-02")


def foreign_guess(estate: Estate) -> bool:
    estate.settings()
    estate.write(BILLING)
    return refused(estate, PAULA, code="PRM-02")


def foreign_values(estate: Estate) -> bool:
    """What a foreign resource is like stands nowhere."""
    estate.put(BILLING, display_name="Undisclosed")
    estate.write(BILLING, {"displayName": "Mine"})
    told = estate.plan(PAULA)
    return told.code == 4 and "Undisclosed" not in told.out + told.err


def foreign_key(estate: Estate) -> bool:
    """That a natural key is taken is told without the address of what holds it."""
    spec = {**estate.specs["ClientService", "farol", "farol-a-two"], "alias": "duna-a-one"}
    estate.write(("ClientService", "farol", "farol-a-new"), spec)
    told = estate.apply(PAULA)
    return told.code == 1 and "ClientService/duna" not in told.out + told.err


def foreign_errors(estate: Estate) -> bool:
    """What is wrong with a foreign resource is no finding of somebody who may not read it."""
    estate.write(("Certificate", "duna", "duna-a-seal"), {"alias": "another", "use": "signature"})
    told = estate.apply(ISA)
    return told.code == 4 and "GEN-05" not in told.out + told.err


def foreign_counts(estate: Estate) -> bool:
    """Deletes of another tenant are counted in no budget that is told."""
    desk = _desk(estate, "duna", 8)
    estate.write(FAROL)
    assert estate.apply(ROOT, DIANA).code == 0
    for key in desk:
        estate.remove(key)
    told = estate.plan(PAULA, more=("--prune", "--target", "Category/*/topic*"))
    return "too many resources" in " ".join(told.out.split()) and "duna" not in told.out + told.err


def _desk(estate: Estate, tenant: str, number: int) -> list[Key]:
    """Help desk entries of a tenant."""
    desk: list[Key] = [("Category", tenant, f"topic{one}") for one in range(number)]
    for key in desk:
        estate.write(key, {"displayName": key[2]})
    return desk


def somebody_elses_step(estate: Estate) -> bool:
    estate.write(FAROL, {"state": "blocked"})
    return refused(estate, PAULA, code="PRM-03")


def a_persons_step(estate: Estate) -> bool:
    estate.put(SPARE, state="active")
    estate.write(SPARE, {"state": "active"})
    assert estate.apply(ISA).code == 0
    estate.put(SPARE, state="pending-authorization")
    estate.write(SPARE, {"state": "suspended"})
    return refused(estate, ROOT, code="CRT-01")


def a_step_by_hand(_estate: Estate) -> bool:
    """Its issuer may ask for it, and the program does not walk it."""
    asked = Asked(things())
    entity = asked.rights.view.at(Address(*SPARE))
    assert entity is not None
    who = asked.principal(("Operator", "farol", "isa"))
    return asked.rights.decide(who, "transition", entity, edge="pending-authorization->active").code == "LIF-04"


def a_higher_stop(estate: Estate) -> bool:
    estate.write(ISSUER, {"state": "blocked"})
    assert estate.apply(ROOT).code == 0
    estate.write(ISSUER, {"state": "active"})
    return refused(estate, PAULA, code="LIF-03")


def an_own_create_row(estate: Estate) -> bool:
    estate.write(("Customer", "farol", "fresh"), {**estate.specs["Customer", "farol", "casa"], "companyName": "Fresh"})
    user = {**estate.specs["CustomerUser", "farol", "casa-user"], "customer": "fresh", "email": "first@new.example.com"}
    estate.write(("CustomerUser", "farol", "fresh-user"), user)
    estate.write(("Customer", "farol", "fresh"), {"plan": "enterprise"})
    return refused(estate, PAULA, code="PRM-01")


def a_lifted_protection(estate: Estate) -> bool:
    estate.write(ISSUER, lifecycle={"protect": True})
    assert estate.apply(PAULA).code == 0
    estate.write(ISSUER, lifecycle={"protect": False})
    return refused(estate, PAULA, code="PRM-03")


def an_auditor(estate: Estate) -> bool:
    estate.write(SYSTEM)
    return refused(estate, AUDITOR, code="OPR-06")


def an_auditor_with_others_behind(estate: Estate) -> bool:
    estate.write(SYSTEM, {"custodyYears": 12})
    told = estate.plan(AUDITOR, ROOT)
    return told.code == 4 and "OPR-06" in told.out


def a_barred_approver(estate: Estate) -> bool:
    estate.write(SYSTEM, {"custodyYears": 12})
    return refused(estate, PAULA, known("", "root-out"), code="OPR-09")


def a_suspended_company(estate: Estate) -> bool:
    estate.write(("Partner", "", "parada"), {"legalName": "Parada, S.A."})
    return refused(estate, known("parada", "paco"), code="OPR-09")


def the_same_person_twice(estate: Estate) -> bool:
    estate.write(FAROL, {"billing": {"account": "FAR-2"}})
    return refused(estate, ROOT, ROOT, code="GEN-25")


def no_second_person(estate: Estate) -> bool:
    estate.write(FAROL, {"billing": {"account": "FAR-2"}})
    return refused(estate, ROOT, code="GEN-25")


def an_approver_without_the_right(estate: Estate) -> bool:
    estate.write(FAROL, {"billing": {"account": "FAR-2"}})
    return refused(estate, ROOT, PAULA, code="GEN-25")


def enough_administrators(estate: Estate) -> bool:
    estate.settings(JUDGED, "guards: {minAdministrators: 2}")
    estate.write(("Operator", "", "root-two"), {"state": "suspended"})
    return refused(estate, ROOT, code="GRD-05", exit_code=7)


def too_many_deletes(estate: Estate) -> bool:
    desk = _desk(estate, "farol", 12)
    estate.write(FAROL)
    assert estate.apply(PAULA).code == 0
    for key in desk:
        estate.remove(key)
    return refused(estate, PAULA, code="GRD-01", exit_code=7, more=("--prune", "--target", "Category/farol/topic*"))


def the_own_door(estate: Estate) -> bool:
    """Behind the wall of the own state: nobody locks himself out (GRD-06)."""
    with pytest.MonkeyPatch.context() as first:
        _never_oneself(first)
        estate.write(("Operator", "", "root"), {"state": "suspended"})
        return refused(estate, ROOT, code="GRD-06", exit_code=7)


def a_gift(estate: Estate) -> bool:
    """Behind the matrix: an operator of an issuer who could edit a tier would lift the operators of the partner."""
    decide = Rights.decide

    def without(self: Rights, who: Any, verb: str, entity: Any, *, path: str = "", edge: str = "") -> Verdict:
        return ALLOWED if path == "tier" else decide(self, who, verb, entity, path=path, edge=edge)

    with pytest.MonkeyPatch.context() as first:
        first.setattr(Rights, "decide", without)
        estate.write(FAROL, {"tier": "distributor"})
        return refused(estate, ISA, code="CLS-01")


def a_denied_plan_as_a_whole(estate: Estate) -> bool:
    """What is the own in a plan of which a part is denied is not written either (GEN-07)."""
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    estate.write(SYSTEM, {"custodyYears": 12})
    return refused(estate, PAULA, code="PRM-01")


# --- walls -----------------------------------------------------------------------------------------------------------


def _never_oneself(patch: Patch) -> None:
    patch.setitem(model._CONDITIONS, "not self", lambda _question: True)  # type: ignore[index]  # a constant


def _no_level(patch: Patch) -> None:
    patch.setitem(model._CONDITIONS, "level of stopper", lambda _question: True)  # type: ignore[index]  # a constant


def _any_hand(patch: Patch) -> None:
    patch.setitem(model._CONDITIONS, model.BY_HAND, lambda _question: True)  # type: ignore[index]  # a constant


def _judged_behind_the_plan(patch: Patch) -> None:
    """Rights as they will be, and not as they are."""
    judge = judging.authorize

    def late(rights: Rights, plan: Any, view: Any, carriers: Carriers) -> Any:
        after = Rights(rights.catalog, live_after(rights.catalog, rights.view.live, plan), rights.now, planned=view)
        people = tuple(after.principal_of(after.view.at(one.address)) for one in carriers.people)
        return judge(after, plan, view, replace(carriers, people=people))

    patch.setattr(planning, "authorize", late)


def _one_end(patch: Patch) -> None:
    """A resource counts as in reach where the plan puts it, wherever it stands."""
    inside = Rights._inside

    def after_alone(self: Rights, who: Any, reach: Any, entity: Any, owners: Any, *, after: bool) -> bool:
        return (entity.declared and not after) or inside(self, who, reach, entity, owners, after=after)

    patch.setattr(Rights, "_inside", after_alone)


def _no_reach(patch: Patch) -> None:
    patch.setattr(Rights, "covers", lambda *_, **__: True)


def _adopting_is_free(patch: Patch) -> None:
    needs = judging.needs_a_right
    patch.setattr(
        judging, "needs_a_right", lambda change, view: change.action is not Action.ADOPT and needs(change, view)
    )


def _managing_is_free(patch: Patch) -> None:
    patch.setattr(Rights, "manages", lambda *_: ALLOWED)


def _unprotecting_is_free(patch: Patch) -> None:
    patch.setattr(Rights, "unprotects", lambda *_: ALLOWED)


def _renewing_is_free(patch: Patch) -> None:
    patch.setattr(parting, "manages_otherwise", lambda *_: False)


def _everything_is_noted(patch: Patch) -> None:
    patch.setattr(judging._Judge, "noted", lambda _, plan: plan)


def _nothing_is_outside(patch: Patch) -> None:
    patch.setattr(planning, "set_aside", lambda _doors, _request, judged, _live, **_: Inside(judged=judged))


def _a_lens_of_glass(patch: Patch) -> None:
    everything = Lens._paths
    patch.setattr(Lens, "readable", lambda self, one: everything(self, one) or frozenset({"displayName", "state"}))


def _words_of_glass(patch: Patch) -> None:
    patch.setattr(Lens, "words", lambda _, text: text)


def _denials_of_glass(patch: Patch) -> None:
    """Of what lies outside every denial and every error is told."""
    patch.setattr(judging._Judge, "_seen", lambda *_: True)


def _counts_of_glass(patch: Patch) -> None:
    whole = guard.guard

    def told(plan: Any, view: Any, policy: Any, **_: Any) -> Any:
        return whole(plan, view, policy)

    patch.setattr(planning, "guard", told)


def _steps_are_free(patch: Patch) -> None:
    judge = judging._Judge._decide
    free = lambda self, who, part: ALLOWED if part.edge else judge(self, who, part)  # noqa: E731 - one line, one wall
    patch.setattr(judging._Judge, "_decide", free)


def _nobody_is_asked(patch: Patch) -> None:
    patch.setattr(parting, "_asks_anew", lambda *_: False)


def _creating_opens_every_field(patch: Patch) -> None:
    patch.setattr(parting, "_fields_of_their_own", lambda *_, **__: iter(()))


def _auditors_run(patch: Patch) -> None:
    patch.setattr(applying, "may_write", lambda *_: None)


def _auditors_are_lent_to(patch: Patch) -> None:
    made = judging._Judge.__init__

    def together(self: Any, rights: Any, view: Any, carriers: Carriers) -> None:
        made(self, rights, view, carriers)
        self._carriers = carriers.everybody

    patch.setattr(judging._Judge, "__init__", together)


def _barred_people_act(patch: Patch) -> None:
    find = Rights.find
    patch.setattr(
        Rights, "find", lambda self, name: None if (one := find(self, name)) is None else replace(one, barred="")
    )


def _suspended_companies_act(patch: Patch) -> None:
    find = Rights.find
    patch.setattr(
        Rights, "find", lambda self, name: None if (one := find(self, name)) is None else replace(one, only=None)
    )


def _makers_approve(patch: Patch) -> None:
    patch.setattr(approve, "_made_it", lambda *_: False)


def _nothing_is_missing(patch: Patch) -> None:
    patch.setattr(applying, "missing", lambda *_, **__: [])


def _everybody_approves(patch: Patch) -> None:
    patch.setattr(approve, "_why_not", lambda *_: "")


def _no_doors(patch: Patch) -> None:
    patch.setattr(guard, "_doors", lambda *_, **__: iter(()))


def _no_budget(patch: Patch) -> None:
    patch.setattr(guard, "_budget", lambda *_, **__: iter(()))


def _no_own_door(patch: Patch) -> None:
    patch.setattr(planning, "guard_applicant", lambda *_: [])


def _no_closure(patch: Patch) -> None:
    patch.setattr(planning, "closed", lambda *_: ())


def _denials_refuse_nothing(patch: Patch) -> None:
    patch.setattr(planning.Proposal, "denials", ())


@dataclass(frozen=True)
class Wall:
    """What takes a wall away, and an attempt that it stops."""

    remove: Callable[[Patch], None]
    attempt: Held


WALLS = {
    "nobody changes the own state": Wall(_never_oneself, own_state),
    "rights are those before the plan": Wall(_judged_behind_the_plan, first_half_for_the_second),
    "both ends lie in the reach": Wall(_one_end, foreign_parent),
    "reach": Wall(_no_reach, foreign_change),
    "adopting needs a right": Wall(_adopting_is_free, foreign_adoption),
    "the envelope needs a right": Wall(_managing_is_free, foreign_lifecycle),
    "managing otherwise needs a right": Wall(_renewing_is_free, foreign_management),
    "lifting protection needs the right to delete": Wall(_unprotecting_is_free, a_lifted_protection),
    "the ledger of what is not seen stays": Wall(_everything_is_noted, foreign_ledger),
    "a guess is denied": Wall(_nothing_is_outside, foreign_guess),
    "the lens hides fields": Wall(_a_lens_of_glass, foreign_values),
    "the lens hides addresses in words": Wall(_words_of_glass, foreign_key),
    "denials hide what is outside": Wall(_denials_of_glass, foreign_errors),
    "guards tell what is seen": Wall(_counts_of_glass, foreign_counts),
    "each step needs its right": Wall(_steps_are_free, somebody_elses_step),
    "a step of a person needs its right": Wall(_nobody_is_asked, a_persons_step),
    "a step of a person is walked by none": Wall(_any_hand, a_step_by_hand),
    "who resumes stands at the level of the stop": Wall(_no_level, a_higher_stop),
    "a creation opens no field with a row of its own": Wall(_creating_opens_every_field, an_own_create_row),
    "an auditor applies nothing": Wall(_auditors_run, an_auditor),
    "an auditor is lent nothing": Wall(_auditors_are_lent_to, an_auditor_with_others_behind),
    "who is barred is nobody": Wall(_barred_people_act, a_barred_approver),
    "a suspended company has the way back alone": Wall(_suspended_companies_act, a_suspended_company),
    "who applies does not approve": Wall(_makers_approve, the_same_person_twice),
    "what is weighty needs a second person": Wall(_nothing_is_missing, no_second_person),
    "an approver has the right to approve": Wall(_everybody_approves, an_approver_without_the_right),
    "enough administrators remain": Wall(_no_doors, enough_administrators),
    "deletes have a budget": Wall(_no_budget, too_many_deletes),
    "nobody locks himself out": Wall(_no_own_door, the_own_door),
    "nobody gives what is not his to give": Wall(_no_closure, a_gift),
    "a denied plan is refused whole": Wall(_denials_refuse_nothing, a_denied_plan_as_a_whole),
}


@pytest.mark.parametrize("name", sorted(WALLS))
def test_a_wall_that_goes_is_noticed(name: str, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = WALLS[name]
    estate.judged()  # so that each wall stands alone: by default nothing of this gets so far
    assert wall.attempt(estate)
    with monkeypatch.context() as patch:
        wall.remove(patch)
        assert not wall.attempt(estate)
