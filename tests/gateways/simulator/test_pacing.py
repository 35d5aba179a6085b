"""Limits of pace: messages a second, and requests for history, by the gateway's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.known.scenarios import Behaviour
from harness.wire.hello import Hello
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated, until_gone
from tests.gateways.simulator.test_bars_on_the_wire import ES
from tests.gateways.simulator.test_standalone import simulating
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL

START = 1_795_255_200
TIME = Message("req_current_time")
TOO_FAST, TOO_MUCH_HISTORY, TOO_MANY_BARS = 100, 162, 420


@asynccontextmanager
async def paced(options: str = "", **played: Any) -> AsyncIterator[tuple[SteppedTime, Client]]:
    """A client of a gateway that keeps limits of pace, and its clock."""
    clock, behaviour = SteppedTime(START), Behaviour(**{"pacing": True, **played})
    async with simulated(behaviour=behaviour, timing=clock) as gateway:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        client = Client(reader, writer, Hello(min_version=100, max_version=226, options=options))
        await client.greet()
        await client.start(1)
        yield clock, client
        await client.leave()


async def answers(client: Client, *requests: Message) -> list[Message]:
    """What is answered to requests with one answer each."""
    for request in requests:
        client.say(request)
    return [await client.message() for _ in requests]


def refusals(heard: list[Message]) -> list[tuple[object, ...]]:
    return [(one["code"], one["req_id"], one["text"]) for one in heard if one.name == "error"]


def rate(received: int, violations: int, req_id: int = -1) -> tuple[object, ...]:
    text = f"Max rate of messages per second has been exceeded:max=50 rec={received} ({violations})"
    return TOO_FAST, req_id, text


def test_each_message_above_fifty_in_a_second_is_refused_until_the_next_second() -> None:
    async def scenario() -> list[list[Message]]:
        async with paced() as (clock, client):
            first = await answers(client, *50 * [TIME])
            above = await answers(client, TIME, Message("req_market_data", {**AAPL, "req_id": 8}))
            clock.step(1)
            return [first, above, await answers(client, *50 * [TIME])]

    first, above, later = run(scenario())
    assert refusals(above) == [rate(51, 1), rate(52, 1, 8)]
    assert [one.name for one in first + later] == 100 * ["current_time"]


def test_the_third_violation_ends_the_connection_after_what_is_said_of_it() -> None:
    async def scenario() -> tuple[list[Message], bool]:
        clock = SteppedTime(START)
        async with simulated(behaviour=Behaviour(pacing=True), timing=clock) as gateway:
            async with connected(gateway, 1) as client:
                heard = []
                for _ in range(2):
                    heard += await answers(client, *51 * [TIME])
                    clock.step(1)
                for _ in range(500):
                    client.say(TIME)
                heard += [await client.message() for _ in range(51)]
                ended = await client.ended()
            await until_gone(gateway, 1)
            return heard, ended

    heard, ended = run(scenario())
    assert refusals(heard) == [rate(51, 1), rate(51, 2), rate(51, 3)]
    assert ended


@pytest.mark.parametrize(("options", "played"), [("+PACEAPI", {}), ("", {"rejects_above_max_rate": False})])
def test_who_asks_for_it_or_by_a_setting_messages_are_held_back(options: str, played: dict[str, Any]) -> None:
    async def scenario() -> list[Message]:
        async with paced(options, **played) as (clock, client):
            for _ in range(120):
                client.say(TIME)
            heard = [await client.message() for _ in range(50)]
            for more in (50, 20):
                await clock.awaited()
                clock.step(1)
                heard += [await client.message() for _ in range(more)]
            return heard

    assert [one["time"] - START for one in run(scenario())] == 50 * [0] + 50 * [1] + 20 * [2]  # type: ignore[operator]


def test_without_limits_of_pace_nobody_is_too_fast() -> None:
    async def scenario() -> list[Message]:
        async with paced(pacing=False, rejects_above_max_rate=True) as (_, client):
            return await answers(client, *200 * [TIME])

    assert {one.name for one in run(scenario())} == {"current_time"}


@pytest.mark.parametrize("played", [{}, {"rejects_above_max_rate": False}])
def test_it_says_of_itself_what_becomes_of_messages_that_come_too_fast(played: dict[str, Any]) -> None:
    async def scenario() -> Message:
        async with paced(**played) as (_, client):
            return (await answers(client, Message("req_config", {"req_id": 1})))[0]

    assert run(scenario())["rejects_above_max_rate"] is (not played)


def bars(req_id: int, **other: Any) -> Message:
    """A request for bars of five seconds, as nobody else asked for it."""
    asked = {**ES, "bar_size": "5 secs", "duration": f"{1000 + req_id} S", "exchange": f"E{req_id}"}
    return Message("req_historical_data", {**asked, "req_id": req_id, "keep_up_to_date": False, **other})


def too_much(heard: list[Message]) -> list[object]:
    text = "Historical Market Data Service error message:Historical data request pacing violation"
    return [one["req_id"] for one in heard if one.name == "error" and (one["code"], one["text"]) == (162, text)]


async def asked(client: Client, *requests: Message) -> list[Message]:
    """All that comes until a last question is answered."""
    for request in requests:
        client.say(request)
    return await client.ask(Message("req_ids"), end="next_valid_id")


def test_more_than_sixty_requests_for_small_bars_in_ten_minutes_are_refused() -> None:
    async def scenario() -> list[list[object]]:
        async with paced() as (clock, client):
            told = []
            for first in (1, 31, 61):
                told.append(too_much(await asked(client, *map(bars, range(first, first + 30)))))
                clock.step(100)
            clock.step(299)
            told.append(too_much(await asked(client, bars(91))))
            clock.step(1)
            return [*told, too_much(await asked(client, bars(92)))]

    assert run(scenario()) == [[], [], list(range(61, 91)), [91], []]


def test_the_same_request_again_within_fifteen_seconds_is_refused() -> None:
    async def scenario() -> list[list[object]]:
        async with paced() as (clock, client):
            told = [too_much(await asked(client, bars(1)))]
            clock.step(14)
            told.append(too_much(await asked(client, bars(2, exchange="E1", duration="1001 S"))))
            clock.step(1)
            return [*told, too_much(await asked(client, bars(3, exchange="E1", duration="1001 S")))]

    assert run(scenario()) == [[], [2], []]


@pytest.mark.parametrize(("shown", "refused"), [("TRADES", [6]), ("BID_ASK", [3, 4, 5, 6])])
def test_the_sixth_of_one_contract_within_two_seconds_is_refused_and_quotes_count_double(
    shown: str, refused: list[object]
) -> None:
    async def scenario() -> list[list[object]]:
        async with paced() as (clock, client):
            six = [bars(number, exchange="CME", what_to_show=shown) for number in range(1, 7)]
            told = [too_much(await asked(client, *six, bars(7, exchange="CME", what_to_show="MIDPOINT")))]
            clock.step(2)
            return [*told, too_much(await asked(client, bars(8, exchange="CME", what_to_show=shown)))]

    assert run(scenario()) == [refused, []]


@pytest.mark.parametrize("played", [{"pacing": True}, {"pacing": False, "bar_size": "5 secs"}])
def test_bars_of_a_minute_and_gateways_without_the_limits_take_them_all(played: dict[str, Any]) -> None:
    size = played.get("bar_size", "1 min")

    async def scenario() -> list[object]:
        async with paced(pacing=played["pacing"]) as (_, client):
            same = [bars(number, exchange="CME", duration="1 D", bar_size=size) for number in range(1, 41)]
            return too_much(await asked(client, *same))

    assert run(scenario()) == []


def test_all_clients_of_a_gateway_share_the_limits_of_history() -> None:
    async def scenario() -> list[object]:
        clock, behaviour = SteppedTime(START), Behaviour(pacing=True)
        async with (
            simulated(behaviour=behaviour, timing=clock) as gateway,
            connected(gateway, 1) as one,
            connected(gateway, 2) as other,
        ):
            await asked(one, bars(1))
            return too_much(await asked(other, bars(1)))

    assert run(scenario()) == [1]


def test_more_than_sixty_requests_for_real_time_bars_in_ten_minutes_are_refused() -> None:
    def ask(req_id: int) -> Message:
        return Message("req_real_time_bars", {**AAPL, "req_id": req_id, "what_to_show": "TRADES"})

    async def scenario() -> list[list[tuple[object, ...]]]:
        async with paced() as (clock, client):
            told = []
            for first in (1, 16, 31, 46, 61):  # fewer than 50 messages a second
                cancels = [Message("cancel_real_time_bars", {"req_id": req_id}) for req_id in range(first, first + 15)]
                told.append(refusals(await asked(client, *map(ask, range(first, first + 15)), *cancels)))
                clock.step(100)
            clock.step(100)
            return [*told, refusals(await asked(client, ask(90)))]

    *before, above, after = run(scenario())
    assert (before, after) == (4 * [[]], [])
    text = "Invalid Real-time Query:Pacing violation"
    assert above == [(TOO_MANY_BARS, req_id, text) for req_id in range(61, 76)]


@pytest.mark.parametrize(("arguments", "refused"), [((), [rate(51, 1)]), (("--set", "pacing=false"), [])])
def test_a_gateway_by_itself_has_the_limits_unless_they_are_switched_off(
    arguments: tuple[str, ...], refused: list[tuple[object, ...]]
) -> None:
    async def visit(port: int) -> list[tuple[object, ...]]:
        client = await Client.connect(port)
        await client.greet()
        await client.start(1)
        heard = await answers(client, *51 * [TIME])
        await client.leave()
        return refusals(heard)

    with simulating(
        "--gateway", "10.50", "--port", "0", "--quiet", "--market", "still", "--speed", "0.01", *arguments
    ) as (_, line, port):
        assert "pacing" not in line or arguments
        assert run(visit(port)) == refused
