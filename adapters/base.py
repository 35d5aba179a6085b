"""Defines the interface that every library is driven through: connecting, and the requests of a connection.

A connect goes through three stages: ``tcp`` (the socket is open), ``version`` (the gateway named the protocol version)
and ``ready`` (the gateway sent the accounts and the next order id, and the library returns to its caller).

A connection has a part for each group of requests, which `adapters.request_groups` describes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from adapters.records_market import Wanted

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from adapters.records import ErrorCallback
    from adapters.request_groups import (
        AccountRequests,
        ContractRequests,
        FeedRequests,
        ListRequests,
        MarketRequests,
        OrderRequests,
        PlacingRequests,
        SystemRequests,
    )

Stage = Literal["tcp", "version", "ready"]
STAGES: tuple[Stage, ...] = ("tcp", "version", "ready")

Kind = Literal["refused", "timeout", "closed", "error"]
"""What stopped a connect. ibapi reports every failed TCP connect in the same way, so "refused" may be "unreachable"."""

_PAPER_ACCOUNT = re.compile(r"D[UF][0-9]+")
"""Matches the numbers of paper accounts, individual (DU) and advisor's (DF). Any other account may be real money."""

SUMMARY_GROUP = "All"
SUMMARY_TAGS = "AccountType,NetLiquidation,TotalCashValue,BuyingPower,AvailableFunds"
"""The same few tags for every library, so that the answers can be compared."""


@dataclass(frozen=True)
class Endpoint:
    """The address of a gateway, and the client id for it."""

    host: str
    port: int
    client_id: int

    def as_client(self, client_id: int) -> Endpoint:
        """Return the same endpoint with another client id."""
        return replace(self, client_id=client_id)


LIQUID_STOCK = Wanted("AAPL", "STK", "SMART", "USD", con_id=265598)
"""A contract that trades whenever any US stock does."""


@dataclass(frozen=True)
class ProtocolRange:
    """The protocol versions that a library announces in its hello."""

    min: int
    max: int


class Observer(Protocol):
    """Is notified as things happen, so that a killed cell leaves evidence; called from any thread."""

    def stage_reached(self, stage: Stage, elapsed: float) -> None:
        """Hear that a stage was reached ``elapsed`` seconds after connect began."""

    def negotiated(self, server_version: int) -> None:
        """Hear the protocol version that the gateway answered with."""

    def error_callback(self, callback: ErrorCallback) -> None:
        """Hear one call of the library's error callback."""


class ConnectError(Exception):
    """A connect ended before the library let its user go on.

    ``stage`` is the first stage not reached, ``kind`` what stopped it, ``times`` the seconds from the start to each
    stage that was reached before, ``elapsed`` the seconds until the library or the deadline gave up.
    """

    def __init__(self, *, stage: Stage, kind: Kind, detail: str, times: Mapping[Stage, float], elapsed: float) -> None:
        super().__init__(detail)
        self.stage: Stage = stage
        self.kind: Kind = kind
        self.detail = detail
        self.times = dict(times)
        self.elapsed = elapsed


class RequestError(Exception):
    """A request got no answer; the message says why."""


class RequestTimeoutError(RequestError):
    """A request was not answered within its timeout."""


MOST_CALLBACKS = 10_000
"""The most error callbacks of one cell that are kept; a gateway usually sends a few dozen."""


class GaveUpError(RequestTimeoutError):
    """The library ended the request after a wait of its own, shorter than ours."""


class RequestRejectedError(RequestError):
    """The gateway answered a request with an error: ``code`` and text as it sent them."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"error {code}: {message}")
        self.code = code


class ConnectionLostError(RequestError):
    """The connection ended while a request waited for its answer."""


class NotOfferedError(RequestError):
    """The library has no such request; the message names what is missing."""


class LiveAccountError(Exception):
    """An order was requested although an account is not a paper account; nothing of it was sent."""


class CloseError(Exception):
    """A thread, a socket or an event loop of the library is left after `Connection.close`."""


def is_paper(account: str) -> bool:
    """Return whether IBKR's numbering says that no real money is behind an account."""
    return _PAPER_ACCOUNT.fullmatch(account) is not None


def need_paper(accounts: Sequence[str]) -> None:
    """Raise `LiveAccountError` unless every account is a paper account."""
    if not accounts or not all(map(is_paper, accounts)):
        raise LiveAccountError("orders are sent only if every account is a paper account (DU… or DF…)")


class Connection(Protocol):
    """An open connection, with a part for each group of requests; `adapters.base` explains each."""

    server_version: int
    accounts: tuple[str, ...]
    next_order_id: int
    times: Mapping[Stage, float]
    callbacks: Sequence[ErrorCallback]

    @property
    def system(self) -> SystemRequests:
        """Ask the gateway itself."""

    @property
    def account(self) -> AccountRequests:
        """Ask for accounts and holdings."""

    @property
    def contracts(self) -> ContractRequests:
        """Ask for contracts."""

    @property
    def market(self) -> MarketRequests:
        """Ask for quotes, ticks and bars."""

    @property
    def feeds(self) -> FeedRequests:
        """Ask for depth, real-time bars, bars that are kept up to date, past ticks."""

    @property
    def lists(self) -> ListRequests:
        """Ask for scans, news, rules, symbols."""

    @property
    def orders(self) -> OrderRequests:
        """Ask for orders and executions."""

    @property
    def placing(self) -> PlacingRequests:
        """Send orders."""

    def managed_accounts(self) -> tuple[str, ...]:
        """Return the accounts as the library returns them to its user."""

    def wait_until_told(self, timeout: float) -> None:
        """Wait until the library reports the end of the connection to its user, else raise `RequestTimeoutError`."""

    def leave(self, timeout: float) -> None:
        """End the connection as a program does that will connect again.

        `close` after an error, also of the connect that follows, else nothing more.
        """

    def close(self, timeout: float) -> None:
        """End the connection and leave no thread, socket or event loop; `CloseError` if something stays."""


class Adapter(Protocol):
    """A library, imported."""

    logger_names: tuple[str, ...]
    """Loggers whose records belong to a cell's evidence."""

    dropped_codes: frozenset[int]
    """Codes of error callbacks by which the library itself says that it dropped a message."""

    def module_version(self) -> str | None:
        """Return the version that the library reports for itself, which may differ from its distribution's."""

    def version_range(self) -> ProtocolRange:
        """Return the protocol versions that the library announces."""

    def renew(self) -> None:
        """Drop what was inherited from the parent process; called first in a forked child."""

    def swallowed(self, record: logging.LogRecord) -> bool:
        """Return whether a log record is about something that the library kept from its user."""

    def connect(
        self, endpoint: Endpoint, timeout: float, observer: Observer, *, until_closed: bool = False
    ) -> Connection:
        """Connect as users of the library do; raise `ConnectError` if it does not get ready in time."""
