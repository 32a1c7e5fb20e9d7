"""The ledger for people, for programs and for spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.listing import Table
from reconciler.model.state import Managed
from reconciler.render.terminal import safe
from reconciler.render.values import plural, value_text

FORMAT_VERSION = "1.0"
_HEADERS = ("Address", "Management", "Applied at", "Run", "Commit", "Source")


def state_text(found: Sequence[Managed]) -> str:
    """One line a resource: the address, when it was applied last, and from which line."""
    if not found:
        return "Nothing is managed.\n"
    wide = max(len(str(one.address)) for one in found)
    lines = [
        f"{safe(str(one.address)):<{wide}}  {safe(one.applied_at)}  {safe((one.commit or '')[:12] or '-'):<12}  "
        f"{safe(one.source or '-')}" + ("" if one.management == "full" else f"  ({safe(one.management)})")
        for one in found
    ]
    return "".join(f"{line}\n" for line in [f"{len(found)} managed {plural(len(found), 'resource')}.", "", *lines])


def state_table(found: Sequence[Managed]) -> Table:
    """The same as a table."""
    lines = [(str(one.address), one.management, one.applied_at, one.run, one.commit or "", one.source) for one in found]
    return Table(headers=_HEADERS, lines=tuple(lines))


def managed_text(one: Managed, values: Mapping[str, Any]) -> str:
    """One resource with the values that were applied last."""
    facts = {
        "applied at": one.applied_at,
        "run": one.run,
        "commit": one.commit or "-",
        "source": one.source or "-",
        "management": one.management,
    }
    lines = [safe(str(one.address)), *(f"  {name}: {safe(value)}" for name, value in facts.items())]
    lines += ["", "  last applied:"]
    lines += [f"    {safe(path)}: {safe(value_text(value))}" for path, value in values.items()]
    return "".join(f"{line}\n" for line in lines)


def managed_json(one: Managed, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One resource as JSON; ``values`` are those that were applied last, by field path."""
    return {
        "address": str(one.address),
        "management": one.management,
        "applied_at": one.applied_at,
        "run": one.run,
        "commit": one.commit,
        "source": one.source,
        **({} if values is None else {"values": dict(values)}),
    }
