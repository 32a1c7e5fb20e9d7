"""Kind: the one declaration of a kind, from which every stage and every adapter takes what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from enum import Enum, IntEnum, StrEnum
from typing import Any

from reconciler.model.access import Allow
from reconciler.model.columns import Column, Field, columns_of, fields_of
from reconciler.model.dataclass import dataclass
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.listing import Listing
from reconciler.model.rule import Rule, RuleText
from reconciler.model.spec import Spec


class Group(IntEnum):
    """The groups of kinds, in the order in which they are applied."""

    PLATFORM = 1
    ORGANISATIONS = 2
    SIGNING = 3
    HELPDESK = 4
    CUSTOMERS = 5
    REPORTING = 6


class Level(StrEnum):
    """Where resources of a kind stand: outside every tenant, in one, or either (GEN-11)."""

    PLATFORM = "platform"
    TENANT = "tenant"
    BOTH = "both"


class Deletion(Enum):
    """What pruning does.

    ``ROW`` removes the row. ``PATH`` walks the life cycle to the tombstone. ``RETAINED`` refuses until the tombstone
    has been reached, and then only forgets (GEN-08). ``NEVER`` is never deleted.
    """

    ROW = "row"
    PATH = "path"
    RETAINED = "retained"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A server-owned field. It stands in exports under ``status`` and never in a manifest (GEN-06).

    ``path`` leaves out ``status.``; ``column`` is its column. ``stored`` is false when it is computed on reading or
    when its column is one that every table has. ``compute(entity, view, now)`` gives a value that is computed on
    reading; such a field has no column and stands in no row.
    """

    path: str
    column: str
    type: str
    description: str
    words: tuple[str, ...] = ()
    stored: bool = True
    compute: Callable[[Any, Any, Any], Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """A natural key.

    ``paths`` are field paths; ``at`` is what a diagnostic points at in the second resource. ``space`` joins kinds that
    share one name space. ``within`` is ``platform`` (everywhere) or ``tenant``. Rows whose state is in
    ``unless_state``, or for which a ``when`` field has another value than the given one, do not count. ``unless(second,
    first, view)`` is true for two entities whose clash another rule reports.
    """

    code: str
    paths: tuple[str, ...]
    at: str
    within: str = "platform"
    fold: bool = False
    space: str = ""
    unless_state: tuple[str, ...] = ()
    when: tuple[tuple[str, Any], ...] = ()
    unless: Callable[[Any, Any, Any], bool] | None = None


def _nothing(*_values: Any) -> Iterator[Any]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One kind, whole: what it is, its fields, its table, its life cycle, who may do what, its rules, an example.

    ``order`` breaks ties inside a group when references leave the order of apply open. ``level_of`` overrides ``level``
    for kinds whose place depends on a field (the configuration kinds): it takes the spec and returns a level or None.
    ``refused`` maps keys of ``spec`` to the code and message that replace GEN-01. ``singleton`` is the one allowed
    name. ``delete_from`` lists the states out of which a row may be deleted; the planner walks there first.
    ``entry_state(resource, view)`` overrides the entry state. ``at_creation(resource, view)`` yields ``(column,
    value)`` pairs for empty or server-owned columns of a new row. ``on_change(planned, view)`` does so for every
    planned write. ``effects(planned, view)`` yields the notices and cascades that follow. ``risks(planned, view)``
    yields further risk tags. ``managed(spec, path)`` may take a field out of comparison. ``seeds`` are rows that
    initialising a database creates. A kind is equal to itself only, so that what is prepared from it can be kept beside
    it.
    """

    name: str
    table: str
    group: Group
    order: int
    level: Level
    spec: type[Spec]
    description: str
    allow: tuple[Allow, ...]
    example: str
    level_of: Callable[[Any], Level | None] | None = None
    lifecycle: Lifecycle | None = None
    deletion: Deletion = Deletion.ROW
    delete_from: tuple[str, ...] = ()
    status: tuple[Status, ...] = ()
    unique: tuple[Unique, ...] = ()
    rules: tuple[Rule, ...] = ()
    texts: tuple[RuleText, ...] = ()
    refused: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    """Code that replaces GEN-13 for a required field that is missing, by path."""
    singleton: str = ""
    entry_state: Callable[[Any, Any], str] | None = None
    at_creation: Callable[[Any, Any], Iterator[tuple[str, Any]]] = _nothing
    on_change: Callable[[Any, Any], Iterator[tuple[str, Any]]] = _nothing
    effects: Callable[[Any, Any], Iterator[Any]] = _nothing
    risks: Callable[[Any, Any], Iterator[Any]] = _nothing
    managed: Callable[[Any, str], bool] | None = None
    secret_check: Callable[[str, Any, Any], Iterator[Any]] = _nothing
    """``(path, SecretValue, view)`` yields the findings about a resolved secret; none of them may hold the value."""
    is_tenant: bool = False
    """Whether resources of this kind are the tenants: their names are what ``metadata.tenant`` says."""
    guardian: Callable[[Any], bool] | None = None
    """Whether an entity keeps the doors open: an active administrator. A plan leaves at least the configured number."""
    guardian_code: str = ""
    """The rule that speaks when no guardian would remain; without one it is that of the configured number."""
    seeds: tuple[Mapping[str, Any], ...] = ()
    principal: Callable[[Any, Any, Any], Any] | None = None
    """``(entity, view, now)`` gives the :class:`~reconciler.model.principal.Principal` that a resource is, if any."""
    company_role: Callable[[Any], Any] | None = None
    """The role of those who work for a resource of this kind, when it is a company: ``(entity) -> RoleWord``."""
    conditions: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    """What the conditions of ``allow`` mean that not every kind knows, by their words."""
    denials: Mapping[str, str] = field(default_factory=dict)
    """Why the matrix denies, by code: the middle of a sentence."""
    portal: Mapping[str, str] = field(default_factory=dict)
    """The permission path of people of the portals, by field path or verb; ``*`` for everything else."""
    sensitive: tuple[str, ...] = ()
    """Fields whose change makes a plan sensitive: they feed rights, or bind everybody. ``*`` is every change."""

    listing: Listing | None = None
    """The table of those that belong to one owner, where people may export it."""

    fields: tuple[Field, ...] = field(init=False)
    """Leaf fields of the spec in order of declaration, the envelope's stored fields first."""
    columns: tuple[Column, ...] = field(init=False)
    """The compared columns in the order of a row; a field may have several."""
    index: Mapping[str, int] = field(init=False, repr=False)
    """Column name to its place in a :data:`~reconciler.model.resource.Row`; server-owned columns included."""
    by_path: Mapping[str, Field] = field(init=False, repr=False)
    references: tuple[Field, ...] = field(init=False, repr=False)
    """The fields that name another resource."""

    def __post_init__(self) -> None:
        fields = fields_of(self.spec)
        columns = columns_of(fields)
        names = ["tenant", "name", "rev", *(column.name for column in columns)]
        names += [one.column for one in self.status if one.column not in names and one.compute is None]
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "index", {name: place for place, name in enumerate(names)})
        object.__setattr__(self, "by_path", {one.path: one for one in fields})
        object.__setattr__(self, "references", tuple(one for one in fields if one.ref is not None))

    @property
    def row_columns(self) -> tuple[str, ...]:
        """Names of the columns of a row, in order: tenant, name, rev, the compared ones, the server-owned ones."""
        return tuple(self.index)

    @property
    def owner(self) -> Field | None:
        """The reference that says to what a resource belongs, if there is one."""
        for one in self.fields:
            if one.ref is not None and one.ref.part == "owner":
                return one
        return None
