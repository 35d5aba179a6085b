"""Sends the notices that a Gateway sends in addition to its answers."""

from __future__ import annotations

from harness.wire.message import Message

NO_REQUEST = -1
"""The request id of what answers no request."""


def error(code: int, text: str, req_id: int = NO_REQUEST) -> Message:
    """Return an error message; notices are errors, too. Its time is set by the session, which has the clock."""
    return Message("error", {"req_id": req_id, "code": code, "text": text})
