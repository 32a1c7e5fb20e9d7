"""Finding kinds: the package's own, those of other packages, and those that do not load."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

import reconciler.kinds
from reconciler.kinds import GROUP, discover
from reconciler.model.errors import WorldError
from tests.engine.toy import GADGET
from tests.engine.worlds import PERSON


def offer(monkeypatch: pytest.MonkeyPatch, *loaded: object) -> None:
    """Pretend that other packages bring entry points which load to these."""

    class Point(EntryPoint):
        def load(self) -> object:
            found = loaded[int(self.value)]
            if isinstance(found, Exception):
                raise found
            return found

    points = [Point(f"p{place}", str(place), GROUP) for place in range(len(loaded))]
    monkeypatch.setattr(reconciler.kinds, "entry_points", lambda *, group: points if group == GROUP else [])


def test_every_file_of_the_folder_is_a_kind() -> None:
    files = {one.stem for one in Path(reconciler.kinds.__file__).parent.glob("[a-z]*.py")}
    assert len(discover()) == len(files)


def test_another_package_adds_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("toy_person")
    module.KIND = PERSON
    offer(monkeypatch, module)
    assert discover()["Person"] is PERSON


def test_a_kind_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, SyntaxError("invalid syntax"))
    with pytest.raises(WorldError, match=r"p0.*SyntaxError") as caught:
        discover()
    assert caught.value.code == "ENV-01"


def test_a_module_without_a_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, ModuleType("toy"))
    with pytest.raises(WorldError, match="holds no KIND"):
        discover()


def test_two_kinds_of_one_name_do_not_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, GADGET, GADGET)
    with pytest.raises(WorldError, match="Gadget"):
        discover()
