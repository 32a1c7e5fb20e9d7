"""The kinds: one file each.

Nothing lists them: :func:`discover` finds every module of this folder and every entry point of the group
``reconciler.kinds``, and takes its ``KIND``.

A kind imports ``reconciler.model`` and nothing else; no kind knows another one.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from reconciler.model.catalog import Catalog
from reconciler.model.errors import WorldError
from reconciler.model.kind import Kind

GROUP = "reconciler.kinds"
"""Entry point group by which another package adds kinds: each is a :class:`Kind`, or a module with ``KIND``."""


def discover() -> Catalog:
    """All kinds of this installation, as a catalogue.

    Raises:
        WorldError: a kind does not load, or the kinds do not fit together (ENV-01).
    """
    folder = Path(__file__).parent
    names = sorted(one.stem for one in folder.glob("*.py") if not one.stem.startswith("_"))
    found = [_load(f"{__name__}.{name}") for name in names]
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        try:
            loaded = point.load()
        except Exception as error:  # any fault of a foreign package becomes one clear error with its cause attached
            raise _broken(f"entry point {point.name} = {point.value}", error) from error
        found.append(_kind_of(loaded, f"entry point {point.name} = {point.value}"))
    try:
        return Catalog(found)
    except ValueError as error:
        msg = f"the kinds do not fit together: {error}"
        raise WorldError(msg, code="ENV-01") from error


def _load(module: str) -> Kind:
    try:
        loaded = import_module(module)
    except Exception as error:  # any fault inside of a kind's file becomes one clear error with its cause attached
        raise _broken(f"module {module}", error) from error
    return _kind_of(loaded, f"module {module}")


def _kind_of(loaded: object, where: str) -> Kind:
    kind = loaded if isinstance(loaded, Kind) else getattr(loaded, "KIND", None)
    if not isinstance(kind, Kind):
        msg = f"{where} holds no KIND"
        raise WorldError(msg, code="ENV-01", hint="end the file with KIND = Kind(...)")
    return kind


def _broken(where: str, error: Exception) -> WorldError:
    return WorldError(
        f"a kind does not load: {where}: {type(error).__name__}: {error}",
        code="ENV-01",
        hint="mend that file, or uninstall the package that brings it",
    )
