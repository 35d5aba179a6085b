"""Makes the bars that history shows: of trades, quotes and midpoints, of both sides of quotes, and of volatilities.

What a bar of ``BID_ASK`` has, and that stocks, funds and indices have volatilities, is IBKR's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.gateways.simulator.bars import UNTRADED
from harness.gateways.simulator.prices import VOLATILITY, Prices
from harness.gateways.simulator.truth import Values

_TRADES = dict.fromkeys(("TRADES", "AGGTRADES", "ADJUSTED_LAST"), "TRADES")
"""Nothing is ever split here, so that adjusted trades are the trades."""
_SHOWN: Mapping[str, str] = {
    **_TRADES,
    **{name: name for name in ("BID", "ASK", "MIDPOINT")},
    **dict.fromkeys(("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"), VOLATILITY),
}
_BID_ASK = "BID_ASK"
_WITH_VOLATILITY = frozenset({"STK", "IND"})
_PLACES = 10


def bar(prices: Prices, contract: Values, what_to_show: str, begins: float, ends: float) -> Values | None:
    """Return the bar between two moments, in Unix seconds; ``None`` if there is no data of that kind."""
    if what_to_show == _BID_ASK:
        return _both_sides(prices, contract, begins, ends)
    shown = _SHOWN.get(what_to_show)
    if shown is None or (shown == VOLATILITY and contract["sec_type"] not in _WITH_VOLATILITY):
        return None
    return prices.bar(contract, shown, begins, ends)


def bar_of(prices: Prices, contract: Values, what_to_show: str, parts: Sequence[tuple[float, float]]) -> Values | None:
    """Return the bar of several times together, such as the regular hours of a week's days, in Unix seconds.

    ``None`` if there is no data of that kind, or no time.
    """
    bars = [bar(prices, contract, what_to_show, begins, ends) for begins, ends in parts]
    known = [one for one in bars if one is not None]
    if len(known) <= 1 or len(known) < len(bars):
        return known[0] if known and len(known) == len(bars) else None
    if what_to_show == _BID_ASK:
        ends = {name: round(sum(_numbers(known, name)) / len(known), _PLACES) for name in ("open", "close")}
    else:
        ends = {"open": _numbers(known, "open")[0], "close": _numbers(known, "close")[-1]}
    told = {**ends, "high": max(_numbers(known, "high")), "low": min(_numbers(known, "low"))}
    return {**known[-1], **told, **_traded(known)}


def _traded(bars: Sequence[Values]) -> Values:
    """Return what bars traded together; bars of quotes trade nothing."""
    if bars[0]["volume"] == UNTRADED["volume"]:
        return UNTRADED
    volumes, averages = (_numbers(bars, name) for name in ("volume", "wap"))
    volume = sum(volumes)
    paid = sum(each * average for each, average in zip(volumes, averages, strict=True))
    wap = round(paid / volume, _PLACES) if volume else averages[-1]
    return {"volume": f"{volume:.0f}", "wap": str(wap), "bar_count": int(sum(_numbers(bars, "bar_count")))}


def _numbers(bars: Sequence[Values], name: str) -> list[float]:
    return [float(str(one[name])) for one in bars]


def _both_sides(prices: Prices, contract: Values, begins: float, ends: float) -> Values | None:
    """Return the average bid, the highest ask, the lowest bid and the average ask; the averages are ours."""
    bid, ask = (prices.bar(contract, side, begins, ends) for side in ("BID", "ASK"))
    if bid is None or ask is None:
        return None
    return {"open": _average(bid), "high": ask["high"], "low": bid["low"], "close": _average(ask), **UNTRADED}


def _average(side: Values) -> float:
    prices = [float(str(side[name])) for name in ("open", "high", "low", "close")]
    return round(sum(prices) / len(prices), _PLACES)
