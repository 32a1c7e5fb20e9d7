"""diff and promote: what two environments say differently, and one into the other."""

from __future__ import annotations

import pytest

from tests.cli.environments import CATEGORY, DESK, ONLY, PRODUCTION, STAGING, texts
from tests.cli.tree import SECRET, Tree

_DOMAIN = """\
apiVersion: reconciler/v1
kind: Domain
metadata: {name: www.example.com, tenant: farol}
spec: {customer: lumen, host: www.example.com, scheme: http, origins: [{address: 198.51.100.20}]}
"""

# --- diff ------------------------------------------------------------------------------------------------------------


def test_two_environments_are_compared_by_what_they_mean(envs: Tree) -> None:
    envs.edit(PRODUCTION, "    env: live\n", "    env: live\nspec: {sortOrder: 10}\n")  # what the base says anyway
    call = envs.run("diff", "--from-env", "staging", "--to-env", "production", "--format", "json")
    assert (call.code, call.json["from"], call.json["to"], call.json["same"]) == (0, "staging", "production", 7)
    alone, signing = call.json["differences"]
    assert (alone["address"], alone["only"], alone["source"]) == ("Category/farol/more", "staging", f"{ONLY}:4")
    assert [(one["path"], one["before"]["value"], one["after"]["value"]) for one in signing["fields"]] == [
        ("metadata.labels", {}, {"env": "live"}),
        ("description", "", "Questions about seals"),
        ("sortOrder", 30, 10),
    ]
    order = signing["fields"][2]
    assert (order["before"]["origin"], order["before"]["source"]) == ("overlay", f"{STAGING}:9")
    assert (order["after"]["origin"], order["after"]["source"]) == ("overlay", f"{PRODUCTION}:8")
    text = envs.run("diff", "--from-env", "staging", "--to-env", "production", "--detailed-exitcode")
    assert (text.code, text.out.splitlines()[0]) == (2, "2 of 9 resources differ from staging to production.")
    assert f"        staging     30  overlay {STAGING}:9\n" in text.out
    back = envs.run("diff", "--from-env", "production", "--to-env", "staging")
    assert "+ Category/farol/more  only in staging" in back.out


def test_what_is_alike_is_no_difference(envs: Tree) -> None:
    envs.write(PRODUCTION, CATEGORY)
    call = envs.run("diff", "--from-env", "production", "--to-env", "demo", "--detailed-exitcode")
    assert (call.code, call.out) == (0, "No differences between production and demo: 8 resources alike.\n")


def test_sources_of_secrets_are_compared_and_nothing_else_of_them(envs: Tree) -> None:
    envs.write(
        "overlays/staging/tenants/farol/ana.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerUser\nmetadata: {name: ana, tenant: farol}\n"
        'spec:\n  password: {fromEnv: STAGING_ANA, version: "2"}\n',
    )
    call = envs.run("diff", "--from-env", "staging", "--to-env", "demo")
    assert "staging  (secret) fromEnv STAGING_ANA, version 2  overlay" in call.out
    assert "demo     (secret) fromEnv ANA_PASSWORD, version 1  base" in call.out
    assert SECRET not in call.out


def test_an_unknown_environment_or_a_wrong_manifest_is_an_error(envs: Tree) -> None:
    call = envs.run("diff", "--from-env", "stagin", "--to-env", "demo")
    assert (call.code, "CFGF-04" in call.err, "did you mean staging?" in call.err) == (1, True, True)
    assert envs.run("diff", "--from-env", "", "--to-env", "demo").code == 1
    envs.edit(STAGING, "sortOrder: 30", "sortOrder: no")
    wrong = envs.run("diff", "--from-env", "demo", "--to-env", "staging")
    assert (wrong.code, f"{STAGING}:9:3" in wrong.err, wrong.out) == (1, True, "")
    assert envs.run("diff", "--from-env", "demo", "--to-env", "production").code == 0


# --- promote ---------------------------------------------------------------------------------------------------------

