"""Checks that clients stay connected while the gateway loses its connection to IBKR and restores it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth

LOST, RESTORED_DATA_LOST, RESTORED = 1100, 1101, 1102


def ask(client: Client) -> dict[str, Any]:
    """Make the request that triggers the connectivity notices, and keep what reached the user."""
    heard = len(client.callbacks)
    client.connection.system.current_time(client.request_timeout)
    codes = {LOST, RESTORED_DATA_LOST, RESTORED}
    said = [callback for callback in client.callbacks[heard:] if callback.code in codes]
    client.connection.system.current_time(client.request_timeout)
    return {"told": [f"{callback.code} {callback.message}" for callback in said]}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the gateway's notices in their order."""
    return {"told": tuple(f"{row['code']} {row['text']}" for row in truth.connectivity)}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the notices that the gateway sent before its first answer."""
    errors = said.answers("req_current_time")[0].rows.get("error", ())
    codes = {LOST, RESTORED_DATA_LOST, RESTORED}
    return {"told": tuple(f"{row['code']} {row['text']}" for row in errors if row["code"] in codes)}


CHECK = Check(
    name="connectivity",
    proves="1100, 1101 and 1102 reach the user in the gateway's words, and the connection stays open",
    ask=ask,
    expected=expected,
    heard=heard,
    scenario="loses-connectivity",
    requests=2,
)
