"""Diagnostics for people."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.errors import UsageError
from reconciler.model.report import Findings
from reconciler.model.source import Snippet, Source
from reconciler.render.findings_text import diagnostic_text, error_text, findings_text
from reconciler.render.terminal import Palette, width
from tests.render.reports import ERROR, WARNING

PLAIN = Palette()


def test_place_code_line_caret_and_help() -> None:
    assert diagnostic_text(WARNING, PLAIN).splitlines() == [
        "tenants/farol/smtp.yaml:13:3: warning SMTP-08: the mail server is untested after",
        "    this change",
        "    13 |   host: new.example.com",
        "       |   ^^^^",
        "    in SmtpSettings/farol-services/cs-cedro-smtp, host",
        "    help: send a test mail after the apply",
    ]


def test_the_address_is_not_said_twice() -> None:
    text = diagnostic_text(replace(WARNING, summary=f"{WARNING.address} is untested"), PLAIN)
    assert text.count(str(WARNING.address)) == 1


def test_the_caret_stands_under_its_word_behind_escapes_and_wide_characters() -> None:
    snippet = Snippet("a: 漢\x1b, port: 7", 7, 4)
    lines = diagnostic_text(replace(WARNING, snippet=snippet), PLAIN).splitlines()
    shown = next(line for line in lines if "port" in line)
    caret = lines[lines.index(shown) + 1]
    assert width(shown[: shown.index("port")]) == caret.index("^")
    assert caret.count("^") == 4


def test_a_long_line_is_cut_around_its_mark() -> None:
    snippet = Snippet("x: [" + "a, " * 100 + "wrong]", 304, 5)
    lines = diagnostic_text(replace(WARNING, snippet=snippet), PLAIN).splitlines()
    shown = next(line for line in lines if "wrong" in line)
    assert all(width(line) <= 80 for line in lines)
    assert lines[lines.index(shown) + 1].index("^") == shown.index("wrong")


def test_a_finding_without_a_place() -> None:
    text = diagnostic_text(replace(WARNING, source=None, snippet=None, address=None, path=""), PLAIN)
    assert text.startswith("warning SMTP-08: the mail server")


def test_a_hostile_file_name_is_escaped() -> None:
    text = diagnostic_text(replace(WARNING, source=Source("a\x1b[2J.yaml", 1, 1, 1, 2)), PLAIN)
    assert "\x1b" not in text


def test_the_verdict_counts_what_was_found() -> None:
    invalid = findings_text(Findings(diagnostics=(ERROR, WARNING), resources=4, files=1), PLAIN)
    assert invalid.startswith("Invalid: 1 error, 1 warning in 1 file.\n")
    assert findings_text(Findings(diagnostics=(), resources=4, files=2), PLAIN) == "Valid: 4 resources in 2 files.\n"
    brief = findings_text(Findings(diagnostics=(WARNING,), resources=1, files=2), PLAIN, brief=True)
    assert brief == "Valid: 1 resource in 2 files, 1 warning.\n"


def test_an_error_says_what_to_do() -> None:
    text = error_text(UsageError("there is no kind Isuer", hint="did you mean Issuer?"), PLAIN)
    assert text == "error ERR-03: there is no kind Isuer\n    help: did you mean Issuer?\n"
