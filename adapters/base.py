"""Defines the interface that every library is driven through: connecting, and the requests of a connection.

A connect goes through three stages: ``tcp`` (the socket is open), ``version`` (the gateway named the protocol version)
and ``ready`` (the gateway sent the accounts and the next order id, and the library returns to its caller).

A connection has a part for each group of requests. Every request asks the gateway again; timeouts are in seconds.
Requests raise `RequestTimeoutError`, `RequestRejectedError`, `ConnectionLostError`, or what the library raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from adapters.records_market import Wanted

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Mapping, Sequence

    from adapters.records import (
        AccountUpdates,
        AccountValue,
        CompletedOrder,
        ErrorCallback,
        Execution,
        OpenOrder,
        Position,
    )
    from adapters.records_feeds import DepthRow, KeptBars, PastTick, RealTimeBar, WantedTicks
    from adapters.records_lists import (
        Article,
        Headline,
        NewsProvider,
        PriceStep,
        ScanRow,
        SymbolSample,
        WantedScan,
    )
    from adapters.records_market import (
        Bar,
        ContractDetails,
        HoldingProfit,
        OptionChain,
        ProfitAndLoss,
        Quote,
        TickByTick,
        WantedBars,
    )
    from adapters.records_orders import OrderFilled, OrderPreview, OrderSeen, WantedOrder


class SystemRequests(Protocol):
    """What is asked of the gateway itself."""

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""

    def current_time_in_millis(self, timeout: float) -> int:
        """Ask the gateway's clock: milliseconds since 1970 in UTC; `NotOfferedError` if the library cannot."""

    def user_info(self, timeout: float) -> str:
        """Ask the user's white branding id; `NotOfferedError` if the library cannot."""


class AccountRequests(Protocol):
    """What is asked of accounts and holdings."""

    def account_summary(self, timeout: float) -> list[AccountValue]:
        """Ask `SUMMARY_TAGS` of all accounts, and cancel the subscription that this starts."""

    def account_updates(self, timeout: float) -> AccountUpdates:
        """Subscribe to the first account until all of it came, and cancel the subscription."""

    def account_updates_multi(self, timeout: float) -> list[AccountValue]:
        """Subscribe to the first account's values by request id until all came, and cancel the subscription."""

    def positions(self, timeout: float) -> list[Position]:
        """Ask the holdings of all accounts, and cancel the subscription that this starts."""

    def pnl(self, timeout: float) -> ProfitAndLoss:
        """Subscribe to the first account's profit and loss until it came once."""

    def pnl_single(self, con_id: int, timeout: float) -> HoldingProfit:
        """Subscribe to the profit and loss of a holding of the first account until it came once."""


class ContractRequests(Protocol):
    """What is asked of contracts."""

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        """Ask every contract that fits; `RequestRejectedError` with 200 if none does."""

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        """Ask the options of an underlying, on every exchange."""


class MarketRequests(Protocol):
    """What is asked of quotes, ticks and bars."""

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Subscribe to a quote, delayed if there is no live one, until it is complete or the time is over."""

    def quote_asked_anew(self, wanted: Wanted, meanwhile: Callable[[], object], timeout: float) -> tuple[Quote, Quote]:
        """Subscribe to a quote, call ``meanwhile``, and subscribe again, as if the first had been lost.

        Return the quote before and the one after; the second is complete, and not without an update of its own.
        """

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Request a snapshot quote, delayed if there is no live one."""

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        """Subscribe to trades and then to bid and ask, until one of each came."""

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        """Ask the bars of trades, within and outside regular hours, that end now."""


