"""How long this process itself was kept from listening. What it missed then, it may not hold against a gateway.

A machine without a free processor, or a loop of ours that is busy elsewhere, makes every answer look late and every
silence look long. A heartbeat that comes late tells: what it is late by is time in which nothing was heard.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self

from harness.evidence import Ended

if TYPE_CHECKING:
    from harness.evidence import ProbeRecord, Search

LATE = 1.0
"""Seconds to the first byte from which an answer is late; a healthy gateway on the same machine needs milliseconds."""

_BEAT = 0.05
_SLACK = 0.01
"""Seconds by which every timer may be late."""

_MOST_OF_IT = 0.5
"""The share of a wait that proves nothing where we were not listening for so long."""

_TIMED_OUT = frozenset({Ended.SILENT, Ended.NO_ANSWER})


class StallMeter:
    """An asynchronous context manager: measures while it is open."""

    def __init__(self) -> None:
        self.stalled = 0.0
        """Seconds so far in which the loop did not turn."""
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(_BEAT)
            late = loop.time() - before - _BEAT
            if late > _SLACK:
                self.stalled += late


def waited(attempt: ProbeRecord) -> float | None:
    """Return the seconds from the connection to the first byte of a version reply; ``None`` where none came."""
    first = attempt.seconds.get("first byte")
    return first - attempt.seconds["tcp"] if first is not None and "version" in attempt.seconds else None


def is_late(attempt: ProbeRecord) -> bool:
    """Tell whether the answer came late, and would have without what we slept through."""
    seconds = waited(attempt)
    return seconds is not None and seconds - attempt.stalled > LATE


def proves_nothing(attempt: ProbeRecord) -> bool:
    """Tell whether what an attempt missed, or heard late, may be our own doing."""
    seconds = waited(attempt)
    if seconds is not None and seconds > LATE:
        return not is_late(attempt)
    return attempt.ended in _TIMED_OUT and explains(attempt.stalled, attempt.timeout)


def explains(stalled: float, waited: float) -> bool:
    """Tell whether so long a stall is most of a wait, both in seconds."""
    return stalled > 0 and stalled >= _MOST_OF_IT * waited


def can_tell(found: Search) -> bool:
    """Tell whether everything that was tried is evidence."""
    return not any(map(proves_nothing, found.attempts))
