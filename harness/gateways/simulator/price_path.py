"""Makes the trades of a span of time from a seed: as a whole, of any part of it, or one by one.

A span is a tree. Its root says how many trades there are, how much they trade, and their first, highest, lowest and
last price. Each node is split at the middle of its time into two that together are exactly what it is: the counts and
volumes add up, the left one begins with its first price, the right one ends with its last, and one of them has its
highest, one its lowest. So a bar of any size is the bar of the very trades in it, whichever is asked for first, and
each costs a walk from the root: nothing is stored but the upper levels, which all walks share.

Prices are whole numbers of ticks, volumes whole numbers of lots. The same seed gives the same trades on every computer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_BITS = (1 << 64) - 1
_KEPT_LEVELS = 8
"""Upper levels whose nodes are kept: 255 nodes at most. Two more would save a seventh of the time for four times the
memory."""

_PARTS = 4
"""Parts at least that an average is made of where there are more trades."""

_FEW = 4
"""Trades that are not divided any more: 64 bits hold a number for each."""

_DEEPEST = 44
"""From this level on trades are divided evenly, so that every walk ends."""


def mixed(number: int) -> int:
    """Return 64 bits that look random and are the same for the same number (the finalizer of SplitMix64)."""
    number = (number + 0x9E3779B97F4A7C15) & _BITS
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _BITS
    return number ^ (number >> 31)


def part(bits: int, which: int) -> float:
    """Return one of four numbers from 0 to below 1 that 64 bits hold."""
    return ((bits >> (16 * which)) & 0xFFFF) / 0x10000


class Summary(NamedTuple):
    """What trades are as a whole; at least one.

    Args:
        first: price of the first, in ticks; so are the next three.
        high: the highest.
        low: the lowest.
        last: that of the last.
        trades: how many there are.
        volume: how many lots they trade; at least one each.
    """

    first: int
    high: int
    low: int
    last: int
    trades: int
    volume: int

    def then(self, later: Summary) -> Summary:
        """Return both as one."""
        return Summary(
            self.first,
            max(self.high, later.high),
            min(self.low, later.low),
            later.last,
            self.trades + later.trades,
            self.volume + later.volume,
        )


class Trade(NamedTuple):
    """One trade.

    Args:
        when: its moment, in Unix seconds.
        price: in ticks.
        lots: how much.
        bits: 64 that look random; for what else there is to say of it.
    """

    when: float
    price: int
    lots: int
    bits: int


class PricePath:
    """The trades of a span of time.

    Args:
        key: the seed.
        begins: Unix seconds.
        ends: Unix seconds; no trade is as late.
        whole: what they are together; ``None`` if there are none.

    Raises:
        ValueError: no trades can be so, since the prices contradict each other, or are more than the trades.
    """

    def __init__(self, key: int, begins: float, ends: float, whole: Summary | None) -> None:
        if whole is not None and not _possible(whole):
            raise ValueError(f"no trades are {whole}")
        self._root = None if whole is None else _Node(mixed(key), 0, begins, ends, whole)
        self.whole = whole
        """What the trades are together."""

    def trades(self, begins: float, ends: float) -> Iterator[Trade]:
        """Yield the trades from a moment on until before another, in Unix seconds, in order."""
        if self._root is not None:
            yield from self._root.trades(begins, ends)

    def summary(self, begins: float, ends: float) -> Summary | None:
        """Return what the trades from a moment on until before another are together; ``None`` if there are none."""
        return None if self._root is None else self._root.summary(begins, ends)

    def average(self, begins: float, ends: float) -> float | None:
        """Return the average price by volume, in ticks; ``None`` without trades.

        It is exact for few trades. For many, parts of them count with the middle of their prices, so that the average
        of a day costs little more than that of a minute.
        """
        whole = self.summary(begins, ends)
        if self._root is None or whole is None:
            return None
        return self._root.paid(begins, ends, whole.trades // _PARTS) / whole.volume

    def newest(self, when: float) -> Trade | None:
        """Return the newest trade at a moment or before it; ``None`` if there is none."""
        return None if self._root is None else self._root.newest(when)


_LEFT, _RIGHT = mixed(1), mixed(2)


class _Node:
    """A part of the tree: the trades of half its parent's time."""

    __slots__ = ("_begins", "_children", "_depth", "_ends", "_few", "_key", "_whole")

    def __init__(self, key: int, depth: int, begins: float, ends: float, whole: Summary) -> None:
        self._key = key
        self._depth = depth
        self._begins = begins
        self._ends = ends
        self._whole = whole
        self._few = whole.trades <= _FEW
        self._children: tuple[_Node, ...] | None = None

    def summary(self, begins: float, ends: float) -> Summary | None:
        if begins >= self._ends or ends <= self._begins:
            return None
        if begins <= self._begins and ends >= self._ends:
            return self._whole
        if self._few:
            return summary_of([trade for trade in self._leaf() if begins <= trade.when < ends])
        found = None
        for child in self._split():
            seen = child.summary(begins, ends)
            if seen is not None:
                found = seen if found is None else found.then(seen)
        return found

    def trades(self, begins: float, ends: float) -> Iterator[Trade]:
        if begins >= self._ends or ends <= self._begins:
            return
        if self._few:
            yield from (trade for trade in self._leaf() if begins <= trade.when < ends)
            return
        for child in self._split():
            yield from child.trades(begins, ends)

    def paid(self, begins: float, ends: float, grain: int) -> float:
        """Return prices times lots, added up; so many trades count with the middle of their prices."""
        if begins >= self._ends or ends <= self._begins:
            return 0.0
        if self._few:
            return sum(trade.price * trade.lots for trade in self._leaf() if begins <= trade.when < ends)
        whole = self._whole
        if whole.trades <= grain and begins <= self._begins and ends >= self._ends:
            return (whole.first + whole.high + whole.low + whole.last) / 4 * whole.volume
        return sum(child.paid(begins, ends, grain) for child in self._split())

    def newest(self, when: float) -> Trade | None:
        if when < self._begins:
            return None
        if self._few:
            return next((trade for trade in reversed(self._leaf()) if trade.when <= when), None)
        for child in reversed(self._split()):
            found = child.newest(when)
            if found is not None:
                return found
        return None

    def _leaf(self) -> list[Trade]:
        """Return the trades of a node that has few of them."""
        bits = mixed(self._key)
        noise = mixed(bits)
        count, long = self._whole.trades, self._ends - self._begins
        times = sorted(self._begins + part(bits, which) * long for which in range(count))
        prices, lots = _prices(self._whole, noise), _each(self._whole, noise)
        return [Trade(*told, mixed(noise + which)) for which, told in enumerate(zip(times, prices, lots, strict=True))]

    def _split(self) -> tuple[_Node, ...]:
        """Return the halves that have trades; the first levels remember them."""
        if self._children is not None:
            return self._children
        made = tuple(self._made())
        if self._depth < _KEPT_LEVELS:
            self._children = made
        return made

    def _made(self) -> Iterator[_Node]:
        bits = mixed(self._key)
        middle = (self._begins + self._ends) / 2
        count = self._whole.trades
        if self._depth >= _DEEPEST:
            left = count // 2
        else:
            left = min(count, max(0, round(count / 2 + (part(bits, 0) - 0.5) * 2 * math.sqrt(count))))
        earlier, later = _halves(self._whole, left, bits)
        if earlier is not None:
            yield _Node(self._key ^ _LEFT, self._depth + 1, self._begins, middle, earlier)
        if later is not None:
            yield _Node(self._key ^ _RIGHT, self._depth + 1, middle, self._ends, later)


