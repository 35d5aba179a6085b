"""Makes folders and files private to their owner: evidence contains accounts, journals everything that a run saw.

Windows has no such modes; there, the location of a user's folders protects them. Standard library only.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def make_folder(folder: Path) -> None:
    """Make a folder and those of its parents that are missing, for its owner alone; raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)


def opener(path: str, flags: int) -> int:
    """Open a file for its owner alone, as the ``opener`` of ``open``; one that is there keeps its mode."""
    return os.open(path, flags, FILE_MODE)


def write(file: Path, data: bytes) -> None:
    """Write a whole file for its owner alone, even if one is there that others may read; raises OSError."""
    with open(file, "wb", opener=opener) as opened:
        if sys.platform != "win32" and stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            os.fchmod(opened.fileno(), FILE_MODE)
        opened.write(data)
