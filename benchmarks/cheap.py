"""The product, with password hashes made at the least cost that argon2 knows: to count them apart from the rest.

``python benchmarks/cheap.py VERB ...`` is ``reconciler VERB ...`` in everything else. A database that it wrote is for
measuring alone: its hashes keep no password.
"""

from __future__ import annotations

import sys

import argon2.profiles

argon2.profiles.RFC_9106_LOW_MEMORY = argon2.profiles.CHEAPEST

if __name__ == "__main__":
    from reconciler.cli.main import main

    sys.exit(main())
