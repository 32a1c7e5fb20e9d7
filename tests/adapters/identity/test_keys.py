"""The keys of an issuer: found by its own description or by the configuration, fetched within bounds."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.identity import fetch, keys, who_asks
from reconciler.adapters.identity.tokens import verify
from reconciler.model.errors import ReconcilerError, Unidentified, UsageError, WorldError
from tests.adapters.identity.issuer import (
    DISCOVERY,
    KEYS,
    Issuer,
    b64,
    certificate,
    clock,
    jwk,
    rsa_key,
    running_issuer,
    token,
)


def refusal(issuer: Issuer, **more: Any) -> ReconcilerError:
    text = token(issuer.github())
    with pytest.raises(ReconcilerError) as found:
        verify(text, issuer.settings(**more), clock=clock)
    error = found.value
    assert not [part for part in text.split(".") if part[:12] in f"{error!r} {error.message} {error.hint}"]
    return error


def test_keys_are_where_the_issuer_says(issuer: Issuer) -> None:
    assert verify(token(issuer.github()), issuer.settings(), clock=clock).operator == "op-farol"
    assert issuer.asked == [DISCOVERY, KEYS]


def test_the_configuration_may_say_where_they_are(issuer: Issuer) -> None:
    issuer.serve("/elsewhere", {"keys": [jwk("one")]})
    found = verify(token(issuer.github()), issuer.settings(jwksUri=issuer.url + "/elsewhere"), clock=clock)
    assert (found.operator, issuer.asked) == ("op-farol", ["/elsewhere"])


def test_the_description_of_an_issuer_with_a_path_lies_below_it(issuer: Issuer) -> None:
    url = issuer.url + "/tenant/"
    issuer.serve("/tenant" + DISCOVERY, {"issuer": url, "jwks_uri": issuer.url + KEYS})
    assert verify(token(issuer.github(iss=url)), issuer.settings(issuer=url), clock=clock).issuer == url


def test_a_new_key_is_looked_for_once_more(issuer: Issuer) -> None:
    """The set is the old one at first, as behind a cache; then the new one is there."""
    rotated = issuer.pages[KEYS]

    def old_once(handler: BaseHTTPRequestHandler) -> None:
        issuer.serve(KEYS, {"keys": [jwk("new")]})
        rotated(handler)

    issuer.pages[KEYS] = old_once
    found = verify(token(issuer.github(), kid="new"), issuer.settings(), clock=clock)
    assert (found.operator, issuer.asked) == ("op-farol", [DISCOVERY, KEYS, KEYS])
    with pytest.raises(Unidentified) as refused:
        verify(token(issuer.github()), issuer.settings(), clock=clock)
    assert (refused.value.code, issuer.asked[3:]) == ("IDT-08", [DISCOVERY, KEYS, KEYS])


@pytest.mark.parametrize(
    "found",
    [
        [],
        [{}],
        [7, None, "x", []],
        [{"kid": "one"}],
        [{"kid": "one", "kty": "RSA"}],
        [{"kid": "one", "kty": "RSA", "n": "!", "e": "AQAB"}],
        [{"kid": "one", "kty": "RSA", "n": 7, "e": []}],
        [{"kid": "one", "kty": "oct", "k": b64(b"x" * 64), "alg": "HS256"}],
        [{"kid": "one", "kty": "oct", "k": b64(b"x" * 64), "alg": "RS256"}],
        [{**jwk("one"), "use": "enc"}],
        [{**jwk("one"), "kid": 1}],
        [{**jwk("one"), "alg": "RS512"}],
        [{**jwk("curve", "ES256"), "kid": "one"}],
    ],
    ids=range(13),
)
def test_a_set_without_a_usable_key_is_one_without_the_key(issuer: Issuer, found: Any) -> None:
    issuer.serve(KEYS, {"keys": found})
    assert refusal(issuer).code == "IDT-08"


def test_a_weak_key_is_not_believed(issuer: Issuer) -> None:
    weak = rsa_key("weak", 1024)
    issuer.serve(KEYS, {"keys": [jwk("one", key=weak)]})
    with pytest.raises(Unidentified) as found:
        verify(token(issuer.github(), key=weak), issuer.settings(), clock=clock)
    assert (found.value.code, "too weak" in found.value.message) == ("IDT-08", True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 50_000, "no JSON"),
        (b"[]", "no JSON object"),
        ({}, "no set of keys"),
        ({"keys": {}}, "no set of keys"),
        ({"keys": [jwk("one")] * 101}, "more than 100 keys"),
        (b'{"keys": [' + b" " * (300 << 10) + b"]}", "larger than 256 KiB"),
    ],
    ids=range(9),
)
def test_an_answer_that_is_no_key_set_is_told(issuer: Issuer, content: Any, words: str) -> None:
    issuer.serve(KEYS, content)
    error = refusal(issuer)
    assert (type(error), error.code, error.exit_code) == (WorldError, "IDT-12", 1)
    assert words in error.message


def test_a_huge_answer_is_not_read_to_its_end(issuer: Issuer) -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        while sent < 1 << 30:
            sent += handler.wfile.write(b" " * (1 << 16))

    issuer.pages[KEYS] = endless
    assert "larger than 256 KiB" in refusal(issuer).message
    assert sent < 1 << 28


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_no_redirect_is_followed(issuer: Issuer, status: int, path: str) -> None:
    with running_issuer() as other:
        issuer.serve(path, b"", status=status, headers={"Location": other.url + path})
        error = refusal(issuer)
        assert (error.code, f"it answered {status}" in error.message) == ("IDT-12", True)
        assert other.asked == []


@pytest.mark.parametrize("status", [204, 400, 403, 404, 429, 500, 503])
def test_an_issuer_that_refuses_is_told(issuer: Issuer, status: int) -> None:
    issuer.serve(DISCOVERY, b"<script>" if status != 204 else b"", status=status)
    error = refusal(issuer)
    assert (error.code, error.exit_code, "script" in error.message) == ("IDT-12", 1, False)


@pytest.mark.parametrize("place", ["head", "line", "body"])
def test_a_slow_issuer_keeps_nobody(issuer: Issuer, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Every byte comes soon enough, and there is no end of them."""
    monkeypatch.setattr(fetch, "PATIENCE", 0.5)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        start = {"line": b"", "head": b"HTTP/1.0 200 OK\r\nX: ", "body": b"HTTP/1.0 200 OK\r\n\r\n"}[place]
        handler.wfile.write(start)
        for _ in range(40):
            time.sleep(0.05)
            handler.wfile.write(b" ")

    issuer.pages[KEYS] = drip
    began = time.monotonic()
    error = refusal(issuer)
    assert (error.code, "0.5 seconds" in error.message or "in time" in error.message) == ("IDT-12", True)
    assert time.monotonic() - began < 5


