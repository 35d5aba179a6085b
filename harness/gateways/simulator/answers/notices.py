"""Sends the notices that a Gateway sends in addition to its answers."""

from __future__ import annotations

import time

from harness.wire.message import Message

NO_REQUEST = -1
"""The request id of what answers no request."""


def error(code: int, text: str, req_id: int = NO_REQUEST) -> Message:
    """Return an error message as of now; notices are errors, too."""
    return Message("error", {"req_id": req_id, "code": code, "text": text, "time_ms": time.time_ns() // 1_000_000})
