"""A working folder with a small tree, a fixed clock and a made-up secret."""

from __future__ import annotations

from tests.cli.conftest import tree

__all__ = ["tree"]
