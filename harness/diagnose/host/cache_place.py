"""Where one look leaves what the next must know: the user's cache, or where that cannot be written a folder of its own.

A container with a read-only root, or a user without a home, has no cache; a folder for temporary files it has mostly.
That folder is everybody's, so ours in it must be this user's alone.
"""

from __future__ import annotations

import getpass
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_cache_path

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folders() -> tuple[Path, Path]:
    """Return the folders in which something may be kept, the first choice first; they may not be there yet."""
    cache = Path(os.environ.get("IB_COMPAT_CACHE") or user_cache_path("ib-compat"))
    return cache, Path(tempfile.gettempdir()) / f"ib-compat-{_user()}"


def writable() -> Path | None:
    """Return the first of them in which something can be kept, made where it was not there; ``None`` where none is."""
    return next((folder for folder in readable() if os.access(folder, os.W_OK | os.X_OK)), None)


def readable() -> Iterator[Path]:
    """Yield those that are there, or can be made: the first is the user's choice, the other must be theirs alone."""
    cache, other = folders()
    if _made(cache):
        yield cache
    if _made(other) and _is_own(other):
        yield other


def _made(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def _is_own(folder: Path) -> bool:
    """Tell whether a folder is this user's, and nobody else may write in it; a link to one is not."""
    try:
        seen = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(seen.st_mode)
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & _OTHERS


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
