"""Reads the sockets of some ports from Linux, with what psutil does not report: waiting bytes, bytes received.

psutil decodes every socket of the machine, which takes most of a look's time where there are thousands. Here only the
lines with a wanted port are read, and only their processes are looked for.

Sources: ``/proc/net/tcp`` in proc(5); ``sock_diag(7)``, and ``tcp_info`` in ``linux/tcp.h``. Only the last
distinguishes a client that came and left without sending anything from one that sent something which was read.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import struct
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from harness.diagnose.host.sockets import Socket, plain
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import Address

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Key = tuple[Address, Address | None]
"""Own address and peer (``None`` for a listener), which identify a socket in both tables."""

CLOSE_WAIT = "CLOSE_WAIT"
"""The client has closed its end, and the listening program has not."""

_NOBODYS = "0"
"""The inode of a socket that no process has."""

_HELD = ("ESTABLISHED", CLOSE_WAIT)
"""The states in which a socket without a process was never accepted; a process that closes its socket ends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits in one socket.

    Args:
        state: the state by psutil's name.
        received: for a listener, how many connections wait to be accepted; for any other socket, the unread bytes.
        held: whether a process has the socket.
    """

    state: str
    received: int
    held: bool

    @property
    def accepted(self) -> bool | None:
        """Whether the process of a listener took this connection from the accept queue; ``None`` if nobody can tell."""
        return self.held if self.state in _HELD else None


def read_sockets(
    unseen: list[str], ports: Collection[int], tables: Iterable[Path] = TABLES
) -> tuple[tuple[Socket, ...], Mapping[Key, Queue]]:
    """Read the kernel's tables of sockets once.

    Args:
        unseen: receives a sentence for each table that may not be read.
        ports: only sockets with one of these ports at either end are returned.
        tables: the files.

    Returns:
        The sockets, each with a process that has it if that may be seen, and what waits in each.
    """
    rows = list(_rows(unseen, tables, ports))
    pids = _pids({each.inode for each in rows} - {_NOBODYS})
    ends = [(_address(each.local), _address(each.peer) if _port(each.peer) else None) for each in rows]
    sockets = (
        Socket(state=_state(row), local=local, peer=peer, pid=pids.get(row.inode))
        for row, (local, peer) in zip(rows, ends, strict=True)
    )
    return tuple(sockets), {key: _queue(row) for row, key in zip(rows, ends, strict=True)}


def _pids(inodes: set[str]) -> Mapping[str, int]:
    """Return a process for each socket that one of the processes that may be seen has."""
    found: dict[str, int] = {}
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    # Thousands of files: a path object for each would cost more than to read it.
    for pid in filter(str.isdecimal, os.listdir("/proc")) if wanted else ():  # noqa: PTH208
        with contextlib.suppress(OSError):  # another user's, or it ended just now
            for file in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208
                with contextlib.suppress(OSError):  # it was closed just now
                    if inode := wanted.pop(os.readlink(f"/proc/{pid}/fd/{file}"), None):  # noqa: PTH115
                        found[inode] = int(pid)
        if not wanted:
            break
    return found


def left_at(port: int, tables: Iterable[Path] = TABLES) -> tuple[tuple[Address, Address], ...]:
    """Return local end and peer of each connection to a local port that only the client has closed."""
    return tuple(
        (_address(each.local), _address(each.peer))
        for each in _rows([], tables, {port})
        if _port(each.local) == port and _state(each) == CLOSE_WAIT
    )


class _Row(NamedTuple):
    """One line of a table, as text."""

    local: str
    peer: str
    state: str
    waiting: str
    inode: str


def _rows(unseen: list[str], tables: Iterable[Path], ports: Collection[int]) -> Iterator[_Row]:
    """Read the lines with one of the ports at either end."""
    # Both ends are followed by a space, as no other number after a colon of four digits is.
    with_port = re.compile(f":(?:{'|'.join(f'{port:04X}' for port in sorted(ports))}) ").search
    return chain.from_iterable(_of_table(unseen, table, with_port) for table in tables) if ports else iter(())


def _of_table(unseen: list[str], table: Path, wanted: Callable[[str], object]) -> Iterator[_Row]:
    try:
        with table.open(encoding="ascii") as lines:
            next(lines, None)  # the heading
            for line in filter(wanted, lines):
                _, local, peer, state, waiting, _, _, _, _, inode, *_ = line.split()
                yield _Row(local, peer, state, waiting, inode)
    except FileNotFoundError:  # a kernel without IPv6
        return
    except OSError as error:
        unseen.append(f"What waits in sockets may not be seen: {table} may not be read ({error.strerror}).")


def _queue(row: _Row) -> Queue:
    received = int(row.waiting.partition(":")[2], 16)
    return Queue(state=_state(row), received=received, held=row.inode != _NOBODYS)


def _state(row: _Row) -> str:
    return known().linux_states.get(row.state, row.state)


def _port(text: str) -> int:
    return int(text.rpartition(":")[2], 16)


def _address(text: str) -> Address:
    """``0100007F:0FA2`` as address and port; the address is in words of four bytes, in this machine's byte order."""
    number = text.partition(":")[0]
    words = (int(number[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(number), 8))
    return plain(str(ipaddress.ip_address(b"".join(words)))), _port(text)


_SOCK_DIAG = 4
_BY_FAMILY, _REQUEST_DUMP, _ERROR, _DONE = 20, 0x301, 2, 3
_INFO = 2
"""The attribute that holds a ``tcp_info``; asked for by the bit before it."""
_CLOSE_WAIT = 8
_HEADER = struct.Struct("=IHHII")
_ASKED = struct.Struct("=BBBxI")
_ANYWHERE = bytes(48)
_PORTS = struct.Struct(">HH")
_SOCKET = 72
"""Bytes of an ``inet_diag_msg``: family, state, two, ports, two addresses of 16, and what is not read here."""
_FIRST_PORT, _FIRST_ADDRESS = 4, 8
_ATTRIBUTE = struct.Struct("=HH")
_RECEIVED = struct.Struct("=Q")
_RECEIVED_AT = 128
"""Offset of ``tcpi_bytes_received``; kernels before 4.2 do not have it."""
_SECONDS = 1.0
_LARGEST = 1 << 16


def received(port: int) -> Mapping[Key, int]:
    """Return how many bytes each connection to a local port received, if its client has closed it.

    Empty if the kernel does not allow the question. The kernel counts the end of the stream as one byte; here it does
    not count.
    """
    found: dict[Key, int] = {}
    if sys.platform != "linux":
        return found
    for family in (socket.AF_INET, socket.AF_INET6):
        with contextlib.suppress(OSError, struct.error):  # a sandbox without it
            found.update(_asked(family, port))
    return found


def _asked(family: int, port: int) -> Iterator[tuple[Key, int]]:
    if sys.platform != "linux":
        return
    question = _ASKED.pack(family, socket.IPPROTO_TCP, 1 << (_INFO - 1), 1 << _CLOSE_WAIT) + _ANYWHERE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking:
        asking.settimeout(_SECONDS)
        asking.send(_HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST_DUMP, 1, 0) + question)
        while True:
            data, at = asking.recv(_LARGEST), 0
            while at < len(data):
                length, kind, *_ = _HEADER.unpack_from(data, at)
                if kind in {_DONE, _ERROR}:
                    return
                yield from _read(data[at + _HEADER.size : at + length], family, port)
                at += _aligned(length)


def _read(message: bytes, family: int, port: int) -> Iterator[tuple[Key, int]]:
    own, other = _PORTS.unpack_from(message, _FIRST_PORT)
    if own != port:
        return
    size = 4 if family == socket.AF_INET else 16
    hosts = [message[at : at + size] for at in (_FIRST_ADDRESS, _FIRST_ADDRESS + 16)]
    local, peer = (plain(str(ipaddress.ip_address(each))) for each in hosts)
    at = _SOCKET
    while at + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, at)
        info = message[at + _ATTRIBUTE.size : at + length]
        if kind == _INFO and len(info) >= _RECEIVED_AT + _RECEIVED.size:
            (count,) = _RECEIVED.unpack_from(info, _RECEIVED_AT)
            yield ((local, own), (peer, other)), max(0, count - 1)
        at += _aligned(max(length, _ATTRIBUTE.size))


def _aligned(length: int) -> int:
    """Return the length rounded up to a multiple of four, to which netlink aligns everything."""
    return (length + 3) & ~3
