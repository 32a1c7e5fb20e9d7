"""Manifests: files and git objects as documents.

The only room that knows YAML's scanner and starts the git program. It reads a strict subset of YAML 1.2 and tells what
is wrong as diagnostics, all at once; it knows no kind. What it cannot read it reports: a missing folder, a link or a
broken file is an error and never an absent resource.

The names load on first use: who only asks whether files are the same ones needs nothing of the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.adapters.manifests.authors import GitAuthors
    from reconciler.adapters.manifests.branch import commit_on_branch
    from reconciler.adapters.manifests.cache import ParseCache, parse_cache
    from reconciler.adapters.manifests.collect import parse
    from reconciler.adapters.manifests.files import FilesReader, read_file
    from reconciler.adapters.manifests.git import GitReader
    from reconciler.adapters.manifests.limits import RULES, Limits
    from reconciler.adapters.manifests.policies import committed_configuration, read_policy_files
    from reconciler.adapters.manifests.reading import open_reader

_HOME = {
    "RULES": "limits",
    "FilesReader": "files",
    "GitAuthors": "authors",
    "GitReader": "git",
    "Limits": "limits",
    "ParseCache": "cache",
    "commit_on_branch": "branch",
    "committed_configuration": "policies",
    "open_reader": "reading",
    "parse": "collect",
    "parse_cache": "cache",
    "read_file": "files",
    "read_policy_files": "policies",
}

__all__ = [
    "RULES",
    "FilesReader",
    "GitAuthors",
    "GitReader",
    "Limits",
    "ParseCache",
    "commit_on_branch",
    "committed_configuration",
    "open_reader",
    "parse",
    "parse_cache",
    "read_file",
    "read_policy_files",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
