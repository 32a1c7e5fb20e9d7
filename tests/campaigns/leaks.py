"""Leaks: a marker planted wherever a secret can end up, and every output searched for it.

The marker stands for a literal secret: as the value of a secret field, below a misspelt name of one, in a secret source
of the wrong shape, in a comment, in a broken neighbour. Each probe is one broken or odd manifest.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import yaml

from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import in_order
from reconciler.model.report import Findings
from reconciler.render.findings_json import findings_json
from reconciler.render.findings_text import findings_text
from reconciler.render.terminal import Palette
from tests.campaigns.mutants import outcome

MARKERS = ("Zq7Kx9Wv3", "zq7kx9wv3", "7719283746", "zq7 kx9 wv3")
"""A password, one in small letters, one of digits, one of words; no part of them occurs anywhere else."""

SHAPES = {
    "plain": "{m}",
    "single": "'{m}'",
    "double": '"{m}"',
    "escaped": '"\\x5a {m}"',
    "spaced": '"  {m}  "',
    "list": "[{m}]",
    "lists": "[[x, {m}]]",
    "set": "{{{m}}}",
    "key": "{{{m}: x}}",
    "value": "{{value: {m}}}",
    "glued": "{{fromEnv:{m}}}",
    "beside": "{{fromEnv: X, value: {m}}}",
    "beside key": "{{fromEnv: X, {m}}}",
    "wrong env": "{{fromEnv: {m}-}}",
    "env list": "{{fromEnv: [{m}]}}",
    "env mapping": "{{fromEnv: {{{m}: {m}}}}}",
    "vault text": "{{fromVault: {m}}}",
    "vault more": "{{fromVault: {{path: p, key: k, {m}: {m}}}}}",
    "sops": "{{fromSops: [{m}]}}",
    "made": "{{generate: {m}}}",
    "made too": '{{generate: true, value: "{m}"}}',
    "twice": "{{fromEnv: {m}-, fromEnv: {m}}}",
    "twice key": "{{{m}, {m}}}",
    "deep": "{{a: {{b: [{{c: {m}}}]}}}}",
    "file list": "{{fromFile: [{m}]}}",
    "version": "{{fromEnv: X, version: [{m}]}}",
    "text": "fromEnv={m}",
    "anchor": "&a {m}",
    "anchored": "&{m} x",
    "alias": "*{m}",
    "tag": "!!str {m}",
    "own tag": "!{m} x",
    "open double": '"{m}',
    "open single": "'{m}",
    "open brace": "{{fromEnv: {m}",
    "open list": "[{m}",
    "closed twice": '"{m}" {m}',
    "colon": "{m}: {m}",
    "colons": "x: {m}",
    "at": "@{m}",
    "backtick": "`{m}",
    "percent": "%{m}",
    "dash": "- {m}",
    "bad escape": '"\\q{m}"',
    "comment": "{m} # {m}",
    "only comment": "# {m}",
    "literal": "|\n{i}  {m}",
    "folded": ">-\n{i}  x\n{i}  {m}",
    "kept": "|+2\n{i}  {m}\n\n",
    "bad block": "|9x {m}",
    "tabbed block": "|\n\t{m}",
    "lines": "x\n{i}  {m}",
    "quoted lines": '"x\n{i}  {m}"',
    "below": "\n{i}  {m}",
    "below list": "\n{i}  - {m}",
    "below key": "\n{i}  {m}: x",
    "below two": "\n{i}  {m}\n{i}  y: {m}",
    "below glued": "\n{i}  fromEnv:{m}",
    "below odd": "\n{i} {m}\n{i}   {m}",
    "outside": "\n{m}",
    "merge": "{{<<: {m}}}",
    "below bad": "\n{i}  fromEnv: {m}-\n{i}  version: 1",
    "complex": "{{? {m} : x}}",
    "complex list": "{{? [{m}] : x}}",
    "bidi": "\u202e{m}",
    "invisible": "{m}\u200b",
    "return": "x\r{m}",
    "zero": "\x00{m}",
    "escaped zero": '"\\0{m}"',
    "tabbed": "\t{m}",
    "behind": "{m}\n{i}  {m}: {m}",
    "document": "x\n--- {m}",
    "ended": "x\n... {m}",
    "number": "7719283746",
    "digits": "00{m}",
    "sign": "-{m}",
    "long": "{m}" + "y" * 300,
    "far": "y" * 300 + "{m}",
    "two secrets": "{{fromEnv: X, fromFile: {m}, generate: {m}}}",
    "null": "~ {m}",
    "empty env": "{{fromEnv: '', a: {m}}}",
}
"""What is written behind a secret field: ``m`` is the marker, ``i`` the indentation of the field."""


class Probe(NamedTuple):
    """One file with a marker in it."""

    what: str
    data: bytes
    marker: str


def probes(catalog: Catalog) -> Iterator[Probe]:
    """Every shape of every marker at every secret field, under its name and under wrong ones, in every surrounding."""
    for where in _fields(catalog):
        for shape in SHAPES:
            for place in range(len(_templates(*where[1:]))):
                for marker in MARKERS:
                    yield _probe(where, shape, place, marker)


def shuffled(catalog: Catalog, *, count: int, seed: int) -> Iterator[Probe]:
    """A share of the probes, drawn at random."""
    chance = random.Random(seed)  # noqa: S311 - the same share in every run
    fields = _fields(catalog)
    for _ in range(count):
        where = chance.choice(fields)
        place = chance.randrange(len(_templates(*where[1:])))
        yield _probe(where, chance.choice(list(SHAPES)), place, chance.choice(MARKERS))


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


_PLACE = "PLACE-OF-THE-SECRET"


class _Template(NamedTuple):
    """A manifest with a hole; ``how`` says what is done to it when it is filled."""

    what: str
    text: str
    flow: bool
    how: str = ""


def _fields(catalog: Catalog) -> list[tuple[str, str, str]]:
    """Kind, example and path of every secret field."""
    kinds = catalog.values()
    return [
        (kind.name, kind.example, one.path)
        for kind in kinds
        for one in kind.fields
        if one.secret is not None or one.transient
    ]


def _probe(where: tuple[str, str, str], shape: str, place: int, marker: str) -> Probe:
    template = _templates(*where[1:])[place]
    text = _fill(template, SHAPES[shape], marker)
    what = f"{where[0]} {where[2]}: {shape}, {template.what}, {marker}"
    return Probe(what, text.encode("utf-8", "surrogateescape"), marker)


@cache
def _templates(example: str, path: str) -> tuple[_Template, ...]:
    return tuple(_surroundings(next(iter(yaml.safe_load_all(example))), path))


def _surroundings(tree: dict[str, Any], path: str) -> Iterator[_Template]:
    steps = ["spec", *path.split(".")]
    right = _put(tree, steps, _PLACE)

    def both(what: str, changed: dict[str, Any]) -> Iterator[_Template]:
        yield _Template(what, yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=10**6), flow=False)
        yield _Template(f"{what} in flow style", json.dumps(changed, ensure_ascii=False), flow=True)

    yield from both("as it is", right)
    yield from both("unknown kind", right | {"kind": "NoSuchKind"})
    yield from both("no kind", {key: value for key, value in right.items() if key != "kind"})
    yield from both("wrong version", right | {"apiVersion": "v0"})
    last = steps[-1]
    for typo in (last[:-1], last + "s", last.upper(), "x" + last, last + " ", "secret", f"{last}.value", "status"):
        yield from both(f"as {typo}", _put(tree, [*steps[:-1], typo], _PLACE))
    for place in ([], ["metadata"], ["lifecycle"], ["metadata", "annotations"], ["spec", "noSuch"], ["spec", last]):
        yield from both(f"in {'.'.join(place) or 'the root'}", _put(tree, [*place, last], _PLACE))
    broken = _put(right, ["spec", "noSuchField"], 1)
    yield from both("beside an unknown field", broken)
    yield from both("beside a wrong type", _put(right, ["metadata", "name"], 7))
    text = next(both("", right)).text
    for what, changed in {
        "twice": text + text.partition("spec:")[2],
        "with a BOM": "\ufeff" + text,
        "with bad UTF-8": text.replace("kind:", "kind: \udcff", 1),
        "with an open quote before": text.replace("spec:", 'spec: "', 1),
        "with an open brace before": text.replace("spec:", "spec: {", 1),
        "with a directive": "%YAML 1.1\n---\n" + text,
        "indented": text.replace("\n    ", "\n     "),
    }.items():
        yield _Template(what, changed, flow=False)
    yield _Template("commented", next(both("", broken)).text, flow=False, how="comment")
    yield _Template("cut", text, flow=False, how="cut")


def _put(tree: dict[str, Any], steps: list[str], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(tree)
    node = changed
    for step in steps[:-1]:
        if not isinstance(node.get(step), dict):
            node[step] = {}
        node = node[step]
    node[steps[-1]] = value
    return changed


def _fill(template: _Template, pattern: str, marker: str) -> str:
    line = next(one for one in template.text.splitlines() if _PLACE in one)
    value = pattern.format(m=marker, i=" " * (len(line) - len(line.lstrip())))
    text = template.text.replace(f'"{_PLACE}"' if template.flow else _PLACE, value)
    if template.how == "comment":
        text = "\n".join(f"{line} # {marker}" for line in text.splitlines())
    if template.how == "cut" and marker in text:
        return text[: text.find(marker) + len(marker)]
    return text if text.endswith("\n") else f"{text}\n"
