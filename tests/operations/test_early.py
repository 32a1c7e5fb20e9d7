"""Judging documents while others are still to be read gives what judging all of them at the end gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import corpus
from reconciler.adapters.manifests import FilesReader, collect
from reconciler.engine.validate import MOST_IN_A_FILE, validate
from reconciler.kinds import discover
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.resource import Resource
from reconciler.operations.validate import Judged, judge
from reconciler.ports import FileRefused

CATALOG = discover()
HEAD = "apiVersion: reconciler/v1\n"
BUNDLE = HEAD + "kind: Bundle\nmetadata: {{name: {0}}}\nspec: {{displayName: B {0}, includedSignatures: 10}}\n"
WRONG = HEAD + "kind: Bundle\nmetadata: {{name: {0}}}\nspec: {{displayName: B {0}, includedSignatures: many}}\n"
MOVED = HEAD + "kind: Moved\nmetadata: {name: one}\nspec: {from: Bundle/old, to: Bundle/first}\n"
WAIVER = HEAD + "kind: Waiver\nmetadata: {name: stray}\n"
NO_BUNDLE = HEAD + "kind: Bundle\nmetadata: {name: kindless}\n"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "_PART", 100)


class AtTheEnd:
    """A reader that hands nothing on before all is read."""

    def __init__(self, reader: FilesReader) -> None:
        self._reader = reader

    def read(self, _early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        return self._reader.read()

    def file(self, _document: Document, path: str) -> bytes:
        raise FileRefused(path)

    def beside(self, _roots: Any) -> AtTheEnd:
        return self


def _reader(folder: Path) -> FilesReader:
    return FilesReader(folder, ["platform", "tenants"], ask_git=False)


def _both(folder: Path, layout: str = "") -> tuple[Judged, Judged]:
    return (
        judge(CATALOG, _reader(folder), layout=layout),
        judge(CATALOG, AtTheEnd(_reader(folder)), layout=layout),
    )


def _told(one: Resource[Any]) -> tuple[Any, ...]:
    envelope = (one.labels, one.annotations, one.protect, one.ignore_changes, one.management, one.files)
    where = (one.document.file, one.document.index, one.document.tree)
    return (one.address, one.spec, one.spec.__pydantic_fields_set__, envelope, where)


def _same(folder: Path, layout: str = "") -> Judged:
    early, late = _both(folder, layout)
    assert early.diagnostics == late.diagnostics
    assert list(map(_told, early.resources)) == list(map(_told, late.resources))
    assert early.moves == late.moves
    assert early.manifests.digest == late.manifests.digest
    return early


def test_a_sound_corpus_is_judged_while_it_is_read(tmp_path: Path) -> None:
    corpus.write(tmp_path, 600, 7)
    found = _same(tmp_path, "tenants/{tenant}")
    assert len(found.resources) == 600
    assert not found.diagnostics
    # Nobody has asked for a tree again, not even the layout: that is the point of it.
    fresh, _ = _both(tmp_path, "tenants/{tenant}")
    assert sum("tree" in _slots(one.document) for one in fresh.resources) < 60


def _slots(document: Document) -> set[str]:
    found = set()
    for name in Document.__slots__:
        try:
            object.__getattribute__(document, name)
        except AttributeError:
            continue
        found.add(name)
    return found


def test_what_is_wrong_or_no_manifest_is_told_as_ever(tmp_path: Path) -> None:
    corpus.write(tmp_path, 300, 7)
    platform = tmp_path / "platform"
    texts = {
        "a-b.yaml": BUNDLE.format("first"),
        "a/b.yaml": "---\n".join([BUNDLE.format("x"), WRONG.format("y"), BUNDLE.format("z")]),
        "exact.yaml": BUNDLE.format("exact").replace("10", "0o12"),
        "moved.yaml": "---\n".join([MOVED, BUNDLE.format("beside")]),
        "none.yaml": NO_BUNDLE,
        "many.yaml": "---\n".join(
            [*(WRONG.format(f"m{number}") for number in range(MOST_IN_A_FILE)), BUNDLE.format("behind")]
        ),
        "twice.yaml": BUNDLE.format("twice") + "kind: Bundle\n",
        "waiver.yaml": "---\n".join([WAIVER, BUNDLE.format("after")]),
    }
    for name, text in texts.items():
        path = platform / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = _same(tmp_path, "tenants/{tenant}")
    codes = {one.code for one in found.diagnostics}
    assert codes == {"GEN-01", "GEN-12", "GEN-13", "LOD-06", "WVR-05"}
    names = {one.address.name for one in found.resources}
    assert {"first", "x", "z", "beside", "after"} <= names
    assert "behind" not in names


def test_resources_belong_to_one_judgement(tmp_path: Path) -> None:
    corpus.write(tmp_path, 300, 7)
    judged = _both(tmp_path)[0]
    again, _ = validate(CATALOG, judged.manifests.documents)
    assert [one.address for one in again] == [one.address for one in judged.resources]
    assert not {id(one) for one in again} & {id(one) for one in judged.resources}
