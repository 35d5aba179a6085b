"""Before which addresses of a gateway a tap may lie, so that it hides nothing of how a library connects."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Collection

from harness.diagnose.host import HostView, Kind, look
from harness.shared.hosts import Address, addresses_of, nearness

LOOPBACKS = ("127.0.0.1", "::1")

_IPV4 = 4
_OF_ONE_FAMILY = 1
"""A listener is this near, or nearer, that is bound to the address, or to all of its family."""


async def tappable(address: Address, *, refused: Collection[str] = ()) -> tuple[Address, ...]:
    """Return the gateway's addresses that a tap may lie before, IPv4 first; none where it would hide something.

    Args:
        address: host and port.
        refused: numeric addresses of the host that did not take the control's connection.
    """
    four = await as_ipv4(address, refused=refused)
    return (four,) if four is not None else await _both_loopbacks(address, refused)


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


async def _both_loopbacks(address: Address, refused: Collection[str]) -> tuple[Address, ...]:
    """Return both loopback addresses of a name such as ``localhost``, where the gateway surely takes both.

    A tap can listen at both, too, and the library is given the same name: so each goes to the address that it would go
    to, and from there to the gateway's own. The system is asked who listens there, and nobody is connected to. Where
    one of them would refuse, a tap there would not.
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
    """Tell whether somebody surely listens at an address: one who is bound to all of IPv6 may not answer IPv4.

    A Java program does, and a Gateway is one.
    """
    there = [(nearness(each.host, address), each.owner.kind) for each in view.listeners if each.port == port]
    return any(
        near is not None and (near <= _OF_ONE_FAMILY or kind in {Kind.GATEWAY, Kind.TWS}) for near, kind in there
    )
