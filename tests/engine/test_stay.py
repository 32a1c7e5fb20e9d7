"""What stays: which fields, why, and the manifest with their live values."""

from __future__ import annotations

from typing import Any

from reconciler.engine.diff import diff
from reconciler.engine.leave import leave
from reconciler.engine.stay import Reason, Staying, stay
from reconciler.model.address import Address
from reconciler.model.resource import Live
from reconciler.model.waiver import Waivers
from tests.engine.test_leave import waiving
from tests.engine.worlds import applied, gadget, partner, person, resolved, touched

LAMP = Address("Gadget", "farol", "lamp")
ANA = Address("Person", "", "ana")


def staying(resources: list[Any], live: Live, *, waivers: Waivers | None = None) -> tuple[Staying, ...]:
    view, found = resolved(resources, live)
    assert found == []
    kept = leave(diff(view, {}), waivers or Waivers(), only_drift=False)
    return stay(view, kept.differences, kept.fields)


def lamp(name: str = "lamp", **given: Any) -> Any:
    """A gadget that says its state."""
    return gadget(name, **{"state": "active", **given})


def ignoring(*paths: str, **given: Any) -> list[Any]:
    return [partner(), lamp(lifecycle={"ignoreChanges": list(paths)}, **given)]


def test_an_ignored_field_stays_when_another_one_is_written() -> None:
    live = touched(applied(ignoring("colour", colour="red")), LAMP, colour="blue")
    [one] = staying(ignoring("colour", colour="red", size=2), live)
    assert (one.address, dict(one.paths), one.written) == (LAMP, {"colour": Reason.IGNORED}, True)
    assert one.behind().tree["spec"] == {
        "title": "Lamp",
        "serial": "no-lamp",
        "state": "active",
        "colour": "blue",
        "size": 2,
    }
    assert one.before().tree["spec"]["size"] == 1
    assert one.entity.resource is not None
    assert one.entity.resource.document.tree["spec"]["colour"] == "red"


def test_what_stays_as_the_manifest_says_is_nothing() -> None:
    live = applied(ignoring("colour", colour="red"))
    assert staying(ignoring("colour", colour="red", size=2), live) == ()


def test_without_a_change_nothing_is_looked_at() -> None:
    live = touched(applied(ignoring("colour", colour="red")), LAMP, colour="blue")
    assert staying(ignoring("colour", colour="red"), live) == ()


def test_a_label_is_no_change_that_anything_has_to_fit() -> None:
    live = touched(applied(ignoring("colour", colour="red")), LAMP, colour="blue")
    assert staying(ignoring("colour", colour="red", labels={"a": "b"}), live) == ()


def test_waived_drift_stays_beside_what_is_written_elsewhere() -> None:
    live = touched(applied([partner(), lamp(colour="red")]), LAMP, colour="blue")
    [one] = staying([partner(), lamp(colour="red"), lamp("torch")], live, waivers=waiving("Gadget/*", "colour"))
    assert (dict(one.paths), one.written) == ({"colour": Reason.WAIVED}, False)


def test_a_state_that_the_manifest_leaves_out_stays() -> None:
    live = touched(applied([person()]), ANA, state="blocked")
    [one] = staying([person(title="Anna")], live)
    assert dict(one.paths) == {"state": Reason.LEFT_OUT}
    assert one.behind().tree["spec"] == {"title": "Anna", "state": "blocked"}


def test_an_object_of_which_nothing_is_there_is_taken_out() -> None:
    live = applied([person()])
    after = person(title="Anna", purse={"account": "1"}, lifecycle={"ignoreChanges": ["purse"]})
    [one] = staying([after], live)
    assert set(one.paths) == {"purse.account", "purse.currency", "state"}
    assert "purse" not in one.behind().tree["spec"]


def test_an_object_of_which_a_part_is_written_lacks_the_part_that_stays() -> None:
    live = applied([person()])
    after = person(title="Anna", purse={"account": "1"}, lifecycle={"ignoreChanges": ["purse.account"]})
    [one] = staying([after], live)
    assert one.behind().tree["spec"]["purse"] == {}
    assert one.concerning("purse.account") == "purse.account"


def test_an_object_that_is_left_to_the_world_stays_when_git_takes_it_out() -> None:
    live = applied([person(purse={"account": "1"})])
    [one] = staying([person(title="Anna", lifecycle={"ignoreChanges": ["purse"]})], live)
    assert one.behind().tree["spec"]["purse"] == {"account": "1", "currency": "EUR"}
    assert one.concerning("purse") in ("purse.account", "purse.currency")


def test_the_place_is_the_entry_that_leaves_it_to_the_world() -> None:
    live = touched(applied(ignoring("size", "colour", colour="red")), LAMP, colour="blue")
    [one] = staying(ignoring("size", "colour", colour="red", title="Lamp 2"), live)
    assert one.entity.resource is not None
    places = one.entity.resource.document.places
    assert one.place("colour") == places.keys[("lifecycle", "ignoreChanges", 1)]


def test_a_secret_that_stays_is_never_read_and_counts_as_there() -> None:
    before = [partner(), lamp(password={"fromEnv": "TOKEN", "version": "1"})]
    [one] = staying(ignoring("password", size=2), applied(before))
    assert dict(one.paths) == {"password": Reason.IGNORED}
    assert one.behind().tree["spec"]["password"] == {"fromEnv": "KEPT"}


def test_what_is_ignored_is_told_before_what_is_left_out() -> None:
    live = touched(applied([partner(), gadget(lifecycle={"ignoreChanges": ["codeWord"]})]), LAMP, code_word="x")
    [one] = staying([partner(), gadget(size=2, lifecycle={"ignoreChanges": ["codeWord"]})], live)
    assert set(one.paths) == {"state", "codeWord"}
    assert one.concerning("size") == "codeWord"
