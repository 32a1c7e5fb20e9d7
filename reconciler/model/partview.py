"""A view over a part of the live data. It answers as every view does, and counts the answers that may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.doubt import Doubt
from reconciler.model.resource import Live, Resource
from reconciler.model.tenantview import TenantLive, TenantView
from reconciler.model.view import Entity, View


def view_of(catalog: Catalog, declared: Mapping[Address, Resource[Any]], live: Live | None) -> View:
    """The view for live data of any sort."""
    if isinstance(live, TenantLive):
        return TenantView(catalog, declared, live)
    if live is None or live.doubt is None:
        return View(catalog, declared, live)
    return PartView(catalog, declared, live, live.doubt)


class PartView(View):
    """See :class:`~reconciler.model.view.View`: ``doubts`` grows with each answer that ``doubt`` casts doubt on."""

    def __init__(self, catalog: Catalog, declared: Mapping[Address, Resource[Any]], live: Live, doubt: Doubt) -> None:
        super().__init__(catalog, declared, live)
        self._doubt = doubt
        self.doubts = 0

    def doubtful(self, address: Address) -> bool:
        """Whether what is said about an address may be wrong."""
        return self._doubt.about(address, found=super().at(address) is not None)

    def whole(self, kind: str) -> bool:
        """Whether every live resource of a kind is known, with all its fields."""
        return kind in self._doubt.whole

    def at(self, address: Address) -> Entity | None:
        """The resource at an address, declared or live."""
        found = super().at(address)
        self.doubts += self._doubt.about(address, found=found is not None)
        return found

    def all(self, kind: str) -> list[Entity]:
        """Every known resource of a kind."""
        self._noted(kind)
        return super().all(kind)

    def inside(self, kind: str, tenant: str) -> list[Entity]:
        """The known resources of a kind in one tenant."""
        self._noted(kind)
        return super().inside(kind, tenant)

    def having(self, kind: str, path: str, value: Any) -> list[Entity]:
        """The known resources of a kind whose field is ``value`` after the plan."""
        self._noted(kind)
        return super().having(kind, path, value)

    def referrers(self, target: Address, kind: str, path: str) -> list[Entity]:
        """The known resources of ``kind`` that name ``target`` after the plan."""
        self._noted(kind)
        return super().referrers(target, kind, path)

    def _noted(self, kind: str) -> None:
        self.doubts += kind not in self._doubt.whole
