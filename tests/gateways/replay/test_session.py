"""What a client meets at a replayed gateway after its start: answers, streams, and what is in no recording."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from harness.recordings.recording import Framed
from harness.shared import not_recorded
from harness.wire.message import Message, Sender
from tests.gateways.replay.asking import is_not_recorded, joined, names, replayed
from tests.recordings.making import ACCOUNT, Script, recorded

EUR = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}
ORDER: dict[str, Any] = {"symbol": "AAPL", "order_type": "LMT", "limit_price": 10.0, "total_quantity": "1"}


def test_what_was_not_recorded_is_refused_with_an_error_of_ours_that_names_it() -> None:
    script = Script()
    script.connect()

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            return [
                *await asker.asked("req_contract_data", req_id=5, **EUR),
                *await asker.asked("req_current_time"),
                *await asker.asked("cancel_order", order_id=8),
                *await asker.asked("cancel_market_data", req_id=9),
                *await asker.asked("req_market_data_type", market_data_type=3),
            ]

    refused = replayed(script.recording(), talk)
    assert all(map(is_not_recorded, refused))
    told = [(message["req_id"], message["text"]) for message in refused]
    assert told == [
        (number, not_recorded.text_of(name))
        for number, name in ((5, "req_contract_data"), (-1, "req_current_time"), (8, "cancel_order"))
    ]


def test_a_request_without_a_number_that_is_refused_ends_at_once_if_its_end_says_nothing_else() -> None:
    script = Script()
    script.connect()
    bare = {
        "req_positions": "position_end",
        "req_open_orders": "open_orders_end",
        "req_completed_orders": "completed_orders_end",
    }
    answers_themselves = ("req_current_time", "req_news_providers", "req_market_rule")

    async def talk(port: int) -> list[list[Message]]:
        async with joined(port) as asker:
            updates = await asker.asked("req_account_updates", subscribe=True, account=ACCOUNT)
            return [updates, *[await asker.asked(name) for name in (*bare, *answers_themselves)]]

    updates, *others = replayed(script.recording(), talk)
    assert all(is_not_recorded(answer[0]) for answer in (updates, *others))
    assert [(each.name, each["account"]) for each in updates[1:]] == [("account_download_end", ACCOUNT)]
    assert [names(answer[1:]) for answer in others] == [[end] for end in bare.values()] + [[]] * len(answers_themselves)


def test_an_answer_that_is_cut_in_the_recording_is_refused_and_a_silent_gateway_stays_silent() -> None:
    def asked(seconds: float) -> list[Message]:
        script = Script()
        one = script.connect()
        script.asks(one, "req_contract_data", req_id=1, **EUR)
        script.waits(seconds)

        async def talk(port: int) -> list[Message]:
            async with joined(port) as asker:
                return await asker.asked("req_contract_data", req_id=5, **EUR)

        return replayed(script.recording(), talk)

    assert names(asked(0.0)) == ["error"]
    assert asked(5.0) == []


def test_quotes_depend_on_the_kind_of_data_that_was_asked_for() -> None:
    script = Script()
    one = script.connect()
    for number, kind in enumerate((3, 1), start=1):
        script.asks(one, "req_market_data_type", market_data_type=kind)
        script.asks(one, "req_market_data", req_id=number, **EUR)
        script.says(one, "market_data_type", req_id=number, market_data_type=kind)

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            live = await asker.asked("req_market_data", req_id=7, **EUR)
            await asker.asked("req_market_data_type", market_data_type=3)
            return live + await asker.asked("req_market_data", req_id=8, **EUR)

    heard = replayed(script.recording(), talk)
    assert [(each["req_id"], each["market_data_type"]) for each in heard] == [(7, 1), (8, 3)]


def test_a_stream_ends_when_it_is_cancelled() -> None:
    script = Script()
    one = script.connect()
    for number, symbol in ((1, "EUR"), (2, "JPY")):
        script.asks(one, "req_real_time_bars", req_id=number, symbol=symbol)
        for second in range(8):
            script.says(one, "real_time_bar", req_id=number, time=second)
            script.now += 0.1

    async def talk(port: int) -> list[int]:
        async with joined(port) as asker:
            asker.say(Message("req_real_time_bars", {"req_id": 5, "symbol": "EUR"}))
            heard = [each.number("req_id") for each in await asker.said(2)]
            asker.say(Message("cancel_real_time_bars", {"req_id": 5}))
            asker.say(Message("req_real_time_bars", {"req_id": 6, "symbol": "JPY"}))
            while heard.count(6) < 6:
                heard.append((await asker.message()).number("req_id"))
            return heard

    heard = replayed(script.recording(), talk)
    assert heard[heard.index(6) :] == [6] * 6


def test_what_changes_after_an_answer_keeps_its_pause_and_at_a_speed_everything_keeps_its_time() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_historical_data", req_id=1, **EUR, keep_up_to_date=True)
    script.now += 0.6
    script.says(one, "historical_data", req_id=1)
    script.now += 0.2
    script.says(one, "historical_data_update", req_id=1)

    async def talk(port: int) -> list[float]:
        async with joined(port) as asker:
            asker.say(Message("req_historical_data", {"req_id": 4, **EUR, "keep_up_to_date": True}))
            began, moments = time.monotonic(), []
            for _ in range(2):
                await asker.message()
                moments.append(time.monotonic() - began)
            return moments

    _, update = replayed(script.recording(), talk)
    assert update > 0.15
    assert replayed(script.recording(), talk, speed=1.0)[0] > 0.55
    at_once, later = replayed(script.recording(), talk, speed=3.0)
    assert at_once > 0.18
    assert later > 0.25


def test_what_came_after_a_later_request_comes_after_it_again() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "place_order", order_id=1, **ORDER, transmit=False)
    script.asks(one, "place_order", order_id=2, **ORDER, parent_id=1, transmit=True)
    for number in (1, 2):
        script.now += 60.0
        script.says(one, "order_status", order_id=number, client_id=7, status="Submitted")

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            first = await asker.asked("set_server_log_level", level=1)
            asker.say(Message("place_order", {"order_id": 11, **ORDER, "transmit": False}))
            asker.say(Message("place_order", {"order_id": 12, **ORDER, "parent_id": 11, "transmit": True}))
            return [*first, *await asker.said(2)]

    heard = replayed(script.recording(), talk)
    assert [each["order_id"] for each in heard] == [11, 12]


def test_an_answer_is_not_lent_to_a_version_at_which_it_would_say_more() -> None:
    script = Script()
    script.connect(223, client_id=8)
    one = script.connect(176, client_id=7)
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.says(one, "contract_data", req_id=1, **EUR)
    script.says(one, "contract_data_end", req_id=1)

    async def talk(port: int) -> list[list[str]]:
        told = []
        for version in (176, 223):
            async with joined(port, version=version, client_id=version) as asker:
                told.append(names(await asker.asked("req_contract_data", req_id=4, **EUR)))
        return told

    assert replayed(script.recording(), talk) == [["contract_data", "contract_data_end"], ["error"]]


def test_below_the_version_of_fractions_no_fraction_is_sent() -> None:
    script = Script()
    one = script.connect(178)
    for number, size in enumerate(("100", "0.5"), start=1):
        script.asks(one, "req_market_data", req_id=number, symbol=f"A{number}")
        script.says(one, "tick_size", req_id=number, tick_type=0, size=size)

    async def talk(port: int) -> list[list[str]]:
        told = []
        for version in (157, 178):
            async with joined(port, version=version, client_id=version) as asker:
                told += [names(await asker.asked("req_market_data", req_id=n, symbol=f"A{n}")) for n in (1, 2)]
        return told

    assert replayed(script.recording(), talk) == [["tick_size"], ["error"], ["tick_size"], ["tick_size"]]


def test_where_the_gateway_ended_the_connection_it_is_ended_again_after_the_same_request() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    script.asks(one, "req_positions")
    script.says(one, "position_end")
    script.ends(one, Sender.GATEWAY)

    async def talk(port: int) -> tuple[list[str], bool]:
        async with joined(port) as asker:
            assert names(await asker.asked("req_current_time")) == ["current_time"]
            asker.say(Message("req_positions"))
            return names(await asker.said(1)), await asker.ended()

    assert replayed(script.recording(), talk) == (["position_end"], True)


def test_what_was_said_unasked_comes_again_after_the_same_request_once() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    script.says(one, "error", req_id=-1, code=1100, text="Connectivity between IBKR and TWS has been lost.")

    async def talk(port: int) -> list[list[str]]:
        async with joined(port) as asker:
            return [names(await asker.asked("req_current_time")) for _ in range(2)]

    assert replayed(script.recording(), talk) == [["current_time", "error"], ["current_time"]]


def test_contradictory_versions_and_bytes_that_nobody_can_read_are_no_answers() -> None:
    script = Script()
    one = script.connect(203, most=178)
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    recording = script.recording()
    garbage = Framed(at=9.0, connection=1, sender=Sender.GATEWAY, payload=b"\x01")

    async def talk(port: int) -> tuple[int, list[str]]:
        async with joined(port, version=223) as asker:
            return asker.version, names(await asker.asked("req_current_time"))

    assert replayed(recorded([*recording.entries, garbage]), talk) == (203, ["current_time"])


def test_an_answer_that_ends_within_its_number_is_not_in_the_recording() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_account_summary", req_id=9001)
    cut = Framed(at=script.now, connection=one, sender=Sender.GATEWAY, payload=b"64\x001\x009001")

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            return [*await asker.asked("req_account_summary", req_id=4), *await asker.asked("req_current_time")]

    heard = replayed(recorded([*script.recording().entries, cut]), talk)
    assert [is_not_recorded(each) for each in heard] == [True, True]


def test_many_clients_at_once_are_each_answered() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)

    async def talk(port: int) -> list[list[str]]:
        async def one_client(number: int) -> list[str]:
            async with joined(port, client_id=number) as asker:
                return names(await asker.asked("req_current_time"))

        return await asyncio.gather(*map(one_client, range(50, 70)))

    assert replayed(script.recording(), talk) == [["current_time"]] * 20
