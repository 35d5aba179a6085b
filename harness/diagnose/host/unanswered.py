"""Keeps the file of connections that ib-compat left unanswered in the last day, one line each; see `cache_place`.

The file passes on what one look must know of another. It is in the user's cache or, if that cannot be written, in a
folder for temporary files. A container with a read-only root, or a user without a home, has no cache. The folder for
temporary files is shared by all users, so our folder in it must belong to this user alone.
"""

from __future__ import annotations

import getpass
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from harness.shared.evidence.machine_view import Address

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folders() -> tuple[Path, Path]:
    """Return the folders for the file, the preferred one first; they may not exist yet."""
    cache = Path(os.environ.get("IB_COMPAT_CACHE") or user_cache_path("ib-compat"))
    return cache, Path(tempfile.gettempdir()) / f"ib-compat-{_user()}"


def writable() -> Path | None:
    """Return the first folder that can be written, and create it if necessary; ``None`` if there is none."""
    return next((folder for folder in readable() if os.access(folder, os.W_OK | os.X_OK)), None)


def readable() -> Iterator[Path]:
    """Yield the folders that exist or can be created. The second one must belong to this user alone."""
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
    """Return whether a folder belongs to this user and nobody else may write in it; false for a link."""
    try:
        seen = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return stat.S_ISDIR(seen.st_mode)
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid() and not seen.st_mode & _OTHERS


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


_NAME = "unanswered.jsonl"
_DAY = 86_400.0
"""Seconds for which a connection is remembered."""

_LONGEST = 1 << 16
"""Size in bytes from which the file is started again."""

_AGAIN = 600.0
"""Seconds for which a gateway on another machine rests after two unanswered connections; doubled after each further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One connection: its ends, and when it was left, in seconds since the epoch."""

    source: Address
    target: Address
    at: float


def can_remember() -> bool:
    """Return whether later processes can read what this one records."""
    return writable() is not None


def write(source: Address, target: Address) -> None:
    """Record a connection. If that is impossible, `can_remember` says so, and hanging connections may be ours."""
    folder = writable()
    if folder is None:
        return
    line = json.dumps({"source": source, "target": target, "at": time.time()})
    file = folder / _NAME
    with suppress(OSError):  # a full disk, though the folder may be written
        full = file.exists() and file.stat().st_size > _LONGEST
        with file.open("w" if full else "a", encoding="utf-8") as lines:
            lines.write(f"{line}\n")


def read() -> tuple[Left, ...]:
    """Return the connections of the last day; none if the file cannot be read."""
    lines = (line for folder in readable() for line in _lines(folder / _NAME))
    return tuple(each for line in lines for each in _read(line) if 0 <= time.time() - each.at < _DAY)


def rest(target: Address) -> float:
    """Return for how many seconds a gateway on another machine must still be left alone."""
    left = sorted(each.at for each in read() if each.target == target)
    return max(0.0, left[-1] + _AGAIN * 2 ** (len(left) - 2) - time.time()) if len(left) > 1 else 0.0


def _read(line: str) -> Iterator[Left]:
    with suppress(ValueError, KeyError, TypeError):  # half a line of a process that was killed
        said = json.loads(line)
        (own, port), (host, listens) = said["source"], said["target"]
        yield Left(source=(str(own), int(port)), target=(str(host), int(listens)), at=float(said["at"]))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
