"""Checks the account summary: the values of every account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import SUMMARY_TAGS
from harness.checks.check import Check, Client, plain
from harness.checks.expected import Records, account_values
from harness.checks.heard import account_value, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask a few values of every account."""
    return {"records": plain(client.connection.account.account_summary(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Return the true values of every account."""
    return {"records": account_values(truth, truth.accounts, SUMMARY_TAGS.split(","))}


def heard(said: Heard) -> Mapping[str, Records]:
    """Return the values that the gateway sent in answer to the request."""
    answers = said.answers("req_account_summary")
    return {"records": told(("account", "tag", "currency"), answers, "account_summary", account_value)}


def wanted(accounts: Sequence[str], detail: Mapping[str, Any]) -> Mapping[str, Records]:
    """Require every requested tag of each account that answers, or of the first one if none does."""
    answering = {str(row.get("account")) for row in detail.get("records", ())} or set(accounts[:1])
    rows = ({"account": account, "tag": tag} for account in sorted(answering) for tag in SUMMARY_TAGS.split(","))
    return {"records": Records(("account", "tag"), tuple(rows), others=True)}


CHECK = Check(
    name="account_summary",
    asks="req_account_summary",
    proves="account values arrive, and the subscription ends",
    ask=ask,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("value",),
)
