"""Makes the depth of a market that moves from its quote: the best rows are the quote, further ones lie a tick apart.

Prices, sizes and exchanges below the best are ours; so is which contracts have depth.
"""

from __future__ import annotations

from harness.gateways.simulator.market_truth import Depth, Row
from harness.gateways.simulator.price_path import mixed, part
from harness.gateways.simulator.prices import Prices
from harness.gateways.simulator.truth import SMART, Values

MOST_ROWS = 20
"""Of each side, also for who asks for none or fewer (inferred from scans)."""

_KINDS = frozenset({"STK", "FUT", "CONTFUT", "CASH", "CRYPTO"})
_EXCHANGES = ("NASDAQ", "ARCA", "IEX", "BATS", "EDGX")
_LOTS = 9


def depth_of(prices: Prices, contract: Values, exchange: str) -> Depth | None:
    """Return the book of a contract now, as one exchange or ``SMART`` has it; ``None`` if there is none."""
    quote = prices.quote(contract)
    if quote is None or not {"bid", "ask"} <= quote.keys() or contract["sec_type"] not in _KINDS:
        return None
    names = _EXCHANGES if exchange == SMART else (exchange,)
    bids, asks = (
        tuple(_row(quote, side, at, away, names) for at in range(MOST_ROWS)) for side, away in (("bid", -1), ("ask", 1))
    )
    return Depth(bids=bids, asks=asks, top="BYX; AMEX; MEMX", need="NYSE")


def _row(quote: Values, side: str, at: int, away: int, names: tuple[str, ...]) -> Row:
    tick = float(str(quote["min_tick"]))
    price = round(float(str(quote[side])) + away * at * tick, 10)
    size = str(quote[f"{side}_size"])  # a fraction, if somebody has set one
    if at:
        size = str(max(1, int(float(size))) * (1 + int(part(mixed(round(price / tick)), at % 4) * _LOTS)))
    return Row(exchange=names[at % len(names)], price=price, size=size)
