"""Naming: stored values in which resources have other names, so that whatever named them by the old one still does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json, to_json

from reconciler.model.address import Address
from reconciler.model.canonical import object_in
from reconciler.model.catalog import Catalog
from reconciler.model.columns import UNMANAGED, Field
from reconciler.model.encode import encode
from reconciler.model.view import View


class Naming:
    """Renames in stored values. ``names`` says how each resource is called that has another name, by its address.

    ``references`` are the fields that can name one of them, by kind.
    """

    def __init__(self, catalog: Catalog, names: Mapping[Address, Address]) -> None:
        self._names = names
        self._view = View(catalog, {}, None)
        kinds = {one.kind for one in names}
        self.references: Mapping[str, tuple[Field, ...]] = {
            kind.name: tuple(one for one in kind.references if one.ref is not None and one.ref.kind in kinds)
            for kind in catalog.values()
        }

    def address(self, was: Address) -> Address:
        """Where a resource stands with its other name."""
        return self._names.get(was, was)

    def targets(self, owner: Address, one: Field, stored: Any) -> Iterator[Address]:
        """The addresses that a stored reference of ``owner`` names."""
        for name in _written(one, stored):
            if isinstance(name, str):
                yield self._view.target_address(one, owner, name)

    def columns(self, owner: Address, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The reference columns of a resource in which something has another name, with their new values."""
        found: dict[str, Any] = {}
        for one in self.references.get(owner.kind, ()):
            column = one.columns[0].name
            value = stored.get(column)
            if value is None or value is UNMANAGED:
                continue
            new = self._renamed(owner, one, value)
            if new != value:
                found[column] = new
        return found

    def applied(self, owner: Address, applied: str) -> str:
        """What was applied last to ``owner``, as the ledger keeps it, with the other names in it."""
        if not self.references.get(owner.kind):
            return applied
        values = object_in(applied) or {}
        columns = self.columns(owner, values)
        return to_json({**values, **columns}).decode() if columns else applied

    def _renamed(self, owner: Address, one: Field, stored: Any) -> Any:
        before = _written(one, stored)
        after = [self._name(owner, one, name) for name in before]
        if after == before:
            return stored
        if one.type != "list":
            return after[0]
        try:
            return encode(one, after)
        except TypeError:  # the world has put other things than names beside it, which have no order
            return to_json(after).decode()

    def _name(self, owner: Address, one: Field, name: Any) -> Any:
        if not isinstance(name, str):
            return name
        will = self._names.get(self._view.target_address(one, owner, name))
        if will is None:
            return name
        anywhere = one.ref is not None and one.ref.anywhere
        return f"{will.tenant}/{will.name}" if anywhere and will.tenant else will.name


def _written(one: Field, stored: Any) -> list[Any]:
    """The names that a stored reference holds. The world may be wrong: what is no name is nothing."""
    if not isinstance(stored, str) or not stored:
        return []
    if one.type != "list":
        return [stored]
    try:
        found = from_json(stored)
    except ValueError:
        return []
    return found if isinstance(found, list) else []
