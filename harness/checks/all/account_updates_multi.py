"""Checks account updates by request id: the values of one account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Client, plain
from harness.checks.expected import account_values
from harness.checks.heard import account_value, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Subscribe to the first account's values by request id."""
    return {"records": plain(client.connection.account.account_updates_multi(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return all true values of the first account."""
    return {"records": account_values(truth, truth.accounts[:1])}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the values that the gateway sent in answer to the request."""
    answers = said.answers("req_account_updates_multi")
    return {"records": told(("account", "tag", "currency"), answers, "account_update_multi", account_value)}


CHECK = Check(
    name="account_updates_multi",
    asks="req_account_updates_multi",
    proves="an account's values arrive by request id",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=("value",),
)