def summary_of(trades: Sequence[Trade]) -> Summary | None:
    """Return what trades are as a whole; ``None`` if there are none."""
    if not trades:
        return None
    prices = [trade.price for trade in trades]
    lots = sum(trade.lots for trade in trades)
    return Summary(prices[0], max(prices), min(prices), prices[-1], len(prices), lots)


def _prices(whole: Summary, bits: int) -> list[int]:
    """Return the prices of few trades: the first and last as they must be, the highest and lowest between them."""
    if whole.trades == 1:
        return [whole.first]
    between = [price for price in (whole.high, whole.low) if price not in {whole.first, whole.last}]
    between = between[: whole.trades - 2] if whole.high != whole.low else []
    reach = whole.high - whole.low
    between += [whole.low + int(part(bits, which) * (reach + 1)) for which in range(whole.trades - 2 - len(between))]
    return [whole.first, *(between if bits & 1 else reversed(between)), whole.last]


def _each(whole: Summary, bits: int) -> list[int]:
    """Return the lots of few trades: one each, and what there is besides by chance."""
    lots, left = [1] * whole.trades, whole.volume - whole.trades
    for which in range(whole.trades - 1):
        more = int(part(bits, which) * (left + 1))
        lots[which] += more
        left -= more
    lots[-1] += left
    return lots


