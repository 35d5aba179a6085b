"""What Linux tells beyond psutil: what waits in a socket, and whether a process has it (``/proc/net/tcp``, proc(5))."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.diagnose.host.local_addresses import plain
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import Address

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

Key = tuple[Address, Address | None]
"""Own address and the other's (``None`` of a listener): what a socket is found by in both tables."""

_HELD = ("ESTABLISHED", "CLOSE_WAIT")
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


def queues(unseen: list[str], tables: Iterable[Path] = TABLES) -> Mapping[Key, Queue]:
    """Read the kernel's tables; a sentence in ``unseen`` for each that may not be read."""
    found: dict[Key, Queue] = {}
    for table in tables:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        except OSError as error:
            unseen.append(f"What waits in sockets may not be seen: {table} may not be read ({error.strerror}).")
            continue
        found.update(_rows(lines))
    return found


def _rows(lines: Iterable[str]) -> Iterator[tuple[Key, Queue]]:
    for line in lines:
        _, local, peer, state, waiting, _, _, _, _, inode, *_ = line.split()
        address = _address(peer)
        received = int(waiting.partition(":")[2], 16)
        queue = Queue(state=known().linux_states.get(state, state), received=received, held=inode != "0")
        yield (_address(local), address if address[1] else None), queue


def _address(text: str) -> Address:
    """``0100007F:0FA2`` as address and port; the address is in words of four bytes, in this machine's byte order."""
    number, _, port = text.partition(":")
    words = (int(number[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(number), 8))
    return plain(str(ipaddress.ip_address(b"".join(words)))), int(port, 16)
