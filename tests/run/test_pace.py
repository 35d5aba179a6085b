"""However many of ours ask a gateway, no second has more messages than it bears."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from harness.run.column_limits import Pace

LIMIT = 5


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@given(st.lists(st.tuples(st.integers(1, LIMIT), st.floats(0, 0.6)), max_size=40))
def test_no_second_has_more_than_the_limit(asked: list[tuple[int, float]]) -> None:
    clock, sent = Clock(), list[float]()

    async def scenario() -> None:
        pace = Pace(LIMIT, lambda: clock.now, clock.sleep)
        for count, pause in asked:
            await pace.take(count)
            sent.extend([clock.now] * count)
            clock.now += pause

    asyncio.run(scenario())
    assert len(sent) == sum(count for count, _ in asked)
    assert all(later - sent[number] >= 1 - 1e-9 for number, later in enumerate(sent[LIMIT:]))


def test_what_has_room_does_not_wait() -> None:
    clock = Clock()

    async def scenario() -> None:
        pace = Pace(LIMIT, lambda: clock.now, clock.sleep)
        for _ in range(3):
            await pace.take(LIMIT)
            clock.now += 1.0

    asyncio.run(scenario())
    assert clock.now == 3.0


def test_those_who_wait_share_one_limit() -> None:
    clock, sent = Clock(), list[float]()

    async def one_of_them(pace: Pace) -> None:
        await pace.take(2)
        sent.extend([clock.now] * 2)

    async def scenario() -> None:
        pace = Pace(LIMIT, lambda: clock.now, clock.sleep)
        await asyncio.gather(*(one_of_them(pace) for _ in range(6)))

    asyncio.run(scenario())
    assert [sent.count(at) for at in sorted(set(sent))] == [4, 4, 4]
