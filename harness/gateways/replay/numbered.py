"""Divides a payload at the number of its request, to write another number there, or to find one.

The rest keeps its bytes. So a message costs no more than its copy, and a recorded request is recognised unread.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.gateways.replay.own_ids import varint
from harness.wire.framing import encode_frame
from harness.wire.heads import head_of
from harness.wire.message import Encoding, Sender
from harness.wire.overflow_index import place_of_number

_FIELD_1 = b"\x08"
_HEAD = 4
_LARGEST = 2**31 - 2
"""The next one stands for no number."""

_AS_TEXT = re.compile(rb"(0|[1-9][0-9]{0,9})\0")
_LONGEST_VARINT = 5


class Numbered(NamedTuple):
    """A payload before and after its number; without one, all is before."""

    before: bytes
    after: bytes | None
    as_text: bool

    def frame(self, number: int | None) -> bytes:
        """Return the frame with another number."""
        if self.after is None or number is None:
            return encode_frame(self.before + (self.after or b""))
        written = b"%d\0" % number if self.as_text else varint(number)
        return encode_frame(self.before + written + self.after)

    def number_in(self, payload: bytes) -> int | None:
        """Return the number in a payload that is the same but for it; ``None`` if another is, or it is unusual."""
        after = self.after
        if after is None or not (payload.startswith(self.before) and payload.endswith(after)):
            return None
        written = payload[len(self.before) : len(payload) - len(after)]
        number = _from_text(written) if self.as_text else _from_varint(written)
        return number if number is not None and number <= _LARGEST else None


def _from_text(written: bytes) -> int | None:
    found = _AS_TEXT.fullmatch(written)
    return int(found[1]) if found is not None else None


def _from_varint(written: bytes) -> int | None:
    number = 0
    for place, byte in enumerate(written[:_LONGEST_VARINT]):
        number |= (byte & 0x7F) << 7 * place
    return number if written == varint(number) else None


def numbered(payload: bytes, version: int, sender: Sender) -> Numbered:
    """Divide a payload; what nobody knows has no number.

    Raises:
        ProtocolError: it has no head.
        ValueError: it is too short for its number.
    """
    kind, encoding, start = head_of(payload, version, sender)
    place = None if kind is None else place_of_number(kind.name, version)
    if place is None:
        return Numbered(payload, None, as_text=True)
    if encoding is Encoding.PROTOBUF:
        begin = _HEAD + 1
        if payload[_HEAD:begin] != _FIELD_1:  # it is zero, which may be left out
            return Numbered(payload[:_HEAD] + _FIELD_1, payload[_HEAD:], as_text=False)
        last = next((each for each in range(begin, len(payload)) if payload[each] < 0x80), None)  # noqa: PLR2004
        if last is None:
            raise ValueError("a number does not end")
        return Numbered(payload[:begin], payload[last + 1 :], as_text=False)
    for _ in range(place):
        start = payload.index(b"\0", start) + 1
    return Numbered(payload[:start], payload[payload.index(b"\0", start) + 1 :], as_text=True)
