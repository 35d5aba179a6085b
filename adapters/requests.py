"""What a gateway is asked through a library: each request once, with what it means for every library.

A connection has a part for each group. Every request asks the gateway anew; timeouts are seconds. Requests raise
`RequestTimeoutError`, `RequestRejectedError`, `ConnectionLostError` of `adapters.base`, or what the library raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from adapters.records import AccountUpdates, AccountValue, CompletedOrder, Execution, OpenOrder, Position
    from adapters.records_contracts import ContractDetails, OptionChain, Wanted
    from adapters.records_history import Bar, WantedBars
    from adapters.records_market import ProfitAndLoss, Quote, TickByTick
    from adapters.records_orders import LimitOrder, OrderPreview, OrderSeen


class SystemRequests(Protocol):
    """What is asked of the gateway itself."""

    def current_time(self, timeout: float) -> int:
        """Ask the gateway's clock: seconds since 1970 in UTC."""

    def current_time_in_millis(self, timeout: float) -> int:
        """Ask the gateway's clock: milliseconds since 1970 in UTC; `NotOfferedError` where the library cannot."""

    def user_info(self, timeout: float) -> str:
        """Ask the user's white branding id; `NotOfferedError` where the library cannot."""


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


class ContractRequests(Protocol):
    """What is asked of contracts."""

    def contract_details(self, wanted: Wanted, timeout: float) -> list[ContractDetails]:
        """Ask every contract that fits; `RequestRejectedError` with 200 where none does."""

    def option_chain(self, symbol: str, sec_type: str, con_id: int, timeout: float) -> list[OptionChain]:
        """Ask the options of an underlying, on every exchange."""


class MarketRequests(Protocol):
    """What is asked of quotes, ticks and bars."""

    def streaming_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Subscribe to a quote, delayed where there is no live one, until it is complete or the time is over."""

    def snapshot_quote(self, wanted: Wanted, timeout: float) -> Quote:
        """Ask a quote once, delayed where there is no live one."""

    def tick_by_tick(self, wanted: Wanted, timeout: float) -> list[TickByTick]:
        """Subscribe to trades and then to bid and ask, until one of each came."""

    def historical_bars(self, wanted: Wanted, bars: WantedBars, timeout: float) -> list[Bar]:
        """Ask the bars of trades, within and outside regular hours, that end now."""


class OrderRequests(Protocol):
    """What is asked of orders and executions."""

    def open_orders(self, timeout: float) -> list[OpenOrder]:
        """Ask the working orders of all clients; binds none of them to this client."""

    def completed_orders(self, timeout: float) -> list[CompletedOrder]:
        """Ask the orders that work no longer, whoever placed them."""

    def executions(self, timeout: float) -> list[Execution]:
        """Ask the fills that the gateway still holds, with their commissions."""


class PlacingRequests(Protocol):
    """What sends orders, on paper accounts only."""

    def what_if_order(self, order: LimitOrder, timeout: float) -> OrderPreview:
        """Ask what an order would do to the account; `LiveAccountError` unless all accounts are paper accounts."""

    def new_order_id(self) -> int:
        """Give the id of the next order, known before it is placed: so it can be cancelled whatever happens."""

    def place_order(self, order_id: int, order: LimitOrder, timeout: float) -> OrderSeen:
        """Place an order and wait until it works.

        `LiveAccountError` unless all accounts are paper accounts: then nothing was sent. After any other error the
        order may work.
        """

    def cancel_order(self, order_id: int, timeout: float) -> OrderSeen:
        """Cancel an order that was placed here and wait until it has ended and the gateway has confirmed that.

        Where the confirmation does not come it gives what was told when the time is over.
        """
