"""Checks the disconnect: no thread, socket or event loop of the library outlives the connection."""

from __future__ import annotations

from typing import Any

from harness.checks.check import Check, CheckFailedError, Client, Phase, describe
from harness.checks.resources import Resources


def ask(client: Client) -> dict[str, Any]:
    """Close the connection, if it still exists, and compare what is open with the state before the connect."""
    left: list[str] = []
    try:
        if client.opened is not None:
            client.opened.close(client.request_timeout)
    except Exception as error:  # noqa: BLE001 - the library's; it is what the check is after
        left.append(describe(error))
    left += Resources.now().beyond(client.before)
    if left:
        raise CheckFailedError("; ".join(left))
    return {}


CHECK = Check(
    name="close",
    proves="the library closes its connection and leaves no thread, no socket and no event loop behind",
    phase=Phase.CLOSE,
    ask=ask,
)
