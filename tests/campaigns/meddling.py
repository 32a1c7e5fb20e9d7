"""Other programs that change managed rows by SQL, and what drift, revert, accept, export and adopt make of that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from reconciler.adapters.manifests import FilesReader
from reconciler.adapters.manifests.add import FilesAdder
from reconciler.engine.describe import describe
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.columns import Field
from reconciler.model.diagnostic import Phase
from reconciler.model.drift import DriftReport, Sort
from reconciler.model.errors import InvalidManifests, ReconcilerError
from reconciler.model.resource import AWAITED
from reconciler.operations.accept import accept
from reconciler.operations.adopt import AdoptOrders, adopt
from reconciler.operations.apply import Orders
from reconciler.operations.drift import DriftRequest, drift
from reconciler.operations.export import Export, ExportOrders, export
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import People
from reconciler.render.plan_json import plan_json
from tests.campaigns.expect import alike, stored
from tests.campaigns.foreign import excused
from tests.campaigns.ground import NOW, UNCOMPARED, WRITER, Rows, applied_of, errors
from tests.campaigns.trials import QUIET, Trial, left_in
from tests.campaigns.values import NOTHING, UNSAYABLE, value_of
from tests.campaigns.worlds import ADMINISTRATOR, CATALOG, SCHEMAS, node_of

Place = tuple[Address, str]
SHARE = 0.25
"""How much of the rows others change at most, about."""
LIVE_ONLY = {
    "CAT-03": "a category may be archived under a route of mail whose manifest is gone",
    "SYS-03": "settings of the platform that a manifest only observes count as they are written there",
}
"""Rules that a row may break although every apply kept them: they judge what a manifest says. An export tells."""


def undisturbed(trial: Trial) -> None:
    """Right behind an apply nothing has drifted."""
    trial.done["no drift behind an apply"] += 1
    for place in _found(trial, _drift(trial)):
        trial.say("drift", f"{shown(place)} drifts although nobody touched it")


def meddle(trial: Trial) -> dict[Place, Any]:
    """Change fields by SQL; what was there before, by place. Some of them are nobody's business."""
    chance, before = trial.chance, dict[Place, Any]()
    rows, ledger = trial.ground.rows(), trial.ground.ledger()
    for address in sorted(ledger):
        row = rows.get(address)
        if row is None or chance.random() > SHARE * 2 or address == ADMINISTRATOR:
            continue
        fields = [one for one in CATALOG[address.kind].fields if one.type != "secret" and not one.transient]
        for one in chance.sample(fields, chance.choice((1, 1, 2))):
            column = one.columns[0].name
            value = _other(trial, address, one, row[column])
            if value is not NOTHING and trial.ground.write(address, {column: value}):
                before[address, one.path] = row[column]
    return before


def noticed(trial: Trial, before: Mapping[Place, Any]) -> set[Place]:
    """Drift finds exactly what others changed of what is managed; those places."""
    trial.done["drift found"] += 1
    ledger = trial.ground.ledger()
    expected = {
        (address, path)
        for address, path in before
        if _managed(trial, ledger[address], address, path) and _watched(ledger[address])
    } - set(_as_asked(trial, before))
    found = _found(trial, _drift(trial))
    for place in sorted(expected - found):
        trial.say("drift", f"{shown(place)} was changed by another program, and drift does not tell")
    for place in sorted(found - expected):
        trial.say("drift", f"{shown(place)} is told as drift, and nobody touched it")
    return expected & found


def _as_asked(trial: Trial, before: Mapping[Place, Any]) -> Iterator[Place]:
    """The states that others brought about and that the manifest asks for: what a person has done is no drift."""
    rows = trial.ground.rows()
    for address, path in before:
        tree = trial.world.trees.get(address)
        if path == "state" and tree is not None and rows[address]["state"] == tree["spec"].get("state"):
            yield address, path


