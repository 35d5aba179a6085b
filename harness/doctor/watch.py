"""Examines a gateway repeatedly: until a client can connect, or to report when that changes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from harness.diagnose.control.attempt import Standing
from harness.diagnose.control.attempt_state import Asks, Try
from harness.diagnose.control.earlier_looks import not_asked, turn, why_not_again
from harness.doctor.examine import Examination, examine
from harness.shared.evidence import Answer, Ended

if TYPE_CHECKING:
    from harness.doctor.subject import Subject
    from harness.shared.evidence import ProbeRecord

_State = tuple[str | None, str | None, frozenset[int]]
_Start = frozenset[tuple[str, Answer]]

ASKS_EVERY = 300.0
"""Seconds after which the requests that libraries begin with are sent again if nothing else changes.

Often enough for a program that starts some minutes later, and one look in sixty for an endless watch: it costs no
additional connection, and it reads what each connecting client reads.
"""

_BESIDE = 30.0
"""Seconds that a connection waits before a second one is opened beside it."""

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

    The last look says why, and may take about ten seconds beyond ``timeout``. The requests that libraries begin with
    are sent only once a client can connect, and always before a gateway is called usable; if its accounts may not be
    read, the verdict is only likely.
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


async def changes(subject: Subject, *, interval: float, asks_every: float = ASKS_EVERY) -> AsyncIterator[Change]:
    """Yield the first look, then one for each change, without end.

    A quick look is one connection; only if it ends differently from the last one is everything examined. An unanswered
    connection stays open, and the next quick looks examine it: a gateway may keep each connection that hangs up. A look
    for which this machine was too busy is not a change.

    The requests that libraries begin with are sent whenever everything is examined, and by a quick look if that was
    ``asks_every`` seconds ago; never if the accounts may not be read.
    """
    known = _Known(asks_every)
    since: float | None = None
    async with _Looking(subject) as looking:
        while True:
            asks = known.is_due
            quick = await looking.look(timeout=_QUICK, asks=asks)
            differs = known.differs(quick, asked=asks)
            if differs or known.starts_otherwise(quick):
                seen = await looking.examine()
                if known.learns(seen) or differs:
                    lasted = None if since is None else time.monotonic() - since
                    yield Change(at=time.time(), seen=seen, lasted=lasted)
                    since = time.monotonic()
            await asyncio.sleep(interval)


@dataclass(slots=True)
class _Known:
    """What was last seen of a gateway.

    Args:
        asks_every: seconds after which what libraries read first is to be asked again.
    """

    asks_every: float
    _state: _State | None = None
    _start: _Start | None = None
    _code: str = ""
    _asked: float = field(default_factory=time.monotonic)

    @property
    def is_due(self) -> bool:
        """Whether the next quick look is to ask; the first need not, since all is looked at after it."""
        return self._state is not None and time.monotonic() - self._asked >= self.asks_every

    def differs(self, quick: ProbeRecord, *, asked: bool) -> bool:
        """Return whether a quick look ended otherwise than the last one, and keep how.

        A look with requests receives more: refusals, and what arrives meanwhile. So its notices make no difference.
        """
        before, now = self._state, _state(quick)
        if asked:
            self._asked = time.monotonic()
        if before is None or (not quick.starved and (now[:2] != before[:2] or (now != before and not asked))):
            self._state = now
            return True
        return False

    def starts_otherwise(self, quick: ProbeRecord) -> bool:
        """Return whether something that libraries read first fares otherwise than it did."""
        start = _start(quick)
        return start is not None and start != self._start

    def learns(self, seen: Examination) -> bool:
        """Keep what a whole look showed; return whether the verdict has changed."""
        before, self._code = self._code, seen.verdict.code
        self._start, self._asked = _start(seen.case.found.plain), time.monotonic()
        return before != self._code


class _Looking:
    """Quick looks at one gateway; an unanswered connection stays open, and is examined again.

    Args:
        subject: which.
        beside: seconds after which a second one is opened beside it, which may be answered if the first is not.
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

    async def look(self, *, timeout: float, asks: bool = False) -> ProbeRecord:
        """Connect, or examine the waiting connection; a new one sends what libraries request first, if it may."""
        subject = self._subject
        client_id = subject.client_id - len(self._standing)
        asking = Asks(why_not=subject.why_not) if asks else None
        tried = Try(
            when="watching", host=subject.host, port=subject.port, client_id=client_id, timeout=timeout, asks=asking
        )
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
        """Take the turn, for as long as a connection of ours is open there, and say why it may not be asked."""
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
    """Return what makes a difference: how far it came, how it ended, and its notices."""
    return record.stage, record.ended, frozenset(notice.code for notice in record.notices)


def _start(record: ProbeRecord) -> _Start | None:
    """Return the outcomes of what libraries request first; ``None`` if not sent, or not all were seen."""
    became = frozenset((each.request, each.answer) for each in record.asked)
    return None if not became or Answer.UNREAD in {answer for _, answer in became} else became
