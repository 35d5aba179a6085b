"""Measures the quality of the network between the tap and one of its sides, as the system's TCP sees it."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

_INFO = struct.Struct("=100xI44xI64xI4xI")
"""Of Linux' ``struct tcp_info`` in linux/tcp.h: ``tcpi_total_retrans``, ``tcpi_min_rtt``, ``tcpi_dsack_dups`` and
``tcpi_rcv_ooopack``, which came last, with Linux 5.4."""

_NEVER = 0xFFFFFFFF
_MICROSECONDS = 1_000_000

QUICK = 0.005
"""Seconds that a packet and its receipt take at most on a way within one computer, the least of a connection. Measured
there: 4 to 29 µs, with every processor busy, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way of a connection, from its begin until now.

    Args:
        round_trip: the least seconds that a packet and its receipt were on their way; 0 if none was.
        lost: packets that are known to have been lost on it. Among those that were sent again, only the ones that the
            other side did not report to have twice: where a receipt is slow, as on a busy computer, Linux sends one
            again that was not lost.
    """

    round_trip: float
    lost: int

    @property
    def is_good(self) -> bool:
        """Whether nothing that came in time on one side can have been late on the other for it."""
        return self.round_trip < QUICK and not self.lost


def way_of(connected: socket.socket) -> Way | None:
    """Ask the system how good the network is; ``None`` everywhere except on Linux 5.4 and newer."""
    if sys.platform != "linux":
        return None
    try:
        told = connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
    except OSError:  # it is closed already
        return None
    if len(told) < _INFO.size:
        return None
    again, least, twice, out_of_order = _INFO.unpack(told)
    round_trip = 0.0 if least == _NEVER else least / _MICROSECONDS
    return Way(round_trip=round_trip, lost=max(0, again - twice) + out_of_order)
