"""A cell's way to its gateway: through a tap of its own where what crosses the wire is kept, straight otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.evidence import CheckRecord
from harness.tap import FILE, Rein, Tap, Transcript, write_transcript

Address = tuple[str, int]

_IPV4 = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a cell connects, and what is there.

    Args:
        address: host and port that the cell is given.
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
        pattern = rf"(?<![\w.]){re.escape(host)}(:|', ){port}(?!\d)"
        return re.sub(pattern, lambda found: f"{self.gateway[0]}{found[1]}{self.gateway[1]}", reason)


@asynccontextmanager
async def way_to(
    gateway: Address, *, through: Address | None, folder: Path, keep: bool = True, rein: Rein | None = None
) -> AsyncIterator[Way]:
    """Yield the way to a gateway; what crosses it is in ``folder`` afterwards, if it was to be kept.

    Args:
        gateway: its host and port as the results have it.
        through: the same as an IPv4 address, for a tap to connect to; ``None`` keeps nothing.
        folder: the cell's.
        keep: whether what crosses the way is written down.
        rein: what holds back, before a gateway that somebody else runs.

    Raises:
        OSError: the tap cannot listen, or the file cannot be written.
    """
    if through is None or (rein is None and not keep):
        yield Way(address=gateway, gateway=gateway)
        return
    tap = Tap(*through, rein=rein)
    try:
        async with tap:
            yield Way(address=tap.address, gateway=gateway, tap=tap, kept=keep)
    finally:
        if keep:
            write_transcript(folder / FILE, tap.transcript)


async def as_ipv4(address: Address, *, refused: Collection[str] = ()) -> Address | None:
    """Return the address with a numeric IPv4 host; ``None`` where the host is, or may be, IPv6, or has no address.

    A tap listens at an IPv4 address. ibapi connects to no other, ib_async to any: a tap would hide the difference.
    There is none where the IPv6 addresses do not take the connection: then all come to the IPv4 one, as with
    ``localhost`` and a Gateway that listens at 127.0.0.1.

    Args:
        address: host and port.
        refused: numeric addresses of the host that did not take the control's connection.
    """
    host, port = address
    with contextlib.suppress(ValueError):
        return (host, port) if ipaddress.ip_address(host).version == _IPV4 else None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return None
    left = [(family, str(where[0])) for family, *_, where in found if str(where[0]) not in refused]
    only_ipv4 = {family for family, _ in left} == {socket.AF_INET}
    return (left[0][1], port) if only_ipv4 else None
