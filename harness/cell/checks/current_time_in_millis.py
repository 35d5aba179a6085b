"""The gateway's clock in milliseconds.

A real Gateway at server version 203 was seen to answer only the first question for the time of a session, this one or
that for seconds (remark in ibkr-go's tests). So no answer in time is skipped, not red, unless the gateway is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestTimeoutError
from harness.cell.check import Check, Client, NotAskedError
from harness.cell.expected import HostClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Expected
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the gateway's clock."""
    try:
        return {"epoch_millis": client.connection.current_time_in_millis(client.request_timeout)}
    except RequestTimeoutError as error:
        if client.simulated:
            raise
        raise NotAskedError(f"some gateways tell the time once a session: {error}") from error


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Give the clock of this computer, which a simulated gateway has, too."""
    return {"epoch_millis": HostClock(per_second=1000)}


CHECK = Check(
    name="current_time_in_millis",
    asks="req_current_time_in_millis",
    proves="the gateway tells the time in milliseconds",
    ask=ask,
    expected=expected,
    varies=("epoch_millis",),
    gate=197,
)
