"""A table as CSV for spreadsheets: RFC 4180, and no cell that one of them would take for a formula.

A control character other than a tab or a line end is shown as a replacement: readers of CSV stop at some of them, and
a terminal obeys others.
"""

from __future__ import annotations

import re

from reconciler.model.listing import Table

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_QUOTED = frozenset(',"\r\n')


def listing_csv(table: Table) -> str:
    """Header and lines, each ended by CRLF."""
    return "".join(f"{','.join(map(_cell, line))}\r\n" for line in (table.headers, *table.lines))


def _cell(text: str) -> str:
    text = _CONTROLS.sub("\ufffd", text)
    if text.startswith(_FORMULAS):
        text = f"'{text}"
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
