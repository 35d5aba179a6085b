"""Says what can be asked of a connection, group by group; each library's adapter answers it in its own modules.

Every request asks the gateway again; timeouts are in seconds. Requests raise `RequestTimeoutError`,
`RequestRejectedError`, `ConnectionLostError` (all in `adapters.base`), or what the library raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.records import (
        AccountUpdates,
        AccountValue,
        CompletedOrder,
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
        Wanted,
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
        """Ask bars and subscribe to the newest, until it has changed; the bars and the change may take so long each.

        If it does not change, what came is returned when the time is over.
        """

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
        """Cancel an order that was placed here, or over an earlier connection, and wait as `order_ended` does.

        Of one that the library does not know, it may be that only the confirmation comes, and no status.
        `LiveAccountError` as for `send_order`: on another account the id may be that of another order.
        """
