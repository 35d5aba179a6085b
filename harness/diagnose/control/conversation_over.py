"""That a conversation is over before the control has heard all that it waits for."""

from __future__ import annotations

from harness.shared.evidence import Ended


class EndedError(Exception):
    """The gateway ended the conversation, or led it where the control does not follow."""

    def __init__(self, ended: Ended, message: str) -> None:
        super().__init__(message)
        self.ended = ended
