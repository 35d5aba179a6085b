"""Each event of a day, as two clients hear of it over the wire, and what it does to what they watch."""

from __future__ import annotations

from typing import Any

import pytest

from harness.gateways.simulator.answers import answer
from harness.gateways.simulator.days import happenings
from harness.wire.message import Message
from tests.gateways.simulator.days.passing import (
    AAPL,
    BARS,
    HEARS,
    QUOTES,
    WATCHES,
    Passing,
    day,
    errors,
    run,
    texts,
    until,
)
from tests.gateways.simulator.talk import Client

FARMS = "usbond; eufarm; jfarm; hfarm; usfuture; cashfarm; usopt; usfarm; cashhmds; euhmds; hkhmds; ushmds; secdefil"
LOST = "Connectivity between IBKR and Trader Workstation has been lost."
BACK = "Connectivity between IBKR and Trader Workstation has been restored - data "
TICKS = Message("req_tick_by_tick", {**AAPL, "req_id": 5, "tick_type": "AllLast"})


def ticks(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.name in {"tick_price", "tick_size", "tick_by_tick"}]


def test_a_client_that_connects_is_told_of_each_farm_idle_ones_as_such() -> None:
    async def scenario() -> list[Message]:
        async with Passing(day('at = "23:00"; what = "farms-ok"', first='idle = ["eufarm", "ushmds"]')) as passing:
            return passing.starts[HEARS]

    heard = run(scenario())
    codes = [code for code, _ in errors(heard)]
    assert codes == [2104, 2108, *6 * [2104], *3 * [2106], 2107, 2158]
    assert texts(heard)[1] == "Market data farm connection is inactive but should be available upon demand.eufarm"
    assert texts(heard)[-2] == "HMDS data farm connection is inactive but should be available upon demand.ushmds"


def test_a_client_that_connects_is_told_of_a_broken_farm_in_its_place() -> None:
    broken = 'at = "+10s"; what = "farms-break"; farms = ["jfarm"]; lasts = "1m"'

    async def scenario() -> list[Message]:
        async with Passing(day(broken)) as passing:
            await passing.passes(10)
            return await passing.connect(9)

    heard = run(scenario())
    assert texts(heard)[2] == "Market data farm connection is broken:jfarm"
    assert [code for code, _ in errors(heard)] == [2104, 2104, 2103, *5 * [2104], *4 * [2106], 2158]


def test_farms_break_and_are_well_again_for_everybody_and_lines_rest_meanwhile() -> None:
    broken = 'at = "+10s"; what = "farms-break"; farms = ["secdefil", "usfarm", "ushmds"]; lasts = "20s"'

    async def scenario() -> tuple[dict[int, list[Message]], ...]:
        async with Passing(day(broken)) as passing:
            await passing.asked(WATCHES, QUOTES, BARS)
            begins = await passing.passes(10)
            rests = await passing.passes(19.5)
            return begins, rests, await passing.passes(0.5), await passing.passes(10)

    begins, rests, ends, later = run(scenario())
    assert errors(begins[HEARS]) == [(2103, -1), (2105, -1), (2157, -1)]
    assert errors(begins[WATCHES]) == [(2103, -1), (2105, -1), (2157, -1), (10182, 4)]
    assert texts(begins[HEARS])[0] == "Market data farm connection is broken:usfarm"
    assert texts(begins[HEARS])[2] == "Sec-def data farm connection is broken:secdefil"
    assert texts(begins[WATCHES])[-1] == "Failed to request live updates (disconnected)."
    assert ticks(begins[WATCHES])
    assert rests == {WATCHES: [], HEARS: []}
    assert errors(ends[HEARS]) == errors(ends[WATCHES]) == [(2104, -1), (2106, -1), (2158, -1)]
    assert ticks(later[WATCHES])
    assert {message.name for message in later[WATCHES]} == {"tick_price", "tick_size", "tick_string"}


