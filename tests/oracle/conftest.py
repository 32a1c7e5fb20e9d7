"""How the tests of this folder say what they counted: a section of the terminal's report, whatever is captured."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[[str], None]


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    """Keep a line for the end of the run, where it is printed even without ``-s``."""
    return lambda line: request.node.user_properties.append(("counted", line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was counted."""
    lines = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for word, value in getattr(report, "user_properties", ())
        if word == "counted"
    ]
    if lines:
        terminalreporter.section("decisions held against the oracle")
        for line in sorted(lines):
            terminalreporter.write_line(line)
