"""Counts the connections that a gateway keeps whose clients have left."""

from __future__ import annotations

import asyncio
import contextlib

from harness.known.scenarios import Behaviour


class Kept:
    """Counts the connections that a gateway keeps.

    Args:
        behaviour: how many of which kind wedge it.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self._most = {False: behaviour.wedges_after_mute, True: behaviour.wedges_after_unanswered}
        self._counts = {False: 0, True: 0}
        self._more = asyncio.Condition()

    @property
    def wedged(self) -> bool:
        """Whether nobody is answered any more."""
        return any(most is not None and self._counts[greeted] >= most for greeted, most in self._most.items())

    @property
    def mute(self) -> int:
        """Connections whose clients left without a hello."""
        return self._counts[False]

    @property
    def unanswered(self) -> int:
        """Connections whose clients sent a hello and left before they were answered."""
        return self._counts[True]

    async def keep(self, *, greeted: bool) -> None:
        """Keep a connection whose client has left, for as long as the gateway lasts."""
        async with self._more:
            self._counts[greeted] += 1
            self._more.notify_all()
        await asyncio.Event().wait()

    async def made(self, host: str, port: int, count: int) -> None:
        """Connect and leave without a word, as a test of an open port does, until so many are kept."""
        for _ in range(count):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        async with self._more:
            await self._more.wait_for(lambda: self.mute >= count)
