"""Checks the gateway's clock, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client
from harness.checks.expected import CLOCKS_APART, HostClock, whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask the gateway's clock."""
    return {"epoch_seconds": client.connection.system.current_time(client.request_timeout)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the clock of a simulated gateway: this computer's, unless it simulates another one."""
    return {"epoch_seconds": HostClock(ahead=truth.clock_ahead)}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the time that the gateway sent."""
    return {"epoch_seconds": whole(said.answers("req_current_time")[0].only("current_time"), "time")}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Return this computer's clock: if the two are far apart, one of them is wrong."""
    return {"epoch_seconds": HostClock(tolerance=CLOCKS_APART)}


CHECK = Check(
    name="current_time",
    asks="req_current_time",
    proves="a request that needs no account is answered",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("epoch_seconds",),
)
