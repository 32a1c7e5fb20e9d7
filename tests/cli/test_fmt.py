"""fmt: what it lists, writes and leaves alone."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import main
from tests.cli.tree import Tree

CROOKED = "kind: ServiceType\napiVersion:   reconciler/v1\nspec: {displayName: X}\nmetadata: {tenant: farol, name: x}\n"
TIDY = "apiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {name: x, tenant: farol}\nspec: {displayName: X}\n"


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_files_are_rewritten_and_listed(tree: Tree) -> None:
    path = tree.write("tenants/farol/crooked.yaml", CROOKED)
    call = tree.run("fmt")
    assert (call.code, call.out) == (0, "tenants/farol/crooked.yaml\n")
    assert call.err == "Tidied 1 of 5 files.\n"
    assert path.read_text(encoding="utf-8") == TIDY
    assert tree.run("fmt").out == ""


def test_check_lists_and_writes_nothing(tree: Tree) -> None:
    path = tree.write("tenants/farol/crooked.yaml", CROOKED)
    call = tree.run("fmt", "--check", "tenants")
    assert (call.code, call.out) == (3, "tenants/farol/crooked.yaml\n")
    assert path.read_text(encoding="utf-8") == CROOKED
    path.write_text(TIDY, encoding="utf-8")
    assert tree.run("fmt", "--check", "tenants").code == 0


def test_a_diff_can_be_applied(tree: Tree) -> None:
    path = tree.write("crooked.yaml", CROOKED.removesuffix("\n"))
    call = tree.run("fmt", "--diff")
    assert call.code == 0
    assert path.read_text(encoding="utf-8") == CROOKED.removesuffix("\n")
    assert "\\ No newline at end of file\n" in call.out
    subprocess.run(["git", "apply"], input=call.out, text=True, cwd=tree.folder, check=True)
    assert path.read_text(encoding="utf-8") == TIDY
    assert tree.run("fmt", "--diff").out == ""


def test_a_diff_and_a_check_together(tree: Tree) -> None:
    tree.write("crooked.yaml", CROOKED)
    call = tree.run("fmt", "--diff", "--check", "crooked.yaml")
    assert call.code == 3
    assert call.out.startswith("--- a/crooked.yaml\n+++ b/crooked.yaml\n@@")


def test_standard_input_becomes_standard_output(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, CROOKED.encode())
    call = tree.run("fmt", "-")
    assert (call.code, call.out, call.err) == (0, TIDY, "")
    feed(monkeypatch, TIDY.encode())
    assert tree.run("fmt", "-").out == TIDY
    feed(monkeypatch, CROOKED.encode())
    call = tree.run("fmt", "--check", "-")
    assert (call.code, call.out) == (3, "<stdin>\n")
    feed(monkeypatch, CROOKED.encode())
    assert tree.run("fmt", "--diff", "-").out.startswith("--- a/<stdin>\n")


def test_manifests_are_written_in_their_own_encoding(tree: Tree) -> None:
    text = TIDY.replace("X", "Ação").encode()
    call = subprocess.run(
        [sys.executable, "-m", "reconciler", "fmt", "-"],
        input=text,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
    )
    assert call.stdout == text


def test_standard_input_that_is_no_manifest_gives_nothing(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"a: &x 1\n")
    call = tree.run("fmt", "-")
    assert (call.code, call.out) == (1, "")
    assert "<stdin>:1:4: error GEN-17" in call.err
    feed(monkeypatch, b"#" * (1024 * 1024 + 1))
    call = tree.run("fmt", "-")
    assert (call.code, call.out) == (1, "")
    assert "LOD-01" in call.err
    assert tree.run("fmt", "-", "tenants").code == 1


def test_a_broken_file_does_not_stop_the_others(tree: Tree) -> None:
    broken = tree.write("a-broken.yaml", "kind: [\n")
    path = tree.write("crooked.yaml", CROOKED)
    call = tree.run("fmt")
    assert (call.code, call.out) == (1, "crooked.yaml\n")
    assert "a-broken.yaml:1:8: error GEN-17" in call.err
    assert broken.read_text(encoding="utf-8") == "kind: [\n"
    assert path.read_text(encoding="utf-8") == TIDY
    assert tree.run("fmt", "nowhere").code == 1


def test_the_configuration_is_tidied_too_even_a_broken_one(tree: Tree) -> None:
    path = tree.write("reconciler.yaml", "kind: Project\napiVersion: reconciler/v1\nmanifests: [ tenants ]\n")
    wanted = "apiVersion: reconciler/v1\nkind: Project\nmanifests: [tenants]\n"
    assert tree.run("fmt").out == "reconciler.yaml\n"
    assert path.read_text(encoding="utf-8") == wanted
    path.write_text("nonsense:   1\nkind: Project\n", encoding="utf-8")
    assert tree.run("fmt", "reconciler.yaml").code == 0
    assert path.read_text(encoding="utf-8") == "kind: Project\nnonsense: 1\n"


def test_the_mode_of_a_file_stays(tree: Tree) -> None:
    path = tree.write("crooked.yaml", CROOKED)
    path.chmod(0o640)
    tree.run("fmt")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [one.name for one in tree.folder.iterdir() if one.name.endswith(".tmp")] == []


def test_a_link_is_refused_and_what_it_leads_to_stays(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "crooked.yaml"
    outside.write_text(CROOKED, encoding="utf-8")
    (tree.folder / "tenants/link.yaml").symlink_to(outside)
    (tree.folder / "tenants/folder").symlink_to(outside.parent)
    call = tree.run("fmt")
    assert call.code == 1
    assert call.err.count("LOD-04") == 2
    assert outside.read_text(encoding="utf-8") == CROOKED
    assert (tree.folder / "tenants/link.yaml").is_symlink()


def test_a_file_that_changes_meanwhile_is_left_alone(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.adapters.manifests import edit

    path = tree.write("crooked.yaml", CROOKED)
    real = edit.tidy

    def slow(file: str, data: bytes, orders: object, **rest: object) -> object:
        made = real(file, data, orders, **rest)
        path.write_text("# mine\n", encoding="utf-8")
        return made

    monkeypatch.setattr(edit, "tidy", slow)
    call = tree.run("fmt", "crooked.yaml")
    assert call.code == 1
    assert "FMT-02" in call.err
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree.write("crooked.yaml", CROOKED)

    def full(*_names: object, **_where: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    call = tree.run("fmt", "crooked.yaml")
    assert call.code == 1
    assert "OUT-01" in call.err
    assert path.read_text(encoding="utf-8") == CROOKED
    assert sorted(one.name for one in tree.folder.iterdir()) == ["crooked.yaml", "platform", "tenants"]


def test_values_mean_the_same_afterwards(tree: Tree) -> None:
    tree.apply()
    for file in sorted(tree.folder.rglob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("apiVersion: reconciler/v1\n", "").replace("spec:\n", "apiVersion: reconciler/v1\nspec:\n"),
            encoding="utf-8",
        )
    assert tree.run("fmt", "--check").code == 3
    assert tree.run("fmt").code == 0
    assert "No changes." in tree.run("plan").out


def test_colours_mark_the_lines_of_a_diff(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    tree.write("crooked.yaml", CROOKED)
    assert "\x1b[32m+apiVersion: reconciler/v1\x1b[0m" in tree.run("fmt", "--diff").out


def test_windows_line_ends_become_plain_ones(tree: Tree) -> None:
    path: Path = tree.folder / "crooked.yaml"
    path.write_bytes(TIDY.replace("\n", "\r\n").encode())
    assert main(["fmt", "crooked.yaml"]) == 0
    assert path.read_bytes() == TIDY.encode()
