"""Document: one YAML document as it was written, with the place of every node on demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from reconciler.model.dataclass import dataclass
from reconciler.model.source import Snippet, Source

if TYPE_CHECKING:  # it knows the kinds, and these know what a document is
    from reconciler.model.baseline import Unchanged
    from reconciler.model.focus import Focus

PathKey = tuple[str | int, ...]
"""Way from the root of a document to a node: keys of mappings and indexes of lists."""


class Misread(str):
    """A scalar that YAML readers disagree about, kept as written until a field types it.

    ``found`` says what it looks like: an integer with leading zeros, say. It is never a valid value (GEN-12). Keys
    that are no text are kept so too.
    """

    __slots__ = ("found",)
    found: str

    def __new__(cls, text: str, found: str) -> Misread:
        """A text, and what it looks like."""
        self = super().__new__(cls, text)
        self.found = found
        return self


class Span(NamedTuple):
    """Part of one line: characters from ``start`` up to ``end``, from 0: a key, or (part of) a value, of ``path``."""

    start: int
    end: int
    path: PathKey
    key: bool


@dataclass(frozen=True, slots=True)
class Places:
    """Where the nodes of one document stand.

    ``keys`` holds, for the path of each mapping entry the place of its key, and for each list entry the place at which
    it begins. ``values`` holds the place of each value. ``first`` is the first key of the document.
    """

    keys: Mapping[PathKey, Source]
    values: Mapping[PathKey, Source]
    first: Source
    homes: Mapping[PathKey, Source] = field(default_factory=dict)
    """Of a composed document: the key in the base of each object that overlays write as well."""
    lines: dict[int, list[Span]] = field(default_factory=dict, repr=False, compare=False)
    """Keys and scalars by line, in order; filled when the first line of the document is shown."""
    skimmed: Mapping[PathKey, Source] | None = field(default=None, repr=False, compare=False)
    """Of a document that holds no null: the keys that a look at its lines found, none below lists and in brackets."""
    spans: Callable[[int], list[Span] | None] | None = field(default=None, repr=False, compare=False)
    """Keys and scalars on one line, where a look at the line tells them: as they would stand in ``lines``."""

    def nearest(self, path: PathKey) -> Source:
        """The place of the key at ``path``, or of the nearest mapping above it that was written.

        Where several documents were composed, what is nowhere is missed in the base.
        """
        if self.skimmed is not None and path in self.skimmed:
            return self.skimmed[path]
        found = self.keys.get(path)
        while found is None and path:
            path = path[:-1]
            found = self.homes.get(path) or self.keys.get(path)
        return found or self.first

    def lines_of(self, paths: Iterable[PathKey]) -> list[int] | None:
        """The lines of the keys at ``paths``; None where a look at the lines does not tell that of each."""
        if self.skimmed is None:
            return None
        try:
            return [self.skimmed[path].line for path in paths]
        except KeyError:
            return None

    def writes(self, path: PathKey) -> bool | None:
        """Whether the document writes what stands at ``path``, a key below a key; None where only its tree tells."""
        if self.skimmed is None:
            return None
        if path in self.skimmed:
            return True
        above = path[:-1]
        if above not in self.skimmed:
            return False if len(above) == 1 else None
        # All keys of a mapping in block form are found, and none of one in brackets.
        return False if any(one[:-1] == above for one in self.skimmed) else None


@dataclass(slots=True, eq=False)
class Origin:
    """Where a tree comes from: the tree itself, the SHA-256 of its file, and whether it was found sound before.

    ``tree`` is None while its document has let it go.
    """

    tree: dict[str, Any] | None
    digest: bytes
    sound: bool


class Memory(Protocol):
    """Remembers between runs what was found in order. It may forget everything at any time, and fails at nothing."""

    def keep(self, files: Collection[str]) -> None:
        """These files hold nothing that phase schema finds wrong, not even a warning."""

    def knows(self, mark: bytes) -> bool:
        """Whether this mark was learnt before, by the same program."""

    def learn(self, mark: bytes) -> None:
        """Remember a mark: 32 bytes that stand for everything that a result was made from."""


class TreeSource(Protocol):
    """Knows how to read the tree of one document."""

    def tree(self) -> dict[str, Any]:
        """The same tree as before, newly made."""


@dataclass(slots=True)
class Document:
    """One document of one file.

    ``tree`` holds plain dicts, lists, strings, integers, floats, booleans and None, typed by the core schema of
    YAML 1.2 (:class:`Misread` marks what readers disagree about). Nothing in it is validated yet. It is never changed.
    """

    file: str
    index: int
    tree: dict[str, Any]
    locate: Callable[[], Places]
    """Reads the places again from the bytes that were parsed; costs a second parse."""
    line_text: Callable[[int], str]
    """The text of a line of the file, counted from 1, without its line end."""
    folder: str = ""
    """Folder of the file, to which file references are relative."""
    plain: bool = False
    """A promise of the reader that the tree holds neither None nor :class:`Misread`."""
    parts: tuple[Document, ...] = ()
    """What a composed document was made of: its base, then the overlays in the order in which they were laid on."""
    origin: Origin | None = field(default=None, repr=False, compare=False)
    """What the reader knows of the tree that it read; it says nothing about one that was put together later."""
    again: TreeSource | None = field(default=None, repr=False, compare=False)
    """Reads the tree again, from the bytes that were parsed; None where it stays."""
    early: Any = field(default=None, repr=False, compare=False)
    """The resource that this very document gives, where it was judged when it was read and nothing was found."""
    _places: Places | None = field(default=None, repr=False)

    def release(self) -> None:
        """Let the tree go, where it can be read again: most are never asked for once their document was judged."""
        if self.again is not None:
            if self.origin is not None and self.origin.tree is self.tree:
                self.origin.tree = None
            del self.tree

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not there: a tree that was let go.
        if name != "tree" or self.again is None:
            raise AttributeError(name)
        self.tree = self.again.tree()
        if self.origin is not None and self.origin.tree is None:
            self.origin.tree = self.tree
        return self.tree

    @property
    def written(self) -> tuple[Document, ...]:
        """The documents as they were written: the parts of a composed one, else this one alone."""
        return self.parts or (self,)

    def holder(self, path: PathKey) -> Document:
        """The written document from which the value at ``path`` comes, or that takes it away; else the base."""
        if not self.parts:
            return self  # a tree that was let go need not be read for that
        for part in reversed(self.written):
            node: Any = part.tree
            for step in path:
                if not isinstance(node, dict):
                    return part
                if step not in node:
                    break
                node = node[step]
            else:
                return part
        return self.written[0]

    def part_in(self, file: str) -> Document:
        """The written document that stands in ``file``; this one where none does."""
        return next((part for part in self.parts if part.file == file), self)

    @property
    def as_read(self) -> bool:
        """Whether the tree is known to be the one that was read, and nothing that was put together later."""
        if self.origin is None:
            return False
        try:
            tree = _TREE(self)  # what was let go is not read again for this
        except AttributeError:
            return self.again is not None and self.origin.tree is None
        return self.origin.tree is tree

    @property
    def sound(self) -> bool:
        """Whether phase schema is known to find nothing wrong with the tree, not even a warning."""
        return self.origin is not None and self.origin.sound and self.as_read

    @property
    def places(self) -> Places:
        """The places of all nodes, read on first use."""
        if self._places is None:
            self._places = self.locate()
        return self._places


_TREE = Document.__dict__["tree"].__get__

Early = Callable[[Sequence[Document]], None]
"""Told of documents while others are still to be read, so that trees can be let go before all of them are there."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """All documents of one run, and what identifies them.

    ``digest`` is a SHA-256 over path and content of all manifests, independent of their order and of the machine;
    files that manifests name are not in it. ``commit`` is set when every file is, byte for byte, the one of that
    commit. ``files`` lists the files read, empty ones included.
    """

    documents: tuple[Document, ...]
    files: tuple[str, ...]
    digest: str
    commit: str | None = None
    unfinished: frozenset[str] = frozenset()
    """Files that may have been cut off: empty, without a final line end, or ending in the start of a document."""
    overlays: tuple[str, ...] = ()
    """Folders whose documents are laid over the others, in this order."""
    own: tuple[str, ...] = ()
    """Folders of manifests that the chosen environment alone has."""
    partly: bool = False
    """Whether somebody asked for some of the manifests only."""
    focus: Focus | None = None
    """What a plan with targets is about. Then ``digest`` and ``commit`` stand for the files inside of it alone, and for
    those in no tenant's folder."""
    unread: frozenset[str] = frozenset()
    """The tenants whose folders were not opened."""
    unchanged: Unchanged | None = field(default=None, repr=False, compare=False)
    """The files that are as they were in an earlier run, where the reader was asked for the others alone."""
    digests: Mapping[str, tuple[bytes, bool]] = field(default_factory=dict, repr=False, compare=False)
    """The SHA-256 of each file and whether it surely is whole, where runs are remembered."""
    memory: Memory | None = field(default=None, repr=False, compare=False)
    """What remembers earlier runs over these folders, where something does."""


__all__ = ["Document", "Early", "Manifests", "Misread", "PathKey", "Places", "Snippet", "Source", "Span"]