def reverted(trial: Trial, before: Mapping[Place, Any], rows: Rows) -> None:
    """A plan of the drift alone takes it back, and nothing else; ``rows`` are those from before."""
    trial.done["drift reverted"] += 1
    asked = {address: applied_of(entry).get(AWAITED) for address, entry in trial.ground.ledger().items()}
    waiting = waiting_in(trial, before)
    try:
        trial.apply(only_drift=True, prune=False)
    except InvalidManifests as error:
        # What cannot be taken back by a plan, such as a key or a walk against the life cycle, is put back by hand.
        for one in error.diagnostics:
            trial.seen[f"not reverted {one.code}"] += 1
        put_back(trial, before)
        return
    waiting |= waiting_in(trial, before)
    for place in _found(trial, _drift(trial)) - waiting:
        if place[0] not in trial.world.trees:
            continue  # without a manifest nobody says what to go back to
        trial.say("revert", f"{shown(place)} drifts still")
    ledger = trial.ground.ledger()
    now = trial.ground.rows()
    for (address, path), value in before.items():
        if address not in trial.world.trees:
            continue
        one = CATALOG[address.kind].by_path[path]
        mine = now[address][one.columns[0].name]
        if (address, path) in waiting or (one.state and mine == asked[address]):
            continue  # it waits for a person, or did, and another program has stood in
        if (
            _watched(ledger[address])
            and _managed(trial, ledger[address], address, path)
            and not alike(one, stored(one, value), stored(one, mine))
        ):
            trial.say("revert", f"{shown((address, path))} is {mine!r} and was {value!r}")
    untouched = {address for address in rows if address not in {place[0] for place in before}}
    for address in untouched:
        if _kept(rows[address]) != _kept(now.get(address, {})):
            trial.say("revert", f"{address} was changed, and nobody had touched it")
    left = {place for place in before if not _managed(trial, ledger[place[0]], *place)}
    left |= {place for place in before if place[0] not in trial.world.trees or not _watched(ledger[place[0]])}
    put_back(trial, {place: before[place] for place in left | waiting})


def waiting_in(trial: Trial, before: Mapping[Place, Any]) -> set[Place]:
    """The states that others changed and that only a person brings on from there, as a plan says (LIF-04).

    There is no way back to the state in which such a resource waited before. Once something else of it was applied,
    that state counts as seen, and only a plan of everything tells that a person is waited for.
    """
    states = {place for place in before if place[1] == "state"}
    if not states:
        return states
    try:
        manual = {one.address for one in trial.plan(only_drift=True, prune=False).plan.of(Action.MANUAL)}
    except InvalidManifests:
        return set()
    return {place for place in states if place[0] in manual}


def accepted(trial: Trial, places: set[Place], before: Mapping[Place, Any]) -> None:
    """What drifted goes into the manifests, resource by resource; then the plan has nothing to say about it."""
    trial.done["drift accepted"] += 1
    # Half of a unique key does not come back while the other half has drifted.
    late = tried_back(trial, {place: value for place, value in before.items() if place not in places})
    for address in sorted({address for address, _ in places}):
        mine = sorted(path for one, path in places if one == address)
        names = [str(address)] if trial.chance.random() < 0.5 else [f"{address}.{path}" for path in mine]
        files = dict(trial.files)
        try:
            done = accept(trial.doors(), trial.request, Files(files), WRITER, names=names)
        except ReconcilerError as error:
            trial.seen[f"not accepted {error.code}"] += 1
            if error.code == "ACC-04" and "comments" not in error.message:
                trial.say("accept", f"{names}: {error.message}")
            for one in getattr(error, "diagnostics", ()):
                trial.seen[f"not accepted, for {one.code}"] += 1
            late |= tried_back(trial, {place: value for place, value in before.items() if place[0] == address})
            continue
        trial.files = files | {one.file: one.after for one in done.files}
        taken = {(one, path) for one, path in done.fields}
        trial.foreign.add(address)
        for one in trial.plan(prune=False, only_drift=True).plan.changes:
            for line in one.fields:
                if (one.address, line.path) in taken and one.action not in QUIET:
                    trial.say("accept", f"{shown((one.address, line.path))} was accepted, and is left to do")
        if len(taken) < len(mine):
            trial.say("accept", f"{names} took {sorted(path for _, path in taken)} of {mine}")
        trial.seen["accepted"] += len(done.fields)
    trial.seen["not put back beside what was accepted"] += len(tried_back(trial, late))


