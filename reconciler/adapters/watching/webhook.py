"""The webhook: transitions by HTTP POST, signed, tried a few times, and never followed anywhere else.

========= ===================================================================
code      finding
========= ===================================================================
WCH-01    the variable of the address or of the secret is not set, or unusable
========= ===================================================================
"""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from reconciler import __version__
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError
from reconciler.model.settings import WebhookSettings
from reconciler.model.trust import loopback
from reconciler.model.watch import Transition, Undelivered

URL_VARIABLE, SECRET_VARIABLE = "RECONCILER_WEBHOOK_URL", "RECONCILER_WEBHOOK_SECRET"
"""Hold the address and the secret where nothing names others."""
PATIENCE = 10.0
"""Seconds that one try may take, from looking up the name to the answer."""
TRIES = 3
LONGEST_PAUSE = 4.0
"""Seconds between two tries, at most."""

Render = Callable[[Sequence[Transition]], tuple[str, bytes]]
"""The id of a delivery, and its body."""

_BUSY = (408, 425, 429, 500, 502, 503, 504)


def open_webhook(
    variables: Mapping[str, str], render: Render, *, said: WebhookSettings | None = None, variable: str = ""
) -> Webhook | None:
    """A webhook whose address, and the secret that signs, are in variables; None where nobody names one.

    ``variable`` wins over ``said``, the configuration, and that over the usual ones. An error holds neither of both.

    Raises:
        UsageError: one is not set, or the address is neither https nor on this machine (WCH-01).
    """
    usual = URL_VARIABLE if variables.get(URL_VARIABLE) else ""
    url_variable = variable or (usual if said is None else said.from_env)
    if not url_variable:
        return None
    signs = None if said is None or variable else said.secret_from_env
    secret_variable = signs or (SECRET_VARIABLE if variables.get(SECRET_VARIABLE) else "")
    url = variables.get(url_variable, "").strip()
    if not url:
        raise _unusable(f"the variable {url_variable} that should hold the address of the webhook is not set")
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0
    except ValueError:
        raise _unusable(f"{url_variable} holds no address of a webhook") from None
    if not named or not url.isascii() or not url.isprintable() or " " in url:
        raise _unusable(f"{url_variable} holds no address of a webhook")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _unusable(f"the address in {url_variable} holds a user, a password or a fragment")
    local = loopback(parts.hostname)
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise _unusable(f"the address in {url_variable} is no https address")
    secret = variables.get(secret_variable, "") if secret_variable else ""
    if secret_variable and not secret:
        raise _unusable(f"the variable {secret_variable} that should hold the secret of the webhook is not set")
    return Webhook(url=url, local=local, render=render, secret=secret.encode("utf-8", "surrogateescape"))


_LATE = TimeoutError.__name__


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry what is told to wherever it points."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Never."""


class _Busy(Exception):
    """It may be otherwise in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address. ``patience`` is seconds for one try; ``secret`` signs the body, nothing does where it is empty."""

    url: str = field(repr=False)
    render: Render = field(repr=False)
    local: bool = False
    secret: bytes = field(default=b"", repr=False)
    patience: float = PATIENCE
    sleep: Callable[[float], None] = time.sleep

    def deliver(self, transitions: Sequence[Transition]) -> None:
        """POST these; any status of 2xx is a receipt.

        Raises:
            Undelivered: there was none, after all tries.
        """
        # Loaded when there is something to tell.
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

        name, body = self.render(transitions)
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_exponential(max=LONGEST_PAUSE),
            retry=retry_if_exception_type(_Busy),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            tries(self._post, name, body)
        except _Busy as error:
            raise Undelivered(f"{error}, after {TRIES} tries") from error

    def _post(self, name: str, body: bytes) -> None:
        answer: queue.SimpleQueue[int | str] = queue.SimpleQueue()
        # A limit on each read is no limit on all of them, and none on looking up a name: so somebody else waits.
        threading.Thread(
            target=_send, args=(self._opener(), self._request(name, body), self.patience, answer), daemon=True
        ).start()
        try:
            found = answer.get(timeout=self.patience)
        except queue.Empty:
            found = _LATE
        if found == _LATE:  # whoever of the two noticed it first
            raise _Busy(f"the webhook did not answer within {self.patience:g} seconds")
        if isinstance(found, str):
            raise _Busy(f"the webhook cannot be reached: {found}")
        if found in _BUSY:
            raise _Busy(f"the webhook is busy: HTTP {found}")
        if not 200 <= found < 300:
            raise Undelivered(f"the webhook refuses: HTTP {found}")

    def _opener(self) -> OpenerDirector:
        return build_opener(_NoRedirect, *([ProxyHandler({})] if self.local else []))

    def _request(self, name: str, body: bytes) -> Request:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"reconciler/{__version__}",
            "X-Reconciler-Delivery": name,
        }
        if self.secret:
            headers["X-Reconciler-Signature"] = "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest()
        return Request(self.url, data=body, headers=headers, method="POST")  # noqa: S310  # https, or loopback


def _send(opener: OpenerDirector, request: Request, patience: float, answer: queue.SimpleQueue[int | str]) -> None:
    """Put a status, or the name of a fault, into ``answer``: texts of faults may hold the address."""
    try:
        with opener.open(request, timeout=patience) as response:
            answer.put(response.status)
    except HTTPError as error:
        with error:
            answer.put(error.code)
    except URLError as error:
        answer.put(type(error.reason).__name__ if isinstance(error.reason, BaseException) else "URLError")
    except Exception as error:  # noqa: BLE001  # whatever it is, who waits must hear of it
        answer.put(type(error).__name__)


def _unusable(message: str) -> UsageError:
    return UsageError(message, code="WCH-01", hint="set it to an https address, or leave the webhook out")
