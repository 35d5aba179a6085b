"""Prices of one contract that moves by itself: its quote, its trades and its bars at any moment.

Each span in which it trades is a :class:`PricePath`. The first and last price of a span lie on slow waves through the
years, so that spans follow on each other, as far back as anybody asks. A quote is made of the newest trade, a bar of
the trades in it: they agree at every moment.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.gateways.simulator.bars import UNTRADED
from harness.gateways.simulator.price_path import PricePath, Summary, Trade, mixed, part, summary_of

if TYPE_CHECKING:
    from harness.gateways.simulator.sessions import Span
    from harness.gateways.simulator.truth import Values
    from harness.gateways.simulator.world import Listing
    from harness.wire.message import Value

DAY = 86400.0

_WAVES = 7
"""The slowest of them takes 2 ** 6 days."""

_STEEPNESS = 0.87
"""Makes the waves of all lengths together move by the volatility in a day."""

_BACK = 14 * DAY
"""Seconds to look back for a span in which a contract traded: more than any row of holidays."""

_NEAR = 64
"""About how many trades are kept at hand, around the moment that was asked for last."""

_PARTS = 4
"""A bar of this part of a chunk is made of its trades; a longer one of the nodes of the tree, which is less work."""

_CHUNKS = 8
"""Parts of spans whose trades are remembered, each of about as many trades."""

_PATHS = 4
"""Spans that are remembered: the present one, and some that history is read from."""

_BARS = 512
"""Bars that are remembered, since several clients are told the same."""

_EXCHANGES = ("NASDAQ", "ARCA", "BATS", "NYSE", "DRCTEDGE")
_PLACES = 10


@dataclass(frozen=True, slots=True)
class _Near:
    """The trades around a moment, and what was before them.

    Args:
        begins: from when on it may be asked, in Unix seconds.
        ends: until before when.
        trades: in order.
        times: theirs.
        before: the newest trade of the span before these.
        days: the span's trades as a whole, up to before each of these trades, and after the last.
        paid: prices times lots of those, added up.
        close: last price of the span before, in ticks.
    """

    begins: float
    ends: float
    trades: tuple[Trade, ...]
    times: tuple[float, ...]
    before: Trade | None
    days: tuple[Summary | None, ...]
    paid: tuple[float, ...]
    close: int


class TradedPrices:
    """The moving prices of a contract.

    Args:
        listing: the contract, and how it moves.
        key: the seed of its trades.
        waves: the seed of its waves; a future has those of its index.
    """

    def __init__(self, listing: Listing, key: int, waves: int) -> None:
        self._listing = listing
        self._key = key
        self._waves = waves
        self._tick = float(str(listing.details["min_tick"]))
        self._paths: dict[float, PricePath] = {}
        self._near = _Near(0, 0, (), (), None, (None,), (0.0,), 0)
        self._chunks: dict[tuple[float, int], tuple[tuple[float, ...], tuple[Trade, ...]]] = {}
        self._bars: dict[tuple[str, float, float], Values] = {}
        self._quoted: tuple[_Near, Trade | None, Values] | None = None
        self._below = listing.spread // 2
        self._above = listing.spread - self._below

    def quote(self, when: float) -> Values:
        """Return bid, ask and close; once the day has begun its prices, and of what is traded the last trade, too.

        It is the same object until there is another trade.
        """
        near, newest, day, paid = self._known(when)
        if self._quoted is None or self._quoted[0] is not near or self._quoted[1] is not newest:
            self._quoted = (near, newest, self._quote(near, newest, day, paid))
        return self._quoted[2]

    def _quote(self, near: _Near, newest: Trade | None, day: Summary | None, paid: float) -> Values:
        told: dict[str, Value] = dict(self._sides(near, newest)) if self._listing.spread else {}
        told |= {"close": self._price(near.close), "min_tick": str(self._listing.details["min_tick"])}
        if day is None or newest is None:
            return told
        told |= {"open": self._price(day.first), "high": self._price(day.high), "low": self._price(day.low)}
        if self._listing.traded:
            told |= {"last": self._price(newest.price), "last_size": self._size(newest.lots)}
            told |= {"volume": self._size(day.volume), "last_time": int(newest.when)}
            told |= {"trades": day.trades, "wap": self._price(paid / day.volume)}
        return told

    def middle(self, when: float) -> float:
        """Return the middle of bid and ask."""
        near, newest, *_ = self._known(when)
        ticks = near.close if newest is None else newest.price
        return self._price(ticks + (self._above - self._below) / 2)

    def newest(self, when: float) -> Values | None:
        """Return the newest trade at a moment; ``None`` before the first of all."""
        newest = self._known(when)[1]
        return None if newest is None else self._told(newest)

    def trades(self, begins: float, ends: float) -> Iterator[Values]:
        """Yield the trades from a moment on until before another, with their ``time`` in Unix seconds."""
        for span in self._listing.session.spans(begins, ends):
            for trade in self._between(span, begins, ends):
                yield {"time": int(trade.when), **self._told(trade)}

    def quotes(self, begins: float, ends: float) -> Iterator[Values]:
        """Yield the quotes that came up from a moment until before another, with their ``time``; none of an index."""
        for span in self._listing.session.spans(begins, ends) if self._listing.spread else ():
            for trade in self._between(span, begins, ends):
                yield {"time": int(trade.when), **self._around(trade.price, trade.bits)}

    def bar(self, shown: str, begins: float, ends: float) -> Values:
        """Return a bar of ``TRADES``, ``BID``, ``ASK`` or ``MIDPOINT``; one without trades has the price before it."""
        if (key := (shown, begins, ends)) not in self._bars:
            if len(self._bars) >= _BARS:
                self._bars.clear()
            self._bars[key] = self._made_bar(shown, begins, ends)
        return self._bars[key]

    def _made_bar(self, shown: str, begins: float, ends: float) -> Values:
        whole, paid = None, 0.0
        for span in self._listing.session.spans(begins, ends):
            there, price = self._together(span, begins, ends)
            if there is not None:
                whole, paid = there if whole is None else whole.then(there), paid + price * there.volume
        if whole is None:
            known = self._before(begins)
            return self._bar(shown, Summary(known, known, known, known, 0, 0), known)
        return self._bar(shown, whole, paid / whole.volume)

    def _together(self, span: Span, begins: float, ends: float) -> tuple[Summary | None, float]:
        """Return the trades of a span between two moments as a whole, and their average price.

        That of a whole span is the middle of its prices: a year of days is told without looking at a trade.
        """
        if begins <= span.begins and ends >= span.ends:
            all_of_it = self._made_whole(span)
            return all_of_it, (all_of_it.first + all_of_it.high + all_of_it.low + all_of_it.last) / 4
        if ends - begins <= self._long(span) / _PARTS:  # few: look at each
            trades = list(self._between(span, begins, ends))
            whole = summary_of(trades)
            return whole, sum(trade.price * trade.lots for trade in trades) / whole.volume if whole else 0.0
        path = self._path(span)
        return path.summary(begins, ends), path.average(begins, ends) or 0.0

    def _long(self, span: Span) -> float:
        """Return the seconds of a chunk: a part of a span with so many trades as are kept at hand together."""
        return (span.ends - span.begins) * _NEAR / max(_NEAR, self._whole(span).trades)

    def _between(self, span: Span, begins: float, ends: float) -> Iterator[Trade]:
        """Yield the trades of a span between two moments, from the chunks that were read last, where they have them."""
        long = self._long(span)
        first, last = (max(0, int((when - span.begins) // long)) for when in (begins, min(ends, span.ends)))
        for number in range(first, last + 1):
            times, trades = self._chunk(span, number)
            yield from trades[bisect_left(times, begins) : bisect_left(times, ends)]

    def _chunk(self, span: Span, number: int) -> tuple[tuple[float, ...], tuple[Trade, ...]]:
        key = span.begins, number
        if key not in self._chunks:
            if len(self._chunks) >= _CHUNKS:
                del self._chunks[next(iter(self._chunks))]
            begins = span.begins + number * (long := self._long(span))
            trades = tuple(self._path(span).trades(begins, begins + long))
            self._chunks[key] = tuple(trade.when for trade in trades), trades
        return self._chunks[key]

    def _bar(self, shown: str, whole: Summary, average: float) -> Values:
        away = {"BID": -self._below, "ASK": self._above, "MIDPOINT": (self._above - self._below) / 2}.get(shown, 0)
        ends = {"open": whole.first, "high": whole.high, "low": whole.low, "close": whole.last}
        told: dict[str, Value] = {name: self._price(ticks + away) for name, ticks in ends.items()}
        if shown != "TRADES":
            return {**told, **UNTRADED}
        told |= {"volume": self._size(whole.volume), "wap": str(self._price(average)), "bar_count": whole.trades}
        return told

    def _before(self, when: float) -> int:
        near, newest, *_ = self._known(when)
        return near.close if newest is None else newest.price

    def _known(self, when: float) -> tuple[_Near, Trade | None, Summary | None, float]:
        """Return what is near a moment, the newest trade of the span, its trades until then, and what they paid."""
        if not self._near.begins <= when < self._near.ends:
            self._near = self._made_near(when)
        near = self._near
        place = bisect_right(near.times, when)
        return near, near.trades[place - 1] if place else near.before, near.days[place], near.paid[place]

    def _made_near(self, when: float) -> _Near:
        past = list(self._listing.session.spans(when - _BACK, when + 1e-6))
        span, close = past[-1], self._ends(past[-2])
        path, long = self._path(span), self._long(span)
        number = int((min(when, math.nextafter(span.ends, 0)) - span.begins) // long)
        begins = span.begins + number * long
        ends = self._reopens(when, span) if begins + long >= span.ends else begins + long
        times, trades = self._chunk(span, number)
        earlier = path.summary(span.begins, begins)
        days = tuple(_running(trades, earlier))
        known = 0.0 if earlier is None else (path.average(span.begins, begins) or 0.0) * earlier.volume
        paid = tuple(accumulate((each.price * each.lots for each in trades), initial=known))
        return _Near(begins, ends, trades, times, path.newest(begins), days, paid, close)

    def _reopens(self, when: float, span: Span) -> float:
        later = (each.begins for each in self._listing.session.spans(span.ends, when + _BACK) if each != span)
        return next(later, when + DAY)

    def _path(self, span: Span) -> PricePath:
        path = self._paths.get(span.begins)
        if path is None:
            if len(self._paths) >= _PATHS:
                del self._paths[next(iter(self._paths))]
            path = PricePath(mixed(self._key ^ int(span.begins)), span.begins, span.ends, self._made_whole(span))
            self._paths[span.begins] = path
        return path

    def _whole(self, span: Span) -> Summary:
        """Return what the trades of a span are together; there are some in each."""
        whole = self._path(span).whole
        if whole is None:
            raise AssertionError("a span has trades")
        return whole

    def _made_whole(self, span: Span) -> Summary:
        bits = mixed(self._key + int(span.begins))
        first, last = self._level(span.begins), self._ends(span)
        share = (span.ends - span.begins) / DAY
        reach = self._listing.volatility * math.sqrt(share) * max(first, last)
        beyond = [round(part(bits, which) ** 2 * reach) for which in (0, 1)]
        count = max(4, round(self._listing.trades * (0.6 + 0.8 * part(bits, 2))))
        volume = count * (1 + int(3 * part(bits, 3)))
        high, low = max(first, last) + beyond[0], max(1, min(first, last) - beyond[1])
        return Summary(first, high, low, last, count, volume)

    def _ends(self, span: Span) -> int:
        return self._level(span.ends)

    def _level(self, when: float) -> int:
        """Return where the slow waves are, in ticks; at least one."""
        waves = (self._wave(number, when / DAY / 2**number) * math.sqrt(2**number) for number in range(_WAVES))
        height = math.fsum(waves)
        price = self._listing.price * math.exp(height * _STEEPNESS * self._listing.volatility)
        return max(1, round(price / self._tick))

    def _wave(self, number: int, place: float) -> float:
        step = math.floor(place)
        here, there = (2 * part(mixed(self._waves ^ mixed(number << 32 | at)), 0) - 1 for at in (step, step + 1))
        return here + (there - here) * (place - step)

    def _sides(self, near: _Near, newest: Trade | None) -> Values:
        if newest is None:
            return self._around(near.close, mixed(self._key ^ int(near.begins)))
        return self._around(newest.price, newest.bits)

    def _around(self, ticks: int, bits: int) -> Values:
        sizes = [self._size(1 + int(part(bits, which) * 9)) for which in (0, 1)]
        bid, ask = self._price(max(0, ticks - self._below)), self._price(ticks + self._above)
        return {"bid": bid, "ask": ask, "bid_size": sizes[0], "ask_size": sizes[1]}

    def _told(self, trade: Trade) -> Values:
        exchange = _EXCHANGES[int(part(trade.bits, 2) * len(_EXCHANGES))]
        price, size = self._price(trade.price), self._size(trade.lots)
        return {"price": price, "size": size, "exchange": exchange, "conditions": ""}

    def _price(self, ticks: float) -> float:
        return round(ticks * self._tick, _PLACES)

    def _size(self, lots: int) -> str:
        return f"{lots * self._listing.lot}"


def _running(trades: Sequence[Trade], whole: Summary | None) -> Iterator[Summary | None]:
    """Yield what there was as a whole before the first of these trades, and after each."""
    yield whole
    for trade in trades:
        alone = Summary(*4 * (trade.price,), 1, trade.lots)
        whole = alone if whole is None else whole.then(alone)
        yield whole
