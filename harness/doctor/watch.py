"""Looks again and again: until a client can connect, or to tell when that changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.control import probe
from harness.doctor.examine import Examination, examine

if TYPE_CHECKING:
    from harness.doctor.subject import Subject
    from harness.evidence import ProbeRecord

_State = tuple[str | None, str | None, frozenset[int]]

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
    while True:
        quick = await _quick(subject, timeout=min(_QUICK, deadline - time.monotonic()))
        if quick.passed or time.monotonic() + pause >= deadline:
            seen = await examine(subject)
            if seen.verdict.usable or time.monotonic() + pause >= deadline:
                return seen
        await asyncio.sleep(pause)


async def changes(subject: Subject, *, interval: float) -> AsyncIterator[Change]:
    """Yield the first look, then one for each change, for ever.

    A quick look is one connection; only where it ends otherwise than the last one is all looked at.
    """
    before: _State | None = None
    since = time.monotonic()
    while True:
        now = _state(await _quick(subject, timeout=_QUICK))
        if now != before:
            seen = await examine(subject)
            lasted = None if before is None else time.monotonic() - since
            yield Change(at=time.time(), seen=seen, lasted=lasted)
            before, since = now, time.monotonic()
        await asyncio.sleep(interval)


async def _quick(subject: Subject, *, timeout: float) -> ProbeRecord:
    return await probe(subject.host, subject.port, client_id=subject.client_id, timeout=timeout, when="watching")


def _state(record: ProbeRecord) -> _State:
    """Return what makes a difference: how far it came, how it ended, and what it was told."""
    return record.stage, record.ended, frozenset(notice.code for notice in record.notices)
