"""Syntax: what libyaml complains about, in words for people.

Its messages name no content of a file; nothing is quoted here either.
"""

from __future__ import annotations

from yaml.error import MarkedYAMLError

from reconciler.adapters.manifests.text import Text

_INDENT = "check the indentation of this line and of the one before it"
_TAB = ("a tab stands in the indentation", "indent with spaces")
_WORDS: dict[str, tuple[str, str]] = {
    "mapping values are not allowed in this context": (
        "a colon cannot begin a value here",
        "put the text before it in quotes, or check the indentation",
    ),
    "found unexpected end of stream": ("a quoted text has no closing quote", "close the quote"),
    "found unexpected document indicator": ("a quoted text has no closing quote", "close the quote"),
    "could not find expected ':'": (
        "the line is neither a key with a colon nor part of a value",
        "put a space behind the colon, or check the indentation",
    ),
    "did not find expected key": (
        "the line does not fit the mapping around it",
        "check the indentation of this line, and the quotes and the indentation of the lines before it",
    ),
    "did not find expected alphabetic or numeric character": (
        "a manifest holds no anchors and no aliases",
        "put a text that begins with * or & in quotes",
    ),
    "did not find expected ',' or '}'": ("a mapping in braces lacks a comma or its closing brace", "close the brace"),
    "did not find expected ',' or ']'": (
        "a list in brackets lacks a comma or its closing bracket",
        "close the bracket",
    ),
    "did not find expected '-' indicator": ("the line does not fit the list around it", _INDENT),
    "did not find expected node content": ("a value is missing here", "write it, or close the bracket"),
    "did not find expected <document start>": (
        "text stands behind the end of the document",
        "begin another document with a line ---",
    ),
    "block sequence entries are not allowed in this context": ("a list entry cannot begin here", _INDENT),
    "found a tab character that violates indentation": _TAB,
    "found a tab character where an indentation space is expected": _TAB,
    "found unknown escape character": ("a quoted text holds an unknown escape", "use single quotes, or write \\\\"),
    "found invalid Unicode character escape code": ("a quoted text holds an escape that is no character", "correct it"),
    "found unknown directive name": ("a manifest holds no directives", "delete the lines that begin with %"),
    "found undefined tag handle": ("a manifest holds no explicit tags", "delete it; quote the value if it is text"),
}
_FROM_CONTEXT = ("while scanning a quoted scalar", "while scanning a simple key", "while scanning a directive")


def explain(error: MarkedYAMLError, text: Text) -> tuple[int, int, str, str]:
    """Line and column, counted from 1, summary and hint of a syntax error."""
    mark = error.problem_mark
    last = text.last_line
    at_end = mark is not None and mark.line >= last and error.context_mark is not None
    if error.context in _FROM_CONTEXT or mark is None or at_end:
        mark = error.context_mark or error.problem_mark
    line, column = (0, 0) if mark is None else (mark.line, mark.column)
    if line >= last > 0:
        line, column = last - 1, len(text.line(last))
    summary, hint = _WORDS.get(error.problem or "", ("", ""))
    if error.problem == "found character that cannot start any token":
        found = text.line(line + 1)[column : column + 1]
        summary, hint = _TAB if found == "\t" else (f"a value cannot begin with {found}", "put it in quotes")
        if found not in "\t@`%&*!|>'\"":
            summary = "a value cannot begin with this character"
        return line + 1, column + 1, summary, hint
    return line + 1, column + 1, summary or f"no valid YAML: {error.problem}", hint or _INDENT
