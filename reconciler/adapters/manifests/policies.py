"""Policies: their files as documents, from the working folder or, for who must not change what judges them, a commit.

Only where the files are is different from manifests: how they are read, and what is refused, is the same.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from reconciler.adapters.manifests.files import FilesReader
from reconciler.adapters.manifests.git import GitReader
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import selected
from reconciler.adapters.manifests.paths import absolute, inside, is_outside
from reconciler.adapters.manifests.program import run_git
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.manifest import Document

_LIMITS = Limits(total=8 * 1024 * 1024, documents=200)
_WILD = frozenset("*?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiles:
    """What was read. ``unmatched`` are the patterns that select no file; ``digest`` is that of paths and contents."""

    documents: tuple[Document, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    unmatched: tuple[str, ...] = ()
    digest: str = ""


def read_policy_files(working: Path, patterns: Sequence[str], *, rev: str | None = None) -> PolicyFiles:
    """The policies that ``patterns`` select below the working folder, as they are on disk or in a commit.

    Raises:
        WorldError: there is no repository, no such commit, or no git program.
        UsageError: the commit looks like an option.
    """
    if rev is None:
        root = absolute(working)
        found = {one: {file.relative_to(root).as_posix() for file in root.glob(one)} for one in patterns}
    else:
        tree = GitReader(working, [], rev, limits=_LIMITS)
        found = {one: {file for file in tree.names(_fixed(one)) if selected(file, [one])} for one in patterns}
    unmatched = tuple(one for one in patterns if not found[one])
    files = sorted(set().union(*found.values()))
    if not files:
        return PolicyFiles(unmatched=unmatched, digest=hashlib.sha256().hexdigest())
    if rev is None:
        manifests, problems = FilesReader(working, files, limits=_LIMITS, ask_git=False).read()
    else:
        manifests, problems = GitReader(working, files, rev, limits=_LIMITS).read()
    return PolicyFiles(
        documents=manifests.documents, problems=tuple(problems), unmatched=unmatched, digest=manifests.digest
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedConfiguration:
    """The configuration of a commit; ``document`` is None when it is not there, ``problems`` why it cannot be read.

    ``held`` says whether git holds the file, here or in the commit: one that it does not hold no branch can change.
    """

    document: Document | None = None
    problems: tuple[Diagnostic, ...] = ()
    held: bool = True


def committed_configuration(working: Path, path: Path, rev: str) -> CommittedConfiguration:
    """The configuration in ``path``, which may lie anywhere in the repository, as it is in a commit.

    Raises:
        WorldError: there is no repository, no such commit, or no git program.
        UsageError: the commit looks like an option.
    """
    repository = GitReader(working, [], rev).repository()
    file = None if repository is None else _below(repository, working, path)
    if repository is None or file is None:
        return CommittedConfiguration(held=False)
    reader = GitReader(repository, [file], rev)
    if file not in reader.names(file):
        # What git lists here is a file that it does not know. One in a submodule is not listed, and not ignored either.
        others = run_git(repository, "ls-files", "-z", "--others", "--", file, check=False)
        return CommittedConfiguration(held=others != os.fsencode(file) + b"\0" and (repository / file).exists())
    manifests, problems = reader.read()
    document = manifests.documents[0] if len(manifests.documents) == 1 else None
    if document is None and not problems:
        problems = [_no_mapping(file, len(manifests.documents))]
    return CommittedConfiguration(document=document, problems=tuple(problems))


def _below(repository: Path, working: Path, path: Path) -> str | None:
    """The path of a file inside of a repository; None for one outside.

    Links are not followed, for a branch can make them, unless by that the file would be outside.
    """
    folder = Path(os.path.realpath(working))
    written = absolute(folder / path)
    for found in (written, Path(os.path.realpath(written.parent)) / written.name):
        shown = inside(found, repository)
        if not is_outside(shown):
            return shown
    return None


def _no_mapping(name: str, number: int) -> Diagnostic:
    return Diagnostic(
        code="CFGF-01",
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary=f"{name} holds {number} documents; it is one mapping",
    )


def _fixed(pattern: str) -> str:
    """The folder, or the file, below which everything lies that a pattern can mean."""
    steps = pattern.split("/")
    fixed: list[str] = []
    for step in steps:
        if not _WILD.isdisjoint(step):
            break
        fixed.append(step)
    return posixpath.join(*fixed) if fixed else "."
