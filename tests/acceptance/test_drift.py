"""``drift``, waivers and plans of drift alone, from end to end on both databases."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.acceptance.homes import ServedTree
from tests.adapters.manifests.test_git import git
from tests.cli.tree import SECOND, SECRET, Tree

DESK = "tenants/farol/desk.yaml"
WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata: {name: night-shift}
spec:
  owner: ana@example.com
  reason: The campaign ends on Friday.
  expires: 2099-12-31
  addresses: ["Category/farol/*"]
  fields: [audience]
"""
MOVED = """\
apiVersion: reconciler/v1
kind: Moved
metadata: {name: category-sealing}
spec: {from: Category/farol/signing, to: Category/farol/sealing}
"""


def by_hand(home: Tree) -> None:
    """Three things that nobody asked git for."""
    home.apply()
    home.sql("UPDATE categories SET audience = 'all', sort_order = 30")
    home.sql("UPDATE customer_users SET password_version = '9'")
    home.sql("DELETE FROM service_types WHERE name = 'incident'")


def found(home: Tree, *words: str) -> dict[tuple[str, str | None], dict[str, Any]]:
    call = home.run("drift", "--format", "json", *words)
    return {(one["address"], one["field"]): one for one in call.json["findings"]}


def test_before_the_first_apply_nothing_has_drifted_and_that_is_said(home: Tree) -> None:
    assert home.run("db", "upgrade").code == 0
    call = home.run("drift", "--detailed-exitcode")
    assert (call.code, call.out.splitlines()[:2]) == (0, ["No drift.", "  0 managed resources looked at."])
    assert "warning DRF-05: nothing is managed in this database" in call.out
    assert home.run("drift", "--record").code == 0
    home.apply()
    assert "DRF-05" not in home.run("drift").out


def test_right_after_an_apply_nothing_has_drifted(home: Tree) -> None:
    home.apply()
    call = home.run("drift", "--detailed-exitcode")
    assert (call.code, call.out.splitlines()) == (0, ["No drift.", "  8 managed resources looked at."])


def test_what_was_changed_by_hand_is_told_field_by_field(home: Tree) -> None:
    by_hand(home)
    call = home.run("drift", "--detailed-exitcode")
    assert call.code == 2
    assert call.out.startswith("Drift: 3 fields changed, 1 row missing.\n")
    assert home.run("drift").code == 0
    everything = found(home)
    assert set(everything) == {
        ("Category/farol/signing", "audience"),
        ("Category/farol/signing", "sortOrder"),
        ("CustomerUser/farol/ana", "password"),
        ("ServiceType/farol/incident", None),
    }
    order = everything["Category/farol/signing", "sortOrder"]
    assert (order["applied"], order["live"], order["cause"], order["state"]) == (10, 30, "drift", "new")
    place = order["range"]
    assert (place["filename"], place["start"]["line"]) == (DESK, home.line_of(DESK, "serviceTypes: [incident]") + 1)
    assert order["first_seen"] == order["last_change"]["at"]
    secret = everything["CustomerUser/farol/ana", "password"]
    assert (secret["applied"], secret["live"], secret["sensitive"]) == ("1", "9", True)
    gone = everything["ServiceType/farol/incident", None]
    assert (gone["finding"], gone["last_change"]["operation"]) == ("missing", "delete")


def test_what_git_has_changed_and_nobody_has_applied_is_no_drift(home: Tree) -> None:
    home.apply()
    home.edit(DESK, "Questions about seals", "All about seals")
    home.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    assert found(home) == {}
    home.sql("UPDATE categories SET description = 'Something else', sort_order = 30")
    home.edit(DESK, "serviceTypes: [incident]\n  sortOrder: 10", "serviceTypes: [incident]\n  sortOrder: 30")
    both = found(home)
    assert set(both) == {("Category/farol/signing", "description")}, "git has come to agree with the world on the other"
    assert both["Category/farol/signing", "description"]["cause"] == "conflict"
    assert both["Category/farol/signing", "description"]["applied"] == "Questions about seals"


def test_rows_that_no_manifest_ever_named_are_told_and_those_to_be_adopted_are_not(home: Tree) -> None:
    home.apply()
    home.sql(copied(home, "service_types", name="by-hand", display_name="By hand"))
    assert {key: one["finding"] for key, one in found(home).items()} == {
        ("ServiceType/farol/by-hand", None): "unmanaged"
    }
    text = (home.folder / DESK).read_text(encoding="utf-8")
    more = text.split("---")[0].replace("name: incident", "name: by-hand").replace("Incident", "By hand")
    home.write("tenants/farol/more.yaml", more)
    assert found(home) == {}


