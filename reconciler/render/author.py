"""Help for authors as text: explanations at 80 columns, and first manifests as commented YAML.

Pure. ruamel.yaml writes every value, so that quoting is never done by hand.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.author import Explanation, FieldHelp, Scaffold, Slot

_WIDTH = 80


def explanation_text(explanation: Explanation) -> str:
    """The explanation for people, with a line end at the end."""
    lines = [explanation.name, *_wrapped(explanation.description, "  ")]
    if explanation.facts:
        lines += ["", *(line for word, value in explanation.facts for line in _wrapped(f"{word}: {value}", "  ", 4))]
    if explanation.fields:
        lines += ["", "Fields", *(line for one in explanation.fields for line in _field(one))]
    if explanation.edges:
        lines += ["", "Life cycle"]
        for edge in explanation.edges:
            risks = f" [{', '.join(edge.risks)}]" if edge.risks else ""
            walker = "" if edge.walker == "operator" else f" ({edge.walker} only)"
            lines += _wrapped(f"{edge.edge}{walker}{risks} {edge.effect}".rstrip(), "  ", 4)
    if explanation.rules:
        lines += ["", "Rules"]
        for rule in explanation.rules:
            lines += _wrapped(f"{rule.code} ({rule.severity.value}, {rule.phase.value}) {rule.text}", "  ", 4)
    if explanation.example:
        lines += ["", "Example", *(f"  {line}".rstrip() for line in explanation.example.splitlines())]
    return "\n".join(lines) + "\n"


def scaffold_text(scaffold: Scaffold) -> str:
    """The first manifest, valid as it stands: the values of the example, and every other field as a comment."""
    example = _reader().load(scaffold.example)
    lines = _wrapped(scaffold.about, "## ")
    lines += ["## Lines with ## explain; to set a field below, take away its #."]
    for key in ("apiVersion", "kind", "metadata", "lifecycle"):
        if key in example:
            lines += _written({key: example[key]})
    lines += ["spec:", *_slots(scaffold.slots, example.get("spec") or {}, "  ")]
    return "\n".join(lines) + "\n"


def _field(one: FieldHelp) -> Iterator[str]:
    facts = [one.type, "required" if one.required else f"default {one.default}", *one.marks]
    yield from _wrapped(f"{one.path}: {', '.join(facts)}", "  ", 4)
    yield from _wrapped(one.description, "      ")
    if one.allowed:
        yield from _wrapped(f"allowed: {one.allowed}", "      ", 2)


def _slots(slots: tuple[Slot, ...], given: Mapping[str, Any], indent: str) -> Iterator[str]:
    for slot in slots:
        if slot.about:
            yield from _wrapped(slot.about, f"{indent}## ")
        if slot.key in given and slot.slots and isinstance(given[slot.key], Mapping):
            yield f"{indent}{slot.key}:"
            yield from _slots(slot.slots, given[slot.key], indent + "  ")
        elif slot.key in given:
            yield from (indent + line for line in _written({slot.key: given[slot.key]}))
        elif slot.slots:
            yield f"{indent}# {slot.key}:"
            for line in _slots(slot.slots, {}, ""):
                yield f"{indent}# " + (f"  {line.removeprefix('# ')}" if not line.startswith("##") else f"  {line}")
        else:
            yield from (f"{indent}# {line}" for line in _written({slot.key: slot.default}))


def _written(value: Mapping[str, Any]) -> list[str]:
    out = io.StringIO()
    _writer().dump(dict(value), out)
    return out.getvalue().splitlines()


def _writer() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 4096
    yaml.representer.add_representer(
        type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "")
    )
    return yaml


def _reader() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    return yaml


def _wrapped(text: str, prefix: str, hanging: int = 0) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
