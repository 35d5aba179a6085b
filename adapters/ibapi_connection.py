"""The requests of ibapi: sent from our thread, answered on the library's."""

from __future__ import annotations

from adapters.base import RequestTimeoutError
from adapters.ibapi_accounts import IbapiAccounts
from adapters.ibapi_history import IbapiHistory
from adapters.ibapi_market import IbapiMarket
from adapters.ibapi_orders import IbapiOrders
from adapters.ibapi_placing import IbapiPlacing


class IbapiConnection(IbapiAccounts, IbapiHistory, IbapiMarket, IbapiOrders, IbapiPlacing):
    """A connected ``EClient``, as `adapters.base.Connection`."""

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""
        rows = self._inbox.ask("current_time", self._app.reqCurrentTime, timeout)
        return int(rows[0][0])

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
