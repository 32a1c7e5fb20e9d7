"""Comments: the comments of a file, and where the entries of its lists begin.

libyaml's scanner drops comments, but it says where each token begins and ends: what stands between two tokens and is no
white space is a comment. Nothing is scanned here a second time.
"""

from __future__ import annotations

import re
from typing import Any

from yaml._yaml import CParser
from yaml.tokens import BlockEntryToken

from reconciler.adapters.manifests.tidy.nodes import Comment
from reconciler.model.dataclass import dataclass

_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place: characters from the start of the file, line and column, all counted from 0."""

    index: int
    line: int
    column: int


def comments_and_dashes(text: str) -> tuple[list[Comment], list[Mark]]:
    """All comments between the tokens of a file that can be read, and the dashes of its lists, both in order.

    A comment in the header of a literal or folded text is part of that token and not among them.
    """
    comments: list[Comment] = []
    dashes: list[Mark] = []
    parser = CParser(text)
    end, line = 0, 0
    token: Any = parser.get_token()
    while token is not None:
        start = token.start_mark
        if start.index > end and "#" in text[end : start.index]:
            comments += _between(text, end, start.index, line)
        if type(token) is BlockEntryToken:
            dashes.append(Mark(start.index, start.line, start.column))
        if token.end_mark.index > end:
            end, line = token.end_mark.index, token.end_mark.line
        token = parser.get_token()
    comments += _between(text, end, len(text), line)
    return comments, dashes


def blank_before(text: str, index: int) -> bool:
    """Whether the line before the one of this character is blank; nothing comes before the first line."""
    start = text.rfind("\n", 0, index)
    return start > 0 and not text[text.rfind("\n", 0, start) + 1 : start].strip()


def _between(text: str, start: int, end: int, line: int) -> list[Comment]:
    """The comments from ``start``, which stands on this line, up to ``end``."""
    made: list[Comment] = []
    for found in _COMMENT.finditer(text, start, end):
        line, start = line + text.count("\n", start, found.start()), found.start()
        begin = text.rfind("\n", 0, start) + 1
        own = not text[begin:start].strip()
        made.append(
            Comment(
                text=found[0].rstrip(),
                index=start,
                line=line,
                column=start - begin,
                own=own,
                gap=own and blank_before(text, start),
            )
        )
    return made
