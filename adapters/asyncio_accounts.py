"""Requests accounts and holdings through ib_insync and ib_async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters import reading, records
from adapters.asyncio_asking import heard
from adapters.base import SUMMARY_GROUP, SUMMARY_TAGS
from adapters.records_market import HoldingProfit, ProfitAndLoss, price

if TYPE_CHECKING:
    from adapters.asyncio_asking import Asking


def _account_value(row: Any) -> records.AccountValue:
    return records.AccountValue(row.account, row.tag, row.value, row.currency)


class AsyncioAccounts:
    """The requests for accounts and holdings."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def account_summary(self, timeout: float) -> list[records.AccountValue]:
        with heard(self._asking.ib.accountSummaryEvent) as rows:
            self._asking.ask(self._request_summary, timeout)
        return [_account_value(row) for row in rows]

    async def _request_summary(self) -> None:
        # the library's own reqAccountSummaryAsync keeps the request id to itself, so it could not be cancelled
        client = self._asking.ib.client
        request_id = client.getReqId()
        answered = self._asking.ib.wrapper.startReq(request_id)
        client.reqAccountSummary(request_id, SUMMARY_GROUP, SUMMARY_TAGS)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountSummary(request_id)

    def account_updates(self, timeout: float) -> records.AccountUpdates:
        with (
            heard(self._asking.ib.accountValueEvent) as values,
            heard(self._asking.ib.updatePortfolioEvent) as holdings,
        ):
            self._asking.ask(self._request_updates, timeout)
        return records.AccountUpdates(
            values=[_account_value(row) for row in values],
            portfolio=[reading.portfolio_item(row) for row in holdings],
        )

    async def _request_updates(self) -> None:
        account = self._asking.accounts[0]
        try:
            await self._asking.ib.reqAccountUpdatesAsync(account)
        finally:
            if self._asking.ib.client.isConnected():
                self._asking.ib.client.reqAccountUpdates(False, account)

    def account_updates_multi(self, timeout: float) -> list[records.AccountValue]:
        with heard(self._asking.ib.accountValueEvent) as rows:
            self._asking.ask(self._request_updates_multi, timeout)
        return [_account_value(row) for row in rows]

    async def _request_updates_multi(self) -> None:
        # as with the summary, the library's own method keeps the request id to itself
        client = self._asking.ib.client
        request_id = client.getReqId()
        answered = self._asking.ib.wrapper.startReq(request_id)
        client.reqAccountUpdatesMulti(request_id, self._asking.accounts[0], "", False)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountUpdatesMulti(request_id)

    def positions(self, timeout: float) -> list[records.Position]:
        answer = self._asking.ask(self._request_positions, timeout)
        return [reading.position(row.account, row.contract, row.position, row.avgCost) for row in answer]

    async def _request_positions(self) -> Any:
        try:
            return await self._asking.ib.reqPositionsAsync()
        finally:
            if self._asking.ib.client.isConnected():
                self._asking.ib.client.cancelPositions()

    def pnl(self, timeout: float) -> ProfitAndLoss:
        account = self._asking.accounts[0]
        with heard(self._asking.ib.pnlEvent) as rows:
            pnl = self._asking.ib.reqPnL(account)
            try:
                self._asking.until(self._asking.ib.pnlEvent, lambda: bool(rows), timeout)
            finally:
                if self._asking.ib.client.isConnected():
                    self._asking.ib.cancelPnL(account)
        return ProfitAndLoss(price(pnl.dailyPnL), price(pnl.unrealizedPnL), price(pnl.realizedPnL))

    def pnl_single(self, con_id: int, timeout: float) -> HoldingProfit:
        held = (self._asking.accounts[0], "", con_id)
        with heard(self._asking.ib.pnlSingleEvent) as rows:
            one = self._asking.ib.reqPnLSingle(*held)
            try:
                self._asking.until(self._asking.ib.pnlSingleEvent, lambda: bool(rows), timeout)
            finally:
                if self._asking.ib.client.isConnected():
                    self._asking.ib.cancelPnLSingle(*held)
        amounts = (one.dailyPnL, one.unrealizedPnL, one.realizedPnL, one.value)
        return HoldingProfit(con_id, records.quantity(one.position), *map(price, amounts))
