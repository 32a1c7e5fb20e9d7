"""Collect: files that were read become manifests: documents in order, problems, and a digest of the content."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from reconciler.adapters.manifests.cache import FEWEST, ParseCache
from reconciler.adapters.manifests.fast import trees
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.paths import FileProblem
from reconciler.adapters.manifests.standing import Seen
from reconciler.adapters.manifests.text import Text, unreadable
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.filed import Files
from reconciler.model.focus import Focus
from reconciler.model.manifest import Document, Early, Manifests, Origin, Places
from reconciler.model.source import Source

_OPEN_END = re.compile(rb"(?:^|\n)---[ \t\r]*\n\s*\Z")
"""A document that begins where the file ends."""
_PART = 16_384
"""Documents that are handed on together. What is let go in smaller parts leaves what stays scattered in memory."""


class Since(NamedTuple):
    """Files that are ``known`` of an earlier run, and what was ``seen`` of all a moment ago.

    Those that are ``gone`` are not as they were; ``read`` gives the content of one.
    """

    known: Files
    gone: frozenset[str]
    seen: Seen
    read: Callable[[str], bytes]


class Collector:
    """Takes one file after the other and gives the whole. ``early`` is told of documents while others still come."""

    def __init__(self, limits: Limits, cache: ParseCache | None = None, focus: Focus | None = None) -> None:
        self.limits = limits
        self.early: Early | None = None
        self._fresh: list[Document] = []
        self._focus = focus
        self._cache = cache
        self._known: ParseCache | None = None
        self._digests: dict[str, bytes] = {}
        self.problems: list[Diagnostic] = []
        self._documents: dict[str, list[Document]] = {}
        self._hashes: dict[str, bytes] = {}
        self._total = 0
        self._unfinished: set[str] = set()
        self.since: Since | None = None
        """What is known of files of an earlier run, where only those are added that are not as they were."""

    def has_room(self, file: str, size: int) -> bool:
        """Whether a file of this size may still be read; the first one that may not is a finding (LOD-01)."""
        self._total += size
        if self._total <= self.limits.total:
            return True
        summary = f"all manifests together are larger than {self.limits.total} bytes"
        self.refuse(file, "LOD-01", summary, hint="name a smaller folder")
        return False

    def expect(self, files: int) -> None:
        """Say how many files will be added: the cache is worth its while from some number on."""
        self._known = self._cache if files >= FEWEST else None

    def add(self, file: str, data: bytes, *, key: str = "") -> None:
        """Read one file. ``file`` is its shown path, ``key`` its path in the digest where that is another."""
        digest = hashlib.sha256(data).digest()
        if self.counts(file):
            self._hashes[key or file] = digest
        if not data.endswith(b"\n") or (b"---" in data and _OPEN_END.search(data)):
            self._unfinished.add(file)
        if self._known is not None:
            self._digests[file] = digest
            kept = self._remembered(file, data, digest)
            if kept is not None:
                self._documents[file] = kept
                return
        documents, problems = parse(file, data, limits=self.limits)
        if self._known is not None:
            for one in documents:
                if self.early is None:
                    one.again = None  # the tree is asked for again when it is kept for the next run
                one.origin = Origin(one.tree, digest, sound=False)
        self._documents[file] = documents
        self.problems += problems
        if self.early is not None:
            self._fresh += documents
            if len(self._fresh) >= _PART:
                self._hand_on(self.early)

    def _remembered(self, file: str, data: bytes, digest: bytes) -> list[Document] | None:
        """The documents of a file that was found sound before."""
        kept = None if self._known is None else self._known.find(digest)
        if kept is None:
            return None
        return _sound(Text(file, _folder_of(file), data, self.limits.depth), kept, self.limits, digest)

    def _hand_on(self, early: Early) -> None:
        """Hand documents on, after which their trees may be gone: what is kept of them is written out before."""
        if self._known is not None and self.since is None:
            for file in dict.fromkeys(one.file for one in self._fresh):
                documents = self._documents[file]
                if all(one.again is not None for one in documents):
                    self._known.prepare(self._digests[file], [one.tree for one in documents])
        early(self._fresh)
        self._fresh = []

    def counts(self, file: str) -> bool:
        """Whether a file is part of what the digest and the commit stand for."""
        return self._focus is None or not self._focus.owner(file)

    def refuse(self, file: str, code: str, summary: str, *, hint: str = "") -> None:
        """A file or folder that cannot be read at all."""
        self.problems.append(refusal(file, code, summary, hint=hint))

    def manifests(self, commit: str | None) -> tuple[Manifests, list[Diagnostic]]:
        """Everything that was added, in order of path, with the digest of its content."""
        if self.early is not None:
            self._hand_on(self.early)
        since = self.since
        files = tuple(sorted(self._documents)) if since is None else tuple(since.seen.digests)
        documents = tuple(document for file in sorted(self._documents) for document in self._documents[file])
        # The commit stands for the files that count, and says nothing about the others.
        unfinished = frozenset(one for one in self._unfinished if commit is None or not self.counts(one))
        memory = None if self._known is None else self
        name = self._digest() if since is None else since.seen.digest
        found = Manifests(documents, files, name, commit, unfinished, focus=self._focus, memory=memory)
        unchanged = None if since is None else Unread(self, since)
        digests = {file: (one, file not in self._unfinished) for file, one in self._digests.items()}
        return replace(found, unchanged=unchanged, digests=digests), in_order(self.problems)

    def _digest(self) -> str:
        digest = hashlib.sha256()
        for key, one in sorted(self._hashes.items()):
            digest.update(b"%s\0%s" % (key.encode(), one))
        return f"sha256:{digest.hexdigest()}"

    def keep(self, files: Collection[str]) -> None:
        """Keep the plain ones of files in which nothing was found; those with problems of their own are none."""
        if self._known is None or self.since is not None:
            return  # beside what is unchanged, what is new is no measure of what is used
        wrong = {one.source.file for one in self.problems if one.source is not None}
        found: dict[bytes, Iterator[dict[str, Any]]] = {}
        for file in files:
            documents = self._documents.get(file, [])
            plain = all(one.plain for one in documents)
            if plain and file not in wrong and [one.index for one in documents] == list(range(len(documents))):
                found[self._digests[file]] = map(attrgetter("tree"), documents)  # most are written out already
        self._known.keep(found)
        self._known.close()

    def unchanged(self, since: Since, file: str) -> list[Document] | None:
        """The documents of a file that is as it was; None where it is not any more."""
        digest = since.seen.digests[file]
        try:
            data = since.read(file)
        except (FileProblem, OSError):
            return None
        if hashlib.sha256(data).digest() != digest:
            return None
        found = self._remembered(file, data, digest)
        if found is None:
            found, problems = parse(file, data, limits=self.limits)
            return None if problems else found
        return found

    def former(self, digest: bytes) -> list[Document] | None:
        """The documents of a file with this digest, where they are remembered; nobody knows where they stood."""
        return self._remembered("", b"", digest)

    def knows(self, mark: bytes) -> bool:
        """Whether the mark was learnt before, by the same program."""
        return self._known is not None and self._known.knows(mark)

    def learn(self, mark: bytes) -> None:
        """Remember the mark."""
        if self._known is not None:
            self._known.learn(mark)


class Unread:
    """The unchanged files of a collector, see :class:`~reconciler.model.baseline.Unchanged`."""

    def __init__(self, collector: Collector, since: Since) -> None:
        self._collector = collector
        self._since = since
        self.gone = since.gone
        """The files of before that are not among them."""

    def documents(self, file: str) -> list[Document] | None:
        """Its documents; None where anything is wrong with it after all."""
        return self._collector.unchanged(self._since, file)

    def former(self, digest: bytes) -> list[Document] | None:
        """The documents of a file as it was."""
        return self._collector.former(digest)


def parse(file: str, data: bytes, *, limits: Limits) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of one file and what is wrong with it as YAML; a plain file is read by the fast pass."""
    text = Text(file, _folder_of(file), data, limits.depth)
    simple = data.isascii()  # then what the fast pass reads holds nothing that cannot be seen
    problem = None if simple else unreadable(text)
    found = trees(data, limits) if problem is None else None
    if found is not None:
        return _plain(text, found, limits), []
    problem = unreadable(text) if simple else problem
    return ([], [problem]) if problem is not None else _exactly(text, limits)