def test_an_issuer_that_hangs_up_or_is_not_there_is_told(issuer: Issuer) -> None:
    issuer.pages[KEYS] = lambda handler: handler.connection.close()
    assert refusal(issuer).code == "IDT-12"
    issuer.pages[KEYS] = lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")
    assert "no HTTP" in refusal(issuer).message
    gone = issuer.settings(issuer="http://127.0.0.1:1")
    with pytest.raises(WorldError) as found:
        verify(token(issuer.github()), gone, clock=clock)
    assert (found.value.code, "cannot be reached" in found.value.message) == ("IDT-12", True)


def test_a_certificate_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    with running_issuer(file) as secure:
        text = token(secure.github())
        with pytest.raises(WorldError, match="certificate is not trusted") as found:
            verify(text, secure.settings(), clock=clock)
        assert (found.value.code, secure.asked) == ("IDT-12", [])
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert verify(text, secure.settings(), clock=clock).operator == "op-farol"
        secure.serve(DISCOVERY, {"issuer": secure.url, "jwks_uri": secure.url.replace("https", "http") + KEYS})
        with pytest.raises(WorldError, match="names no https"):
            verify(text, secure.settings(), clock=clock)


def test_an_issuer_that_speaks_no_tls_is_told(issuer: Issuer) -> None:
    with pytest.raises(WorldError, match="cannot be reached") as found:
        verify(token(issuer.github()), issuer.settings(issuer=issuer.url.replace("http", "https")), clock=clock)
    assert found.value.code == "IDT-12"


@pytest.mark.parametrize(
    "found",
    [
        {"jwks_uri": "KEYS"},
        {"issuer": "https://other.example.com", "jwks_uri": "KEYS"},
        {"issuer": "SELF"},
        {"issuer": "SELF", "jwks_uri": 7},
        {"issuer": "SELF", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "SELF", "jwks_uri": "/keys"},
        {"issuer": "SELF", "jwks_uri": "http://keys.example.com/"},
        {"issuer": "SELF", "jwks_uri": "https://u:hunter2@keys.example.com/"},
    ],
    ids=range(8),
)
def test_a_description_that_leads_elsewhere_is_refused(issuer: Issuer, found: dict[str, Any]) -> None:
    names = {"SELF": issuer.url, "KEYS": issuer.url + KEYS}
    issuer.serve(
        DISCOVERY, {key: names.get(value, value) if isinstance(value, str) else value for key, value in found.items()}
    )
    error = refusal(issuer)
    assert (error.code, issuer.asked, "hunter2" in error.message) == ("IDT-12", [DISCOVERY], False)


@pytest.mark.parametrize("scheme", ["http", "HTTP", "Http"])
def test_a_public_issuer_names_no_keys_of_this_machine(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    issuer = "https://issuer.example.com"
    monkeypatch.setattr(keys, "fetch_json", lambda _: {"issuer": issuer, "jwks_uri": f"{scheme}://127.0.0.1/keys"})
    with pytest.raises(WorldError, match="names no https"):
        keys._discovered(issuer)


def test_a_proxy_is_not_asked_about_this_machine(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_issuer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert verify(token(issuer.github()), issuer.settings(), clock=clock).operator == "op-farol"
        assert proxy.asked == []


@pytest.mark.parametrize("module", ["tokens", "keys"])
def test_without_the_extra_it_is_named(issuer: Issuer, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, "jwt", None)
    monkeypatch.delitem(sys.modules, "reconciler.adapters.identity.tokens")
    if module == "keys":
        monkeypatch.delitem(sys.modules, "reconciler.adapters.identity.keys")
    variables = {"RECONCILER_ID_TOKEN": token(issuer.github())}
    with pytest.raises(UsageError) as found:
        who_asks(issuer.settings(), variables, as_=(), clock=clock)
    assert (found.value.code, found.value.hint) == ("IDT-14", "pip install 'reconciler[oidc]'")