def exported(trial: Trial) -> None:
    """What is live, written into an empty folder, is valid, tidy, and plans to nothing."""
    trial.done["export"] += 1
    doors = trial.ground.doors(WRITER.reader({}))
    by_tenant, states = trial.chance.random() < 0.5, trial.chance.random() < 0.5
    made = export(doors, WRITER, ExportOrders(by_tenant=by_tenant, states=states))
    for one in made.found:
        trial.seen[f"export tells {one.code}"] += 1
    wrong = [one for one in made.found if one.severity == "error"]
    codes = {one.code for one in wrong}
    if wrong and (_live_only(trial, codes) or excused(wrong, trial.ground.rows(), trial.foreign)):
        trial.seen["exports of rows that no manifest may say"] += 1
        return
    if made.faulty:
        trial.say("export", f"faulty: {[one.summary for one in wrong][:3]}")
    _tidy(trial, made)
    _covers(trial, made)
    try:
        proposal = trial.plan(made.files, prune=False)
    except ReconcilerError as error:
        told = [f"{one.code} {one.summary}" for one in errors(getattr(error, "diagnostics", ()))]
        trial.say("export", f"{error.message}: {told[:3]}")
        return
    for text in left_in(proposal.plan, QUIET | {Action.ADOPT}):
        trial.say("export", f"left to do: {text}")
    ledger = trial.ground.ledger()
    for one in proposal.plan.of(Action.ADOPT):
        if one.address in ledger:
            trial.say("export", f"{one.address} is managed, and would be adopted")
    for one in proposal.plan.diagnostics:
        if one.severity == "error" and one.phase is Phase.TIME and excused([one], trial.ground.rows(), trial.foreign):
            trial.seen[f"an export cannot tell {one.code}, which depends on the time"] += 1
        elif one.severity == "error":
            trial.say("export", f"{one.code} {one.address} {one.summary}")


def adopted(trial: Trial) -> None:
    """With an empty ledger everything is adopted, without a change, and then plans to nothing."""
    trial.done["adoption"] += 1
    trial.ground.forget_all()
    rows = trial.ground.rows()
    folder = trial.ground.folder / "adopted"
    folder.mkdir()
    mail = next(
        row["email"]
        for address, row in sorted(rows.items())
        if address.kind == ADMINISTRATOR.kind and row["role"] == "administrator" and row["state"] == "active"
    )
    who = replace(trial.request, people=People(names=(mail,)), prune=False)
    orders = AdoptOrders(
        addresses=(),
        export=ExportOrders(folder=".", people=who.people),
        apply=Orders(agree=lambda _: True, clock=lambda: NOW),
        agree=lambda _proposal, _made: True,
    )
    reader = FilesReader(folder, ["."])
    try:
        done = adopt(trial.ground.doors(reader), who, orders, WRITER, FilesAdder(folder), lambda _event: None)
    except ReconcilerError as error:
        trial.say(
            "adopt", f"{error.code} {error.message} {[one.summary for one in getattr(error, 'diagnostics', ())][:3]}"
        )
        return
    trial.seen["adopted"] += len(done.addresses)
    trial.seen["not adopted, for want of rights"] += len(done.barred)
    if _of(rows) != _of(trial.ground.rows()):
        trial.say("adopt", "rows were changed")
    missing = set(done.addresses) - set(trial.ground.ledger())
    if missing:
        trial.say("adopt", f"{sorted(map(str, missing))} do not stand in the ledger")


def ordered(trial: Trial) -> None:
    """Neither the order of files nor that of documents makes another plan."""
    trial.done["order"] += 1
    one = trial.plan()
    files = dict(reversed(trial.files.items()))
    two = trial.plan(files)
    if _bytes(one) != _bytes(two):
        trial.say("order", "the order of files makes another plan")
    if one.plan.digest != two.plan.digest:
        trial.say("order", "the order of files makes another digest")
    trees = list(trial.world.trees.values())
    digests = set()
    for _ in range(2):
        trial.chance.shuffle(trees)
        cut = trial.chance.randint(0, len(trees))
        groups = {"a.yaml": trees[:cut], "z.yaml": trees[cut:]}
        texts = {name: WRITER.text(deepcopy(found)) for name, found in groups.items() if found}
        digests.add(trial.plan(texts | dict(trial.world.attachments), prune=False).plan.digest)
    if len(digests) > 1:
        trial.say("order", "the order of documents makes another digest")


def put_back(trial: Trial, before: Mapping[Place, Any]) -> None:
    """Write the old values by SQL. None of them may be refused."""
    if left := tried_back(trial, before):
        trial.say("put back", f"others do not let {sorted({str(address) for address, _ in left})} be as they were")


def tried_back(trial: Trial, before: Mapping[Place, Any]) -> dict[Place, Any]:
    """Write the old values, those of a row at once, row by row as long as some are taken; those refused."""
    left = dict(before)
    while left:
        rows: dict[Address, dict[str, Any]] = {}
        for (address, path), value in left.items():
            rows.setdefault(address, {})[CATALOG[address.kind].by_path[path].columns[0].name] = value
        refused = {address for address, values in rows.items() if not trial.ground.write(address, values)}
        if len(refused) == len(rows):
            break
        left = {place: value for place, value in left.items() if place[0] in refused}
    return left


