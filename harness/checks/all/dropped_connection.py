"""Checks that the library notices when the gateway goes away: nightly restart, crash, pulled cable."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from adapters.base import ConnectionLostError
from harness.checks.check import Check, CheckFailedError, Client, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Make the request that makes the gateway end the connection, and wait until the library reports it."""
    began = perf_counter()
    try:
        client.connection.system.current_time(client.request_timeout)
    except ConnectionLostError as error:
        request = str(error)
    else:
        raise CheckFailedError("the gateway answered instead of closing the connection")
    failed = perf_counter() - began
    client.connection.wait_until_told(client.request_timeout)
    client.problems.clear()  # the library also reported the end, not only logged it
    return {"told": True, "request": request, "request_failed_after": failed, "told_after": perf_counter() - began}


def expected(_truth: Truth) -> Mapping[str, Expected]:
    """Require that the user was notified; the delay is only reported."""
    return {"told": True}


CHECK = Check(
    name="dropped_connection",
    proves="the library reports to its user that the gateway closed the connection, and fails the waiting request",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    scenario="drops",
    requests=2,
)