def columns(home: Tree, table: str) -> list[str]:
    if isinstance(home, ServedTree):
        asked = "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
        return [row[0] for row in home.sql(asked, table)]
    return [row[1] for row in home.sql(f"PRAGMA table_info({table})")]


def copied(home: Tree, table: str, **changed: str) -> str:
    """A statement that copies the rows of a table with other values in some columns."""
    names = [name for name in columns(home, table) if name not in ("id", "tenant_key")]
    values = [f"'{changed[name]}'" if name in changed else name for name in names]
    return f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"


def test_a_report_is_narrowed_to_addresses_and_tenants(home: Tree) -> None:
    by_hand(home)
    assert {key[0] for key in found(home, "--target", "Category/*")} == {"Category/farol/signing"}
    assert {key[0] for key in found(home, "--exclude", "C*")} == {"ServiceType/farol/incident"}
    assert len(found(home, "--tenant", "farol")) == 4
    call = home.run("drift", "--tenant", "nobody", "--target", "Nothing/*")
    assert call.out.startswith("No drift.")
    assert call.out.count("DRF-03") == 2


def test_without_valid_manifests_the_ledger_speaks(home: Tree) -> None:
    by_hand(home)
    before = found(home)
    home.write("tenants/farol/broken.yaml", "kind: [\n")
    call = home.run("drift", "--format", "json", "--detailed-exitcode")
    assert call.code == 2
    assert [one["code"] for one in call.json["diagnostics"]] == ["DRF-01"]
    after = {(one["address"], one["field"]): one for one in call.json["findings"]}
    assert set(after) == set(before)
    assert after["Category/farol/signing", "sortOrder"]["range"]["filename"] == DESK
    for path in home.folder.rglob("*.yaml"):
        path.unlink()
    assert set(found(home)) == set(before), "nor does a manifest that is gone take drift away"
    assert home.run("drift", "nowhere").code == 0


def test_findings_are_new_then_known_then_resolved_then_new_again(home: Tree) -> None:
    by_hand(home)

    def states(*words: str) -> dict[str, int]:
        counts = home.run("drift", "--format", "json", *words).json["summary"]
        return {word: counts[word] for word in ("new", "known", "resolved")}

    assert states() == {"new": 4, "known": 0, "resolved": 0}
    assert home.sql("SELECT count(*) FROM reconciler_findings") == [(0,)], "a plain report writes nothing"
    first = {one["id"]: one["first_seen"] for one in found(home, "--record").values()}
    assert home.run("drift").out.count("known") >= 3
    assert {one["id"]: one["first_seen"] for one in found(home, "--record").values()} == first
    assert states("--record") == {"new": 0, "known": 4, "resolved": 0}
    home.sql("UPDATE categories SET sort_order = 10")
    assert states("--target", "ServiceType/*") == {"new": 0, "known": 1, "resolved": 0}
    assert states() == {"new": 0, "known": 3, "resolved": 1}
    text = home.run("drift", "--record").out
    assert "Resolved: 1 finding.\n    Category/farol/signing sortOrder" in text
    assert states("--record") == {"new": 0, "known": 3, "resolved": 0}
    home.sql("UPDATE categories SET sort_order = 997")
    assert states("--record") == {"new": 1, "known": 3, "resolved": 0}
    kept = home.sql("SELECT state, count(*) FROM reconciler_findings GROUP BY state ORDER BY state")
    assert kept == [("known", 3), ("new", 1)]
    values = home.sql("SELECT * FROM reconciler_findings")
    assert not any(word in str(values) for word in ("'all'", "997", SECRET))


