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
    """Give the clock of a simulated gateway: that of this computer, if it plays no other."""
    return {"epoch_seconds": HostClock(ahead=truth.clock_ahead)}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Give the time that the gateway told."""
    return {"epoch_seconds": whole(said.answers("req_current_time")[0].only("current_time"), "time")}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Give the clock of this computer: one of the two is wrong where they are far apart."""
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
