"""Files: manifests of a working tree, read without ever following a link.

Folders are walked by file descriptor and everything is opened with ``O_NOFOLLOW``, so nothing can be exchanged for a
link between the look and the read. Links are refused wherever they lead, inside the tree too: one rule that needs no
list of exceptions. A link or a pipe that is named like no manifest is passed over. Hidden files and folders are passed
over.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from operator import attrgetter
from pathlib import Path

from reconciler.adapters.manifests.cache import ParseCache
from reconciler.adapters.manifests.collect import Collector, Since, parse, refusal
from reconciler.adapters.manifests.git import committed
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import is_manifest, selected
from reconciler.adapters.manifests.paths import FileProblem, absolute, below, inside, is_outside, printable
from reconciler.adapters.manifests.standing import Seen
from reconciler.adapters.manifests.text import invisible
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.filed import Files
from reconciler.model.focus import Focus, NeedsAll, Reading
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.pace import each
from reconciler.ports import FileRefused

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NOT_REGULAR = "is no regular file; links, folders, pipes and devices are refused"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesReader:
    """Reads manifests below ``roots``, folders or files, as they are on disk now.

    ``working`` is the working folder: relative roots start there and shown paths are relative to it. A root outside of
    it is read too, for somebody named it; its path is then shown with ``../``. ``Manifests.commit`` is set when every
    manifest is, byte for byte, that of HEAD; ``ask_git=False`` never starts git. Files that a pattern of ``beside``
    selects are no manifests, although they are named like some. ``overlays`` are read as well, and told to be laid over
    the rest; ``own`` are those among the roots that an environment alone has. The folders ``without``, shown paths, are
    left out of those that hold them. ``partly`` says that the roots are not all there are. ``cache`` knows files of
    earlier runs. ``focus`` says which files ``Manifests.digest`` and ``Manifests.commit`` stand for. With
    ``narrow`` the folders of no tenants but those that it has are opened.
    """

    def __init__(
        self,
        working: Path,
        roots: Sequence[str | Path],
        *,
        limits: Limits | None = None,
        ask_git: bool = True,
        beside: Sequence[str] = (),
        is_wanted: Callable[[str], bool] = is_manifest,
        overlays: Sequence[str] = (),
        own: Sequence[str] = (),
        without: Sequence[str] = (),
        partly: bool = False,
        cache: ParseCache | None = None,
        focus: Focus | None = None,
        narrow: Reading | None = None,
    ) -> None:
        self._focus = focus
        self._narrow = narrow
        self._unread: set[str] = set()
        self._working = absolute(working)
        self._roots = [absolute(self._working / root) for root in (*roots, *overlays)]
        self._overlays = tuple(overlays)
        self._own = tuple(own)
        self._without = without
        self._partly = partly
        self._limits = limits or Limits()
        self._ask_git = ask_git
        self._beside = beside
        self._is_wanted = is_wanted
        self._cache = cache
        self._since: tuple[Files, Seen] | None = None

    def beside(self, roots: Sequence[str]) -> FilesReader:
        """A reader of other folders of the same working tree."""
        return FilesReader(self._working, roots, limits=self._limits, ask_git=False)

    def narrowed(self, beside: frozenset[str]) -> FilesReader | None:
        """A reader of what a focus needs, of the tenants ``beside`` it too; None where there is no focus."""
        if self._focus is None:
            return None
        found = copy(self)
        found._narrow = Reading(focus=self._focus, beside=beside)  # noqa: SLF001  # of the same class
        return found

    def since(self, known: Files, seen: Seen | None = None) -> FilesReader | None:
        """A reader that makes no document of what is as it was; None where the whole has to be read.

        ``seen`` is what was seen of all files a moment ago: of those that are as they were nothing is read again.
        """
        if self._cache is None or self._focus is not None or self._overlays or seen is None:
            return None
        found = copy(self)
        found._since = (known, seen)  # noqa: SLF001  # of the same class
        return found

    def read(self, early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        """All documents, and what is wrong with the files."""
        self._unread = set()
        collector = Collector(self._limits, self._cache, self._focus)
        collector.early = None if self._overlays else early  # what overlays lie over is judged once they do
        objects: Mapping[str, str] = {}
        if self._since is None:
            contents, keys = self._contents(collector)
            number = len(contents)
        else:
            known, seen = self._since
            contents, keys = self._others(known, seen, collector), {}
            objects = seen.objects or dict.fromkeys(seen.digests, "")
            number = len(seen.digests)
        collector.expect(number)
        for file, data in each(contents.items(), number):
            collector.add(file, data, key=keys.get(file, ""))
        commit = None
        counted = {file: data for file, data in contents.items() if collector.counts(file)} if self._focus else contents
        if self._ask_git and (counted or objects) and not collector.problems:
            roots = [inside(root, self._working) for root in self._roots]
            commit = committed(
                self._working,
                roots,
                {} if objects else counted,
                beside=self._beside,
                without=self._without,
                counts=collector.counts,
                objects=objects,
            )
        found, problems = collector.manifests(commit)
        found = replace(found, overlays=self._overlays, own=self._own, partly=self._partly)
        if self._narrow is not None:
            # What is known of a part is neither kept nor learnt as though it were the whole.
            found = replace(found, unread=frozenset(self._unread), memory=None)
        return found, problems

    def _others(self, known: Files, seen: Seen, collector: Collector) -> dict[str, bytes]:
        """The files that are not as they were. Those that are count as read.

        Raises:
            NeedsAll: they are not there any more as they were seen, or too large together.
        """
        if seen.size > self._limits.total:
            raise NeedsAll
        others = known.others(seen.digests)
        contents: dict[str, bytes] = {}
        for file in sorted(others.there):
            try:
                contents[file] = self._one(file)
            except (FileProblem, OSError) as error:
                raise NeedsAll from error
            if sha256(contents[file]).digest() != seen.digests[file]:
                raise NeedsAll
        collector.since = Since(known, others.gone, seen, self._one)
        return contents

    def _one(self, file: str) -> bytes:
        """A manifest by its shown path.

        Raises:
            FileProblem, OSError: it is not there any more as it was seen.
        """
        *above, name = file.split("/")
        with open_folder(self._working, "/".join(above), following=False) as folder:
            return read_below(folder, [name], self._limits.file)

    def contents(self) -> tuple[dict[str, bytes], list[Diagnostic]]:
        """The files themselves by shown path, and which of them cannot be read."""
        collector = Collector(self._limits)
        contents, _ = self._contents(collector)
        return contents, in_order(collector.problems)

    def _contents(self, collector: Collector) -> tuple[dict[str, bytes], dict[str, str]]:
        """All files, and paths in the digest where they are others; nothing when they are too large together."""
        contents: dict[str, bytes] = {}
        keys: dict[str, str] = {}
        # All is read before anything is parsed: what is too large together is refused at once.
        for file, data, key in chain.from_iterable(self._root(root, collector) for root in sorted(set(self._roots))):
            if not collector.has_room(file, 0 if file in contents else len(data)):
                contents.clear()
                break
            contents[file] = data
            if key:
                keys[file] = key
        return contents, keys

    def file(self, document: Document, path: str) -> bytes:
        """Content of a regular file below the folder of a document, for GEN-23.

        Raises:
            FileRefused: it is missing, no regular file, too large, reached through a link, or outside of the folder.
        """
        steps = below(path)
        shown = posixpath.join(document.folder, *steps)
        try:
            with open_folder(self._working, document.folder, following=is_outside(document.folder)) as folder:
                return read_below(folder, steps, self._limits.attachment)
        except FileProblem as problem:
            raise FileRefused(f"{shown} {problem}") from None
        except OSError as error:
            raise FileRefused(f"{shown} {reason(error)}") from None

    # --- walking -----------------------------------------------------------------------------------------------------

    def _root(self, root: Path, collector: Collector) -> Iterator[tuple[str, bytes, str]]:
        """The manifests below one root: shown path, content, and path for the digest."""
        shown = inside(root, self._working)
        outside = is_outside(shown)
        base = str(root) if outside else shown

        def key_of(file: str) -> str:
            return posixpath.relpath(file, shown) if outside and file != shown else posixpath.basename(file)

        try:
            with open_folder(self._working, posixpath.dirname(base), following=outside) as parent:
                name = posixpath.basename(base) or "."
                found = os.stat(name, dir_fd=parent, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    folder = os.open(name, _FOLDER, dir_fd=parent)
                    try:
                        for file, data in self._walk(folder, "" if shown == "." else shown, collector, 1):
                            yield file, data, key_of(file) if outside else ""
                    finally:
                        os.close(folder)
                    return
                data = read_below(parent, [name], self._limits.file)
                yield shown, data, key_of(shown) if outside else ""
        except FileNotFoundError:
            collector.refuse(shown, "LOD-05", f"there is no folder or file {shown}", hint="check the path")
        except FileProblem as problem:
            collector.refuse(shown, problem.code, f"{shown} {problem}", hint=problem.hint)
        except OSError as error:
            collector.refuse(shown, "LOD-04", f"{shown} {reason(error)}")

    def _walk(self, folder: int, shown: str, collector: Collector, depth: int) -> Iterator[tuple[str, bytes]]:
        if depth > self._limits.folders:
            collector.refuse(shown, "LOD-02", f"folders stand more than {self._limits.folders} deep inside each other")
            return
        with os.scandir(folder) as entries:
            found = _in_order(entries)
        for entry in found:
            name, sort = entry.name, _sort(entry)
            if name.startswith(".") or (sort == "file" and not self._is_wanted(name)):
                continue
            path = f"{shown}/{name}" if shown else name
            if path in self._without or (sort == "file" and self._beside and selected(path, self._beside)):
                continue
            if not _showable(name):
                summary = "the name of a file or folder holds characters that cannot be shown"
                collector.refuse(printable(path), "LOD-04", summary, hint="rename it")
                continue
            if self._passes_over(path if sort == "file" else f"{path}/"):
                continue
            try:
                if sort == "folder":
                    inner = os.open(name, _FOLDER, dir_fd=folder)
                    try:
                        yield from self._walk(inner, path, collector, depth + 1)
                    finally:
                        os.close(inner)
                elif sort == "link":
                    _refuse_link(name, folder)
                elif entry.is_file(follow_symlinks=False):
                    yield path, _regular(folder, name, self._limits.file)
                else:
                    yield path, read_below(folder, [name], self._limits.file)  # which refuses it
            except FileProblem as problem:
                collector.refuse(path, problem.code, f"{path} {problem}", hint=problem.hint)
            except OSError as error:
                collector.refuse(path, "LOD-04", f"{path} {reason(error)}")

    def _passes_over(self, path: str) -> bool:
        """Whether a file or folder belongs to a tenant that is not to be read."""
        tenant = "" if self._narrow is None else self._narrow.lacks(path)
        if tenant:
            self._unread.add(tenant)
        return bool(tenant)


def read_file(
    working: Path, path: str | Path, *, limits: Limits | None = None
) -> tuple[list[Document], list[Diagnostic]]:
    """The documents of one file, whatever its name: for configuration and for plans beside manifests.

    A file that does not exist, or that cannot be read, is a finding (LOD-05, LOD-04).
    """
    bounds = limits or Limits()
    target = absolute(working / path)
    shown = inside(target, absolute(working))
    try:
        with open_folder(target.parent, "", following=True) as folder:
            data = read_below(folder, [target.name], bounds.file)
    except FileNotFoundError:
        return [], [refusal(shown, "LOD-05", f"there is no file {shown}", hint="check the path")]
    except FileProblem as problem:
        return [], [refusal(shown, problem.code, f"{shown} {problem}", hint=problem.hint)]
    except OSError as error:
        return [], [refusal(shown, "LOD-04", f"{shown} {reason(error)}")]
    return parse(shown, data, limits=bounds)


@contextmanager
def open_folder(working: Path, folder: str, *, following: bool) -> Iterator[int]:
    """The descriptor of a folder below the working folder, reached without links.

    ``following`` is for paths that somebody typed: links on the way to them are followed.
    """
    if following:
        opened = os.open(os.path.normpath(working / folder), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    else:
        opened = os.open(working, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for step in [part for part in folder.split("/") if part and part != "."]:
            above = opened
            try:
                opened = os.open(step, _FOLDER, dir_fd=above)
            finally:
                os.close(above)
    try:
        yield opened
    finally:
        os.close(opened)


def read_below(folder: int, steps: Sequence[str], limit: int) -> bytes:
    """A regular file below an open folder; no step may be a link."""
    opened: list[int] = []
    try:
        for step in steps[:-1]:
            folder = os.open(step, _FOLDER, dir_fd=folder)
            opened.append(folder)
        # Looked at before it is opened: opening a device can have effects.
        if not stat.S_ISREG(os.stat(steps[-1], dir_fd=folder, follow_symlinks=False).st_mode):
            raise FileProblem(NOT_REGULAR)
        return _regular(folder, steps[-1], limit)
    finally:
        for one in opened:
            os.close(one)


def _regular(folder: int, name: str, limit: int) -> bytes:
    """What a file in an open folder holds that was seen to be a regular one, and still is."""
    opened = os.open(name, _FILE, dir_fd=folder)
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise FileProblem(NOT_REGULAR)
        return _bytes(opened, found.st_size, limit)
    finally:
        os.close(opened)


def _bytes(opened: int, size: int, limit: int) -> bytes:
    if size <= limit:
        first = os.read(opened, size + 1)
        if len(first) == size:  # more was asked for: the file ends here
            return first
        parts, left = [first], limit + 1 - len(first)
        while left > 0 and (part := os.read(opened, min(left, 65536))):
            parts.append(part)
            left -= len(part)
        if left > 0:
            return b"".join(parts)
    raise FileProblem(f"is larger than {limit} bytes", code="LOD-01", hint="split it")


def _in_order(entries: Iterable[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    """By the bytes of their names; of names in ASCII their text has the same order."""
    found = list(entries)
    if all(one.name.isascii() for one in found):
        return sorted(found, key=attrgetter("name"))
    return sorted(found, key=lambda one: os.fsencode(one.name))


def _showable(name: str) -> bool:
    return name.isprintable() and (name.isascii() or invisible(name) is None)


def _sort(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir(follow_symlinks=False) else "file"


def _refuse_link(name: str, folder: int) -> None:
    if is_manifest(name) or _leads_to_folder(name, folder):
        raise FileProblem("is a link; links are not followed", hint="put the file itself there")


def _leads_to_folder(name: str, folder: int) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder).st_mode)
    except OSError:
        return False


def reason(error: OSError) -> str:
    """Why a file cannot be read; the message continues a sentence that begins with its path."""
    match error.errno:
        case errno.ENOENT:
            return "does not exist"
        case errno.ELOOP | errno.ENOTDIR:
            return "is a link, or lies behind a link or a file; links are not followed"
        case errno.EACCES | errno.EPERM:
            return "may not be read"
        case _:
            return f"cannot be read: {os.strerror(error.errno) if error.errno else 'unknown reason'}"
