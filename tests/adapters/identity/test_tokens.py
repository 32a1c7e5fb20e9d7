"""A token proves one operator, or nobody; what is wrong with it has a code, and no message holds it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.adapters.identity import keys
from reconciler.adapters.identity.tokens import LEEWAY, MAX_LENGTH, verify
from reconciler.model.errors import ReconcilerError, Unidentified
from reconciler.model.identity import IdentityClaim
from tests.adapters.identity.issuer import (
    AUDIENCE,
    KEYS,
    NOW,
    Issuer,
    b64,
    clock,
    jwk,
    rsa_key,
    running_issuer,
    token,
)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def proven(issuer: Issuer, text: str, **more: Any) -> IdentityClaim:
    return verify(text, issuer.settings(**more), clock=clock)


def refusal(issuer: Issuer, text: str, **more: Any) -> ReconcilerError:
    """The refusal of a token: exit code 4, and nothing of the token in what is told."""
    with pytest.raises(Unidentified) as found:
        proven(issuer, text, **more)
    error = found.value
    told = f"{error!r} {error.message} {error.hint} {error.__cause__!r}"
    assert error.exit_code == 4
    assert not [part for part in text.split(".") if len(part) > 12 and part[:12] in told]
    return error


@pytest.mark.parametrize(("kid", "algorithm"), [("one", "RS256"), ("curve", "ES256")])
def test_a_job_of_github_is_the_operator_of_its_repository(issuer: Issuer, kid: str, algorithm: str) -> None:
    subject = {
        "match": {"repository": "org/farol", "ref": "refs/heads/main", "environment": "production"},
        "operator": "op-farol",
    }
    text = token(issuer.github(), kid=kid, algorithm=algorithm)
    found = verify(text, issuer.settings(subject), clock=clock)
    assert (found.operator, found.issuer, found.subject) == (
        "op-farol",
        issuer.url,
        "repo:org/farol:environment:production",
    )
    assert found.expires_at == NOW + timedelta(seconds=290)
    kept = {name: found.claims[name] for name in ("repository", "ref", "sha", "run_id", "run_attempt", "actor")}
    assert kept == {
        "repository": "org/farol",
        "ref": "refs/heads/main",
        "sha": "9f2c" * 10,
        "run_id": "8000000001",
        "run_attempt": "2",
        "actor": "ines",
    }
    assert "enterprise" not in found.claims
    with pytest.raises(AttributeError):
        found.operator = "root"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(("kid", "algorithm"), [("one", "RS256"), ("curve", "ES256")])
def test_a_job_of_gitlab_is_the_operator_of_its_project(issuer: Issuer, kid: str, algorithm: str) -> None:
    subject = {
        "match": {"project_path": "org/farol", "ref_protected": "true", "runner_id": "12270835"},
        "operator": "farol-services/op-farol",
    }
    found = verify(token(issuer.gitlab(), kid=kid, algorithm=algorithm), issuer.settings(subject), clock=clock)
    assert found.operator == "farol-services/op-farol"
    kept = {name: found.claims[name] for name in ("project_path", "ref", "pipeline_id", "job_id", "sha")}
    assert kept == {
        "project_path": "org/farol",
        "ref": "main",
        "pipeline_id": "574",
        "job_id": "302",
        "sha": "714a" * 10,
    }


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_without_a_token_nobody_asks(issuer: Issuer, text: str) -> None:
    assert refusal(issuer, text).code == "IDT-01"
    assert issuer.asked == []


def test_white_space_around_a_token_does_not_matter(issuer: Issuer) -> None:
    assert proven(issuer, f" {token(issuer.github())}\n").operator == "op-farol"


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "{}.{}.{}",
        "é.é.é",
        "eyJ\u202e.e30.AA",
        "\0",
        f"{b64(b'[]')}.e30.AA",
        f"{b64(b'{')}.e30.AA",
        f"{b64(b'[' * 9000)}.e30.AA",
        f"{b64(json.dumps({'alg': 'RS256', 'kid': 7}).encode())}.e30.AA",
        f"{b64(json.dumps({'alg': 'RS256', 'kid': 'one', 'crit': ['b64'], 'b64': True}).encode())}.e30.AA",
        f"{b64(json.dumps({'alg': 'RS256', 'kid': 'one', 'b64': False}).encode())}.e30.AA",
        "A" * (MAX_LENGTH + 1),
    ],
    ids=range(16),
)
def test_what_is_no_token_is_refused_before_anybody_is_asked(issuer: Issuer, text: str) -> None:
    assert refusal(issuer, text).code == "IDT-02"
    assert issuer.asked == []


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub"])
@pytest.mark.parametrize("value", [None, "absent"])
def test_a_claim_that_must_be_there_is_missed(issuer: Issuer, claim: str, value: str | None) -> None:
    claims = issuer.github(**{claim: value})
    if value:
        del claims[claim]
    error = refusal(issuer, token(claims))
    assert (error.code, f"no claim {claim}" in error.message) == ("IDT-02", True)


@pytest.mark.parametrize(
    "more",
    [
        {"sub": 7},
        {"sub": ""},
        {"jti": 7},
        {"exp": "1900000000"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": -1},
        {"iat": [1]},
        {"nbf": "x"},
    ],
    ids=str,
)
def test_a_claim_of_the_wrong_sort_is_refused(issuer: Issuer, more: dict[str, Any]) -> None:
    assert refusal(issuer, token(issuer.github(**more))).code == "IDT-02"


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 9000, b'{"exp": Infinity}'], ids=range(5))
def test_signed_nonsense_is_refused(issuer: Issuer, body: bytes) -> None:
    assert refusal(issuer, token(body)).code == "IDT-02"


def test_a_time_that_is_no_number_is_refused(issuer: Issuer) -> None:
    body = json.dumps(issuer.github(exp=float("inf"))).encode()
    assert refusal(issuer, token(body)).code == "IDT-02"


@pytest.mark.parametrize(
    ("claim", "late", "code"),
    [("exp", -LEEWAY - 1, "IDT-03"), ("nbf", LEEWAY + 1, "IDT-04"), ("iat", LEEWAY + 1, "IDT-04")],
)
def test_a_token_holds_between_its_times(issuer: Issuer, claim: str, late: float, code: str) -> None:
    now = NOW.timestamp()
    step = 1 if late < 0 else -1
    assert proven(issuer, token(issuer.github(**{claim: now + late + 2 * step}))).operator == "op-farol"
    error = refusal(issuer, token(issuer.github(**{claim: now + late})))
    assert error.code == code
    if code == "IDT-03":
        assert "2026-06-15T11:59:29Z" in error.message


def test_the_time_is_that_of_the_clock(issuer: Issuer) -> None:
    text = token(issuer.github())
    with pytest.raises(Unidentified) as found:
        verify(text, issuer.settings(), clock=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert found.value.code == "IDT-03"


@pytest.mark.parametrize(
    "audience", ["vault.example.com", ["vault.example.com", "org"], [], "", [AUDIENCE, 7], {"a": AUDIENCE}, 7]
)
def test_a_token_for_somebody_else_is_refused(issuer: Issuer, audience: Any) -> None:
    error = refusal(issuer, token(issuer.github(aud=audience)))
    assert error.code == ("IDT-05" if audience else "IDT-02")
    if audience == "vault.example.com":
        assert "it says vault.example.com" in error.message


def test_a_token_for_several_is_one_for_us(issuer: Issuer) -> None:
    assert proven(issuer, token(issuer.github(aud=["x", AUDIENCE]))).operator == "op-farol"


@pytest.mark.parametrize("end", ["/", ".evil.example.com", ""])
def test_a_token_of_another_issuer_is_refused(issuer: Issuer, end: str) -> None:
    other = issuer.url + end if end else "https://issuer.example.com"
    assert refusal(issuer, token(issuer.github(iss=other))).code == "IDT-06"
    assert refusal(issuer, token(issuer.github(iss=[issuer.url]))).code == "IDT-06"


def test_what_a_token_says_is_shown_only_when_it_can_be_taken_for_nothing_else(issuer: Issuer) -> None:
    for text in ("::error::x", "a b", "\x1b[31m", "x" * 201, "x\ny"):
        error = refusal(issuer, token(issuer.github(aud=text)))
        assert (error.code, "it says" in error.message) == ("IDT-05", False)


def test_a_signature_of_another_key_is_refused(issuer: Issuer) -> None:
    text = token(issuer.github(), key=rsa_key("stranger"))
    assert refusal(issuer, text).code == "IDT-07"


def test_a_signature_of_another_token_is_refused(issuer: Issuer) -> None:
    head, _, signature = token(issuer.github()).split(".")
    body = token(issuer.github(repository="org/other")).split(".")[1]
    assert refusal(issuer, f"{head}.{body}.{signature}").code == "IDT-07"


@pytest.mark.parametrize("kid", ["two", "", None, "../../etc/passwd", "one' OR '1'='1", "one\0", "ONE", "http://x/"])
def test_a_key_that_the_issuer_does_not_have_is_refused(issuer: Issuer, kid: str | None) -> None:
    text = token(issuer.github(), header={"kid": kid}, key=rsa_key("stranger"))
    assert refusal(issuer, text).code == "IDT-08"
    assert set(issuer.asked) <= {"/.well-known/openid-configuration", KEYS}


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_a_token_brings_is_not_looked_at(issuer: Issuer, name: str) -> None:
    stranger = rsa_key("stranger")
    with running_issuer() as foreign:
        foreign.serve(KEYS, {"keys": [jwk("one", key=stranger)]})
        value: Any = {"jwk": jwk("one", key=stranger), "x5c": ["MIIB"]}.get(name, foreign.url + KEYS)
        text = token(issuer.github(), key=stranger, header={name: value})
        assert refusal(issuer, text).code == "IDT-07"
        text = token(issuer.github(), key=stranger, header={name: value, "kid": "mine"})
        assert refusal(issuer, text).code == "IDT-08"
        assert foreign.asked == []


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS256", "HS512", "rs256", "RS1", "EdDSA", None, 7, []]
)
def test_an_algorithm_that_is_not_believed_is_refused(issuer: Issuer, algorithm: Any) -> None:
    text = token(issuer.github(), header={"alg": algorithm})
    assert refusal(issuer, text).code == "IDT-09"
    assert refusal(issuer, text.rpartition(".")[0] + ".").code == "IDT-02"


@pytest.mark.parametrize("form", ["pem", "der", "n"])
def test_the_public_key_is_no_shared_secret(issuer: Issuer, form: str) -> None:
    """The oldest confusion: HS256 with the public key as the secret."""
    public = rsa_key("one").public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "n": jwk("one")["n"].encode(),
    }[form]

    def signer(data: bytes) -> bytes:
        return hmac.new(secret, data, hashlib.sha256).digest()

    assert refusal(issuer, token(issuer.github(), algorithm="HS256", signer=signer)).code == "IDT-09"
    assert refusal(issuer, token(issuer.github(), algorithm="RS256", signer=signer)).code == "IDT-07"


def test_a_key_fits_one_algorithm(issuer: Issuer) -> None:
    text = token(issuer.github(), algorithm="PS256")
    assert refusal(issuer, text).code == "IDT-09"
    assert refusal(issuer, text, algorithms=["RS256", "PS256"]).code == "IDT-08"
    text = token(issuer.github(), kid="one", algorithm="ES256")
    assert refusal(issuer, text).code == "IDT-08"


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "ES384"])
def test_other_algorithms_are_believed_when_the_configuration_says_so(issuer: Issuer, algorithm: str) -> None:
    bare = jwk("more", algorithm)
    del bare["alg"]
    issuer.serve(KEYS, {"keys": [jwk("one"), bare]})
    text = token(issuer.github(), kid="more", algorithm=algorithm)
    assert refusal(issuer, text).code == "IDT-09"
    assert proven(issuer, text, algorithms=[algorithm]).operator == "op-farol"


def test_a_token_without_subject_is_nobodys(issuer: Issuer) -> None:
    subject = {"match": {"repository": "org/harbour"}, "operator": "op-harbour"}
    with pytest.raises(Unidentified) as found:
        verify(token(issuer.github()), issuer.settings(subject), clock=clock)
    assert (found.value.code, "repository org/farol" in found.value.message) == ("IDT-10", True)


def test_a_token_of_two_operators_is_nobodys(issuer: Issuer) -> None:
    one = {"match": {"repository": "org/farol"}, "operator": "op-farol"}
    two = {"match": {"repository_owner": "org"}, "operator": "op-org"}
    for subjects in ((one, two), (two, one)):
        with pytest.raises(Unidentified) as found:
            verify(token(issuer.github()), issuer.settings(*subjects), clock=clock)
        assert (found.value.code, "op-farol, op-org" in found.value.message) == ("IDT-11", True)
    same = {"match": {"repository_owner": "org"}, "operator": "op-farol"}
    assert verify(token(issuer.github()), issuer.settings(one, same), clock=clock).operator == "op-farol"


@pytest.fixture(scope="module")
def steady() -> Any:
    with running_issuer() as found:
        yield found


@pytest.mark.parametrize(("kid", "algorithm"), [("one", "RS256"), ("curve", "ES256")])
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=st.integers(0, 10_000), letter=st.characters(max_codepoint=255))
def test_a_token_altered_in_one_byte_never_passes(
    steady: Issuer, monkeypatch: pytest.MonkeyPatch, kid: str, algorithm: str, place: int, letter: str
) -> None:
    known = {"keys": [jwk("one"), jwk("curve", "ES256")]}
    monkeypatch.setattr(keys, "fetch_json", lambda _: known)
    text = token(steady.github(), kid=kid, algorithm=algorithm)
    options = {"jwksUri": steady.url + KEYS}
    assert proven(steady, text, **options).operator == "op-farol"
    place %= len(text)
    altered = text[:place] + letter + text[place + 1 :]
    if altered != text:
        with pytest.raises(Unidentified):
            proven(steady, altered, **options)


@pytest.mark.parametrize(("kid", "algorithm"), [("one", "RS256"), ("curve", "ES256")])
def test_the_last_letter_of_each_part_counts_whole(issuer: Issuer, kid: str, algorithm: str) -> None:
    """The last letter of base64 has bits that say nothing: changing them alone is a change all the same."""
    text = token(issuer.github(), kid=kid, algorithm=algorithm)
    ends = [place - 1 for place in (*(i for i, one in enumerate(text) if one == "."), len(text))]
    for place in ends:
        for letter in set(LETTERS) - {text[place]}:
            with pytest.raises(Unidentified):
                proven(issuer, text[:place] + letter + text[place + 1 :])
    head, body, signature = text.split(".")
    padded = base64.urlsafe_b64encode(base64.urlsafe_b64decode(signature + "==")).decode()
    if padded != signature:
        assert refusal(issuer, f"{head}.{body}.{padded}").code == "IDT-02"
