"""The public keys by which snapshots are believed: the first place that names any decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from reconciler.adapters.snapshot.signed import own_key, parse_key
from reconciler.model.errors import WorldError

VARIABLE = "RECONCILER_SNAPSHOT_KEY"
"""Holds the public key by which snapshots are believed, where no option names a file."""
_LONGEST = 200


def known_keys(
    path: Path | None, variables: Mapping[str, str], configured: str | None, own: Callable[[], bytes | None]
) -> tuple[str, ...]:
    """The key in the file ``path``, else that of the variable, else the configured one, else the installation's own.

    ``own`` gives the private key of this installation, or None where there is none.

    Raises:
        WorldError: the file cannot be read.
        UsageError: what is there is no public key (SNP-05).
    """
    if path is not None:
        try:
            with path.open("rb") as file:
                text = file.read(_LONGEST).decode("ascii", "replace")
        except OSError as error:
            raise WorldError(f"--snapshot-key {path} cannot be read: {error.strerror}") from error
        return (parse_key(text, origin=f"--snapshot-key {path}"),)
    given = variables.get(VARIABLE, "")
    if given:
        return (parse_key(given, origin=VARIABLE),)
    if configured is not None:
        return (parse_key(configured, origin="snapshots.publicKey"),)
    seed = own()
    return () if seed is None else (own_key(seed),)
