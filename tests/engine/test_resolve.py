"""References, addresses, natural keys and files, on toy kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.kind import Unique
from reconciler.model.marks import MaxBytes
from tests.engine.toy import GADGET
from tests.engine.worlds import (
    NOW,
    PERSON,
    TENANT,
    applied,
    catalog,
    empty,
    gadget,
    partner,
    person,
    resolved,
    resource,
    unmanaged,
)


def codes(found: list[Diagnostic]) -> list[tuple[str, str, str]]:
    """Code, address and path of every error."""
    return [(one.code, str(one.address), one.path) for one in found if one.severity is Severity.ERROR]


def test_a_sound_set_has_no_findings():
    view, found = resolved([partner(), gadget(maker="farol", friends=["lamp"], keeper=None)])
    assert found == []
    assert not view.connected
    assert view.find("Gadget", "farol", "lamp") is not None


def test_a_missing_tenant_is_reported_once_and_named():
    _, found = resolved([partner(), gadget(tenant="farrol", keeper="nobody", friends=["nothing"])])
    assert codes(found) == [("GEN-02", "Gadget/farrol/lamp", "metadata.tenant")]
    assert "Partner/farrol" in found[0].summary
    assert "did you mean farol" in found[0].hint


def test_a_platform_reference_is_still_checked_without_a_tenant():
    _, found = resolved([partner(), gadget(tenant="farrol", maker="nobody")])
    assert {(code, path) for code, _, path in codes(found)} == {("GEN-02", "metadata.tenant"), ("GEN-02", "maker")}


def test_a_list_entry_is_pointed_at():
    _, found = resolved([partner(), gadget(), gadget("bulb", friends=["lamp", "lmap"])])
    assert codes(found) == [("GEN-02", "Gadget/farol/bulb", "friends[1]")]
    assert "Gadget/farol/lmap" in found[0].summary
    assert "Gadget/farol/bulb" in found[0].summary
    assert "did you mean lamp" in found[0].hint
    assert found[0].source is not None
    places = gadget("bulb", friends=["lamp", "lmap"]).document.places
    assert found[0].source == places.keys[("spec", "friends", 1)]


def test_a_name_of_another_tenant_is_explained():
    _, found = resolved([partner(), partner("norte"), gadget("bulb", "norte"), gadget(keeper="bulb")])
    assert codes(found) == [("GEN-02", "Gadget/farol/lamp", "keeper")]
    assert "tenant norte" in found[0].summary
    assert "do not cross tenants" in found[0].summary


def test_live_resources_are_targets_too():
    live = applied([partner(), gadget("bulb")])
    _, found = resolved([gadget(keeper="bulb")], live)
    assert found == []


class TestTombstones:
    @pytest.fixture
    def live(self) -> Any:
        live = applied([partner(), partner("alt", state="suspended"), gadget(maker="alt")])
        return applied([partner(), partner("alt", state="deleted"), gadget(maker="alt")], live)

    def test_a_new_reference_is_refused(self, live: Any):
        _, found = resolved([partner(), gadget(maker="alt"), gadget("bulb", maker="alt")], live)
        assert codes(found) == [("GEN-02", "Gadget/farol/bulb", "maker")]
        assert "deleted" in found[0].summary

    def test_an_old_reference_stays(self, live: Any):
        _, found = resolved([partner(), gadget(maker="alt", size=3)], live)
        assert found == []

    def test_a_changed_reference_is_refused(self):
        live = applied([partner(), partner("alt", state="suspended"), gadget(maker="farol")])
        live = applied([partner(), partner("alt", state="deleted"), gadget(maker="farol")], live)
        _, found = resolved([partner(), gadget(maker="alt")], live)
        assert codes(found) == [("GEN-02", "Gadget/farol/lamp", "maker")]

    def test_the_wanted_state_counts(self):
        live = applied([partner(), partner("alt", state="suspended")])
        _, found = resolved([partner(), partner("alt", state="deleted"), gadget(maker="alt")], live)
        assert codes(found) == [("GEN-02", "Gadget/farol/lamp", "maker")]

    def test_without_live_data_it_is_not_judged(self):
        _, found = resolved([partner(), partner("alt", state="deleted"), gadget(maker="alt")])
        assert found == []

    def test_a_watched_resource_writes_no_reference(self, live: Any):
        _, found = resolved([partner(), gadget("bulb", maker="alt", lifecycle={"management": "observe"})], live)
        assert found == []


class TestAddresses:
    @pytest.mark.parametrize("reverse", [False, True])
    def test_the_second_by_file_and_line_is_reported(self, *, reverse: bool):
        one = partner()
        two = resource(TENANT, "farol", file="zoo.yaml", title="Other", country="PRT")
        three = resource(TENANT, "farol", file="zoo.yaml", index=1, title="Third", country="PRT")
        resources = [three, two, one] if reverse else [one, two, three]
        view, found = resolved(resources)
        assert [(one.code, one.path, one.source.file, one.source.line) for one in found if one.source] == [
            ("GEN-03", "metadata.name", "zoo.yaml", 4),
            ("GEN-03", "metadata.name", "zoo.yaml", 104),
        ]
        assert "toy.yaml:4" in found[0].summary
        assert view.declared[Address("Partner", "", "farol")] is one


class TestNaturalKeys:
    def test_the_second_by_address_is_reported(self):
        _, found = resolved([partner(), gadget("b", serial="1"), gadget("a", serial="1")])
        assert codes(found) == [("GEN-03", "Gadget/farol/b", "serial")]
        assert "Gadget/farol/a" in found[0].summary

    def test_a_key_within_a_tenant_may_repeat_elsewhere(self):
        _, found = resolved([partner(), partner("norte"), gadget(serial="1"), gadget(tenant="norte", serial="1")])
        assert found == []

    def test_texts_compare_trimmed_and_folded(self):
        _, found = resolved([partner("a", title="Farol"), partner("b", title=" fAROL ")])
        assert codes(found) == [("TOY-09", "Partner/b", "title")]

    def test_who_exists_comes_first(self):
        live = applied([partner(), gadget("z", serial="1")])
        _, found = resolved([partner(), gadget("z", serial="1"), gadget("a", serial="1")], live)
        assert codes(found) == [("GEN-03", "Gadget/farol/a", "serial")]

    def test_who_holds_the_key_comes_before_who_takes_it(self):
        live = applied([partner("a", title="One"), partner("b", title="Two")])
        _, found = resolved([partner("a", title="Two"), partner("b", title="Two")], live)
        assert codes(found) == [("TOY-09", "Partner/a", "title")]

    def test_a_live_row_that_no_manifest_names_counts(self):
        live = applied([partner("a", title="One"), partner("b", title="Two")])
        _, found = resolved([partner("a", title="Two")], live)
        assert codes(found) == [("TOY-09", "Partner/a", "title")]
        assert "in the database" in found[0].hint

    def test_the_own_row_is_no_clash(self):
        live = applied([partner()])
        assert resolved([partner()], live)[1] == []

    def test_a_row_that_is_renamed_away_counts_with_its_new_value(self):
        live = applied([partner("a", title="One")])
        _, found = resolved([partner("a", title="Two"), partner("b", title="One")], live)
        assert found == []

    def test_a_tombstone_counts_unless_the_key_says_otherwise(self):
        live = applied([partner(title="One", state="suspended")])
        live = unmanaged(applied([partner(title="One", state="deleted")], live))
        assert resolved([partner("b", title="One")], live)[1] == []
        counting = replace(TENANT, unique=(Unique(code="TOY-30", paths=("title",), at="title"),))
        _, found = resolved([partner("b", title="One")], live, kinds=catalog(counting))
        assert codes(found) == [("TOY-30", "Partner/b", "title")]

    def test_kinds_may_share_a_space(self):
        key = Unique(code="TOY-31", paths=("title",), at="title", space="titles")
        kinds = catalog(replace(TENANT, unique=(key,)), replace(PERSON, unique=(key,)))
        _, found = resolved([partner(title="Same"), person(title="Same")], kinds=kinds)
        assert codes(found) == [("TOY-31", "Person/ana", "title")]

    def test_a_condition_takes_resources_out(self):
        key = Unique(code="TOY-32", paths=("title",), at="metadata.name", when=(("enabled", True),))
        kinds = catalog(replace(GADGET, unique=(key,)))
        pair = [partner(), gadget("a", title="Same"), gadget("b", title="Same", enabled=False)]
        assert resolved(pair, kinds=kinds)[1] == []
        _, found = resolved([*pair, gadget("c", title="Same")], kinds=kinds)
        assert codes(found) == [("TOY-32", "Gadget/farol/c", "metadata.name")]

    def test_another_rule_may_report_it_instead(self):
        key = Unique(code="TOY-33", paths=("title",), at="title", unless=lambda second, _first, _view: second.declared)
        kinds = catalog(replace(TENANT, unique=(key,)))
        assert resolved([partner("a", title="Same"), partner("b", title="Same")], kinds=kinds)[1] == []

    def test_empty_keys_do_not_clash(self):
        kinds = catalog(replace(GADGET, unique=(Unique(code="TOY-34", paths=("host",), at="host"),)))
        assert resolved([partner(), gadget("a"), gadget("b")], kinds=kinds)[1] == []

    def test_a_reference_in_a_key_is_the_resource_that_it_names(self):
        key = Unique(code="TOY-35", paths=("keeper",), at="keeper")
        kinds = catalog(replace(GADGET, unique=(key,)))
        world = [partner(), partner("norte"), gadget("top"), gadget("top", "norte")]
        one, two = gadget("a", keeper="top"), gadget("b", "norte", keeper="top")
        assert resolved([*world, one, two], kinds=kinds)[1] == []
        _, found = resolved([*world, one, gadget("b", keeper="top")], kinds=kinds)
        assert codes(found) == [("TOY-35", "Gadget/farol/b", "keeper")]


class TestFiles:
    def test_content_and_media_type_are_kept(self):
        made = gadget(logo={"fromFile": "logo.png"}, note={"fromFile": "note.html"})
        _, found = resolved([partner(), made], logo_png=b"\x89PNG", note_html=b"<p>")
        assert found == []
        assert made.files["logo"].media_type == "image/png"
        assert made.files["note"].data == b"<p>"

    def test_a_written_media_type_wins(self):
        made = gadget(logo={"fromFile": "logo.bin", "mediaType": "image/png"})
        assert resolved([partner(), made], logo_bin=b"x")[1] == []
        assert made.files["logo"].media_type == "image/png"

    def test_a_refused_file_is_reported_and_rules_are_spared(self):
        made = gadget(logo={"fromFile": "gone.png"}, keeper="lamp")
        _, found = resolved([partner(), made])
        assert codes(found) == [("GEN-23", "Gadget/farol/lamp", "logo")]
        assert "gone.png does not exist" in found[0].summary

    def test_text_must_be_text(self):
        _, found = resolved([partner(), gadget(note={"fromFile": "note.html"})], note_html=b"\xff\xfe")
        assert codes(found) == [("GEN-14", "Gadget/farol/lamp", "note")]

    @pytest.mark.parametrize(("data", "name", "bad"), [(b"12345", "a.png", True), (b"1234", "a.png", False)])
    def test_a_limit_is_kept(self, data: bytes, name: str, *, bad: bool):
        assert bool(self._limited(data, name)) is bad

    def test_media_types_are_limited(self):
        assert "takes image/png" in self._limited(b"1", "a.css")[0].summary
        assert "no known media type" in self._limited(b"1", "a.bin")[0].summary

    def _limited(self, data: bytes, name: str) -> list[Diagnostic]:
        kind = replace(GADGET)
        fields = tuple(
            replace(one, max_bytes=MaxBytes(4, ("image/png",)), code="TOY-40") if one.path == "logo" else one
            for one in kind.fields
        )
        object.__setattr__(kind, "fields", fields)
        made = gadget(logo={"fromFile": name})
        _, found = resolved([partner(), made], kinds=catalog(kind), **{name.replace(".", "_"): data})
        assert all(one.code == "TOY-40" and one.path == "logo" for one in found)
        return found


class TestRules:
    def test_rules_over_a_resource_and_over_the_set(self):
        _, found = resolved([partner(), gadget(keeper="lamp"), gadget("poison")])
        assert sorted(codes(found)) == [
            ("TOY-05", "Gadget/farol/lamp", "keeper"),
            ("TOY-06", "Gadget/farol/poison", "metadata.name"),
        ]

    def test_a_finding_about_a_live_row_has_no_place(self):
        live = applied([partner(), gadget()])
        rows = dict(live.rows["Gadget"])
        rows["farol", "poison"] = ("farol", "poison", *rows["farol", "lamp"][2:])
        live.rows["Gadget"].update(rows)  # type: ignore[attr-defined]  # a plain dict below
        _, found = resolved([partner(), gadget()], live)
        assert [(one.code, one.source) for one in found if one.code == "TOY-06"] == [("TOY-06", None)]

    def test_time_is_an_argument(self):
        from reconciler.engine.clock import judge_time

        view, _ = resolved([partner(), gadget(validUntil="2026-06-14"), gadget("b", validUntil="2026-06-15")])
        assert [(one.code, str(one.address)) for one in judge_time(view, NOW)] == [("TOY-08", "Gadget/farol/lamp")]
        assert judge_time(view, NOW.replace(year=2020)) == []


def test_findings_come_in_order_of_place():
    _, found = resolved(
        [partner(), gadget("b", keeper="x", file="b.yaml"), gadget("a", keeper="x", file="a.yaml")], empty()
    )
    assert [one.source.file for one in found if one.source] == ["a.yaml", "b.yaml"]


def test_what_every_database_begins_with_is_there_without_one():
    kinds = catalog(replace(TENANT, seeds=({"name": "house"},)))
    world = [partner(), gadget(maker="house")]
    assert resolved(world, kinds=kinds)[1] == []
    assert codes(resolved(world, empty(), kinds=kinds)[1]) == [("GEN-02", "Gadget/farol/lamp", "maker")]