def _possible(whole: Summary) -> bool:
    ends = {whole.first, whole.last}
    beyond = len({whole.high, whole.low} - ends)
    return (
        whole.low <= min(ends) <= max(ends) <= whole.high
        and whole.volume >= whole.trades >= 1
        and (beyond <= whole.trades - 2 or (whole.trades == 1 and whole.low == whole.high))
    )


def _halves(whole: Summary, left: int, bits: int) -> tuple[Summary | None, Summary | None]:
    """Divide trades into the first ``left`` of them and the rest, which together are the whole again."""
    right = whole.trades - left
    if not left or not right:
        return (whole, None) if left else (None, whole)
    noise = mixed(bits)
    lots = _lots(whole, left, part(noise, 0))
    earlier, later = _reached(whole, left, right, part(noise, 1), part(noise, 2))
    between = (whole.first + whole.last) / 2 + (part(noise, 3) + part(bits, 3) - 1) * (whole.high - whole.low) / 2
    middle = min(whole.high, max(whole.low, round(between)))
    last = _end(whole.first, middle, earlier, left)
    step = min(whole.high, max(whole.low, last + int(part(bits, 2) * 3) - 1))
    first = _end(whole.last, step, later, right)
    ends = (whole.first, last), (first, whole.last)
    return (
        _half(whole, ends[0], earlier, (left, lots), mixed(noise)),
        _half(whole, ends[1], later, (right, whole.volume - lots), mixed(noise + 1)),
    )


def _lots(whole: Summary, left: int, by: float) -> int:
    """Return the lots of the first ``left`` trades: about their share, and at least one for each of both halves."""
    spare = whole.volume - whole.trades
    share = left / whole.trades * (0.5 + by)
    return left + min(spare, int(spare * share))


def _reached(whole: Summary, left: int, right: int, *by: float) -> tuple[list[int], list[int]]:
    """Return which of the highest and lowest prices each half must reach, beside the two ends that are given.

    Each takes a trade that is not the first of all, nor the last of all.
    """
    free = [left - 1, right - 1]
    found: tuple[list[int], list[int]] = ([], [])
    for price, chance in zip(sorted({whole.high, whole.low} - {whole.first, whole.last}), by, strict=False):
        side = 0 if chance * sum(free) < free[0] else 1
        free[side] -= 1
        found[side].append(price)
    return found


def _end(given: int, wanted: int, reached: list[int], count: int) -> int:
    """Return the price at the end of a half that is not given, where the halves meet."""
    if count == 1:
        return given
    if len(reached) == count - 1:  # no trade is left for another price
        return reached[0]
    return wanted


def _half(whole: Summary, ends: tuple[int, int], reached: list[int], many: tuple[int, int], bits: int) -> Summary:
    """Return a half: from its ends it goes as far as it must, or as far as it likes while it has trades for that."""
    high, low = max(*ends, *reached), min(*ends, *reached)
    spare = many[0] - 2 - len({high, low} - set(ends))
    reach = whole.high - whole.low
    if spare > 0 and high == max(ends) and (more := round(part(bits, 0) ** 2 * reach / 2)):
        high, spare = min(whole.high, high + more), spare - 1
    if spare > 0 and low == min(ends):
        low = max(whole.low, low - round(part(bits, 1) ** 2 * reach / 2))
    return Summary(ends[0], high, low, ends[1], *many)