def test_history_of_a_broken_farm_is_refused_as_disconnected() -> None:
    broken = 'at = "+10s"; what = "farms-break"; farms = ["ushmds"]; lasts = "20s"'

    async def scenario() -> list[Message]:
        async with Passing(day(broken)) as passing:
            await passing.passes(10)
            return await passing.asked(WATCHES, BARS)

    (refusal,) = run(scenario())
    assert (refusal["code"], refusal["req_id"]) == (162, 4)
    assert refusal.text("text").startswith(
        "Historical Market Data Service error message:HMDS server disconnect occurred."
    )


def test_ticks_one_by_one_of_an_interruption_are_lost() -> None:
    broken = 'at = "+10s"; what = "farms-break"; farms = ["usfarm"]; lasts = "1m"'

    async def scenario() -> list[Message]:
        async with Passing(day(broken)) as passing:
            begins = passing.clock.now()
            await passing.asked(WATCHES, TICKS)
            heard = (await passing.passes(90))[WATCHES]
            return [Message("at", {"after": float(str(tick["last_time"])) - begins}) for tick in ticks(heard)]

    moments = [float(str(message["after"])) for message in run(scenario())]
    assert any(moment < 10 for moment in moments)
    assert any(moment > 70 for moment in moments)
    assert [moment for moment in moments if 11 < moment < 69] == []


@pytest.mark.parametrize("data_lost", [False, True])
def test_the_link_is_lost_and_found(*, data_lost: bool) -> None:
    lost = f'at = "+10s"; what = "link-lost"; lasts = "20s"; data_lost = {str(data_lost).lower()}'

    async def scenario() -> tuple[dict[int, list[Message]], ...]:
        async with Passing(day(lost)) as passing:
            await passing.asked(WATCHES, QUOTES, TICKS, BARS)
            begins = await passing.passes(10)
            return begins, await passing.passes(20), await passing.passes(20)

    begins, ends, later = run(scenario())
    breaks, well = [*8 * [2103], *4 * [2105], 2157], [*8 * [2104], *4 * [2106], 2158]
    assert [code for code, _ in errors(begins[HEARS])] == [*breaks, 1100]
    assert [code for code, _ in errors(begins[WATCHES])] == [*breaks, 10182, 1100]
    assert texts(begins[HEARS])[-1] == LOST
    code, word = (1101, "lost") if data_lost else (1102, "maintained")
    assert errors(ends[HEARS]) == [(code, -1), *((each, -1) for each in well)]
    assert texts(ends[HEARS])[0] == f"{BACK}{word}. All data farms are connected: {FARMS}."
    dead = [(10182, 3), (10182, 5)] if data_lost else []
    assert errors(ends[WATCHES]) == [(code, -1), *dead, *((each, -1) for each in well)]
    assert bool(ticks(later[WATCHES])) is not data_lost


def test_a_farm_that_is_missing_afterwards_is_named_and_comes_back_later() -> None:
    async def scenario() -> tuple[dict[int, list[Message]], ...]:
        lost = 'at = "+10s"; what = "link-lost"; lasts = "20s"; missing = ["ushmds"]'
        async with Passing(day(lost, 'at = "+1m"; what = "farms-ok"')) as passing:
            await passing.passes(10)
            return await passing.passes(20), await passing.passes(60)

    ends, later = run(scenario())
    there = FARMS.replace("ushmds; ", "")
    text = f"The following farms are connected: {there}. The following farms are not connected: ushmds."
    assert texts(ends[HEARS])[0] == f"{BACK}maintained. {text}"
    assert "HMDS data farm connection is OK:ushmds" not in texts(ends[HEARS])
    assert texts(later[HEARS]) == ["HMDS data farm connection is OK:ushmds"]


def test_requests_without_a_link_wait_or_are_refused_and_what_waits_is_answered_after_it() -> None:
    async def scenario() -> tuple[list[Message], dict[int, list[Message]], dict[int, list[Message]]]:
        async with Passing(day('at = "+10s"; what = "link-lost"; lasts = "20s"')) as passing:
            await passing.passes(10)
            details = Message("req_contract_data", {**AAPL, "req_id": 9})
            waits = Message("req_market_data", {**AAPL, "req_id": 6})
            cancelled = Message("cancel_market_data", {"req_id": 6})
            asked = await passing.asked(WATCHES, QUOTES, BARS, details, waits, cancelled)
            return asked, await passing.passes(20), await passing.passes(10)

    asked, back, later = run(scenario())
    assert errors(asked) == [(162, 4), (200, 9)]
    assert len(asked) == 2
    names = [message.name for message in back[WATCHES]]
    assert names[:15] == [*14 * ["error"], "market_data_type"]
    assert {message["req_id"] for message in back[WATCHES][14:]} == {3}
    assert ticks(later[WATCHES])


