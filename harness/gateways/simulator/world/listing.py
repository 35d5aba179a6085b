"""Defines one instrument of the world: what is told of it, when it trades, and what its price depends on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.gateways.simulator.option_model import DAYS_A_YEAR, Option, computed
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Values

CONTRACT_FIELDS = (
    "con_id",
    "symbol",
    "sec_type",
    "last_trade_date",
    "strike",
    "right",
    "multiplier",
    "currency",
    "local_symbol",
    "trading_class",
)
"""What a contract is, among all that is told of it."""
_SECONDS_A_YEAR = DAYS_A_YEAR * 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument.

    Args:
        details: as ``contract_data`` without its request and without hours, which depend on the day: see `told`.
        session: when it trades.
        price: around which it moves; of what has an underlying, that around which the latter moves: see `worth`.
        volatility: standard deviation of a day's move; 0.02 is 2 %.
        spread: ticks between bid and ask; 0 if there are none, as of an index.
        trades: of an ordinary day.
        lot: usual size of a trade; 0 if trades have none, as of an index.
        traded: ``False`` if it is only quoted, as pairs are.
        entitlement: what the account may see: ``live``, ``delayed`` or ``none``.
        underlying: con id of what its price follows from; ``None`` if it has a price of its own.
        carry: interest a year, less what the underlying yields, by which a future differs from it.
        strike: of an option, else ``None``.
        right: of an option, ``C`` or ``P``, else empty.
        expires: its last moment, in Unix seconds; ``None`` if it lasts.
        implied_volatility: of an option, a year's; 0.25 is 25 %.
    """

    details: Values
    session: Session
    price: float
    volatility: float
    spread: int
    trades: int
    lot: int
    traded: bool
    entitlement: str
    underlying: int | None = None
    carry: float = 0.0
    strike: float | None = None
    right: str = ""
    expires: float | None = None
    implied_volatility: float = 0.0

    @property
    def con_id(self) -> int:
        """Its contract's number."""
        return int(str(self.details["con_id"]))

    @property
    def contract(self) -> Values:
        """What the contract is, without what else is told of it."""
        return {name: self.details[name] for name in CONTRACT_FIELDS if name in self.details}

    def told(self, now: float) -> Values:
        """Return all that is told of it at a moment, as ``contract_data`` without its request."""
        hours = {
            "trading_hours": self.session.hours(now),
            "liquid_hours": self.session.hours(now, liquid=True),
        }
        return {**self.details, **hours}

    def worth(self, underlying: float, now: float) -> float:
        """Return its price at a price of its underlying: by carry, or that of an option by the model."""
        if self.expires is None:
            return underlying
        years = max(self.expires - now, 1.0) / _SECONDS_A_YEAR
        if self.strike is None:
            return underlying * math.exp(self.carry * years)
        is_call = self.right == "C"
        option = Option(is_call=is_call, strike=self.strike, years=years, underlying=underlying)
        found = computed(option, self.implied_volatility)
        least = max(0.0, underlying - self.strike if is_call else self.strike - underlying)
        return least if found is None else max(found.price, 0.0)