def test_waived_drift_is_listed_and_neither_counted_nor_reverted(home: Tree) -> None:
    by_hand(home)
    home.write("waivers/night.yaml", WAIVER)
    report = home.run("drift", "--format", "json").json
    assert (report["summary"]["waived"], report["summary"]["changed"]) == (1, 2)
    waived = next(one for one in report["findings"] if one["state"] == "waived")
    assert (waived["field"], waived["waiver"]["owner"]) == ("audience", "ana@example.com")
    text = home.run("drift").out
    assert text.startswith("Drift: 2 fields changed, 1 row missing; 1 waived.\n")
    assert "waived by ana@example.com until 2099-12-31" in text
    plan = home.run("plan")
    assert "audience: " not in plan.out.replace("Category/farol/signing: audience", "")
    assert "WVR-06" in plan.out
    call = home.run("apply", "--auto-approve", *home.everybody, "--as", SECOND)
    assert call.code == 0, call.err
    assert home.sql("SELECT audience, sort_order FROM categories") == [("all", 10)]
    again = home.run("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[0]) == (0, "No changes.")
    assert "WVR-06" in again.out
    call = home.run("drift", "--detailed-exitcode")
    assert (call.code, call.out.splitlines()[0]) == (0, "No drift; 1 waived.")


def test_when_a_waiver_expires_its_drift_counts_again(home: Tree) -> None:
    by_hand(home)
    home.write("waivers/night.yaml", WAIVER.replace("2099-12-31", "2020-01-31"))
    for words in (("validate",), ("plan",), ("drift",)):
        call = home.run(*words)
        assert call.code == 0
        assert "waivers/night.yaml:7:3: warning WVR-04" in call.out
    report = home.run("drift", "--format", "json", "--detailed-exitcode")
    assert (report.code, report.json["summary"]["waived"]) == (2, 0)
    audience = found(home)["Category/farol/signing", "audience"]
    assert (audience["state"], audience["expired_waiver"]["name"]) == ("new", "night-shift")
    home.apply("--only-drift", "--as", "second@example.com")
    assert home.sql("SELECT audience FROM categories") == [("customers",)]


def test_where_git_changed_as_well_a_waiver_does_not_hold(home: Tree) -> None:
    by_hand(home)
    home.write("waivers/night.yaml", WAIVER)
    home.edit(DESK, "audience: customers", "audience: partners")
    audience = found(home)["Category/farol/signing", "audience"]
    assert (audience["cause"], audience["state"]) == ("conflict", "new")
    assert "audience" in str(home.run("plan", "--format", "json").json["resource_changes"])


def test_a_waived_row_that_is_missing_stays_away(home: Tree) -> None:
    home.apply()
    home.sql("DELETE FROM categories")
    home.write("waivers/night.yaml", WAIVER.replace("  fields: [audience]\n", ""))
    assert home.run("drift").out.splitlines()[0] == "No drift; 1 waived."
    plan = home.run("plan", "--detailed-exitcode")
    assert (plan.code, plan.out.splitlines()[0]) == (0, "No changes.")
    home.write("waivers/night.yaml", WAIVER)
    assert home.run("drift").out.splitlines()[0] == "Drift: 1 row missing.", "a waiver of fields is none of rows"
    assert home.run("plan").out.startswith("Plan: 1 to add")


def test_a_plan_of_drift_alone_leaves_intents_out(home: Tree) -> None:
    by_hand(home)
    home.edit(DESK, "Questions about seals", "All about seals")
    home.write(
        "tenants/farol/more.yaml",
        (home.folder / DESK)
        .read_text("utf-8")
        .split("---")[0]
        .replace("name: incident", "name: request")
        .replace("Incident", "Request"),
    )
    plan = home.run("plan", "--only-drift", "--out", "p.plan")
    assert plan.out.startswith("Plan: 1 to add, 2 to change, 0 to destroy.")
    assert "All about seals" not in plan.out
    call = home.run("apply", "p.plan", *home.everybody, "--as", SECOND)
    assert call.code == 0, call.err
    assert home.sql("SELECT description, audience, sort_order FROM categories") == [
        ("Questions about seals", "customers", 10)
    ]
    assert home.run("drift").out.startswith("No drift.")
    rest = home.run("plan", "--format", "json").json
    causes = {field["cause"] for one in rest["resource_changes"] for field in one["reconciler"]["fields"]}
    assert causes <= {"intent", "default"}
    assert home.run("plan", "--only-drift", "--detailed-exitcode").code == 0
    assert home.run("plan", "--only-drift", "--prune").code == 1


def test_csv_holds_a_line_for_each_finding(home: Tree) -> None:
    by_hand(home)
    lines = [*csv.DictReader(io.StringIO(home.run("drift", "--format", "csv").out))]
    assert [(one["finding"], one["field"], one["live"]) for one in lines] == [
        ("changed", "audience", '"all"'),
        ("changed", "sortOrder", "30"),
        ("changed", "password", '"9"'),
        ("missing", "", ""),
    ]


def test_no_report_holds_a_secret(home: Tree) -> None:
    by_hand(home)
    home.sql("UPDATE customer_users SET password = 'open-sesame-4711'")
    for form in ("text", "json", "csv"):
        call = home.run("drift", "--verbose", "--record", "--format", form)
        assert SECRET not in call.out + call.err
        assert "sesame" not in call.out + call.err


def test_when_the_triggers_were_dropped_nobody_knows_who_it_was(home: Tree) -> None:
    home.apply()
    if isinstance(home, ServedTree):
        home.sql("ALTER TABLE categories DISABLE TRIGGER USER")
    else:
        home.sql("DROP TRIGGER reconciler_categories_update")
    home.sql("UPDATE categories SET sort_order = 30")
    order = found(home)["Category/farol/signing", "sortOrder"]
    assert (order["last_change"], order["first_seen"]) == (None, None)
    assert "by whom is not known: the journal tells nothing of it; new" in home.run("drift").out
    assert found(home, "--record")
    known = found(home)["Category/farol/signing", "sortOrder"]
    assert (known["state"], known["last_change"]) == ("known", None)
    assert known["first_seen"], "from the first report that was written down"


def test_a_ledger_that_cannot_be_read_is_told(home: Tree) -> None:
    by_hand(home)
    home.sql("UPDATE reconciler_resources SET applied = 'no json' WHERE kind = 'Category'")
    report = home.run("drift", "--format", "json").json
    assert [(one["code"], one["address"]) for one in report["diagnostics"]] == [("DRF-02", "Category/farol/signing")]
    assert len(report["findings"]) == 2


def test_wrong_waivers_waive_nothing_and_end_with_one(home: Tree) -> None:
    by_hand(home)
    home.write("waivers/night.yaml", WAIVER.replace("expires: 2099-12-31", "expires: tomorrow"))
    call = home.run("drift", "--format", "json")
    assert (call.code, call.json["summary"]["waived"], len(call.json["findings"])) == (1, 0, 4)
    assert [(one["code"], one["range"]["start"]["line"]) for one in call.json["diagnostics"]] == [("WVR-02", 7)]
    for words in (("validate",), ("plan",)):
        assert home.run(*words).code == 1
    assert home.run("drift", "--format", "xml").code == 1


# --- a server only: it knows who its clients are ---------------------------------------------------------------------


def test_a_server_tells_who_wrote_last_and_who_first(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    cluster = served_tree.cluster
    user = cluster.role("night_desk")
    served_tree.sql(f"GRANT SELECT, UPDATE ON categories TO {user}")
    with cluster.connect(served_tree.name, user) as other:
        other.execute("SET application_name = 'support_app'")
        other.execute("UPDATE categories SET sort_order = 30")
    with cluster.connect(served_tree.name) as other:
        other.execute("SET application_name = 'psql'")
        other.execute("SELECT set_config('reconciler.operator', 'rui@example.com', false)")
        other.execute("UPDATE categories SET sort_order = 40")
        other.execute("UPDATE categories SET audience = 'all'")
    served_tree.sql("UPDATE reconciler_journal SET at = '2026-06-15T08:30:00Z' WHERE application = 'support_app'")
    served_tree.sql("UPDATE reconciler_journal SET at = '2026-06-15T09:00:00Z' WHERE application = 'psql'")
    both = found(served_tree)
    order = both["Category/farol/signing", "sortOrder"]
    assert order["first_seen"] == "2026-06-15T08:30:00Z"
    assert order["last_change"] == {
        "at": "2026-06-15T09:00:00Z",
        "operation": "update",
        "operator": "rui@example.com",
        "application": "psql",
        "user": "postgres",
    }
    assert both["Category/farol/signing", "audience"]["first_seen"] == "2026-06-15T09:00:00Z"


def test_nobody_passes_for_an_apply_by_naming_a_run(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    with served_tree.cluster.connect(served_tree.name) as other:
        other.execute("SET application_name = 'pretender'")
        other.execute("SELECT set_config('reconciler.run', 'no-run', false)")
        other.execute("UPDATE categories SET sort_order = 30")
    order = found(served_tree)["Category/farol/signing", "sortOrder"]
    assert order["last_change"]["application"] == "pretender"


def test_relative_times_follow_the_clock_of_the_rules(served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    with served_tree.cluster.connect(served_tree.name) as other:
        other.execute("SET application_name = 'support_app'")
        other.execute("UPDATE categories SET sort_order = 30")
    served_tree.sql("UPDATE reconciler_journal SET at = '2026-06-15T08:30:00Z' WHERE application = 'support_app'")
    for clock, words in (
        ("2026-06-15T08:30:59Z", "just now"),
        ("2026-06-15T11:31:00Z", "3 h ago"),
        ("2026-06-20T08:30:00Z", "5 days ago"),
        ("2026-06-15T08:00:00Z", "at 2026-06-15T08:30:00Z"),
    ):
        monkeypatch.setenv("RECONCILER_CLOCK", clock)
        call = served_tree.run("drift")
        assert f"by support_app (user postgres), {words}; new" in call.out
        assert call.out == served_tree.run("drift").out
        assert served_tree.run("drift", "--record").code == 1, "nothing is written by a clock that was set by hand"


def test_an_emptied_table_is_told_with_who_emptied_it(served_tree: ServedTree) -> None:
    served_tree.run("db", "upgrade")
    served_tree.apply()
    with served_tree.cluster.connect(served_tree.name) as other:
        other.execute("SET application_name = 'cleaner'")
        other.execute("TRUNCATE categories CASCADE")
    gone = found(served_tree)["Category/farol/signing", None]
    assert (gone["last_change"]["application"], gone["last_change"]["operation"]) == ("cleaner", "truncate")


def test_a_role_that_only_plans_reports_drift_and_records_nothing(
    served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    served_tree.run("db", "upgrade")
    by_hand(served_tree)
    cluster = served_tree.cluster
    planning, applying, nobody = cluster.role("planning"), cluster.role("applying"), cluster.role("nobody")
    for statement in served_tree.run("db", "roles", "--applying", applying, "--planning", planning).out.splitlines():
        served_tree.sql(statement)
    expected = found(served_tree)
    monkeypatch.setenv("RECONCILER_PLAN_DATABASE_URL", cluster.url(served_tree.name, planning))
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, planning))
    assert found(served_tree) == expected
    call = served_tree.run("drift", "--record")
    assert (call.code, call.out) == (1, "")
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, applying))
    assert served_tree.run("drift", "--record").code == 0
    assert served_tree.sql("SELECT count(*) FROM reconciler_findings") == [(4,)]
    monkeypatch.setenv("RECONCILER_PLAN_DATABASE_URL", cluster.url(served_tree.name, nobody))
    call = served_tree.run("drift")
    assert (call.code, call.out, "Traceback" in call.err) == (1, "", False)


def test_a_commit_is_told_that_set_the_field(tree: Tree) -> None:
    def commit() -> str:
        git(tree.folder, "add", "platform", "tenants")
        git(tree.folder, "commit", "-qm", "more")
        return git(tree.folder, "rev-parse", "HEAD")

    git(tree.folder, "init", "-q", "-b", "main")
    first = commit()
    tree.apply()
    tree.edit(DESK, "Questions about seals", "All about seals")
    second = commit()
    tree.apply()
    tree.sql("UPDATE categories SET sort_order = 30, description = 'Nothing'")
    both = found(tree)
    assert both["Category/farol/signing", "sortOrder"]["commit"] == first
    assert both["Category/farol/signing", "description"]["commit"] == second
    assert f"commit {first[:12]}" in tree.run("drift").out
    tree.write("waivers/night.yaml", WAIVER.replace("audience", "sortOrder"))
    assert tree.run("drift").out.startswith("Drift: 1 field changed; 1 waived.")
    assert tree.run("drift", "--rev", "HEAD").out.startswith("Drift: 2 fields changed.")


def test_a_waiver_that_matches_nothing_is_told_where_it_stands(home: Tree) -> None:
    home.apply()
    home.write("waivers/night.yaml", WAIVER)
    assert "WVR-0" not in home.run("drift").out, "nothing has drifted there, and that is as it should be"
    home.write("waivers/night.yaml", WAIVER.replace('["Category/farol/*"]', '["Category/farol/singing"]'))
    home.sql("UPDATE categories SET audience = 'all'")
    call = home.run("drift", "--detailed-exitcode")
    assert call.code == 2
    assert "waivers/night.yaml:8:15: warning WVR-09: the waiver night-shift" in call.out
    assert "WVR-0" not in home.run("validate").out, "a row that no manifest names may be meant"
    [told] = home.run("drift", "--format", "json").json["diagnostics"]
    assert (told["code"], told["range"]["start"]) == ("WVR-09", {"line": 8, "column": 15})
    home.write("waivers/night.yaml", WAIVER.replace("[audience]", "[audiance]"))
    for verb in ("validate", "plan", "drift"):
        call = home.run(verb)
        assert "waivers/night.yaml:9:12: warning WVR-08: the waiver night-shift" in call.out + call.err


def test_a_waiver_for_what_is_declared_or_moves_is_silent(home: Tree) -> None:
    home.apply()
    home.edit(DESK, "name: signing", "name: sealing")
    home.write("tenants/farol/moved.yaml", MOVED)
    for name in ("signing", "sealing"):
        home.write("waivers/night.yaml", WAIVER.replace('["Category/farol/*"]', f'["Category/farol/{name}"]'))
        assert "WVR-09" not in home.run("drift").out
    home.apply()
    assert "WVR-09" not in home.run("drift").out
    home.write("waivers/night.yaml", WAIVER.replace('["Category/farol/*"]', '["Category/farol/signing"]'))
    assert "WVR-09" in home.run("drift").out
