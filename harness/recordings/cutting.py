"""Cuts the bytes of connections into the entries of a recording: whole hellos and frames, never half ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.recordings.recording import Ended, Entry, Framed, Greeted, Omitted, Opened
from harness.wire.conversation import Stream
from harness.wire.hello import Hello
from harness.wire.message import Sender
from harness.wire.transcript import Change

UNFINISHED = "the connection ended before it was whole"


class Cutter:
    """Cuts one side of one connection.

    Args:
        connection: its number.
        sender: which side.
    """

    def __init__(self, connection: int, sender: Sender) -> None:
        self._connection = connection
        self._sender = sender
        self._stream = Stream(sender)
        self._unreadable = ""

    def feed(self, at: float, data: bytes) -> Iterator[Entry]:
        """Take the next bytes; yield what they complete, or that they cannot be read."""
        if self._unreadable:
            yield self._omitted(at, len(data), 0, self._unreadable)
            return
        for part in self._stream.feed(data):
            if isinstance(part.content, Hello):
                yield Greeted(at=at, connection=self._connection, data=part.data)
            else:
                yield Framed(
                    at=at, connection=self._connection, sender=self._sender, payload=part.data, pieces=part.pieces
                )
        if self._stream.is_lost:
            self._unreadable, rest = self._stream.take_rest("") or ("it is not the TWS socket API", b"")
            yield self._omitted(at, len(rest), 1, self._unreadable)

    def skip(self, entry: Omitted) -> Omitted:
        """Pass over messages, of which only the size and number are known; what comes next begins one.

        A message of which only the beginning came is one more.
        """
        rest = None if self._unreadable else self._stream.take_rest("")
        self._stream = Stream(self._sender, greeted=True)
        beginning = b"" if rest is None else rest[1]
        return replace(entry, size=entry.size + len(beginning), count=entry.count + bool(beginning))

    def end(self, at: float) -> Iterator[Entry]:
        """Yield what is left of a message that never became whole."""
        rest = None if self._unreadable else self._stream.take_rest("")
        if rest is not None:
            self._unreadable = UNFINISHED
            yield self._omitted(at, len(rest[1]), 1, UNFINISHED)

    def _omitted(self, at: float, size: int, count: int, why: str) -> Omitted:
        return Omitted(at=at, connection=self._connection, sender=self._sender, size=size, count=count, why=why)


class Cutting:
    """Cuts all connections. What comes of one that is over is passed over."""

    def __init__(self) -> None:
        self._cutters: dict[tuple[int, Sender], Cutter] = {}

    def event(self, entry: Opened | Ended | Omitted) -> Iterator[Entry]:
        """Take what became of a connection; yield it, after what was left unfinished."""
        number = entry.connection
        if isinstance(entry, Opened):
            self._cutters.update({(number, sender): Cutter(number, sender) for sender in Sender})
        elif (number, Sender.CLIENT) not in self._cutters:
            return
        elif isinstance(entry, Ended):
            half = {entry.by} if entry.change is Change.HALF_CLOSED else set(Sender)
            for sender in Sender:
                if sender in half:
                    yield from self._cutters[number, sender].end(entry.at)
            if entry.change is not Change.HALF_CLOSED:
                for sender in Sender:
                    del self._cutters[number, sender]
        yield entry

    def feed(self, at: float, connection: int, sender: Sender, data: bytes) -> Iterator[Entry]:
        """Take the next bytes of one side; yield what they complete."""
        cutter = self._cutters.get((connection, sender))
        if cutter is not None:
            yield from cutter.feed(at, data)

    def skip(self, entry: Omitted) -> Iterator[Entry]:
        """Pass over messages of one side, as :meth:`Cutter.skip`."""
        cutter = self._cutters.get((entry.connection, entry.sender))
        if cutter is not None:
            yield cutter.skip(entry)
