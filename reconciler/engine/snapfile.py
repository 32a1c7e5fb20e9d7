"""Snapshot file: live data as one canonical JSON document, and back.

Nothing of a secret is in it but its version, and that there is one: ``null`` for none, else ``{"version": …}``. The
columns of values at rest and of fingerprints have no place in this form. Rows of a kind stand in groups that have the
same columns, so that what may not be read is absent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import rfc8785

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.canonical import SAFE, plain_json, strict_json
from reconciler.model.catalog import Catalog
from reconciler.model.columns import UNMANAGED
from reconciler.model.encode import GENERATED
from reconciler.model.errors import UsageError
from reconciler.model.kind import Kind
from reconciler.model.principal import Principal
from reconciler.model.resource import AWAITED, LedgerEntry, Live, Row
from reconciler.model.snapshot import Snapshot

FORMAT = 1
SCHEMA = "reconciler-snapshot"
_HEAD = 3
_VERSION, _MADE = "version", "generated"
_AGAIN = "make the snapshot again with this version"


def to_body(catalog: Catalog, snapshot: Snapshot) -> bytes:
    """The canonical bytes of a snapshot, without its signature."""
    live = snapshot.live
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "format": FORMAT,
        "version": snapshot.version,
        "madeAt": instant(snapshot.made_at),
        "environment": snapshot.environment,
        "database": {"identity": live.identity, "schema": snapshot.schema},
        "for": [_person(one) for one in snapshot.people],
        "generations": dict(live.generations),
        "kinds": {name: list(_groups(kind, live.rows.get(name, {}).values())) for name, kind in catalog.items()},
        "ledger": [
            [*one.address, _applied(catalog[one.address.kind], one.applied), one.source, one.commit, one.management]
            for _, one in sorted(live.ledger.items())
            if one.address.kind in catalog
        ],
    }
    return plain_json(document) or rfc8785.dumps(document)


def from_body(catalog: Catalog, data: bytes, *, schema: str, key: str) -> Snapshot:
    """The snapshot of a document; ``schema`` is the revision that this version knows, ``key`` who signed it.

    Raises:
        UsageError: it is no snapshot (SNP-01), or one of another version (SNP-03).
    """
    try:
        document = strict_json(data)
    except (ValueError, RecursionError) as problem:
        raise _malformed("it is no JSON") from problem
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _malformed("it does not say that it is one")
    if document.get("format") != FORMAT or type(document["format"]) is not int:
        raise UsageError("this snapshot has the form of another version", code="SNP-03", hint=_AGAIN)
    try:
        return _snapshot(catalog, document, schema=schema, key=key)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as problem:
        raise _malformed("it has not the shape of one") from problem


def instant(moment: datetime) -> str:
    """A time as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- out -------------------------------------------------------------------------------------------------------------


