"""The codes about who asks: those of the code, of its own table and of the page for people are the same."""

from __future__ import annotations

import re

import reconciler.adapters.identity
from tests.house.places import PACKAGE, ROOT

CODES = [f"IDT-{number:02}" for number in range(1, 15)]


def test_every_code_is_raised_and_told_with_its_exit_code() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (PACKAGE / "adapters" / "identity").glob("[a-z]*.py")
    )
    room = (PACKAGE / "adapters" / "identity" / "__init__.py").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r'code="(IDT-\d\d)"', sources + room))) == CODES
    table = re.findall(r"^(IDT-\d\d) (\d) ", reconciler.adapters.identity.__doc__ or "", re.MULTILINE)
    page = re.findall(
        r"^\| (IDT-\d\d) \| (\d) \|", (ROOT / "docs" / "identity.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [code for code, _ in table] == CODES
    assert page == table
