"""Layers: which folders make an environment, beside those that all of them share."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The folders of one environment, as shown paths.

    ``manifests`` hold whole manifests that it alone has, ``overlays`` partial ones, laid on in this order.
    """

    manifests: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()


def is_below(path: str, folder: str) -> bool:
    """Whether a shown path is that of a folder, or of something in it."""
    return folder in (".", path) or path.startswith(f"{folder}/")


def layer_of(file: str, folders: Sequence[str]) -> int | None:
    """The number of the folder in which a file stands; None where it stands in none of them."""
    for place, folder in enumerate(folders):
        if is_below(file, folder):
            return place
    return None


def is_left_out(path: str, roots: Sequence[str], without: Sequence[str]) -> bool:
    """Whether a path below ``roots`` is in a folder ``without`` that no root stands in or is itself."""
    return any(
        is_below(path, one) and not any(is_below(root, one) and is_below(path, root) for root in roots)
        for one in without
    )
