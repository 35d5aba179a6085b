"""Gateways during a run, at listeners that say what they are told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.gateways.opened import Opening
from harness.run.column import Column
from tests.diagnose.control.listeners import ACCOUNTS, NEXT_ID, TIME, frame, saying
from tests.gateways.test_kinds import spec

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

HEALTHY = saying(frame(176, TIME), ACCOUNTS + NEXT_ID)
IN_USE = frame(
    4, 2, -1, 326, "Unable to connect as the client id is already in use. Retry with a unique client id.", ""
)
LIVE = frame(15, 1, "U9000001,")
LOST = frame(4, 2, -1, 1100, "Connectivity between IBKR and Trader Workstation has been lost.", "")


async def opened(stack: AsyncExitStack, **changes: Any) -> Column:
    """A column that is open and was met by the control."""
    column = Column(spec(**changes), probe_timeout=0.3)
    await column.open(stack, Opening())
    await column.probe("before")
    return column
