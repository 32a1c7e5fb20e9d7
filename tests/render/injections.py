"""Texts that want to be more than text in some sink, and a report that holds one of them in every place there is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.report import Base, EdgeLine, FieldLine, Findings, Report, ResourceLine
from reconciler.model.snapshot import SnapshotNote
from reconciler.model.source import Snippet, Source

_CORPUS = Path(__file__).parents[1] / "data" / "injections.json"
_SHARED: list[dict[str, str]] = json.loads(_CORPUS.read_text(encoding="utf-8")) if _CORPUS.exists() else []
"""The texts that the tests of all renderers share, where there are any."""

PAYLOADS = (
    *(one["text"] for one in _SHARED),
    # commands of runners
    "::error::taken over",
    "  ::set-output name=digest::sha256:00",
    "x\n::add-mask::a\n",
    "x\r::stop-commands::token",
    "x%0A::warning file=a,line=1::b",
    "%0D%0A::debug::x",
    "::group::x ::endgroup::",
    "\u2028::error::line separator",
    "\x85::error::next line",
    "##[error]x",
    "x ##[set-env name=PATH;]evil",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[buildStatus text='x']",
    "\x1b[0Ksection_start:1:x\r\x1b[0K",
    "a,line=1,file=evil::b",
    "title=x::y",
    "EOF\nverdict=none",
    "digest=sha256:00\nchanges=false",
    "x\x00y",
    # terminals
    "\x1b[2J\x1b[31mred",
    "\x1b]0;title\x07",
    "\u202egnp.exe",
    "\u200bzero\u2060width\ufeff",
    "\x9b31mred",
    "\b\b\bApply complete! 0 added, 0 changed, 0 destroyed.",
    # Markdown
    "[link](https://evil.example.com)",
    "![image](https://evil.example.com/a.png)",
    "<https://evil.example.com>",
    "https://evil.example.com/bare",
    "www.evil.example.com",
    "evil@example.com",
    "@everyone @org/team",
    "closes #1",
    "`code` ``more`` ```\nfence\n```",
    "| a | b |\n|---|---|",
    "</code></td></tr></table><h1>big",
    "<!-- reconciler:plan -->",
    "-->",
    "# heading\n\n* list\n1. list",
    "~~strike~~ **bold** __bold__ _em_",
    "[ref]: https://evil.example.com",
    "$x^2$ :tada:",
    "\\| \\` \\[",
    # HTML and XML
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "]]><evil/>",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "&lt;b&gt; &amp; &#x3c;",
    "<?xml version='1.0'?>",
    "\ud800 surrogate \ufffe \uffff",
    "{{7*7}} ${7*7} #{7*7}",
    # SARIF
    "see [here](0) and {0} and {1}",
    "\\[x\\](1)",
    # CSV
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1-1",
    "@SUM(1)",
    "\t=1+1",
    # logs and JSON
    '","level":"info","message":"all is well',
    "x\n2026-06-15T12:00:00Z info all is well",
    "a" * 3000,
)


def finding(text: str) -> Diagnostic:
    """A finding that holds the text everywhere."""
    return Diagnostic(
        code="GEN-05",
        severity=Severity.ERROR,
        phase=Phase.PLAN,
        summary=text,
        detail=text,
        hint=text,
        address=Address("Domain", "farol", text),
        path=text,
        source=Source(f"tenants/{text}.yaml", 3, 5, 3, 9),
        snippet=Snippet(f"  x: {text}", 2, 4),
    )


def findings(text: str) -> Findings:
    """Findings that hold the text everywhere, twice: as an error and as a warning without a place."""
    warning = replace(finding(text), severity=Severity.WARNING, source=None, snippet=None)
    return Findings(diagnostics=(finding(text), warning), resources=1, files=1, names=(f"tenants/{text}.yaml",))


def report(text: str) -> Report:
    """A plan that holds the text everywhere."""
    place = Source(f"tenants/{text}.yaml", 3, 5, 3, 9)
    change = ResourceLine(
        address=Address("Domain", "farol", text),
        type="domain",
        actions=("update",),
        fields=(
            FieldLine(path=text, before=text, after=[text], base={text: text}, cause="drift", source=place),
            FieldLine(path="secret", before="1", after="2", cause="intent", sensitive=True, note=text),
        ),
        edges=(EdgeLine(before=text, after=text, effect=text, cause="intent", source=place),),
        manual=(EdgeLine(before=text, after=text, effect=text),),
        risks=(Risk.STOPS_SIGNING,),
        reasons=(text,),
        source=place,
        before={"spec": {"x": text}},
        after={"spec": {"x": [text]}},
    )
    others = [
        replace(change, address=Address("Domain", "farol", f"{word} {text}"), actions=(word,))
        for word in ("create", "delete", "held", "denied", "manual")
    ]
    return Report(
        summary=Summary(add=1, change=1, destroy=1, held=1, manual=1),
        empty=False,
        changes=(change, *others),
        diagnostics=(finding(text),),
        guarded=(replace(finding(text), severity=Severity.WARNING),),
        digest=text,
        environment=text,
        manifests=text,
        snapshot=SnapshotNote(
            made_at=text,
            made_for=(text, text),
            environment=text,
            schema=text,
            version=text,
            key=text,
            unread=(Address("Domain", "farol", text),),
            secrets=((Address("Domain", "farol", text), text),),
        ),
        base=Base(
            commit=text,
            earlier=Summary(change=1, drift=1),
            withdrawn=((Address("Domain", "farol", text), text), (Address("Domain", "farol", text), "")),
            findings=frozenset({finding(text)}),
        ),
    )
