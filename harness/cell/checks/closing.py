"""The check of the end: nothing of the library outlives the connection."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from harness.cell.checks.model import Check
from harness.cell.outcome import Outcome, describe
from harness.cell.resources import Resources

if TYPE_CHECKING:
    from adapters.base import Connection

CLOSE = Check("close", "the library ends its connection and leaves no thread, no socket and no event loop")


def close(connection: Connection | None, timeout: float, before: Resources) -> Outcome:
    """Close the connection, if there still is one, and compare what is open with what was ``before`` the connect."""
    began = perf_counter()
    left: list[str] = []
    try:
        if connection is not None:
            connection.close(timeout)
    except Exception as error:  # noqa: BLE001 - the library's; it is what the check is after
        left.append(describe(error))
    left += Resources.now().beyond(before)
    return Outcome(
        CLOSE.name,
        "fail" if left else "pass",
        perf_counter() - began,
        reason="; ".join(left) or None,
    )
