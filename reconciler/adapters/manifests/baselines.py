"""Baselines: what is known of the last run in step, kept beside the answers and under their rules.

It is plain data in sections, each behind its length. What is damaged, cut, foreign or of another shape is as good as
none, as with an answer: the seal is keyed, and stands for the question and the content.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.adapters.manifests.answers import Answers
from reconciler.model.address import Address
from reconciler.model.baseline import Baseline, Rows
from reconciler.model.filed import Columns, Files
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
    columns = made.files.columns
    rows = {kind: made.rows.each(kind) for kind in made.rows.kinds}
    head = {
        "since": made.since,
        "until": made.until,
        "identity": made.identity,
        "pulse": made.pulse,
        "unsound": sorted(columns.unsound),
        "rows": {kind: digest.hex() for kind, digest in made.rows.kinds.items()},
        "restless": sorted(made.restless),
        "looks": sorted(made.notes.looks),
        "spoke": sorted([one] if isinstance(one, str) else list(one) for one in made.notes.spoke),
    }
    return b"".join(
        _sections(
            json.dumps(head).encode(),
            "\n".join(columns.paths).encode(),
            b"".join(columns.digests),
            "\n".join(map("\t".join, columns.groups)).encode(),
            "\n".join(columns.names).encode(),
            *(one.tobytes() for one in (columns.firsts, columns.homes, columns.ends, columns.inside)),
            *(part for kind in rows for part in (json.dumps([*rows[kind]]).encode(), b"".join(rows[kind].values()))),
        )
    )


def _read(content: bytes) -> Baseline:
    head_text, paths, digests, groups, names, firsts, homes, ends, inside, *rows = _parts(content)
    head = json.loads(bytes(head_text))
    kinds = {kind: bytes.fromhex(digest) for kind, digest in head["rows"].items()}
    parts = dict(zip(kinds, zip(rows[::2], rows[1::2], strict=True), strict=True))
    files = Columns(
        paths=_lines(paths),
        digests=_split(digests, _DIGEST),
        unsound=frozenset(head["unsound"]),
        groups=[(kind, tenant) for kind, _, tenant in (line.partition("\t") for line in _lines(groups))],
        names=_lines(names),
        firsts=array("I", bytes(firsts)),
        homes=array("I", bytes(homes)),
        ends=array("I", bytes(ends)),
        inside=array("I", bytes(inside)),
    )
    return Baseline(
        since=head["since"],
        until=head["until"],
        identity=head["identity"],
        pulse=head["pulse"],
        files=Files(files),
        rows=Rows(kinds=kinds, each=lambda kind: _each(*parts[kind])),
        restless=frozenset(Address(*one) for one in head["restless"]),
        notes=_notes(head),
    )


def _each(keys: memoryview, digests: memoryview) -> dict[tuple[str, str], bytes]:
    pairs = ((tenant, name) for tenant, name in json.loads(bytes(keys)))
    return dict(zip(pairs, _split(digests, _ROW), strict=True))


def _lines(text: memoryview) -> list[str]:
    return str(text, "utf-8").split("\n") if text else []


def _split(digests: memoryview, size: int) -> list[bytes]:
    return [one for (one,) in struct.iter_unpack(f"{size}s", digests)]


def _notes(head: Mapping[str, list[list[str]]]) -> Notes:
    looks = {Look(asker, kind, path, bool(far)) for asker, kind, path, far in head["looks"]}
    return Notes(looks, {Address(*one) if len(one) > 1 else one[0] for one in head["spoke"]})


def _sections(*parts: bytes) -> Iterable[bytes]:
    for one in parts:
        yield _SECTION.pack(len(one))
        yield one


def _parts(content: bytes) -> Iterator[memoryview]:
    place, whole = 0, memoryview(content)
    while place < len(whole):
        (length,) = _SECTION.unpack_from(whole, place)
        place += _SECTION.size
        yield whole[place : place + length]
        place += length
