"""Checks that the library is connected in the sense of its users: it has read the accounts and can send requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.checks.check import Check, Phase
from harness.checks.expected import POSITIVE, whole
from harness.checks.heard import NotHeardError, accounts_of, any_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Truth


def expected(truth: Truth) -> Mapping[str, Expected]:
    """Return what a ready connection was sent."""
    return {"accounts": truth.accounts, "next_order_id": truth.next_order_id}


def heard(said: Heard) -> Mapping[str, Expected]:
    """Return what the gateway sends to each client that starts."""
    accounts, ids = list(accounts_of(said.session("managed_accounts"))), said.session("next_valid_id")
    if not (accounts and ids):
        raise NotHeardError("accounts or next valid id did not arrive")
    return {"accounts": any_of(accounts), "next_order_id": any_of(whole(row, "order_id") for row in ids)}


def wanted(_accounts: Sequence[str], _detail: Mapping[str, Any]) -> Mapping[str, Expected]:
    """Require that order ids begin at 1."""
    return {"next_order_id": POSITIVE}


CHECK = Check(
    name="ready",
    proves="the library received accounts and order id, finished its start-up and returned to its caller",
    phase=Phase.READY,
    requests=0,
    connects=1,
    expected=expected,
    heard=heard,
    wanted=wanted,
    varies=("next_order_id",),
)