def _groups(kind: Kind, rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    secrets = {one.path: one for one in kind.fields if one.type == "secret" and not one.transient}
    pairs = {
        kind.index[one.columns[0].name]: kind.index[one.columns[1].name] for one in secrets.values()
    }  # place of a version, place of its fingerprint
    never = frozenset(pairs.values())
    names = kind.row_columns

    def columns(row: Row) -> tuple[int, ...]:
        return tuple(place for place, value in enumerate(row) if place not in never and value is not UNMANAGED)

    by_columns = sorted(((columns(row), row) for row in rows), key=lambda one: (one[0], one[1][:2]))
    for places, group in groupby(by_columns, key=lambda one: one[0]):
        yield {
            "columns": [names[place] for place in places],
            "rows": [
                [_secret(row[place], row[pairs[place]]) if place in pairs else _out(row[place]) for place in places]
                for _, row in group
            ],
        }


def _secret(version: Any, fingerprint: Any) -> dict[str, Any] | None:
    if version is None and fingerprint is None:
        return None
    if fingerprint == GENERATED and type(fingerprint) is str:
        return {_VERSION: version, _MADE: True}
    return {_VERSION: version if version is None or type(version) is str else str(version)}


def _applied(kind: Kind, text: str) -> str:
    """What the ledger holds, of columns that are no fingerprint. What is no object says nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "{}"
    names = {AWAITED, *(one.name for one in kind.columns if one.role != "fingerprint")}
    return text if isinstance(found, dict) and names.issuperset(found) else "{}"


def _person(one: Principal) -> dict[str, Any]:
    return {
        "address": str(one.address),
        "knownAs": one.known_as,
        "role": one.role.value,
        "company": None if one.company is None else str(one.company),
        "selves": sorted(map(str, one.selves)),
        "scope": sorted(map(str, one.scope)),
        "reads": sorted(map(str, one.reads)),
        "annex": sorted(map(list, one.annex)),
    }


def _out(value: Any) -> Any:
    """A stored value. The world may be wrong: what is no text, small integer or boolean is wrapped up."""
    if value is None or type(value) in (str, bool) or (type(value) is int and -SAFE < value < SAFE):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return str(value)


# --- in --------------------------------------------------------------------------------------------------------------


def _snapshot(catalog: Catalog, document: Mapping[str, Any], *, schema: str, key: str) -> Snapshot:
    there = _text(document["database"]["schema"])
    kinds: Mapping[str, Any] = document["kinds"]
    if there != schema or set(kinds) != set(catalog):
        raise UsageError(
            f"this snapshot holds the schema {there}, and this version knows {schema}", code="SNP-03", hint=_AGAIN
        )
    people = tuple(_read_person(one) for one in document["for"])
    rows = {name: _rows(kind, kinds[name], partial=bool(people)) for name, kind in catalog.items()}
    ledger = {}
    for tail in document["ledger"]:
        name, tenant, own, applied, source, commit, management = tail
        address = Address(_text(name), _text(tenant), _text(own))
        if address.kind in catalog:
            told = None if commit is None else _text(commit)
            ledger[address] = LedgerEntry(address, _text(applied), _text(source), told, _text(management))
    generations = {_text(one): _number(number) for one, number in document["generations"].items()}
    made_at = datetime.strptime(document["madeAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return Snapshot(
        live=Live(identity=_text(document["database"]["identity"]), rows=rows, ledger=ledger, generations=generations),
        made_at=made_at,
        environment=_text(document["environment"]),
        schema=schema,
        version=_text(document["version"]),
        key=key,
        people=people,
    )


def _rows(kind: Kind, groups: Sequence[Any], *, partial: bool) -> dict[tuple[str, str], Row]:
    pairs = {
        one.columns[0].name: kind.index[one.columns[1].name]
        for one in kind.fields
        if one.type == "secret" and not one.transient
    }
    never = frozenset(pairs.values())
    wanted = {name for name, place in kind.index.items() if place not in never}
    found: dict[tuple[str, str], Row] = {}
    for group in groups:
        columns = [_text(one) for one in group["columns"]]
        if set(columns) - wanted or columns[:_HEAD] != list(kind.row_columns[:_HEAD]):
            raise UsageError(f"this snapshot has other columns of {kind.name}", code="SNP-03", hint=_AGAIN)
        if not partial and set(columns) != wanted:
            raise UsageError(f"this snapshot lacks columns of {kind.name}", code="SNP-03", hint=_AGAIN)
        places = [kind.index[one] for one in columns]
        marks = [pairs.get(one) for one in columns]
        for values in group["rows"]:
            row = [UNMANAGED] * len(kind.index)
            for place, mark, value in zip(places, marks, values, strict=True):
                if mark is None:
                    row[place] = _in(value) if type(value) is dict else _plain(value)
                else:
                    row[place], row[mark] = _read_secret(value)
            _text(row[0]), _text(row[1]), _number(row[2])
            found[(row[0], row[1])] = tuple(row)
    return found


def _read_secret(value: Any) -> tuple[Any, Any]:
    if value is None:
        return None, None
    version = value[_VERSION]
    told = None if version is None else _text(version)
    if told is not None:
        return told, UNMANAGED
    return None, GENERATED if value.get(_MADE) is True else UNMANAGED


def _read_person(one: Mapping[str, Any]) -> Principal:
    return Principal(
        address=Address.parse(one["address"]),
        known_as=_text(one["knownAs"]),
        role=RoleWord(one["role"]),
        company=None if one["company"] is None else Address.parse(one["company"]),
        selves=frozenset(map(Address.parse, one["selves"])),
        scope=frozenset(map(Address.parse, one["scope"])),
        reads=frozenset(map(Address.parse, one["reads"])),
        annex=frozenset((_text(kind), _text(tenant)) for kind, tenant in one["annex"]),
    )


def _in(value: Mapping[str, Any]) -> Any:
    ((sort, text),) = value.items()
    match sort:
        case "int":
            return int(text)
        case "float":
            return float.fromhex(text)
        case "bytes":
            return base64.b64decode(text, validate=True)
        case _:
            msg = f"nothing is written as {sort}"
            raise ValueError(msg)


def _plain(value: Any) -> Any:
    if value is not None and type(value) not in (str, bool, int):
        msg = "a column holds a plain value"
        raise TypeError(msg)
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        msg = "a text is wanted"
        raise TypeError(msg)
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        msg = "a number is wanted"
        raise TypeError(msg)
    return value


def _malformed(why: str) -> UsageError:
    return UsageError(f"this is no snapshot: {why}", code="SNP-01", hint="make one with reconciler snapshot --out FILE")
