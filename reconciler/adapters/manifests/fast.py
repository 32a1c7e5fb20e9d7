"""Fast: plain files read by a parser in Rust, where what it gives is certain to be what the exact pass would give.

The parser keeps no places and knows less of what the strict subset refuses, so it sees only files that a gate lets
through: every line has one of a few plain shapes, in which no reader of YAML can see anything unusual. The gate reads
no values; it only decides who reads the file. Whatever it does not know, and whatever the parser stumbles over, is
left to :mod:`reconciler.adapters.manifests.build`, which alone says what is wrong.
"""

from __future__ import annotations

import re
from typing import Any

from yaml_rs import YAMLDecodeError, loads

from reconciler.adapters.manifests.limits import Limits

LARGEST = 48 * 1024
"""Bytes of a file that may be read here: so short a file breaks no usual limit of values or documents."""
_DEPTH = 24
"""More than the gate lets stand inside each other."""

# Words that are no text, in every spelling that some reader takes for one: text may not begin with them here.
_WORD = rb"(?:null|Null|NULL|true|True|TRUE|false|False|FALSE)"
_KEY = rb"(?!" + _WORD + rb":)[A-Za-z_][A-Za-z0-9_./-]{0,120}+"
_NUMBER = rb"(?:0|-?+[1-9][0-9]{0,14}+)"
# Digits that no reader takes for a number: a date or a postal code, an address with or without its mask, a UUID.
_DIGITS = (
    rb"(?:[0-9]{1,8}+(?:-[0-9]{1,8}+)++|(?:[0-9]{1,3}+\.){3}[0-9]{1,3}+(?:/[0-9]{1,3}+)?+"
    rb"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
# What is let through can be seen: of ASCII no control character is in any of these.
_QUOTED = rb"\"[ !#-\[\]-~\x80-\xff]*+\"|'[ -&(-~\x80-\xff]*+'"
_COMMENT = rb"#[ -~\x80-\xff]*+\n"
_REST = rb"[ -\"$-9;-~\x80-\xff]*+"
_BARE = rb"(?!" + _WORD + rb"[,\]} ])[A-Za-z\x80-\xff][A-Za-z0-9_./@\x80-\xff -]*+(?::[A-Za-z0-9/][A-Za-z0-9_./@-]*+)*+"
_ENTRY = rb"(?:" + _BARE + rb"|" + _QUOTED + rb"|(?:" + _DIGITS + rb"|" + _NUMBER + rb"|true|false)(?=[,\]}]))"
_PAIR = _KEY + rb": " + _ENTRY
_VALUE = (
    # Text: a letter, perhaps behind a number, then anything in which no colon and no number sign can mean something.
    rb"(?:(?:[0-9]{1,9}+ )*+(?!"
    + _WORD
    + rb"[ \n])[A-Za-z_/\x80-\xff]"
    + _REST
    + rb"(?::[!\"$-9;-~\x80-\xff]"
    + _REST
    + rb")*+(?:\n|(?<= )"
    + _COMMENT
    + rb")"
    rb"|(?:" + _QUOTED + rb"|(?:" + _DIGITS + rb"|" + _NUMBER + rb"|true|false)(?=[ \n])"
    rb"|\[(?:" + _ENTRY + rb"(?:, " + _ENTRY + rb")*+)?+\]"
    rb"|\{(?:" + _PAIR + rb"(?:, " + _PAIR + rb")*+)?+\}"
    rb") *+(?:\n|(?<= )" + _COMMENT + rb"))"
)
_PLAIN = re.compile(
    rb"(?:"
    rb" {0,16}+(?:(?:- )?+"
    + _KEY
    + rb": |- )"
    + _VALUE
    +
    # A key alone has something below it: what is left empty is a null.
    rb"|( {0,16}+)"
    + _KEY
    + rb": *+(?:\n|(?<= )"
    + _COMMENT
    + rb")(?=\1(?: ++[^ #\n]|- ))"
    rb"|\n| *+" + _COMMENT + rb"|---\n(?=(?:" + _COMMENT + rb"|\n)*+[A-Za-z_])"
    rb")*+"
).fullmatch


def trees(data: bytes, limits: Limits) -> list[dict[str, Any]] | None:
    """The documents of a file, in order; None when the exact pass must read it.

    ``data`` is ASCII, or valid UTF-8 without invisible characters; where documents are given it holds none in either
    case. These hold neither nulls nor misread scalars.
    """
    if len(data) > LARGEST or _PLAIN(data) is None:
        return None
    if limits.depth < _DEPTH or limits.nodes < LARGEST or limits.documents < LARGEST // 8:
        return None
    try:
        found = loads(data.decode(), parse_datetime=False)
    except YAMLDecodeError:
        return None
    if type(found) is dict:
        return [found]
    if type(found) is list and b"---\n" in data and all(type(one) is dict for one in found):
        return found
    return None
