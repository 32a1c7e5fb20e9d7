"""Who asks, from end to end: a token under OIDC trust, names under local trust, and never both."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.adapters.identity.issuer import AUDIENCE, KEYS, Issuer, rsa_key, running_issuer, token
from tests.cli.tree import CLOCK, Call, Tree

HEAD = "apiVersion: reconciler/v1\nkind: Project\n"
APPLY = ("apply", "--auto-approve")


@pytest.fixture
def issuer(tree: Tree) -> Iterator[Issuer]:
    """An issuer that the configuration of the tree believes."""
    with running_issuer() as found:
        tree.write(
            "reconciler.yaml",
            f"""{HEAD}identity:
  trust: oidc
  issuer: {found.url}
  audience: {AUDIENCE}
  subjects:
  - match: {{repository: org/farol, ref: refs/heads/main}}
    operator: root
""",
        )
        yield found


def fresh(issuer: Issuer, *, age: int = 10, **more: object) -> str:
    """The token of a job that began ``age`` seconds ago, by the time of day."""
    now = int(time.time()) - age
    return token(issuer.github(iat=now, nbf=now, exp=now + 300, **more))


def actors(tree: Tree) -> list[tuple[str, str]]:
    return tree.sql("SELECT actor, approvers FROM reconciler_runs ORDER BY seq")


def settled(tree: Tree) -> None:
    """The tree is applied, as somebody does it who is trusted on the spot."""
    config = tree.folder / "reconciler.yaml"
    text = config.read_text(encoding="utf-8")
    config.unlink()
    tree.apply()
    config.write_text(text, encoding="utf-8")


def silent(call: Call, text: str) -> bool:
    """Whether no part of a token was told."""
    return not [part for part in text.split(".") if part[:12] in call.out + call.err]


def test_the_token_says_who_applies(tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tree)
    tree.edit("platform/operators.yaml", "Simão Costa", "Simão da Costa")
    text = fresh(issuer)
    monkeypatch.setenv("RECONCILER_ID_TOKEN", text)
    planned = tree.run("plan", "--out", "p.plan")
    assert planned.code == 0, planned.err
    assert json.loads((tree.folder / "p.plan").read_bytes())["carriers"] == ["administrator operator root@example.com"]
    call = tree.run("--verbose", *APPLY)
    assert (call.code, actors(tree)[1:]) == (0, [("root@example.com", "[]")]), call.err
    assert silent(call, text)


def test_the_token_of_an_operator_opens_what_is_his(
    tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The help desk belongs to the partner, whoever proves to be an administrator."""
    settled(tree)
    tree.edit("tenants/farol/desk.yaml", "Questions about seals", "All about seals")
    monkeypatch.setenv("RECONCILER_ID_TOKEN", fresh(issuer))
    call = tree.run(*APPLY)
    assert (call.code, "SUP-08" in call.err, len(actors(tree))) == (4, True, 1)


