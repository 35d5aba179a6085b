"""Writes to a client as fast, and in as many pieces, as a behaviour has it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from harness.known.scenarios import Behaviour

_BYTES_A_TURN = 64
"""Bytes that are sent alone in one turn of the loop: each is a call of its own, and others want their turn, too."""

_PIECES_A_SECOND = 20
"""Most pieces in a second of slow bytes: at many bytes a second, a client does not see them one by one."""


_PART = 65536
"""Bytes of what is sent on the clock after which others have their turn."""


def in_parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces put together, as many as make a part: a write for each would cost more than what is written."""
    part = bytearray()
    for piece in pieces:
        part += piece
        if len(part) >= _PART:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


async def write(writer: asyncio.StreamWriter, data: bytes, behaviour: Behaviour, *, greeted: bool) -> None:
    """Write as the behaviour has it; ``greeted`` says that the version reply was sent.

    Raises:
        OSError: the client broke off.
    """
    if behaviour.bytes_per_second is not None:
        await _slowly(writer, data, behaviour.bytes_per_second)
    elif behaviour.byte_by_byte and greeted:
        await _byte_by_byte(writer, data)
    else:
        writer.write(data)
        await writer.drain()


async def _slowly(writer: asyncio.StreamWriter, data: bytes, bytes_per_second: float) -> None:
    size = max(1, int(bytes_per_second / _PIECES_A_SECOND))
    for start in range(0, len(data), size):
        if writer.is_closing():
            return
        piece = data[start : start + size]
        await asyncio.sleep(len(piece) / bytes_per_second)
        writer.write(piece)
        await writer.drain()


async def _byte_by_byte(writer: asyncio.StreamWriter, data: bytes) -> None:
    for position in range(len(data)):
        if writer.is_closing():
            return
        writer.write(data[position : position + 1])
        if not position % _BYTES_A_TURN:
            await writer.drain()
            await asyncio.sleep(0)
