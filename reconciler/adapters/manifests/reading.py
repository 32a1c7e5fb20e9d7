"""Reading: what reads manifests, from the working tree or from a commit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.adapters.manifests.files import FilesReader
from reconciler.adapters.manifests.git import GitReader


def open_reader(
    working: Path,
    roots: Sequence[str],
    rev: str | None,
    *,
    beside: Sequence[str],
    overlays: Sequence[str] = (),
    without: Sequence[str] = (),
    partly: bool = False,
) -> FilesReader | GitReader:
    """A reader of ``roots`` with ``overlays`` laid over them, of the commit ``rev`` where one is given.

    Folders ``without`` are left out of roots that hold them; ``partly`` says that the roots are not all there are.
    """
    if rev is not None:
        return GitReader(working, roots, rev, beside=beside, overlays=overlays, without=without, partly=partly)
    return FilesReader(working, roots, beside=beside, overlays=overlays, without=without, partly=partly)
