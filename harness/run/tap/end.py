"""Handles one of the two sockets of a connection through a tap."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from typing import Protocol, cast

from harness.run.tap.way import Way, way_of

LOOK_SECONDS = 0.05
"""Seconds between looks at a socket that is not being read: without reading, a reset goes unnoticed."""

_CHUNK = 65536
_LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Value of ``SO_LINGER`` that makes closing send a reset. On Windows the fields of ``struct linger`` are shorter."""


class Owner(Protocol):
    """Receives what an end sends and suffers."""

    def heard(self, end: End, data: bytes) -> None:
        """It sent something."""
        ...

    def finished(self, end: End) -> None:
        """It has ended its side."""
        ...

    def broke(self, end: End) -> None:
        """It was reset."""
        ...

    def crowded(self, end: End, *, crowded: bool) -> None:
        """It cannot take more for now, or can again."""
        ...


class End(asyncio.Protocol):
    """One socket: reads into its owner, and writes what it is given.

    Args:
        connected: the socket, not blocking; it is closed by :meth:`leave` or by a reset.
        owner: is notified of what happens.
    """

    def __init__(self, connected: socket.socket, owner: Owner) -> None:
        self._socket = connected
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._look: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()
        self.has_finished = False
        self.way: Way | None = None
        """How good the network to it was, once it is closed; ``None`` if the system does not report it."""

    @property
    def untaken(self) -> int:
        """Bytes that were passed to it and that its system has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    async def attach(self) -> None:
        """Let the loop have the socket; nothing is read before :meth:`read_on`.

        Reading is paused here and not in `connection_made`: Python 3.11.2, which Debian ships, begins to read after
        `connection_made` even if it is paused.
        """
        await asyncio.get_running_loop().create_connection(lambda: self, sock=self._socket)
        self.hold()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand on what came in one read."""
        self._owner.heard(self, data)

    def eof_received(self) -> bool:
        """Go on writing."""
        self.has_finished = True
        self._watch()
        self._owner.finished(self)
        return True

    def pause_writing(self) -> None:
        """Say that no more should come."""
        self._owner.crowded(self, crowded=True)

    def resume_writing(self) -> None:
        """Say that more may come."""
        self._owner.crowded(self, crowded=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on what the side sent before its end; after a write that failed, something may still be unread."""
        self.way = way_of(self._socket)
        if exc is not None:
            with contextlib.suppress(OSError):
                while data := self._socket.recv(_CHUNK):
                    self._owner.heard(self, data)
            self._owner.broke(self)
        self._gone.set()

    def hold(self) -> None:
        """Read no more for now."""
        if self._transport is not None and not self.has_finished:
            self._transport.pause_reading()
            self._watch()

    def read_on(self) -> None:
        """Read again."""
        if self._transport is not None and not self.has_finished:
            self._watch_no_more()
            self._transport.resume_reading()

    def say(self, data: bytes) -> None:
        """Write, in one piece if there is room."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def say_no_more(self) -> None:
        """End this direction after what was sent."""
        if self._transport is not None:
            with contextlib.suppress(OSError):  # it closed meanwhile, which reading shows
                self._transport.write_eof()

    async def leave(self, *, reset: bool = False, at_once: bool = True) -> None:
        """Close the socket.

        Args:
            reset: whether the other side gets a reset.
            at_once: if false, wait until the system has taken everything that was written.
        """
        self._watch_no_more()
        if self._transport is None or self._gone.is_set():  # asyncio cannot abort what has closed by itself
            return
        if reset:
            linger_not(self._socket)
        if at_once:
            self._transport.abort()
        else:
            self._transport.close()
        await self._gone.wait()

    def _watch(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_again)

    def _watch_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_again(self) -> None:
        self._look = None
        if self._gone.is_set():
            return
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._owner.broke(self)
        else:
            self._watch()


def linger_not(connected: socket.socket) -> None:
    """Let closing the socket reset the connection."""
    with contextlib.suppress(OSError):  # macOS refuses it if the other side is closed
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
