"""Snapshots as files: signed when they are written, believed only with the signature of a known key."""

from reconciler.adapters.snapshot.known import known_keys
from reconciler.adapters.snapshot.signed import (
    KEY_PREFIX,
    own_key,
    parse_key,
    read_signed,
    sign,
)
from reconciler.adapters.snapshot.store import FrozenStore

__all__ = ["KEY_PREFIX", "FrozenStore", "known_keys", "own_key", "parse_key", "read_signed", "sign"]
