"""Tells an answer as a whole, by the very frames of the recording, where it came without a pause.

Most answers are like that, to a client that does again what was recorded. No message of them is looked at, because to
read, keep and time each one costs twice as much as to copy it.
"""

from __future__ import annotations

from math import inf

from harness.gateways.replay.names import Names
from harness.gateways.replay.playing import CHANGES, PART, SHORT
from harness.gateways.replay.rewriting import ORDERS
from harness.recordings.indexed import IndexedExchange
from harness.wire.framing import encode_frame


class Together:
    """All messages of an answer, which are due together.

    Args:
        frames: their bytes.
        delay: in seconds after what they answer.
        requests: how many more requests the client had sent by then.
    """

    __slots__ = ("delay", "frames", "requests")

    pause = 0.0

    def __init__(self, frames: bytes, delay: float = 0.0, requests: int = 0) -> None:
        self.frames = frames
        self.delay = delay
        self.requests = requests

    def frame(self, version: int, names: Names) -> bytes:
        """Return the frames, which are for whom `as_it_was` says."""
        del version, names
        return self.frames


def together(exchange: IndexedExchange) -> Together | None:
    """Return an answer as a whole; ``None`` if it has a pause, or a request in it, or is long.

    Nor is there one of orders that came after a later request: that may be an order that the client calls otherwise.

    Raises:
        InputError: the recording is not as it was written.
    """
    lines, dialogue = exchange.lines, exchange.dialogue
    if not lines:
        return Together(b"")
    asked = dialogue.asked_before(lines[0])
    if asked != dialogue.asked_before(lines[-1]) or not exchange.says.isdisjoint(CHANGES):
        return None
    frames, first, before = bytearray(), -1.0, inf
    for line in lines:
        at, payload = dialogue.said(line)
        if first < 0:
            first = at
        if at - before >= SHORT or len(frames) >= PART:
            return None
        frames += encode_frame(payload)
        before = at
    requests = asked - exchange.place - 1
    if requests and (before - first >= SHORT or not exchange.says.isdisjoint(ORDERS)):
        return None
    return Together(bytes(frames), first - exchange.at, requests)
