"""Whether what somebody sent to a gateway is a hello at all."""

from __future__ import annotations

from harness.wire.errors import ProtocolError
from harness.wire.hello import HelloReader


def malformed(sent: bytes | None) -> str | None:
    """Say what is wrong with a hello; ``None`` where nothing is, or where there is none."""
    if sent is None:
        return None
    try:
        done = HelloReader().feed(sent)
    except ProtocolError as problem:
        return f"What was sent is {problem}."
    return None if done else f"What was sent is the beginning of a hello that was never finished: {sent[:16].hex(' ')}."
