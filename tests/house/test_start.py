"""What starting the program costs: asking for help loads none of the heavy libraries."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = (
    "sqlalchemy", "pydantic", "yaml", "ruamel", "rich", "alembic", "deepdiff", "cryptography", "langcodes", "pycountry"
)  # fmt: skip
LOADED = f"import sys; print(sorted(set(sys.modules) & set({HEAVY!r})))"


def loaded_after(code: str) -> str:
    """The heavy libraries that are loaded once ``code`` has run."""
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    return found.stdout.splitlines()[-1]


@pytest.mark.parametrize("module", ["reconciler", "reconciler.cli.main"])
def test_importing_the_command_line_loads_nothing_heavy(module: str) -> None:
    assert loaded_after(f"import {module}") == "[]"


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["plan", "--help"], ["apply", "--help"]], ids=" ".join)
def test_asking_for_help_loads_nothing_heavy(words: list[str]) -> None:
    code = f"""
import sys
sys.argv = ["reconciler", *{words!r}]
from reconciler.cli.main import main
try:
    code = main()
except SystemExit as end:
    code = end.code
assert not code, code
"""
    assert loaded_after(code) == "[]"
