"""What earlier looks left at a gateway: one that kept two of ours is not asked again until it has let go of them.

So a look can be repeated for ever: it adds to what hangs at a gateway twice, and no more. A gateway on this machine is
asked again as soon as the system shows that it has ended those connections, as a restart does; one on another machine,
whose sockets nobody here can see, after ten minutes, and twice as long after each that it leaves unanswered.
"""

from __future__ import annotations

import asyncio

from harness.control.address import addresses_of
from harness.control.heard import WIDEST, Try
from harness.evidence import Ended, ProbeRecord, VersionRange
from harness.host import is_here, kept_of_ours, rest

_SETTLE = 1.0
"""Seconds after which a connection that its client has left is kept: a gateway that works closes it at once."""

KEPT = 2
"""Connections of ours that a gateway may keep before it is left alone."""


async def why_not_again(host: str, port: int) -> str | None:
    """Say why a gateway is left alone for now; ``None`` where it may be asked."""
    addresses = await _addresses(host, port)
    why_not = await asyncio.to_thread(_why_not, addresses, port)
    if why_not is None:
        return None
    await asyncio.sleep(_SETTLE)  # a gateway that works is about to end them
    return await asyncio.to_thread(_why_not, addresses, port)


async def kept_at(host: str, port: int) -> int:
    """Count the connections of ours that a gateway on this machine keeps, unanswered; 0 where nobody can see them."""
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
        return f"not asked: it still keeps {kept} connections of earlier looks, unanswered" if kept >= KEPT else None
    seconds = max((rest((each, port)) for each in addresses), default=0.0)
    return f"not asked for another {seconds / 60:.0f} min: it left earlier looks unanswered" if seconds else None


async def _addresses(host: str, port: int) -> tuple[str, ...]:
    try:
        return tuple(address for address, _ in await addresses_of(host, port))
    except (OSError, UnicodeError):
        return ()
