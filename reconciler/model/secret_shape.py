"""Questions about a resolved secret that are answered without showing it: its length, its form.

Kinds ask here instead of opening the value themselves, so that the places which open one stay few.
"""

from __future__ import annotations

from reconciler.model.formats import is_guid, is_pem
from reconciler.model.rule import Finding, Findings
from reconciler.model.secret import SecretValue


def length_problem(path: str, value: SecretValue, low: int, high: int) -> Findings:
    """GEN-14 at ``path`` unless the value has ``low`` to ``high`` characters. The length itself is not told."""
    if not low <= len(value.reveal()) <= high:
        yield Finding(
            f"the value behind {path} is not {low} to {high} characters long",
            at=path,
            hint="change the value at its source and give it a new version",
            code="GEN-14",
        )


def has_guid_form(value: SecretValue) -> bool:
    """Whether the value looks like the identifier of a secret and not like a secret."""
    return is_guid(value.reveal().strip())


def has_pem_form(value: SecretValue, label: str) -> bool:
    """Whether the value holds a PEM block of this label, such as ``PRIVATE KEY``."""
    return is_pem(value.reveal(), label)
