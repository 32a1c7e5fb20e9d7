"""Diagnostics and errors for people: place first, then the line with a caret, then what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.errors import ReconcilerError
from reconciler.model.report import Findings
from reconciler.model.source import Snippet
from reconciler.render.terminal import WIDTH, Palette, safe, shorten, width, wrap
from reconciler.render.values import plural

_WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.MANUAL: "manual"}
_COLOUR = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.MANUAL: "magenta"}


def diagnostic_text(one: Diagnostic, palette: Palette) -> str:
    """One finding, without a line end behind it."""
    word = f"{_WORD[one.severity]} {one.code}:"
    where = f"{safe(str(one.source))}: " if one.source else ""
    plain = f"{where}{word} {safe(one.summary)}"
    lines = wrap(plain, hanging="    ")
    lines[0] = lines[0].replace(word, palette.paint(word, "bold", _COLOUR[one.severity]), 1)
    if one.source and one.snippet:
        lines += _snippet(one.source.line, one.snippet, palette, _COLOUR[one.severity])
    about = str(one.address) if one.address and str(one.address) not in one.summary else ""
    if one.path and about:
        about += f", {one.path}"
    if about:
        lines += wrap(safe(about), indent="    in ", hanging="       ")
    if one.detail:
        lines += wrap(safe(one.detail), indent="    ")
    if one.hint:
        lines += wrap(safe(one.hint), indent="    help: ", hanging="          ")
    return "\n".join(lines)


def _snippet(line: int, snippet: Snippet, palette: Palette, colour: str) -> list[str]:
    number = f"{line:>6} | "
    text, start = snippet.text, snippet.start
    marked = text[start : start + snippet.length]
    cut = 0
    if width(safe(text[: start + snippet.length])) > WIDTH - len(number):
        cut = max(0, start - 12)
    before = ("…" if cut else "") + safe(text[cut:start])
    shown = shorten(before + safe(text[start:]), WIDTH - len(number))
    carets = max(1, min(width(safe(marked)), WIDTH - len(number) - width(before)))
    return [
        palette.paint(number, "dim") + shown,
        palette.paint(" " * 6 + " | ", "dim") + " " * width(before) + palette.paint("^" * carets, colour),
    ]


def diagnostics_text(diagnostics: Sequence[Diagnostic], palette: Palette) -> str:
    """All findings, an empty line between two, and a line end behind the last."""
    return "".join(f"{diagnostic_text(one, palette)}\n\n" for one in diagnostics).removesuffix("\n")


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty when there is nothing."""
    found = Counter(one.severity for one in diagnostics)
    words = ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.MANUAL, "manual action"))
    return ", ".join(f"{found[key]} {plural(found[key], word)}" for key, word in words if found[key])


def findings_verdict(findings: Findings) -> str:
    """The first line of the outcome of ``validate``: verdict and counts."""
    files = f"{findings.files} {plural(findings.files, 'file')}"
    count = counted(findings.diagnostics)
    if not findings.valid:
        return f"Invalid: {count} in {files}."
    found = f"Valid: {findings.resources} {plural(findings.resources, 'resource')} in {files}"
    return f"{found}, {count}." if count else f"{found}."


def findings_text(findings: Findings, palette: Palette, *, brief: bool = False) -> str:
    """The outcome of ``validate``: verdict, counts, then every finding; ``brief`` leaves out all but errors."""
    text = palette.paint(findings_verdict(findings), "bold", "green" if findings.valid else "red") + "\n"
    shown = [one for one in findings.diagnostics if one.severity is Severity.ERROR or not brief]
    if shown:
        text += "\n" + diagnostics_text(shown, palette)
    return text


def error_text(error: ReconcilerError, palette: Palette) -> str:
    """An error that ends a command: its findings first, then what happened and what to do."""
    text = diagnostics_text(error.diagnostics, palette) + "\n" if error.diagnostics else ""
    word = f"error {error.code}:"
    lines = wrap(f"{word} {safe(error.message)}", hanging="    ")
    lines[0] = lines[0].replace(word, palette.paint(word, "bold", "red"), 1)
    if error.hint:
        lines += wrap(safe(error.hint), indent="    help: ", hanging="          ")
    return text + "\n".join(lines) + "\n"
