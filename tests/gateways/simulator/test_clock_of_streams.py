"""The clock of a simulated gateway: each moment of a stream is told once, and errors bear the time that it shows."""

from __future__ import annotations

import asyncio

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.writing import in_parts
from harness.known.scenarios import Behaviour
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL, START


class SlowTime:
    """A clock that is a quarter of a second behind after each wait, as one that is being set back bit by bit."""

    def __init__(self) -> None:
        self._now = START + 1

    def now(self) -> float:
        return self._now

    async def until(self, when: float) -> None:
        await asyncio.sleep(0)
        self._now = max(self._now, when - 0.25)


def test_a_clock_that_lags_behind_the_wait_makes_no_bar_come_twice() -> None:
    async def scenario() -> list[Message]:
        async with simulated(timing=SlowTime()) as gateway, connected(gateway, 7) as client:
            client.say(Message("req_real_time_bars", {**AAPL, "what_to_show": "TRADES"}))
            return [await client.message() for _ in range(4)]

    assert [bar["time"] for bar in run(scenario())] == [START + 5 * number for number in range(-1, 3)]


class WatchedTime(SteppedTime):
    """A clock that notes what was waited for."""

    def __init__(self) -> None:
        super().__init__(START)
        self.waits: list[float] = []

    async def until(self, when: float) -> None:
        self.waits.append(when)
        await super().until(when)


def test_a_book_that_stands_still_wakes_nobody() -> None:
    clock = WatchedTime()
    depth = {**AAPL, "exchange": "NASDAQ", "rows": 1}

    async def scenario() -> None:
        async with simulated(timing=clock) as gateway, connected(gateway, 7) as client:
            client.say(Message("req_market_depth", depth))
            assert await client.answers()
            assert await client.answers()  # whoever was started has had a turn
            assert clock.waits == []
            client.say(Message("req_real_time_bars", {**AAPL, "req_id": 4, "what_to_show": "TRADES"}))
            assert await client.answers()
            assert await clock.awaited() == START + 5

    run(scenario())


@pytest.mark.parametrize("ahead", [0.0, 3600.0, -1.5])
def test_an_error_bears_the_time_of_the_gateway(ahead: float) -> None:
    clock = SteppedTime(START)

    async def scenario() -> list[Message]:
        behaviour = Behaviour(clock_ahead=ahead)
        async with simulated(timing=clock, behaviour=behaviour) as gateway, connected(gateway, 7) as client:
            client.say(Message("req_head_timestamp", {"req_id": 3, "con_id": 1}))
            refusal = await client.message()
            clock.step(2.25)
            client.say(Message("req_head_timestamp", {"req_id": 3, "con_id": 1}))
            return [refusal, await client.message()]

    times = [error["time_ms"] for error in run(scenario())]
    assert times == [(START + ahead) * 1000, (START + ahead + 2.25) * 1000]


def test_all_notices_of_a_start_bear_one_time() -> None:
    async def scenario() -> list[Message]:
        async with simulated(timing=SteppedTime(START)) as gateway:
            client = await Client.connect(gateway.port)
            await client.greet()
            start = await client.start(7)
            await client.leave()
            return start

    assert {message["time_ms"] for message in run(scenario()) if message.name == "error"} == {START * 1000}


def test_what_is_sent_at_one_moment_goes_out_together_and_much_of_it_in_parts() -> None:
    assert list(in_parts([b"a", b"", b"bc"])) == [b"abc"]
    assert list(in_parts([b"", b""])) == []
    much = [bytes([number]) * 50_000 for number in range(3)]
    parts = list(in_parts(much))
    assert b"".join(parts) == b"".join(much)
    assert [len(part) for part in parts] == [100_000, 50_000]
