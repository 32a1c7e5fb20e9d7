"""Policies on the command line: what they say, what they refuse, by whose rules, and the examples of the docs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from reconciler.engine.schema import policy_schema
from reconciler.model.policy import Answers, Strike, Work
from reconciler.wiring import house
from tests.cli.tree import Tree

HEAD = "apiVersion: reconciler/v1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  rules:\n"
DOCS = Path(__file__).parents[2] / "docs" / "policies.md"
EXAMPLES = re.findall(r"```yaml\n(apiVersion.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
APPLY = ("apply", "--auto-approve", "--bootstrap", "--as", "root@example.com")


def policy(tree: Tree, *rules: str, name: str = "ours", tests: str = "") -> str:
    text = HEAD.format(name=name) + "".join(f"    - {{{rule}}}\n" for rule in rules)
    tree.write(f"policies/{name}.cel.yaml", text + (f"  tests:\n{tests}" if tests else ""))
    return text


def git(tree: Tree, *words: str) -> str:
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")
    done = subprocess.run(["git", *identity, *words], cwd=tree.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


NO_CREATE = (
    'name: no-customers, for: change, on: {kinds: [Customer]}, deny: "before == null", message: "{{ change.name }}"'
)
ALWAYS = "name: always, for: plan, deny: 'true', message: no plan is good"


def test_without_policies_nothing_is_said_and_nothing_is_started(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "evaluate", lambda _: pytest.fail("nothing is to be evaluated"))
    assert tree.run("plan").code == 0
    assert tree.run("validate").code == 0


def test_what_is_denied_is_shown_by_plan_and_refused_by_apply(tree: Tree) -> None:
    policy(tree, NO_CREATE)
    plan = tree.run("plan", "--out", "p.plan")
    assert plan.code == 4
    line = tree.line_of("tenants/farol/customers.yaml", "name: lumen")
    assert f"tenants/farol/customers.yaml:{line}" in plan.out
    assert "error POL-10: policy ours, rule no-customers: lumen" in " ".join(plan.out.split())
    assert "said by policies/ours.cel.yaml:6" in plan.out
    assert not (tree.folder / "p.plan").exists()
    apply = tree.run(*APPLY)
    assert (apply.code, "POL-10" in apply.err, "nothing was applied" in apply.err) == (4, True, True)
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_it_is_in_the_json_and_in_the_events(tree: Tree) -> None:
    policy(tree, NO_CREATE)
    found = tree.run("plan", "--format", "json").json
    assert [(one["code"], one["address"]) for one in found["reconciler"]["guards"]] == [
        ("POL-10", "Customer/farol/lumen")
    ]
    assert (found["errored"], found["applyable"]) == (True, False)
    codes = [one["diagnostic"]["code"] for one in tree.run("plan", "--json").events if one["type"] == "diagnostic"]
    assert "POL-10" in codes


def test_a_warning_is_told_and_stops_nothing(tree: Tree) -> None:
    policy(tree, "name: look, for: plan, warn: 'size(plan.resource_changes) > 3', message: 'many: {{ 1 + 1 }}'")
    plan = tree.run("plan")
    assert (plan.code, "warning POL-11: policy ours, rule look: many: 2" in plan.out) == (0, True)
    assert tree.run(*APPLY).code == 0


def test_a_plan_file_is_judged_by_the_policies_of_now(tree: Tree) -> None:
    assert tree.run("plan", "--out", "p.plan").code == 0
    policy(tree, ALWAYS)
    refused = tree.run("apply", "p.plan", *tree.everybody)
    assert (refused.code, "no plan is good" in refused.err) == (4, True)
    (tree.folder / "policies/ours.cel.yaml").unlink()
    assert tree.run("apply", "p.plan", *tree.everybody).code == 0


def test_under_the_locks_it_is_judged_again(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(tree, "name: late, for: plan, deny: 'false', message: late")
    calls: list[Work] = []

    def second_time(work: Work) -> Answers:
        calls.append(work)
        strikes = (Strike(case=0, judge=0, message="late"),) if len(calls) == 2 else ()
        return Answers(strikes=strikes, counts={(0, 0): len(strikes)})

    monkeypatch.setattr(house, "evaluate", second_time)
    refused = tree.run(*APPLY)
    assert (refused.code, len(calls), "rule late: late" in refused.err) == (4, 2, True)
    assert tree.run("status").out.count("Partner") == 0
    assert tree.apply().code == 0


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("name: a, for: change, deny: after.spec.nothing == 1, message: m", "POL-03"),
        ("name: a, for: change, deny: before.spec.name == 'x', message: m", "POL-03"),
        ("name: a, for: change, deny: plan.resource_changes.size() > 1, message: m", "POL-03"),
        ("name: a, for: change, when: change.kind == 'x', deny: 'true', message: m", "POL-03"),
        ("name: a, for: plan, deny: size(plan.resource_changes), message: m", "POL-04"),
        ("name: a, for: plan, deny: plan., message: m", "POL-02"),
        ("name: a, for: plan, warn: change.address == 'x', message: m", "POL-02"),
        ("name: a, for: plan, warn: 'true', message: 'x {{ plan.nothing }}'", "POL-03"),
        ("name: a, for: plan, warn: 'true', message: 'x {{ '", "POL-02"),
        ("name: a, for: plans, deny: 'true', message: m", "POL-01"),
    ],
)
def test_a_policy_that_cannot_be_judged_by_is_an_error_and_never_a_pass(tree: Tree, rule: str, code: str) -> None:
    policy(tree, rule)
    plan = tree.run("plan", "--format", "json")
    found = plan.json["reconciler"]["guards"]
    assert (plan.code, {one["code"] for one in found} - {"POL-11"}) == (1, {code})
    wrong = next(one for one in found if one["code"] == code)
    assert (wrong["range"]["filename"], wrong["range"]["start"]["line"]) == ("policies/ours.cel.yaml", 6)
    assert tree.run(*APPLY).code == 1
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_broken_yaml_is_an_error_of_the_plan(tree: Tree) -> None:
    tree.write("policies/a.cel.yaml", "spec: &a [x]\n")
    assert tree.run("validate").code == 1
    plan = tree.run("plan")
    assert (plan.code, "policies/a.cel.yaml:1:7" in plan.out) == (1, True)


def test_errors_of_the_manifests_come_first(tree: Tree) -> None:
    policy(tree, ALWAYS)
    tree.edit("tenants/farol/desk.yaml", "serviceTypes: [incident]", "serviceTypes: [nowhere]")
    assert tree.run("plan").code == 1


def test_a_link_is_no_policy(tree: Tree) -> None:
    text = policy(tree, ALWAYS)
    tree.write("elsewhere/a.txt", text)
    (tree.folder / "policies/ours.cel.yaml").unlink()
    (tree.folder / "policies/ours.cel.yaml").symlink_to(tree.folder / "elsewhere/a.txt")
    plan = tree.run("plan")
    assert (plan.code, "LOD-04" in plan.out + plan.err) == (1, True)


def test_text_of_data_cannot_act_on_a_terminal_or_forge_lines(tree: Tree) -> None:
    hostile = r'"\u001b[2J\u202Eevil\nerror POL-10: forged ::error::"'
    policy(tree, f"name: a, for: plan, deny: 'true', message: 'x {{{{ {hostile} }}}}'")
    for words in (("plan",), ("plan", "--format", "json"), APPLY):
        call = tree.run(*words)
        assert call.code == 4
        shown = call.out + call.err
        assert ("\x1b" in shown, "\u202e" in shown, "\nerror POL-10: forged" in shown) == (False, False, False)


def test_names_and_messages_may_be_in_any_language(tree: Tree) -> None:
    policy(
        tree, "name: a, for: plan, deny: 'plan.resource_changes.exists(x, x.name == \"lumen\")', message: Não é 許可"
    )
    call = tree.run("plan")
    assert (call.code, "Não é 許可" in call.out) == (4, True)


def test_secrets_are_not_seen(tree: Tree) -> None:
    rule = "name: a, for: change, on: {kinds: [CustomerUser]}, deny: 'true', message: 'p {{ after.spec.password }}'"
    policy(tree, rule)
    call = tree.run("plan")
    assert (call.code, "Lumen-portal" in call.out, "p (secret)" in call.out) == (4, False, True)


def test_validate_runs_the_tests_of_policies(tree: Tree) -> None:
    tests = (
        "    - {name: good, given: {change: {address: Customer/a/b, name: b, change: {before: null}}},"
        " expect: {deny: [no-customers]}}\n"
        "    - {name: bad, given: {change: {address: Customer/a/b, change: {before: {}}}},"
        " expect: {deny: [no-customers]}}\n"
        "    - {name: worse, given: {change: {address: Customer/a/b, name: b, change: {before: null}}}, expect: {}}\n"
        "    - {name: lacking, given: {change: {address: Customer/a/b}}, expect: {}}\n"
    )
    policy(tree, NO_CREATE, tests=tests)
    call = tree.run("validate", "--format", "json")
    found = [(one["code"], one["range"]["start"]["line"], one["summary"]) for one in call.json["diagnostics"]]
    assert call.code == 1
    assert found == [
        ("POL-03", 6, "test lacking: deny of rule no-customers of policy ours: there is no change"),
        ("POL-07", 9, "test bad of policy ours fails: no-customers should deny and does not"),
        ("POL-07", 10, "test worse of policy ours fails: no-customers denies and should not"),
    ]


def test_many_denials_are_counted_and_some_are_listed(tree: Tree) -> None:
    rule = "name: a, for: field, deny: 'true', message: '{{ field.path }}'"
    policy(tree, rule)
    found = tree.run("plan", "--format", "json").json["reconciler"]["guards"]
    assert len(found) == 21
    assert re.search(r"and \d+ more", " ".join(one["summary"] for one in found))


@pytest.fixture
def repository(tree: Tree) -> Tree:
    """A commit ``main`` with a policy that forbids, and nothing that it does not."""
    tree.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\npolicies: [rules/*.cel.yaml]\n")
    tree.write("rules/a.cel.yaml", HEAD.format(name="base") + f"    - {{{NO_CREATE}}}\n")
    git(tree, "init", "-q", "-b", "main")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "one")
    return tree


def loosen(tree: Tree, how: str) -> None:
    """What a pull request could do to the rule that forbids it."""
    file = tree.folder / "rules/a.cel.yaml"
    match how:
        case "delete":
            file.unlink()
        case "edit":
            tree.edit("rules/a.cel.yaml", "before == null", "false")
        case "break":
            file.write_text("{", encoding="utf-8")
        case "configure":
            tree.edit("reconciler.yaml", "policies: [rules/*.cel.yaml]", "policies: []")
        case "move":
            tree.edit("reconciler.yaml", "rules/*.cel.yaml", "none/*.cel.yaml")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "two")


@pytest.mark.parametrize("how", ["delete", "edit", "break", "configure", "move"])
@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_pull_request_cannot_change_the_rules_that_judge_it(
    repository: Tree, monkeypatch: pytest.MonkeyPatch, how: str, by: str
) -> None:
    loosen(repository, how)
    words = ("--policy-rev", "HEAD~1") if by == "option" else ()
    if by == "variable":
        monkeypatch.setenv("RECONCILER_POLICY_REV", "HEAD~1")
    paths = ("platform", "tenants")
    for call in (
        repository.run("plan", *paths, *words),
        repository.run("plan", *paths, "--rev", "HEAD", *words),
        repository.run(*APPLY, *paths, *words),
    ):
        assert (call.code, "POL-10" in call.out + call.err) == (4, True)
    if how in ("delete", "edit", "break"):
        assert "POL-08" in repository.run("plan", *paths, *words).out


def test_manifests_of_a_commit_are_judged_by_the_policies_of_the_folder(repository: Tree) -> None:
    loosen(repository, "delete")
    git(repository, "checkout", "-q", "HEAD~1")
    call = repository.run("plan", "--rev", "main")
    assert (call.code, "POL-10" in call.out, "POL-08" in call.out) == (4, True, False)


def test_the_policies_of_a_commit_are_the_same_as_on_disk(repository: Tree) -> None:
    call = repository.run("plan", "--policy-rev", "main")
    assert (call.code, "POL-08" in call.out) == (4, False)
    assert repository.run("validate", "--rev", "main", "--policy-rev", "main").code == 0


@pytest.mark.parametrize("value", ["", "nowhere", "--help"])
def test_a_commit_that_is_none_is_an_error(repository: Tree, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert repository.run("plan", f"--policy-rev={value}").code == 1
    monkeypatch.setenv("RECONCILER_POLICY_REV", value)
    call = repository.run("plan")
    assert (call.code, call.out) == (1, "")


def test_policies_are_no_manifests_and_do_not_hide_the_commit(repository: Tree) -> None:
    found = repository.run("plan", "--format", "json").json
    assert found["reconciler"]["manifests"]["commit"] == git(repository, "rev-parse", "HEAD")
    loose = repository.write("tenants/stray.cel.yaml", "apiVersion: reconciler/v1\nkind: Policy\n")
    call = repository.run("validate")
    assert (call.code, loose.name in call.out) == (1, True)


# --- the page --------------------------------------------------------------------------------------------------------


def test_every_example_of_the_docs_holds_and_its_tests_pass(tree: Tree) -> None:
    schema = Draft202012Validator(policy_schema())
    for number, text in enumerate(EXAMPLES):
        tree.write(f"policies/{number}.cel.yaml", text)
        document: Mapping[str, Any] = YAML(typ="safe", pure=True).load(text)
        schema.validate(document)
        assert document["spec"]["tests"]
    call = tree.run("validate")
    assert (len(EXAMPLES), call.code) == (4, 0), call.out
    assert tree.run("plan").code == 0


def test_a_rule_of_the_docs_that_is_turned_round_fails_its_tests(tree: Tree) -> None:
    tree.write("policies/a.cel.yaml", EXAMPLES[0].replace("<", ">"))
    call = tree.run("validate")
    assert (call.code, call.out.count("POL-07")) == (1, 2)


def test_the_mail_example_denies_in_a_real_plan(tree: Tree) -> None:
    tree.write("policies/mail.cel.yaml", EXAMPLES[1])
    server = (
        "apiVersion: reconciler/v1\nkind: SmtpSettings\nmetadata: {name: system}\n"
        "spec:\n  scope: system\n  host: smtp.elsewhere.example.com\n  port: 587\n  from: noreply@example.com\n"
        "  username: noreply@example.com\n  password: {fromEnv: ANA_PASSWORD, version: '1'}\n"
    )
    tree.write("platform/mail.yaml", server)
    call = tree.run("plan")
    assert (call.code, "none of our mail servers" in call.out) == (4, True), call.out
