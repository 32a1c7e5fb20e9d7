"""The three-way comparison, on toy kinds."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.diff import diff, wanted_fingerprints
from reconciler.model.address import Address
from reconciler.model.change import Cause
from reconciler.model.difference import Difference, Standing
from tests.engine.worlds import applied, empty, gadget, partner, resolved, touched, unmanaged, without

LAMP = Address("Gadget", "farol", "lamp")


def differences(resources: list[Any], live: Any, **fingerprints: str) -> list[Difference]:
    """The differences of a set; ``fingerprints`` are those of the lamp."""
    view, found = resolved(resources, live)
    assert found == []
    return list(diff(view, {LAMP: fingerprints}).items)


def of_lamp(before: dict[str, Any], after: dict[str, Any], *, world: dict[str, Any] | None = None) -> list[Any]:
    """(path, cause, before, after, base) of the lamp's changed fields."""
    live = applied([partner(), gadget(**before)])
    if world:
        live = touched(live, LAMP, **world)
    found = differences([partner(), gadget(**after)], live)
    return [(one.path, one.cause, one.before, one.after, one.base) for made in found for one in made.fields]


def test_live_data_is_needed():
    view, _ = resolved([partner()])
    with pytest.raises(ValueError, match="live data"):
        diff(view, {})


def test_in_sync_is_only_counted():
    live = applied([partner(), gadget()])
    view, _ = resolved([partner(), gadget()], live)
    found = diff(view, {})
    assert found.items == ()
    assert found.unchanged == 2


class TestCauses:
    @pytest.mark.parametrize(
        ("manifest", "world", "cause"),
        [
            ("green", "red", Cause.INTENT),
            ("red", "blue", Cause.DRIFT),
            ("green", "blue", Cause.CONFLICT),
        ],
    )
    def test_who_moved(self, manifest: str, world: str, cause: Cause):
        found = of_lamp(
            {"colour": "red", "mode": "slow"}, {"colour": manifest, "mode": "slow"}, world={"colour": world}
        )
        assert found == [("colour", cause, world, manifest, "red")]

    def test_both_moved_to_the_same_value(self):
        live = touched(applied([partner(), gadget(colour="red")]), LAMP, colour="green")
        (found,) = differences([partner(), gadget(colour="green")], live)
        assert found.standing is Standing.STALE
        assert found.fields == ()

    def test_a_default_comes_to_hold(self):
        assert of_lamp({"size": 5}, {}) == [("size", Cause.DEFAULT, 5, 1, 5)]

    def test_drift_of_a_default_is_drift(self):
        assert of_lamp({}, {}, world={"size": 7}) == [("size", Cause.DRIFT, 7, 1, 1)]

    def test_a_value_that_git_removes_and_the_world_changed_is_a_conflict(self):
        assert of_lamp({"size": 5}, {}, world={"size": 7}) == [("size", Cause.CONFLICT, 7, 1, 5)]

    def test_lists_and_objects_are_shown_as_written(self):
        found = of_lamp({"steps": ["a"]}, {"steps": ["a", "b"], "contact": {"email": "a@example.com"}})
        assert found == [
            ("steps", Cause.INTENT, ["a"], ["a", "b"], ["a"]),
            ("contact.email", Cause.INTENT, None, "a@example.com", None),
        ]

    def test_labels_are_fields(self):
        found = of_lamp({"labels": {"a": "1"}}, {"labels": {"a": "2"}})
        assert found == [("metadata.labels", Cause.INTENT, {"a": "1"}, {"a": "2"}, {"a": "1"})]


class TestSpelling:
    @pytest.mark.parametrize(
        ("column", "stored"),
        [
            ("tags", '["b","a"]'),
            ("tags", '[ "a", "b" ]'),
            ("contact_email", "ANA@Example.com"),
            ("note", "one\r\ntwo"),
            ("parts", '[{"label":"b","weight":1,"pin":null},{"label":"a","weight":1,"pin":null}]'),
            ("labels", '{"y":"2", "x":"1"}'),
        ],
    )
    def test_a_difference_of_spelling_is_no_change(self, column: str, stored: str):
        given = {
            "tags": ["a", "b"],
            "contact": {"email": "ana@example.com"},
            "note": "one\ntwo",
            "parts": [{"label": "a"}, {"label": "b"}],
            "labels": {"x": "1", "y": "2"},
        }
        assert of_lamp(given, given, world={column: stored}) == []

    def test_an_order_with_a_meaning_is_a_change(self):
        assert of_lamp({"steps": ["a", "b"]}, {"steps": ["b", "a"]}) != []

    def test_a_live_value_that_makes_no_sense_is_news_and_no_crash(self):
        found = of_lamp({"tags": ["a"]}, {"tags": ["a"]}, world={"tags": "{no json"})
        assert found == [("tags", Cause.DRIFT, "{no json", ["a"], ["a"])]


