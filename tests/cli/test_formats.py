"""``plan`` and ``show`` as comment and page."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reconciler.cli.formats import PLAN_FORMATS, SETTINGS
from tests.cli.tree import CLOCK, SECRET, Tree


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_show_says_what_plan_said(tree: Tree, form: str) -> None:
    planned = tree.run("plan", "--out", "a.plan", "--format", form)
    shown = tree.run("show", "a.plan", "--format", form)
    assert (planned.code, shown.code) == (0, 0)
    assert planned.out == shown.out
    assert "Plan: 8 to add, 0 to change, 0 to destroy." in shown.out
    assert SECRET not in shown.out


CATEGORY = """\
apiVersion: reconciler/v1
kind: Category
metadata: {{name: cat-{0}, tenant: farol}}
spec: {{displayName: Category {0}, description: Number {0}, audience: customers, serviceTypes: [incident]}}
"""


def many(tree: Tree) -> None:
    tree.write("tenants/farol/many.yaml", "---\n".join(CATEGORY.format(number) for number in range(40)))


def test_a_comment_keeps_the_bytes_that_it_was_given(tree: Tree) -> None:
    many(tree)
    text = tree.run("plan", "--format", "markdown", "--max-bytes", "4000").out
    assert len(text.encode()) <= 4000
    assert "Shortened to 4,000 bytes" in text
    assert "<details>" not in tree.run("plan", "--format", "markdown", "--profile", "bitbucket").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--max-bytes", "9000"), "--max-bytes belongs to --format markdown"),
        (("--format", "html", "--profile", "github"), "--profile belongs to --format markdown"),
        (("--format", "markdown", "--max-bytes", "10"), "--max-bytes"),
        (("--format", "markdown", "--profile", "forge"), "--profile"),
    ],
)
def test_what_a_form_does_not_take_is_refused(tree: Tree, words: tuple[str, ...], told: str) -> None:
    call = tree.run("plan", *words)
    assert (call.code, call.out) == (1, "")
    assert told in call.err


def test_a_plan_that_cannot_be_applied_is_reported_and_keeps_its_exit_code(tree: Tree) -> None:
    many(tree)
    tree.apply()
    (tree.folder / "tenants/farol/many.yaml").unlink()
    for form in ("markdown", "html"):
        call = tree.run("plan", "--prune", "--format", form)
        assert call.code == 7
        assert "This plan cannot be applied: " in call.out


@pytest.mark.slow
def test_a_document_is_utf_8_whatever_the_terminal_speaks(tree: Tree) -> None:
    tree.apply()
    tree.edit("tenants/farol/customers.yaml", "Lumen Grupo, S.A.", "Lúmen Grupo, S.A.")
    outputs = set()
    for language in ("C.UTF-8", "en_US.ISO-8859-1"):
        environment = {**os.environ, "LC_ALL": language, "PYTHONIOENCODING": "", "RECONCILER_CLOCK": CLOCK}
        if language != "C.UTF-8":
            environment["PYTHONIOENCODING"] = "latin-1"
        call = subprocess.run(
            [sys.executable, "-m", "reconciler", "plan", "--format", "markdown"],
            capture_output=True, check=True, env=environment, cwd=tree.folder,
        )  # fmt: skip
        outputs.add(call.stdout)
    (output,) = outputs
    assert '`"Lumen Grupo, S.A."` → `"Lúmen Grupo, S.A."`' in output.decode()


def test_every_form_with_settings_is_a_form() -> None:
    assert set(SETTINGS) <= set(PLAN_FORMATS)
