"""Focus: the tenants that a plan with targets is about, where the tree promises a folder for each.

Inside of it is what those tenants hold, and the resources that are those tenants. Everything else stands beside it: it
is read as far as something inside depends on it, and nothing is said about it but errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Severity

TENANT = "{tenant}"
"""The folder of a layout that stands for the name of a tenant."""

_WILD = frozenset("*?[")
_PARTS = 3


class Beyond(Exception):  # no error: it says what else has to be read
    """An answer lies with tenants that were not read; ``tenants`` are their names."""

    def __init__(self, *tenants: str) -> None:
        super().__init__(*tenants)
        self.tenants = frozenset(tenants)


class NeedsAll(Exception):  # no error, as above
    """An answer may lie with any tenant: nothing less than everything will do."""


@dataclass(frozen=True, slots=True)
class Focus:
    """``tenants`` are globs over names of tenants, ``shapes`` the layout as paths with the folder ``{tenant}``.

    ``kind`` is the kind whose resources are the tenants.
    """

    tenants: tuple[str, ...]
    shapes: tuple[tuple[str, ...], ...]
    kind: str

    def has(self, tenant: str) -> bool:
        """Whether a tenant is one of those."""
        return any(fnmatchcase(tenant, glob) for glob in self.tenants)

    def holds(self, address: Address) -> bool:
        """Whether a resource stands inside."""
        if address.tenant:
            return self.has(address.tenant)
        return address.kind == self.kind and self.has(address.name)

    def owner(self, path: str) -> str:
        """The tenant beside it in whose folder a file, or a folder with a slash at its end, stands; empty for none."""
        path = f"{path}-" if path.endswith("/") else path
        for shape in self.shapes:
            tenant = tenant_of(path, shape)
            if tenant is not None and not self.has(tenant):
                return tenant
        return ""

    def tells(self, found: Diagnostic) -> bool:
        """Whether a finding is told: every error, and what is about something inside or about nothing in particular."""
        if found.severity is Severity.ERROR:
            return True
        if found.address is not None:
            return self.holds(found.address)
        return found.source is None or not self.owner(found.source.file)

    def names(self, glob: str) -> bool:
        """Whether a pattern of addresses speaks of one of those tenants by its name, and of no other."""
        tenant = _tenant_in(glob, self.kind)
        return bool(tenant) and _WILD.isdisjoint(str(tenant)) and self.has(str(tenant))

    @property
    def named(self) -> tuple[str, ...]:
        """The tenants that are named in full; empty where a glob has to be matched with names."""
        return self.tenants if all(_WILD.isdisjoint(one) for one in self.tenants) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which tenants are read: those of ``focus``, and others ``beside`` it on which something inside depends."""

    focus: Focus
    beside: frozenset[str] = frozenset()

    def has(self, tenant: str) -> bool:
        """Whether everything of a tenant was read."""
        return tenant in self.beside or self.focus.has(tenant)

    def lacks(self, path: str) -> str:
        """The tenant that was not read and in whose folder a path, as for :meth:`Focus.owner`, is; empty for none."""
        tenant = self.focus.owner(path)
        return "" if not tenant or self.has(tenant) else tenant


def focus_of(catalog: Catalog, targets: Sequence[str], layout: str, *, within: Iterable[str] = ()) -> Focus | None:
    """The focus of ``targets``; None where they may match what no tenant holds, or the layout promises no folders.

    ``within`` are folders in which the layout holds as well.
    """
    kind = next((one.name for one in catalog.values() if one.is_tenant), None)
    if not targets or not layout or kind is None:
        return None
    tenants = [_tenant_in(glob, kind) for glob in targets]
    if any(one is None or not one.strip("*") for one in tenants):
        return None
    shapes = tuple(PurePosixPath(one, layout).parts for one in ("", *within))
    return Focus(tuple(dict.fromkeys(one for one in tenants if one)), shapes, kind)


def _tenant_in(glob: str, kind: str) -> str | None:
    """The part of a target that stands for the tenant; None where nobody can tell.

    An address has at most two slashes, so with two of them in a glob no wildcard stands for another. A set in brackets
    may hold a slash.
    """
    parts = glob.split("/")
    if "[" in glob:
        return None
    if len(parts) == _PARTS:
        return parts[1]
    plain = len(parts) == _PARTS - 1 and parts[0] == kind and _WILD.isdisjoint(parts[1])
    return parts[1] if plain else None


def tenant_of(file: str, shape: tuple[str, ...]) -> str | None:
    """The tenant in whose folder a file stands, by a layout as path; None where it stands in none."""
    parts = PurePosixPath(file).parts[:-1]
    if len(parts) < len(shape):
        return None
    tenant = None
    for wanted, part in zip(shape, parts, strict=False):
        if wanted == TENANT:
            tenant = part
        elif wanted != part:
            return None
    return tenant