@lru_cache(maxsize=8)
def _same(folder: str) -> str:
    """One text for the many files of a folder."""
    return folder


def _folder_of(file: str) -> str:
    return _same(file.rpartition("/")[0]) if not file.startswith("/") else posixpath.dirname(file)


def parse_exactly(file: str, data: bytes, *, limits: Limits) -> tuple[list[Document], list[Diagnostic]]:
    """The same by the exact pass alone, as it is for every file in which anything is unusual."""
    text = Text(file, posixpath.dirname(file), data, limits.depth)
    problem = unreadable(text)
    return ([], [problem]) if problem is not None else _exactly(text, limits)


class _Source:
    """Where one document stands: reads its places, and its tree again; most runs ask for neither."""

    __slots__ = ("_index", "_limits", "_text")

    def __init__(self, text: Text, index: int, limits: Limits) -> None:
        self._text = text
        self._index = index
        self._limits = limits

    def __call__(self) -> Places:
        """The places of the document."""
        return self._exact(self._index)

    def tree(self) -> dict[str, Any]:
        """The tree that the fast pass gave: it gives the same for the same bytes."""
        return (trees(self._text.data, self._limits) or [])[self._index]

    def _exact(self, index: int) -> Places:
        text = self._text
        if text.locator is None:
            from reconciler.adapters.manifests import locate  # with a scanner that most runs do not need

            text.locator = locate.Locator(text)
        return text.locator.of(index)


