"""Defines what a check may read of a simulated gateway's truth; `harness.gateways.simulator.truth` implements it.

The values of a message have the names of its fields, as on the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from harness.shared.desupport_text import Desupport

    Value = str | int | float | bool | None | Sequence[Mapping[str, "Value"]]
    Values = Mapping[str, Value]


class Bar(Protocol):
    """A bar: the day or the moment at which it begins, and what was traded."""

    @property
    def begins(self) -> dt.date | dt.datetime:
        """When it begins."""

    @property
    def values(self) -> Values:
        """What was traded."""


class Series(Protocol):
    """The bars of one contract and one size, in the order of time."""

    @property
    def con_id(self) -> int:
        """Whose they are."""

    @property
    def bar_size(self) -> str:
        """As a client asks for it: ``5 mins``."""

    @property
    def bars(self) -> Sequence[Bar]:
        """The bars."""

    @property
    def newest(self) -> Bar:
        """What the last of them has become when it is kept up to date."""


class Row(Protocol):
    """One row of a book."""

    @property
    def exchange(self) -> str:
        """Whose it is."""

    @property
    def price(self) -> float:
        """What is bid or asked."""

    @property
    def size(self) -> str:
        """How much."""


class Depth(Protocol):
    """A contract's book, the best first."""

    @property
    def bids(self) -> Sequence[Row]:
        """From the highest on."""

    @property
    def asks(self) -> Sequence[Row]:
        """From the lowest on."""


class Past(Protocol):
    """Ticks that were, oldest first."""

    @property
    def trades(self) -> Sequence[Values]:
        """Trades."""

    @property
    def quotes(self) -> Sequence[Values]:
        """Quotes."""


class Article(Protocol):
    """One piece of news about a contract."""

    @property
    def con_id(self) -> int:
        """Which contract."""

    @property
    def provider(self) -> str:
        """The code of its source."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def time(self) -> dt.datetime:
        """When it came out."""

    @property
    def headline(self) -> str:
        """Its headline."""

    @property
    def text(self) -> str:
        """The article."""


class Market(Protocol):
    """What is behind the quotes, by con id."""

    @property
    def head_timestamps(self) -> Mapping[int, dt.datetime]:
        """Since when there are data."""

    @property
    def depth(self) -> Mapping[int, Depth]:
        """Books."""

    @property
    def past(self) -> Mapping[int, Past]:
        """Ticks that were."""

    @property
    def real_time_bars(self) -> Mapping[int, Values]:
        """The bar of any five seconds."""

    @property
    def articles(self) -> Sequence[Article]:
        """News, newest first."""


class Truth(Protocol):
    """All that one gateway answers with."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """Account numbers."""

    @property
    def next_order_id(self) -> int:
        """The next valid id."""

    @property
    def notices(self) -> Sequence[Values]:
        """Notices that it sends to a client that starts."""

    @property
    def account_values(self) -> Sequence[Values]:
        """Values of all accounts."""

    @property
    def positions(self) -> Sequence[Values]:
        """Holdings of all accounts."""

    @property
    def portfolio(self) -> Sequence[Values]:
        """Holdings with their market values."""

    @property
    def open_orders(self) -> Sequence[Values]:
        """Working orders."""

    @property
    def completed_orders(self) -> Sequence[Values]:
        """Orders that work no longer."""

    @property
    def executions(self) -> Sequence[Values]:
        """Fills."""

    @property
    def commissions(self) -> Sequence[Values]:
        """The commission of each fill, in that order."""

    @property
    def connectivity(self) -> Sequence[Values]:
        """What it says when it loses IBKR and finds it again."""

    @property
    def quotes(self) -> Mapping[str, Values]:
        """Quotes, by symbol."""

    @property
    def trades(self) -> Mapping[str, Values]:
        """Newest trades, by symbol."""

    @property
    def pnl(self) -> Values:
        """Profit and loss."""

    @property
    def placing(self) -> Mapping[str, Any]:
        """What it says of an order that is placed."""

    @property
    def what_if(self) -> Values:
        """What an order would do."""

    @property
    def white_branding_id(self) -> str:
        """The user's white branding id."""

    @property
    def contract_details(self) -> Iterable[Values]:
        """Contracts."""

    @property
    def option_chains(self) -> Iterable[Values]:
        """Options of an underlying."""

    @property
    def bars(self) -> Sequence[Series]:
        """Historical bars."""

    @property
    def market(self) -> Market:
        """What is behind the quotes."""

    @property
    def reference(self) -> Mapping[str, Any]:
        """Lists that hardly change."""

    @property
    def desupport(self) -> Desupport | None:
        """When it is desupported; ``None`` if it does not announce that."""

    @property
    def clock_ahead(self) -> float:
        """Seconds by which its clock is ahead of this computer's."""