class TestUnmanaged:
    def test_inherited_fields_are_managed_only_when_given(self):
        assert of_lamp({}, {}, world={"language": "pt-PT"}) == []
        assert of_lamp({"language": "en"}, {"language": "en"}, world={"language": "pt-PT"}) == [
            ("language", Cause.DRIFT, "pt-PT", "en", "en")
        ]
        assert of_lamp({"language": "en"}, {"language": "inherit"}) == [("language", Cause.INTENT, "en", None, "en")]

    def test_ignored_fields_and_those_below_them(self):
        ignoring = {"lifecycle": {"ignoreChanges": ["colour", "limits"]}}
        assert of_lamp(ignoring, ignoring, world={"colour": "blue", "limits_daily": 99}) == []
        assert of_lamp(ignoring, ignoring, world={"size": 9}) != []

    def test_an_ignored_field_is_written_at_creation(self):
        (_, found) = sorted(
            differences([partner(), gadget(colour="green", lifecycle={"ignoreChanges": ["colour"]})], empty()),
            key=lambda one: one.address,
            reverse=True,
        )
        assert found.columns["colour"] == "green"
        assert '"colour":' not in found.applied

    def test_the_state_is_managed_only_when_given(self):
        live = touched(applied([partner(), gadget()]), LAMP, state="stopped")
        assert differences([partner(), gadget()], live) == []
        (found,) = differences([partner(), gadget(state="active")], live)
        assert found.fields == ()
        assert found.state is not None
        assert (found.state.before, found.state.after) == ("stopped", "active")


class TestStandings:
    def test_a_new_row_lists_what_is_given_and_writes_all(self):
        (_, found) = sorted(
            differences([gadget(size=3), partner()], empty()), key=lambda one: one.address, reverse=True
        )
        assert found.standing is Standing.NEW
        assert [one.path for one in found.fields] == ["title", "serial", "size"]
        assert {one.cause for one in found.fields} == {Cause.INTENT}
        assert found.columns["colour"] == "red"
        assert found.columns["short_title"] == "Lamp"
        assert "state" not in found.columns

    def test_a_row_that_was_deleted_outside_is_made_again(self):
        live = without(applied([partner(), gadget()]), LAMP)
        (found,) = differences([partner(), gadget()], live)
        assert found.standing is Standing.NEW
        assert found.reason == "it was deleted outside git"
        assert {one.cause for one in found.fields} == {Cause.DRIFT}

    def test_a_row_that_the_ledger_does_not_know_is_taken_over(self):
        live = unmanaged(applied([partner(), gadget()]))
        found = differences([partner(), gadget(size=9)], live)
        assert [one.standing for one in found] == [Standing.UNOWNED, Standing.UNOWNED]
        assert [(one.path, one.cause) for one in found[0].fields] == [("size", Cause.INTENT)]

    def test_watching_reports_and_nothing_else(self):
        watching = {"lifecycle": {"management": "observe"}}
        live = touched(unmanaged(applied([partner(), gadget()])), LAMP, size=9)
        (found,) = [one for one in differences([partner(), gadget(**watching)], live) if one.address == LAMP]
        assert found.standing is Standing.OBSERVED
        assert [(one.path, one.cause) for one in found.fields] == [("size", Cause.DRIFT)]

    def test_watching_something_that_was_managed_renews_the_ledger(self):
        watching = {"lifecycle": {"management": "observe"}}
        live = touched(applied([partner(), gadget()]), LAMP, size=9)
        found = differences([partner(), gadget(**watching)], live)
        assert [one.standing for one in found] == [Standing.OBSERVED, Standing.STALE]
        live = applied([partner(), gadget(**watching)], live)
        assert [one.standing for one in differences([partner(), gadget(**watching)], live)] == [Standing.OBSERVED]
        assert differences([partner()], live) == []

    def test_watching_something_that_is_not_there(self):
        (found,) = [
            one
            for one in differences([partner(), gadget(lifecycle={"management": "observe"})], empty())
            if one.address == LAMP
        ]
        assert found.standing is Standing.OBSERVED
        assert found.reason == "it does not exist"

    def test_create_only_creates_and_then_looks_away(self):
        once = {"lifecycle": {"management": "createOnly"}}
        live = touched(applied([partner(), gadget(**once)]), LAMP, size=9)
        assert differences([partner(), gadget(colour="green", **once)], live) == []
        assert differences([partner(), gadget(**once)], without(live, LAMP))[0].standing is Standing.NEW

    def test_a_manifest_that_is_gone(self):
        live = applied([partner(), gadget()])
        (found,) = differences([partner()], live)
        assert (found.address, found.standing) == (LAMP, Standing.GONE)

    def test_a_watched_resource_is_not_listed_when_its_manifest_goes(self):
        live = applied([partner(), gadget(lifecycle={"management": "createOnly"})])
        (found,) = differences([partner()], live)
        entry = live.ledger[LAMP]
        assert found.entry is entry
        live.ledger[LAMP] = type(entry)(entry.address, entry.applied, entry.source, None, "observe")  # type: ignore[index]
        assert differences([partner()], live) == []


