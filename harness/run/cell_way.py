"""A cell's way to its gateway: through a tap of its own where what crosses the wire is kept, straight otherwise."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.results.transcript_file import FILE, write_transcript
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Clocks
from harness.run.tap.rein import Rein
from harness.run.tap_addresses import LOOPBACKS
from harness.shared.evidence import CheckRecord
from harness.shared.hosts import Address
from harness.wire.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a cell connects, and what is there.

    Args:
        address: host and port that the cell is given; the host is the gateway's own name where the tap listens at all
            addresses that the name has.
        gateway: host and port of the gateway as the results have it.
        tap: what lies between, if anything does.
        kept: whether what crosses it is written down.
    """

    address: Address
    gateway: Address
    tap: Tap | None = None
    kept: bool = True

    @property
    def transcript(self) -> Transcript | None:
        """What crossed the way so far; ``None`` where it is not written down."""
        return self.tap.transcript if self.tap and self.kept else None

    @property
    def clock(self) -> tuple[float, ...]:
        """The least and the most time of day while something crossed; empty where nobody looked."""
        return self.tap.clock if self.tap else ()

    @property
    def held_back(self) -> str | None:
        """Why the cell was kept from the gateway's accounts; ``None`` where it was not."""
        return self.tap.held_back if self.tap else None

    def told(self, checks: Iterable[CheckRecord]) -> list[CheckRecord]:
        """Return the checks, with reasons that name the gateway's address where the library named the tap's."""
        return [replace(check, reason=check.reason and self._named(check.reason)) for check in checks]

    def _named(self, reason: str) -> str:
        """Both ways to write an address are known: ``127.0.0.1:4002``, and Python's ``('127.0.0.1', 4002)``."""
        if self.address == self.gateway:
            return reason
        host, port = self.address
        by_name = host == self.gateway[0]
        hosts = "|".join(map(re.escape, (host, *LOOPBACKS) if by_name else (host,)))
        pattern = rf"(?<![\w.])({hosts})(\]?:|', ){port}(?!\d)"
        return re.sub(
            pattern,
            lambda found: f"{found[1] if by_name else self.gateway[0]}{found[2]}{self.gateway[1]}",
            reason,
        )


@asynccontextmanager
async def way_to(
    gateway: Address,
    *,
    through: Sequence[Address],
    folder: Path,
    keep: bool = True,
    rein: Rein | None = None,
    opened: Clocks | None = None,
) -> AsyncIterator[Way]:
    """Yield the way to a gateway; what crosses it is in ``folder`` afterwards, if it was to be kept.

    Args:
        gateway: its host and port as the results have it.
        through: the gateway's addresses that a tap lies before, IPv4 first (`before.tappable`); none keeps nothing.
        folder: the cell's.
        keep: whether what crosses the way is written down.
        rein: what holds back, before a gateway that somebody else runs.
        opened: from when the transcript counts: the same moment as the cell's checks, which are held against it.

    Raises:
        OSError: the tap cannot listen, or the file cannot be written.
    """
    if not through or (rein is None and not keep):
        yield Way(address=gateway, gateway=gateway)
        return
    first, *more = through
    tap = Tap(*first, also=more[0] if more else None, rein=rein, opened=opened)
    try:
        async with tap:
            address = (gateway[0], tap.address[1]) if more else tap.address
            yield Way(address=address, gateway=gateway, tap=tap, kept=keep)
    finally:
        if keep:
            write_transcript(folder / FILE, tap.transcript)
