"""A former secret that nobody can open does not come back: the rollback says so before anything is written."""

from __future__ import annotations

import pytest

from reconciler.adapters.database import images
from tests.acceptance.homes import ServedTree
from tests.acceptance.test_moving import desk
from tests.acceptance.test_rollback import EVERYBODY, newest, snapshot
from tests.cli.tree import Tree

__all__ = ["desk"]

OTHER = "T3RoZXJPdGhlck90aGVyT3RoZXJPdGhlck90aGVyMTI="


@pytest.fixture
def rotated(desk: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """The secret of the mail box was given anew."""
    monkeypatch.setenv("MAIL_SECRET", "Another-mail-secret-2")
    desk.apply()
    return desk


def test_the_key_that_sealed_it_opens_it(rotated: Tree) -> None:
    call = rotated.run("rollback", newest(rotated), "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.err


@pytest.mark.parametrize("words", [("--format", "text"), ("--auto-approve",)])
def test_another_key_is_told_in_the_plan_and_refuses_it(
    rotated: Tree, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    run, before = newest(rotated), snapshot(rotated)
    monkeypatch.setenv("RECONCILER_SECRET_KEY", OTHER)
    call = rotated.run("rollback", run, *words, *EVERYBODY)
    assert (call.code, "RBK-10" in call.err + call.out) == (7, True), call.err
    assert "the former clientSecret of SupportMail/farol/helpdesk cannot be opened" in " ".join(
        (call.out + call.err).split()
    )
    assert snapshot(rotated) == before


def test_images_that_do_not_name_the_key_are_looked_at_before_they_are_written(
    desk: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:  # as versions before kept them
        older.setattr(images, "key_of", lambda _: "")
        older.setenv("MAIL_SECRET", "Another-mail-secret-2")
        desk.apply()
    run = newest(desk)
    assert '"keys"' not in desk.sql("SELECT facts FROM reconciler_images WHERE run = ?", run)[0][0]
    if isinstance(desk, ServedTree):
        monkeypatch.delenv("RECONCILER_SECRET_KEY")  # who plans need not have it
    assert desk.run("rollback", run, "--out", "back.plan", *EVERYBODY).code == 0
    monkeypatch.setenv("RECONCILER_SECRET_KEY", OTHER)
    before = snapshot(desk)
    call = desk.run("apply", "back.plan", "--auto-approve", *EVERYBODY)
    assert (call.code, "RBK-10" in call.err) == (7, True), call.err
    assert snapshot(desk) == before
    if isinstance(desk, ServedTree):
        monkeypatch.delenv("RECONCILER_SECRET_KEY")
        call = desk.run("apply", "back.plan", "--auto-approve", *EVERYBODY)
        assert (call.code, "KEY-01" in call.err) == (1, True), call.err
        assert snapshot(desk) == before
