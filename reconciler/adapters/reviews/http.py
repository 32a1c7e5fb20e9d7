"""One client of a REST API: JSON over HTTP with limits on time, size, tries and waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from reconciler import __version__
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError, WorldError
from reconciler.ports import Unanswered

PAGE = 100
PAGES = 200
"""Pages that are read at most: a review with more comments than these is not read to its end, but refused."""
TRIES = 5
LONGEST_WAIT = 60.0
"""Seconds: who asks for a longer pause is not waited for."""
_LARGEST = 1 << 25
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_BUSY = (500, 502, 503, 504)


def name_in(user: object, key: str) -> str:
    """The name of a user as an API writes it; nothing for a user that is gone."""
    found = user.get(key) if isinstance(user, dict) else None
    return found if isinstance(found, str) else ""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token to wherever it points."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        """Never."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a host answered."""

    status: int
    headers: Message
    content: Any


@dataclass(slots=True)
class Client:
    """A client for one API. ``headers`` hold the token. ``patience`` is seconds for one request."""

    base: str
    headers: Mapping[str, str]
    patience: float = 20.0
    sleep: Callable[[float], None] = time.sleep
    _opener: OpenerDirector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        local = parts.hostname in _LOOPBACK
        if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and not local):
            raise UsageError("the address of the API is no https address", code="CMT-01")
        self.base = self.base.rstrip("/")
        self._opener = build_opener(_NoRedirect, *([ProxyHandler({})] if local else []))

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """GET; tried again while the host is busy."""
        return self._patiently("GET", path + (f"?{urlencode(query)}" if query else ""), None)

    def pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every entry of a list that has a number, page after page.

        Raises:
            WorldError: there are too many, or what came is no list (CMT-03).
        """
        for number in range(1, PAGES + 1):
            found = self.read(path, {**query, "per_page": str(PAGE), "page": str(number)})
            if not isinstance(found.content, list):
                raise WorldError("the host of the review answers with something else than a list", code="CMT-03")
            yield from (one for one in found.content if isinstance(one, dict) and isinstance(one.get("id"), int))
            if len(found.content) < PAGE and 'rel="next"' not in str(found.headers.get("Link", "")):
                return
        raise WorldError(f"the review has more than {PAGES * PAGE} comments", code="CMT-03")

    def change(self, method: str, path: str, content: Mapping[str, Any]) -> Answer:
        """A change that may be sent twice."""
        return self._patiently(method, path, content)

    def create(self, path: str, content: Mapping[str, Any]) -> int:
        """POST, and the number of what was made. Sent again only when the host surely did nothing.

        Raises:
            Unanswered: nobody knows whether it did.
        """
        try:
            return int(self._patiently("POST", path, content).content["id"])
        except (KeyError, TypeError, ValueError) as error:
            raise Unanswered from error

    def _patiently(self, method: str, path: str, content: Mapping[str, Any] | None) -> Answer:
        for number in range(TRIES):
            pause = 2.0**number
            try:
                answer = self._send(method, path, content)
            except (URLError, HTTPException, TimeoutError, OSError, ValueError) as error:
                if method == "POST":
                    raise Unanswered from error
                if number == TRIES - 1:
                    raise WorldError(
                        "the host of the review does not answer", code="CMT-03", hint="run the step again"
                    ) from error
            else:
                if answer.status < 300:
                    return answer
                asked = _asked_to_wait(answer)
                if asked is None and answer.status not in _BUSY:
                    raise _refused(answer.status)
                if method == "POST" and answer.status in _BUSY:
                    raise Unanswered
                pause = max(pause, asked or 0.0)
            if pause > LONGEST_WAIT:
                break
            if number < TRIES - 1:
                self.sleep(pause)
        raise WorldError("the host of the review is busy", code="CMT-03", hint="run the step again later")

    def _send(self, method: str, path: str, content: Mapping[str, Any] | None) -> Answer:
        data = None if content is None else json.dumps(content).encode()
        headers = {"User-Agent": f"reconciler/{__version__}", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(self.base + path, data=data, headers=headers, method=method)  # noqa: S310  # https, or loopback
        try:
            with self._opener.open(request, timeout=self.patience) as response:
                text = response.read(_LARGEST + 1)
                status, found = response.status, response.headers
        except HTTPError as error:
            with error:
                return Answer(error.code, error.headers, None)
        if len(text) > _LARGEST:
            raise ValueError(len(text))
        try:
            return Answer(status, found, json.loads(text) if text else None)
        except RecursionError as error:
            raise ValueError(len(text)) from error


def _asked_to_wait(answer: Answer) -> float | None:
    """The seconds that a host asks to be left alone, or None when it does not."""
    if answer.status not in (403, 429, *_BUSY):
        return None
    given = str(answer.headers.get("Retry-After", ""))
    if given.isascii() and given.isdigit() and len(given) < 9:
        return float(given)
    spent = str(answer.headers.get("X-RateLimit-Remaining", "")) == "0"
    reset = str(answer.headers.get("X-RateLimit-Reset", ""))
    if spent and reset.isascii() and reset.isdigit() and len(reset) < 13:
        return max(1.0, float(reset) - time.time())
    return 1.0 if answer.status == 429 or spent else None


def _refused(status: int) -> WorldError:
    hints = {
        401: "the token is wrong or has run out",
        403: "the token may not write comments here",
        404: "there is no such review, or the token may not see it",
        422: "the host does not take this text",
    }
    hint = hints.get(status, "look at the address of the API")
    return WorldError(f"the host of the review refuses: HTTP {status}", code="CMT-02", hint=hint)
