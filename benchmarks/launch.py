"""Start a program, wait for its end, and write into a file how it ended and what it used: ``launch.py FILE PROGRAM``.

It stands between, for a child is said to have needed at least the memory of whoever started it, and this one is small.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    with open(sys.argv[1], "w", encoding="ascii") as file:  # noqa: PTH123  # pathlib would be most of its memory
        file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
