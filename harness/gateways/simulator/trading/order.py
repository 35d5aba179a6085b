"""Defines an order of a simulated gateway, and what can be read off it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from harness.gateways.simulator.trading.kinds import Kind, kind_named
from harness.wire.message import Value

Values = Mapping[str, Value]

PENDING, WORKING, FILLED, CANCELLED, INACTIVE = "PreSubmitted", "Submitted", "Filled", "Cancelled", "Inactive"
PENDING_CANCEL = "PendingCancel"
FINAL = frozenset({FILLED, CANCELLED, INACTIVE})

AT_AUCTION = frozenset({"OPG", "AUC"})
"""Times in force of orders that wait for the opening auction."""


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """One order.

    Args:
        values: what was sent, the account, and the contract in full; keys are the fields of ``open_order``.
        contract: its contract, as contract details have it; of a combo, what was sent, and the contracts of its legs.
        perm_id: its permanent id, which is nobody else's.
        transmitted: whether it has left the gateway; one that has not is told to nobody.
        status: as it was told last.
        is_truth: whether it is one of the truth's, and still told as it is there.
        is_built_in: whether it was there from the start, whatever has become of it.
        triggered: whether the price that a stop waits for was seen.
        stop: where a trailing stop is now.
        pegged: where a pegged order is now.
        filled: the quantity so far.
        paid: the sum of price times quantity so far.
        last_price: the price of the last fill.
        commission: the sum so far; ``None`` before it is known.
        commission_currency: its currency.
        seen: the quote that it was matched with last.
        rests: whether it was in the book before the quote changed, so that it adds liquidity.
        ended_at: when it ended, in Unix seconds.
        oca_group: the group that it belongs to; of a bracket's children it is made by the gateway.
        pulled: whether a cancellation of it was begun.
        parent_perm_id: the permanent id of its parent; 0 without one.
        exercises: whether it is the exercise of an option, which no quote fills.
        day_ends: when its market's day ends, in Unix seconds; ``None`` if it never does.
        since: when it was transmitted, in Unix seconds.
        awaits_auction: whether it waits for an auction.
        auction_at: when that is, in Unix seconds; ``None`` if there is none, as without hours.
        conditions_hold: whether what it is conditioned on was seen.
    """

    values: dict[str, Value]
    contract: Values
    perm_id: int
    transmitted: bool = False
    status: str = ""
    is_truth: bool = False
    is_built_in: bool = False
    triggered: bool = False
    stop: float | None = None
    pegged: float | None = None
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    last_price: float = 0.0
    commission: float | None = None
    commission_currency: str = ""
    seen: object = None
    rests: bool = False
    ended_at: float = 0.0
    oca_group: str = ""
    pulled: bool = False
    parent_perm_id: int = 0
    exercises: bool = False
    day_ends: float | None = None
    since: float = 0.0
    awaits_auction: bool = False
    auction_at: float | None = None
    conditions_hold: bool = False

    @property
    def order_id(self) -> int:
        """The id that its client gave it."""
        return int(str(self.values["order_id"]))

    @property
    def client_id(self) -> int:
        """Whose it is."""
        return int(str(self.values["client_id"]))

    @property
    def parent_id(self) -> int:
        """The order id of its parent; 0 without one."""
        return int(str(self.values.get("parent_id") or 0))

    @property
    def account(self) -> str:
        """The account that it is for."""
        return str(self.values["account"])

    @property
    def kind(self) -> str:
        """Its type without spaces: IBKR takes ``STP LMT`` and ``STPLMT``."""
        return plain_type(str(self.values["order_type"]))

    @property
    def rule(self) -> Kind:
        """What its type waits for, and what it is filled with."""
        return kind_named(self.kind)

    @property
    def time_in_force(self) -> str:
        """How long it works: ``DAY``, ``GTC``, ``IOC`` and so on."""
        return str(self.values.get("time_in_force") or "DAY")

    @property
    def in_force_as_told(self) -> str:
        """The same in the words of the open order: a day order that works at night, too, is another (captured)."""
        by_night = self.time_in_force == "DAY" and self.values.get("include_overnight")
        return "OVERNIGHT + DAY" if by_night else self.time_in_force

    @property
    def buys(self) -> bool:
        """Whether it buys."""
        return self.values["action"] == "BUY"

    @property
    def total(self) -> Decimal:
        """The whole quantity."""
        return Decimal(str(self.values["total_quantity"]))

    @property
    def remaining(self) -> Decimal:
        """What is not filled."""
        return self.total - self.filled

    @property
    def average(self) -> float:
        """The average price of what is filled; 0 without any."""
        return round(float(self.paid / self.filled), 8) if self.filled else 0.0

    @property
    def ended(self) -> bool:
        """Whether it works no longer."""
        return self.status in FINAL

    @property
    def works(self) -> bool:
        """Whether it was transmitted and has not ended."""
        return self.transmitted and not self.ended

    @property
    def waits_for_trigger(self) -> bool:
        """Whether it is a stop, or alike, whose price was not seen yet."""
        return self.rule.has_trigger and not self.triggered

    def price(self, name: str) -> float | None:
        """Return a price that was sent, such as ``limit_price``; ``None`` if it was not."""
        value = self.values.get(name)
        return None if value is None else float(str(value))


def money_a_unit(contract: Values) -> float:
    """Return what one contract costs at a price of 1: its multiplier; where prices are in pence, a hundredth."""
    return float(str(contract.get("multiplier") or 1)) / float(str(contract.get("price_magnifier") or 1))


@lru_cache(256)
def plain_type(order_type: str) -> str:
    """Return an order type without spaces, and in capitals."""
    return order_type.replace(" ", "").upper()


def plain_number(number: Decimal) -> str:
    """Write a quantity as a Gateway does: ``100``, ``0.5``."""
    return f"{number.normalize():f}"
