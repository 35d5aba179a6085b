"""Describes one connection in words: its two streams, which share the version that they negotiate.

Each stream is cut into hello, version reply and frames. Bytes that are not the TWS socket API are handed back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.wire.codec import Codec, Spoken, in_words
from harness.wire.framing import FrameReader
from harness.wire.hello import Hello, HelloReader, parse_version_reply
from harness.wire.message import Sender, UnknownMessage
from harness.wire.wire_errors import ProtocolError

Mask = Callable[[str], str]
"""Hides account numbers in a text."""

HEX_SHOWN = 64
"""Most bytes that are shown as hex."""

_READABLE = re.compile(r"[ -~]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message or event on a connection; the fields of a line of the transcript."""

    at: float
    sender: Sender
    text: str
    pieces: int = 1
    spoken: Spoken | None = None
    problem: ProtocolError | None = None


@dataclass(frozen=True, slots=True)
class _Heard:
    """The payload of a frame, with when it was whole, who sent it, and in how many pieces."""

    at: float
    sender: Sender
    payload: bytes
    pieces: int


class Conversation:
    """Decodes what a connection's sides say.

    Args:
        mask: hides account numbers in a text.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._streams = {sender: Stream(sender) for sender in Sender}
        self._codec: Codec | None = None
        self._early: list[_Heard] = []

    def hear(self, at: float, sender: Sender, data: bytes) -> Iterator[Said]:
        """Take the next bytes of one side; yield what they complete.

        What a client says before the version reply is yielded with the reply: before that nobody can read it.
        """
        for part in self._streams[sender].feed(data):
            if isinstance(part.content, Hello):
                heard = _Heard(at, sender, b"", part.pieces)
                yield self._said(heard, self._mask(in_words(part.content)), part.content)
            else:
                yield from self._frame(_Heard(at, sender, part.content, part.pieces))

    def hear_whole(self, at: float, sender: Sender, payload: bytes, pieces: int = 1) -> Iterator[Said]:
        """Take a frame that somebody has cut, as :meth:`hear` does; whether a hello came before does not matter."""
        yield from self._frame(_Heard(at, sender, payload, pieces))

    def kept(self, at: float, payload: bytes) -> Said | None:
        """Read a single message of the gateway; None before the version reply."""
        return self._message(self._codec, _Heard(at, Sender.GATEWAY, payload, 1)) if self._codec else None

    def end(self, at: float, sender: Sender, why: str) -> Iterator[Said]:
        """Say what is left of one side's bytes; from now on it says nothing more."""
        rest = self._streams[sender].take_rest(why)
        if rest is not None:
            yield Said(at=at, sender=sender, text=self._bytes(*rest))
        if sender is Sender.GATEWAY:
            early, self._early = self._early, []
            yield from (self._unread(heard, "before any version reply") for heard in early)

    def _frame(self, heard: _Heard) -> Iterator[Said]:
        if self._codec is not None:
            yield self._message(self._codec, heard)
        elif heard.sender is Sender.CLIENT:
            self._early.append(heard)
        else:
            yield from self._version_reply(heard)

    def _version_reply(self, heard: _Heard) -> Iterator[Said]:
        try:
            reply = parse_version_reply(heard.payload)
        except ProtocolError as problem:
            yield self._unread(heard, problem.reason)
            return
        codec = self._codec = Codec(reply.server_version)
        yield self._said(heard, self._mask(in_words(reply)), reply)
        early, self._early = self._early, []
        yield from (self._message(codec, before) for before in early)

    def _message(self, codec: Codec, heard: _Heard) -> Said:
        try:
            message = codec.decode(heard.payload, heard.sender)
        except ProtocolError as problem:
            return replace(self._unread(heard, problem.reason), problem=problem)
        if isinstance(message, UnknownMessage):
            message = replace(message, body=_masked(message.body, self._mask))
        return self._said(heard, self._mask(in_words(message)), message)

    def _unread(self, heard: _Heard, why: str) -> Said:
        return self._said(heard, self._bytes(why, heard.payload))

    def _said(self, heard: _Heard, text: str, spoken: Spoken | None = None) -> Said:
        return Said(at=heard.at, sender=heard.sender, text=text, pieces=heard.pieces, spoken=spoken)

    def _bytes(self, why: str, data: bytes) -> str:
        shown = _masked(data, self._mask)[:HEX_SHOWN].hex(" ")
        more = " …" if len(data) > HEX_SHOWN else ""
        return f"{len(data)} bytes ({self._mask(why)}): {shown}{more}"


def _masked(data: bytes, mask: Mask) -> bytes:
    """Hide account numbers in bytes; a length in front of one may look like a letter or digit of it."""
    if mask is str:  # it hides nothing
        return data

    def hide(run: re.Match[str]) -> str:
        hidden = mask(run[0])
        return hidden[:1] + mask(hidden[1:])

    return _READABLE.sub(hide, data.decode("latin-1")).encode("latin-1", "replace")


_HEAD = 4
"""Bytes of a frame's length."""


@dataclass(frozen=True, slots=True)
class Part:
    """A hello, or the payload of a frame, and in how many pieces it came.

    ``data`` is all bytes of the hello, from ``API`` on, or the payload again.
    """

    content: Hello | bytes
    pieces: int
    data: bytes


class Stream:
    """Cuts a stream into a hello, if it is the client's, and the payloads of frames.

    Args:
        sender: who speaks.
        greeted: whether a hello that it owes came before.
    """

    def __init__(self, sender: Sender, *, greeted: bool = False) -> None:
        self._hello = HelloReader() if sender is Sender.CLIENT and not greeted else None
        self._frames = FrameReader()
        self._rest = bytearray()
        self._pieces = 0
        self._lost: str | None = None

    @property
    def is_lost(self) -> bool:
        """Whether what comes can no longer be cut: it is not the TWS socket API."""
        return self._lost is not None

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
            whole = bytes(self._rest[: len(self._rest) - len(data)])
            self._rest = bytearray(data)
            yield self._whole(hello, whole)
        for payload in self._frames.feed(data):
            del self._rest[: _HEAD + len(payload)]
            yield self._whole(payload, payload)

    def _whole(self, content: Hello | bytes, data: bytes) -> Part:
        """Count the pieces; the last one may contain the beginning of what follows."""
        part, self._pieces = Part(content, self._pieces, data), 1 if self._rest else 0
        return part

    def take_rest(self, why: str) -> tuple[str, bytes] | None:
        """Return, once, the bytes that became nothing and why; from then on it is lost.

        Args:
            why: what to say of bytes that are only the beginning of something.
        """
        reason, rest = self._lost or why, bytes(self._rest)
        self._lost, self._rest = reason, bytearray()
        return (reason, rest) if rest else None
