"""Hidden: a secret that somebody wrote into a manifest is in git, whatever overlays lie over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.engine.validate.fault import Fault
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document
from reconciler.model.placing import path_key


def hidden_secrets(kind: Kind, document: Document) -> Iterator[tuple[Document, Fault]]:
    """GEN-04 for the parts of a composed document whose secret no longer shows in the whole."""
    for field in kind.fields:
        if field.secret is None:
            continue
        path = path_key(field.path)
        shown = document.holder(path)
        for part in document.parts:
            value: Any = part.tree
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            if part is not shown and value is not None and not isinstance(value, dict):
                summary = "a secret is never written in a manifest; name where it comes from"
                hint = "an overlay hides it, and git keeps it: if this was the real secret, change it where it is used"
                yield part, Fault("GEN-04", summary, path, field.path, hint)
