"""A host's addresses, in the order in which the system gives them to every program."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

Address = tuple[str, int]


async def addresses_of(host: str, port: int) -> tuple[Address, ...]:
    """Resolve a host; each address once.

    Raises:
        OSError: the name has no address.
        UnicodeError: the host can be no name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known = [(str(address[0]), int(address[1])) for family, _, _, _, address in found if family in _FAMILIES]
    return tuple(dict.fromkeys(known))


def own_end(writer: asyncio.StreamWriter) -> Address:
    """Return host and port of our end of a connection."""
    host, port, *_ = writer.get_extra_info("sockname")
    return str(host), int(port)


_FAMILIES = (socket.AF_INET, socket.AF_INET6)

_LOOPBACKS = ("127.0.0.1", "::1")


def other_loopback(host: str) -> str | None:
    """Return the loopback address of the other family; ``None`` where the host is no loopback address."""
    return next((each for each in _LOOPBACKS if each != host), None) if host in _LOOPBACKS else None


def is_loopback(host: str) -> bool:
    """Tell whether a numeric address stays on this machine."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def written(host: str, port: int) -> str:
    """Return an address as people write it, with brackets around a numeric IPv6 host."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def family(host: str) -> str:
    """Return ``IPv4`` or ``IPv6`` for a numeric address."""
    return "IPv6" if ":" in host else "IPv4"


def nearness(bound: str, address: str) -> int | None:
    """How near a listener bound to ``bound`` is to a connection to ``address``: the least gets it, ``None`` never.

    A listener on ``::`` is taken to answer IPv4 too, as that of a Java program does.
    """
    if bound == address:
        return 0
    listening, asked = ipaddress.ip_address(bound), ipaddress.ip_address(address)
    if not listening.is_unspecified or listening.version < asked.version:
        return None
    return 1 if listening.version == asked.version else 2
