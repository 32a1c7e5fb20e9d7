"""The checker of Prometheus, where it is installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest

needed = pytest.mark.skipif(shutil.which("promtool") is None, reason="there is no promtool on PATH")


def promtool(*words: str, given: str = "") -> str:
    """What it says; it fails on anything it finds."""
    done = subprocess.run(["promtool", *words], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
