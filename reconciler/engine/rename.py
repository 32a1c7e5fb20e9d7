"""Rename: the trees of manifests in which one resource has another name, and everything that names it says so."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.manifest import Document
from reconciler.model.moved import MOVED
from reconciler.model.view import View


def renamed(
    catalog: Catalog, documents: Iterable[Document], before: Address, after: Address
) -> Iterator[tuple[Document, dict[str, Any]]]:
    """The documents that change, as they were written: bases and overlays, each with its tree as it will be."""
    view = View(catalog, {}, None)
    for document in documents:
        owner = _address(document.tree)
        if owner is None or owner.kind not in catalog:
            continue
        tree: dict[str, Any] = copy.deepcopy(document.tree)
        changed = owner == before
        if changed:
            tree["metadata"]["name"] = after.name
        for one in catalog[owner.kind].references:
            if one.ref is not None and one.ref.kind == before.kind:
                changed = _rename(view, one, owner, tree, before, after) or changed
        if changed:
            yield document, tree


def moved_tree(name: str, before: Address, after: Address) -> Mapping[str, Any]:
    """The manifest of a move."""
    return {
        "apiVersion": "reconciler/v1",
        "kind": MOVED,
        "metadata": {"name": name},
        "spec": {"from": str(before), "to": str(after)},
    }


def _address(tree: Mapping[str, Any]) -> Address | None:
    """Where a document says that it stands; None when it says nothing of the kind."""
    metadata = tree.get("metadata")
    if not isinstance(metadata, dict):
        return None
    kind, tenant, name = tree.get("kind"), metadata.get("tenant"), metadata.get("name")
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(tenant, str | None):
        return None
    return Address(kind, tenant or "", name)


def _rename(view: View, one: Field, owner: Address, tree: dict[str, Any], before: Address, after: Address) -> bool:
    node: Any = tree.get("spec")
    *above, leaf = one.path.split(".")
    for key in above:
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        return False

    def word(name: Any) -> Any:
        if not isinstance(name, str) or view.target_address(one, owner, name) != before:
            return name
        anywhere = one.ref is not None and one.ref.anywhere
        return f"{after.tenant}/{after.name}" if anywhere and after.tenant else after.name

    value = node.get(leaf)
    new = [word(name) for name in value] if isinstance(value, list) else word(value)
    if new == value:
        return False
    node[leaf] = new
    return True