class Files:
    """Manifests in memory, as who rewrites them sees them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def contents(self) -> tuple[dict[str, bytes], list[Any]]:
        """The files, and what is wrong with them."""
        return {name: data for name, data in self._files.items() if name.endswith(".yaml")}, []


# --- parts ------------------------------------------------------------------------------------------------------------


def _bytes(proposal: Proposal) -> bytes:
    """Everything that a plan says."""
    report = describe(CATALOG, proposal.plan, guarded=proposal.guarded)
    return json.dumps(plan_json(report, version="0"), sort_keys=True).encode()


def _drift(trial: Trial) -> DriftReport:
    return drift(trial.doors(), DriftRequest())


def _found(trial: Trial, report: DriftReport) -> set[Place]:
    """What managed resources differ in. Whoever waits for a person, or is only watched, may differ as it likes."""
    ledger = trial.ground.ledger()
    found = set()
    for one in report.findings:
        if one.sort is Sort.UNMANAGED:
            if one.address in ledger:
                trial.say("drift", f"{one.address} is told as unmanaged, and stands in the ledger")
        elif one.address not in ledger or _watched(ledger[one.address]):
            found.add((one.address, one.path))
    return {place for place in found if place[0] in ledger}


def _watched(entry: Mapping[str, Any]) -> bool:
    return str(entry["management"]) == "full"


def _managed(trial: Trial, entry: Mapping[str, Any], address: Address, path: str) -> bool:
    column = CATALOG[address.kind].by_path[path].columns[0].name
    if column not in applied_of(entry):
        return False
    wishes = trial.world.trees.get(address, {}).get("lifecycle") or {}
    return not any(path == one or path.startswith(f"{one}.") for one in wishes.get("ignoreChanges") or ())


def _other(trial: Trial, address: Address, one: Field, old: Any) -> Any:
    """Another value for a column, as another program would write it; :data:`NOTHING` when none was found."""
    chance, kind = trial.chance, CATALOG[address.kind]
    for _ in range(4):
        value = _drawn(trial, kind.name, one)
        if value is NOTHING or (isinstance(value, dict) and one.type != "map"):
            return NOTHING
        try:
            if alike(one, value, stored(one, old)):
                continue
        except (ValueError, AttributeError, TypeError):
            continue
        if one.type == "text" and not one.words and value is not None and chance.random() < 0.05:
            return chance.choice(UNSAYABLE)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return NOTHING


def _drawn(trial: Trial, kind: str, one: Field) -> Any:
    chance = trial.chance
    if one.path == "lifecycle.protect":
        return chance.random() < 0.5
    if one.path.startswith("metadata."):
        return {"by": chance.choice(("hand", "é", ""))}
    if one.state:
        return chance.choice(one.words)
    if one.type in ("file", "textOrFile"):
        return f"p {{ content: '{chance.random()}' }}"
    if one.ref is not None:
        names = [other.name for other in trial.world.trees if other.kind == one.ref.kind]
        if one.type == "list":
            return chance.sample(names, chance.randint(0, len(names)))
        return chance.choice(names) if names else NOTHING
    node = node_of(kind, one.path.split("."))
    return (
        NOTHING
        if node is None
        else value_of(chance, node, SCHEMAS[kind].get("$defs", {}), name=one.path.rpartition(".")[2])
    )


def _live_only(trial: Trial, codes: set[str]) -> bool:
    """Whether nothing but rules of :data:`LIVE_ONLY` is broken."""
    settings = any(address.kind == "SystemConfiguration" for address in trial.ground.rows())
    return bool(codes) and codes <= LIVE_ONLY.keys() and not (settings and "SYS-03" in codes)


def _tidy(trial: Trial, made: Export) -> None:
    from reconciler.adapters.manifests.tidy import tidy
    from tests.campaigns.ground import ORDERS

    for name, data in made.files.items():
        if name.endswith(".yaml") and tidy("", data, ORDERS)[0] != data:
            trial.say("export", f"{name} is not tidy")


def _covers(trial: Trial, made: Export) -> None:
    """What is managed is exported, unless it is told why not."""
    told = {one.address for one in made.found}
    there = {one.address for one in made.resources}
    rows = trial.ground.rows()
    for address in trial.ground.ledger():
        if address in rows and address not in there and address not in told:
            trial.say("export", f"{address} is managed and left out without a word")


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in UNCOMPARED}


def _of(rows: Rows) -> dict[Address, dict[str, Any]]:
    return {address: _kept(row) for address, row in rows.items()}


def shown(place: Place) -> str:
    """A place as messages name it."""
    return f"{place[0]}.{place[1]}" if place[1] else str(place[0])
