"""What is known when only some tenants were read. It answers as the whole does, or says what else has to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.focus import Beyond, NeedsAll, Reading
from reconciler.model.kind import Level
from reconciler.model.resource import Live, Resource, Row
from reconciler.model.view import Entity, View


@dataclass(frozen=True, slots=True)
class TenantLive(Live):
    """Live data of some tenants and of no tenant. Every tenant itself is there."""

    reading: Reading = field(kw_only=True)

    def row(self, address: Address) -> Row | None:
        """The row of an address, if there is one.

        Raises:
            Beyond: its tenant was not read.
        """
        if address.tenant and not self.reading.has(address.tenant):
            raise Beyond(address.tenant)
        return Live.row(self, address)


class TenantView(View):
    """See :class:`~reconciler.model.view.View`. Only what stands inside the focus is judged.

    What is asked about one resource or one tenant is answered, or raises :class:`Beyond`; what is asked about all
    tenants raises :class:`NeedsAll`. Only :meth:`all` gives what it has: who asks it looks for the rest by key, see
    :mod:`reconciler.engine.beyond`.
    """

    def __init__(self, catalog: Catalog, declared: Mapping[Address, Resource[Any]], live: TenantLive) -> None:
        super().__init__(catalog, declared, live)
        self._reading = live.reading
        self._judged = {one: resource for one, resource in declared.items() if live.reading.focus.holds(one)}
        self._surveys = 0

    _MANIFESTS = True
    """Whether of a tenant the manifest counts as well, and not the row alone."""

    @property
    def judged(self) -> Mapping[Address, Resource[Any]]:
        """The declared resources inside the focus."""
        return self._judged

    def at(self, address: Address) -> Entity | None:
        """The resource at an address, declared or live; of a tenant that was not read nothing is known."""
        tenant = address.tenant
        if self._MANIFESTS and not tenant and address.kind == self._reading.focus.kind and not self._surveys:
            tenant = address.name
        if tenant and not self._reading.has(tenant):
            raise Beyond(tenant)
        return super().at(address)

    def all(self, kind: str) -> list[Entity]:
        """Every resource of a kind that was read, and every tenant, of which the manifest may be missing."""
        self._surveys += 1
        try:
            return super().all(kind)
        finally:
            self._surveys -= 1

    def undeclared(self, kind: str) -> list[Entity]:
        """Those of them that were read, and every tenant, as :meth:`all` has them."""
        self._surveys += 1
        try:
            return super().undeclared(kind)
        finally:
            self._surveys -= 1

    def inside(self, kind: str, tenant: str) -> list[Entity]:
        """The resources of a kind in one tenant."""
        if not self._reading.has(tenant):
            raise Beyond(tenant)
        return super().inside(kind, tenant)

    def having(self, kind: str, path: str, value: Any) -> list[Entity]:
        """The resources of a kind of which everything was read, whose field is ``value`` after the plan."""
        self._everywhere(kind)
        return self._read(super().having(kind, path, value))

    def referrers(self, target: Address, kind: str, path: str) -> list[Entity]:
        """The resources that name ``target``: those of its own tenant, if the reference reaches no other."""
        ref = self.catalog[kind].by_path[path].ref
        if target.tenant == PLATFORM or ref is None or ref.anywhere:
            self._everywhere(kind)
        elif not self._reading.has(target.tenant):
            raise Beyond(target.tenant)
        return self._read(super().referrers(target, kind, path))

    def _everywhere(self, kind: str) -> None:
        if self.catalog[kind].level is not Level.PLATFORM:
            raise NeedsAll

    def _read(self, found: Sequence[Entity]) -> list[Entity]:
        """The same, if the manifest of each is known as well."""
        if not self._MANIFESTS:
            return list(found)
        kind = self._reading.focus.kind
        missing = {one.address.name for one in found if one.address.kind == kind} - self._reading.beside
        missing = {one for one in missing if not self._reading.focus.has(one)}
        if missing:
            raise Beyond(*missing)
        return list(found)


class TenantRows(TenantView):
    """The same over the database alone: of a tenant the row says it all."""

    _MANIFESTS = False


def rows_of(catalog: Catalog, live: Live) -> View:
    """The view over live data without manifests."""
    return TenantRows(catalog, {}, live) if isinstance(live, TenantLive) else View(catalog, {}, live)
