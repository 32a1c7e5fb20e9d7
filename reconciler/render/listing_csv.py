"""A table as CSV for spreadsheets: RFC 4180, and no cell that one of them would take for a formula."""

from __future__ import annotations

from reconciler.model.listing import Table

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_QUOTED = frozenset(',"\r\n')


def listing_csv(table: Table) -> str:
    """Header and lines, each ended by CRLF."""
    return "".join(f"{','.join(map(_cell, line))}\r\n" for line in (table.headers, *table.lines))


def _cell(text: str) -> str:
    if text.startswith(_FORMULAS):
        text = f"'{text}"
    if _QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
