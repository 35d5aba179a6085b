"""One form for every spelling of a host, so that two can be held against each other. Standard library only.

No name is looked up: what a name means may change, and differs from machine to machine.
"""

from __future__ import annotations

import ipaddress
import re

LOOPBACK = "127.0.0.1"
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
    """Tell whether a host surely is this machine's loopback, whichever of its addresses, however it is spelled."""
    address = _address(one_form(host))
    return address is not None and address.is_loopback


def _bare(host: str) -> str:
    """Return a host without what may stand around it: white space, brackets, the dot of the root."""
    while (less := host.strip().strip("[]").rstrip(".")) != host:
        host = less
    return host


def _ascii(name: str) -> str:
    """Return a name as it is asked for; one that can be none as it is."""
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
