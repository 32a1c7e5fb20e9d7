"""Standing: the digest of what a reader would read, or none where it would have something to say."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from reconciler.adapters.manifests import FilesReader, Limits
from reconciler.adapters.manifests.standing import _DEEPEST, Standing, Unusual

NAMES = ("a.yaml", "b.yml", "c.txt", ".d.yaml", "reconciler.yaml", "é.yaml", "x", "y", "deep", "p.cel.yaml")
ODD = ("odd\u202e.yaml", "odd\n", "odd\u200b", "\ue000odd.yaml")


def _grow(folder: Path, chance: random.Random, depth: int = 0) -> None:
    """A random tree, with what people leave behind in it."""
    folder.mkdir(exist_ok=True)
    for _ in range(chance.randrange(6)):
        path = folder / chance.choice(NAMES if chance.random() < 0.97 else ODD)
        if path.exists() or path.is_symlink():
            continue
        match chance.randrange(30):
            case 0:
                path.symlink_to(chance.choice(["nowhere", "a.yaml", "..", ".", "/etc/hostname"]))
            case 1:
                os.mkfifo(path)
            case low if low < 11 and depth < 3:
                _grow(path, chance, depth + 1)
            case _:
                path.write_text(f"kind: Gadget\nspec: {{n: {chance.randrange(9)}}}\n" * chance.choice([1, 1, 1, 40]))


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_digest_of_the_reader(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret hangs on it
    given = 0
    for number in range(60):
        tree = tmp_path / str(number)
        _grow(tree, chance)
        roots = chance.choice([["."], ["x", "."], ["x"], ["a.yaml", "y"]])
        beside, without = chance.choice([[], ["*.cel.yaml"], ["**/a.yaml"]]), chance.choice([[], ["x"], ["x/y", "y"]])
        try:
            digest = Standing(str(tree), roots, beside=beside, without=without).digest()
        except Unusual:
            continue
        found, _ = FilesReader(tree, roots, ask_git=False, beside=beside, without=without).read()
        _, problems = FilesReader(tree, roots, ask_git=False, beside=beside, without=without).contents()
        assert (digest, problems) == (found.digest, [])
        given += 1
    assert given > 10


def test_of_plain_trees_there_is_always_one(tmp_path: Path) -> None:
    for file in ("a/b/c.yaml", "a/notes.txt", "z.yml", ".git/config", "a/.hidden/d.yaml", "ação/é.yaml"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("kind: Gadget\n")
    (tmp_path / "a/readme").symlink_to("notes.txt")
    assert Standing(str(tmp_path), ["."]).digest() == FilesReader(tmp_path, ["."], ask_git=False).read()[0].digest


@pytest.mark.parametrize("root", ["nowhere", "..", "../other", "link", "link/a.yaml", "pipe.yaml"])
def test_what_is_no_folder_below_is_left_to_the_reader(tmp_path: Path, root: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a.yaml").write_text("kind: Gadget\n")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(Unusual):
        Standing(str(tmp_path), [root]).digest()


def test_a_large_file_counts_with_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 200_000 + b"\n")
    before = Standing(str(tmp_path), ["."]).digest()
    path.write_bytes(b"#" * 199_999 + b"!\n")
    assert Standing(str(tmp_path), ["."]).digest() != before


def test_it_goes_as_deep_as_the_reader() -> None:
    assert Limits().folders == _DEEPEST


def test_a_time_is_noted_of_every_file_and_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.yaml").write_text("kind: Gadget\n")
    first: list[int] = []
    again: list[int] = []
    Standing(str(tmp_path), ["."], times=first).digest()
    (tmp_path / "a/c.yaml").touch()
    (tmp_path / "a/c.yaml").unlink()
    digest = Standing(str(tmp_path), ["."], times=again).digest()
    assert digest == Standing(str(tmp_path), ["."]).digest()
    assert len(first) == len(again) == 9
    assert first != again
