"""Normalises hosts and addresses to one spelling, so that two can be compared. Standard library only.

Only `addresses_of` looks up a name: what a name means may change, and differs from machine to machine.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

Address = tuple[str, int]

LOOPBACK = "127.0.0.1"
_LOOPBACKS = (LOOPBACK, "::1")
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]+")
_OCTAL = re.compile(r"0[0-7]*")
_DECIMAL = re.compile(r"[1-9][0-9]{0,9}")
"""No longer than an address is: Python refuses to read thousands of digits."""
_MOST_PARTS = 4
_BYTE = 256


def one_form(host: str) -> str:
    """Return a host so that spellings which surely lead a client to one place are equal.

    ``localhost`` and the loopback addresses of both families are one: a Gateway listens at all of them. A client whose
    target is ``0.0.0.0`` or ``::`` gets to its own machine. Numbers are read as every system's resolver reads them
    (POSIX, inet_addr): ``127.1`` and ``0x7f.1`` are ``127.0.0.1``, and a leading zero makes a number octal.
    """
    name = _bare(_ascii(_bare(host)).lower())
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return LOOPBACK
    address = _address(name)
    if address is None:
        return name
    here = address.is_unspecified or address == ipaddress.IPv6Address(1)
    return LOOPBACK if here else str(address)


def stays_here(host: str) -> bool:
    """Return whether a host surely is this machine's loopback, whichever of its addresses, however it is spelled."""
    address = _address(one_form(host))
    return address is not None and address.is_loopback


def _bare(host: str) -> str:
    """Return a host without surrounding white space, brackets, and the dot of the root."""
    while (less := host.strip().strip("[]").rstrip(".")) != host:
        host = less
    return host


def _ascii(name: str) -> str:
    """Return a name in the form for looking it up; an invalid one unchanged."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if ":" not in name:
        return _ipv4(name)
    try:
        address = ipaddress.IPv6Address(name)
    except ValueError:
        return None
    plain = ipaddress.IPv6Address(int(address))  # the loopback of a zone is the loopback
    return address.ipv4_mapped or (plain if plain.is_loopback or plain.is_unspecified else address)


def _ipv4(name: str) -> ipaddress.IPv4Address | None:
    """Read one to four numbers, of which the last fills all bytes that are left."""
    *first, last = numbers = [_number(part) for part in name.split(".")]
    if len(numbers) > _MOST_PARTS or last is None:
        return None
    total = 0
    for number in first:
        if number is None or number >= _BYTE:
            return None
        total = total * _BYTE + number
    left = _BYTE ** (_MOST_PARTS - len(first))
    return ipaddress.IPv4Address(total * left + last) if last < left else None


def _number(part: str) -> int | None:
    if _HEXADECIMAL.fullmatch(part):
        return int(part, 16)
    if _OCTAL.fullmatch(part):
        return int(part, 8)
    return int(part) if _DECIMAL.fullmatch(part) else None


async def addresses_of(host: str, port: int) -> tuple[Address, ...]:
    """Resolve a host; each address once.

    Raises:
        OSError: the name has no address.
        UnicodeError: the host can be no name.
    """
    from asyncio import get_running_loop  # noqa: PLC0415 - takes as long as all else here, and most look up nothing

    found = await get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known = [(str(address[0]), int(address[1])) for family, _, _, _, address in found if family in _FAMILIES]
    return tuple(dict.fromkeys(known))


def own_end(writer: asyncio.StreamWriter) -> Address:
    """Return host and port of our end of a connection."""
    host, port, *_ = writer.get_extra_info("sockname")
    return str(host), int(port)


def other_loopback(host: str) -> str | None:
    """Return the loopback address of the other family; ``None`` if the host is not a loopback address."""
    return next((each for each in _LOOPBACKS if each != host), None) if host in _LOOPBACKS else None


def is_loopback(host: str) -> bool:
    """Return whether a numeric address stays on this machine."""
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

    A listener on ``::`` is assumed to answer IPv4 too, as a Java program's does.
    """
    if bound == address:
        return 0
    listening, asked = ipaddress.ip_address(bound), ipaddress.ip_address(address)
    if not listening.is_unspecified or listening.version < asked.version:
        return None
    return 1 if listening.version == asked.version else 2