def test_a_waiting_request_that_fails_by_our_own_error_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(request: Message, client: Any) -> Any:
        if request["req_id"] == QUOTES["req_id"]:
            raise RuntimeError("ours")
        return answer(request, client)

    monkeypatch.setattr(happenings, "answer", fails)

    async def scenario() -> list[Any]:
        async with Passing(day('at = "+10s"; what = "link-lost"; lasts = "60s"')) as passing:
            await passing.passes(20)
            await passing.asked(WATCHES, QUOTES, Message("req_market_data", {**QUOTES.values, "req_id": 9}))
            return [*(await passing.passes(60))[WATCHES]]

    heard = run(scenario())
    assert (320, QUOTES["req_id"]) in errors(heard)
    assert [each.values.get("req_id") for each in heard if each.name == "market_data_type"] == [9]


def test_orders_wait_for_the_link() -> None:
    market = {**AAPL, "order_id": 101, "action": "BUY", "order_type": "MKT", "total_quantity": "1", "transmit": True}
    buys = Message("place_order", {**market, "time_in_force": "DAY"})

    def statuses(messages: list[Message]) -> list[object]:
        return [message["status"] for message in messages if message.name == "order_status"]

    async def scenario() -> tuple[list[object], list[object], list[object]]:
        async with Passing(day('at = "+10s"; what = "link-lost"; lasts = "20s"')) as passing:
            await passing.passes(10)
            placed = statuses(await passing.asked(WATCHES, buys))
            waits = statuses((await passing.passes(19))[WATCHES])
            return placed, waits, statuses((await passing.passes(3))[WATCHES])

    placed, waits, back = run(scenario())
    assert placed == ["PreSubmitted"]
    assert waits == []
    assert back[-1] == "Filled"


def test_another_session_takes_the_data_and_leaves() -> None:
    async def scenario() -> tuple[dict[int, list[Message]], ...]:
        async with Passing(day('at = "+10s"; what = "session-taken"; lasts = "30s"')) as passing:
            await passing.asked(WATCHES, QUOTES, TICKS)
            begins = await passing.passes(10)
            asked = {HEARS: await passing.asked(HEARS, QUOTES, BARS)}
            rests = await passing.passes(29)
            return begins, asked, rests, await passing.passes(10)

    begins, asked, rests, later = run(scenario())
    assert errors(begins[WATCHES]) == [(10197, 3), (10197, 5)]
    assert texts(begins[WATCHES])[0] == "No market data during competing live session"
    assert errors(begins[HEARS]) == []
    assert errors(asked[HEARS]) == [(10197, 3), (162, 4)]
    elsewhere = (
        "Historical Market Data Service error message:Trading TWS session is connected from a different IP address"
    )
    assert texts(asked[HEARS])[1] == elsewhere
    assert rests == {WATCHES: [], HEARS: []}
    assert ticks(later[WATCHES])
    assert errors(later[WATCHES]) == []
    assert later[HEARS][0].name == "market_data_type"


def test_an_idle_farm_is_told_and_woken_by_the_first_who_asks() -> None:
    async def scenario() -> tuple[dict[int, list[Message]], list[Message], list[Message], list[Message]]:
        async with Passing(day('at = "+10s"; what = "farms-idle"; farms = ["usfarm", "ushmds"]')) as passing:
            idle = await passing.passes(10)
            once = Message("req_historical_data", {**BARS.values, "keep_up_to_date": False})
            asked = await passing.asked(WATCHES, QUOTES, once)
            heard = await passing.asked(HEARS)
            return idle, asked, heard, await passing.asked(HEARS, QUOTES)

    idle, asked, heard, again = run(scenario())
    assert errors(idle[HEARS]) == errors(idle[WATCHES]) == [(2108, -1), (2107, -1)]
    assert errors(asked) == [(2119, -1), (2104, -1), (2106, -1)]
    assert [message.name for message in asked[:3]] == ["error", "error", "market_data_type"]
    assert texts(asked)[0] == "Market data farm is connecting:usfarm"
    before = [message.name for message in asked].index("historical_data")
    assert asked[before - 1]["code"] == 2106
    assert errors(heard) == errors(asked)
    assert errors(again) == []


