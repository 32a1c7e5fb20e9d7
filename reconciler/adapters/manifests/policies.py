"""Policies: their files as documents, from the working folder or, for who must not change what judges them, a commit.

Only where the files are is different from manifests: how they are read, and what is refused, is the same.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.adapters.manifests.files import FilesReader
from reconciler.adapters.manifests.git import GitReader
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import selected
from reconciler.adapters.manifests.paths import absolute
from reconciler.adapters.manifests.program import run_git
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
    file = absolute(working / path)
    if not file.parent.is_dir() or run_git(file.parent, "rev-parse", "--show-toplevel", check=False) != repository:
        return CommittedConfiguration(held=False)
    reader = GitReader(file.parent, [file.name], rev)
    if file.name not in reader.names(file.name):
        tracked = run_git(file.parent, "ls-files", "--error-unmatch", "--", file.name, check=False)
        return CommittedConfiguration(held=tracked is not None)
    manifests, problems = reader.read()
    document = manifests.documents[0] if len(manifests.documents) == 1 else None
    if document is None and not problems:
        problems = [_no_mapping(file.name, len(manifests.documents))]
    return CommittedConfiguration(document=document, problems=tuple(problems))


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
