"""Writes the next revision of the database schema from the declarations of the kinds."""

from __future__ import annotations

import argparse

from reconciler.adapters.database.snapshot import write_revision
from reconciler.kinds import discover


def main() -> None:
    """Read the words of the call and write the revision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("message", help="what changes, in a few words")
    parser.add_argument("--anew", action="store_true", help="throw away every revision and write one for all")
    given = parser.parse_args()
    made = write_revision(discover(), given.message, anew=given.anew)
    print(made or "the tables have not changed")


if __name__ == "__main__":
    main()
