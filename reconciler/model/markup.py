"""What HTML, SVG and CSS of a template would run or load, found by reading them as a browser would.

Two readers: a scanner of CSS tokens, which undoes escapes and skips comments, and an HTML reader that tolerates what a
browser tolerates. When in doubt they find too much: a comment is read like text, since some mail programs do so too.
Every function gives a list of short descriptions, without repetition, in the order of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

_SHOWN = 60
_DEEPEST = 3
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_HARMLESS = ("data:image/", "data:font/", "data:application/font", "cid:")
_SCRIPTS = ("javascript:", "vbscript:", "livescript:", "data:text", "data:application/xhtml", "data:application/xml")
_SOURCES = frozenset(
    "src srcset imagesrcset background poster data lowsrc dynsrc classid codebase archive manifest icon ping".split()
)
_LINKS = frozenset(("a", "area"))
_PAINT = frozenset(
    "style fill stroke filter mask clip-path cursor marker marker-start marker-mid marker-end from to by values".split()
)
_LOADING = frozenset(("url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade"))
_ENTITY = re.compile(r"<!entity", re.IGNORECASE)
_SCRIPT_TAG = re.compile(r"<\s*(?:[\w-]+:)?script\b", re.IGNORECASE)
_PI_TARGET = re.compile(r"href\s*=\s*[\"']([^\"']*)", re.IGNORECASE)


def css_problems(text: str) -> list[str]:
    """Imports, and addresses on other hosts, in a style sheet or in one declaration."""
    found = []
    for sort, value in _css_things(text):
        if sort == "at" and value.casefold() == "import":
            found.append("@import")
        elif sort == "url" and is_remote(value):
            found.append(f"url() to another host: {_short(value)}")
    return _once(found)


def markup_problems(text: str) -> list[str]:
    """Scripts, event attributes and remote sources in HTML or SVG."""
    return _markup_problems(text, 0)


def _markup_problems(text: str, depth: int) -> list[str]:
    """As :func:`markup_problems`, for text that stands ``depth`` comments or documents deep."""
    if depth > _DEEPEST:
        return ["comments inside of comments"]
    reader = _Reader(depth)
    reader.feed(f"{text}>")  # a tag that is left open at the end is closed by whatever the text is put into
    reader.close()
    found = reader.found
    if _SCRIPT_TAG.search(text):
        found.append("<script>")
    if _ENTITY.search(text):
        found.append("an entity declaration, which can hide a script")
    return _once(found)


def is_remote(url: str) -> bool:
    """Whether an address leads to another host. Relative ones, fragments, embedded images and mail parts do not."""
    plain = _plain(url)
    if plain.startswith(_HARMLESS):
        return False
    return plain.startswith(("//", "{{")) or _SCHEME.match(plain) is not None


def _plain(url: str) -> str:
    """An address as a browser reads it: without white space and control characters, with forward slashes."""
    return "".join(character for character in url if character > " " and character != "\x7f").replace("\\", "/").lower()


def _runs(url: str) -> bool:
    return _plain(url).startswith(_SCRIPTS)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _once(found: list[str]) -> list[str]:
    return list(dict.fromkeys(found))


# --- HTML and SVG ----------------------------------------------------------------------------------------------------


class _Reader(HTMLParser):
    """Collects what a document would run or load."""

    def __init__(self, depth: int) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._depth = depth
        self._style = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = _local(tag)
        if name == "script":
            self.found.append("<script>")
        if name == "style":
            self._style += 1
        # Every attribute counts, also a repeated one: readers differ about which of them holds.
        for key, value in attrs:
            if (name, key) == ("meta", "http-equiv") and (value or "").strip().casefold() == "refresh":
                self.found.append("a redirection by <meta>")
            self.found.extend(self._attribute(name, _local(key), value or ""))

    def handle_endtag(self, tag: str) -> None:
        if _local(tag) == "style":
            self._style = max(0, self._style - 1)

    def handle_data(self, data: str) -> None:
        if self._style:
            self.found.extend(css_problems(data))
            self.found.extend(css_problems(unescape(data)))

    def handle_comment(self, data: str) -> None:
        if "<" in data:
            self.found.extend(_markup_problems(data, self._depth + 1))

    def handle_pi(self, data: str) -> None:
        self.found.extend("a remote style sheet" for url in _PI_TARGET.findall(data) if is_remote(unescape(url)))

    def _attribute(self, tag: str, key: str, value: str) -> Iterator[str]:
        if re.fullmatch(r"on[a-z]+", key):
            yield f"the event attribute {key} of <{tag}>"
        elif key == "attributename" and re.match(r"\s*(?:on|(?:[\w-]+:)?href)", value, re.IGNORECASE):
            yield f"<{tag}> that animates {_short(value)}"
        elif key == "srcdoc":
            yield from _markup_problems(value, self._depth + 1)
        elif _runs(value):
            yield f"a script in {key} of <{tag}>"
        elif key in ("srcset", "imagesrcset"):
            yield from (_loads(tag, part) for part in value.split(",") if is_remote((part.split() or [""])[0]))
        elif (key in _SOURCES or (key == "href" and tag not in _LINKS)) and is_remote(value):
            yield _loads(tag, value)
        if key in _PAINT:
            yield from css_problems(value)


def _local(name: str) -> str:
    """A name without its prefix; prefixes can be chosen freely in SVG."""
    return name.rpartition(":")[2].casefold()


def _loads(tag: str, url: str) -> str:
    return f"a remote source of <{tag}>: {_short(url)}"


# --- CSS -------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"(?:[-\w]|[^\x00-\x7f]|\\[0-9a-fA-F]{1,6}\s?|\\[^\n0-9a-fA-F])+")
_STRING = {
    '"': re.compile(r'"((?:[^"\\\n]|\\.)*)("|\n|\Z)', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\\n]|\\.)*)('|\n|\Z)", re.DOTALL),
}
_BARE_URL = re.compile(r"\s*((?:[^\\)\"']|\\.)*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|\n|(.))", re.DOTALL)


def _css_things(text: str) -> Iterator[tuple[str, str]]:
    """The at-words (``at``) and the addresses (``url``) of a style sheet."""
    place = 0
    functions: list[str] = []
    while place < len(text):
        character = text[place]
        if text.startswith("/*", place):
            end = text.find("*/", place + 2)
            place = len(text) if end < 0 else end + 2
        elif character in _STRING:
            string = _STRING[character].match(text, place)
            if string is None:  # a lone backslash at the very end
                return
            if functions and functions[-1] in _LOADING:
                yield "url", _unescaped(string[1])
            place = string.end()
        elif character == ")":
            del functions[-1:]
            place += 1
        elif character == "(":
            functions.append("")
            place += 1
        else:
            place, found = _css_word(text, place, functions)
            yield from found


def _css_word(text: str, place: int, functions: list[str]) -> tuple[int, list[tuple[str, str]]]:
    """Where to read on after the word at ``place``, and what it brings. A function is put upon ``functions``."""
    at = text[place] == "@"
    word = _NAME.match(text, place + at)
    if word is None:
        return place + 1, []
    name, place = _unescaped(word[0]).casefold(), word.end()
    if at:
        return place, [("at", name)]
    if not text.startswith("(", place):
        return place, []
    functions.append(name)
    place += 1
    bare = _BARE_URL.match(text, place) if name in ("url", "src") else None
    if bare is None or not bare[1].strip():
        return place, []
    return bare.end(), [("url", _unescaped(bare[1].strip()))]


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        if found[1]:
            number = int(found[1], 16)
            return chr(number) if 0 < number <= 0x10FFFF else "\ufffd"
        return found[2] or ""

    return _ESCAPE.sub(one, text)
