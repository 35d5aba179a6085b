"""Defines the errors of the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.shared.errors import IbCompatError

if TYPE_CHECKING:
    from harness.wire.message import Message

_EXCERPT = 32


class ProtocolError(IbCompatError):
    """Bytes that are not the TWS socket API.

    Args:
        reason: what is wrong, in words.
        offset: where, in bytes; counted from the start of the stream while framing, from the start of the frame's
            payload while decoding a message.
        data: the bytes around it; at most 32 are kept.
    """

    def __init__(self, reason: str, *, offset: int, data: bytes = b"") -> None:
        self.reason = reason
        self.read: Message | None = None
        """The readable part of the message, if a field has an invalid value or fields are missing."""
        self.field = ""
        """The field with an invalid value; ``read`` has it as text. Empty if fields are missing."""
        self.offset = offset
        self.excerpt = bytes(data[:_EXCERPT])
        shown = f": {self.excerpt.hex(' ')}" if self.excerpt else ""
        super().__init__(f"{reason} at byte {offset}{shown}")


class FrameTooLongError(ProtocolError):
    """A frame is longer than its reader takes, though not longer than a frame may be."""


class UnreadableError(ProtocolError):
    """One message cannot be read; the stream continues after it."""
