"""Cache: what stood in files that were found sound before; an unchanged file is neither parsed nor judged again.

It lies in the cache folder of the user, never in the repository, whose content others write. It holds plain data and
no code. It is a cache: whatever is missing, damaged, foreign or of another version is read from the manifests again,
and a folder that cannot be used is not used.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from reconciler.adapters.manifests.fingerprint import fingerprint
from reconciler.adapters.manifests.pack import LARGEST, Pack, is_own, open_pack, read_own, seal, write_pack

FEWEST = 100
"""Files of a run from which it pays to look into the cache, and new ones from which it pays to write."""
PACKS = 4
"""Packs of one working folder; a run that finds as many makes them one."""
FOLDERS = 16
"""Working folders and versions that are kept, the latest written ones."""
MARKS = 8
"""Marks that are remembered, the latest ones."""
_SUFFIX = ".pack"
_MARKS = "marks"

Trees = list[dict[str, Any]]


class ParseCache:
    """The trees of sound files by the digest of their content.

    ``folder`` gives the folder of all caches; ``name`` the name of this one in it; ``fingerprint`` identifies the
    program, its kinds and its libraries. None of them is asked for before a run turns out to be large enough.
    """

    def __init__(self, folder: Callable[[], Path], *, name: str, fingerprint: Callable[[], bytes]) -> None:
        self._home = folder
        self._name = name
        self._fingerprint_of = fingerprint
        self._used: dict[bytes, Pack] = {}

    def find(self, digest: bytes) -> Trees | None:
        """The trees of the file with this digest, if it was found sound before."""
        for pack in self._packs:
            kept = pack.find(digest)
            if kept is not None:
                with suppress(ValueError):
                    found = from_json(kept, cache_strings="keys")
                    if type(found) is list and all(type(one) is dict for one in found):
                        self._used[digest] = pack
                        return found
        return None

    def keep(self, sound: Mapping[bytes, Iterable[dict[str, Any]]]) -> None:
        """Keep the trees of sound files for later runs, where there are enough new ones. Fails at nothing."""
        new = {digest: trees for digest, trees in sound.items() if digest not in self._used}
        if len(new) < FEWEST:
            return
        entries = {digest: entry for digest, trees in new.items() if (entry := written(list(trees))) is not None}
        old: list[Pack] = []
        if len(self._packs) >= PACKS or 2 * len(self._used) < sum(map(len, self._packs)):
            old = self._packs
            for digest, pack in self._used.items():
                kept = pack.find(digest)
                if kept is not None:
                    entries[digest] = kept
        if sum(map(len, entries.values())) < LARGEST // 2:
            with suppress(OSError):
                # A name of its own for every pack: two runs that write at the same time never write the same file.
                self._replace(f"{{}}{_SUFFIX}", lambda write: write_pack(write, self._fingerprint, entries))
                for pack in old:
                    pack.path.unlink(missing_ok=True)
                self._prune()

    def knows(self, mark: bytes) -> bool:
        """Whether a mark was learnt by this very program."""
        return mark in self._marks()

    def learn(self, mark: bytes) -> None:
        """Remember a mark, and a few of those before it. Fails at nothing."""
        marks = [mark, *(one for one in self._marks() if one != mark)][:MARKS]
        with suppress(OSError, RuntimeError):
            self._replace(_MARKS, lambda write: write(b"".join(one + self._seal(one) for one in marks)))

    def _marks(self) -> list[bytes]:
        try:
            found = read_own(self._folder / _MARKS, 64 * MARKS) if _is_private(self._folder) else b""
        except (OSError, RuntimeError):
            return []
        pairs = ((found[at : at + 32], found[at + 32 : at + 64]) for at in range(0, len(found), 64))
        return [mark for mark, sealed in pairs if sealed == self._seal(mark)]

    def _seal(self, mark: bytes) -> bytes:
        return seal(self._fingerprint, mark, _MARKS.encode())

    def close(self) -> None:
        """Let go of the files."""
        for pack in self.__dict__.pop("_packs", []):
            pack.close()
        self._used.clear()

    @cached_property
    def _fingerprint(self) -> bytes:
        return self._fingerprint_of()

    @cached_property
    def _folder(self) -> Path:
        return self._home() / f"{self._fingerprint.hex()[:16]}-{self._name}"

    @cached_property
    def _packs(self) -> list[Pack]:
        try:
            if not _is_private(self._folder):
                return []
            paths = sorted(one for one in self._folder.iterdir() if one.suffix == _SUFFIX)
        except (OSError, RuntimeError):
            return []
        found = (open_pack(path, self._fingerprint) for path in paths[: 4 * PACKS])
        return [pack for pack in found if pack is not None]

    def _replace(self, name: str, fill: Callable[[Callable[[bytes], object]], object]) -> None:
        """Write a file and rename it when it is whole; ``{}`` in its name becomes a word that no other file has."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(self._folder):
            return
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", suffix=".new", delete=False) as file:
            path = Path(file.name)
            try:
                fill(file.write)
                file.flush()
                path.rename(path.with_name(name.format(path.stem[1:])))
            except BaseException:
                path.unlink(missing_ok=True)
                raise

    def _prune(self) -> None:
        """Forget the folders that were written longest ago, and what killed runs have left behind."""
        for left in self._folder.glob(".*.new"):
            if left.stat().st_mtime < self._folder.stat().st_mtime - 3600:
                left.unlink(missing_ok=True)
        others = [one for one in self._folder.parent.iterdir() if one.is_dir() and not one.is_symlink()]
        others.sort(key=lambda one: one.stat().st_mtime, reverse=True)
        for one in others[FOLDERS:]:
            if one != self._folder:
                shutil.rmtree(one, ignore_errors=True)


def parse_cache(working: Path, place: str, *, version: str, specs: Iterable[type]) -> ParseCache:
    """The cache of a working folder: below ``place``, an absolute path, or below the cache folder of the user.

    ``version`` is that of the program; ``specs`` are the classes that judge, whose packages count as part of it.
    """
    modules = {spec.__module__.partition(".")[0] for spec in specs} | {__name__.partition(".")[0]}

    def home() -> Path:
        if place:
            return Path(place)
        from platformdirs import user_cache_path  # not needed by small runs

        return user_cache_path("reconciler", appauthor=False) / "manifests"

    def print_of() -> bytes:
        files = [Path(sys.modules[name].__file__ or "") for name in sorted(modules)]
        return fingerprint(version, [file.parent if file.name == "__init__.py" else file for file in files])

    name = sha256(os.fsencode(working.absolute())).hexdigest()[:16]
    return ParseCache(home, name=name, fingerprint=print_of)


def written(trees: Trees) -> bytes | None:
    """Trees as they are kept; None when they would not come back as they are."""
    try:
        kept = to_json(trees)
        back = from_json(kept)
    except (PydanticSerializationError, ValueError):
        return None
    # By their text: it tells 1 from true and from 1.0, and keeps the order of keys.
    return kept if repr(back) == repr(trees) else None


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and is_own(found)
