"""What a run is asked to do, and the doors through which it reaches the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import Any

from reconciler.model.approval import Demand
from reconciler.model.baseline import Baselines
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.guards import Guards
from reconciler.model.manifest import Document
from reconciler.model.moved import Move
from reconciler.model.plan import Plan
from reconciler.model.policy import Evaluate, ReadPolicies
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretValue
from reconciler.model.snapshot import Snapshot
from reconciler.ports import AuthorReader, LiveStore, ManifestReader, Sealer, SecretReader


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDoors:
    """What judging by policies needs.

    ``document`` is a plan as expressions see it: what ``show --format json`` prints. Rendering it is no business of an
    operation, so whoever opens the doors hands it in.
    """

    read: ReadPolicies
    evaluate: Evaluate
    document: Callable[[Plan, Sequence[Diagnostic]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFolders:
    """Where waivers stand: ``roots`` as shown paths, what reads them, and the time by which they expire.

    ``optional`` says that nobody named them: one that does not exist holds no waivers then.
    """

    reader: ManifestReader
    roots: tuple[str, ...]
    now: datetime
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The world of one run. ``now`` is the time that rules see; ``clock`` tells the time of day.

    ``draw`` makes a random secret for a form of storage, of a length between ``minLength`` and ``maxLength``.
    ``authors`` tells who made commits, None where nothing does; ``version`` is that of the program.
    """

    catalog: Catalog
    reader: ManifestReader
    store: LiveStore
    secrets: SecretReader
    sealer: Sealer
    draw: Callable[[str, Mapping[str, Any]], SecretValue]
    now: datetime
    policies: PolicyDoors | None = None
    authors: AuthorReader | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    version: str = ""
    waivers: WaiverFolders | None = None
    narrowed: Callable[[frozenset[str]], ManifestReader | None] | None = None
    """Gives a reader of what a plan with targets is about and of some tenants beside it; None where there is none."""
    since: Callable[..., ManifestReader | None] | None = None
    """Gives a reader of what is not as it was in the files of a baseline; None where there is none."""
    baselines: Baselines | None = None
    """Where it is kept what was in step, for runs that may rest on it."""
    snapshot: Snapshot | None = None
    """What stands behind ``store`` when it is no database: then no secret is read, and nothing is applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who asks, by name: the applicant, then those who approved. ``local`` is false when a token says who it is.

    Without names nobody asks: a plan is made and not judged. ``installer`` acts on a database in which nobody is yet.
    ``makers`` made the plan that is asked about, in a plan file: they are no approvers of it; ``reach`` are those for
    whose eyes it was made, which is as far as it goes. ``strict`` denies every
    manifest outside of their reach, also one that changes nothing, and plans as though it were not there.
    """

    names: tuple[str, ...] = ()
    local: bool = True
    installer: str = ""
    makers: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    strict: bool = True


ReadFile = Callable[[Document, str], bytes]
"""Reads a file that a manifest names."""

ReadFormer = Callable[[], "Former | None"]
"""Reads the manifests of the commit before; None where they hold errors. Only some plans need them."""


@dataclass(frozen=True, slots=True)
class Former:
    """The manifests of the commit that a branch began at. What git has not changed since denies nobody."""

    resources: tuple[Resource[Any], ...] = ()
    moves: tuple[Move, ...] = ()
    read_file: ReadFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a plan is about.

    ``targets`` and ``excludes`` are patterns of addresses. ``mine`` leaves out, and does not deny, manifests outside of
    the reach of those who ask. ``prune`` deletes what no manifest names any more.
    ``only_drift`` leaves out whatever git alone has changed.
    ``layout`` is the shape of the tree, empty for none. ``demand`` says how many people must agree.
    ``former`` is what manifests are compared with that lie outside of the reach of those who ask. ``remarks`` are told
    beside what the guards say: what the configuration says and does not count for this plan.
    """

    environment: str = ""
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    mine: bool = False
    prune: bool = False
    only_drift: bool = False
    layout: str = ""
    guards: Guards = field(default_factory=Guards)
    people: People = field(default_factory=People)
    demand: Demand = field(default_factory=Demand)
    former: ReadFormer | None = None
    remarks: tuple[Diagnostic, ...] = ()
