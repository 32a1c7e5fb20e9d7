"""Plan files that are not what was reviewed: tampered with, stale, of another database, or applied again.

Tampered files are tried where they are read, by the thousand, and a share through the program. A file whose seal and
digest were renewed by whoever changed it may be accepted only when it means the same: the apply then comes to the very
rows that the sound file comes to. Everything else is refused, and nothing is written.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import rfc8785

from reconciler.engine.plan.content import digest
from reconciler.engine.planfile import _seal, from_document
from reconciler.model.errors import ReconcilerError, Stale, UsageError
from reconciler.operations import apply
from reconciler.operations.apply import Orders
from reconciler.operations.show import open_plan
from tests.campaigns.commits import APPLY
from tests.campaigns.crashes import APPLY as BY_MANIFESTS
from tests.campaigns.crashes import Home, comparable

if TYPE_CHECKING:
    from reconciler.operations.proposal import Proposal
    from reconciler.operations.request import Doors

REFUSED = {1, 4, 5}
"""Exit codes of a file that is no plan, was made for nobody that there is, or is not the reviewed one any more."""

_MEANS_NOTHING = re.compile(
    r"/(changes/\d+(/fields/\d+)?/source|changes/\d+/fields/\d+/(base|cause)"
    r"|madeBy|carriers|approvals|aside|manifests|commit|summary/(unchanged|drift))\b"
)
"""What a file says besides what it does: manifests, their commit and their lines, why a field changes, how much does
not, who made it, for whom and what was asked for, who must agree, and what its report told besides. An apply finds the
same out again, or the file does not fit."""

_STAGE = "later"
_OTHER: list[Any] = ["", "x", None, True, False, 0, -1, 2**70, 1.5, [], {}, ["x"], {"a": 1}, "Category/cais/extra"]
_SQL = (
    "UPDATE categories SET description = 'moved' WHERE tenant = 'farol'",
    "UPDATE categories SET sort_order = 99 WHERE tenant = 'cais'",
    "UPDATE partners SET legal_name = 'Moved, Lda.' WHERE name = 'farol'",
    "DELETE FROM service_types WHERE name = 'request'",
)
_EDITS = (
    ("tenants/farol/desk.yaml", "All about seals", "Nothing about seals"),
    ("tenants/cais/desk.yaml", "displayName: Incident", "displayName: Accident"),
    ("tenants/farol/customers.yaml", 'version: "2"', 'version: "3"'),
    ("tenants/farol/partner.yaml", "FAR-0002", "FAR-0003"),
)


def tampered(home: Home, *, seed: int, n: int) -> tuple[int, list[str]]:
    """Changed files where they are read and compared: how many, and which were taken for what they are not."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    sound = [(home.folder / stage / "p.plan").read_bytes() for stage in home.reached]
    plans = [open_plan(one) for one in sound]
    tried, found = 0, []
    while tried < n:
        which = tried % len(sound)
        data, how = _changed(chance, sound[which])
        if data == sound[which]:
            continue
        tried += 1
        try:
            read = open_plan(data)
            orders = Orders(agree=lambda _shown: True, reviewed=read.plan)
            shown = cast("Proposal", SimpleNamespace(plan=plans[which].plan))
            apply._agrees(cast("Doors", SimpleNamespace(store=None)), orders, shown)
        except (UsageError, Stale):
            continue
        except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
            found.append(f"{how}: {type(error).__name__}")
            continue
        if read.plan != plans[which].plan and not _MEANS_NOTHING.match(how):
            found.append(f"{how}: taken for sound")
    return tried, found


def renewed(home: Home, *, seed: int, n: int) -> tuple[int, list[str]]:
    """Changed files with a new seal, half of them with a new digest, applied: how many, and what went wrong."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    sound = (home.folder / _STAGE / "p.plan").read_bytes()
    tried, found = 0, []
    while tried < n:
        document = json.loads(sound)
        how = _field(chance, document)
        data = _resealed(document, digest_too=tried % 2 == 0)
        if data is None or data == sound:
            continue
        tried += 1
        home.reset(_STAGE)
        before = home.dump()
        (home.work / "p.plan").write_bytes(data)
        ended = home.run(APPLY[_STAGE])
        after = home.dump()
        refused = ended.code in REFUSED and after == before
        same = ended.code == 0 and comparable(after) == home.whole[f"{_STAGE} by file"]
        if not (refused or same) or "Traceback" in ended.text or "ERR-00" in ended.text:
            found.append(f"{how}: ended with {ended.code}: {ended.text[-300:]}")
    return tried, found


def untimely(home: Home, *, seed: int, n: int) -> tuple[int, list[str]]:
    """Stale, foreign and replayed files: how many, and what went wrong."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    cases: list[Callable[[Home, random.Random], str]] = [_stale_row, _replayed, _foreign, _stale_manifest, _overtaken]
    found = []
    for number in range(n):
        case = cases[number % len(cases)]
        home.reset(_STAGE)
        wrong = case(home, chance)
        if wrong or home.broken_chain():
            found.append(f"{case.__name__.strip('_')}: {wrong} {home.broken_chain()}")
    return n, found


def _stale_row(home: Home, chance: random.Random) -> str:
    home.sql(chance.choice(_SQL))
    return _refusal(home)


