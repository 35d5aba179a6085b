r"""Frames: a four-byte big-endian length, then that many bytes.

Source: both directions after the client's ``API\0``, in every published client library.
"""

from __future__ import annotations

import struct

from harness.protocol.errors import ProtocolError

MAX_FRAME = 0xFF_FFFF
"""Longest payload accepted, in bytes; IBKR's own client refuses more."""

_LENGTH = struct.Struct(">I")


def encode_frame(payload: bytes) -> bytes:
    """Put the length before a payload.

    Raises:
        ProtocolError: the payload is longer than :data:`MAX_FRAME`.
    """
    if len(payload) > MAX_FRAME:
        raise ProtocolError(f"a frame of {len(payload)} bytes is over the limit of {MAX_FRAME}", offset=0)
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream into payloads, whatever way the stream was split.

    Holds at most one unfinished frame and what one call to :meth:`feed` added.

    Args:
        offset: how many bytes of the stream came before; only for the offsets in errors.
    """

    def __init__(self, offset: int = 0) -> None:
        self._buffer = bytearray()
        self._offset = offset

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the stream; return the payloads that are now complete.

        Raises:
            ProtocolError: a length is zero, negative as a signed number, or over :data:`MAX_FRAME`.
        """
        self._buffer += data
        payloads: list[bytes] = []
        start = 0
        while (end := self._frame_end(start)) is not None:
            payloads.append(bytes(self._buffer[start + _LENGTH.size : end]))
            start = end
        del self._buffer[:start]
        self._offset += start
        return payloads

    def _frame_end(self, start: int) -> int | None:
        if len(self._buffer) - start < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, start)
        if not 0 < length <= MAX_FRAME:
            excerpt = bytes(self._buffer[start : start + 16])
            raise ProtocolError(
                f"a frame length of {length} is not possible", offset=self._offset + start, data=excerpt
            )
        end: int = start + _LENGTH.size + length
        return end if end <= len(self._buffer) else None
