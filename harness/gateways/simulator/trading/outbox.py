"""Holds what a client is told without having asked at that moment, until its session sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from harness.wire.message import Message

MOST_WAITING = 10_000
"""Messages that wait for a client that does not read. Further news of profit and loss is left out: ours."""


class Outbox:
    """Messages in the order in which they are sent."""

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._filled = asyncio.Event()

    def put(self, messages: Iterable[Message]) -> None:
        """Add messages, and wake who sends them; none of them if they cannot all be made."""
        self._waiting += list(messages)
        if self._waiting:
            self._filled.set()

    @property
    def is_full(self) -> bool:
        """Whether what can be left out should be."""
        return len(self._waiting) >= MOST_WAITING

    def drain(self) -> Iterator[Message]:
        """Take everything out, and return it."""
        waiting, self._waiting = self._waiting, []
        self._filled.clear()
        return iter(waiting)

    async def filled(self) -> None:
        """Wait until there is something."""
        await self._filled.wait()