def test_a_version_that_ends_says_so_at_once_and_to_all_who_connect_later() -> None:
    ends = 'at = "+10s"; what = "desupport"; version = "1045.1"; date = 2026-12-15; minimum = "1048.1"'

    async def scenario() -> tuple[dict[int, list[Message]], list[Message], list[Message]]:
        async with Passing(day(ends)) as passing:
            before = passing.starts[HEARS]
            told = await passing.passes(10)
            return told, before, await passing.connect(9)

    told, before, later = run(scenario())
    assert errors(told[HEARS]) == errors(told[WATCHES]) == [(2172, -1)]
    assert texts(told[HEARS]) == texts(later)[-1:]
    assert "will be desupported on 20261215. The minimum" in str(texts(later)[-1])
    assert 2172 not in {code for code, _ in errors(before)}


def test_any_notice_is_told_to_all() -> None:
    async def scenario() -> dict[int, list[Message]]:
        async with Passing(day('at = "+10s"; what = "notice"; code = 2110; text = "It is broken."')) as passing:
            return await passing.passes(10)

    told = run(scenario())
    assert [(errors(heard), texts(heard)) for heard in told.values()] == 2 * [([(2110, -1)], ["It is broken."])]


@pytest.mark.parametrize("what", ["restart", "weekly-login"])
def test_a_restart_ends_all_sockets_refuses_and_holds_ids_that_may_go_back(what: str) -> None:
    restart = f'at = "+10s"; what = "{what}"; lasts = "35s"; holds_ids = "30s"; ids_back = 4'
    far = {**AAPL, "action": "BUY", "order_type": "LMT", "limit_price": 1.0, "total_quantity": "1"}
    far |= {"transmit": True, "time_in_force": "DAY"}

    async def scenario() -> None:
        async with Passing(day(restart)) as passing:
            orders = [Message("place_order", {**far, "order_id": number}) for number in range(101, 107)]
            await passing.asked(WATCHES, *orders)
            await passing.passes(9)
            await passing.goes_down(1)
            await refused(passing)
            await passing.skips(34.5)
            await refused(passing)
            await passing.skips(0.5)
            held = await started(passing, WATCHES)
            assert held["code"] == 326
            other = await passing.connect(9)
            assert other[0].name == "managed_accounts"
            await passing.passes(30)
            mine = await passing.connect(WATCHES)
            told = [message["order_id"] for message in mine if message.name == "open_order"]
            assert told == [101, 102]
            (next_id,) = (message["order_id"] for message in mine if message.name == "next_valid_id")
            assert next_id == 103

    run(scenario())


async def refused(passing: Passing) -> None:
    await until(lambda: passing.gateway.clients == frozenset())
    with pytest.raises(ConnectionRefusedError):
        await Client.connect(passing.gateway.port)


async def started(passing: Passing, client_id: int) -> Message:
    """Start the API as soon as somebody listens, and return the first message."""
    await until(lambda: not passing.gateway._listener.is_shut)
    client = await Client.connect(passing.gateway.port)
    await client.greet()
    client.say(Message("start_api", {"client_id": client_id}))
    first = await client.message()
    await client.leave()
    return first


def test_a_link_that_came_back_by_a_restart_is_not_found_again() -> None:
    lost = 'at = "+10s"; what = "link-lost"; lasts = "1m"'

    async def scenario() -> list[Message]:
        async with Passing(day(lost, 'at = "+10s"; what = "restart"; lasts = "5s"')) as passing:
            await passing.passes(19)
            await passing.goes_down(1)
            await passing.skips(5)
            await until(lambda: not passing.gateway._listener.is_shut)
            await passing.connect(9)
            return (await passing.passes(60))[9]

    assert errors(run(scenario())) == []