def _stale_manifest(home: Home, chance: random.Random) -> str:
    file, old, new = chance.choice(_EDITS)
    text = (home.work / file).read_text(encoding="utf-8")
    assert old in text, old
    (home.work / file).write_text(text.replace(old, new), encoding="utf-8")
    return _refusal(home)


def _foreign(home: Home, _chance: random.Random) -> str:
    """The same manifests were applied to another database, to the same rows."""
    plan = (home.work / "p.plan").read_bytes()
    home.reset("first")
    first = home.run(BY_MANIFESTS["first"])
    assert first.code == 0, first.text
    for file in (home.folder / _STAGE).rglob("*.yaml"):
        (home.work / file.relative_to(home.folder / _STAGE)).write_bytes(file.read_bytes())
    (home.work / "tenants/cais/extra.yaml").unlink(missing_ok=True)
    (home.work / "p.plan").write_bytes(plan)
    return _refusal(home)


def _replayed(home: Home, chance: random.Random) -> str:
    """Applied twice or more: the first time counts."""
    codes = [home.run(APPLY[_STAGE]).code]
    before = home.dump()
    codes += [home.run(APPLY[_STAGE]).code for _ in range(chance.randint(1, 2))]
    return "" if set(codes) == {0} and home.dump() == before else f"ended with {codes}"


def _overtaken(home: Home, chance: random.Random) -> str:
    """Applied, then the rows moved on, then applied again: that must not take them back."""
    assert home.run(APPLY[_STAGE]).code == 0
    home.sql(chance.choice(_SQL))
    before = home.dump()
    ended = home.run(APPLY[_STAGE])
    return "" if ended.code in {0, *REFUSED} and home.dump() == before else f"ended with {ended.code}: {ended.text}"


def _refusal(home: Home) -> str:
    before = home.dump()
    ended = home.run(APPLY[_STAGE])
    fine = ended.code == 5 and home.dump() == before and "Traceback" not in ended.text
    return "" if fine else f"ended with {ended.code}: {ended.text[-300:]}"


# --- how files are changed -------------------------------------------------------------------------------------------


def _changed(chance: random.Random, sound: bytes) -> tuple[bytes, str]:
    """A changed file, and how it was changed."""
    if chance.random() < 0.5:
        document = json.loads(sound)
        how = _field(chance, document)
        if chance.random() < 0.5:
            return _resealed(document, digest_too=False) or sound, f"{how}, with a new seal"
        try:
            return rfc8785.dumps(document) + b"\n", how
        except rfc8785.CanonicalizationError:
            return json.dumps(document).encode(), how
    place = chance.randrange(len(sound))
    size = chance.choice([1, 1, 1, 2, 7, 100])
    some = bytes(chance.choice(b'{}[],:"\\ \n0129aeu\x00\xff') for _ in range(size))
    other = chance.randrange(len(sound))
    match chance.randrange(5):
        case 0:
            return sound[:place] + some + sound[place + size :], f"bytes {place} to {place + size} are others"
        case 1:
            return sound[:place] + some + sound[place:], f"{size} bytes more at {place}"
        case 2:
            return sound[:place] + sound[place + size :], f"{size} bytes less at {place}"
        case 3:
            return sound[:place], f"cut at {place}"
        case _:
            return sound[:place] + sound[other : other + size] + sound[place + size :], f"{other} copied to {place}"


def _field(chance: random.Random, document: Any) -> str:
    """Change one value, key or place of the document; gives how."""
    places = list(_places(document, ""))
    holder, key, path = chance.choice(places)
    match chance.randrange(5):
        case 0 if isinstance(holder, dict):
            del holder[key]
            return f"{path} is gone"
        case 1 if isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key)
            return f"{path} has another name"
        case 2 if isinstance(holder, list):
            holder.insert(chance.randrange(len(holder) + 1), holder[key])
            return f"{path} is there twice"
        case 3 if isinstance(holder, list):
            holder.pop(key)
            return f"{path} is gone"
        case 4 if isinstance(holder[key], str) and holder[key]:
            text = holder[key]
            place = chance.randrange(len(text))
            holder[key] = text[:place] + chance.choice("aZ0-/ ") + text[place + 1 :]
            return f"{path} has another letter"
    there = chance.choice(places)
    holder[key] = chance.choice([*_OTHER, deepcopy(there[0][there[1]])])
    return f"{path} has another value"


def _places(value: Any, path: str) -> Any:
    if isinstance(value, dict | list):
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key, f"{path}/{key}"
            yield from _places(item, f"{path}/{key}")


def _resealed(document: Any, *, digest_too: bool) -> bytes | None:
    """The bytes of a changed document whose seal, and digest, were made anew; None when that cannot be."""
    try:
        if digest_too:
            plan = from_document(_sealed(document))
            document = {**document, "digest": digest(plan)}
        return rfc8785.dumps(_sealed(document)) + b"\n"
    except (ReconcilerError, rfc8785.CanonicalizationError, AttributeError, TypeError, ValueError):
        return None


def _sealed(document: Any) -> dict[str, Any]:
    content = {key: value for key, value in document.items() if key != "seal"}
    return {**content, "seal": _seal(content)}
