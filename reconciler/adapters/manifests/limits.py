"""Limits of what is read, and the rules of the loader in words."""

from __future__ import annotations

from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.rule import RuleText


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a read. Sizes are in bytes; the rest are counts.

    ``file`` bounds one manifest and ``total`` all of them; ``attachment`` a file that a manifest names. ``depth``
    counts mappings and lists inside each other, the root included. ``folders`` counts folders inside each other.
    ``listing`` bounds git's list of the files of a commit, some 120 bytes each: a small tree may list itself without
    end.
    """

    file: int = 1024 * 1024
    total: int = 256 * 1024 * 1024
    attachment: int = 8 * 1024 * 1024
    depth: int = 32
    nodes: int = 100_000
    documents: int = 10_000
    problems: int = 20
    folders: int = 64
    listing: int = 32 * 1024 * 1024


def _text(code: str, text: str) -> RuleText:
    return RuleText(code, Severity.ERROR, Phase.SCHEMA, text)


RULES = (
    _text("LOD-01", "A manifest is at most one mebibyte, and all of them together are bounded too."),
    _text("LOD-02", "Mappings and lists stand at most 32 deep inside each other, folders at most 64 deep."),
    _text("LOD-03", "One file holds at most 10,000 documents and 100,000 values."),
    _text(
        "LOD-04", "A manifest is a readable regular file; links, pipes and devices are refused, inside the tree too."
    ),
    _text("LOD-05", "Every folder and file that a run is asked to read exists."),
    _text(
        "LOD-06",
        "Of one file at most 20 problems with its YAML are listed and 1,000 others, of one document at most 200.",
    ),
    _text("FMT-01", "A file is tidied only when every value and every comment stays what it is."),
    _text("FMT-02", "A file is replaced only when nobody has changed it since it was read."),
)
"""The loader's own rules; GEN-01 (repeated keys) and GEN-17 come from the domain."""
