"""Stage explain: what the declarations say about a kind or a field, and the shape of a first manifest of a kind.

Knows ``model`` only. Everything here is read from the declarations, so it cannot grow stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from reconciler.model.author import EdgeHelp, Explanation, FieldHelp, Scaffold, Slot
from reconciler.model.catalog import Catalog
from reconciler.model.columns import ENVELOPE, ENVELOPE_FIELDS, Field, fields_of
from reconciler.model.errors import UsageError
from reconciler.model.formats import nearest
from reconciler.model.kind import Deletion, Kind, Level
from reconciler.model.rule import RuleText

_MANY = 24
"""More words than this are counted, not listed."""


def explain(catalog: Catalog, name: str) -> Explanation:
    """What there is to say about ``Kind`` or ``Kind.path.to.field``; ``spec.`` and ``[]`` in the path may be left out.

    Raises:
        UsageError: there is no such kind or field; the hint gives the nearest names.
    """
    word, _, path = name.partition(".")
    kind = catalog.get(word)
    if kind is None:
        near = nearest(word, list(catalog))
        raise UsageError(f"there is no kind {word}", hint=f"did you mean {near}?" if near else _listed(list(catalog)))
    path = path.removeprefix("spec.").replace("[]", "")
    return _explain_path(kind, path) if path else _explain_kind(kind)


def scaffold(kind: Kind) -> Scaffold:
    """The shape of a first manifest: every field, those that must be there and those that may."""
    leaves = [(one.path.split("."), one) for one in kind.fields[ENVELOPE:]]
    return Scaffold(kind=kind.name, about=kind.description, example=kind.example, slots=_slots(kind, leaves, 0))


def field_helps(kind: Kind) -> tuple[FieldHelp, ...]:
    """What there is to say about each field of a kind below ``spec``, entries of lists included, in declared order."""
    return tuple(help_ for one in kind.fields[ENVELOPE:] for help_ in _with_entries(one, ""))


def rule_texts(kind: Kind) -> tuple[RuleText, ...]:
    """The rules that a kind declares, with their texts, by code."""
    texts = (*(rule.words for rule in kind.rules), *kind.texts)
    return tuple(sorted(texts, key=lambda one: (_by_number(one.code), one.text)))


def _by_number(code: str) -> tuple[str, int]:
    word, _, number = code.partition("-")
    return word, int(number) if number.isdigit() else 0


# --- kinds and fields ------------------------------------------------------------------------------------------------

_LEVELS = {
    Level.PLATFORM: "outside every tenant",
    Level.TENANT: "in a tenant",
    Level.BOTH: "in a tenant, or outside of all",
}
_DELETIONS = {
    Deletion.ROW: "pruning removes the row",
    Deletion.PATH: "pruning walks the life cycle to its tombstone",
    Deletion.RETAINED: "never out of a living state; a tombstone is only forgotten (GEN-08)",
    Deletion.NEVER: "never",
}


def _explain_kind(kind: Kind) -> Explanation:
    facts = [("level", _LEVELS[kind.level]), ("table", kind.table)]
    if kind.owner is not None and kind.owner.ref is not None:
        facts.append(("owner", f"{kind.owner.path} ({kind.owner.ref.kind})"))
    if kind.singleton:
        facts.append(("name", f"always {kind.singleton}"))
    for unique in kind.unique:
        within = "everywhere" if unique.within == "platform" else "in its tenant"
        facts.append(("unique", f"{' + '.join(unique.paths)}, {within} ({unique.code})"))
    facts.append(("deletion", _DELETIONS[kind.deletion]))
    if kind.lifecycle is not None:
        facts.append(("states", ", ".join(kind.lifecycle.states)))
        facts.append(("begins as", kind.lifecycle.entry))
    if kind.status:
        facts.append(("server-owned", ", ".join(f"status.{one.path}" for one in kind.status)))
    return Explanation(
        name=kind.name,
        description=kind.description,
        facts=tuple(facts),
        fields=field_helps(kind),
        edges=tuple(_edges(kind)),
        rules=rule_texts(kind),
        example=kind.example,
    )


def _edges(kind: Kind) -> Iterator[EdgeHelp]:
    if kind.lifecycle is not None:
        for edge in kind.lifecycle.edges:
            risks = tuple(risk.value for risk in edge.risks)
            yield EdgeHelp(edge=str(edge), walker=edge.walker, effect=edge.effect, risks=risks)


def _explain_path(kind: Kind, path: str) -> Explanation:
    helps = {one.path.replace("[]", ""): one for one in (*_envelope(), *field_helps(kind))}
    found = helps.get(path)
    below = tuple(one for known, one in helps.items() if known.startswith(f"{path}."))
    if found is None and not below:
        known = sorted({".".join(one.split(".")[: n + 1]) for one in helps for n in range(one.count(".") + 1)})
        near = nearest(path, known) or nearest(path.rpartition(".")[2], [one.rpartition(".")[2] for one in known])
        hint = f"did you mean {kind.name}.{near}?" if near else _listed([one for one in known if "." not in one])
        raise UsageError(f"{kind.name} has no field {path}", hint=hint)
    leaf = path.rpartition(".")[2]
    named = tuple(one for one in rule_texts(kind) if re.search(rf"\b{re.escape(leaf)}\b", one.text))
    state = kind.by_path.get(path)
    return Explanation(
        name=f"{kind.name}.{path}",
        description=found.description if found is not None else f"An object with {len(below)} fields.",
        fields=((found,) if found is not None else ()) + below,
        edges=tuple(_edges(kind)) if state is not None and state.state else (),
        rules=named,
    )


def _envelope() -> Iterator[FieldHelp]:
    def text(path: str, about: str, *, allowed: str, required: bool = True) -> FieldHelp:
        return FieldHelp(
            path=path,
            type="string",
            allowed=allowed,
            default="",
            required=required,
            marks=("key",) if path.startswith("metadata.") else (),
            description=about,
        )

    yield text("apiVersion", "Version of the manifest format.", allowed="reconciler/v1")
    yield text("kind", "What the manifest declares.", allowed="a kind")
    yield text("metadata.name", "Identity of the resource.", allowed="1..63 of a-z, 0-9, full stop and hyphen")
    yield text(
        "metadata.tenant", "The Partner that the resource belongs to.", allowed="name of a Partner", required=False
    )
    for one in ENVELOPE_FIELDS:
        yield _help(one, "")


def _with_entries(one: Field, prefix: str) -> Iterator[FieldHelp]:
    yield _help(one, prefix)
    if one.entry is not None:
        for inner in fields_of(one.entry)[ENVELOPE:]:
            yield from _with_entries(inner, f"{prefix}{one.path}[].")


def _help(one: Field, prefix: str) -> FieldHelp:
    return FieldHelp(
        path=prefix + one.path,
        type=_type(one),
        allowed=_allowed(one),
        default=_default(one),
        required=one.required,
        marks=tuple(_marks(one)),
        description=one.description,
    )


_TYPES = {
    "text": "string",
    "list": "list of string",
    "objects": "list of objects",
    "secret": "secret source",
    "textOrFile": "string or file",
    "map": "map of string",
}


def _type(one: Field) -> str:
    if one.ref is not None:
        return "list of references" if one.type == "list" else "reference"
    if one.words and one.type in ("text", "list"):
        return "enum" if one.type == "text" else "list of enum"
    if one.type == "list" and _shape(one).get("items", {}).get("type") == "integer":
        return "list of int"
    return _TYPES.get(one.type, one.type)


def _marks(one: Field) -> Iterator[str]:
    if one.ref is not None:
        yield f"reference({one.ref.kind})"
        if one.ref.part != "use":
            yield one.ref.part
    if one.key:
        yield "key"
    if one.immutable:
        yield "immutable"
    if one.secret is not None:
        yield f"secret, {one.secret.storage}"
    if one.pii:
        yield "personal data"
    if one.state:
        yield "life cycle"
    if one.inherit is not None:
        yield "inherit"
    if one.transient:
        yield "never stored"
    if one.unordered is not None:
        yield "order has no meaning"


def _default(one: Field) -> str:
    if one.required:
        return ""
    if one.state:
        return "not managed when left out"
    if one.inherit is not None and one.default is None:
        return f"inherited from {one.inherit.source}"
    if one.derived is not None:
        return f"derived: {one.derived.text}"
    if one.default is None:
        return "none"
    value = to_jsonable_python(one.default, by_alias=True)
    return value if isinstance(value, str) and value else to_json(value).decode()


def envelope_defaults() -> dict[str, str]:
    """What is meant when a part of the envelope is left out, by path."""
    stored = {one.path: _default(one) for one in ENVELOPE_FIELDS}
    return {**stored, "lifecycle.ignoreChanges": "[]", "lifecycle.management": "full"}


def _allowed(one: Field) -> str:
    if one.ref is not None:
        return f"name of a {one.ref.kind}"
    if one.type == "secret":
        return "one of fromEnv, fromFile, fromSops, fromVault, generate; optional version"
    if one.type in ("file", "textOrFile"):
        sizes = "" if one.max_bytes is None else f" of at most {one.max_bytes.limit} bytes"
        media = "" if one.max_bytes is None or not one.max_bytes.media else f": {', '.join(one.max_bytes.media)}"
        return f"{'a text, or ' if one.type == 'textOrFile' else ''}{{fromFile: path}}{sizes}{media}"
    return "; ".join(_bounds(_shape(one)))


def _shape(one: Field) -> dict[str, Any]:
    """What a JSON Schema says of the values of a field, null aside; empty for the envelope."""
    if one.info is None:
        return {}
    whole: Any = one.info.annotation
    for mark in one.info.metadata:
        whole = Annotated[whole, mark]
    shape = TypeAdapter[Any](whole).json_schema()
    choices = [one for one in shape.get("anyOf", ()) if one != {"type": "null"}]
    return {**shape, **choices[0]} if len(choices) == 1 else shape


def _bounds(shape: dict[str, Any]) -> Iterator[str]:
    if "const" in shape:
        yield str(shape["const"])
    if "enum" in shape and "x-says" not in shape:
        words = [str(word) for word in shape["enum"]]
        yield ", ".join(words) if len(words) <= _MANY else f"{words[0]}, {words[1]}, ... ({len(words)} words)"
    for low, high, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
    ):
        if low in shape and high in shape:
            yield f"{shape[low]}..{shape[high]}{unit}"
        elif high in shape:
            yield f"at most {shape[high]}{unit}"
        elif low in shape:
            yield f"at least {shape[low]}{unit}"
    if "x-says" in shape:
        yield shape["x-says"]
    elif "format" in shape:
        yield f"format {shape['format']}"
    elif "pattern" in shape and len(shape["pattern"]) <= 60:
        yield f"pattern {shape['pattern']}"
    items = shape.get("items")
    if isinstance(items, dict) and "$ref" not in items:
        inner = "; ".join(_bounds(items))
        if inner:
            yield f"each {inner}"


# --- scaffold --------------------------------------------------------------------------------------------------------


def _slots(kind: Kind, leaves: list[tuple[list[str], Field]], depth: int) -> tuple[Slot, ...]:
    groups: dict[str, list[tuple[list[str], Field]]] = {}
    for parts, one in leaves:
        groups.setdefault(parts[depth], []).append((parts, one))
    found = []
    for key, members in groups.items():
        parts, one = members[0]
        if len(parts) == depth + 1:
            found.append(Slot(key=key, about=_about(one), required=one.required, default=_value(one)))
        else:
            slots = _slots(kind, members, depth + 1)
            optional = any(".".join(parts[: depth + 1]) in leaf.optional_parents for _, leaf in members)
            needed = not optional and any(slot.required for slot in slots)
            found.append(Slot(key=key, about="", required=needed, slots=slots))
    return tuple(found)


def _about(one: Field) -> str:
    words = [one.description, f"{_type(one).capitalize()}{', required' if one.required else ''}."]
    allowed = _allowed(one)
    if allowed and one.ref is None:
        words.append(f"Allowed: {allowed}.")
    if one.inherit is not None or one.derived is not None or one.state:
        words.append(f"Left out: {_default(one).removeprefix('derived: ')}.")
    return " ".join(words)


def _value(one: Field) -> Any:
    return None if one.required else to_jsonable_python(one.default, by_alias=True)


def _listed(words: list[str]) -> str:
    return "known: " + ", ".join(words)
