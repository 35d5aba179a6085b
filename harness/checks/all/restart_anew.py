"""Checks a connect after everything of the one before has ended, the event loop included.

So does a program that calls ``asyncio.run`` for each attempt to connect, such as one that waits for the nightly restart
of its gateway. ibapi has no event loop; its client is made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, Phase
from harness.checks.second_connect import SecondConnect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Close the connection and all that belongs to it, and connect in a new event loop."""
    leaving = client.connection
    client.opened = None
    leaving.close(client.request_timeout)
    client.opened = again = client.adapter.connect(client.endpoint, client.connect_timeout, SecondConnect())
    return {"accounts": list(again.accounts)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return what a ready connection was sent."""
    return {"accounts": truth.accounts}


CHECK = Check(
    name="restart_anew",
    proves="after everything of a connection was closed, event loop included, the library connects in the same process",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    scenario="restarts",
    requests=1,
    connects=1,
)
