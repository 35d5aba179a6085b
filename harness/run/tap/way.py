"""Measures the quality of the network between the tap and one of its sides, as the system's TCP sees it."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import dataclass

_INFO = struct.Struct("=100xI44xI64xI4xI")
"""Four fields of ``struct tcp_info`` (linux/tcp.h): ``tcpi_total_retrans``, ``tcpi_min_rtt``, ``tcpi_dsack_dups`` and
``tcpi_rcv_ooopack``. Linux 5.4 added the last of them."""

_NEVER = 0xFFFFFFFF
_MICROSECONDS = 1_000_000

QUICK = 0.005
"""The most seconds for the shortest round trip of a connection within one computer. Measured: 4 to 29 µs, also with
every processor busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The quality of the network on a connection, from its beginning until now.

    Args:
        round_trip: seconds of the shortest round trip of a packet and its receipt; 0 if there was none.
        lost: packets that are known to be lost. If a receipt is slow, as on a busy computer, Linux sends a packet again
            that was not lost. The other side then reports that it has the packet twice, and such packets do not count.
    """

    round_trip: float
    lost: int

    @property
    def is_good(self) -> bool:
        """Whether the network can be ruled out as the reason why something came late."""
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
