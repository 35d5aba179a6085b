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
    def desupport(self) -> Desupport | None:
        """When it is desupported; ``None`` if it does not announce that."""

    @property
    def clock_ahead(self) -> float:
        """Seconds by which its clock is ahead of this computer's."""
