"""Who ends a gateway's task may be cancelled itself, and then is."""

from __future__ import annotations

import asyncio

import pytest

from harness.gateways.simulator.ending import end
from tests.gateways.simulator.talk import run


def test_a_task_that_is_ended_raises_only_what_was_not_expected() -> None:
    async def fails(problem: Exception) -> None:
        raise problem

    async def scenario() -> None:
        await end(None)
        sleeping = asyncio.create_task(asyncio.sleep(60))
        await end(sleeping)
        assert sleeping.cancelled()
        for problem in (ValueError("mine"), KeyError("yours")):
            task = asyncio.create_task(fails(problem))
            await asyncio.sleep(0)
            if isinstance(problem, ValueError):
                await end(task, expected=(ValueError,))
            else:
                with pytest.raises(KeyError):
                    await end(task, expected=(ValueError,))

    run(scenario())


def test_a_cancellation_that_is_meant_for_the_caller_reaches_it() -> None:
    async def scenario() -> None:
        free = asyncio.Event()

        async def stubborn() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await free.wait()

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        caller = asyncio.create_task(end(task))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
        assert caller.cancelled()
        free.set()
        await asyncio.wait([task])

    run(scenario())
