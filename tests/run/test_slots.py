"""Places on the processor: held, lent for a while, given back once."""

from __future__ import annotations

import asyncio

from harness.run.slots import Slots
from tests.gateways.simulator.talk import run


def test_no_more_hold_a_place_than_there_are() -> None:
    async def worker(slots: Slots, under_way: list[int], most: list[int]) -> None:
        async with slots.held():
            under_way.append(1)
            most.append(len(under_way))
            await asyncio.sleep(0)
            under_way.pop()

    async def scenario() -> int:
        slots, under_way, most = Slots(3), list[int](), list[int]()
        await asyncio.gather(*(worker(slots, under_way, most) for _ in range(20)))
        assert len(most) == 20
        return max(most)

    assert run(scenario()) == 3


def test_a_place_goes_back_when_patience_is_over_though_its_holder_goes_on() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        async with slots.held() as waiting:
            waiting.end_after(0.01)
            async with slots.held():
                pass

    run(scenario())


def test_without_patience_the_next_waits_for_the_holder() -> None:
    async def scenario() -> list[str]:
        slots, order = Slots(1), list[str]()

        async def second() -> None:
            async with slots.held():
                order.append("second")

        async with slots.held() as lease:
            lease.end_after(60)
            task = asyncio.create_task(second())
            await asyncio.sleep(0)
            order.append("first")
        await task
        return order

    assert run(scenario()) == ["first", "second"]


def test_a_place_goes_back_once_however_often_it_is_given_back() -> None:
    async def scenario() -> bool:
        slots = Slots(1)
        async with slots.held() as lease:
            lease.end_after(0)
            lease.end()
            lease.end()
        async with slots.held():
            third = asyncio.create_task(slots.held().__aenter__())
            await asyncio.sleep(0)
            return not third.done() and third.cancel()

    assert run(scenario())


def test_the_lowest_of_those_that_wait_is_next_and_of_equal_ones_the_first() -> None:
    async def scenario() -> list[str]:
        slots, came = Slots(1), list[str]()

        async def hold(name: str, order: tuple[int, ...]) -> None:
            async with slots.held(order):
                came.append(name)

        async with slots.held():
            asked = [("late", (1,)), ("later", (1,)), ("early", (0,)), ("at once", ())]
            waiting = [asyncio.create_task(hold(*each)) for each in asked]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return came

    assert run(scenario()) == ["at once", "early", "late", "later"]


def test_a_place_that_is_given_to_one_who_left_meanwhile_goes_to_the_next() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        async with slots.held():
            left, stays = (asyncio.create_task(slots.held().__aenter__()) for _ in range(2))
            await asyncio.sleep(0)
        left.cancel()  # the place is its own by now, and it has not run since
        await asyncio.gather(left, return_exceptions=True)
        (await stays).end()
        async with slots.held():
            pass

    run(scenario())


def test_a_place_goes_back_when_its_holder_fails_or_is_cancelled() -> None:
    async def hold(slots: Slots) -> None:
        async with slots.held():
            await asyncio.Event().wait()

    async def scenario() -> None:
        slots = Slots(1)
        holder, waiter = asyncio.create_task(hold(slots)), asyncio.create_task(hold(slots))
        await asyncio.sleep(0)
        waiter.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        async with slots.held():
            pass

    run(scenario())
