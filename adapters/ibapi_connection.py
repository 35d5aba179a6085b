"""A connection of ibapi, with a part for each group of requests: sent from our thread, answered on the library's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.base import RequestTimeoutError
from adapters.ibapi_accounts import IbapiAccounts
from adapters.ibapi_contracts import IbapiContracts, IbapiSystem
from adapters.ibapi_market import IbapiMarket
from adapters.ibapi_orders import IbapiOrders
from adapters.ibapi_placing import IbapiPlacing
from adapters.ibapi_requests import Asking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.base import Stage
    from adapters.ibapi_connect import Session
    from adapters.records import ErrorCallback


class IbapiConnection:
    """A connected ``EClient``, as `adapters.base.Connection`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._inbox = session.inbox
        asking = Asking(session.app, session.inbox)
        self.server_version: int = session.app.negotiated or 0
        self.accounts: tuple[str, ...] = asking.accounts
        self.next_order_id: int = asking.next_order_id
        self.times: Mapping[Stage, float] = session.clock.times
        self.callbacks: Sequence[ErrorCallback] = asking.callbacks
        self.system = IbapiSystem(asking)
        self.account = IbapiAccounts(asking)
        self.contracts = IbapiContracts(asking)
        self.market = IbapiMarket(asking)
        self.orders = IbapiOrders(asking)
        self.placing = IbapiPlacing(asking)

    def managed_accounts(self) -> tuple[str, ...]:
        """Give the accounts; the library hands its user their text as it came, to be split at its commas."""
        return self.accounts

    def wait_until_told(self, timeout: float) -> None:
        """Wait for ``connectionClosed``."""
        if not self._inbox.wait_until_told(timeout):
            raise RequestTimeoutError(f"no connectionClosed within {timeout:g} s")

    def leave(self, timeout: float) -> None:
        """End the connection; nothing of it is needed to connect again."""
        self._session.end(timeout)

    def close(self, timeout: float) -> None:
        """End the connection and the library's threads; `CloseError` where one stays."""
        self._session.end(timeout)
