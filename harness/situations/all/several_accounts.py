"""A login has two accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


def play(stage: Stage) -> None:
    """Connect, and place an order with and without an account."""
    ib = stage.connected()
    stage.says("ib.managedAccounts()", ib.managedAccounts())
    stage.says("accounts of ib.positions()", sorted({position.account for position in ib.positions()}))
    stage.says("accounts of ib.accountValues()", sorted({value.account for value in ib.accountValues()}))
    contract = stage.stock(ib)
    for account in ("", ib.managedAccounts()[-1]):
        order = stage.library.LimitOrder("BUY", 10, 100.0, tif="GTC", account=account)
        trade = ib.placeOrder(contract, order)
        stage.settle(ib)
        stage.says(f"status with account {account!r}", trade.orderStatus.status)
        stage.says(f"errors with account {account!r}", [entry.errorCode for entry in trade.log])


SITUATION = Situation(
    about=About.ACCOUNT, play=play, gateway={"scenario": "several-accounts", "account": "held", "market": "still"}
)
