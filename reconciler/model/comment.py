"""Comment: what stands below a pull request or a merge request, and how one's own is found again."""

from __future__ import annotations

import re

from reconciler.model.dataclass import dataclass

MARKER = re.compile(r"<!-- (reconciler[ :][^<>\n]{0,200}?) -->|\[//\]: # \((reconciler[ :][^()\n]{0,200})\)")
"""The hidden first line of a comment that was made to be found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment. ``author`` is the name by which the host knows who wrote it."""

    id: int
    author: str
    body: str


def marker_of(body: str) -> str:
    """The marker in the first line of a comment, or nothing."""
    first = body.lstrip("\ufeff").partition("\n")[0].strip()
    return first if MARKER.fullmatch(first) else ""


def same_text(one: str, other: str) -> bool:
    """Whether two comments read the same: hosts rewrite line ends and drop those at the end."""
    return _plain(one) == _plain(other)


def _plain(body: str) -> str:
    return body.replace("\r\n", "\n").rstrip()
