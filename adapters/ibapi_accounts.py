"""Requests accounts and holdings through ibapi."""

# ruff: noqa: N802, N803 - callbacks and their arguments are named by the library

from __future__ import annotations

from typing import Any

from adapters import reading, records
from adapters.base import SUMMARY_GROUP, SUMMARY_TAGS
from adapters.ibapi_asking import Asking, IbapiCallbacks, of_kind
from adapters.records_market import HoldingProfit, ProfitAndLoss, price

VALUE, HOLDING = "value", "holding"
"""The kinds of rows of account updates."""


class IbapiAccounts:
    """The requests for accounts, holdings, profit and loss."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def account_summary(self, timeout: float) -> list[records.AccountValue]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqAccountSummary(request_id, SUMMARY_GROUP, SUMMARY_TAGS)

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelAccountSummary(request_id)
        return [records.AccountValue(*row) for row in rows]

    def account_updates(self, timeout: float) -> records.AccountUpdates:
        account = self._asking.accounts[0]

        def send() -> None:
            self._asking.app.reqAccountUpdates(True, account)

        try:
            rows = self._asking.inbox.ask("account_updates", send, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.reqAccountUpdates(False, account)
        return records.AccountUpdates(
            values=[records.AccountValue(*row) for _, *row in of_kind(rows, VALUE)],
            portfolio=[reading.portfolio_item(row) for _, *row in of_kind(rows, HOLDING)],
        )

    def account_updates_multi(self, timeout: float) -> list[records.AccountValue]:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqAccountUpdatesMulti(request_id, self._asking.accounts[0], "", False)

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelAccountUpdatesMulti(request_id)
        return [records.AccountValue(*row) for row in rows]

    def positions(self, timeout: float) -> list[records.Position]:
        try:
            rows = self._asking.inbox.ask("positions", self._asking.app.reqPositions, timeout)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelPositions()
        return [reading.position(*row) for row in rows]

    def pnl(self, timeout: float) -> ProfitAndLoss:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqPnL(request_id, self._asking.accounts[0], "")

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelPnL(request_id)
        return ProfitAndLoss(*map(price, rows[-1]))

    def pnl_single(self, con_id: int, timeout: float) -> HoldingProfit:
        request_id = self._asking.request_id()

        def send() -> None:
            self._asking.app.reqPnLSingle(request_id, self._asking.accounts[0], "", con_id)

        try:
            rows = self._asking.inbox.ask(request_id, send, timeout, until=bool)
        finally:
            if self._asking.app.isConnected():
                self._asking.app.cancelPnLSingle(request_id)
        position, *amounts = rows[-1]
        return HoldingProfit(con_id, records.quantity(position), *map(price, amounts))


class AccountCallbacks(IbapiCallbacks):
    """The callbacks for accounts and holdings."""

    def accountSummary(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        """Hear one value of an account summary."""
        self._inbox.add(reqId, account, tag, value, currency)

    def accountSummaryEnd(self, reqId: int) -> None:
        """Hear the end of an account summary."""
        self._inbox.finish(reqId)

    def updateAccountValue(self, key: str, val: str, currency: str, accountName: str) -> None:
        """Hear one value of the subscribed account."""
        self._inbox.add("account_updates", VALUE, accountName, key, val, currency)

    def updatePortfolio(self, *arguments: Any) -> None:
        """Hear one holding of the account that is subscribed to; the arguments are the same in every version."""
        self._inbox.add("account_updates", HOLDING, *arguments)

    def accountDownloadEnd(self, _accountName: str) -> None:
        """Hear that all of the account came once."""
        self._inbox.finish("account_updates")

    def accountUpdateMulti(
        self, reqId: int, account: str, _modelCode: str, key: str, value: str, currency: str
    ) -> None:
        """Hear one value of an account, from a subscription with a request id."""
        self._inbox.add(reqId, account, key, value, currency)

    def accountUpdateMultiEnd(self, reqId: int) -> None:
        """Hear that all values of the account came once."""
        self._inbox.finish(reqId)

    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        """Hear one holding."""
        self._inbox.add("positions", account, contract, position, avgCost)

    def positionEnd(self) -> None:
        """Hear the end of the holdings."""
        self._inbox.finish("positions")

    def pnl(self, reqId: int, dailyPnL: float, unrealizedPnL: float, realizedPnL: float) -> None:
        """Hear profit and loss."""
        self._inbox.add(reqId, dailyPnL, unrealizedPnL, realizedPnL)

    def pnlSingle(self, reqId: int, *values: Any) -> None:
        """Hear position, profit, loss and value of a holding; the arguments are the same in every version."""
        self._inbox.add(reqId, *values)
