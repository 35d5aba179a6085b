"""Checks a login with several accounts, such as an advisor's or a family's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import SUMMARY_TAGS
from harness.checks.all import account_summary
from harness.checks.check import Check, Client, plain
from harness.checks.expected import account_values
from harness.checks.heard import accounts_of, any_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.checks.expected import Expected, Records
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Return the accounts as the library returns them to its user, and a summary of all of them."""
    connection = client.connection
    return {
        "accounts": list(connection.managed_accounts()),
        "records": plain(connection.account.account_summary(client.request_timeout)),
    }


def expected(truth: Truth) -> Mapping[str, Expected | Records]:
    """Return each account once, and no empty one for the trailing comma."""
    return {
        "accounts": truth.accounts,
        "records": account_values(truth, truth.accounts, SUMMARY_TAGS.split(",")),
    }


def heard(said: Heard) -> Mapping[str, Expected | Records]:
    """Return the accounts and the values that the gateway sent."""
    return {"accounts": any_of(accounts_of(said.session("managed_accounts"))), **account_summary.heard(said)}


CHECK = Check(
    name="several_accounts",
    proves="several accounts arrive separately, even if their list ends with a comma",
    ask=ask,
    expected=expected,
    heard=heard,
    varies=("value",),
    scenario="several-accounts",
)
