"""What must hold in a random world, tried step by step on one ground, and judged by the rows themselves.

Each step gives what is wrong, a sentence each. A plan that is empty because the tool is blind would be noticed: what
the manifests say is looked for in the rows, and what other programs wrote is known beforehand.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.adapters.snapshot import FrozenStore
from reconciler.engine.compose import compose
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.errors import InvalidManifests
from reconciler.model.plan import Plan
from reconciler.operations.apply import Orders, apply
from reconciler.operations.plan import plan
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.ports import ManifestReader
from tests.campaigns import texts
from tests.campaigns.expect import missing_in
from tests.campaigns.ground import INSTALLER, NOW, WRITER, Documents, Ground, errors
from tests.campaigns.layers import Layered, parted
from tests.campaigns.worlds import SIZES, SMALL, Mender, World, first, moved

ROUNDS = 60
LAYERED = 0.35
"""How many of the worlds have overlays, about."""
QUIET = frozenset({Action.HELD, Action.MANUAL, Action.REFRESH, Action.BLOCKED_BY})
"""What may stand in a plan although nothing is left to do: it waits for people, or concerns the ledger alone."""


@dataclass
class Trial:
    """One house on its ground. ``wrong`` collects what does not hold; ``done`` counts the steps that were tried."""

    ground: Ground
    chance: random.Random
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    world: World = field(default_factory=World)
    files: Mapping[str, bytes] = field(default_factory=dict)
    prune: bool = False
    anew: bool = True
    """Whether the same texts are read by every run; otherwise once, for it is not reading that is tried."""
    waivers: Mapping[str, bytes] = field(default_factory=dict)
    foreign: set[Address] = field(default_factory=set)
    """Rows in which other programs have written what git then accepted."""
    _read: Layered | None = field(default=None, repr=False)

    def say(self, step: str, text: str) -> None:
        """Something is wrong."""
        self.wrong.append(f"{step}: {text}")

    @property
    def request(self) -> Request:
        """What every run of this trial asks for."""
        return replace(INSTALLER, prune=self.prune)

    def reader(self, files: Mapping[str, bytes] | None = None) -> ManifestReader:
        """The manifests as text."""
        wanted = self.files if files is None else files
        if self._read is None or self._read.files != wanted:
            self._read = Layered(WRITER, dict(wanted), anew=self.anew)
        return self._read

    def doors(self, files: Mapping[str, bytes] | None = None) -> Doors:
        """The doors of a run over these manifests, and the waivers of now."""
        return self.ground.doors(self.reader(files), self.waivers)

    def plan(self, files: Mapping[str, bytes] | None = None, **how: Any) -> Proposal:
        """A plan of the manifests."""
        return plan(self.doors(files), replace(self.request, **how))

    def apply(self, **how: Any) -> Proposal:
        """Apply the manifests."""
        orders = Orders(agree=lambda _shown: True, applicant="the campaign", clock=lambda: NOW)
        return apply(self.doors(), replace(self.request, **how), orders, lambda _event: None).proposal

    # --- worlds ---

    def settle(self, wanted: World, former: World | None = None) -> bool:
        """Mend a world until the planner takes it; whether it does."""
        mender = Mender(self.chance, wanted, former)
        live = FrozenStore(self.ground.store.read())
        for _ in range(ROUNDS):
            found = self._complaints(wanted, live)
            if not found:
                self.seen["mended"] += mender.mended
                self.seen["dropped"] += mender.dropped
                return True
            for one in found:
                self.seen[f"mended {one.code}"] += 1
            if not mender.mend((one.address, one.path) for one in found):
                break
        self.seen["thrown away"] += 1
        for one in found:
            self.seen[f"stuck {one.code}"] += 1
        return False

    def _complaints(self, wanted: World, live: FrozenStore) -> Sequence[Any]:
        doors = replace(self.ground.doors(Documents(wanted)), store=live)
        try:
            proposal = plan(doors, self.request)
        except InvalidManifests as error:
            return errors(error.diagnostics)
        return [*errors(proposal.errors), *errors(proposal.holds)]

    def write_down(self, world: World) -> None:
        """Put a world into files, in any style."""
        self.world = world
        self.files = spread(self.chance, world)

    def learn(self) -> None:
        """Take the world from its files, which somebody else has written."""
        manifests, _ = self.reader().read()
        documents, _ = compose(manifests.documents, manifests.overlays)
        trees = {_address(one.tree): deepcopy(one.tree) for one in documents if one.tree["kind"] != "Moved"}
        moves = tuple(deepcopy(one.tree) for one in documents if one.tree["kind"] == "Moved")
        self.world = World(trees, self.world.attachments, moves)

    # --- steps ---

    def begin(self) -> bool:
        """Apply a first world to the empty database; whether there was one."""
        world = first(self.chance, SIZES if self.anew else SMALL)
        if not self.settle(world):
            return False
        self.write_down(world)
        self.applied("apply")
        return True

    def go_on(self) -> bool:
        """Apply a second world of the same house; whether there was one."""
        self.prune = self.chance.random() < 0.6
        world = moved(self.chance, self.world)
        if not self.settle(world, self.world):
            return False
        self.write_down(world)
        self.applied("second apply")
        return True

    def applied(self, step: str) -> None:
        """Apply: afterwards nothing is left to do, and the rows hold what the manifests say."""
        self.done[step] += 1
        if self.prune and any("cut off" in one.reason for one in self.plan().plan.of(Action.HELD)):
            self.seen["applied twice, for a file that lost its end"] += 1
            self.apply(prune=False)
        done = self.apply().plan
        again = self.plan()
        self.nothing_left(step, again)
        rows, ledger = self.ground.rows(), self.ground.ledger()
        waiting = {one.address for one in again.plan.of(Action.MANUAL)}
        for text in missing_in(self.world, rows, ledger, waiting):
            self.say(step, text)
        for one in done.changes:
            if one.action is Action.DELETE and one.address in rows:
                self.say(step, f"{one.address} was deleted and is there")

    def nothing_left(self, step: str, proposal: Proposal, *, but: frozenset[Action] = QUIET) -> None:
        """A plan is empty."""
        for text in left_in(proposal.plan, but):
            self.say(step, f"left to do: {text}")


def _address(tree: Mapping[str, Any]) -> Address:
    metadata = tree["metadata"]
    return Address(tree["kind"], metadata.get("tenant") or "", metadata["name"])


def left_in(found: Plan, but: frozenset[Action] = QUIET) -> Iterator[str]:
    """What a plan would still do, a line each."""
    for one in found.changes:
        if one.action not in but:
            fields = ", ".join(f"{line.path}: {line.before!r} -> {line.after!r} ({line.cause})" for line in one.fields)
            yield f"{one.action.value} {one.address} {one.edge or ''} {fields}"
    for notice in found.notices:
        yield f"notice {notice.event} about {notice.resource}"
    for cascade in found.cascades:
        yield f"cascade {cascade.address} to {cascade.state}"
    if not found.empty and all(one.action in QUIET for one in found.changes):
        yield "the plan is not empty"


def spread(chance: random.Random, world: World) -> dict[str, bytes]:
    """A world as files: one document a file or many, tidy or as people write, with and without overlays."""
    bases, overlays = list(world.trees.values()), dict[str, list[dict[str, Any]]]()
    if chance.random() < LAYERED:
        bases, overlays = parted(chance, bases)
    found = _files(chance, bases, "")
    for folder, trees in overlays.items():
        found |= _files(chance, trees, f"{folder}/")
    if world.moves:
        found["moves.yaml"] = WRITER.text(world.moves)
    return found | dict(world.attachments)


def _files(chance: random.Random, trees: list[dict[str, Any]], folder: str) -> dict[str, bytes]:
    groups: dict[str, list[dict[str, Any]]] = {}
    single = chance.random() < 0.3
    for number, tree in enumerate(trees):
        name = f"{number}.yaml" if single else f"{chance.randint(0, 3)}.yaml"
        groups.setdefault(f"{folder}{name}", []).append(tree)
    found: dict[str, bytes] = {}
    for name, group in groups.items():
        chance.shuffle(group)
        tidy = chance.random() < 0.4
        found[name] = WRITER.text(group) if tidy else texts.documents(chance, group)
    return found
