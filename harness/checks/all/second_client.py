"""Checks a second client beside the first, such as a program and its dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, Phase
from harness.checks.heard import NotHeardError, accounts_of, any_of
from harness.checks.second_connect import SecondConnect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Connect as another client id, ask on both connections, and end the second."""
    first, timeout = client.connection, client.request_timeout
    endpoint = client.endpoint.as_client(client.second_client_id)
    second = client.adapter.connect(endpoint, client.connect_timeout, SecondConnect())
    try:
        clocks = [second.system.current_time(timeout), first.system.current_time(timeout)]
    finally:
        second.leave(timeout)
    first.system.current_time(timeout)
    return {"accounts": list(second.accounts), "clocks": len(clocks)}


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return the same accounts for both clients."""
    return {"accounts": truth.accounts, "clocks": 2}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return the accounts that the second client was sent."""
    accounts = list(accounts_of(said.session("managed_accounts")))
    if not accounts:
        raise NotHeardError("no accounts arrived")
    return {"accounts": any_of(accounts)}


CHECK = Check(
    name="second_client",
    proves="a second client id can connect beside the first, both get answers, and closing one leaves the other open",
    phase=Phase.CONNECTION,
    ask=ask,
    expected=expected,
    heard=heard,
    needs="a second client id",
    requests=4,
    connects=1,
)
