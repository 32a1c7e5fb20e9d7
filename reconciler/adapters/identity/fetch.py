"""Fetching: one small JSON document from the issuer, within bounds.

No redirect is followed, no other scheme than that of the configuration is spoken, and neither a slow nor a talkative
server can keep a run: the whole of it has a limit of time and of size.
"""

from __future__ import annotations

import http.client
import json
import queue
import ssl
import threading
import urllib.request
from time import monotonic
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from reconciler.model.errors import WorldError
from reconciler.model.trust import loopback

MAX_BYTES = 256 * 1024
"""The largest document that is read."""

PATIENCE = 10.0
"""Seconds that one document may take, from looking up the name to its last byte."""


def fetch_json(url: str) -> dict[str, Any]:
    """The JSON object at ``url``, which the caller has judged.

    Raises:
        WorldError: there is none within the bounds (IDT-12).
    """
    answer: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
    # A limit on each read is no limit on all of them, and none on looking up a name: so somebody else reads.
    threading.Thread(target=_answer, args=(url, PATIENCE, answer), daemon=True).start()
    try:
        data = answer.get(timeout=PATIENCE)
    except queue.Empty:
        raise unreadable(url, f"it did not answer whole within {PATIENCE:g} seconds") from None
    if isinstance(data, Exception):
        raise unreadable(url, _reason(data)) from None
    if len(data) > MAX_BYTES:
        raise unreadable(url, f"its answer is larger than {MAX_BYTES // 1024} KiB")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise unreadable(url, "its answer is no JSON") from None
    if not isinstance(found, dict):
        raise unreadable(url, "its answer is no JSON object")
    return found


def unreadable(url: str, reason: str) -> WorldError:
    """The error about a document that cannot be used."""
    return WorldError(
        f"the keys of the issuer cannot be read: {url}: {reason}",
        code="IDT-12",
        hint="try again; if it stays so, mend identity.issuer or identity.jwksUri",
    )


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _answer(url: str, patience: float, answer: queue.SimpleQueue[bytes | Exception]) -> None:
    try:
        answer.put(_read(url, patience))
    except Exception as error:  # noqa: BLE001  # whatever happens is handed to the one who waits
        answer.put(error)


def _read(url: str, patience: float) -> bytes:
    """The first bytes of the document, one more than may be."""
    # A proxy may stand before the world, never before this machine. Handlers of files and FTP are left out.
    opener = urllib.request.OpenerDirector()
    asked = urlsplit(url)
    handlers: list[urllib.request.BaseHandler] = [
        # To read the certificates that are trusted takes longer than to ask this machine.
        urllib.request.HTTPSHandler(context=ssl.create_default_context())
        if asked.scheme == "https"
        else urllib.request.HTTPHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoRedirects(),
    ]
    if not loopback(asked.hostname):
        handlers.append(urllib.request.ProxyHandler())
    for handler in handlers:
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310  # judged before
    until, data = monotonic() + patience, b""
    with opener.open(request, timeout=patience) as response:
        while len(data) <= MAX_BYTES and (more := response.read1(MAX_BYTES)):
            data += more
            if monotonic() > until:  # nobody waits any more
                raise TimeoutError
    return data


def _reason(error: Exception) -> str:
    """Why there is no document, in words of this program."""
    if isinstance(error, HTTPError):
        error.close()
        redirected = 300 <= error.code < 400
        return f"it answered {error.code}" + (", and redirects are not followed" if redirected else "")
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not trusted"
    if isinstance(cause, TimeoutError):
        return "it did not answer in time"
    if isinstance(cause, http.client.HTTPException):
        return "its answer is no HTTP"
    return "it cannot be reached"
