"""apply step by step: what happens in which order, and what every refusal leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.errors import (
    Denied,
    Held,
    InvalidManifests,
    LockTimeout,
    OutcomeUnknown,
    ReconcilerError,
    Stale,
)
from reconciler.model.failpoint import armed
from reconciler.model.resource import Live
from reconciler.model.run import Event, Outcome
from reconciler.operations.apply import Applied, Orders, apply, touched
from reconciler.operations.plan import plan
from reconciler.operations.request import People, Request
from tests.engine import worlds
from tests.operations.doors import GOVERNED, INSTALLED, NOW, Sink, Store, doors, nobody, staffed

SECRET = {"fromEnv": "LAMP", "version": "1"}


def orders(**how: Any) -> Orders:
    given = {"applicant": "ines@farol.example.com", "agree": lambda _proposal: True, "clock": lambda: NOW}
    return Orders(**{**given, **how})


def run(resources: list[Any], store: Store, *, request: Request | None = None, **how: Any) -> Applied:
    secrets = how.pop("secrets", {})
    listener = how.pop("listener", nobody)
    return apply(doors(resources, store, **secrets), request or INSTALLED, orders(**how), listener)


def test_secrets_are_read_before_the_transaction_begins() -> None:
    store = Store()
    run([worlds.partner(), worlds.gadget(password=SECRET)], store, secrets={"LAMP": "abc"})
    begun = store.log.index("begin ,farol")
    assert store.log[begun:] == ["begin ,farol", "write", "commit", "end"]
    assert "secret LAMP of farol" in store.log[:begun]


def test_a_secret_reaches_the_database_sealed_only() -> None:
    store = Store()
    run([worlds.partner(), worlds.gadget(password=SECRET)], store, secrets={"LAMP": "abc"})
    assert store.sealed == {(Address("Gadget", "farol", "lamp"), "password"): ("encrypted cba", None)}


def test_a_secret_without_version_leaves_its_fingerprint() -> None:
    store = Store()
    run([worlds.partner(), worlds.gadget(password={"fromEnv": "LAMP"})], store, secrets={"LAMP": "abc"})
    assert list(store.sealed.values()) == [("encrypted cba", "print Gadget/farol/lamp password cba")]


def test_a_missing_secret_touches_nothing() -> None:
    store = Store()
    with pytest.raises(InvalidManifests) as caught:
        run([worlds.partner(), worlds.gadget(password=SECRET)], store)
    assert [one.code for one in caught.value.diagnostics] == ["GEN-22"]
    assert not any(one.startswith("begin") for one in store.log)


def test_a_secret_to_be_made_needs_a_sink() -> None:
    store = Store()
    with pytest.raises(InvalidManifests) as caught:
        run([worlds.partner(), worlds.gadget(password={"generate": True})], store)
    assert [(one.code, one.path) for one in caught.value.diagnostics] == [("GEN-22", "password")]
    assert not any(one.startswith("begin") for one in store.log)


def test_a_made_secret_goes_to_the_sink_and_sealed_into_the_database() -> None:
    store, sink = Store(), Sink()
    run([worlds.partner(), worlds.gadget(password={"generate": True})], store, sink=sink)
    assert [one.value.reveal() for one in sink.kept] == ["encrypted-24"]
    assert list(store.sealed.values()) == [("encrypted 42-detpyrcne", "generated")]
    assert not sink.discarded


def test_a_rolled_back_run_discards_its_secrets() -> None:
    store, sink = Store(fail_at="write"), Sink()
    with pytest.raises(KeyboardInterrupt):
        run([worlds.partner(), worlds.gadget(password={"generate": True})], store, sink=sink)
    assert (sink.discarded, store.log[-1], store.live.rows) == (True, "rollback", {})


def test_an_unknown_outcome_keeps_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_session: object) -> None:
        raise OutcomeUnknown("the connection was lost")

    monkeypatch.setattr("tests.operations.doors.Session.commit", lost)
    store, sink = Store(), Sink()
    with pytest.raises(OutcomeUnknown):
        run([worlds.partner(), worlds.gadget(password={"generate": True})], store, sink=sink)
    assert not sink.discarded


def test_a_fault_after_the_commit_never_says_that_nothing_was_applied() -> None:
    """Secrets that were made stay where they were put, for the database holds them."""
    store, sink = Store(), Sink()

    def fail(name: str) -> None:
        if name == "committed":
            raise ValueError(name)

    made = {"generate": True}
    with armed(fail), pytest.raises(OutcomeUnknown, match="the plan was applied") as caught:
        run([worlds.partner(), worlds.gadget(password=made)], store, sink=sink)
    assert caught.value.exit_code == 8
    assert len(store.committed) == 1
    assert not sink.discarded

    def early(name: str) -> None:
        if name == "before-commit":
            raise ValueError(name)

    with armed(early), pytest.raises(ValueError, match="before-commit"):
        run([worlds.partner()], untouched := Store())
    assert untouched.committed == []


def test_applying_twice_writes_once() -> None:
    store = Store()
    assert run([worlds.partner()], store).run.outcome is Outcome.APPLIED
    store.log.clear()
    assert run([worlds.partner()], store).run.outcome is Outcome.UNCHANGED
    assert store.log == ["read"]


def test_a_plan_that_only_renews_the_ledger_is_applied_without_a_question() -> None:
    live = worlds.applied([worlds.partner()])
    moved = worlds.touched(live, Address("Partner", "", "farol"), title="Lux")
    store = Store(moved)

    def never(_proposal: object) -> bool:
        raise AssertionError

    applied = run([worlds.partner(title="Lux")], store, agree=never)
    assert (applied.run.outcome, applied.run.changed, applied.proposal.plan.empty) == (Outcome.APPLIED, 0, True)
    assert run([worlds.partner(title="Lux")], store).run.outcome is Outcome.UNCHANGED


def test_no_is_no() -> None:
    store = Store()
    with pytest.raises(ReconcilerError) as caught:
        run([worlds.partner()], store, agree=lambda _proposal: False)
    assert (caught.value.exit_code, store.log) == (1, ["read"])


def test_a_row_that_moves_before_the_lock_is_named_and_nothing_is_written() -> None:
    live = worlds.applied([worlds.partner()])
    store = Store(live, meanwhile=worlds.touched(live, Address("Partner", "", "farol"), title="Elsewhere"))
    with pytest.raises(Stale, match="Partner/farol") as caught:
        run([worlds.partner(title="Lux")], store)
    assert (caught.value.exit_code, store.log[-2:]) == (5, ["begin ", "rollback"])


def test_a_held_lock_ends_with_its_own_code() -> None:
    with pytest.raises(LockTimeout) as caught:
        run([worlds.partner()], Store(locked=True))
    assert caught.value.exit_code == 6


def test_another_digest_than_the_reviewed_one_is_refused() -> None:
    store = Store()
    with pytest.raises(Stale):
        run([worlds.partner()], store, digest="sha256:00")
    assert store.log == ["read"]


def reviewed(resources: list[Any], store: Store) -> Any:
    return plan(doors(resources, store), Request()).plan


def test_a_reviewed_plan_is_applied_once_and_then_known_again() -> None:
    store = Store()
    resources = [worlds.partner(), worlds.gadget()]
    found = reviewed(resources, store)
    assert run(resources, store, reviewed=found, run_id="run-1").run.outcome is Outcome.APPLIED
    store.log.clear()
    again = run(resources, store, reviewed=found, run_id="run-1").run
    assert (again.outcome, again.added) == (Outcome.REPEATED, 2)
    assert "write" not in store.log


def test_a_run_with_another_digest_is_not_taken_for_the_reviewed_plan() -> None:
    store = Store()
    run([worlds.partner()], store, run_id="run-1")
    other = replace(reviewed([worlds.partner("lux")], store), digest="sha256:forged")
    with pytest.raises(Stale):
        run([worlds.partner()], store, reviewed=other, run_id="run-1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"manifests": "sha256:other"}, "the manifests have changed"),
        ({"commit": "a" * 40}, "the manifests have changed"),
        ({"identity": "db-2"}, "another database"),
        ({"environment": "staging"}, "environment staging"),
        ({}, "the waivers or the defaults"),
    ],
)
def test_stale_says_what_moved(change: dict[str, str], words: str) -> None:
    store = Store()
    found = replace(reviewed([worlds.partner()], store), digest="sha256:before", **change)
    if "commit" in change:
        found = replace(found, manifests="sha256:other")
    with pytest.raises(Stale, match=words):
        run([worlds.partner()], store, reviewed=found, run_id="x")


def test_a_plan_of_a_database_that_did_not_exist_fits_the_one_that_apply_makes() -> None:
    store = Store(replace(worlds.empty(), identity=""))
    found = reviewed([worlds.partner()], store)
    store.live = worlds.empty()
    assert run([worlds.partner()], store, reviewed=found, run_id="x").run.outcome is Outcome.APPLIED


def test_errors_and_guards_stop_before_the_question() -> None:
    asked: list[Any] = []
    live = worlds.applied([worlds.partner()])
    with pytest.raises(Held) as caught:
        run([], Store(live), agree=asked.append)
    assert ([one.code for one in caught.value.diagnostics], asked) == (["GRD-04"], [])
    with pytest.raises(InvalidManifests):
        run([worlds.partner(country="ESP")], Store(live), agree=asked.append)
    assert asked == []


def test_bootstrap_is_refused_where_somebody_is_in_charge() -> None:
    someone = worlds.resource(worlds.PERSON, "ana", title="Ana")
    row = worlds.touched(worlds.applied([someone]), Address("Person", "", "ana"), state="active")
    with pytest.raises(Denied, match="--bootstrap"):
        run([someone, worlds.partner()], Store(row), bootstrap=True)


def test_bootstrap_must_leave_somebody_in_charge() -> None:
    with pytest.raises(Denied, match="leave"):
        run([worlds.partner()], Store(), bootstrap=True)


def locked_out() -> tuple[Any, Live]:
    """Somebody whose manifest asks for the way back into being in charge, and the database before."""
    someone = worlds.resource(worlds.PERSON, "ana", title="Ana", state="active")
    return someone, worlds.touched(worlds.applied([someone]), someone.address, state="blocked")


def test_a_manifest_of_somebody_in_charge_is_not_enough_when_the_plan_leaves_it_out() -> None:
    someone, live = locked_out()
    everything = Request(people=People(installer="me"))
    assert run([someone], Store(live), request=everything, bootstrap=True).run.outcome is Outcome.APPLIED
    with pytest.raises(Denied, match="leave"):
        run(
            [someone, worlds.partner()],
            Store(live),
            request=replace(everything, targets=("Partner/*",)),
            bootstrap=True,
        )


def test_bootstrap_ends_where_somebody_was_put_in_charge_meanwhile() -> None:
    someone, live = locked_out()
    other = worlds.resource(worlds.PERSON, "rui", title="Rui")
    store = Store(live)
    row = worlds.touched(worlds.applied([other]), other.address, state="active").rows["Person"]
    store.meanwhile = replace(live, rows={**live.rows, "Person": {**live.rows["Person"], **row}})
    with pytest.raises(Denied, match="this one has one"):
        run([someone], store, request=Request(people=People(installer="me")), bootstrap=True)
    assert store.committed == []


def test_what_happens_is_told_in_order() -> None:
    heard: list[Event] = []
    run([worlds.partner()], Store(), listener=heard.append)
    assert [one.facts["step"] for one in heard] == ["lock", "check", "write", "commit", "done"]


def governed(store: Store, *names: str, resources: list[Any] | None = None, **how: Any) -> Applied:
    """Apply a partner where rights count, as these people."""
    wanted = [worlds.partner()] if resources is None else resources
    request = Request(people=People(names=names))
    return apply(replace(doors(wanted, store), catalog=GOVERNED), request, orders(**how), nobody)


def test_the_run_says_who_and_when() -> None:
    store = Store(staffed("ana", "rui"))
    governed(store, "rui", "ana")
    (found,) = store.committed
    assert (found.actor, found.approvers, found.started_at) == (
        "rui@example.com",
        ("ana@example.com",),
        "2026-06-15T12:00:00Z",
    )


def test_the_run_of_the_installer_names_whoever_that_was() -> None:
    store = Store()
    run([worlds.partner()], store)
    assert [(one.actor, one.approvers) for one in store.committed] == [("ines@farol.example.com", ())]


@pytest.mark.parametrize("names", [(), ("stranger",), ("ana", "stranger"), ("rui",)])
def test_nothing_is_applied_for_nobody(names: tuple[str, ...]) -> None:
    """OPR-09: without a name, with one that is no operator's, or one whose operator may not act."""
    live = worlds.touched(staffed("ana", "rui"), Address("Person", "", "rui"), state="blocked")
    store, asked = Store(live), list[Any]()
    with pytest.raises(Denied) as caught:
        governed(store, *names, agree=asked.append)
    assert ([one.code for one in caught.value.diagnostics], asked, store.log) == (["OPR-09"], [], ["read"])


@pytest.mark.parametrize("resources", [[worlds.partner()], []])
def test_an_auditor_applies_nothing_not_even_nothing(resources: list[Any]) -> None:
    """OPR-06."""
    store = Store(staffed("ana", "uma", auditor="uma"))
    people = [worlds.person("ana"), worlds.person("uma", title="Auditor")]
    with pytest.raises(Denied) as caught:
        governed(store, "uma", resources=[*people, *resources])
    assert ([one.code for one in caught.value.diagnostics], store.log) == (["OPR-06"], ["read"])


def test_a_right_that_is_lost_before_the_lock_counts_no_more() -> None:
    live = staffed("ana", "rui")
    store = Store(live, meanwhile=worlds.touched(live, Address("Person", "", "ana"), state="blocked"))
    with pytest.raises((Denied, Stale)):
        governed(store, "ana")
    assert store.log[-2:] == ["begin ", "rollback"]


def test_touched_names_each_tenant_once_in_order() -> None:
    found = reviewed([worlds.partner(), worlds.gadget(), worlds.gadget("bulb")], Store())
    assert touched(found) == ("", "farol")