def test_a_token_opens_no_empty_database(tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPR-09: there is nobody yet, and the installer is for local trust."""
    monkeypatch.setenv("RECONCILER_ID_TOKEN", fresh(issuer))
    call = tree.run(*APPLY)
    assert (call.code, "OPR-09" in call.err) == (4, True)
    assert not (tree.folder / ".reconciler/live.db").exists()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    ("sort", "code"),
    [
        ("none", "IDT-01"),
        ("nonsense", "IDT-02"),
        ("expired", "IDT-03"),
        ("early", "IDT-04"),
        ("audience", "IDT-05"),
        ("issuer", "IDT-06"),
        ("signature", "IDT-07"),
        ("key", "IDT-08"),
        ("algorithm", "IDT-09"),
        ("branch", "IDT-10"),
        ("unreachable", "IDT-12"),
    ],
)
def test_a_token_that_proves_nobody_applies_nothing(
    tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, sort: str, code: str, form: str
) -> None:
    good = issuer.github(iat=int(time.time()), nbf=int(time.time()), exp=int(time.time()) + 300)
    made = {
        "none": lambda: "",
        "nonsense": lambda: "ghs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "expired": lambda: fresh(issuer, age=3600),
        "early": lambda: fresh(issuer, age=-3600),
        "audience": lambda: token({**good, "aud": "vault.example.com"}),
        "issuer": lambda: token({**good, "iss": "https://other.example.com"}),
        "signature": lambda: token(good, key=rsa_key("stranger")),
        "key": lambda: token(good, kid="stranger"),
        "algorithm": lambda: token(good, header={"alg": "none"}),
        "branch": lambda: token({**good, "ref": "refs/heads/mine"}),
        "unreachable": lambda: token(good),
    }[sort]
    if sort == "unreachable":
        issuer.serve(KEYS, b"", status=503)
    text = made()
    monkeypatch.setenv("RECONCILER_ID_TOKEN", text)
    monkeypatch.setenv("RECONCILER_LOG", "debug")
    call = tree.run("--log-format", form, *APPLY, "--report", "report.json")
    assert (call.code, code in call.err, "Traceback" in call.err) == (1 if sort == "unreachable" else 4, True, False)
    assert silent(call, text) or not text
    assert not text or text[:12] not in (tree.folder / "report.json").read_text(encoding="utf-8")
    assert not (tree.folder / ".reconciler/live.db").exists()


def test_the_time_that_rules_see_does_not_keep_a_token_alive(
    tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    monkeypatch.setenv("RECONCILER_ID_TOKEN", token(issuer.github()))  # its times are around that clock
    call = tree.run(*APPLY)
    assert (call.code, "IDT-03" in call.err or "IDT-04" in call.err) == (4, True)


@pytest.mark.parametrize("words", [APPLY, ("plan",), ("plan", "--rehearse"), ("validate",)], ids=" ".join)
@pytest.mark.parametrize("how", ["option", "variable"])
def test_under_oidc_trust_a_call_names_nobody(
    tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], how: str
) -> None:
    monkeypatch.setenv("RECONCILER_ID_TOKEN", fresh(issuer))
    if how == "variable":
        monkeypatch.setenv("RECONCILER_ACTOR", "root@example.com")
    call = tree.run(*words, *(["--as", "root@example.com"] if how == "option" else []))
    name = "--as" if how == "option" else "RECONCILER_ACTOR"
    assert (call.code, "error IDT-13:" in call.err, name in call.err) == (1, True, True)
    assert not (tree.folder / ".reconciler/live.db").exists()
    assert issuer.asked == []


def test_validate_needs_no_token(tree: Tree, issuer: Issuer) -> None:
    assert tree.run("validate").code == 0
    assert issuer.asked == []


def test_a_plan_is_made_for_whoever_proves_to_be_somebody(tree: Tree, issuer: Issuer) -> None:
    """What a plan shows depends on who asks; under tokens alone nobody may leave that open."""
    settled(tree)
    call = tree.run("plan")
    assert (call.code, "IDT-01" in call.err, call.out) == (4, True, "")
    assert issuer.asked == []


def test_bootstrap_is_for_local_trust(tree: Tree, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_ID_TOKEN", fresh(issuer))
    call = tree.run(*APPLY, "--bootstrap")
    assert (call.code, "--bootstrap is for local trust" in call.err) == (1, True)


def test_under_local_trust_a_token_is_not_looked_at(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_ID_TOKEN", "nonsense")
    tree.apply()
    tree.edit("platform/operators.yaml", "Simão Costa", "Simão da Costa")
    call = tree.run(*APPLY, "--as", "root@example.com", "--as", "second@example.com")
    assert (call.code, actors(tree)[1:]) == (0, [("root@example.com", '["second@example.com"]')])
    assert "nonsense" not in call.out + call.err


def test_local_trust_does_not_load_what_reads_tokens(tree: Tree) -> None:
    code = f"""
import sys
from reconciler.wiring import open_house
from pathlib import Path
house = open_house({{}}, folder=Path({str(tree.folder)!r}))
print(house.who(["root@example.com", "second@example.com"]), "jwt" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("Asking(applicant='root@example.com', approvers=('second@example.com',)")
    assert found.stdout.endswith(" False\n")
