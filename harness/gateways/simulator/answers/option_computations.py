"""Answers requests to compute an option's volatility or price: one tick of type 53 (a recording at server version 211).

Who asks for the volatility gets no Greeks, who asks for the price gets all but the present value of dividends.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from harness.gateways.simulator.answers.clock_and_ids import nothing
from harness.gateways.simulator.answers.contracts import meant_one
from harness.gateways.simulator.client import Answer, Client
from harness.gateways.simulator.option_model import DAYS_A_YEAR, Option, computed, implied_volatility
from harness.gateways.simulator.truth import Values
from harness.wire.message import Message

CUSTOM = 53
"""Tick type: computed as the client asked."""

NO_PRICE, NO_GREEK = -1.0, -2.0
"""What stands for a value that is not computed."""

_GREEKS = ("delta", "gamma", "vega", "theta")
_CLOSE = dt.time(16)
_KINDS = frozenset({"OPT", "FOP"})


def _implied_volatility(request: Message, client: Client) -> Iterator[Message]:
    contract = _option(request, client)
    option, price = _of(contract, request, client), _number(request, "option_price")
    volatility = None if option is None else implied_volatility(option, price)
    values = dict.fromkeys(_GREEKS, NO_GREEK) | {"option_price": _told(price)}
    yield _tick(request, {**values, "implied_volatility": NO_PRICE if volatility is None else volatility})


def _option_price(request: Message, client: Client) -> Iterator[Message]:
    contract = _option(request, client)
    option, volatility = _of(contract, request, client), _number(request, "volatility")
    found = None if option is None else computed(option, volatility)
    if found is None:
        values = dict.fromkeys(_GREEKS, NO_GREEK) | {"option_price": NO_PRICE}
    else:
        values = {name: getattr(found, name) for name in _GREEKS} | {"option_price": found.price}
    yield _tick(request, {**values, "implied_volatility": _told(volatility)})


def _tick(request: Message, values: Mapping[str, float]) -> Message:
    told = {"req_id": request["req_id"], "tick_type": CUSTOM, "pv_dividend": NO_PRICE}
    underlying = _told(_number(request, "underlying_price"))
    return Message("tick_option_computation", {**told, **values, "underlying_price": underlying})


def _told(number: float) -> float:
    """Return a number of the request; one that is infinite or none is not sent back (inferred)."""
    return number if math.isfinite(number) else NO_PRICE


def _option(request: Message, client: Client) -> Values:
    """Return the option that is meant; that another kind of contract is not known to a Gateway is inferred."""
    return meant_one(request, client, _KINDS)


def _of(contract: Values, request: Message, client: Client) -> Option | None:
    """Return the option to compute; ``None`` for one that has ended, or whose underlying costs nothing."""
    ends = dt.datetime.strptime(str(contract["last_trade_date"]), "%Y%m%d")  # noqa: DTZ007 - its zone follows
    zone = ZoneInfo(str(contract["time_zone_id"]))
    left = dt.datetime.combine(ends.date(), _CLOSE, zone).timestamp() - client.now()
    underlying = _number(request, "underlying_price")
    if left <= 0 or not 0 < underlying < math.inf:
        return None
    return Option(
        is_call=contract["right"] == "C",
        strike=float(str(contract["strike"])),
        years=left / dt.timedelta(days=DAYS_A_YEAR).total_seconds(),
        underlying=underlying,
    )


def _number(request: Message, name: str) -> float:
    return float(str(request[name]))


ANSWERS: Mapping[str, Answer] = {
    "cancel_calculate_implied_volatility": nothing,
    "cancel_calculate_option_price": nothing,
    "req_calculate_implied_volatility": _implied_volatility,
    "req_calculate_option_price": _option_price,
}
