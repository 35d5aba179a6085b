"""Finds the first of several candidates that breaks, by bisection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.results.decide.row_judging import Standing

if TYPE_CHECKING:
    from collections.abc import Callable


class End(StrEnum):
    """How the search ended."""

    FOUND = "found"
    GOOD_IS_BAD = "what was called good breaks"
    BAD_IS_GOOD = "what was called bad works"
    NOT_KNOWN = "what it began with could not be asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The numbers of the last candidate that works and the first that breaks; those ``between`` could not be asked."""

    end: End
    last_good: int
    first_bad: int
    between: tuple[int, ...] = ()


def bisect(count: int, ask: Callable[[int], Standing]) -> Found:
    """Find the first candidate that breaks.

    Args:
        count: how many candidates there are, at least two; number 0 is supposed to work, the last one to break.
        ask: takes a number, and returns whether that candidate works. It is called at most once for each. If the answer
            is unknown, a neighbour is asked, and the result may be a range.
    """
    good, bad = 0, count - 1
    wrong = _begin(ask, good, bad)
    if wrong is not None:
        return Found(end=wrong, last_good=good, first_bad=bad)
    skipped: set[int] = set()
    while left := [number for number in range(good + 1, bad) if number not in skipped]:
        middle = min(left, key=lambda number: abs(2 * number - good - bad))
        standing = ask(middle)
        if standing is Standing.UNKNOWN:
            skipped.add(middle)
        elif standing is Standing.WORKS:
            good = middle
        else:
            bad = middle
    return Found(end=End.FOUND, last_good=good, first_bad=bad, between=tuple(range(good + 1, bad)))


def _begin(ask: Callable[[int], Standing], good: int, bad: int) -> End | None:
    """Check that the good end works and the bad end breaks."""
    first = ask(good)
    if first is not Standing.WORKS:
        return End.GOOD_IS_BAD if first is Standing.BREAKS else End.NOT_KNOWN
    last = ask(bad)
    if last is not Standing.BREAKS:
        return End.BAD_IS_GOOD if last is Standing.WORKS else End.NOT_KNOWN
    return None
