"""Lists what this process holds that a library could leave behind: threads, sockets, event loops."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

DESCRIPTORS = Path("/proc/self/fd")
"""Linux lists a process's open descriptors here; elsewhere only threads and loops are compared."""

LOOKED_AT = ("socket:", "anon_inode:[eventpoll]")
"""Sockets, and the epoll object that every event loop holds."""


RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""What ``getrusage`` counts memory in, in bytes."""


def peak_memory() -> int | None:
    """Return the peak memory of this process in bytes, or None if the system does not report it (Windows)."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


@dataclass(frozen=True)
class Resources:
    """A look at the process; ``loop`` says whether an event loop runs in this thread."""

    threads: frozenset[str]
    descriptors: frozenset[str]
    loop: bool

    @classmethod
    def now(cls) -> Resources:
        """Look."""
        threads = frozenset(f"{thread.name} ({thread.ident})" for thread in threading.enumerate())
        return cls(threads, frozenset(_descriptors()), _loop_runs())

    def beyond(self, before: Resources) -> list[str]:
        """Say what exists that did not exist ``before``; empty if nothing does."""
        said = [f"thread left: {name}" for name in sorted(self.threads - before.threads)]
        said += [f"descriptor left: {name}" for name in sorted(self.descriptors - before.descriptors)]
        if self.loop:
            said.append("an event loop still runs")
        return said


def _descriptors() -> list[str]:
    if not sys.platform.startswith("linux"):
        return []
    found = []
    for entry in list(DESCRIPTORS.iterdir()):
        try:
            target = os.readlink(entry)  # noqa: PTH115 - "socket:[1]" is no path
        except FileNotFoundError:  # the listing itself was open while it was made
            continue
        if target.startswith(LOOKED_AT):
            found.append(f"{entry.name} {target}")
    return found


def _loop_runs() -> bool:
    asyncio = sys.modules.get("asyncio")  # not imported for its own sake: it takes longer than a cell of ibapi
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
