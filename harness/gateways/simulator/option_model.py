"""Computes the price of an option from its volatility, and back, after Black and Scholes.

No interest and no dividends: which of them IBKR's model takes is not published. So the numbers have the right shape and
agree with each other, and are not IBKR's to the cent.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

_HIGHEST_VOLATILITY = 10.0
_HALVINGS = 100
DAYS_A_YEAR = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option on something that costs ``underlying``.

    Args:
        is_call: else it is a put.
        strike: in the contract's currency.
        years: until it ends; more than 0.
        underlying: the price of what it is on.
    """

    is_call: bool
    strike: float
    years: float
    underlying: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """What a volatility makes of an option; ``theta`` is that of a day, ``vega`` that of one per cent."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


def computed(option: Option, volatility: float) -> Computed | None:
    """Return the price and the Greeks at a volatility: 0.25 is 25 %.

    ``None`` if there are none: at a volatility that is not more than 0, or where numbers are too large or too small to
    compute with.
    """
    if not volatility > 0:
        return None
    try:
        found = _computed(option, volatility)
    except (ArithmeticError, ValueError):
        return None
    return found if all(map(math.isfinite, astuple(found))) else None


def _computed(option: Option, volatility: float) -> Computed:
    root = volatility * math.sqrt(option.years)
    first = (math.log(option.underlying / option.strike) + root * root / 2) / root
    price = option.underlying * _below(first) - option.strike * _below(first - root)
    density = math.exp(-first * first / 2) / math.sqrt(2 * math.pi)
    return Computed(
        price=price if option.is_call else price - option.underlying + option.strike,
        delta=_below(first) - (0 if option.is_call else 1),
        gamma=density / (option.underlying * root),
        vega=option.underlying * density * math.sqrt(option.years) / 100,
        theta=-option.underlying * density * volatility / (2 * math.sqrt(option.years)) / DAYS_A_YEAR,
    )


def implied_volatility(option: Option, price: float) -> float | None:
    """Return the volatility at which an option has a price; ``None`` if none does."""
    low, high = 1e-6, _HIGHEST_VOLATILITY
    ends = computed(option, low), computed(option, high)
    if ends[0] is None or ends[1] is None or not ends[0].price < price < ends[1].price:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        there = computed(option, middle)
        if there is None:
            return None
        if there.price < price:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _below(value: float) -> float:
    """Return the probability that a normal variable is below a value."""
    return (1 + math.erf(value / math.sqrt(2))) / 2
