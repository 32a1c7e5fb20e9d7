"""Policies: expressions evaluated in a process of its own, with bounds of time and memory.

The library for CEL cannot be stopped and has no limits, so what it does to its process must not matter: a worker that
runs out of time or memory, or overflows its stack, is an error of the rule that it was at (POL-05), never an answer.
The worker gets its work on standard input and no environment; it opens no file and no connection.
"""

from __future__ import annotations

from reconciler.adapters.policies.evaluate import Bounds, evaluate

__all__ = ["Bounds", "evaluate"]
