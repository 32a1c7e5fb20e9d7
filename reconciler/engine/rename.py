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
from reconciler.model.resource import Resource
from reconciler.model.view import View


def renamed(
    catalog: Catalog, resources: Iterable[Resource[Any]], before: Address, after: Address
) -> Iterator[tuple[Document, dict[str, Any]]]:
    """The written documents that change, base or overlay, each with its tree as it will be."""
    view = View(catalog, {}, None)
    for resource in resources:
        kind = catalog[resource.address.kind]
        fields = [one for one in kind.references if one.ref is not None and one.ref.kind == before.kind]
        for document in resource.document.written:
            tree: dict[str, Any] = copy.deepcopy(document.tree)
            changed = resource.address == before
            if changed:
                tree["metadata"]["name"] = after.name
            for one in fields:
                changed = _rename(view, one, resource.address, tree, before, after) or changed
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
