"""Checks the nightly restart: the connection ends, the port refuses for a moment, and then a program connects again.

A real Gateway restarts once a day; its port refuses for some seconds.
Sources: https://github.com/QuantConnect/Lean.Brokerages.InteractiveBrokers/issues/246 and
https://github.com/nautechsystems/nautilus_trader/issues/1622
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import ConnectError, ConnectionLostError
from harness.checks.all import positions
from harness.checks.check import Check, CheckFailedError, Client, Phase, plain
from harness.checks.second_connect import connect_late

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Make the request at which the gateway restarts, connect until it lets the client in, and request the holdings."""
    leaving, failed = client.connection, list[ConnectError]()
    _lose(client)
    try:
        client.opened = again = connect_late(client, failed)
    except Exception:
        leaving.close(client.request_timeout)
        raise
    holdings = plain(again.account.positions(client.request_timeout))
    return {"refused": [each.kind for each in failed], "accounts": list(again.accounts), "records": holdings}


def _lose(client: Client) -> None:
    """Let the connection end, and wait until the library reports it."""
    leaving, timeout = client.connection, client.request_timeout
    try:
        leaving.system.current_time(timeout)
    except ConnectionLostError:
        leaving.wait_until_told(timeout)
    else:
        raise CheckFailedError("the gateway answered instead of restarting")
    client.opened = None
    leaving.leave(timeout)
    client.problems.clear()  # the library also reported the end, not only logged it


def expected(truth: Truth) -> Mapping[str, Expected | Records]:
    """Return what the gateway has as before; how often it refuses is only reported."""
    return {"accounts": truth.accounts, **positions.expected(truth)}


CHECK = Check(
    name="restart",
    proves="the library reports the end of its connection when the gateway restarts, and can connect again afterwards",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    scenario="restarts",
    requests=3,
    connects=2,
)