TO_PRODUCTION = ("promote", "--from-env", "staging", "--to-env", "production")


def _differing(tree: Tree, before: str, after: str, address: str) -> list[str]:
    found = tree.run("diff", "--from-env", before, "--to-env", after, "--format", "json").json["differences"]
    return [field["path"] for one in found if one["address"] == address for field in one["fields"]]


def test_a_field_is_written_into_the_overlay_of_the_target(envs: Tree) -> None:
    before = texts(envs)
    patch = envs.run(*TO_PRODUCTION, "Category/farol/signing.sortOrder", "--diff", "--no-color")
    assert (patch.code, "+  sortOrder: 30\n" in patch.out, texts(envs) == before) == (0, True, True)
    call = envs.run(*TO_PRODUCTION, "Category/farol/signing.sortOrder")
    assert (call.code, call.out) == (0, "Category/farol/signing.sortOrder\n")
    after = texts(envs)
    assert {file for file in after if after[file] != before[file]} == {PRODUCTION}
    assert after[PRODUCTION] == before[PRODUCTION] + "spec:\n  sortOrder: 30\n"
    assert "sortOrder" not in _differing(envs, "staging", "production", "Category/farol/signing")
    again = envs.run(*TO_PRODUCTION, "Category/farol/signing.sortOrder")
    assert (again.code, again.out, "nothing to promote" in again.err) == (0, "", True)


def test_a_whole_resource_says_the_same_afterwards(envs: Tree) -> None:
    call = envs.run(*TO_PRODUCTION, "Category/farol/signing")
    assert call.code == 0, call.err
    assert _differing(envs, "staging", "production", "Category/farol/signing") == []
    assert (envs.folder / PRODUCTION).read_text(encoding="utf-8") == (
        CATEGORY + "spec:\n  description: null\n  sortOrder: 30\n"
    )


def test_of_an_object_that_the_source_lacks_one_field_alone_goes(envs: Tree) -> None:
    envs.write("tenants/farol/domain.yaml", _DOMAIN)
    over = "overlays/production/tenants/farol/domain.yaml"
    envs.write(over, f"{_DOMAIN.partition('spec:')[0]}spec:\n  hsts: {{enabled: true, maxAgeSeconds: 5}}\n")
    words = ("promote", "--from-env", "staging", "--to-env", "production")
    call = envs.run(*words, "Domain/farol/www.example.com.hsts.enabled")
    assert call.code == 0, call.err
    assert texts(envs)[over].endswith("spec:\n  hsts: {maxAgeSeconds: 5}\n")
    assert envs.run(*words, "Domain/farol/www.example.com").code == 0
    assert "hsts" not in texts(envs)[over]


def test_what_the_base_says_already_leaves_the_overlay(envs: Tree) -> None:
    call = envs.run("promote", "--from-env", "production", "--to-env", "staging", "Category/farol/signing.sortOrder")
    assert call.code == 0, call.err
    text = (envs.folder / STAGING).read_text(encoding="utf-8")
    assert text == CATEGORY + "spec:\n  # try it out\n  description: null\n"


def test_a_first_overlay_of_a_resource_is_a_new_file(envs: Tree) -> None:
    other = "overlays/staging/tenants/farol/lumen.yaml"
    envs.write(
        other,
        "apiVersion: reconciler/v1\nkind: Customer\nmetadata: {name: lumen, tenant: farol}\n"
        "spec: {address: {city: Ílhavo}}\n",
    )
    call = envs.run(*TO_PRODUCTION, "Customer/farol/lumen.address")
    assert (call.code, call.out) == (0, "Customer/farol/lumen.address.city\n"), call.err
    made = (envs.folder / "overlays/production/tenants/farol/lumen.yaml").read_text(encoding="utf-8")
    assert 'spec:\n  address:\n    city: "Ílhavo"\n' in made
    assert envs.run("fmt", "--check", "overlays/production/tenants/farol/lumen.yaml").code == 0
    assert _differing(envs, "staging", "production", "Customer/farol/lumen") == []


