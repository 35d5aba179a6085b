"""The TCP sockets of this machine, each with the process that has it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import psutil

from harness.diagnose.host.local_addresses import plain
from harness.shared.evidence.machine_view import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """One row of the system's table.

    Args:
        state: as psutil names it.
        peer: ``None`` of a listening socket.
        pid: ``None`` where no process has it, or whose may not be seen.
    """

    state: str
    local: Address
    peer: Address | None
    pid: int | None


class _Row(Protocol):
    """What psutil gives for a socket, of the whole system or of one process."""

    @property
    def laddr(self) -> tuple[()] | tuple[str, int]: ...
    @property
    def raddr(self) -> tuple[()] | tuple[str, int]: ...
    @property
    def status(self) -> str: ...


def tcp_sockets(unseen: list[str], ports: Collection[int]) -> tuple[Socket, ...]:
    """Return the sockets that may be seen, with a sentence in ``unseen`` where that is not all.

    Args:
        unseen: gets the sentence.
        ports: what one end of a socket has to have; a busy machine has thousands of others.
    """
    try:
        return tuple(_sockets(((row, row.pid) for row in psutil.net_connections(kind="tcp")), ports))
    except (psutil.Error, OSError):
        # macOS gives the whole table to the administrator only, the sockets of one's own processes to everybody.
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
