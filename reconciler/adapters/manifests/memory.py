"""Memory: manifests that are not written yet, read as if they stood beside those that are."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.adapters.manifests.collect import Collector
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import is_manifest
from reconciler.adapters.manifests.paths import below
from reconciler.adapters.manifests.rewrite import rewrite
from reconciler.adapters.manifests.spans import Unchangeable
from reconciler.adapters.manifests.tidy import tidy
from reconciler.adapters.manifests.write import manifest_text
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import ReconcilerError
from reconciler.model.key_order import KeyOrder
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.ports import FileRefused, ManifestReader


class MemoryReader:
    """Reads ``files``, by path relative to the working folder, in front of what ``beside`` reads, if that is given."""

    def __init__(
        self, files: Mapping[str, bytes], beside: ManifestReader | None = None, *, limits: Limits | None = None
    ) -> None:
        self._files = files
        self._beside = beside
        self._limits = limits or Limits()

    def read(self, early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:  # noqa: ARG002  # there is nothing to let go
        """All documents, and what is wrong with the files."""
        collector = Collector(self._limits)
        for file, data in sorted(self._files.items()):
            if is_manifest(posixpath.basename(file)):
                collector.add(file, data)
        mine, found = collector.manifests(None)
        if self._beside is None:
            return mine, found
        there, problems = self._beside.read()
        digest = hashlib.sha256(f"{there.digest}\0{mine.digest}".encode()).hexdigest()
        files = tuple(sorted({*mine.files, *there.files}))
        others = [one for one in there.documents if one.file not in self._files]
        documents = tuple(sorted((*mine.documents, *others), key=lambda one: (one.file, one.index)))
        unfinished = there.unfinished | mine.unfinished
        both = replace(there, documents=documents, files=files, digest=f"sha256:{digest}", unfinished=unfinished)
        # What is judged here is not what stands in the files, so nothing of it is remembered as sound.
        both = replace(both, commit=None, memory=None)
        return both, in_order([*found, *problems])

    def beside(self, roots: Sequence[str]) -> ManifestReader:
        """A reader of other folders: those of what stands beside; in memory there are none."""
        return MemoryReader({}, limits=self._limits) if self._beside is None else self._beside.beside(roots)

    def file(self, document: Document, path: str) -> bytes:
        """Content of a file below the folder of a document.

        Raises:
            FileRefused: it is missing, no regular file, too large, or outside of the folder.
        """
        shown = posixpath.join(document.folder, *below(path))
        if shown in self._files:
            if len(self._files[shown]) > self._limits.attachment:
                raise FileRefused(f"{shown} is larger than {self._limits.attachment} bytes")
            return self._files[shown]
        if self._beside is None:
            raise FileRefused(f"{shown} does not exist")
        return self._beside.file(document, path)


class TextWriter:
    """Writes trees in canonical form, or into files in which they stand; ``orders`` holds the order of keys by kind."""

    def __init__(self, orders: Mapping[str, KeyOrder]) -> None:
        self._orders = orders

    def text(self, trees: Sequence[Mapping[str, Any]]) -> bytes:
        """The documents of one file. What tidying would change is tidied already."""
        data = manifest_text(trees, self._orders).encode()
        return tidy("", data, self._orders)[0]

    def reader(self, files: Mapping[str, bytes], beside: ManifestReader | None = None) -> ManifestReader:
        """Reads ``files`` by path, and what ``beside`` reads."""
        return MemoryReader(files, beside)

    def rewrite(self, file: str, data: bytes, wanted: Mapping[int, tuple[Any, Any]]) -> bytes:
        """A file in which some documents say something else, and nothing but the changed words is touched.

        Raises:
            ReconcilerError: it was changed meanwhile, or is written in a way that cannot be changed (ACC-04).
        """
        try:
            return rewrite(file, data, wanted, self._orders)
        except Unchangeable as reason:
            where = file if reason.at is None else f"{file}:{_place(data, reason.at)}"
            raise ReconcilerError(f"{where} is left as it is: {reason}", code="ACC-04", hint=reason.hint) from None


def _place(data: bytes, at: int) -> str:
    """Line and column, counted from 1, of a place in a text whose lines end with LF."""
    before = data.decode().replace("\r\n", "\n")[:at]
    return f"{before.count(chr(10)) + 1}:{at - before.rfind(chr(10))}"