class TestSecrets:
    def change(self, before: Any, after: Any, *, old: str = "h1", new: str = "h1") -> tuple[Any, ...] | None:
        """(before, after, cause, note) of the password."""
        one = {} if before is None else {"password": before}
        two = {} if after is None else {"password": after}
        live = applied([partner(), gadget(**one)], fingerprints={LAMP: {"password": old}})
        found = differences([partner(), gadget(**two)], live, password=new)
        if not found:
            return None
        (change,) = found[0].secrets
        assert change.sensitive
        assert "h1" not in repr(found[0])
        assert "h2" not in repr(found[0])
        return (change.before, change.after, change.cause, change.note)

    def test_a_version_alone_decides(self):
        env = {"fromEnv": "A", "version": "2"}
        assert self.change(env, {"fromEnv": "B", "version": "2"}, new="h2") is None
        assert self.change(env, {"fromEnv": "A", "version": "3"}) == ("2", "3", Cause.INTENT, "version 2 -> 3")

    def test_without_a_version_the_hash_decides(self):
        assert self.change({"fromEnv": "A"}, {"fromEnv": "A"}) is None
        assert self.change({"fromEnv": "A"}, {"fromEnv": "A"}, new="h2") == (None, None, Cause.INTENT, "value changed")

    def test_to_a_version_and_back(self):
        plain, versioned = {"fromEnv": "A"}, {"fromEnv": "A", "version": "1"}
        assert self.change(plain, versioned) == (None, "1", Cause.INTENT, "version none -> 1")
        assert self.change(versioned, plain) == ("1", None, Cause.INTENT, "version 1 -> none")

    def test_set_and_removed(self):
        env = {"fromEnv": "A", "version": "1"}
        assert self.change(None, env) == (None, "1", Cause.INTENT, "set")
        assert self.change(None, {"fromEnv": "A"}) == (None, None, Cause.INTENT, "set")
        assert self.change(env, None) == ("1", None, Cause.DEFAULT, "removed")
        assert self.change({"fromEnv": "A"}, None) == (None, None, Cause.DEFAULT, "removed")

    def test_what_was_generated_stays(self):
        assert self.change({"generate": True}, {"generate": True}) is None
        assert self.change({"generate": True}, {"generate": True, "version": "2"}) is not None

    def test_an_unread_secret_is_written_anew(self):
        live = applied([partner(), gadget(password={"fromEnv": "A"})], fingerprints={LAMP: {"password": "h1"}})
        assert differences([partner(), gadget(password={"fromEnv": "A"})], live) != []

    def test_the_ledger_keeps_versions_and_no_hash(self):
        live = applied([partner(), gadget(password={"fromEnv": "A"})], fingerprints={LAMP: {"password": "deadbeef"}})
        assert "deadbeef" not in live.ledger[LAMP].applied
        assert "password_version" in live.ledger[LAMP].applied

    def test_a_watched_secret_is_compared_by_version_only(self):
        live = applied([partner(), gadget(password={"fromEnv": "A"})], fingerprints={LAMP: {"password": "h1"}})
        watching = {"management": "observe"}
        view, _ = resolved([partner(), gadget(password={"fromEnv": "A"}, lifecycle=watching)], live)
        assert wanted_fingerprints(view) == []
        assert [one.standing for one in diff(view, {}).items] == [Standing.STALE]
        (found, _) = differences(
            [partner(), gadget(password={"fromEnv": "A", "version": "2"}, lifecycle=watching)], live
        )
        assert [one.note for one in found.secrets] == ["version none -> 2"]

    def test_which_secrets_must_be_read(self):
        view, _ = resolved(
            [
                partner(),
                gadget("a", password={"fromEnv": "A"}, confirmPassword={"fromEnv": "A"}),
                gadget("b", password={"fromEnv": "B", "version": "1"}),
                gadget("c", password={"generate": True}),
                gadget("d"),
            ]
        )
        assert [(str(one.address), field.path, ref.location) for one, field, ref in wanted_fingerprints(view)] == [
            ("Gadget/farol/a", "password", "A")
        ]


def test_each_change_names_its_line():
    live = applied([partner(), gadget(size=1, contact={"email": "a@example.com"})])
    wanted = gadget(size=2)
    (found,) = differences([partner(), wanted], live)
    places = wanted.document.places
    lines = {one.path: one.source for one in found.fields}
    assert lines["size"] == places.keys[("spec", "size")]
    assert lines["contact.email"] == places.keys[("spec",)]
