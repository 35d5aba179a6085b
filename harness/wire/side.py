"""Implements the two ends of a connection as state machines without IO.

Give them bytes, get messages; give them messages, get bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.wire.codec import Codec
from harness.wire.framing import MAX_FRAME, FrameReader, encode_frame
from harness.wire.hello import REPLY_FIELDS, Hello, HelloReader, VersionReply, parse_version_reply
from harness.wire.message import Encoding, Message, Sender, UnknownMessage
from harness.wire.wire_errors import ProtocolError, UnreadableError


class _Side:
    """What both ends share once the version is known."""

    _peer: Sender

    def __init__(self) -> None:
        self._frames = FrameReader()
        self._codec: Codec | None = None

    @property
    def server_version(self) -> int | None:
        """The negotiated version; ``None`` before the reply."""
        return self._codec.server_version if self._codec else None

    def send(self, message: Message) -> bytes:
        """Return the bytes of a message.

        Raises:
            ProtocolError: before the version reply there are no messages.
        """
        return encode_frame(self._agreed().encode(message))

    def _decode(self, payload: bytes, only: frozenset[str] | None = None) -> Message | UnknownMessage:
        try:
            return self._agreed().decode(payload, self._peer, only=only)
        except ProtocolError as problem:
            raise UnreadableError(problem.reason, offset=problem.offset, data=problem.excerpt) from None

    def _agreed(self) -> Codec:
        if self._codec is None:
            raise ProtocolError("no messages before the version reply", offset=0)
        return self._codec


class GatewaySide(_Side):
    """A Gateway's end of one connection.

    Args:
        longest: bytes of the longest request that is taken, and of all that come before the version reply.
    """

    _peer = Sender.CLIENT

    def __init__(self, *, longest: int = MAX_FRAME) -> None:
        super().__init__()
        self._longest = longest
        self._hello: HelloReader | None = HelloReader()
        self._heard = 0
        self._early = bytearray()

    def receive(self, data: bytes) -> Iterator[Hello | Message | UnknownMessage]:
        """Take the client's next bytes; yield what they complete.

        After a :class:`Hello`, what follows it waits for :meth:`accept`.

        Raises:
            ProtocolError: the bytes are not the TWS socket API; after the messages before them.
        """
        if self._hello is not None:
            return self._receive_hello(self._hello, data)
        if self._codec is None:
            return self._keep(data)
        return map(self._decode, self._frames.feed(data))

    def payloads(self, data: bytes) -> Iterator[bytes]:
        """Take the client's next bytes after :meth:`accept`; yield the payloads that they complete, for :meth:`read`.

        Raises:
            ProtocolError: as :meth:`receive`.
        """
        return self._frames.feed(data)

    def read(self, payload: bytes) -> Message | UnknownMessage:
        """Read a payload of the client.

        Raises:
            UnreadableError: nobody can.
        """
        return self._decode(payload)

    def _receive_hello(self, reader: HelloReader, data: bytes) -> Iterator[Hello]:
        self._heard += len(data)
        done = reader.feed(data)
        if done is None:
            return iter(())
        hello, rest = done
        self._hello = None
        self._frames = FrameReader(offset=self._heard - len(rest), longest=self._longest)
        self._early += rest
        return iter((hello,))

    def _keep(self, data: bytes) -> Iterator[Message]:
        if len(self._early) + len(data) > self._longest:
            raise ProtocolError(f"over {self._longest} bytes before the version reply", offset=0, data=data)
        self._early += data
        return iter(())

    def accept(self, reply: VersionReply) -> bytes:
        """Return the bytes of the version reply; from now on there are messages."""
        self._codec = Codec(reply.server_version)
        return reply.encode()

    def early(self) -> bytes:
        """Return, once, what came after the hello and before the reply; give it to :meth:`receive`."""
        early, self._early = bytes(self._early), bytearray()
        return early


class ClientSide(_Side):
    """A client's end of one connection.

    Args:
        hello: what to announce.
        longest: bytes of the longest frame that is taken.
    """

    _peer = Sender.GATEWAY

    def __init__(self, hello: Hello, *, longest: int = MAX_FRAME) -> None:
        super().__init__()
        self._frames = FrameReader(longest=longest)
        self._announced = hello
        self.heeds: frozenset[str] | None = None
        """The names of the messages that are read; all unless given. Others stay as they came."""

    def greet(self) -> bytes:
        """Return the bytes that open the conversation."""
        return self._announced.encode()

    def receive(self, data: bytes) -> Iterator[VersionReply | Message | UnknownMessage]:
        """Take the Gateway's next bytes; yield what they complete.

        Raises:
            ProtocolError: the bytes are not the TWS socket API; after the messages before them.
        """
        return map(self._next, self._frames.feed(data))

    def _next(self, payload: bytes) -> VersionReply | Message | UnknownMessage:
        if self._codec is not None:
            return self._decode(payload, self.heeds)
        if payload.count(b"\0") > REPLY_FIELDS:
            # not a version reply, so it is ignored until that comes, as IBKR's client does from 10.37 on
            kind, _, body = payload.partition(b"\0")
            return UnknownMessage(self._peer, int(kind) if kind.isdigit() else 0, Encoding.TEXT, body)
        reply = parse_version_reply(payload)
        self._codec = Codec(reply.server_version)
        return reply
