"""How much ever came over a connection, as Linux counts it (``sock_diag(7)``, ``tcp_info`` in ``linux/tcp.h``).

Only that tells a client that came and left without a word from one that said something which was read.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator, Mapping

from harness.diagnose.host.local_addresses import plain
from harness.diagnose.host.queues import Key

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
"""Where ``tcpi_bytes_received`` stands; kernels before 4.2 have none."""
_SECONDS = 1.0
_LARGEST = 1 << 16


def received(port: int) -> Mapping[Key, int]:
    """Return the bytes that came over each connection to a local port whose client has left; nothing if nobody may ask.

    The end of the other side is not counted, which the kernel does.
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
    """Netlink begins everything at a multiple of four."""
    return (length + 3) & ~3
