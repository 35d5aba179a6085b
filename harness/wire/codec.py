"""Encodes and decodes payloads at one negotiated server version, and describes messages in words for logs."""

from __future__ import annotations

import struct

from harness.wire.binary import decode_protobuf, encode_protobuf
from harness.wire.catalogue import catalogue
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Encoding, Message, Sender, UnknownMessage
from harness.wire.text import decode_text, encode_text
from harness.wire.wire_errors import ProtocolError

RAW_IDS_SINCE = 201
PROTOBUF_OFFSET = 200

_ID = struct.Struct(">I")
_MAX_ID_DIGITS = 9


class Codec:
    """Writes and reads payloads as one negotiated server version has them."""

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version

    def encode(self, message: Message) -> bytes:
        """Return the payload of a message, in the encoding that its family has at this version.

        Raises:
            ProtocolError: a value does not fit its field, or the message has no such field.
        """
        kind = catalogue().by_name[message.name]
        values = kind.complete(message.values)
        if kind.encoding_at(self.server_version) is Encoding.PROTOBUF:
            return _ID.pack(kind.id + PROTOBUF_OFFSET) + encode_protobuf(kind, values)
        body = encode_text(kind, values, self.server_version)
        if self.server_version >= RAW_IDS_SINCE:
            return _ID.pack(kind.id) + body
        return f"{kind.id}\0".encode() + body

    def decode(self, payload: bytes, sender: Sender, *, only: frozenset[str] | None = None) -> Message | UnknownMessage:
        """Return the message in a payload, whichever encoding its sender chose.

        Args:
            payload: what a frame holds.
            sender: who sent it.
            only: the names of the messages to read; others stay unread, like unknown ones.

        Raises:
            ProtocolError: the payload is not a message of this version.
        """
        number, encoding, start = self.split(payload)
        kind = catalogue().by_id.get((sender, number))
        body = payload[start:]
        if kind is None or (only is not None and kind.name not in only):
            return UnknownMessage(sender, number, encoding, body)
        if encoding is Encoding.PROTOBUF:
            return decode_protobuf(kind, body, offset=start)
        return decode_text(kind, body, self.server_version, offset=start)

    def split(self, payload: bytes) -> tuple[int, Encoding, int]:
        """Return the id of a payload's message, its encoding, and where its body begins.

        Raises:
            ProtocolError: it has no id.
        """
        if self.server_version < RAW_IDS_SINCE:
            head, separator, _ = payload.partition(b"\0")
            if not separator or not head.isdigit() or len(head) > _MAX_ID_DIGITS:
                raise ProtocolError("a message must begin with its id", offset=0, data=payload)
            return int(head), Encoding.TEXT, len(head) + 1
        if len(payload) < _ID.size:
            raise ProtocolError("a message id must have four bytes", offset=0, data=payload)
        (number,) = _ID.unpack_from(payload)
        if number > PROTOBUF_OFFSET:
            return number - PROTOBUF_OFFSET, Encoding.PROTOBUF, _ID.size
        return number, Encoding.TEXT, _ID.size


Spoken = Hello | VersionReply | Message | UnknownMessage
_HEX_SHOWN = 32


def in_words(message: Spoken) -> str:
    """Return one line: the message's name and every value that is not its default."""
    match message:
        case Hello():
            options = f" options={message.options!r}" if message.options else ""
            return f"hello v{message.min_version}..{message.max_version}{options}"
        case VersionReply():
            return f"server version {message.server_version} time={message.connection_time!r}"
        case UnknownMessage():
            body = message.body[:_HEX_SHOWN].hex(" ")
            return f"message {message.id} ({message.encoding.value}, not in the catalogue): {body}"
        case _:
            return _message(message)


def _message(message: Message) -> str:
    defaults = catalogue().by_name[message.name].defaults
    shown = [f"{name}={value!r}" for name, value in message.values.items() if value != defaults.get(name)]
    surplus = [f"surplus={list(message.surplus)!r}"] if message.surplus else []
    return " ".join([message.name.replace("_", " "), *shown, *surplus])
