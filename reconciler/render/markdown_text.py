"""Escaping for Markdown as GitHub, GitLab, Bitbucket and Azure DevOps read it.

These programs look for mentions, references, shortcodes and addresses in the text *after* Markdown was parsed, so that
no backslash helps. They leave code alone. Hence text from data is either made of harmless words, or it is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from string import ascii_letters, digits

from reconciler.render.terminal import safe, shorten

_LONGEST = 300
_UNRESERVED = frozenset(f"{ascii_letters}{digits}._-")
_RUN = re.compile(r"`+")
# Letters, with hyphens and apostrophes inside; short numbers; nothing that any program could take for more than a word.
_WORD = re.compile(r"\(?(?:[^\W\d_]+(?:[-'][^\W\d_]+)*|[0-9]{1,6})[,;:]?\)?[,;.:]?")
_LIKE_A_COMMIT = re.compile(r"\(?[0-9a-fA-F]{7,}\W*")


def code(text: str, *, room: int = _LONGEST) -> str:
    """``text`` as a code span that holds whatever it holds, on one line, cut to ``room`` columns."""
    shown = shorten(safe(text), room) or " "
    runs = {len(run) for run in _RUN.findall(shown)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str, *, room: int = 60) -> str:
    """A code span for a table, where no bar may stand even in code."""
    return code(safe(text).replace("|", "\\x7c"), room=room)


def prose(text: str, *, room: int = _LONGEST) -> str:
    """A sentence that may hold data: words stay words, everything else becomes code."""
    return " ".join(part if plain else code(part) for plain, part in _parts(shorten(safe(text), room)))


def markup_code(text: str, *, room: int = _LONGEST) -> str:
    """``text`` as code inside of an HTML block, where Markdown is not read."""
    return f"<code>{_entities(shorten(safe(text), room))}</code>"


def markup_prose(text: str, *, room: int = _LONGEST) -> str:
    """A sentence that may hold data, for an HTML block."""
    return " ".join(part if plain else markup_code(part) for plain, part in _parts(shorten(safe(text), room)))


def fenced(lines: Iterable[str], *, language: str, indent: str) -> str:
    """A fenced block, its fence longer than any run inside; ``language`` is a word of ours. Ends with a line end.

    Each line must begin with a sign of ours: programs that take commands look into code, too.
    """
    shown = [shorten(safe(line), _LONGEST) for line in lines]
    longest = max((len(run) for line in shown for run in _RUN.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "".join(f"{indent}{line}\n" for line in (f"{fence}{language}", *shown, fence))


def comment_words(text: str) -> str:
    """``text`` inside of a hidden comment: everything but letters, digits and single signs as ``%xx``."""
    found = "".join(
        char if char in _UNRESERVED else "".join(f"%{one:02X}" for one in char.encode()) for char in safe(text)[:200]
    )
    return found.replace("--", "%2D%2D")


def _entities(text: str) -> str:
    """Escaped for HTML, and for a reader that takes Markdown inside of HTML for Markdown."""
    return re.sub(r"[`*_\[\]\\|~$@#!:]", lambda found: f"&#{ord(found[0])};", escape(text))


def _parts(text: str) -> Sequence[tuple[bool, str]]:
    """Runs of harmless words, and the runs between them."""
    parts: list[tuple[bool, list[str]]] = []
    for word in text.split():
        plain = word == "→" or (_WORD.fullmatch(word) is not None and _LIKE_A_COMMIT.fullmatch(word) is None)
        if parts and parts[-1][0] == plain:
            parts[-1][1].append(word)
        else:
            parts.append((plain, [word]))
    return [(plain, " ".join(words)) for plain, words in parts]
