"""Listens in a gateway's place and passes on everything, including how connections end."""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

from harness.run.tap.link import Link
from harness.run.tap.links import Links
from harness.run.tap.recorder import Clocks, Limits, Recorder, now_by_both_clocks
from harness.run.tap.rein import Rein
from harness.wire.transcript import Transcript

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"

_BACKLOG = 128
_TRIES = 20
"""Most attempts to find a port that is free at both loopback addresses."""


class Tap:
    """An asynchronous context manager that listens inside the context and leaves nothing behind.

    It adds a hop and takes nothing away. Half-closed stays half-closed, a reset arrives as one, a side that does not
    read slows down the one that writes, and the bytes of one read leave in one write: IBKR's client hangs if the
    version reply comes in two parts. One thing differs: the tap accepts a client before it connects to the gateway. If
    the gateway refuses, the client sees a reset. So use a tap only if the gateway accepts connections.

    If the context ends without an error, the clients' last bytes still go to the gateway, as they would without a tap.

    Args:
        host: the gateway's host; an IPv4 address.
        port: the port on which it listens.
        also: its IPv6 address, at this machine's loopback. The tap then listens on one port at both loopback addresses,
            and each leads to the same address of the gateway. So a client that is given a host name reaches the address
            that it would choose.
        limits: how many bytes of a connection are kept.
        rein: protects a gateway that somebody else runs: it delays messages above the pace, and keeps from a client the
            accounts about which it may request nothing.
        opened: the moment from which the transcript counts [default: when the tap is made]
        listeners: sockets that listen already, and are the tap's from now on; all lead to the gateway's host and port.
            [default: a free port of this machine's loopback]

    Raises:
        OSError: on entering, it cannot listen, as with too many open files; on leaving, it could accept no more.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        also: tuple[str, int] | None = None,
        limits: Limits | None = None,
        rein: Rein | None = None,
        opened: Clocks | None = None,
        listeners: Sequence[socket.socket] = (),
    ) -> None:
        self._gateways: tuple[tuple[str, int], ...] = ((host, port),) if also is None else ((host, port), also)
        self._listeners = tuple(listeners)
        opened = now_by_both_clocks() if opened is None else opened
        self._recorder = Recorder(gateway=(host, port), limits=limits or Limits(), opened=opened)
        self._rein = rein
        self._links = Links()

    @property
    def address(self) -> tuple[str, int]:
        """The address for the client."""
        return self._recorder.listened

    @property
    def held_back(self) -> str | None:
        """Why a connection was ended because of the accounts that the gateway showed; ``None`` if none was."""
        return next((link.held_back for link in self._links.all if link.held_back is not None), None)

    @property
    def clock(self) -> tuple[float, ...]:
        """The earliest and latest time of day at which bytes crossed, in Unix seconds; empty if none did."""
        return self._recorder.clock

    @property
    def transcript(self) -> Transcript:
        """What was seen so far."""
        return self._recorder.transcript()

    async def __aenter__(self) -> Self:
        gateways = self._gateways
        if self._listeners:
            listeners, gateways = self._listeners, gateways[:1] * len(self._listeners)
        else:
            listeners = (_listening(),) if len(gateways) == 1 else _listening_at_both()
        self._recorder.listened = (LOOPBACK, listeners[0].getsockname()[1])
        for listener, gateway in zip(listeners, gateways, strict=True):
            self._links.accept(listener, partial(self._link, gateway))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self._links.settle()
        finally:
            await self._links.leave()
        if kind is None:
            self._links.raise_what_broke()

    def _link(self, gateway: tuple[str, int], number: int, client: socket.socket) -> Link:
        return Link(number, client, gateway, self._recorder, rein=self._rein)


def _listening() -> socket.socket:
    return socket.create_server((LOOPBACK, 0), backlog=_BACKLOG)


def _listening_at_both() -> tuple[socket.socket, socket.socket]:
    """Listen at both loopback addresses, at one port, IPv4 first."""
    for _ in range(_TRIES):
        four = _listening()
        try:
            at = (LOOPBACK_6, four.getsockname()[1])
            return four, socket.create_server(at, family=socket.AF_INET6, backlog=_BACKLOG)
        except OSError as problem:
            four.close()
            if problem.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free at both loopback addresses")
