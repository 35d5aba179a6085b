"""Reads the head of a payload: which message it is, how it is written, and where its number is.

There are few heads and many messages, so what a head says is kept.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from harness.wire.catalogue import MessageType, catalogue
from harness.wire.codec import RAW_IDS_SINCE, Codec
from harness.wire.message import Encoding, Sender

_LENGTH = 4
_LONGEST_AS_TEXT = 10
"""Nine digits and a NUL."""


class Head(NamedTuple):
    """What the first bytes of a payload say.

    Args:
        kind: which message; ``None`` if the catalogue has none of that id.
        encoding: how its body is written.
        start: where that begins.
    """

    kind: MessageType | None
    encoding: Encoding
    start: int


def head_of(payload: bytes, server_version: int, sender: Sender) -> Head:
    """Read the head of a payload.

    Raises:
        ProtocolError: it has none.
    """
    end = _LENGTH if server_version >= RAW_IDS_SINCE else payload.find(b"\0", 0, _LONGEST_AS_TEXT) + 1
    return _read(payload[:end], server_version, sender is Sender.GATEWAY)


@lru_cache(2048)
def _read(head: bytes, server_version: int, by_gateway: bool) -> Head:  # noqa: FBT001 - a sender is slow to look up
    number, encoding, start = Codec(server_version).split(head)
    sender = Sender.GATEWAY if by_gateway else Sender.CLIENT
    return Head(catalogue().by_id.get((sender, number)), encoding, start)
