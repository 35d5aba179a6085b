"""Looks again and again: until a client can connect, or to tell when that changes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from harness.control.attempt import Standing
from harness.control.earlier import not_asked, turn, why_not_again
from harness.control.heard import Try
from harness.doctor.examine import Examination, examine
from harness.evidence import Ended

if TYPE_CHECKING:
    from harness.doctor.subject import Subject
    from harness.evidence import ProbeRecord

_State = tuple[str | None, str | None, frozenset[int]]

_BESIDE = 30.0
"""Seconds that a connection waits before another stands beside it."""

_QUICK = 4.0
"""Seconds for a quick look; as long as ib_async waits by default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A gateway that is not as it was.

    Args:
        at: seconds since the epoch.
        seen: what was seen of it.
        lasted: seconds that it was as before; ``None`` for the first look.
    """

    at: float
    seen: Examination
    lasted: float | None


async def until_usable(subject: Subject, *, timeout: float, pause: float = 1.0) -> Examination:
    """Look until a client can connect and trade; return the last look, usable or not when the time is over.

    The last look tells why, and may take its about ten seconds beyond ``timeout``.
    """
    deadline = time.monotonic() + timeout
    async with _Looking(subject, beside=_BESIDE) as looking:
        while True:
            quick = await looking.look(timeout=min(_QUICK, deadline - time.monotonic()))
            if quick.passed or time.monotonic() + pause >= deadline:
                seen = await looking.examine()
                if seen.verdict.usable or time.monotonic() + pause >= deadline:
                    return seen
            await asyncio.sleep(pause)


async def changes(subject: Subject, *, interval: float) -> AsyncIterator[Change]:
    """Yield the first look, then one for each change, for ever.

    A quick look is one connection; only where it ends otherwise than the last one is all looked at. One that is not
    answered stands, and is what the next quick looks look at: a gateway may keep each that hangs up. One that
    this machine was too busy for is no change.
    """
    before: _State | None = None
    since = time.monotonic()
    async with _Looking(subject) as looking:
        while True:
            quick = await looking.look(timeout=_QUICK)
            now = _state(quick)
            if now != before and (before is None or not quick.starved):
                seen = await looking.examine()
                lasted = None if before is None else time.monotonic() - since
                yield Change(at=time.time(), seen=seen, lasted=lasted)
                before, since = now, time.monotonic()
            await asyncio.sleep(interval)


class _Looking:
    """Quick looks at one gateway; a connection that is not answered stands, and is looked at again.

    Args:
        subject: which.
        beside: seconds after which a second one stands beside it, which may be answered where the first is not.
    """

    def __init__(self, subject: Subject, *, beside: float = math.inf) -> None:
        self._subject = subject
        self._beside = beside
        self._standing: list[Standing] = []
        self._turn = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._leave()

    async def look(self, *, timeout: float) -> ProbeRecord:
        """Connect, or see what became of what waits."""
        subject = self._subject
        client_id = subject.client_id - len(self._standing)
        tried = Try(when="watching", host=subject.host, port=subject.port, client_id=client_id, timeout=timeout)
        waiting = [await standing.look(0.0) for standing in self._standing]
        for record in waiting:
            if record.ended is not Ended.SILENT:
                return await self._over(record)
        if waiting and not self._wants_another():
            return waiting[0]
        why_not = await self._why_not(timeout)
        if why_not is not None:
            return not_asked(tried, why_not)
        self._standing.append(await Standing(tried).__aenter__())
        record = await self._standing[-1].look()
        return record if record.ended is Ended.SILENT else await self._over(record)

    async def _why_not(self, seconds: float) -> str | None:
        """Take the turn, for as long as something of ours stands there, and say why it may not be asked."""
        subject = self._subject
        if not self._standing:
            why_not = await self._turn.enter_async_context(turn(subject.host, subject.port, seconds=seconds))
            if why_not is not None:
                await self._turn.aclose()
                return why_not
        why_not = None if subject.probe_more else await why_not_again(subject.host, subject.port)
        if why_not is not None and not self._standing:
            await self._turn.aclose()
        return why_not

    async def examine(self) -> Examination:
        """Look at everything, with what waits as the plain attempt."""
        if not self._standing:
            return await examine(self._subject)
        return await examine(self._subject, first=self._standing[-1], beside=len(self._standing) - 1)

    def _wants_another(self) -> bool:
        return len(self._standing) == 1 and self._standing[0].age > self._beside

    async def _over(self, record: ProbeRecord) -> ProbeRecord:
        await self._leave()
        return record

    async def _leave(self) -> None:
        while self._standing:
            await self._standing.pop().leave()
        await self._turn.aclose()


def _state(record: ProbeRecord) -> _State:
    """Return what makes a difference: how far it came, how it ended, and what it was told."""
    return record.stage, record.ended, frozenset(notice.code for notice in record.notices)
