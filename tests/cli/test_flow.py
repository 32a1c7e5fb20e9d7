"""From an empty folder to an applied plan and back to no changes, by calling the program."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from tests.cli.tree import FILES, SECRET, Tree

SMALL = "tenants/farol/desk.yaml"

SYSTEM = """\
apiVersion: reconciler/v1
kind: SystemConfiguration
metadata: {name: platform}
spec: {platformName: Atlantic Sign, environment: staging, languages: [en, es-ES, pt-PT]}
"""

PORTAL = """\
apiVersion: reconciler/v1
kind: SelfCare
metadata: {name: lumen, tenant: farol}
spec: {customer: lumen, login: lumen-portal, password: {fromEnv: ANA_PASSWORD, version: "1"}}
---
apiVersion: reconciler/v1
kind: Domain
metadata: {name: www.lumen.example.com, tenant: farol}
spec: {customer: lumen, host: www.lumen.example.com, scheme: http, origins: [{address: 198.51.100.20}]}
"""


def test_validate_plan_apply_and_plan_again(tree: Tree) -> None:
    assert tree.run("validate").out.startswith("Valid: 8 resources in 4 files")
    first = tree.run("plan", "--detailed-exitcode")
    assert (first.code, first.out.splitlines()[0]) == (2, "Plan: 8 to add, 0 to change, 0 to destroy.")
    assert not (tree.folder / ".reconciler").exists()
    assert "Apply complete! 8 added, 0 changed, 0 destroyed." in tree.apply().out.splitlines()
    again = tree.run("plan", "--detailed-exitcode")
    assert (again.code, again.out.splitlines()[0]) == (0, "No changes.")


def test_applying_twice_writes_nothing_the_second_time(tree: Tree) -> None:
    tree.apply()
    before = (tree.folder / ".reconciler/live.db").read_bytes()
    assert tree.apply().out.startswith("No changes.")
    assert (tree.folder / ".reconciler/live.db").read_bytes() == before


def test_intent_drift_and_conflict(tree: Tree) -> None:
    tree.apply()
    tree.sql("UPDATE categories SET audience = 'all', sort_order = 30")
    tree.edit(SMALL, "sortOrder: 10\n---", "sortOrder: 15\n---")
    tree.edit(SMALL, "serviceTypes: [incident]\n  sortOrder: 10", "serviceTypes: [incident]\n  sortOrder: 20")
    found = {
        (change["address"], field["path"]): field["cause"]
        for change in tree.run("plan", "--format", "json").json["resource_changes"]
        for field in change["reconciler"]["fields"]
    }
    assert found == {
        ("ServiceType/farol/incident", "sortOrder"): "intent",
        ("Category/farol/signing", "audience"): "drift",
        ("Category/farol/signing", "sortOrder"): "conflict",
    }
    text = tree.run("plan").out
    line = tree.line_of(SMALL, "audience")
    assert any("audience" in one and one.endswith(f"drift, line {line}") for one in text.splitlines())
    assert f"{SMALL}:" in text


def test_a_plan_file_is_applied_once(tree: Tree) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    assert tree.run("plan", "--out", "p.plan").code == 0
    shown = tree.run("show", "p.plan")
    assert shown.out.splitlines()[0] == "Plan: 0 to add, 1 to change, 0 to destroy."
    assert tree.run("show", "p.plan", "--format", "json").json["reconciler"]["digest"] in shown.out
    assert tree.run("status", "p.plan").code == 1
    assert tree.run("apply", "p.plan", *tree.everybody).out == "Apply complete! 0 added, 1 changed, 0 destroyed.\n"
    again = tree.run("apply", "p.plan", *tree.everybody)
    assert (again.code, again.out.startswith("Already applied")) == (0, True)
    assert tree.run("status", "p.plan").code == 0
    assert len(tree.sql("SELECT id FROM reconciler_runs")) == 2


def test_the_first_plan_file_fits_the_database_that_it_makes(tree: Tree) -> None:
    assert tree.run("plan", "--out", "p.plan").code == 0
    assert tree.run("apply", "p.plan", *tree.everybody).code == 0
    assert tree.run("apply", "p.plan", *tree.everybody).out.startswith("Already applied")


def test_the_same_plan_gives_the_same_bytes(tree: Tree) -> None:
    tree.run("plan", "--out", "a.plan")
    tree.run("plan", "--out", "b.plan")
    assert Path("a.plan").read_bytes() == Path("b.plan").read_bytes()
    assert Path("a.plan").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("moves", ["row", "manifest"])
def test_a_stale_plan_file_is_refused_and_says_why(tree: Tree, moves: str) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    tree.run("plan", "--out", "p.plan")
    if moves == "row":
        tree.sql("UPDATE categories SET audience = 'all'")
    else:
        tree.edit(SMALL, "All about seals", "Nothing")
    call = tree.run("apply", "p.plan", *tree.everybody)
    assert call.code == 5
    words = "Category/farol/signing" if moves == "row" else "the manifests have changed"
    assert words in " ".join(call.err.split())
    assert tree.sql("SELECT description FROM categories") == [("Questions about seals",)]


def test_a_plan_file_that_was_touched_is_refused(tree: Tree) -> None:
    tree.run("plan", "--out", "p.plan")
    data = Path("p.plan").read_bytes()
    Path("p.plan").write_bytes(data.replace(b"Farol Services", b"Other Services"))
    assert (tree.run("apply", "p.plan", *tree.everybody).code, tree.run("show", "p.plan").code) == (5, 5)
    Path("p.plan").write_bytes(data[:-200])
    assert tree.run("apply", "p.plan", *tree.everybody).code == 1
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_a_plan_file_carries_what_it_was_asked_for(tree: Tree) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    tree.edit(SMALL, "displayName: Incident", "displayName: Trouble")
    tree.run("plan", "platform", "tenants", "--target", "Category/*", "--out", "p.plan")
    assert tree.run("apply", "p.plan", "--prune", *tree.everybody).code == 1
    assert tree.run("apply", "p.plan", *tree.everybody).out == "Apply complete! 0 added, 1 changed, 0 destroyed.\n"
    assert tree.sql("SELECT display_name FROM service_types") == [("Incident",)]


def test_a_digest_admits_exactly_its_plan(tree: Tree) -> None:
    digest = tree.run("plan", "--format", "json").json["reconciler"]["digest"]
    assert tree.run("apply", "--digest", "sha256:" + "0" * 64, *tree.everybody).code == 5
    assert tree.run("apply", "--digest", digest, *tree.everybody).code == 0


def test_without_a_terminal_nothing_is_applied_unasked(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    call = tree.run("apply", *tree.everybody)
    assert (call.code, "--auto-approve" in call.err) == (1, True)
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_deletes_are_held_until_they_are_asked_for(tree: Tree) -> None:
    tree.apply()
    (tree.folder / SMALL).unlink()
    held = tree.run("plan")
    assert held.out.startswith("No changes.\n  2 held")
    assert "! Category/farol/signing" in held.out
    pruned = tree.run("plan", "--prune", "--detailed-exitcode")
    assert (pruned.code, pruned.out.splitlines()[0]) == (2, "Plan: 0 to add, 0 to change, 2 to destroy.")
    assert "Apply complete! 0 added, 0 changed, 2 destroyed." in tree.apply("--prune").out
    assert tree.sql("SELECT count(*) FROM categories") == [(0,)]


def test_an_empty_folder_deletes_nothing(tree: Tree) -> None:
    tree.apply()
    (tree.folder / "empty").mkdir()
    assert tree.run("plan", "empty").code == 7
    assert tree.run("apply", "empty", "--auto-approve", *tree.everybody).code == 7
    assert tree.run("plan", "empty", "--prune").code == 7
    assert tree.run("apply", "empty", "--prune", "--auto-approve", *tree.everybody).code == 7
    assert tree.sql("SELECT count(*) FROM categories") == [(1,)]


@pytest.mark.parametrize("left", ["", "---\n"], ids=["empty", "cut"])
def test_a_file_that_was_cut_off_deletes_nothing(tree: Tree, left: str) -> None:
    tree.apply()
    text = (tree.folder / SMALL).read_text(encoding="utf-8")
    tree.edit(SMALL, text if not left else text.partition(left)[2], "")
    call = tree.run("plan", "--prune", "--detailed-exitcode")
    assert (call.code, "may have been cut off" in call.out) == (0, True)


def test_protection_outlives_the_manifest(tree: Tree) -> None:
    tree.edit(SMALL, "spec:\n  displayName: Signing", "lifecycle: {protect: true}\nspec:\n  displayName: Signing")
    tree.apply()
    tree.edit(SMALL, "---\n" + (tree.folder / SMALL).read_text(encoding="utf-8").partition("---\n")[2], "")
    call = tree.run("apply", "--prune", "--auto-approve", *tree.everybody)
    assert (call.code, "GEN-20" in call.err) == (7, True)
    assert tree.sql("SELECT count(*) FROM categories") == [(1,)]


def test_a_budget_is_widened_for_a_kind(tree: Tree) -> None:
    more = "---\n".join(
        f"apiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {{name: t{number}, tenant: farol}}\n"
        f"spec: {{displayName: T{number}}}\n"
        for number in range(7)
    )
    path = tree.write("tenants/farol/more.yaml", more)
    tree.apply()
    path.unlink()
    assert tree.run("plan", "--prune").code == 7
    assert tree.run("apply", "--prune", "--auto-approve", *tree.everybody).code == 7
    assert tree.run("plan", "--prune", "--allow-delete", "ServiceType:7").code == 0
    assert tree.run("plan", "--prune", "--allow-delete", "Nothing:7").code == 1


def test_a_large_decision_needs_another_administrator(tree: Tree) -> None:
    tree.apply()
    tree.edit("tenants/farol/partner.yaml", "FAR-0001", "FAR-0002")
    words = ("apply", "--auto-approve", "--as", "root@example.com")
    alone = tree.run(*words)
    assert (alone.code, "GEN-25" in alone.err) == (4, True)
    assert tree.run(*words, "--as", "stranger@example.com").code == 4
    assert tree.run(*words, "--as", "ROOT@example.com").code == 4
    assert tree.run(*words, "--as", "Second@example.com").code == 0
    assert tree.sql("SELECT actor, approvers FROM reconciler_runs ORDER BY seq DESC LIMIT 1") == [
        ("root@example.com", '["second@example.com"]')
    ]


def test_no_output_holds_a_secret(tree: Tree) -> None:
    calls = [
        tree.run("validate", "--format", "json"),
        tree.run("plan", "--verbose", "--out", "p.plan", "--json-into", "e.json"),
        tree.run("plan", "--format", "json"),
        tree.run("plan", "--json"),
        tree.run("apply", "--auto-approve", "--report", "r.json", "--json", *tree.everybody),
    ]
    tree.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    later = tree.run("plan")
    assert "password: (secret) version 1 -> 2" in later.out
    written = "".join(Path(name).read_text(encoding="utf-8") for name in ("p.plan", "e.json", "r.json"))
    for text in (*(call.out + call.err for call in (*calls, later)), written):
        assert SECRET not in text
        assert str(len(SECRET)) + " char" not in text
    assert SECRET.encode() not in (tree.folder / ".reconciler/live.db").read_bytes()


def test_a_password_outside_the_policy_is_refused_at_its_line(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANA_PASSWORD", "short")
    call = tree.run("plan")
    line = tree.line_of("tenants/farol/customers.yaml", "password:")
    assert call.code == 1
    assert f"tenants/farol/customers.yaml:{line}:3: error USR-03" in call.out
    assert tree.run("apply", "--auto-approve", *tree.everybody).code == 1
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_a_missing_secret_is_named_and_nothing_is_applied(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANA_PASSWORD")
    call = tree.run("apply", "--auto-approve", *tree.everybody)
    assert (call.code, "GEN-22" in call.err, "ANA_PASSWORD" in call.err) == (1, True, True)
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_made_secrets_go_into_a_file_of_their_own(tree: Tree) -> None:
    tree.edit("tenants/farol/customers.yaml", '{fromEnv: ANA_PASSWORD, version: "1"}', "{generate: true}")
    refused = tree.run("apply", "--auto-approve", *tree.everybody)
    assert (refused.code, "--secrets-out" in refused.err) == (1, True)
    tree.apply("--secrets-out", "made.json")
    made = json.loads(Path("made.json").read_text(encoding="utf-8"))
    assert (made["address"], made["field"], len(made["value"])) == ("CustomerUser/farol/ana", "password", 24)
    assert Path("made.json").stat().st_mode & 0o777 == 0o600
    assert tree.run("plan", "--detailed-exitcode").code == 0


def test_a_commit_is_planned_whatever_the_working_tree_holds(tree: Tree) -> None:
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=tree.folder, check=True, capture_output=True)
    tree.edit(SMALL, "kind: Category", "kind: Catgory")
    assert tree.run("plan").code == 1
    call = tree.run("plan", "--rev", "HEAD", "--format", "json")
    assert call.code == 0
    assert len(call.json["reconciler"]["manifests"]["commit"]) == 40
    assert tree.run("validate", "--rev", "HEAD").code == 0
    assert tree.run("plan", "--rev", "nothing").code == 1


def test_bootstrap_opens_an_empty_database_once(tree: Tree) -> None:
    tree.edit("platform/operators.yaml", (tree.folder / "platform/operators.yaml").read_text(encoding="utf-8"), "")
    assert tree.run("apply", "--auto-approve", "--bootstrap").code == 4
    tree.write("platform/operators.yaml", (
        "apiVersion: reconciler/v1\nkind: Operator\nmetadata: {name: root}\n"
        "spec: {email: root@example.com, displayName: Rita, role: administrator, language: pt-PT, state: active}\n"
    ))  # fmt: skip
    assert tree.run("apply", "--auto-approve", "--bootstrap", "--as", "root@example.com").code == 0
    assert tree.sql("SELECT actor FROM reconciler_runs") == [("installer root@example.com",)]
    tree.edit(SMALL, "Questions about seals", "All about seals")
    assert tree.run("apply", "--auto-approve", "--bootstrap").code == 4


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("system_configurations", "languages", '[1,{"a":null}]'),
        ("categories", "service_types", "9223372036854775807"),
        ("categories", "service_types", "[1e999]"),
        ("categories", "service_types", f"[{'9' * 6000}]"),
        ("self_cares", "allowed_roles", "7"),
        ("domains", "origins", '[1e999,{},{"address":5}]'),
    ],
)
def test_rows_of_a_world_that_is_wrong_are_news_and_no_crash(tree: Tree, table: str, column: str, value: str) -> None:
    tree.write("platform/system.yaml", SYSTEM)
    tree.write("tenants/farol/portal.yaml", PORTAL)
    tree.apply()
    tree.sql(f"UPDATE {table} SET {column} = ?", value)
    call = tree.run("plan", "--detailed-exitcode", "--format", "json")
    assert call.code == 2, call.err
    assert call.json["reconciler"]["summary"]["drift"] == 1
    tree.apply()
    assert tree.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("part", ["reason", "before", "add", "changes", "identity", "path", "partial", "cascade"])
def test_a_plan_file_that_was_sealed_anew_is_refused(tree: Tree, part: str) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    tree.run("plan", "--out", "p.plan")
    document = json.loads(Path("p.plan").read_bytes())
    change = document["changes"][0]
    match part:
        case "reason":
            change["reason"] = "nothing to worry about"
        case "before":
            change["fields"][0]["before"] = "Something else"
        case "add":
            document["summary"]["add"] = 7
        case "changes":
            document["changes"] = []
        case "identity":
            document["identity"] = "another"
        case "path":
            change["fields"][0]["path"] = 7
        case "partial":
            document["partial"] = True
        case "cascade":  # the digest of a plan that says to be partial does not follow from what it shows
            document |= {"partial": True, "cascades": [[change["address"], "disabled", "it is told so", {}]]}
    _seal_anew(document)
    call = tree.run("apply", "p.plan", *tree.everybody)
    assert (call.code, "PLN-02" in call.err) == (5, True)
    assert tree.sql("SELECT description FROM categories") == [("Questions about seals",)]


@pytest.mark.parametrize("part", ["manifests", "commit", "unchanged", "drift"])
def test_what_a_plan_file_says_besides_what_it_does_means_nothing_to_an_apply(tree: Tree, part: str) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    tree.run("plan", "--out", "p.plan")
    document = json.loads(Path("p.plan").read_bytes())
    if part in document:
        document[part] = "another"
    else:
        document["summary"][part] += 7
    _seal_anew(document)
    call = tree.run("apply", "p.plan", *tree.everybody)
    assert call.code == 0, call.err
    assert tree.sql("SELECT description FROM categories") == [("All about seals",)]
    assert tree.sql("SELECT count(*) FROM reconciler_runs WHERE commit_id = 'another'") == [(0,)]


@pytest.mark.parametrize("name", ["", " ", "\x1b[31m", "a\nb", "a" * 400])
def test_a_person_has_a_name_that_the_audit_can_carry(tree: Tree, name: str) -> None:
    call = tree.run("apply", "--auto-approve", "--as", name)
    assert (call.code, "names nobody" in call.err) == (1, True)
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_a_target_deletes_nothing_that_a_row_outside_of_it_still_names(tree: Tree) -> None:
    request = "---\napiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {name: request, tenant: farol}\n"
    more = tree.write("tenants/farol/more.yaml", request + "spec: {displayName: Request}\n")
    tree.edit(SMALL, "serviceTypes: [incident]", "serviceTypes: [incident, request]")
    tree.apply()
    tree.edit(SMALL, "serviceTypes: [incident, request]", "serviceTypes: [incident]")
    more.write_text("# nothing is left\n", encoding="utf-8")
    narrow = tree.run("apply", "--auto-approve", "--prune", "--target", "ServiceType/*", *tree.everybody)
    assert (narrow.code, "TGT-01" in narrow.err) == (1, True)
    assert tree.apply("--prune").out.splitlines()[0] == "Plan: 0 to add, 1 to change, 1 to destroy."


def test_what_a_target_leaves_out_does_not_count_as_done(tree: Tree) -> None:
    """A customer is not made without a user (CUS-03), nor closed above one that stays open (CUS-05)."""
    file = "tenants/farol/customers.yaml"
    tree.apply()
    below = (
        FILES[file]
        .replace("lumen", "norte")
        .replace("name: ana", "name: eva")
        .replace("enterprise", "enterprise\n  parent: lumen")
    )
    text = f"{FILES[file]}---\n{below}"
    tree.write(file, text)
    alone = tree.run("plan", "--target", "Customer/farol/norte")
    assert (alone.code, "CUS-03" in alone.out) == (1, True), alone.out
    tree.apply()
    for name in ("lumen", "norte"):
        confirmed = f"{{name: {name}, tenant: farol, annotations: {{reconciler/confirm-close: {name}}}}}"
        text = text.replace(f"metadata:\n  name: {name}\n  tenant: farol\nspec:", f"metadata: {confirmed}\nspec:")
    tree.write(file, text.replace("plan: enterprise", "plan: enterprise\n  state: closed"))
    alone = tree.run("plan", "--target", "Customer/farol/lumen")
    assert (alone.code, "CUS-05" in alone.out, "Customer/farol/norte" in alone.out) == (1, True, True), alone.out
    assert tree.run("plan").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_apply_that_is_ended_is_rolled_back_and_says_so(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    tree.apply()
    tree.edit(SMALL, "Questions about seals", "All about seals")
    tree.edit("tenants/farol/customers.yaml", '{fromEnv: ANA_PASSWORD, version: "1"}', "{generate: true}")
    before = signal.getsignal(number)

    def ended(_step: object, *_rest: object, **_how: object) -> None:
        os.kill(os.getpid(), number)

    monkeypatch.setattr("reconciler.adapters.database.session.Session.commit", ended)
    monkeypatch.setattr("reconciler.cli.progress.Progress.__call__", lambda _self, _event: None)
    call = tree.run("apply", "--auto-approve", "--secrets-out", "made.txt", *tree.everybody)
    assert (call.code, "nothing was changed" in call.err) == (130, True)
    assert not Path("made.txt").exists()
    assert tree.sql("SELECT description FROM categories") == [("Questions about seals",)]
    assert signal.getsignal(number) is before


def test_an_output_that_is_no_file_is_written_into_and_not_replaced(tree: Tree) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert tree.run("plan", "--target", "Partner/*", "--out", "pipe").code == 0
        assert json.loads(os.read(reader, 1 << 16))["schema"] == "reconciler-plan"
    finally:
        os.close(reader)
    assert Path("pipe").is_fifo()


def test_an_output_behind_a_link_leaves_the_link(tree: Tree) -> None:
    Path("real.plan").touch()
    Path("link.plan").symlink_to("real.plan")
    assert tree.run("plan", "--out", "link.plan").code == 0
    assert Path("link.plan").is_symlink()
    assert json.loads(Path("real.plan").read_bytes())["schema"] == "reconciler-plan"


def _seal_anew(document: dict[str, Any]) -> None:
    content = {key: value for key, value in document.items() if key != "seal"}
    seal = "sha256:" + hashlib.sha256(rfc8785.dumps(content)).hexdigest()
    Path("p.plan").write_bytes(rfc8785.dumps({**content, "seal": seal}) + b"\n")
