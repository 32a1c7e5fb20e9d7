"""The cache makes an unchanged file quicker to read, and changes nothing else, whatever becomes of it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic_core import from_json

from reconciler.adapters.manifests import FilesReader, ParseCache, parse_cache
from reconciler.adapters.manifests import cache as cache_module
from reconciler.adapters.manifests import collect as collect_module
from reconciler.adapters.manifests.cache import FOLDERS, PACKS, written
from reconciler.adapters.manifests.fingerprint import fingerprint
from reconciler.adapters.manifests.pack import open_pack, seal, write_pack
from reconciler.kinds import discover
from reconciler.model.manifest import Document
from reconciler.operations.validate import Judged, judge

BUNDLE = """\
apiVersion: reconciler/v1
kind: Bundle
metadata:
  name: bundle-{0}
  labels: {{team: t{0}}}
lifecycle:
  protect: true
  ignoreChanges: [displayName]
spec:
  displayName: Number {0}
  includedSignatures: {0}
"""
SECRET = "Lighthouse-4711-hunter"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of 130 sound manifests, and one of every kind."""
    folder = tmp_path / "work"
    folder.mkdir()
    for place in range(130):
        (folder / f"b{place}.yaml").write_text(BUNDLE.format(place))
    for kind in discover().values():
        (folder / f"kind-{kind.name}.yaml").write_text(kind.example)
    return folder


def cache_in(home: Path, *, print_: bytes = b"p" * 32, name: str = "x") -> ParseCache:
    return ParseCache(lambda: home, name=name, fingerprint=lambda: print_)


def read(tree: Path, cache: ParseCache | None) -> Judged:
    return judge(discover(), FilesReader(tree, ["."], cache=cache, ask_git=False))


def facts(judged: Judged) -> object:
    """Everything that later stages can see."""
    return (
        [
            (
                *(one.address, one.spec, one.spec.model_fields_set, one.labels, one.annotations, one.protect),
                *(one.ignore_changes, one.management, repr(one.document.tree), one.document.places.first),
                *(one.document.file, one.document.index, one.document.folder, one.document.plain),
            )
            for one in judged.resources
        ],
        judged.diagnostics,
        judged.manifests.digest,
        judged.manifests.files,
        judged.manifests.unfinished,
    )


