"""The search: right wherever it breaks, in no more steps than there are powers of two."""

from __future__ import annotations

import math

import pytest

from harness.results.decide.bisection import End, bisect
from harness.results.decide.row_judging import Standing

GOOD, BAD, SKIP = Standing.WORKS, Standing.BREAKS, Standing.UNKNOWN


class Asked(list[int]):
    """Answers from a list, and remembers what was asked."""

    def __init__(self, standings: list[Standing]) -> None:
        super().__init__()
        self.standings = standings

    def __call__(self, number: int) -> Standing:
        self.append(number)
        return self.standings[number]


@pytest.mark.parametrize("count", range(2, 40))
def test_it_finds_the_first_bad_one_in_log2_steps(count: int) -> None:
    for first_bad in range(1, count):
        ask = Asked([GOOD] * first_bad + [BAD] * (count - first_bad))
        found = bisect(count, ask)
        assert (found.end, found.last_good, found.first_bad) == (End.FOUND, first_bad - 1, first_bad)
        assert len(ask) == len(set(ask)) <= 2 + math.ceil(math.log2(count - 1))


def test_what_cannot_be_asked_is_passed_over_for_a_neighbour() -> None:
    found = bisect(7, Asked([GOOD, GOOD, GOOD, SKIP, BAD, BAD, BAD]))
    assert (found.last_good, found.first_bad, found.between) == (2, 4, (3,))


def test_where_nothing_between_can_be_asked_the_answer_is_the_whole_range() -> None:
    ask = Asked([GOOD, SKIP, SKIP, SKIP, BAD])
    found = bisect(5, ask)
    assert (found.last_good, found.first_bad, found.between) == (0, 4, (1, 2, 3))
    assert sorted(ask) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("standings", "end"),
    [
        ([BAD, BAD], End.GOOD_IS_BAD),
        ([GOOD, GOOD], End.BAD_IS_GOOD),
        ([SKIP, BAD], End.NOT_KNOWN),
        ([GOOD, SKIP], End.NOT_KNOWN),
    ],
)
def test_ends_that_are_not_what_they_are_called_end_it(standings: list[Standing], end: End) -> None:
    assert bisect(2, Asked(standings)).end is end
