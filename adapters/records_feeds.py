"""Defines the plain records of real-time bars, bars kept up to date, depth, and past ticks.

`adapters.records` has the rules for all records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.records_market import price, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.records_market import Bar

ASK, BID = 0, 1
"""The sides of a book; IBKR's numbers."""

INSERT = 0
"""The operation by which a row of a book is told for the first time."""

FLAGS = {
    "askPastHigh": "ask_past_high",
    "bidPastLow": "bid_past_low",
    "pastLimit": "past_limit",
    "unreported": "unreported",
}
"""IBKR's names of the flags of a past tick, and ours."""


@dataclass(frozen=True)
class KeptBars:
    """Bars, and what came of the newest while they were kept up to date, in the order in which it was told.

    ``mixed`` says that a change came before the bars could be read, which have it already: nobody can tell them apart.
    """

    bars: list[Bar]
    updates: list[Bar]
    mixed: bool = False

    @property
    def change(self) -> Bar | None:
        """Return the first update that differs from the newest bar; None if none does.

        ib_insync and ib_async tell their user of no other.
        """
        return next((update for update in self.updates if update not in self.bars[-1:]), None)


@dataclass(frozen=True)
class RealTimeBar:
    """One bar of five seconds; ``time`` is when it begins, in seconds since 1970 in UTC."""

    time: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: str | None
    wap: str | None
    count: int | None


@dataclass(frozen=True)
class DepthRow:
    """One change of a book; ``operation`` and ``side`` are IBKR's numbers: 0 insert, 1 update, 2 delete; 0 ask, 1 bid.

    ``market_maker`` is the exchange of a row of SMART depth, else empty.
    """

    side: int
    position: int
    operation: int
    market_maker: str
    price: float | None
    size: str | None


def whole_after(told: Iterable[tuple[object, object, object]], most: int) -> int | None:
    """Return after how many rows of a book so many of each side were inserted; None if they were not.

    A row is given as its side, position and operation.
    """
    there: set[tuple[object, object]] = set()
    for count, (side, position, operation) in enumerate(told, 1):
        if operation != INSERT:
            continue
        there.add((side, position))
        if all(sum(own == each for own, _ in there) >= most for each in (ASK, BID)):
            return count
    return None


def is_whole(rows: Iterable[DepthRow], most: int) -> bool:
    """Return whether so many rows of each side of a book were inserted."""
    return whole_after(((row.side, row.position, row.operation) for row in rows), most) is not None


@dataclass(frozen=True)
class WantedTicks:
    """Which past ticks a request is about, in IBKR's terms: the last ``count`` before ``end``."""

    what_to_show: str
    end: str
    count: int


@dataclass(frozen=True)
class PastTick:
    """A trade, quote or midpoint that was; ``time`` is seconds since 1970 in UTC, ``flags`` those that are set.

    A quote has no price and no size, a trade and a midpoint have neither bid nor ask.
    """

    time: int
    price: float | None = None
    size: str | None = None
    exchange: str = ""
    conditions: str = ""
    bid: float | None = None
    bid_size: str | None = None
    ask: float | None = None
    ask_size: str | None = None
    flags: tuple[str, ...] = ()


def past_tick(tick: Any) -> PastTick:
    """Make the record of a past tick; all three libraries kept IBKR's names, and differ in the type of the time."""
    time = tick.time if isinstance(tick.time, int) else int(tick.time.timestamp())
    if hasattr(tick, "priceBid"):
        return PastTick(
            time,
            bid=price(tick.priceBid),
            bid_size=size(tick.sizeBid),
            ask=price(tick.priceAsk),
            ask_size=size(tick.sizeAsk),
            flags=_flags(tick.tickAttribBidAsk),
        )
    if hasattr(tick, "tickAttribLast"):
        rest = {"exchange": tick.exchange, "conditions": tick.specialConditions}
        return PastTick(time, price(tick.price), size(tick.size), **rest, flags=_flags(tick.tickAttribLast))
    return PastTick(time, price(tick.price), size(tick.size))


def _flags(attributes: Any) -> tuple[str, ...]:
    return tuple(sorted(name for theirs, name in FLAGS.items() if getattr(attributes, theirs, False)))
