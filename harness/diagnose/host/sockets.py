"""Lists the TCP sockets of this machine with their processes, and compares addresses."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import psutil

from harness.shared.evidence.machine_view import Address


def plain(address: str) -> str:
    """An address in its shortest form, without a zone, and IPv4 within IPv6 as IPv4.

    A Java program listens on IPv6 for both: its end is ``::ffff:127.0.0.1`` and its client's ``127.0.0.1``.

    Raises:
        ValueError: it is not an address.
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
    """Return the addresses of ``host`` on this machine, in the resolver's order; none if it is another or unknown."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    resolved = [plain(str(address[0])) for *_, address in found]
    return tuple(dict.fromkeys(address for address in map(reached, resolved) if is_own(address, own)))


def reached(address: str) -> str:
    """Return the target of a connection to ``0.0.0.0`` or ``::``: the loopback address."""
    number = ipaddress.ip_address(address)
    if not number.is_unspecified:
        return address
    return str(ipaddress.IPv4Address("127.0.0.1") if number.version == 4 else ipaddress.IPv6Address(1))  # noqa: PLR2004 - IPv4


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """One row of the system's table.

    Args:
        state: the state by psutil's name.
        peer: the other end; ``None`` for a listening socket.
        pid: the id of its process; ``None`` if it has none, or if that may not be seen.
    """

    state: str
    local: Address
    peer: Address | None
    pid: int | None


class _Row(Protocol):
    """A socket as psutil returns it, for the whole system or for one process."""

    @property
    def laddr(self) -> tuple[()] | tuple[str, int]: ...
    @property
    def raddr(self) -> tuple[()] | tuple[str, int]: ...
    @property
    def status(self) -> str: ...


def tcp_sockets(unseen: list[str], ports: Collection[int]) -> tuple[Socket, ...]:
    """Return the sockets that may be seen.

    Args:
        unseen: receives a sentence if not all sockets may be seen.
        ports: only sockets with one of these ports at either end are returned; a busy machine has thousands of others.
    """
    try:
        return tuple(_sockets(((row, row.pid) for row in psutil.net_connections(kind="tcp")), ports))
    except (psutil.Error, OSError):
        # macOS shows the whole table to the administrator only, and to everybody the sockets of their own processes.
        unseen.append(
            "Only the sockets of this user's own processes may be seen: the others are for the administrator. "
            "Connections that no process has accepted, or has any more, are not among them."
        )
        return tuple(_sockets(_by_process(), ports))


def _by_process() -> Iterator[tuple[_Row, int]]:
    for process in psutil.process_iter():
        try:
            rows = process.net_connections(kind="tcp")
        except (psutil.Error, OSError):  # another user's, or it ended just now
            continue
        yield from ((row, process.pid) for row in rows)


def _sockets(rows: Iterator[tuple[_Row, int | None]], ports: Collection[int]) -> Iterator[Socket]:
    for row, pid in rows:
        if any(end[1] in ports for end in (row.laddr, row.raddr) if end) and (local := _address(row.laddr)):
            yield Socket(state=row.status, local=local, peer=_address(row.raddr), pid=pid or None)


def _address(pair: tuple[()] | tuple[str, int]) -> Address | None:
    return (plain(pair[0]), pair[1]) if pair else None