class _PlainSource(_Source):
    """The same for a file that the fast pass has read: most places are found without a second parse."""

    __slots__ = ()

    def __call__(self) -> Places:
        """The places of the document."""
        text = self._text
        if text.skimmed is None:
            from reconciler.adapters.manifests.skim import skimmed

            text.skimmed = skimmed(text, self._exact) or []
        return text.skimmed[self._index] if text.skimmed else super().__call__()


def _exactly(text: Text, limits: Limits) -> tuple[list[Document], list[Diagnostic]]:
    from reconciler.adapters.manifests.build import Builder  # with its scanner, which plain files do not need

    builder = Builder(text, limits)
    builder.run()
    documents = [
        Document(text.file, one.index, one.tree, _Source(text, one.index, limits), text, text.folder, one.plain)
        for one in builder.trees
    ]
    return documents, builder.problems


def _sound(text: Text, found: list[dict[str, Any]], limits: Limits, digest: bytes) -> list[Document]:
    """The documents of a file that was found sound before."""
    documents = _plain(text, found, limits, stays=True)
    for one in documents:
        one.origin = Origin(one.tree, digest, sound=True)
    return documents


def _plain(text: Text, found: list[dict[str, Any]], limits: Limits, *, stays: bool = False) -> list[Document]:
    documents = []
    for index, tree in enumerate(found):
        source = _PlainSource(text, index, limits)
        again = None if stays else source
        documents.append(Document(text.file, index, tree, source, text, text.folder, plain=True, again=again))
    return documents


def refusal(file: str, code: str, summary: str, *, hint: str = "") -> Diagnostic:
    """A finding about a file as a whole; it has no line to show."""
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary=summary,
        hint=hint,
        source=Source(file, 1, 1, 1, 1),
    )
