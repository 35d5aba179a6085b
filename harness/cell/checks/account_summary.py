"""Values of every account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.base import SUMMARY_TAGS
from harness.cell.check import Check, Client, plain
from harness.cell.expected import account_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cell.expected import Records
    from harness.simulator.truth import Truth


def ask(client: Client) -> dict[str, Any]:
    """Ask a few values of every account."""
    return {"records": plain(client.connection.account_summary(client.request_timeout))}


def expected(truth: Truth) -> Mapping[str, Records]:
    """Give those values, of every account."""
    return {"records": account_values(truth, truth.accounts, SUMMARY_TAGS.split(","))}


CHECK = Check(
    name="account_summary",
    asks="req_account_summary",
    proves="account values come through, and the subscription to them ends",
    ask=ask,
    expected=expected,
    varies=("value",),
)
