"""The connections that ib-compat left unanswered in the last day: a file with a line each, where `cache_place` says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.diagnose.host.cache_place import readable, writable
from harness.shared.evidence.machine_view import Address

_NAME = "unanswered.jsonl"
_DAY = 86_400.0
"""Seconds for which one is remembered."""

_LONGEST = 1 << 16
"""Bytes from which the file is begun anew."""

_AGAIN = 600.0
"""Seconds until a gateway whose sockets nobody here can see is asked again after two; twice as long after each more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One connection: its ends, and when it was left, in seconds since the epoch."""

    source: Address
    target: Address
    at: float


def can_remember() -> bool:
    """Tell whether later processes will know what this one writes down."""
    return writable() is not None


def write(source: Address, target: Address) -> None:
    """Write one down; where that is not possible, `can_remember` says so and what hangs counts as perhaps ours."""
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
    """Return those of the last day; none where the file cannot be read."""
    lines = (line for folder in readable() for line in _lines(folder / _NAME))
    return tuple(each for line in lines for each in _read(line) if 0 <= time.time() - each.at < _DAY)


def rest(target: Address) -> float:
    """Return the seconds for which a gateway is to be left alone whose sockets nobody here can see."""
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
