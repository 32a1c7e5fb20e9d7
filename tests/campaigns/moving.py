"""Moves: resources of many kinds get other names, by the verb or by hand, and nothing else changes.

What a world is with other names is worked out here, from the declarations of references alone, and so is what every row
and every ledger entry must be behind the apply, in every column.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Mapping
from copy import deepcopy
from typing import Any

from reconciler.adapters.secrets.keys import parse_key
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.columns import Field
from reconciler.model.encode import GENERATED
from reconciler.model.errors import InvalidManifests, ReconcilerError
from reconciler.model.kind import Level
from reconciler.model.secret import SecretValue
from reconciler.operations.drift import DriftRequest, drift
from reconciler.operations.move import move
from tests.campaigns import back, meddling
from tests.campaigns.back import RUN, WRITTEN, Former
from tests.campaigns.ground import KEY, WRITER, CheapSealer, Row, applied_of
from tests.campaigns.meddling import Files, Place
from tests.campaigns.trials import Trial
from tests.campaigns.values import SECRETS, name_of
from tests.campaigns.worlds import ADMINISTRATOR, CATALOG, Tree, World

Names = dict[Address, Address]
"""What resources are called from now on, by what they were called."""
Secret = tuple[Address, str]
"""A secret field of a resource, by its path."""
SEALER = CheapSealer(parse_key(KEY, origin="the campaign"))
UNTOLD = frozenset({"ACC-04"})
"""Codes of files that the verb cannot rewrite in place."""


def moved(trial: Trial) -> bool:
    """Give some resources other names, apply, look, and often go back; whether the house goes on."""
    names = _chosen(trial)
    former = back.taken(trial)
    before = trial.world
    drifted: dict[Place, Any] = {}
    meddled: set[Address] = set()
    if not names:
        return True
    if trial.chance.random() < 0.5:
        names = _by_verb(trial, names)
    else:
        if trial.chance.random() < 0.3:
            drifted, meddled = _meddled(trial)
        _by_hand(trial, names)
    trial.world = world = renamed(before, names, moves=trial.world.moves)
    found = _applied(trial, names, former, drifted, meddled)
    if not names:
        return True
    kept = _left_sealed(trial, names)
    way = trial.chance.random()
    if way < 0.4 and len(trial.ground.store.runs()) == former.runs + 1:
        return back.rolled_back(
            trial, found, names=names, opened=lambda one, row: _row(one, row, {}, kept) if one in names else row
        )
    if way < 0.7:
        _gone_back(trial, names, before, former)
    elif way < 0.9:
        trial.write_down(World(world.trees, world.attachments))  # every environment has applied it
        trial.nothing_left("moves taken away", trial.plan(prune=False))
    return True


def renamed(world: World, names: Mapping[Address, Address], *, moves: tuple[Tree, ...] = ()) -> World:
    """The same world with other names in it, wherever something is named."""
    trees: dict[Address, Tree] = {}
    for address, tree in world.trees.items():
        made = deepcopy(tree)
        made["metadata"]["name"] = names.get(address, address).name
        for one in CATALOG[address.kind].references:
            *above, leaf = one.path.split(".")
            node = made["spec"]
            for key in above:
                node = node.get(key) if isinstance(node, dict) else None
            if isinstance(node, dict) and node.get(leaf) is not None:
                node[leaf] = _said(one, address, node[leaf], names)
        trees[names.get(address, address)] = made
    return World(trees, world.attachments, moves)


def _said(one: Field, owner: Address, value: Any, names: Mapping[Address, Address]) -> Any:
    """What a reference says when what it names is called otherwise."""
    if isinstance(value, list):
        return [_said(one, owner, name, names) for name in value]
    if one.ref is None or not isinstance(value, str):
        return value
    tenant, _, name = value.rpartition("/") if one.ref.anywhere else (owner.tenant, "", value)
    if not one.ref.anywhere and CATALOG[one.ref.kind].level is Level.PLATFORM:
        tenant = ""
    will = names.get(Address(one.ref.kind, tenant, name))
    if will is None:
        return value
    return f"{will.tenant}/{will.name}".lstrip("/") if one.ref.anywhere else will.name


# --- ways -------------------------------------------------------------------------------------------------------------


def _chosen(trial: Trial) -> Names:
    """Some of what is managed, of several kinds, and names that are free."""
    chance, rows, ledger = trial.chance, trial.ground.rows(), trial.ground.ledger()
    able = [
        address
        for address in sorted(ledger)
        if address in rows and address in trial.world.trees and address != ADMINISTRATOR and _may(trial, address, rows)
    ]
    taken = {*rows, *ledger, *trial.world.trees}
    taken |= {Address.parse(one["spec"][end]) for one in trial.world.moves for end in ("from", "to")}
    names: Names = {}
    for address in chance.sample(able, min(len(able), chance.choice((1, 2, 3, 5)))):
        will = address._replace(name=name_of(chance))
        if will not in taken:
            names[address] = will
            taken.add(will)
    return names


def _may(trial: Trial, address: Address, rows: Mapping[Address, Row]) -> bool:
    kind, wishes = CATALOG[address.kind], trial.world.trees[address].get("lifecycle") or {}
    if kind.is_tenant or kind.singleton or wishes.get("management", "full") != "full":
        return False
    return kind.lifecycle is None or rows[address]["state"] != kind.lifecycle.tombstone


def _by_verb(trial: Trial, names: Names) -> Names:
    """Call the verb for each; those that it did. Their manifests are those of the world with other names."""
    trial.done["move"] += 1
    done: Names = {}
    for was, will in names.items():
        before = renamed(trial.world, {was: will})
        if _called(trial, was, will):
            done[was] = will
            _compare_trees(trial, before)
    return done


def _called(trial: Trial, was: Address, will: Address) -> bool:
    target = trial.chance.choice((str(will), will.name))
    try:
        found = move(trial.doors(), trial.request, Files(trial.files), WRITER, source=str(was), target=target)
    except ReconcilerError as error:
        trial.seen[f"not moved {error.code}"] += 1
        if error.code not in UNTOLD:
            told = [one.summary for one in getattr(error, "diagnostics", ())]
            trial.say("move", f"{was} to {will}: {error.code} {error.message} {told[:3]}")
        return False
    if not found.pending:
        trial.say("move", f"{was} is live, and the verb says that it is not")
    trial.files = {**trial.files, **{one.file: one.after for one in found.files}, **found.added}
    trial.learn()
    return True


def _compare_trees(trial: Trial, expected: World) -> None:
    """The manifests that the verb has written say what the same world says with other names."""
    for address in sorted({*expected.trees, *trial.world.trees}):
        one, two = expected.trees.get(address), trial.world.trees.get(address)
        if _bare(one) != _bare(two):
            trial.say("move", f"the manifest of {address} should be {one} and is {two}")


def _bare(tree: Any) -> Any:
    """A manifest without nulls, and without labels where there are none."""
    if isinstance(tree, dict):
        return {key: _bare(one) for key, one in tree.items() if one is not None and (key, one) != ("labels", {})}
    return [_bare(one) for one in tree] if isinstance(tree, list) else tree


def _by_hand(trial: Trial, names: Names) -> None:
    """Write the manifests anew, and what has moved, some of it over a name in between."""
    trial.done["move by hand"] += 1
    moves = []
    for was, will in names.items():
        ways = [was, will]
        if trial.chance.random() < 0.2:
            ways.insert(1, was._replace(name=f"between-{len(moves)}"))
        for one, two in itertools.pairwise(ways):
            moves.append(_manifest(f"m{len(moves)}", one, two))
    trial.write_down(renamed(trial.world, names, moves=tuple(moves)))


def _manifest(name: str, was: Address, will: Address) -> Tree:
    spec = {"from": str(was), "to": str(will)}
    return {"apiVersion": "reconciler/v1", "kind": "Moved", "metadata": {"name": name}, "spec": spec}


def _meddled(trial: Trial) -> tuple[dict[Place, Any], set[Address]]:
    """Let something drift that a plan takes back, and which rows others wrote for that.

    States are walks of their own and stay out.
    """
    before = meddling.meddle(trial)
    told = meddling.noticed(trial, before)
    there = trial.world.trees  # without a manifest nobody says what to go back to
    other = {place[0] for place in before if place not in told or place[1] == "state" or place[0] not in there}
    chosen = {place: value for place, value in before.items() if place[0] not in other}
    meddling.put_back(trial, {place: value for place, value in before.items() if place not in chosen})
    return chosen, {address for address, _ in before}


def _gone_back(trial: Trial, names: Names, before: World, former: Former) -> None:
    """Take the names back with the verb: what is there is what was there, but for when it was written."""
    trial.done["move back"] += 1
    there = back.taken(trial)
    returning = {will: was for was, will in names.items()}
    for was, will in returning.items():
        if not _called(trial, was, will):
            return
    trial.world = World(before.trees, before.attachments, trial.world.moves)
    _applied(trial, returning, there, {}, set())
    kept = _left_sealed(trial, returning)
    for what, old, new in (
        ("row", former.rows, trial.ground.rows()),
        ("ledger entry", former.ledger, trial.ground.ledger()),
    ):
        back.compare(
            trial,
            "move back",
            what,
            _plain(old, kept),
            _plain(new, kept),
            lambda one: (*WRITTEN, *RUN, *_let_go(trial, one)),
        )


# --- what must be there -----------------------------------------------------------------------------------------------


def _applied(
    trial: Trial, names: Names, former: Former, drifted: Mapping[Place, Any], meddled: Collection[Address]
) -> Former:
    """Apply, and compare every column of every row and of every ledger entry with those from before.

    What the apply found is given back: what others wrote may be in it, or, where it stood in the way, may not.
    """
    try:
        pending = trial.plan(prune=False).plan
    except InvalidManifests as error:
        if not drifted:
            raise
        trial.seen[f"no plan beside what drifted {error.code}"] += 1
        meddling.put_back(trial, drifted)
        drifted = {}
        pending = trial.plan(prune=False).plan
    found = {one.previous: one.address for one in pending.of(Action.MOVE)}
    if found != names:
        trial.say("move", f"the plan moves {_shown(found)} instead of {_shown(names)}")
    _pending_drift(trial, drifted)
    there = back.taken(trial)
    try:
        trial.applied("apply of moves")
    except InvalidManifests as error:
        if not drifted:
            raise
        for one in error.diagnostics:
            trial.seen[f"not reverted with a move {one.code}"] += 1
        meddling.put_back(trial, drifted)
        there = back.taken(trial)
        trial.applied("apply of moves")
    meddling.undisturbed(trial)
    written = {*names, *meddled}
    touched = {names.get(one, one) for one in written}
    kept = _left_sealed(trial, names)
    for what, old, new, moved_by in (
        ("row", former.rows, trial.ground.rows(), WRITTEN),
        ("ledger entry", former.ledger, trial.ground.ledger(), RUN),
    ):
        expected = {names.get(one, one): _row(one, row, names, kept) for one, row in old.items()}
        named = {
            names.get(one, one) for one, row in old.items() if _row(one, row, {}, kept) != _row(one, row, names, kept)
        }
        may = touched | named

        def but(one: Address, may: set[Address] = may, moved_by: tuple[str, ...] = moved_by) -> tuple[str, ...]:
            let_go = _let_go(trial, one)
            return (*moved_by, *let_go) if one in may or let_go else ()

        back.compare(trial, "move", what, expected, _plain(new, kept), but)
    return there


def _let_go(trial: Trial, address: Address) -> tuple[str, ...]:
    """A state that a person had to bring about, and that is ignored, leaves the ledger with the next write of it."""
    wishes = trial.world.trees.get(address, {}).get("lifecycle") or {}
    return ("applied",) if "state" in (wishes.get("ignoreChanges") or ()) else ()


def _pending_drift(trial: Trial, drifted: Mapping[Place, Any]) -> None:
    """Drift tells what drifts as ever while a move is pending, and where the database has it still."""
    report = drift(trial.doors(), DriftRequest())
    found = {(one.stands, one.path) for one in report.findings if one.path}
    ledger = trial.ground.ledger()
    found = {place for place in found if place[0] in ledger and ledger[place[0]]["management"] == "full"}
    for place in sorted(found ^ set(drifted)):
        trial.say("move", f"{meddling.shown(place)} drifts, or is told to drift, and not both")


def _left_sealed(trial: Trial, names: Names) -> frozenset[Secret]:
    """The passwords and tokens of what has moved that git ignores, at both names.

    Nobody reads such a value, so that it rests as it did, with the mark of the name under which it was written.
    """
    return frozenset(
        (end, one.path)
        for was, will in names.items()
        for one in CATALOG[will.kind].fields
        if one.secret is not None and one.secret.storage != "encrypted"
        if one.path in ((trial.world.trees.get(will, {}).get("lifecycle") or {}).get("ignoreChanges") or ())
        for end in (was, will)
    )


def _plain(rows: Mapping[Address, Any], kept: Collection[Secret]) -> dict[Address, Row]:
    return {one: _row(one, row, {}, kept) for one, row in rows.items()}


def _row(address: Address, row: Row, names: Mapping[Address, Address], kept: Collection[Secret]) -> Row:
    """A row or an entry of the ledger as it is with other names, its lists and sealed secrets in the open.

    Those of ``kept`` stay sealed.
    """
    kind, will = CATALOG[address.kind], names.get(address, address)
    found = {**row, "name": will.name}
    if "applied" in row:
        found["applied"] = applied = applied_of(row)
        for one in kind.references:
            if applied.get(one.columns[0].name) is not None:
                applied[one.columns[0].name] = _named(one, address, applied[one.columns[0].name], names)
        return found
    for one in kind.references:
        if row[one.columns[0].name]:
            found[one.columns[0].name] = _named(one, address, row[one.columns[0].name], names)
    for one in kind.fields:
        if one.type == "secret" and not one.transient and (address, one.path) not in kept:
            _open(one, address, will, found)
    return found


def _named(one: Field, owner: Address, value: Any, names: Mapping[Address, Address]) -> Any:
    parsed = _said(one, owner, json.loads(value) if one.type == "list" else value, names)
    return sorted(parsed) if isinstance(parsed, list) else parsed


def _open(one: Field, was: Address, will: Address, row: Row) -> None:
    """What a secret rests in opens at its address alone, and the mark of a value is that of its address."""
    column = one.columns[0].name.removesuffix("_version")
    rest, mark = row[column], row[f"{column}_fingerprint"]
    storage = "encrypted" if one.secret is None else one.secret.storage
    if not isinstance(rest, str) or not rest:
        return
    if storage == "encrypted":
        value = SEALER.unseal(was, one.path, rest)
        row[column] = value.reveal()
        if mark and mark != GENERATED:
            row[f"{column}_fingerprint"] = SEALER.fingerprint(will, one.path, value)
    elif mark and mark != GENERATED:
        value = next(
            one_ for text in SECRETS.values() if SEALER.fingerprint(was, one.path, one_ := SecretValue(text)) == mark
        )
        row[column] = SEALER.seal(will, one.path, storage, value)
        row[f"{column}_fingerprint"] = SEALER.fingerprint(will, one.path, value)


def _shown(names: Mapping[Address, Address]) -> list[str]:
    return [f"{was} to {will.name}" for was, will in sorted(names.items())]