def packs(home: Path) -> list[Path]:
    return sorted(home.rglob("*.pack"))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really parsed."""
    seen: list[str] = []
    real = collect_module.parse

    def spy(file: str, data: bytes, *, limits: object) -> object:
        seen.append(file)
        return real(file, data, limits=limits)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(collect_module, "parse", spy)
    return seen


def test_a_second_run_parses_nothing_and_sees_the_same(tree: Path, tmp_path: Path, parsed: list[str]) -> None:
    home = tmp_path / "home"
    plain = facts(read(tree, None))
    first = facts(read(tree, cache_in(home)))
    parsed.clear()
    again = read(tree, cache_in(home))
    assert first == facts(again) == plain
    odd = [one for one in parsed if not one.startswith("kind-")]
    assert odd == []  # examples that are not plain, or that have findings, are parsed each time
    assert len(parsed) < len(discover()) / 2


def test_a_changed_file_is_parsed_and_the_others_are_not(tree: Path, tmp_path: Path, parsed: list[str]) -> None:
    home = tmp_path / "home"
    read(tree, cache_in(home))
    (tree / "b7.yaml").write_text(BUNDLE.format(7).replace("Number 7", "Number seven"))
    parsed.clear()
    found = read(tree, cache_in(home))
    assert [one for one in parsed if one.startswith("b")] == ["b7.yaml"]
    assert facts(found) == facts(read(tree, None))


def test_a_file_with_a_finding_is_judged_every_time(tree: Path, tmp_path: Path, parsed: list[str]) -> None:
    home = tmp_path / "home"
    (tree / "b7.yaml").write_text(BUNDLE.format(7).replace("includedSignatures: 7", "includedSignatures: -7"))
    first = read(tree, cache_in(home))
    parsed.clear()
    again = read(tree, cache_in(home))
    assert "b7.yaml" in parsed
    assert [one.code for one in again.diagnostics if one.source and one.source.file == "b7.yaml"]
    assert facts(first) == facts(again)


def test_a_refused_secret_is_never_kept(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    example = discover()["CustomerUser"].example
    refused = [f"{line.partition(':')[0]}: {SECRET}" if "password:" in line else line for line in example.split("\n")]
    kept = [one for one in refused if "fromEnv" not in one and "version:" not in one]
    (tree / "user.yaml").write_text("\n".join(kept))
    assert "GEN-04" in [one.code for one in read(tree, cache_in(home)).diagnostics]
    assert packs(home)
    assert all(SECRET.encode() not in one.read_bytes() for one in packs(home))


def test_few_files_need_no_cache(tmp_path: Path) -> None:
    tree = tmp_path / "few"
    tree.mkdir()
    for place in range(20):
        (tree / f"b{place}.yaml").write_text(BUNDLE.format(place))

    def never() -> Path:
        raise AssertionError

    read(tree, ParseCache(never, name="x", fingerprint=lambda: b""))


def test_whatever_is_broken_in_a_pack_changes_nothing(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    whole = facts(read(tree, cache_in(home)))
    (pack,) = packs(home)
    good = pack.read_bytes()
    chance = random.Random(5)  # noqa: S311 - the same damage in every run
    damages: list[Callable[[bytes], bytes]] = [
        lambda data: data[: chance.randrange(len(data))],
        lambda data: b"",
        lambda data: data + b"x" * 100,
        lambda data: data[:16] + bytes(reversed(data[16:])),
        lambda data: b"\xff" * len(data),
        lambda data: data[:8] + b"\xff" * 8 + data[16:],
    ]
    damages += [lambda data: _flipped(data, chance.randrange(len(data)), 1 << chance.randrange(8))] * 40
    for damage in damages:
        pack.write_bytes(damage(good))
        assert facts(read(tree, cache_in(home))) == whole
        for left in packs(home):
            left.unlink()
        pack.write_bytes(good)


def test_every_byte_of_an_entry_and_of_its_index_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.pack"
    digest, other, print_ = sha256(b"1").digest(), sha256(b"2").digest(), b"f" * 32
    with path.open("wb") as file:
        write_pack(file.write, print_, {digest: b'[{"a":1}]', other: b'[{"a":2}]'})
    good = path.read_bytes()
    for place in range(len(good)):
        path.write_bytes(_flipped(good, place, 0xFF))
        found = open_pack(path, print_)
        assert found is None or found.find(digest) in (None, b'[{"a":1}]')
        assert found is None or found.find(other) in (None, b'[{"a":2}]')
    for length in range(len(good)):
        path.write_bytes(good[:length])
        found = open_pack(path, print_)
        assert found is None or found.find(digest) in (None, b'[{"a":1}]')
    size = 80
    swapped = good[:16] + good[16 + size : 16 + 2 * size] + good[16 : 16 + size] + good[16 + 2 * size :]
    path.write_bytes(swapped)  # the same entries in another order
    assert (found := open_pack(path, print_)) is not None
    assert found.find(digest) == b'[{"a":1}]'
    path.write_bytes(good[:16] + digest + good[16 + size + 32 : 16 + 2 * size] + good[16 + size :])
    assert (found := open_pack(path, print_)) is not None
    assert found.find(digest) is None  # the entry of another file


def test_a_pack_of_another_version_is_as_good_as_none(tree: Path, tmp_path: Path, parsed: list[str]) -> None:
    home = tmp_path / "home"
    whole = facts(read(tree, cache_in(home, print_=b"a" * 32)))
    (pack,) = packs(home)
    theirs = home / f"{(b'b' * 32).hex()[:16]}-x"
    theirs.mkdir()
    (theirs / "copied.pack").write_bytes(pack.read_bytes())
    parsed.clear()
    assert facts(read(tree, cache_in(home, print_=b"b" * 32))) == whole
    assert len(parsed) > 130


def test_an_entry_that_is_no_list_of_mappings_or_fits_no_kind_is_judged_again(tree: Path, tmp_path: Path) -> None:
    whole = facts(read(tree, None))
    for wrong in (b"[1]", b"{}", b"[", b'[{"kind":"Bundle"}]', b'[{"kind":"None","metadata":{},"spec":{}}]', b"[{}]"):
        home = tmp_path / sha256(wrong).hexdigest()
        folder = home / f"{(b'p' * 32).hex()[:16]}-x"
        folder.mkdir(parents=True, mode=0o700)
        entries = {sha256(one.read_bytes()).digest(): wrong for one in tree.iterdir()}
        with (folder / "a.pack").open("wb") as file:
            write_pack(file.write, b"p" * 32, entries)
        found = read(tree, cache_in(home))
        # Who can write here with the right seal is the user: nothing crashes, and what fits no kind is refused.
        assert facts(found) == whole or found.diagnostics


def test_a_folder_or_a_pack_that_others_may_write_is_not_used(tree: Path, tmp_path: Path, parsed: list[str]) -> None:
    home = tmp_path / "home"
    read(tree, cache_in(home))
    (pack,) = packs(home)
    for path in (pack, pack.parent):
        mode = path.stat().st_mode
        path.chmod(mode | 0o022)
        parsed.clear()
        read(tree, cache_in(home))
        assert len(parsed) > 130
        path.chmod(mode)
    assert pack.parent.stat().st_mode & 0o077 == 0
    elsewhere = tmp_path / "elsewhere"
    pack.parent.rename(elsewhere)
    pack.parent.symlink_to(elsewhere)
    parsed.clear()
    read(tree, cache_in(home))
    assert len(parsed) > 130


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null", "/dev/null/below"])
def test_a_place_that_cannot_be_written_is_no_error(tree: Path, home: str) -> None:
    whole = facts(read(tree, None))
    assert facts(read(tree, cache_in(Path(home)))) == whole


def test_a_full_disk_leaves_no_half_of_a_pack(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"

    def full(write: Callable[[bytes], object], *_: object) -> None:
        write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_module, "write_pack", full)
    assert facts(read(tree, cache_in(home))) == facts(read(tree, None))
    assert [one for one in home.rglob("*") if one.is_file()] == []


def test_many_packs_become_one_and_what_nobody_needs_goes(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for round_ in range(PACKS + 2):
        for place in range(130):
            (tree / f"r{round_}-{place}.yaml").write_text(BUNDLE.format(f"{round_}{place + 1000}"))
        read(tree, cache_in(home))
        assert 1 <= len(packs(home)) <= PACKS
    for one in tree.glob("r*.yaml"):
        one.write_text(one.read_text().replace("Number", "No"))
    for one in tree.glob("b*.yaml"):
        one.unlink()
    read(tree, cache_in(home))
    (pack,) = packs(home)
    assert (found := open_pack(pack, b"p" * 32)) is not None
    assert len(found) <= 130 * (PACKS + 2) + len(discover())


def test_folders_that_were_written_long_ago_go(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for place in range(FOLDERS + 4):
        old = home / f"old-{place}"
        old.mkdir(parents=True)
        (old / "a.pack").write_bytes(b"x")
        os.utime(old, (1_000_000 + place, 1_000_000 + place))
    read(tree, cache_in(home))
    left = {one.name for one in home.iterdir()}
    assert len(left) == FOLDERS
    assert "old-0" not in left
    assert f"{(b'p' * 32).hex()[:16]}-x" in left


def test_two_runs_at_the_same_time_share_it(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    whole = facts(read(tree, None))
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(facts(read(tree, cache_in(home))))) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [whole] * 6
    assert facts(read(tree, cache_in(home))) == whole
    assert not list(home.rglob("*.new"))


def test_a_pack_that_is_removed_while_it_is_open_stays_readable(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    read(tree, cache_in(home))
    cache = cache_in(home)
    digest = sha256((tree / "b1.yaml").read_bytes()).digest()
    assert cache.find(sha256((tree / "b2.yaml").read_bytes()).digest()) is not None
    for one in packs(home):
        one.unlink()
    assert cache.find(digest) is not None


def test_a_new_tree_is_judged_although_the_old_one_was_sound(tree: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    read(tree, cache_in(home))
    from dataclasses import replace

    from reconciler.engine.validate import validate

    manifests, _ = FilesReader(tree, ["b1.yaml", "."], cache=cache_in(home), ask_git=False).read()
    document = next(one for one in manifests.documents if one.file == "b1.yaml")
    assert document.sound
    assert not replace(document, tree={**document.tree}).sound
    changed = replace(document, tree={**document.tree, "apiVersion": "other"})
    assert validate(discover(), [changed])[1]


def test_only_trees_that_come_back_as_they_are_are_written() -> None:
    tree = {"b": [1, 1.0, True, "é", {}, 10**30, float("inf")], "a": None}
    kept = written([tree])
    assert kept is not None
    assert repr(from_json(kept)) == repr([tree])
    assert written([{"a": "\ud800"}]) is None


def test_the_fingerprint_knows_every_file_and_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, libraries = tmp_path / "package", tmp_path / "libraries"
    (package / "deep").mkdir(parents=True)
    libraries.mkdir()
    (package / "deep" / "rule.py").write_text("a = 1\n")
    monkeypatch.setattr(sys, "path", [str(libraries), str(tmp_path / "nowhere")])
    seen = {fingerprint("1", [package])}
    assert fingerprint("1", [package]) in seen
    changes: list[Callable[[], object]] = [
        partial((package / "deep" / "rule.py").write_text, "a = 22\n"),
        partial(os.utime, package / "deep" / "rule.py", (5, 5)),
        partial((package / "data.json").write_text, "{}"),
        (libraries / "lib-1.0.dist-info").mkdir,
    ]
    for change in changes:
        change()
        found = fingerprint("1", [package])
        assert found not in seen
        seen.add(found)
    assert fingerprint("2", [package]) not in seen
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "rule.pyc").write_bytes(b"x")
    assert fingerprint("1", [package]) in seen


def test_the_seal_ties_an_entry_to_program_and_file() -> None:
    seals = {
        seal(print_, digest, entry) for print_ in (b"a", b"b") for digest in (b"c", b"d") for entry in (b"e", b"f")
    }
    assert len(seals) == 8


def test_the_cache_of_a_folder_lies_where_it_is_told(tree: Path, tmp_path: Path) -> None:
    specs = [one.spec for one in discover().values()]
    cache = parse_cache(tree, str(tmp_path / "there"), version="1", specs=specs)
    read(tree, cache)
    assert len(packs(tmp_path / "there")) == 1
    program = (
        "import os, sys; from pathlib import Path; from reconciler.adapters.manifests import parse_cache;"
        "from reconciler.kinds import discover;"
        "print(parse_cache(Path(sys.argv[1]), '', version='1', specs=[k.spec for k in discover().values()])._folder)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tree)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(tmp_path / "xdg" / "reconciler" / "manifests"))


def _flipped(data: bytes, place: int, mask: int) -> bytes:
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


@pytest.mark.parametrize("part", [10, 100_000])
def test_a_run_that_fills_the_cache_lets_its_trees_go_and_keeps_the_same(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    (tree / "wrong.yaml").write_text(BUNDLE.format("x"))
    (tree / "odd.yaml").write_text(BUNDLE.format(7).replace("Number 7", "a: b").replace("a: b", '"a\\tb"'))
    late = FilesReader(tree, ["."], cache=cache_in(tmp_path / "late"), ask_git=False)
    monkeypatch.setattr(late, "read", lambda _early, read=late.read: read())
    wanted = judge(discover(), late)
    monkeypatch.setattr(collect_module, "_PART", part)
    found = read(tree, cache_in(tmp_path / "early"))
    gone = [one.document for one in found.resources if not has_tree(one.document)]
    assert len(gone) > 130
    assert all(one.document.as_read for one in found.resources)
    assert not any(one.document.sound for one in found.resources)
    assert not any(map(has_tree, gone))  # nobody had to read one again to say so
    assert facts(found) == facts(wanted)
    assert all(one.as_read for one in gone)
    early, kept = (next(folder.rglob("*.pack")) for folder in (tmp_path / "early", tmp_path / "late"))
    assert sorted(early.read_bytes()) == sorted(kept.read_bytes())
    again = read(tree, cache_in(tmp_path / "early")).resources
    assert sum(one.document.sound for one in again) >= len(gone)


def has_tree(document: Document) -> bool:
    """Whether the tree of a document is held."""
    try:
        vars(type(document))["tree"].__get__(document)
    except AttributeError:
        return False
    return True


def test_a_tree_that_was_put_in_the_place_of_another_is_not_the_one_that_was_read(tree: Path, tmp_path: Path) -> None:
    found = read(tree, cache_in(tmp_path / "cache")).resources[0].document
    assert found.as_read
    other = replace(found, tree={**found.tree})
    assert not other.as_read
    assert found.as_read
    other.release()  # what it reads again is what was read
    assert other.tree == found.tree
