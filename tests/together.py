"""Which files of tests one process runs, one after another, and which begin first.

pytest-xdist gives each file to the process that is free. Some share what takes long to start, and each process starts
its own: the libraries of all rows. Whoever runs one of these files then runs some others of its group.
"""

from __future__ import annotations

from fnmatch import fnmatch
from zlib import crc32

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

FIRST = ("tests/docs/test_commands.py", "tests/wire/*_against_libraries.py", "tests/wire/test_escapes.py")
"""What takes long, of which some waits: nothing would be left to do beside it at the end."""

GROUPS = {"tests/wire/*_against_libraries.py": 1, "tests/wire/test_escapes.py": 1, "tests/checks/*.py": 3}
"""Files, and the number of processes that run them."""


class Together(LoadFileScheduling):  # type: ignore[misc]
    """Hands out files, and all files of a group at once."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(super()._split_scope(nodeid))


def group_of(file: str) -> str:
    """Give the name of a file's group, or the file if it is in none."""
    for pattern, count in GROUPS.items():
        if fnmatch(file, pattern):
            return f"{file.rpartition('/')[0]} {crc32(file.encode()) % count}"
    return file


def turn(item: pytest.Item) -> int:
    """Give what to sort the tests by: they keep their order, but for those that begin first."""
    file = item.nodeid.partition("::")[0]
    return next((number for number, pattern in enumerate(FIRST) if fnmatch(file, pattern)), len(FIRST))
