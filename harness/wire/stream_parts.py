"""One direction of a connection, cut into what it is made of; bytes that are no TWS socket API are handed back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.wire.errors import ProtocolError
from harness.wire.framing import FrameReader
from harness.wire.hello import Hello, HelloReader
from harness.wire.message import Sender

_HEAD = 4
"""Bytes of a frame's length."""


@dataclass(frozen=True, slots=True)
class Part:
    """A hello, or the payload of a frame, and in how many pieces it came."""

    content: Hello | bytes
    pieces: int


class Stream:
    """Cuts a stream into a hello, where the client speaks, and the payloads of frames.

    Args:
        sender: who speaks.
    """

    def __init__(self, sender: Sender) -> None:
        self._hello = HelloReader() if sender is Sender.CLIENT else None
        self._frames = FrameReader()
        self._rest = bytearray()
        self._pieces = 0
        self._lost: str | None = None

    def feed(self, data: bytes) -> Iterator[Part]:
        """Take the next bytes; yield the hello and the payloads that are now complete; nothing once it is lost."""
        self._rest += data
        self._pieces += 1
        if self._lost is not None:
            return
        try:
            yield from self._cut(data)
        except ProtocolError as problem:
            self._lost = problem.reason

    def _cut(self, data: bytes) -> Iterator[Part]:
        if self._hello is not None:
            done = self._hello.feed(data)
            if done is None:
                return
            self._hello = None
            hello, data = done
            self._rest = bytearray(data)
            yield self._whole(hello)
        for payload in self._frames.feed(data):
            del self._rest[: _HEAD + len(payload)]
            yield self._whole(payload)

    def _whole(self, content: Hello | bytes) -> Part:
        """Count the pieces; the last of them may hold the beginning of what follows."""
        part, self._pieces = Part(content, self._pieces), 1 if self._rest else 0
        return part

    def take_rest(self, why: str) -> tuple[str, bytes] | None:
        """Return, once, the bytes that became nothing and why; from then on it is lost.

        Args:
            why: what to say of bytes that are only the beginning of something.
        """
        reason, rest = self._lost or why, bytes(self._rest)
        self._lost, self._rest = reason, bytearray()
        return (reason, rest) if rest else None
