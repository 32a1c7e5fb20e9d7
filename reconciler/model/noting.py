"""A view that notes what rules ask of it. It answers as every view does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.kind import Kind
from reconciler.model.notes import THERE, WHOLE, Look, Notes
from reconciler.model.resource import Live, Resource, Row
from reconciler.model.view import Entity, View


class NotingView(View):
    """See :class:`~reconciler.model.view.View`. Only what is asked on behalf of somebody is noted (:meth:`asks`)."""

    def __init__(
        self, catalog: Catalog, declared: Mapping[Address, Resource[Any]], live: Live | None, notes: Notes
    ) -> None:
        self._asker = ""
        self._subject: Address | None = None
        self.notes = notes
        self._noted: dict[Address, Entity | None] = {}
        super().__init__(catalog, declared, live)

    def asks(self, asker: Address | str) -> None:
        """From now on rules ask about the resource ``asker``, or a rule about the whole set; empty for nobody."""
        if isinstance(asker, Address):
            self._asker, self._subject = asker.kind, asker
        else:
            self._asker, self._subject = asker, None

    def speaks(self) -> None:
        """Something was found on behalf of who asks now."""
        if self._asker:
            self.notes.spoke.add(self._subject or self._asker)

    def note(self, address: Address, path: str) -> None:
        """Somebody looks at a resource."""
        subject = self._subject
        if subject is None:
            self._everywhere(address.kind, path)
        elif address != subject:
            far = address.tenant not in ("", subject.tenant)
            self.notes.looks.add(Look(self._asker, address.kind, path, far))

    def _everywhere(self, kind: str, path: str) -> None:
        if self._asker:
            self.notes.looks.add(Look(self._asker, kind, path, far=True))

    def manifest(self, address: Address) -> Resource[Any] | None:
        """The manifest of an address, to point at: whoever speaks is judged again anyway."""
        return self._declared.get(address)

    # --- what rules ask ----------------------------------------------------------------------------------------------

    def _silently(self) -> tuple[str, Address | None]:
        before = self._asker, self._subject
        self._asker, self._subject = "", None
        return before

    @property
    def declared(self) -> Mapping[Address, Resource[Any]]:
        """The manifests themselves: whoever asks for them may look at all of each."""
        if self._asker:
            for name in self.catalog:
                self._everywhere(name, WHOLE)
        return self._declared

    @declared.setter
    def declared(self, declared: Mapping[Address, Resource[Any]]) -> None:
        self._declared = declared

    @property
    def live(self) -> Live | None:
        """The database itself, as above."""
        if self._asker:
            for name in self.catalog:
                self._everywhere(name, WHOLE)
        return self._live

    @live.setter
    def live(self, live: Live | None) -> None:
        self._live = live

    def at(self, address: Address) -> Entity | None:
        """The resource at an address, declared or live."""
        if not self._asker:
            return super().at(address)
        self.note(address, THERE)
        before = self._silently()
        try:
            found = super().at(address)
        finally:
            self._asker, self._subject = before
        return None if found is None else self._watched(found)

    def _watched(self, found: Entity) -> Entity:
        known = self._noted.get(found.address)
        if known is None:
            known = self._noted[found.address] = NotingEntity(found, self)
        return known

    def _many(self, found: Iterator[Entity] | list[Entity]) -> list[Entity]:
        return [self._watched(one) for one in found] if self._asker else list(found)

    def all(self, kind: str) -> list[Entity]:
        """Every resource of a kind."""
        self._everywhere(kind, THERE)
        before = self._silently()
        try:
            found = super().all(kind)
        finally:
            self._asker, self._subject = before
        return self._many(found)

    def undeclared(self, kind: str) -> list[Entity]:
        """Those of a kind that no manifest names."""
        self._everywhere(kind, THERE)
        before = self._silently()
        try:
            found = super().undeclared(kind)
        finally:
            self._asker, self._subject = before
        return self._many(found)

    def inside(self, kind: str, tenant: str) -> list[Entity]:
        """The resources of a kind in one tenant."""
        self.note(Address(kind, tenant, ""), THERE)
        before = self._silently()
        try:
            found = super().inside(kind, tenant)
        finally:
            self._asker, self._subject = before
        return self._many(found)

    def having(self, kind: str, path: str, value: Any) -> list[Entity]:
        """The resources of a kind whose field is ``value`` after the plan."""
        self._everywhere(kind, path)
        self._everywhere(kind, THERE)
        before = self._silently()
        try:
            found = super().having(kind, path, value)
        finally:
            self._asker, self._subject = before
        return self._many(found)

    def referrers(self, target: Address, kind: str, path: str) -> list[Entity]:
        """The resources of ``kind`` that name ``target`` after the plan: those of its tenant, mostly."""
        ref = self.catalog[kind].by_path[path].ref
        home = Address(kind, target.tenant, "")
        for one in (path, THERE):
            if ref is None or ref.anywhere or not target.tenant:
                self._everywhere(kind, one)
            else:
                self.note(home, one)
        before = self._silently()
        try:
            found = super().referrers(target, kind, path)
        finally:
            self._asker, self._subject = before
        return self._many(found)

    def wanted(self, kind: str, path: str) -> Iterator[tuple[Address, Any]]:
        """What manifests say for a field of a kind."""
        self._everywhere(kind, path)
        self._everywhere(kind, THERE)
        before = self._silently()
        try:
            found = list(super().wanted(kind, path))
        finally:
            self._asker, self._subject = before
        return iter(found)


class NotingEntity(Entity):
    """An entity that tells the view what is asked of it, as long as somebody asks."""

    __slots__ = ("_inner", "_view")

    def __init__(self, inner: Entity, view: NotingView) -> None:
        self._inner = inner
        self._view = view
        self.address = inner.address
        self.kind: Kind = inner.kind

    @property
    def resource(self) -> Resource[Any] | None:  # type: ignore[override]  # read only, and noted
        """The manifest: whoever has it may look at all of it."""
        self._view.note(self.address, WHOLE)
        return self._inner.resource

    @property
    def row(self) -> Row | None:  # type: ignore[override]  # as above
        """The row, as above."""
        self._view.note(self.address, WHOLE)
        return self._inner.row

    @property
    def kept(self) -> frozenset[str]:  # type: ignore[override]  # as above
        """The fields that the plan leaves."""
        self._view.note(self.address, WHOLE)
        return self._inner.kept

    @property
    def declared(self) -> bool:
        """Whether a manifest names it."""
        self._view.note(self.address, THERE)
        return self._inner.declared

    @property
    def exists(self) -> bool:
        """Whether it is in the database now."""
        self._view.note(self.address, THERE)
        return self._inner.exists

    def live(self, path: str) -> Any:
        """The live value."""
        self._view.note(self.address, path)
        return self._inner.live(path)

    def value(self, path: str) -> Any:
        """The value after the plan."""
        self._view.note(self.address, path)
        return self._inner.value(path)

    def wanted(self, path: str) -> Any:
        """What its manifest says."""
        self._view.note(self.address, path)
        return self._inner.wanted(path)

    def left_alone(self, path: str) -> bool:
        """Whether an existing value stays as it is: by the envelope of the manifest."""
        self._view.note(self.address, WHOLE)
        return self._inner.left_alone(path)

    def has(self, path: str) -> bool:
        """Whether the field holds anything after the plan."""
        self._view.note(self.address, path)
        return self._inner.has(path)

    @property
    def state(self) -> str:
        """The wanted state."""
        self._view.note(self.address, "state")
        return self._inner.state

    @property
    def live_state(self) -> str:
        """The state in the database."""
        self._view.note(self.address, "state")
        return self._inner.live_state

    @property
    def buried(self) -> bool:
        """Whether it is a tombstone after the plan."""
        self._view.note(self.address, "state")
        return self._inner.buried
