"""Addresses: how they are written, which are this machine's, and which of them a listener answers."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

import psutil


def plain(address: str) -> str:
    """An address in its shortest form, without a zone, and IPv4 within IPv6 as IPv4.

    A Java program listens on IPv6 for both: its end is ``::ffff:127.0.0.1`` and its client's ``127.0.0.1``.

    Raises:
        ValueError: it is no address.
    """
    number = ipaddress.ip_address(address.partition("%")[0])
    mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
    return str(mapped or number)


def own_addresses(unseen: list[str]) -> frozenset[str]:
    """The addresses of this machine's interfaces."""
    try:
        interfaces = psutil.net_if_addrs()
    except (psutil.Error, OSError) as error:
        unseen.append(f"The addresses of this machine may not be seen ({error}).")
        return frozenset()
    families = (socket.AF_INET, socket.AF_INET6)
    return frozenset(plain(each.address) for one in interfaces.values() for each in one if each.family in families)


def is_own(address: str, own: Iterable[str]) -> bool:
    """Whether an address is this machine's; every loopback address is."""
    return ipaddress.ip_address(address).is_loopback or address in own


def is_here(address: str) -> bool:
    """Whether a connection to a numeric address stays on this machine, as far as its interfaces may be seen."""
    return is_own(reached(plain(address)), own_addresses([]))


def addresses_here(host: str, own: Iterable[str]) -> tuple[str, ...]:
    """What ``host`` stands for on this machine, in the resolver's order; nothing for another machine or no name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    resolved = [plain(str(address[0])) for *_, address in found]
    return tuple(dict.fromkeys(address for address in map(reached, resolved) if is_own(address, own)))


def reached(address: str) -> str:
    """Return where a connection to ``0.0.0.0`` or ``::`` goes: to the loopback address."""
    number = ipaddress.ip_address(address)
    if not number.is_unspecified:
        return address
    return str(ipaddress.IPv4Address("127.0.0.1") if number.version == 4 else ipaddress.IPv6Address(1))  # noqa: PLR2004 - IPv4
