"""Chooses how a cell reaches its gateway: through a tap of its own if the traffic is recorded, otherwise directly.

A tap is used only where it hides nothing of how a library connects.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.diagnose.host import HostView, Kind, look
from harness.results.transcript_file import FILE, write_transcript
from harness.run.tap.proxy import Tap
from harness.run.tap.recorder import Clocks
from harness.run.tap.rein import Rein
from harness.shared.evidence import CheckRecord
from harness.shared.hosts import Address, addresses_of, nearness
from harness.wire.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The address that a cell connects to, and what is in between.

    Args:
        address: host and port that the cell is given. If the tap listens at all addresses of the gateway's host name,
            the host is that name.
        gateway: host and port of the gateway as the results have it.
        tap: the tap in between, if there is one.
        kept: whether what crosses it is recorded.
    """

    address: Address
    gateway: Address
    tap: Tap | None = None
    kept: bool = True

    @property
    def transcript(self) -> Transcript | None:
        """What crossed the way so far; ``None`` if it is not recorded."""
        return self.tap.transcript if self.tap and self.kept else None

    @property
    def clock(self) -> tuple[float, ...]:
        """The earliest and latest time of day, in Unix seconds, at which bytes crossed; empty if there is no tap."""
        return self.tap.clock if self.tap else ()

    @property
    def held_back(self) -> str | None:
        """Why the cell was kept from the gateway's accounts; ``None`` if it was not."""
        return self.tap.held_back if self.tap else None

    def told(self, checks: Iterable[CheckRecord]) -> list[CheckRecord]:
        """Return the checks, with reasons that name the gateway's address instead of the tap's."""
        return [replace(check, reason=check.reason and self._named(check.reason)) for check in checks]

    def _named(self, reason: str) -> str:
        """Replace the tap's address, written as ``127.0.0.1:4002`` or as Python does, ``('127.0.0.1', 4002)``."""
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
    """Yield the way to a gateway; afterwards ``folder`` has what crossed it, if ``keep`` is true.

    Args:
        gateway: its host and port as the results have it.
        through: the addresses of the gateway in front of which a tap listens, IPv4 first, as `tappable` returns them;
            if it is empty, nothing is recorded.
        folder: the folder of the cell.
        keep: whether the traffic is recorded.
        rein: limits what the cell may do to a gateway that somebody else runs.
        opened: the moment at which the transcript begins. The cell's checks are compared with the transcript, so they
            count from the same moment.

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


LOOPBACKS = ("127.0.0.1", "::1")

_IPV4 = 4
_OF_ONE_FAMILY = 1
"""A listener that is bound to the address itself, or to all addresses of its family, is this near or nearer."""


async def tappable(address: Address, *, refused: Collection[str] = ()) -> tuple[Address, ...]:
    """Return the gateway's addresses in front of which a tap may listen, IPv4 first; none if it would hide something.

    Args:
        address: host and port of the gateway.
        refused: numeric addresses of the host that did not accept the reference client's connection.
    """
    four = await as_ipv4(address, refused=refused)
    return (four,) if four is not None else await _both_loopbacks(address, refused)


async def as_ipv4(address: Address, *, refused: Collection[str] = ()) -> Address | None:
    """Return the address with a numeric IPv4 host; ``None`` if the host is, or may be, IPv6, or has no address.

    A tap listens at an IPv4 address. ibapi connects to IPv4 only, ib_async to both, and a tap would hide that. If the
    IPv6 addresses refuse, nothing is hidden: every library ends at the IPv4 address, as with ``localhost`` and a
    Gateway that listens at 127.0.0.1.

    Args:
        address: host and port of the gateway.
        refused: numeric addresses of the host that did not accept the reference client's connection.
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


async def _both_loopbacks(address: Address, refused: Collection[str]) -> tuple[Address, ...]:
    """Return both loopback addresses of a name such as ``localhost``, if the gateway certainly accepts both.

    A tap can listen at both, too. The library is given the same name, so it connects to the address that it would
    choose without a tap, and the tap passes it on to the same address of the gateway. If the gateway refused one of
    them, the tap would hide that. The system's table of listeners says whether it does, without a connection.
    """
    host, port = address
    try:
        found = {each for each, _ in await addresses_of(host, port)}
    except (OSError, UnicodeError):
        return ()
    if found != set(LOOPBACKS) or found.intersection(refused):
        return ()
    view = await asyncio.to_thread(look, host, port, ports=())
    return tuple((each, port) for each in LOOPBACKS) if all(_takes(view, port, each) for each in LOOPBACKS) else ()


def _takes(view: HostView, port: int, address: str) -> bool:
    """Return whether a program certainly listens at an address.

    One that is bound to all IPv6 addresses may or may not accept IPv4. Java programs, such as a Gateway, accept it.
    """
    there = [(nearness(each.host, address), each.owner.kind) for each in view.listeners if each.port == port]
    return any(
        near is not None and (near <= _OF_ONE_FAMILY or kind in {Kind.GATEWAY, Kind.TWS}) for near, kind in there
    )
