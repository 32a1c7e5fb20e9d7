"""The webhook speaks to a real server: signed, tried again while it is busy, never led elsewhere, never for long."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from time import monotonic

import pytest

from reconciler.adapters.watching import Webhook, open_webhook
from reconciler.model.errors import UsageError
from reconciler.model.settings import WebhookSettings
from reconciler.model.watch import Transition, Turn, Undelivered
from reconciler.render.watch_json import delivery
from tests.adapters.watching.hook import Hook, listening
from tests.render.test_drift import WAIVER, finding

RENDER = partial(delivery, version="1", environment="staging")
SOME = (
    Transition(id="turn-1", turn=Turn.APPEARED, at="2026-06-15T12:00:00Z", finding=finding()),
    Transition(
        id="turn-2", turn=Turn.WAIVED, at="2026-06-15T12:00:00Z", finding=finding("audience", waiver=WAIVER)
    ),
    Transition(id="turn-3", turn=Turn.FAILING, at="2026-06-15T12:00:00Z", outcome="failed", code="DB-03"),
)  # fmt: skip


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as found:
        yield found


def opened(variables: Mapping[str, str], **more: object) -> Webhook:
    found = open_webhook(variables, RENDER, **more)  # type: ignore[arg-type]  # keywords of the tests
    assert found is not None
    return replace(found, sleep=lambda _seconds: None)


def of(hook: Hook, **more: object) -> Webhook:
    return opened({"RECONCILER_WEBHOOK_URL": f"{hook.url}/hook/s3cr3t", **more})  # type: ignore[dict-item]


def test_a_delivery_counts_in_words(hook: Hook) -> None:
    of(hook).deliver((SOME[0], SOME[0], SOME[2]))
    assert json.loads(hook.bodies[0])["text"] == "Drift in staging: 2 findings appeared, 1 round failing."


def test_a_delivery_says_what_turned_and_holds_no_value(hook: Hook) -> None:
    of(hook).deliver(SOME)
    assert hook.paths == ["POST /hook/s3cr3t"]
    told = json.loads(hook.bodies[0])
    assert [one["type"] for one in told["transitions"]] == ["finding.appeared", "finding.waived", "round.failing"]
    assert told["text"] == "Drift in staging: 1 finding appeared, 1 finding waived, 1 round failing."
    assert hook.headers[0]["X-Reconciler-Delivery"] == told["id"]
    assert hook.headers[0]["Content-Type"] == "application/json"
    first = told["transitions"][0]["finding"]
    assert first["address"] == str(SOME[0].finding.address)  # type: ignore[union-attr]
    assert not {"applied", "live"} & set(first)
    assert told["transitions"][1]["finding"]["waiver"]["name"] == WAIVER.name
    assert "reason" not in told["transitions"][1]["finding"]["waiver"]
    assert told["transitions"][2] == {
        "id": "turn-3", "type": "round.failing", "at": "2026-06-15T12:00:00Z", "outcome": "failed", "code": "DB-03",
    }  # fmt: skip


def test_the_body_is_signed_when_there_is_a_secret_and_only_then(hook: Hook) -> None:
    of(hook).deliver(SOME)
    of(hook, RECONCILER_WEBHOOK_SECRET="of-both-of-us").deliver(SOME)
    wanted = hmac.new(b"of-both-of-us", hook.bodies[1], hashlib.sha256).hexdigest()
    signatures = [one.get("X-Reconciler-Signature") for one in hook.headers]
    assert signatures == [None, f"sha256={wanted}"]
    assert hook.bodies[0] == hook.bodies[1]


def test_a_busy_webhook_is_tried_again_with_the_same_bytes(hook: Hook) -> None:
    hook.answers = [503, 429]
    pauses: list[float] = []
    replace(of(hook), sleep=pauses.append).deliver(SOME)
    assert len(hook.bodies) == 3
    assert len(set(hook.bodies)) == 1
    assert pauses == [1, 2]


def test_it_is_given_up_after_some_tries(hook: Hook) -> None:
    hook.answers = [500] * 9
    with pytest.raises(Undelivered, match="busy: HTTP 500, after 3 tries"):
        of(hook).deliver(SOME)
    assert len(hook.bodies) == 3


@pytest.mark.parametrize("status", [302, 307, 308, 400, 401, 404, 410])
def test_what_is_refused_is_not_tried_again_and_leads_nowhere(hook: Hook, status: int) -> None:
    hook.answers = [status]
    with pytest.raises(Undelivered, match=f"refuses: HTTP {status}") as told:
        of(hook).deliver(SOME)
    assert hook.paths == ["POST /hook/s3cr3t"]
    assert "s3cr3t" not in str(told.value)


def test_a_silent_webhook_costs_a_bounded_time(hook: Hook) -> None:
    hook.answers = [0] * 9
    begun = monotonic()
    with pytest.raises(Undelivered, match=r"did not answer within 0\.2 seconds, after 3 tries"):
        replace(of(hook), patience=0.2).deliver(SOME)
    assert monotonic() - begun < 5


def test_a_webhook_that_is_not_there_is_told_without_its_address() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = opened({"RECONCILER_WEBHOOK_URL": f"http://127.0.0.1:{port}/s3cr3t"})
    with pytest.raises(Undelivered, match="cannot be reached: ConnectionRefusedError") as told:
        nobody.deliver(SOME)
    assert "s3cr3t" not in f"{told.value}{nobody!r}"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/s3cr3t",
        "ftp://hooks.example.com/s3cr3t",
        "file:///etc/passwd?s3cr3t",
        "hooks.example.com/s3cr3t",
        "https:///s3cr3t",
        "https://user:s3cr3t@hooks.example.com/",
        "https://s3cr3t@hooks.example.com/",
        "https://hooks.example.com:0/s3cr3t",
        "https://hooks.example.com:port/s3cr3t",
        "https://hooks.example.com/s3cr3t\r\nHost: evil",
        "https://hooks.example.com/s3cr3t#part",
        "https://[::1/s3cr3t",
        "https://ho\u00f6ks.example.com/s3cr3t",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as told:
        opened({"HOOK": url}, variable="HOOK")
    assert told.value.code == "WCH-01"
    assert "s3cr3t" not in str(told.value)
    assert "HOOK" in str(told.value)


def test_the_named_variable_wins_over_the_configuration_and_that_over_the_usual_one(hook: Hook) -> None:
    variables = {
        "RECONCILER_WEBHOOK_URL": f"{hook.url}/usual",
        "RECONCILER_WEBHOOK_SECRET": "usual",
        "CONFIGURED": f"{hook.url}/configured",
        "SIGNS": "configured",
        "NAMED": f"{hook.url}/named",
    }
    said = WebhookSettings(fromEnv="CONFIGURED", secretFromEnv="SIGNS")
    found = [
        opened(variables),
        opened(variables, said=said),
        opened(variables, said=said, variable="NAMED"),
        opened(variables, said=WebhookSettings(fromEnv="CONFIGURED")),
    ]
    assert [(one.url.rpartition("/")[2], one.secret) for one in found] == [
        ("usual", b"usual"), ("configured", b"configured"), ("named", b"usual"), ("configured", b"usual"),
    ]  # fmt: skip
    assert open_webhook({}, RENDER) is None


@pytest.mark.parametrize("variables", [{}, {"CONFIGURED": " "}, {"CONFIGURED": "https://hooks.example.com/"}])
def test_a_variable_that_is_named_and_not_set_is_told(variables: dict[str, str]) -> None:
    said = WebhookSettings(fromEnv="CONFIGURED", secretFromEnv="SIGNS")
    with pytest.raises(UsageError, match="is not set") as told:
        open_webhook(variables, RENDER, said=said)
    assert told.value.code == "WCH-01"
