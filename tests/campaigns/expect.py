"""What must stand in the rows after an apply, worked out from the trees and the declarations, past the engine."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.columns import Field
from tests.campaigns.worlds import CATALOG, Tree, World

Row = Mapping[str, Any]
_NOWHERE: Any = object()


def missing_in(
    world: World, rows: Mapping[Address, Row], ledger: Mapping[Address, Row], waiting: Collection[Address] = ()
) -> Iterator[str]:
    """What the rows lack of what the manifests say, a sentence each. The states of ``waiting`` are up to a person."""
    for address, tree in world.trees.items():
        wishes = tree.get("lifecycle") or {}
        if wishes.get("management") == "observe":
            if address in ledger and ledger[address]["management"] != "observe":
                yield f"{address} is only observed and stands in the ledger as managed"
            continue
        row = rows.get(address)
        if row is None:
            yield f"{address} has no row"
            continue
        if address not in ledger:
            yield f"{address} does not stand in the ledger"
        if wishes.get("management") == "createOnly":
            continue
        ignored = (*(wishes.get("ignoreChanges") or ()), *(("state",) if address in waiting else ()))
        yield from _missing(address, tree, row, ignored, world.attachments)


def _missing(
    address: Address, tree: Tree, row: Row, ignored: tuple[str, ...], attachments: Mapping[str, bytes]
) -> Iterator[str]:
    kind = CATALOG[address.kind]
    for one in kind.fields:
        if one.transient or any(one.path == path or one.path.startswith(f"{path}.") for path in ignored):
            continue
        value = said(tree, one)
        if value is _NOWHERE:
            continue
        if one.type == "secret":
            yield from _secret(address, one, value, row)
            continue
        column = one.columns[0].name
        if isinstance(value, dict) and "fromFile" in value and one.type in ("file", "textOrFile"):
            value = attachments[value["fromFile"]]
            there = row[column] if isinstance(row[column], str) else ""
            fits = plain_file(value) == there or not _is_text(value)
        else:
            fits = alike(one, value, stored(one, row[column]))
        if not fits:
            yield f"{address}.{one.path} is {row[column]!r}, and the manifest says {value!r}"


def said(tree: Tree, one: Field) -> Any:
    """What a manifest says of a field: the given value, else a default that is its own; else nowhere."""
    node: Any = tree if one.path.startswith(("metadata.", "lifecycle.")) else tree["spec"]
    for key in one.path.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    if node is not None:
        return _NOWHERE if one.inherit is not None and node == one.inherit.word else node
    if (
        one.inherit
        or one.derived
        or one.state
        or one.type in ("secret", "file")
        or one.required
        or one.optional_parents
    ):
        return _NOWHERE
    if kind_leaves_open(tree):
        return _NOWHERE
    return one.default


def kind_leaves_open(tree: Tree) -> bool:
    """Whether fields that are left out are not managed, defaults or not, as with ``useSystem``."""
    return tree["spec"].get("useSystem") is True


def stored(one: Field, value: Any) -> Any:
    """A stored value as manifests write it."""
    if value is None:
        return None
    if one.type in ("list", "objects", "map"):
        with contextlib.suppress(ValueError):  # another program may have put a plain text there
            return json.loads(value)
    return bool(value) if one.type == "bool" else value


def alike(one: Field, wanted: Any, there: Any) -> bool:
    """Whether two values mean the same, told by a few plain words: case, order, spelling of addresses and line ends."""
    if one.type == "objects" and isinstance(wanted, list) and isinstance(there, list):
        if len(wanted) != len(there):
            return False
        return all(any(_covers(given, entry) for entry in there) for given in wanted)
    if one.canonical is not None:
        with contextlib.suppress(ValueError):
            if one.canonical.of(wanted) == one.canonical.of(there):
                return True
    return _simple(wanted, ordered=one.unordered is None) == _simple(there, ordered=one.unordered is None)


def _covers(given: Any, entry: Any) -> bool:
    return all(_simple(value) == _simple(entry.get(key)) for key, value in given.items() if value is not None)


def _simple(value: Any, *, ordered: bool = True) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\r", "\n").strip().casefold()
        for read in (_network, _instant):
            with contextlib.suppress(ValueError):
                return read(text)
        return text
    if isinstance(value, list):
        found = [_simple(one) for one in value]
        return found if ordered else sorted(found, key=repr)
    if isinstance(value, dict):
        return {key: _simple(one) for key, one in value.items() if one is not None}
    return value


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


def _instant(text: str) -> str:
    if "t" not in text:
        raise ValueError(text)
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).isoformat()


def _secret(address: Address, one: Field, value: Any, row: Row) -> Iterator[str]:
    resting, version = one.columns[0].name.removesuffix("_version"), one.columns[0].name
    if value is None:
        return
    if not row[resting]:
        yield f"{address}.{one.path} is not stored"
    if row[version] != value.get("version"):
        yield f"{address}.{one.path} has the version {row[version]!r}, and the manifest says {value.get('version')!r}"


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def plain_file(data: bytes) -> str:
    """A file as it rests, when it is text."""
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
