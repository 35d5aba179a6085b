"""How much the control takes from one connection. More is no gateway's start, and would take our memory and time."""

from __future__ import annotations

from harness.diagnose.control.conversation_over import EndedError
from harness.shared.evidence import Ended

MOST_BYTES = 32 * 2**20
"""Bytes: ten thousand positions, with all values of fifty accounts, are fewer."""

MOST_FRAMES = 200_000

LONGEST_FRAME = 2 * 2**20
"""Bytes of one frame: the longest of a start is the list of accounts."""

MOST_NOTICES = 1_000

MOST_ACCOUNTS = 10_000

LONGEST_TEXT = 2_000
"""Characters of a notice that are kept."""


def within(what: str, count: int, most: int) -> None:
    """Go on while no more than ``most`` came.

    Raises:
        EndedError: more came.
    """
    if count > most:
        raise EndedError(Ended.ENDLESS, f"it sent {count:,} {what}; no more than {most:,} are taken")
