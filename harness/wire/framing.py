r"""Cuts a stream into frames: a four-byte big-endian length, then that many bytes.

Source: both directions after the client's ``API\0``, in every published client library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from harness.wire.wire_errors import FrameTooLongError, ProtocolError

MAX_FRAME = 0xFF_FFFF
"""Longest payload accepted, in bytes; IBKR's own client refuses more."""

_LENGTH = struct.Struct(">I")
_EXCERPT = 16


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

    Holds at most one unfinished frame and what was fed but not yet taken.

    Args:
        offset: how many bytes of the stream came before; only for the offsets in errors.
        longest: bytes of the longest payload that is taken.
    """

    def __init__(self, offset: int = 0, *, longest: int = MAX_FRAME) -> None:
        self._buffer = bytearray()
        self._longest = longest
        self._offset = offset

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes of the stream; yield the payloads that are now complete.

        What is not taken from the iterator comes with the next call.

        Raises:
            FrameTooLongError: while iterating, after the payloads before it: a length is over what is taken.
            ProtocolError: in the same way: a length is zero, negative as a signed number, or over :data:`MAX_FRAME`. A
                stream that was bad stays bad.
        """
        self._buffer += data
        return iter(self._take, None)

    def _take(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if not 0 < length <= MAX_FRAME:
            del self._buffer[_EXCERPT:]
            raise ProtocolError(f"{length} is not a valid frame length", offset=self._offset, data=bytes(self._buffer))
        if length > self._longest:
            del self._buffer[_EXCERPT:]
            raise FrameTooLongError(
                f"a frame of {length:,} bytes; at most {self._longest:,} are accepted", offset=self._offset
            )
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        self._offset += end
        return payload
