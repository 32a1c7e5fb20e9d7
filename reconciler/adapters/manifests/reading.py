"""Reading: what reads manifests, from the working tree or from a commit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reconciler.adapters.manifests.cache import ParseCache
from reconciler.adapters.manifests.files import FilesReader
from reconciler.adapters.manifests.git import GitReader
from reconciler.model.focus import Focus


def open_reader(
    working: Path,
    roots: Sequence[str],
    rev: str | None,
    *,
    beside: Sequence[str],
    overlays: Sequence[str] = (),
    own: Sequence[str] = (),
    without: Sequence[str] = (),
    partly: bool = False,
    cache: ParseCache | None = None,
    focus: Focus | None = None,
    earlier: bool = False,
) -> FilesReader | GitReader:
    """A reader of ``roots`` with ``overlays`` laid over them, of the commit ``rev`` where one is given.

    Those ``own`` among the roots are of one environment alone. Folders ``without`` are left out of roots that hold
    them; ``partly`` says that the roots are not all there are. ``cache`` knows files of earlier runs. ``focus`` is what
    a plan with targets is about. ``earlier`` says that folders of environments may not be in that commit yet.
    """
    how: dict[str, Any] = {
        "beside": beside,
        "overlays": overlays,
        "own": own,
        "without": without,
        "partly": partly,
        "cache": cache,
        "focus": focus,
    }
    if rev is not None:
        return GitReader(working, roots, rev, **how, earlier=earlier)
    return FilesReader(working, roots, **how)
