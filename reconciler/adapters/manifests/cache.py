"""Cache: what stood in files that were found sound before; an unchanged file is neither parsed nor judged again.

It lies in the cache folder of the user, never in the repository, whose content others write. It holds plain data and
no code. It is a cache: whatever is missing, damaged, foreign or of another version is read from the manifests again,
and a folder that cannot be used is not used.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from reconciler.adapters.manifests.fingerprint import fingerprint
from reconciler.adapters.manifests.pack import LARGEST, Pack, open_pack, seal, write_pack
from reconciler.cachefolder import folder_of_caches, forget, is_private, put, read_own

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
        self._ready: dict[bytes, bytes | None] = {}

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

    def prepare(self, digest: bytes, trees: Trees) -> None:
        """Write out the trees of a file that may turn out sound, so that they need not stay until then."""
        self._ready[digest] = written(trees)

    def keep(self, sound: Mapping[bytes, Iterable[dict[str, Any]]]) -> None:
        """Keep the trees of sound files for later runs, where there are enough new ones. Fails at nothing.

        The trees of a file for which :meth:`prepare` was called are not asked for.
        """
        ready, self._ready = self._ready, {}
        new = {digest: trees for digest, trees in sound.items() if digest not in self._used}
        if len(new) < FEWEST:
            return
        entries = {
            digest: entry
            for digest, trees in new.items()
            if (entry := ready.pop(digest) if digest in ready else written(list(trees))) is not None
        }
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
                put(self._folder, f"{{}}{_SUFFIX}", lambda file: write_pack(file.write, self._fingerprint, entries))
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
            put(self._folder, _MARKS, lambda file: file.write(b"".join(one + self._seal(one) for one in marks)))

    def _marks(self) -> list[bytes]:
        try:
            found = read_own(self._folder / _MARKS, 64 * MARKS) if is_private(self._folder) else b""
        except (OSError, RuntimeError, ValueError):
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
            if not is_private(self._folder):
                return []
            paths = sorted(one for one in self._folder.iterdir() if one.suffix == _SUFFIX)
        except (OSError, RuntimeError):
            return []
        found = (open_pack(path, self._fingerprint) for path in paths[: 4 * PACKS])
        return [pack for pack in found if pack is not None]

    def _prune(self) -> None:
        """Forget the folders that were written longest ago, and what killed runs have left behind."""
        forget(self._folder)
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

    def print_of() -> bytes:
        files = [Path(sys.modules[name].__file__ or "") for name in sorted(modules)]
        return fingerprint(version, [file.parent if file.name == "__init__.py" else file for file in files])

    name = sha256(os.fsencode(working.absolute())).hexdigest()[:16]
    return ParseCache(lambda: folder_of_caches(place, "manifests"), name=name, fingerprint=print_of)


def written(trees: Trees) -> bytes | None:
    """Trees as they are kept; None when they would not come back as they are."""
    try:
        kept = to_json(trees)
        back = from_json(kept)
    except (PydanticSerializationError, ValueError):
        return None
    # By their text: it tells 1 from true and from 1.0, and keeps the order of keys.
    return kept if repr(back) == repr(trees) else None
