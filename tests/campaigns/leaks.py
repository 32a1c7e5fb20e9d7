"""Leaks: a marker planted wherever a secret can end up, and every output searched for it.

The marker stands for a literal secret: as the value of a secret field, below a misspelt name of one, in a secret source
of the wrong shape, in a comment, in a broken neighbour. Each probe is one broken or odd manifest.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from reconciler.adapters.manifests import Limits, parse
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import in_order
from reconciler.model.kind import Kind
from reconciler.model.report import Findings
from reconciler.render.findings_json import findings_json
from reconciler.render.findings_text import findings_text
from reconciler.render.terminal import Palette
from tests.campaigns.mutants import outcome

MARKERS = ("Zq7Kx9Wv3", "zq7kx9wv3", "7719283746", "zq7 kx9 wv3")
"""A password, one in small letters, one of digits, one of words; no part of them occurs anywhere else."""

SHAPES = {
    "plain": "{m}", "single": "'{m}'", "double": '"{m}"', "escaped": '"\\x5a {m}"', "spaced": '"  {m}  "',
    "list": "[{m}]", "lists": "[[x, {m}]]", "set": "{{{m}}}", "key": "{{{m}: x}}", "value": "{{value: {m}}}",
    "glued": "{{fromEnv:{m}}}", "beside": "{{fromEnv: X, value: {m}}}", "beside key": "{{fromEnv: X, {m}}}",
    "wrong env": "{{fromEnv: {m}-}}", "env list": "{{fromEnv: [{m}]}}", "env mapping": "{{fromEnv: {{{m}: {m}}}}}",
    "vault text": "{{fromVault: {m}}}", "vault more": "{{fromVault: {{path: p, key: k, {m}: {m}}}}}",
    "sops": "{{fromSops: [{m}]}}", "made": "{{generate: {m}}}", "made too": '{{generate: true, value: "{m}"}}',
    "twice": "{{fromEnv: {m}-, fromEnv: {m}}}", "twice key": "{{{m}, {m}}}", "deep": "{{a: {{b: [{{c: {m}}}]}}}}",
    "file list": "{{fromFile: [{m}]}}", "version": "{{fromEnv: X, version: [{m}]}}", "text": "fromEnv={m}",
    "anchor": "&a {m}", "anchored": "&{m} x", "alias": "*{m}", "tag": "!!str {m}", "own tag": "!{m} x",
    "open double": '"{m}', "open single": "'{m}", "open brace": "{{fromEnv: {m}", "open list": "[{m}",
    "closed twice": '"{m}" {m}', "colon": "{m}: {m}", "colons": "x: {m}", "at": "@{m}", "backtick": "`{m}",
    "percent": "%{m}", "dash": "- {m}", "bad escape": '"\\q{m}"', "comment": "{m} # {m}", "only comment": "# {m}",
    "literal": "|\n{i}  {m}", "folded": ">-\n{i}  x\n{i}  {m}", "kept": "|+2\n{i}  {m}\n\n", "bad block": "|9x {m}",
    "tabbed block": "|\n\t{m}", "lines": "x\n{i}  {m}", "quoted lines": '"x\n{i}  {m}"', "below": "\n{i}  {m}",
    "below list": "\n{i}  - {m}", "below key": "\n{i}  {m}: x", "below two": "\n{i}  {m}\n{i}  y: {m}",
    "below glued": "\n{i}  fromEnv:{m}", "below odd": "\n{i} {m}\n{i}   {m}", "outside": "\n{m}", "merge": "{{<<: {m}}}",
    "below bad": "\n{i}  fromEnv: {m}-\n{i}  version: 1", "complex": "{{? {m} : x}}", "complex list": "{{? [{m}] : x}}",
    "bidi": "\u202e{m}", "invisible": "{m}\u200b", "return": "x\r{m}", "zero": "\x00{m}", "escaped zero": '"\\0{m}"',
    "tabbed": "\t{m}", "behind": "{m}\n{i}  {m}: {m}", "document": "x\n--- {m}", "ended": "x\n... {m}",
    "number": "7719283746", "digits": "00{m}", "sign": "-{m}", "long": "{m}" + "y" * 300, "far": "y" * 300 + "{m}",
    "two secrets": "{{fromEnv: X, fromFile: {m}, generate: {m}}}", "null": "~ {m}", "empty env": "{{fromEnv: '', a: {m}}}",
}  # fmt: skip
"""What is written behind a secret field: ``m`` is the marker, ``i`` the indentation of the field."""


class Probe(NamedTuple):
    """One file with a marker in it."""

    what: str
    data: bytes
    marker: str


def probes(catalog: Catalog) -> Iterator[Probe]:
    """Every shape at every secret field, under its name and under wrong ones, in every surrounding."""
    for kind in catalog.values():
        for field in (one for one in kind.fields if one.secret is not None or one.transient):
            for number, (shape, pattern) in enumerate(SHAPES.items()):
                marker = MARKERS[number % len(MARKERS)]
                for what, text in _surroundings(kind, field.path, pattern, MARKERS[0]):
                    yield Probe(f"{kind.name} {field.path}: {shape}, {what}", _bytes(text), MARKERS[0])
                for what, text in list(_surroundings(kind, field.path, pattern, marker))[:4]:
                    yield Probe(f"{kind.name} {field.path}: {shape}, {what}, {marker}", _bytes(text), marker)


def shuffled(catalog: Catalog, *, count: int, seed: int) -> list[Probe]:
    """A share of the probes."""
    everything = list(probes(catalog))
    random.Random(seed).shuffle(everything)  # noqa: S311 - the same share in every run
    return everything[:count]


def leaked(catalog: Catalog, probe: Probe) -> str:
    """The output that holds the marker; empty when there is none."""
    found = tuple(in_order(outcome(catalog, probe.data)))
    findings = Findings(diagnostics=found, resources=0, files=1)
    outputs = (
        findings_text(findings, Palette()),
        findings_text(findings, Palette(on=True)),
        json.dumps(findings_json(findings), ensure_ascii=False),
        repr(found),
    )
    return next((one for one in outputs if holds(one, probe.marker)), "")


def holds(text: str, marker: str) -> bool:
    """Whether a text gives a marker away, also over the ends of lines."""
    return marker.casefold() in " ".join(text.casefold().split())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_PLACE = "PLACE-OF-THE-SECRET"


def _surroundings(kind: Kind, path: str, pattern: str, marker: str) -> Iterator[tuple[str, str]]:
    tree = next(iter(yaml.safe_load_all(kind.example)))
    steps = ["spec", *path.split(".")]
    right = _put(tree, steps, _PLACE)

    def filled(changed: Any, *, flow: bool = False) -> str:
        text = (
            json.dumps(changed, ensure_ascii=False)
            if flow
            else yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=10**6)
        )
        return _fill(text, pattern, marker, flow=flow)

    yield "as it is", filled(right)
    yield "in flow style", filled(right, flow=True)
    yield "unknown kind", filled(right | {"kind": "NoSuchKind"})
    yield "unknown kind in flow style", filled(right | {"kind": "NoSuchKind"}, flow=True)
    yield "no kind", filled({key: value for key, value in right.items() if key != "kind"})
    yield "wrong version", filled(right | {"apiVersion": "v0"}, flow=True)
    last = steps[-1]
    for typo in (last[:-1], last + "s", last.upper(), "x" + last, last + " ", "secret", f"{last}.value", "status"):
        yield f"as {typo}", filled(_put(tree, [*steps[:-1], typo], _PLACE))
        yield f"as {typo} in flow style", filled(_put(tree, [*steps[:-1], typo], _PLACE), flow=True)
    for place in ([], ["metadata"], ["lifecycle"], ["metadata", "annotations"], ["spec", "noSuch"], ["spec", last]):
        where = ".".join(place) or "the root"
        yield f"in {where}", filled(_put(tree, [*place, last], _PLACE))
        yield f"in {where} in flow style", filled(_put(tree, [*place, last], _PLACE), flow=True)
    broken = _put(right, ["spec", "noSuchField"], 1)
    yield "beside an unknown field", filled(broken, flow=True)
    yield "beside a wrong type", filled(_put(right, ["metadata", "name"], 7), flow=True)
    text = filled(right)
    yield "twice", text + text.partition("spec:")[2]
    yield "with a BOM", "\ufeff" + text
    yield "with bad UTF-8", text.replace("kind:", "kind: \udcff", 1)
    yield "with an open quote before", text.replace("spec:", 'spec: "', 1)
    yield "with an open brace before", text.replace("spec:", "spec: {", 1)
    yield "with a directive", "%YAML 1.1\n---\n" + text
    yield "commented", "\n".join(f"{line} # {marker}" for line in filled(broken).splitlines())
    yield "indented", text.replace("\n    ", "\n     ")
    yield "cut", text[: text.find(marker) + len(marker)] if marker in text else text


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(tree)
    node = changed
    for step in steps[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[steps[-1]] = value
    return changed


def _fill(text: str, pattern: str, marker: str, *, flow: bool) -> str:
    line = next(one for one in text.splitlines() if _PLACE in one)
    indent = " " * (len(line) - len(line.lstrip()))
    value = pattern.format(m=marker, i=indent)
    text = text.replace(f'"{_PLACE}"' if flow else _PLACE, value) if flow else text.replace(_PLACE, value)
    return text if text.endswith("\n") else f"{text}\n"


def parsed(data: bytes) -> bool:
    """Whether the loader alone finds nothing: for looking at what a probe is."""
    return not parse("m.yaml", data, limits=Limits())[1]
