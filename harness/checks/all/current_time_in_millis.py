"""Checks the gateway's clock in milliseconds.

A real Gateway at server version 203 was seen to answer only the first request for the time in a session, whether for
this one or for the one in seconds (remark in ibkr-go's tests). So a timeout is skipped, not red, unless the gateway is
simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import RequestTimeoutError
from harness.checks.check import Check, Client, NothingCameError
from harness.checks.expected import CLOCKS_APART, HostClock, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the gateway's clock."""
    try:
        return {"epoch_millis": client.connection.system.current_time_in_millis(client.request_timeout)}
    except RequestTimeoutError as error:
        if client.simulated:
            raise
        raise NothingCameError("some gateways send the time only once a session", error) from error


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the clock of a simulated gateway: this computer's, unless it simulates another one."""
    return {"epoch_millis": HostClock(per_second=1000, ahead=truth.clock_ahead)}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the time that the gateway sent."""
    answer = said.answers("req_current_time_in_millis")[0]
    return {"epoch_millis": whole(answer.only("current_time_in_millis"), "time_ms")}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Return this computer's clock: if the two are far apart, one of them is wrong."""
    return {"epoch_millis": HostClock(per_second=1000, tolerance=CLOCKS_APART)}


CHECK = Check(
    name="current_time_in_millis",
    asks="req_current_time_in_millis",
    proves="the gateway sends its time in milliseconds",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("epoch_millis",),
    gate=197,
)
