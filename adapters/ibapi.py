"""Drives IBKR's own client, under any distribution name; importing this module imports the library.

A connection has a part for each group of requests. Requests are sent from our thread and answered on the library's.

The facts come from reading 9.81.1, 10.19.4, 10.30.1, 10.37.2, 10.45.1 and 10.51.1. Nothing here depends on a version.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import ibapi
from ibapi import errors, server_versions

from adapters.base import ProtocolRange, RequestTimeoutError
from adapters.ibapi_accounts import IbapiAccounts
from adapters.ibapi_asking import Asking
from adapters.ibapi_connect import connect
from adapters.ibapi_feeds import IbapiFeeds
from adapters.ibapi_lists import IbapiLists
from adapters.ibapi_market import IbapiContracts, IbapiMarket, IbapiSystem
from adapters.ibapi_orders import IbapiOrders
from adapters.ibapi_placing import IbapiPlacing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.base import Connection, Endpoint, Observer, Stage
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
        self.feeds = IbapiFeeds(asking)
        self.lists = IbapiLists(asking)
        self.orders = IbapiOrders(asking)
        self.placing = IbapiPlacing(asking)

    def managed_accounts(self) -> tuple[str, ...]:
        """Return the accounts. The library passes the gateway's text on, and its user splits it at the commas."""
        return self.accounts

    def wait_until_told(self, timeout: float) -> None:
        """Wait for ``connectionClosed``."""
        if not self._inbox.wait_until_told(timeout):
            raise RequestTimeoutError(f"no connectionClosed within {timeout:g} s")

    def leave(self, timeout: float) -> None:
        """End the connection; nothing of it is needed to connect again."""
        self._session.end(timeout)

    def close(self, timeout: float) -> None:
        """End the connection and the library's threads.

        Raises:
            CloseError: a thread does not end.
        """
        self._session.end(timeout)


class IbapiAdapter:
    """IBKR's client, whose callbacks run on a thread that its user provides."""

    logger_names: tuple[str, ...] = ("ibapi",)

    dropped_codes: frozenset[int] = frozenset(
        pair.code() for pair in (errors.UNKNOWN_ID, errors.BAD_LENGTH, errors.BAD_MESSAGE)
    )
    """The decoder itself reports these codes for a message that it cannot read; no gateway sends them."""

    def module_version(self) -> str | None:
        """Return the version that the library reports for itself."""
        version: str | None = getattr(ibapi, "__version__", None)
        return version

    def version_range(self) -> ProtocolRange:
        """Return the range that ``EClient.connect`` announces in its hello."""
        return ProtocolRange(server_versions.MIN_CLIENT_VER, server_versions.MAX_CLIENT_VER)

    def renew(self) -> None:
        """Do nothing, because the library keeps no state between clients."""

    def swallowed(self, record: logging.LogRecord) -> bool:
        """Return whether a record is an error; our wrapper keeps the gateway's messages out of the log."""
        return record.levelno >= logging.ERROR

    def connect(
        self, endpoint: Endpoint, timeout: float, observer: Observer, *, until_closed: bool = False
    ) -> Connection:
        """Connect with ``EClient.connect`` and ``run`` on a thread; see `adapters.ibapi_connect`.

        The library notices at once when the gateway closes a connect, so ``until_closed`` changes nothing.
        """
        del until_closed
        return IbapiConnection(connect(endpoint, timeout, observer))


def create() -> IbapiAdapter:
    """Return the adapter of the installed ibapi."""
    return IbapiAdapter()
