"""Environments: overlays of a tree, and everything that reads and accepts them."""

from __future__ import annotations

import subprocess

import pytest

from reconciler.adapters.manifests.cache import FEWEST
from tests.cli.environments import (
    CATEGORY,
    CONFIGURATION,
    DESK,
    ONLY,
    PRODUCTION,
    STAGING,
    apply,
    categories,
    git,
    sql,
    texts,
    with_environments,
)
from tests.cli.tree import CLOCK, Tree


def test_what_an_overlay_mended_is_not_remembered_as_sound(
    envs: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE", str(tmp_path_factory.mktemp("cache")))
    envs.edit(
        DESK, "  name: signing\n  tenant: farol\n", "  name: signing\n  tenant: farol\nlifecycle: {management: some}\n"
    )
    envs.write(STAGING, CATEGORY + "lifecycle:\n  management: full\n")
    for number in range(FEWEST):
        kind = CATEGORY.replace("Category", "ServiceType").replace("signing", f"type-{number}")
        envs.write(f"tenants/farol/type-{number}.yaml", kind + f"spec:\n  displayName: T {number}\n")
    for _ in range(2):
        assert envs.run("validate", "--env", "staging").code == 0
        call = envs.run("validate", "--env", "demo")
        assert call.code == 1
        assert "management" in call.out


# --- plan and apply --------------------------------------------------------------------------------------------------


def test_each_environment_is_what_its_overlays_make_of_the_manifests(envs: Tree) -> None:
    for environment in ("staging", "production", "demo"):
        apply(envs, environment)
        assert "No changes." in envs.run("plan", "--env", environment).out
    assert categories(envs) == [("more", "m", 40), ("signing", "", 30)]
    assert categories(envs, "live") == categories(envs, "demo") == [("signing", "Questions about seals", 10)]


def test_the_variable_chooses_it_too_and_without_one_nothing_is_laid_on(
    envs: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Plan: 8 to add" in envs.run("plan").out
    monkeypatch.setenv("RECONCILER_ENV", "staging")
    assert "Plan: 9 to add" in envs.run("plan").out


def test_each_field_names_the_line_that_says_it(envs: Tree) -> None:
    apply(envs, "staging")
    envs.edit(STAGING, "sortOrder: 30", "sortOrder: 31")
    envs.edit(STAGING, "  description: null\n", "")
    line = envs.line_of(STAGING, "sortOrder")
    call = envs.run("plan", "--env", "staging")
    assert f"{STAGING}:{line}" in call.out
    (change,) = envs.run("plan", "--env", "staging", "--format", "json").json["resource_changes"]
    at = {one["path"]: one["source"] for one in change["reconciler"]["fields"]}
    assert at == {"description": f"{DESK}:17", "sortOrder": f"{STAGING}:{line}"}
    assert change["reconciler"]["source"] == f"{DESK}:13"
    assert f"{STAGING}:{line}" in envs.run("plan", "--env", "staging", "--format", "markdown").out


def test_a_source_of_a_secret_and_its_file_come_from_the_overlay(envs: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    envs.write("overlays/staging/tenants/farol/secret.txt", "Lantern-staging-0815!")
    envs.write(
        "overlays/staging/tenants/farol/ana.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerUser\nmetadata: {name: ana, tenant: farol}\n"
        "spec:\n  password: {fromEnv: null, fromFile: secret.txt}\n",
    )
    monkeypatch.delenv("ANA_PASSWORD")
    apply(envs, "staging")
    call = envs.run("explain", "CustomerUser/farol/ana.password", "--env", "staging")
    assert "password: (secret) fromFile secret.txt" in call.out
    assert "Lantern" not in call.out


def test_two_sources_for_a_secret_are_told_at_the_overlay(envs: Tree) -> None:
    envs.write(
        "overlays/staging/tenants/farol/ana.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerUser\nmetadata: {name: ana, tenant: farol}\n"
        "spec:\n  password: {fromFile: secret.txt}\n",
    )
    call = envs.run("validate", "--env", "staging")
    assert call.code == 1
    assert "overlays/staging/tenants/farol/ana.yaml:5:3: error GEN-18" in call.out
    assert "takes another source away with null" in " ".join(call.out.split())


def test_which_sources_a_tenant_may_use_still_counts(envs: Tree) -> None:
    with (envs.folder / "reconciler.yaml").open("a", encoding="utf-8") as file:
        file.write("secrets: {allow: {farol: {fromEnv: ['FAROL_*']}}}\n")
    call = envs.run("apply", "--env", "staging", "--bootstrap", "--auto-approve", "--as", "root@example.com")
    assert (call.code, "GEN-22" in call.err + call.out) == (1, True)


# --- validate --------------------------------------------------------------------------------------------------------


def test_a_wrong_value_is_told_where_the_overlay_says_it(envs: Tree) -> None:
    envs.edit(STAGING, "sortOrder: 30", 'sortOrder: "30"')
    call = envs.run("validate", "--env", "staging")
    assert call.code == 1
    assert f"{STAGING}:9:3: error GEN-12" in call.out
    assert '9 |   sortOrder: "30"' in call.out
    assert envs.run("validate", "--env", "production").code == 0


def test_a_missing_field_is_told_in_the_base_and_one_taken_away_at_its_null(envs: Tree) -> None:
    envs.edit(DESK, "  displayName: Signing\n", "")
    assert f"{DESK}:15:1: error GEN-13" in envs.run("validate", "--env", "staging").out
    envs.edit(DESK, "  description: Questions", "  displayName: Signing\n  description: Questions")
    envs.edit(STAGING, "description: null", "displayName: null")
    assert f"{STAGING}:8:3: error GEN-13" in envs.run("validate", "--env", "staging").out


def test_an_unknown_key_and_a_repeated_key_of_an_overlay(envs: Tree) -> None:
    envs.edit(STAGING, "sortOrder: 30", "sortOder: 30")
    call = envs.run("validate", "--env", "staging")
    assert (f"{STAGING}:9:3: error GEN-01" in call.out, "did you mean sortOrder?" in call.out) == (True, True)
    envs.edit(STAGING, "sortOder: 30", "description: x")
    assert "error GEN-01" in envs.run("validate", "--env", "staging").out


def test_a_null_under_a_slip_of_a_name_is_told(envs: Tree) -> None:
    envs.edit(STAGING, "  description: null\n", "  descripton: null\n")
    envs.edit(STAGING, "spec:", "lifecycle: {protected: null}\nstatus: null\nspec:")
    out = envs.run("validate", "--env", "staging").out
    for place in ("6:13", "7:1", "10:3"):
        assert f"{STAGING}:{place}: error GEN-0" in out, out
    assert "did you mean description?" in out
    envs.edit(DESK, "  description: Questions", "  descripton: Questions")
    assert f"{STAGING}:10:3" not in envs.run("validate", "--env", "staging").out  # there it takes something away


def test_without_an_environment_each_is_checked_and_named(envs: Tree) -> None:
    assert envs.run("validate").out.startswith("Valid: 8 resources in 7 files.")
    envs.edit(STAGING, "sortOrder: 30", "sortOrder: 3000")
    envs.edit(ONLY, "[incident]", "[incidet]")
    call = envs.run("validate", "--format", "json")
    found = [(one["range"]["filename"], one["code"], one["summary"]) for one in call.json["diagnostics"]]
    assert (call.code, [one[:2] for one in found]) == (1, [(STAGING, "GEN-14")])
    assert found[0][2].endswith("(in the environment staging)")
    envs.edit(STAGING, "sortOrder: 3000", "sortOrder: 30")
    found = envs.run("validate", "--format", "json").json["diagnostics"]
    assert [(one["range"]["filename"], one["code"]) for one in found] == [(ONLY, "GEN-02")]


def test_an_error_of_the_base_is_told_once(envs: Tree) -> None:
    envs.edit(DESK, "audience: customers", "audience: nobody")
    found = envs.run("validate", "--format", "json").json["diagnostics"]
    assert [(one["range"]["filename"], one["code"]) for one in found] == [(DESK, "GEN-14")]
    assert "environment" not in found[0]["summary"]


def test_an_overlay_without_a_manifest_is_no_new_resource(envs: Tree) -> None:
    text = (envs.folder / ONLY).read_text(encoding="utf-8")
    envs.write("overlays/staging/tenants/farol/more.yaml", text.replace("name: more", "name: mor"))
    call = envs.run("validate", "--env", "staging")
    assert (call.code, "OVL-01" in call.out, "did you mean Category/farol/more?" in call.out) == (1, True, True)


def test_an_overlay_lies_over_a_manifest_of_its_environment_alone(envs: Tree) -> None:
    envs.write("overlays/staging/tenants/farol/m.yaml", CATEGORY.replace("signing", "more") + "spec: {sortOrder: 41}\n")
    assert envs.run("validate", "--env", "staging").code == 0
    apply(envs, "staging")
    assert categories(envs)[0] == ("more", "m", 41)


def test_the_same_address_for_all_and_for_one_is_an_error_there(envs: Tree) -> None:
    envs.edit(ONLY, "name: more", "name: signing")
    assert "GEN-03" in envs.run("validate", "--env", "staging").out
    assert envs.run("validate", "--env", "production").code == 0


def test_a_layout_holds_in_overlays_too(envs: Tree) -> None:
    (envs.folder / "overlays/staging/tenants/other").mkdir()
    (envs.folder / STAGING).rename(envs.folder / "overlays/staging/tenants/other/desk.yaml")
    call = envs.run("validate", "--env", "staging")
    assert (call.code, "overlays/staging/tenants/other/desk.yaml:5:3: error LAY-01" in call.out) == (1, True)


def test_a_layout_holds_in_manifests_of_an_environment_too(envs: Tree) -> None:
    (envs.folder / "only/staging/tenants/other").mkdir()
    (envs.folder / ONLY).rename(envs.folder / "only/staging/tenants/other/more.yaml")
    for words in (("validate", "--env", "staging"), ("validate",)):
        call = envs.run(*words)
        assert (call.code, "only/staging/tenants/other/more.yaml:5:3: error LAY-01" in call.out) == (1, True)
    assert envs.run("validate", "--env", "production").code == 0


def test_some_paths_alone_take_the_overlays_that_fit(envs: Tree) -> None:
    assert envs.run("validate", "platform", "--env", "staging").out.startswith("Valid: 2 resources")
    call = envs.run("plan", "platform", "tenants", "--env", "staging")
    assert (call.code, "Plan: 8 to add" in call.out, "+ sortOrder: 30" in call.out) == (0, True, True)


@pytest.mark.parametrize("path", ["overlays/staging", STAGING, "./overlays/../overlays/production"])
def test_overlays_are_never_read_by_name(envs: Tree, path: str) -> None:
    call = envs.run("validate", path)
    assert (call.code, "holds overlays" in call.err) == (1, True)


def test_a_folder_of_overlays_that_is_not_there_is_an_error(envs: Tree) -> None:
    (envs.folder / PRODUCTION).unlink()
    for folder in ("overlays/production/tenants/farol", "overlays/production/tenants", "overlays/production"):
        (envs.folder / folder).rmdir()
    for words in (("validate",), ("plan", "--env", "production")):
        call = envs.run(*words)
        assert (call.code, "LOD-05" in call.out + call.err) == (1, True)


def test_links_in_overlays_are_refused(envs: Tree) -> None:
    (envs.folder / "overlays/staging/link.yaml").symlink_to(envs.folder / DESK)
    assert "LOD-04" in envs.run("validate", "--env", "staging").out
    (envs.folder / "overlays/staging/link.yaml").unlink()
    (envs.folder / "overlays/moved").symlink_to(envs.folder / "overlays/staging", target_is_directory=True)
    envs.edit("reconciler.yaml", "overlays: [overlays/staging]", "overlays: [overlays/moved]")
    assert "LOD-04" in envs.run("validate", "--env", "staging").out


@pytest.mark.parametrize(
    ("environments", "place", "words"),
    [
        ("{a: {overlays: [over, over]}}", 3, "twice"),
        ("{a: {overlays: [over]}, b: {overlays: [over/b]}}", 3, "stand in each other"),
        ("{a: {overlays: [over], manifests: [over]}}", 3, "twice"),
        ("{a: {overlays: [over]}, b: {manifests: [over]}}", 3, "stand in each other"),
        ("{a: {overlays: [platform]}}", 3, "holds platform of manifests"),
        ("{a: {manifests: [platform]}}", 3, "holds platform of manifests"),
        ("{a: {overlays: [..]}}", 3, "below this one"),
        ("{a: {overlays: [/etc]}}", 3, "below this one"),
        ("{a: {overlays: ['.']}}", 3, "below this one"),
        ("{a: {overlays: over}}", 3, "must be a list"),
        ("{a: {overlays: [.over]}}", 3, "not hidden"),
        ("{a: {manifests: [only/.git]}}", 3, "not hidden"),
    ],
)
def test_folders_that_nobody_could_tell_apart_are_refused(
    tree: Tree, environments: str, place: int, words: str
) -> None:
    head = "apiVersion: reconciler/v1\nkind: Project\n"
    tree.write("reconciler.yaml", f"{head}environments: {environments}\nmanifests: [platform, tenants]\n")
    call = tree.run("validate")
    assert call.code == 1
    assert f"reconciler.yaml:{place}:" in call.err
    assert words in " ".join(call.err.split())


def test_environments_may_share_a_folder(envs: Tree) -> None:
    envs.edit("reconciler.yaml", "demo: {", "demo: {overlays: [overlays/staging], ")
    assert envs.run("validate").code == 0
    assert envs.run("diff", "--from-env", "staging", "--to-env", "demo", "--format", "json").json["same"] == 8


# --- git -------------------------------------------------------------------------------------------------------------


def test_a_commit_is_composed_whatever_the_working_tree_holds(envs: Tree) -> None:
    git(envs, "init", "-q")
    git(envs, "add", ".")
    git(envs, "commit", "-qm", "a")
    plan = envs.run("plan", "--env", "staging", "--format", "json").json["reconciler"]
    assert plan["manifests"]["commit"] if isinstance(plan["manifests"], dict) else True
    clean = envs.run("plan", "--env", "staging", "--rev", "HEAD", "--format", "json").json
    assert clean["reconciler"]["digest"] == plan["digest"]
    envs.edit(STAGING, "sortOrder: 30", "sortOrder: 35")
    then = envs.run("plan", "--env", "staging", "--rev", "HEAD")
    assert ("sortOrder: 30" in then.out, "sortOrder: 35" in then.out) == (True, False)
    call = envs.run("diff", "--from-env", "staging", "--to-env", "production", "--rev", "HEAD", "--format", "json")
    (found,) = [one for one in call.json["differences"] if one["address"] == "Category/farol/signing"]
    values = {one["path"]: one["before"]["value"] for one in found["fields"]}
    assert values["sortOrder"] == 30
    assert envs.run("validate", "--rev", "HEAD").code == 0
    assert envs.run("validate", "--rev", "HEAD", "--env", "staging").code == 0


def test_the_commit_is_named_only_when_overlays_are_its_own(envs: Tree) -> None:
    from reconciler.wiring import open_house

    git(envs, "init", "-q")
    git(envs, "add", ".")
    git(envs, "commit", "-qm", "a")

    def commit(environment: str) -> str | None:
        house = open_house({"RECONCILER_CLOCK": CLOCK}, environment=environment, folder=envs.folder)
        return house.reader().read()[0].commit

    assert all(commit(one) for one in ("", "staging", "production"))
    (envs.folder / STAGING).write_text(CATEGORY, encoding="utf-8")
    assert [commit(one) is not None for one in ("", "staging", "production")] == [True, False, True]
    (envs.folder / STAGING).unlink()
    assert [commit(one) is not None for one in ("", "staging", "production")] == [True, False, True]


def test_who_wrote_an_overlay_is_among_the_authors(envs: Tree) -> None:
    from reconciler.wiring import open_house

    git(envs, "init", "-q")
    git(envs, "add", ".")
    git(envs, "commit", "-qm", "a")
    for file, who in ((STAGING, "ines@farol.example.com"), (ONLY, "second@example.com")):
        with (envs.folder / file).open("a", encoding="utf-8") as opened:
            opened.write("# a word\n")
        git(envs, "-c", f"user.email={who}", "commit", "-qam", "b")

    def authors(environment: str) -> frozenset[str] | None:
        house = open_house({"RECONCILER_CLOCK": CLOCK}, environment=environment, folder=envs.folder)
        doors = house.doors(house.reader(), writes=False)
        commit = house.reader().read()[0].commit
        assert doors.authors is not None
        assert commit is not None
        first = subprocess.run(
            ["git", "rev-list", "--max-parents=0", "HEAD"], cwd=envs.folder, check=True, capture_output=True, text=True
        )
        return doors.authors.since(commit, first.stdout.strip())

    assert authors("staging") == {"ines@farol.example.com", "second@example.com"}
    assert authors("production") == {"ines@farol.example.com", "second@example.com"}  # below the same root
    envs.write("reconciler.yaml", CONFIGURATION + "manifests: [platform, tenants]\n")
    git(envs, "commit", "-qam", "c")
    assert authors("staging") == {"ines@farol.example.com", "second@example.com"}
    assert authors("production") == frozenset()


# --- explain ---------------------------------------------------------------------------------------------------------


def test_a_field_says_where_it_comes_from_and_what_it_overrides(envs: Tree) -> None:
    call = envs.run("explain", "Category/farol/signing.sortOrder", "--env", "staging")
    assert call.out == (
        "Category/farol/signing in the environment staging\n\n"
        "  sortOrder: 30\n"
        f"    from overlay {STAGING}:9\n"
        f"    overrides base {DESK}:20: 10\n"
    )
    assert f"  sortOrder: 10\n    from base {DESK}:20\n" in envs.run("explain", "Category/farol/signing.sortOrder").out
    gone = envs.run("explain", "Category/farol/signing.description", "--env", "staging").out
    assert f'description: default ""\n    taken away by overlay {STAGING}:8\n' in gone
    whole = envs.run("explain", "Category/farol/signing", "--env", "production").out
    assert f'metadata.labels: {{env: "live"}}\n    from overlay {PRODUCTION}:6' in whole
    assert "protect" not in whole
    left_out = envs.run("explain", "Category/farol/signing.lifecycle").out
    for words in ("protect: default false", "ignoreChanges: default []", "management: default full"):
        assert f"lifecycle.{words}\n" in left_out
    assert "labels: default {}\n" in envs.run("explain", "Category/farol/signing.metadata.labels").out
    label = envs.run("explain", "Category/farol/signing.metadata.labels.env", "--env", "production").out
    assert f'metadata.labels.env: "live"\n    from overlay {PRODUCTION}:7' in label


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Category/farol/signing.sortOder", "did you mean Category/farol/signing.sortOrder?"),
        ("Category/farol/signin", "did you mean Category/farol/signing?"),
        ("Category/farol/signing/x/y", "is no address"),
        ("Nothing/farol/x", "no manifest declares"),
        ("Category/farol/../x", "is no address"),
    ],
)
def test_a_name_that_is_none_is_told(envs: Tree, name: str, words: str) -> None:
    call = envs.run("explain", name)
    assert (call.code, call.out) == (1, "")
    assert words in " ".join(call.err.split())


def test_a_secret_that_an_overlay_hides_is_not_shown(envs: Tree) -> None:
    envs.edit("tenants/farol/customers.yaml", '{fromEnv: ANA_PASSWORD, version: "1"}', "hunter2")
    envs.write(
        "overlays/staging/tenants/farol/ana.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerUser\nmetadata: {name: ana, tenant: farol}\n"
        "spec:\n  password: {fromEnv: ANA_PASSWORD}\n",
    )
    call = envs.run("explain", "CustomerUser/farol/ana", "--env", "staging")
    assert (call.code, call.out, "GEN-04" in call.err) == (1, "", True)
    chosen = envs.run("validate", "--env", "staging")
    assert (chosen.code, "tenants/farol/customers.yaml:21:3: error GEN-04" in chosen.out) == (1, True)
    told = [envs.run("validate"), envs.run("diff", "--from-env", "staging", "--to-env", "production"), call]
    assert "hunter2" not in "".join(one.out + one.err for one in told)
    assert "GEN-04" in told[0].out


# --- accept ----------------------------------------------------------------------------------------------------------


def test_a_live_value_goes_where_the_field_stands(envs: Tree) -> None:
    apply(envs, "staging")
    before = texts(envs)
    sql(envs, "UPDATE categories SET sort_order = 50, description = 'Seals' WHERE name = 'signing'")
    sql(envs, "UPDATE service_types SET sort_order = 11, description = 'Broken'")
    call = envs.run("accept", "--env", "staging", "Category/farol/signing", "ServiceType/farol/incident")
    assert call.code == 0, call.err
    assert f"{DESK} holds for every environment." in call.err
    assert STAGING not in call.err
    after = texts(envs)
    changed = {file for file in after if after[file] != before[file]}
    assert changed == {STAGING, DESK}
    assert after[STAGING] == before[STAGING].replace("30 #", "50 #").replace("description: null", "description: Seals")
    assert "displayName: Incident\n  description: Broken\n  sortOrder: 11\n" in after[DESK]
    assert "No changes." in envs.run("plan", "--env", "staging").out


def test_a_default_becomes_null_where_the_base_would_show_through(envs: Tree) -> None:
    envs.edit(STAGING, "description: null", "description: Tried out # for now")
    apply(envs, "staging")
    sql(envs, "UPDATE categories SET description = '' WHERE name = 'signing'")
    before = texts(envs)
    assert envs.run("accept", "--env", "staging", "Category/farol/signing").code == 0
    after = texts(envs)
    assert {file for file in after if after[file] != before[file]} == {STAGING}
    assert "description: null # for now\n" in after[STAGING]
    assert "No changes." in envs.run("plan", "--env", "staging").out


def test_a_branch_takes_overlays_too(envs: Tree) -> None:
    git(envs, "init", "-q")
    git(envs, "config", "user.name", "Rita Fonseca")
    git(envs, "config", "user.email", "root@example.com")
    git(envs, "add", ".")
    git(envs, "commit", "-qm", "a")
    apply(envs, "staging")
    sql(envs, "UPDATE categories SET sort_order = 50 WHERE name = 'signing'")
    assert envs.run("accept", "--env", "staging", "Category/farol/signing", "--branch", "night").code == 0
    shown = subprocess.run(
        ["git", "show", "--format=", "--name-only", "night"],
        cwd=envs.folder,
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.split() == [STAGING]


def test_overlays_are_tidied_with_the_rest(envs: Tree) -> None:
    assert envs.run("fmt", "--check").code == 0
    envs.edit(STAGING, "spec:\n  # try it out\n", "spec:\n      # try it out\n")
    envs.edit(
        STAGING,
        "  description: null\n  sortOrder: 30 # why not\n",
        "      sortOrder: 30 # why not\n      description: null\n",
    )
    call = envs.run("fmt")
    assert (call.code, call.out) == (0, f"{STAGING}\n")
    assert "spec:\n  description: null\n" in (envs.folder / STAGING).read_text(encoding="utf-8")


# --- hostile ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "- a\n",
        "a: &a [x]\nb: *a\n",
        CATEGORY + "spec: &a {}\n",
        CATEGORY + "spec: " + "{a: " * 40 + "1" + "}" * 40 + "\n",
        CATEGORY + "spec: [1]\n",
        CATEGORY + "spec: null\n",
        CATEGORY + "spec: {sortOrder: {a: {b: 1}}}\n",
        CATEGORY + "metadata: {name: x}\n",
        CATEGORY + "lifecycle: x\n",
        CATEGORY + "spec:\n  ? [a]\n  : b\n",
        CATEGORY + "spec: {01: 2}\n",
        CATEGORY + "spec: {\u202esortOrder: 2}\n",
        CATEGORY.replace("signing", "\u0000"),
        CATEGORY.replace("Category", "Waiver"),
        "\ufeff" + CATEGORY,
        "apiVersion: [reconciler/v1]\nkind: {a: b}\nmetadata: {name: [a]}\n",
    ],
)
def test_whatever_an_overlay_holds_there_is_no_traceback(envs: Tree, text: str) -> None:
    (envs.folder / STAGING).write_text(text, encoding="utf-8")
    for words in (
        ("validate",),
        ("validate", "--env", "staging"),
        ("plan", "--env", "staging"),
        ("explain", "Category/farol/signing", "--env", "staging"),
        ("diff", "--from-env", "staging", "--to-env", "production"),
        ("promote", "--from-env", "staging", "--to-env", "production", "Category/farol/signing"),
        ("fmt", "--check"),
    ):
        call = envs.run(*words)
        assert call.code in (0, 1, 3), (words, call.err)
        assert "Traceback" not in call.err + call.out
        assert "internal error" not in call.err + call.out


def test_a_base_from_before_an_environment_had_folders_is_one(tree: Tree) -> None:
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "platform", "tenants")
    git(tree, "commit", "-q", "-m", "before")
    envs = with_environments(tree)
    apply(envs, "staging")
    call = envs.run("plan", "--env", "staging", "--base", "HEAD", "--format", "json")
    assert call.code == 0, call.err
    found = call.json["reconciler"]["base"]
    assert found["planned"] is True
    assert (found["branch"]["change"], found["before"]["change"]) == (0, 1), "the base would take the overlay back"
    gone = envs.run("plan", "--env", "staging", "--rev", "HEAD")
    assert (gone.code, "LOD-05" in gone.err) == (1, True), "of the branch itself a missing folder is an error"
