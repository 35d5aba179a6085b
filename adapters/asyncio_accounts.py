"""Accounts and holdings, asked of ib_insync and ib_async."""

from __future__ import annotations

from typing import Any

from adapters import reading, records
from adapters.asyncio_requests import AsyncioRequests, heard
from adapters.base import SUMMARY_GROUP, SUMMARY_TAGS


def _account_value(row: Any) -> records.AccountValue:
    return records.AccountValue(row.account, row.tag, row.value, row.currency)


class AsyncioAccounts(AsyncioRequests):
    """The requests for accounts and holdings."""

    def account_summary(self, timeout: float) -> list[records.AccountValue]:
        """Ask `SUMMARY_TAGS` of all accounts, and cancel the subscription that this starts."""
        with heard(self._ib.accountSummaryEvent) as rows:
            self._ask(self._request_summary, timeout)
        return [_account_value(row) for row in rows]

    async def _request_summary(self) -> None:
        # the library's own reqAccountSummaryAsync keeps the request id to itself, so it could not be cancelled
        client = self._ib.client
        request_id = client.getReqId()
        answered = self._ib.wrapper.startReq(request_id)
        client.reqAccountSummary(request_id, SUMMARY_GROUP, SUMMARY_TAGS)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountSummary(request_id)

    def account_updates(self, timeout: float) -> records.AccountUpdates:
        """Subscribe to the first account until all of it came, and cancel the subscription."""
        with heard(self._ib.accountValueEvent) as values, heard(self._ib.updatePortfolioEvent) as holdings:
            self._ask(self._request_updates, timeout)
        return records.AccountUpdates(
            values=[_account_value(row) for row in values],
            portfolio=[reading.portfolio_item(row) for row in holdings],
        )

    async def _request_updates(self) -> None:
        account = self.accounts[0]
        try:
            await self._ib.reqAccountUpdatesAsync(account)
        finally:
            if self._ib.client.isConnected():
                self._ib.client.reqAccountUpdates(False, account)

    def account_updates_multi(self, timeout: float) -> list[records.AccountValue]:
        """Subscribe to the first account's values by request id until all came, and cancel the subscription."""
        with heard(self._ib.accountValueEvent) as rows:
            self._ask(self._request_updates_multi, timeout)
        return [_account_value(row) for row in rows]

    async def _request_updates_multi(self) -> None:
        # as with the summary, the library's own method keeps the request id to itself
        client = self._ib.client
        request_id = client.getReqId()
        answered = self._ib.wrapper.startReq(request_id)
        client.reqAccountUpdatesMulti(request_id, self.accounts[0], "", False)
        try:
            await answered
        finally:
            if client.isConnected():
                client.cancelAccountUpdatesMulti(request_id)

    def positions(self, timeout: float) -> list[records.Position]:
        """Ask the holdings of all accounts, and cancel the subscription that this starts."""
        answer = self._ask(self._request_positions, timeout)
        return [reading.position(row.account, row.contract, row.position, row.avgCost) for row in answer]

    async def _request_positions(self) -> Any:
        try:
            return await self._ib.reqPositionsAsync()
        finally:
            if self._ib.client.isConnected():
                self._ib.client.cancelPositions()