class FeedRequests(Protocol):
    """What is asked of market data beyond quotes and bars that are complete."""

    def kept_up_to_date_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> KeptBars:
        """Ask bars and subscribe to the newest, until it has changed; the bars and the change may take so long each."""

    def real_time_bar(self, wanted: Wanted, timeout: float) -> RealTimeBar:
        """Subscribe to bars of five seconds of trades, until the first came."""

    def market_depth(self, wanted: Wanted, rows: int, timeout: float) -> list[DepthRow]:
        """Subscribe to a book, until so many rows of each side came or the time is over; return all that came.

        At SMART it is the book of all exchanges, elsewhere that of one.
        """

    def head_timestamp(self, wanted: Wanted, format_date: int, timeout: float) -> str:
        """Ask since when there are trades; ``format_date`` is that of `adapters.records_market.WantedBars`."""

    def historical_ticks(self, wanted: Wanted, ticks: WantedTicks, timeout: float) -> list[PastTick]:
        """Ask trades, quotes or midpoints that were."""


class ListRequests(Protocol):
    """What is asked of lists and texts: scans, news, rules, symbols."""

    def scan(self, wanted: WantedScan, timeout: float) -> list[ScanRow]:
        """Subscribe to a scan until its rows came once."""

    def news_providers(self, timeout: float) -> list[NewsProvider]:
        """Ask the sources of news that the user has."""

    def historical_news(self, con_id: int, providers: Sequence[str], most: int, timeout: float) -> list[Headline]:
        """Ask the newest headlines about a contract."""

    def news_article(self, provider: str, article_id: str, timeout: float) -> Article:
        """Ask one article."""

    def market_rule(self, rule: int, timeout: float) -> list[PriceStep]:
        """Ask the price increments of a market rule."""

    def matching_symbols(self, pattern: str, timeout: float) -> list[SymbolSample]:
        """Search for symbols and names that begin with a pattern."""


class OrderRequests(Protocol):
    """What is asked of orders and executions."""

    def open_orders(self, timeout: float) -> list[OpenOrder]:
        """Request the working orders of all clients, without binding any of them to this client."""

    def own_orders(self, timeout: float) -> list[OpenOrder]:
        """Request the working orders of this client."""

    def known_orders(self) -> list[OpenOrder]:
        """Return the working orders that the library knows, without a request of ours."""

    def completed_orders(self, timeout: float) -> list[CompletedOrder]:
        """Request the completed orders, whoever placed them."""

    def executions(self, timeout: float) -> list[Execution]:
        """Ask the fills that the gateway still holds, with their commissions."""


class PlacingRequests(Protocol):
    """What sends orders, on paper accounts only."""

    def what_if_order(self, order: WantedOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account; `LiveAccountError` unless all accounts are paper accounts."""

    def new_order_id(self) -> int:
        """Return the id of the next order, before it is placed, so that it can be cancelled whatever happens."""

    def place_order(self, order_id: int, order: WantedOrder, timeout: float) -> OrderSeen:
        """Place an order and wait until it works; `send_order` and `order_taken` in one."""

    def send_order(self, order_id: int, order: WantedOrder) -> None:
        """Place an order and wait for nothing.

        `LiveAccountError` unless all accounts are paper accounts: then nothing was sent. After any other error the
        order may work.
        """

    def order_taken(self, order_id: int, timeout: float) -> OrderSeen:
        """Wait until an order that was placed here works, or has ended; `RequestRejectedError` if it was refused."""

    def order_filled(self, order_id: int, timeout: float) -> OrderFilled:
        """Wait until an order that was placed here is filled, and its fills and their commissions have come."""

    def order_ended(self, order_id: int, timeout: float) -> OrderSeen:
        """Wait until an order has ended, and the gateway has confirmed that it was cancelled.

        If the confirmation does not come, it returns what was reported when the time is over.
        """

    def change_order(self, order_id: int, order: WantedOrder, timeout: float) -> OpenOrder:
        """Place an order again under its id, with another price or quantity, and return it as the gateway takes it.

        `LiveAccountError` as for `send_order`.
        """

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        """Cancel an order that was placed here, or that the library knows, and wait as `order_ended` does."""


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
    """An order was requested although an account is not a paper account; nothing was sent."""


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
