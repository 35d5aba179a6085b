"""Keeps our connections from piling up at a gateway: if it keeps two of them, it is not asked until it released them.

So a look can be repeated forever, and leaves no more than two connections at a gateway. A gateway on this machine is
asked again as soon as the system shows that those connections have ended, for example by a restart. A gateway on
another machine, whose sockets we cannot see, is asked again after ten minutes, and after twice as long each time that
it leaves another one unanswered. Looks at the same gateway take turns, also across processes, because one look cannot
see the connections of another.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from filelock import FileLock, Timeout

from harness.diagnose.control.attempt_state import WIDEST, Try
from harness.diagnose.host import can_remember, is_here, kept_of_ours, rest, writable
from harness.shared.evidence import Ended, ProbeRecord, VersionRange
from harness.shared.hosts import addresses_of

_SETTLE = 1.0
"""Seconds after which a connection that its client closed counts as kept: a working gateway closes it at once."""

TURN = 20.0
"""Seconds for which a look waits for another to end; a look at a gateway that answers nothing takes less."""

_TRY_AGAIN = 0.1

KEPT = 2
"""Number of our connections that a gateway may keep before it is left alone."""


async def why_not_again(host: str, port: int) -> str | None:
    """Return why a gateway is left alone for now; ``None`` if it may be asked."""
    addresses = await _addresses(host, port)
    why_not = await asyncio.to_thread(_why_not, addresses, port)
    if why_not is None:
        return None
    await asyncio.sleep(_SETTLE)  # a gateway that works is about to end them
    return await asyncio.to_thread(_why_not, addresses, port)


@asynccontextmanager
async def turn(host: str, port: int, *, seconds: float = TURN) -> AsyncIterator[str | None]:
    """Keep other looks of this user away from a gateway while a look may have open connections there.

    A process that has the turn may take it again, for a part of its look.

    Args:
        host: the gateway's address or name; all names of this machine count as one.
        port: the gateway's port.
        seconds: how long to wait for the turn.

    Yields:
        ``None`` if the gateway may be looked at, else why not: another look did not end in time.
    """
    lock = await asyncio.to_thread(_lock, await _addresses(host, port), port)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (taken := _take(lock)) is Turn.ANOTHERS and loop.time() < until:  # noqa: ASYNC110 - no event of another process
        await asyncio.sleep(_TRY_AGAIN)
    try:
        yield "not asked: another look of ib-compat waits there for an answer" if taken is Turn.ANOTHERS else None
    finally:
        if lock is not None and taken is Turn.OURS:
            lock.release()


class Turn(Enum):
    """The turn at a gateway. If no lock is available, everybody has it, because nobody can be kept away."""

    OURS = "ours"
    ANOTHERS = "another's"
    NOBODYS = "nobody's"


def _take(lock: FileLock | None) -> Turn:
    if lock is None:
        return Turn.NOBODYS
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return Turn.ANOTHERS
    except (OSError, NotImplementedError):
        return Turn.NOBODYS
    return Turn.OURS


def _lock(addresses: tuple[str, ...], port: int) -> FileLock | None:
    """Return the lock of a gateway, one object in a process; ``None`` if there is no folder, or no address."""
    folder = writable()
    if folder is None or not addresses:
        return None
    name = "here" if any(map(is_here, addresses)) else re.sub(r"[^0-9A-Za-z.]+", "-", min(addresses))
    return FileLock(folder / f"turn-{name}-{port}.lock", is_singleton=True, thread_local=False)


async def kept_at(host: str, port: int) -> int:
    """Count our unanswered connections that a gateway on this machine keeps; 0 if they cannot be seen."""
    here = any(map(is_here, await _addresses(host, port)))
    return await asyncio.to_thread(kept_of_ours, port) if here else 0


def not_asked(tried: Try, why: str) -> ProbeRecord:
    """Return the record of an attempt that was not made."""
    return ProbeRecord(
        when=tried.when,
        passed=False,
        stage="version",
        reason=why,
        ended=Ended.NOT_ASKED,
        announced=VersionRange(min=WIDEST.min_version, max=WIDEST.max_version),
        timeout=tried.timeout,
        client_id=tried.client_id,
    )


def _why_not(addresses: tuple[str, ...], port: int) -> str | None:
    if any(map(is_here, addresses)):
        kept = kept_of_ours(port)
        whose = "of earlier looks" if can_remember() else "that may be of earlier looks, which nothing here remembers"
        return f"not asked: it still keeps {kept} connections {whose}, unanswered" if kept >= KEPT else None
    seconds = max((rest((each, port)) for each in addresses), default=0.0)
    return f"not asked for another {seconds / 60:.0f} min: it left earlier looks unanswered" if seconds else None


async def _addresses(host: str, port: int) -> tuple[str, ...]:
    try:
        return tuple(address for address, _ in await addresses_of(host, port))
    except (OSError, UnicodeError):
        return ()