def test_a_first_overlay_joins_a_file_that_is_there(envs: Tree) -> None:
    service = "apiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {name: incident, tenant: farol}\n"
    with (envs.folder / STAGING).open("a", encoding="utf-8") as file:
        file.write(f"---\n{service}spec: {{sortOrder: 77}}\n")
    before = (envs.folder / PRODUCTION).read_text(encoding="utf-8")
    call = envs.run(*TO_PRODUCTION, "ServiceType/farol/incident")
    assert call.code == 0, call.err
    after = (envs.folder / PRODUCTION).read_text(encoding="utf-8")
    assert after.startswith(f"{before}---\n")
    assert "sortOrder: 77" in after.removeprefix(before)


def test_a_target_without_overlays_changes_the_base_and_names_whom_it_reaches(envs: Tree) -> None:
    before = texts(envs)
    call = envs.run("promote", "--from-env", "staging", "--to-env", "demo", "Category/farol/signing.sortOrder")
    assert call.code == 0, call.err
    assert "This changes production as well: Category/farol/signing.sortOrder" in call.err
    after = texts(envs)
    assert {file for file in after if after[file] != before[file]} == {DESK}
    assert "sortOrder: 30" in after[DESK]


def test_secrets_are_never_promoted(envs: Tree) -> None:
    envs.write(
        "overlays/staging/tenants/farol/ana.yaml",
        "apiVersion: reconciler/v1\nkind: CustomerUser\nmetadata: {name: ana, tenant: farol}\n"
        "spec:\n  password: {fromEnv: STAGING_ANA}\n  displayName: Ana M.\n",
    )
    before = texts(envs)
    call = envs.run(*TO_PRODUCTION, "CustomerUser/farol/ana.password")
    assert (call.code, "PMT-02" in call.err, texts(envs) == before) == (1, True, True)
    whole = envs.run(*TO_PRODUCTION, "CustomerUser/farol/ana")
    assert (whole.code, whole.out) == (0, "CustomerUser/farol/ana.displayName\n")
    assert "CustomerUser/farol/ana.password stays as it is" in whole.err
    assert _differing(envs, "staging", "production", "CustomerUser/farol/ana") == ["password"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Category/farol/more", "is not declared in the environment production"),
        ("Category/farol/nothing", "declared in neither environment"),
        ("Category/farol/signing.nothing", "has no field nothing"),
        ("nothing", "is no address"),
    ],
)
def test_what_cannot_be_promoted_is_told_and_nothing_is_written(envs: Tree, name: str, words: str) -> None:
    before = texts(envs)
    call = envs.run(*TO_PRODUCTION, "Category/farol/signing.sortOrder", name)
    assert (call.code, call.out, "PMT-01" in call.err, texts(envs) == before) == (1, "", True, True)
    assert words in " ".join(call.err.split())


def test_an_environment_is_not_promoted_to_itself(envs: Tree) -> None:
    assert envs.run("promote", "--from-env", "demo", "--to-env", "demo", "Category/farol/signing").code == 1


def test_where_the_last_word_is_shared_nothing_is_promoted(envs: Tree) -> None:
    envs.edit("reconciler.yaml", "overlays: [overlays/staging]", "overlays: [overlays/shared, overlays/staging]")
    envs.edit("reconciler.yaml", "[./overlays/production/]", "[overlays/production, overlays/shared]")
    envs.write("overlays/shared/a.yaml", CATEGORY + "spec: {sortOrder: 5}\n")
    before = texts(envs)
    call = envs.run(*TO_PRODUCTION, "Category/farol/signing.sortOrder")
    assert (call.code, "PMT-04" in call.err, texts(envs) == before) == (1, True, True)
    assert envs.run(*TO_PRODUCTION, "Category/farol/signing.description").code == 0
    after = texts(envs)
    assert {file for file in after if after[file] != before[file]} == {PRODUCTION}
