"""Baselines: what is known of the last run in step, kept beside the answers and under their rules.

It is plain data in sections, each behind its length. What is damaged, cut, foreign or of another shape is as good as
none, as with an answer: the seal is keyed, and stands for the question and the content.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, pairwise

from reconciler.adapters.manifests.answers import Answers
from reconciler.model.address import Address
from reconciler.model.baseline import Baseline, Rows, Stored
from reconciler.model.notes import Look, Notes

KEPT = 4
"""Baselines that are kept, the latest ones."""
LARGEST = 512 * 1024 * 1024
_SECTION = struct.Struct("<Q")
_DIGEST = 32
_ROW = 16


class KeptBaselines:
    """The baseline of one question.

    ``now`` is the time that rules see; ``until`` hears how long what is found holds; ``span`` gives from when until
    when what the run has said holds, None where it holds for no time.
    """

    def __init__(
        self,
        place: str,
        question: bytes,
        *,
        now: float,
        until: Callable[[float], None],
        span: Callable[[], tuple[float, float] | None],
    ) -> None:
        self._answers = Answers(place, suffix=".baseline", most=KEPT, largest=LARGEST)
        self._question = b"baseline\0" + question
        self._now = now
        self._until = until
        self._span = span

    def find(self) -> Baseline | None:
        """The last one that holds now."""
        content = self._answers.content(self._question)
        if content is None:
            return None
        try:
            found = _read(content)
        except (ValueError, LookupError, TypeError, struct.error):
            return None
        if not found.since <= self._now < found.until:
            return None
        self._until(found.until)
        return found

    def keep(self, made: Callable[[float, float], Baseline]) -> None:
        """Keep another."""
        span = self._span()
        if span is not None and span[0] < span[1]:
            self._answers.keep_content(self._question, _written(made(*span)))


def _written(made: Baseline) -> bytes:
    rows = made.rows.each()
    places: dict[Address, int] = {one: place for place, one in enumerate(rows)}
    files = sorted(made.files.items())
    for _, stored in files:
        for one in stored.addresses:
            places.setdefault(one, len(places))
    kinds = {name: place for place, name in enumerate(dict.fromkeys(one.kind for one in places))}
    tenants = {name: place for place, name in enumerate(dict.fromkeys(one.tenant for one in places))}
    head = {
        "since": made.since,
        "until": made.until,
        "identity": made.identity,
        "pulse": made.pulse,
        "rows": {kind: digest.hex() for kind, digest in made.rows.kinds.items()},
        "restless": sorted(made.restless),
        "looks": sorted(made.notes.looks),
        "spoke": sorted([one] if isinstance(one, str) else list(one) for one in made.notes.spoke),
    }
    return b"".join(
        _sections(
            json.dumps(head).encode(),
            json.dumps([*kinds]).encode(),
            json.dumps([*tenants]).encode(),
            array("H", (kinds[one.kind] for one in places)).tobytes(),
            array("I", (tenants[one.tenant] for one in places)).tobytes(),
            json.dumps([one.name for one in places]).encode(),
            b"".join(rows.values()),
            json.dumps([file for file, _ in files]).encode(),
            b"".join(stored.digest for _, stored in files),
            bytes(stored.sound for _, stored in files),
            array("I", (len(stored.addresses) for _, stored in files)).tobytes(),
            array("I", (places[one] for _, stored in files for one in stored.addresses)).tobytes(),
        )
    )


def _read(content: bytes) -> Baseline:
    head_text, kinds, tenants, of_kinds, of_tenants, names, rows, paths, digests, sound, counts, inside = _parts(
        content
    )
    head = json.loads(head_text)
    kind_names, tenant_names = json.loads(kinds), json.loads(tenants)
    addresses = [
        Address(kind_names[kind], tenant_names[tenant], name)
        for kind, tenant, name in zip(array("H", of_kinds), array("I", of_tenants), json.loads(names), strict=True)
    ]
    ends = [0, *accumulate(array("I", counts))]
    declared = [addresses[place] for place in array("I", inside)]
    files = {
        path: Stored(digests[place * _DIGEST : (place + 1) * _DIGEST], tuple(declared[begin:end]), bool(sound[place]))
        for place, (path, (begin, end)) in enumerate(zip(json.loads(paths), pairwise(ends), strict=True))
    }
    return Baseline(
        since=head["since"],
        until=head["until"],
        identity=head["identity"],
        pulse=head["pulse"],
        files=files,
        rows=Rows(
            kinds={kind: bytes.fromhex(digest) for kind, digest in head["rows"].items()},
            each=lambda: {
                one: rows[place * _ROW : (place + 1) * _ROW] for place, one in enumerate(addresses[: len(rows) // _ROW])
            },
        ),
        restless=frozenset(Address(*one) for one in head["restless"]),
        notes=_notes(head),
    )


def _notes(head: Mapping[str, list[list[str]]]) -> Notes:
    looks = {Look(asker, kind, path, bool(far)) for asker, kind, path, far in head["looks"]}
    return Notes(looks, {Address(*one) if len(one) > 1 else one[0] for one in head["spoke"]})


def _sections(*parts: bytes) -> Iterable[bytes]:
    for one in parts:
        yield _SECTION.pack(len(one))
        yield one


def _parts(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        (length,) = _SECTION.unpack_from(content, place)
        place += _SECTION.size
        yield content[place : place + length]
        place += length
