"""What Linux tells beyond psutil: what waits in a socket, and whether a process has it (``/proc/net/tcp``, proc(5)).

The tables hold every socket of the machine, thousands on a busy one. So they are read line by line, and nothing is made
of a line that has to do with no port that is asked for: a watch that looks for days takes no more for its neighbours.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from harness.diagnose.host.local_addresses import plain
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import Address

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Key = tuple[Address, Address | None]
"""Own address and the other's (``None`` of a listener): what a socket is found by in both tables."""

CLOSE_WAIT = "CLOSE_WAIT"
"""The client has left, and the program that listens has not closed its end."""

_HELD = ("ESTABLISHED", CLOSE_WAIT)
"""The states in which a socket without a process was not accepted: one that a process closed has left them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits in one socket.

    Args:
        state: as psutil names it; at this moment, which is a little later than that of psutil's table.
        received: of a listener, connections that were not accepted; of any other, bytes that were not read.
        held: whether a process has it.
    """

    state: str
    received: int
    held: bool

    @property
    def accepted(self) -> bool | None:
        """Whether the process of a listener took this connection from the accept queue; ``None`` if nobody can tell."""
        return self.held if self.state in _HELD else None


def queues(unseen: list[str], ports: Collection[int], tables: Iterable[Path] = TABLES) -> Mapping[Key, Queue]:
    """Read the kernel's tables; a sentence in ``unseen`` for each that may not be read.

    Args:
        unseen: gets the sentences.
        ports: what one end of a socket has to have.
        tables: the files.
    """
    return {
        (_address(each.local), _address(each.peer) if _port(each.peer) else None): _queue(each)
        for each in _rows(unseen, tables)
        if _port(each.local) in ports or _port(each.peer) in ports
    }


def left_at(port: int, tables: Iterable[Path] = TABLES) -> tuple[tuple[Address, Address], ...]:
    """Return local end and peer of each connection to a local port that its client has left, and nobody has closed."""
    return tuple(
        (_address(each.local), _address(each.peer))
        for each in _rows([], tables)
        if _port(each.local) == port and _state(each) == CLOSE_WAIT
    )


class _Row(NamedTuple):
    """One line of a table, as text."""

    local: str
    peer: str
    state: str
    waiting: str
    inode: str


def _rows(unseen: list[str], tables: Iterable[Path]) -> Iterator[_Row]:
    return chain.from_iterable(_of_table(unseen, table) for table in tables)


def _of_table(unseen: list[str], table: Path) -> Iterator[_Row]:
    try:
        with table.open(encoding="ascii") as lines:
            next(lines, None)  # the heading
            for line in lines:
                _, local, peer, state, waiting, _, _, _, _, inode, *_ = line.split()
                yield _Row(local, peer, state, waiting, inode)
    except FileNotFoundError:  # a kernel without IPv6
        return
    except OSError as error:
        unseen.append(f"What waits in sockets may not be seen: {table} may not be read ({error.strerror}).")


def _queue(row: _Row) -> Queue:
    received = int(row.waiting.partition(":")[2], 16)
    return Queue(state=_state(row), received=received, held=row.inode != "0")


def _state(row: _Row) -> str:
    return known().linux_states.get(row.state, row.state)


def _port(text: str) -> int:
    return int(text.rpartition(":")[2], 16)


def _address(text: str) -> Address:
    """``0100007F:0FA2`` as address and port; the address is in words of four bytes, in this machine's byte order."""
    number = text.partition(":")[0]
    words = (int(number[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(number), 8))
    return plain(str(ipaddress.ip_address(b"".join(words)))), _port(text)
