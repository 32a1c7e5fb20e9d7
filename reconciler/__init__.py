"""reconciler: configuration of an e-signature platform as manifests in git, planned, reviewed and applied.

The library's face. The names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Address": "reconciler.model.address",
    "Catalog": "reconciler.model.catalog",
    "Diagnostic": "reconciler.model.diagnostic",
    "House": "reconciler.wiring",
    "Kind": "reconciler.model.kind",
    "Plan": "reconciler.model.plan",
    "ReconcilerError": "reconciler.model.errors",
    "Spec": "reconciler.model.spec",
    "discover": "reconciler.kinds",
    "open_house": "reconciler.wiring",
}

__all__ = [
    "Address",
    "Catalog",
    "Diagnostic",
    "House",
    "Kind",
    "Plan",
    "ReconcilerError",
    "Spec",
    "__version__",
    "discover",
    "open_house",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
