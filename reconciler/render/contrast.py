"""What differs between two environments, and where the value of a field comes from, as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.address import Address
from reconciler.model.provenance import Comparison, Contrast, FieldContrast, Origin, Side, Written
from reconciler.model.source import Source
from reconciler.render.terminal import Palette, safe
from reconciler.render.values import HIDDEN, NONE, plural, value_text

_INDENT = "      "


def comparison_text(found: Comparison, palette: Palette, *, brief: bool) -> str:
    """The differences for people: the verdict, then each resource with its fields, and where each side says so."""
    if not found.contrasts:
        alike = f"{found.same} {plural(found.same, 'resource')} alike"
        return f"No differences between {found.before} and {found.after}: {alike}.\n"
    count = len(found.contrasts)
    verdict = f"{count} of {count + found.same} {plural(count + found.same, 'resource')}"
    lines = [f"{verdict} {'differs' if count == 1 else 'differ'} from {found.before} to {found.after}."]
    if not brief:
        for one in found.contrasts:
            lines += ["", *_contrast(one, found, palette)]
    return "\n".join(lines) + "\n"


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The same as JSON, with paths and lines of both sides."""
    return {
        "format_version": "1.0",
        "from": found.before,
        "to": found.after,
        "same": found.same,
        "differences": [_contrast_json(one, found) for one in found.contrasts],
    }


def origins_text(address: Address, origins: Sequence[Origin], *, environment: str, defaults: Mapping[str, str]) -> str:
    """Where the values of some fields come from, the last word first. ``defaults`` are told by path."""
    where = f" in the environment {environment}" if environment else ""
    lines = [f"{safe(str(address))}{safe(where)}"]
    for one in origins:
        gone = one.value is None and not one.hidden
        value = f"default {safe(defaults.get(one.path, 'none'))}" if gone else _value(one)
        lines += ["", f"  {safe(one.path)}: {value}"]
        if one.source is not None:
            lines.append(f"    {'taken away by' if gone else 'from'} {_from(one.origin, one.source)}")
        lines += [f"    {_overridden(word, one)}" for word in one.overridden]
    return "\n".join(lines) + "\n"


def _contrast(one: Contrast, found: Comparison, palette: Palette) -> list[str]:
    if one.only:
        sign, style = ("-", "red") if one.only == found.before else ("+", "green")
        head = f"  {sign} {safe(str(one.address))}  only in {safe(one.only)}"
        return [palette.paint(head, style), *([f"{_INDENT}{safe(one.source.short)}"] if one.source else [])]
    lines = [palette.paint(f"  ~ {safe(str(one.address))}", "yellow")]
    wide = max(map(len, (found.before, found.after)))
    for field in one.fields:
        lines.append(f"{_INDENT}{safe(field.path)}")
        for name, side in ((found.before, field.before), (found.after, field.after)):
            where = _from(side.origin, side.source)
            lines.append(f"{_INDENT}  {safe(name).ljust(wide)}  {_side(field, side)}  {where}")
    return lines


def _side(field: FieldContrast, side: Side) -> str:
    if field.secret:
        return NONE if side.value is None else f"{HIDDEN} {safe(str(side.value))}"
    return value_text(side.value, 40)


def _from(origin: str, source: Source | None) -> str:
    return origin if source is None else f"{origin} {safe(source.short)}"


def _value(one: Origin) -> str:
    if one.hidden:
        return HIDDEN if one.value is None else f"{HIDDEN} {safe(str(one.value))}"
    return value_text(one.value, 50)


def _overridden(word: Written, one: Origin) -> str:
    verb = "merged with" if one.merges else "overrides"
    said = ""
    if not one.hidden and not one.merges:
        said = ", which takes it away" if word.value is None else f": {_plain(word.value)}"
    return f"{verb} {_from(word.origin, word.source)}{said}"


def _plain(value: Any) -> str:
    """What was overridden was never judged: only what cannot hold anything else is shown."""
    if isinstance(value, dict):
        return "(an object)"
    if isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        return "(a list)"
    return value_text(value, 40)


def _contrast_json(one: Contrast, found: Comparison) -> dict[str, Any]:
    made: dict[str, Any] = {"address": str(one.address), "action": "update"}
    if one.only:
        made |= {"action": "delete" if one.only == found.before else "create", "only": one.only}
        made["source"] = None if one.source is None else one.source.short
    made["fields"] = [
        {
            "path": field.path,
            "secret": field.secret,
            "before": _side_json(field.before),
            "after": _side_json(field.after),
        }
        for field in one.fields
    ]
    return made


def _side_json(side: Side) -> dict[str, Any]:
    source = None if side.source is None else side.source.short
    return {"value": side.value, "origin": side.origin, "source": source}
