"""Two real readers of Markdown, and what a forge would make of the text that they leave outside of code."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt


def by_markdown_it(text: str) -> str:
    """With addresses made links, tables, strikethrough, and HTML let through."""
    return MarkdownIt("gfm-like", {"html": True, "linkify": True, "typographer": False}).render(text)


def by_cmark_gfm(text: str) -> str:
    """The parser of GitHub, with all of its extensions but the one that takes HTML away."""
    extensions = ["table", "autolink", "strikethrough", "tasklist"]
    return cmarkgfm.markdown_to_html_with_extensions(
        text, options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES, extensions=extensions
    )


READERS: dict[str, Callable[[str], str]] = {"markdown-it": by_markdown_it, "cmark-gfm": by_cmark_gfm}

OURS = frozenset("blockquote code details em h2 h3 hr li ol p pre strong summary table tbody td th thead tr ul".split())
"""Elements that a comment is made of; ``em`` and ``ol`` are never used, and are listed nowhere else."""

# What GitHub, GitLab, Bitbucket and Azure DevOps look for in text outside of code once Markdown is parsed.
_FORGES = {
    "mention": r"@\w",
    "reference": r"[#!$%~&^]\w|\b[A-Za-z]+-\d",
    "shortcode": r":[+\w-]+:",
    "address": r"://|\bwww\.|\bmailto:|\w\.\w",
    "commit": r"\b[0-9a-fA-F]{7,}\b",
    "math": r"\$",
    "inline difference": r"\{[+-]|\[[+-]",
    "wiki link": r"\[\[|\]\(",
    "escape": r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]",
}


class Seen(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str, str]] = set()
        self.outside: list[str] = []
        self.code: list[str] = []
        self.comments: list[str] = []
        self._depth = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(tag, name, value or "") for name, value in attrs}
        self._depth += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        (self.code if self._depth else self.outside).append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def found_by_a_forge(seen: Seen) -> list[tuple[str, str]]:
    """What would become more than text, with the text."""
    own = seen.elements - OURS
    alien = [("element", one) for one in sorted(own)]
    expected = {("td", "align"), ("th", "align"), ("td", "style"), ("th", "style"), ("code", "class"), ("pre", "lang")}
    alien += [("attribute", f"{tag} {name}") for tag, name, _ in seen.attributes if (tag, name) not in expected]
    text = "\n".join(seen.outside).replace("[!CAUTION]", "", 2)  # ours: denials and errors
    return alien + [(name, hit[0]) for name, pattern in _FORGES.items() if (hit := re.search(pattern, text))]


def commands(text: str) -> list[str]:
    """Lines that a bot or a forge would take for a command, in code or outside of it."""
    return [line for line in text.splitlines() if re.match(r"\s*(/\w|@\w|atlantis|::|##\w|##\[)", line)]
