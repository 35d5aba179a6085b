"""An answer that is told as a whole is what its messages are when each is told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from harness.gateways.replay.names import Names, OrderIds
from harness.gateways.replay.playing import AT_THE_CLIENTS_PACE, Speed, scheduled
from harness.gateways.replay.rewriting import as_it_was, lines_of
from harness.gateways.replay.together import together
from harness.recordings.archive import read_recording
from harness.recordings.indexed import IndexedExchange, indexed
from harness.recordings.recording import Recording
from harness.wire.message import Message
from tests.gateways.replay.asking import joined, names, replayed
from tests.gateways.replay.way import Way, on_the_way
from tests.recordings.making import Script
from tests.recordings.simulated import PROFILES, file_of

EUR: dict[str, Any] = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}


def is_the_same_as_a_whole(exchange: IndexedExchange) -> bool:
    """Compare an answer as a whole with its messages; return whether there is such a whole."""
    version = exchange.dialogue.server_version
    same = Names(exchange.number, exchange.dialogue.client_id or 0, OrderIds())
    assert as_it_was(exchange, version, same)
    whole = together(exchange)
    if whole is None:
        return False
    lines = list(scheduled(exchange, lines_of(exchange, version), version))
    assert whole.frames == b"".join(line.frame(version, same) for line in lines)
    assert {(line.requests, line.pause) for line in lines} <= {(whole.requests, whole.pause)}
    assert whole.delay == (lines[0].delay if lines else 0.0)
    return True


@pytest.mark.parametrize("profile", PROFILES)
def test_it_is_the_same_wherever_there_is_one(profile: str) -> None:
    exchanges = [each for dialogue in indexed(read_recording(file_of(profile))) for each in dialogue.exchanges]
    whole = list(map(is_the_same_as_a_whole, exchanges))
    assert 2 * sum(whole) > len(whole)


def pauses(script: Script, one: int) -> None:
    script.says(one, "historical_data_end", req_id=1)
    script.now += 0.02
    script.says(one, "error", req_id=1, code=2176, text="later")


def changes(script: Script, one: int) -> None:
    script.says(one, "historical_data_update", req_id=1)


def has_a_request_in_it(script: Script, one: int) -> None:
    script.asks(one, "req_current_time")
    script.says(one, "historical_data_end", req_id=1)


def is_long(script: Script, one: int) -> None:
    for _ in range(2):
        script.says(one, "error", req_id=1, code=2176, text="x" * 70_000)


@pytest.mark.parametrize("goes_on", [pauses, changes, has_a_request_in_it, is_long])
def test_what_has_to_wait_within_it_is_no_whole(goes_on: Callable[[Script, int], None]) -> None:
    script = Script()
    one = script.connect(203)
    script.asks(one, "req_historical_data", req_id=1, **EUR)
    script.says(one, "historical_data", req_id=1)
    goes_on(script, one)
    (dialogue,) = indexed(script.recording())
    assert not is_the_same_as_a_whole(dialogue.exchanges[0])


def answered_late(count: int) -> Recording:
    """Record two requests, and a minute after the second their answers of that many messages."""
    script = Script()
    one = script.connect()
    for number in (1, 2):
        script.asks(one, "req_contract_data", req_id=number, symbol=f"A{number}")
    script.now += 60.0
    for number in (1, 2):
        for _ in range(count):
            script.says(one, "contract_data_end", req_id=number)
    return script.recording()


def test_messages_that_came_slowly_after_a_later_request_keep_their_times() -> None:
    quick, slow = (indexed(answered_late(count))[0].exchanges for count in (2, 4))
    assert [is_the_same_as_a_whole(each) for each in (*quick, *slow)] == [True, True, False, True]


def test_it_waits_for_a_later_request_and_goes_before_the_answer_to_that() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.asks(one, "req_positions")
    script.now += 60.0
    script.says(one, "contract_data_end", req_id=1)
    script.says(one, "position_end")

    async def talk(way: Way) -> None:
        way.says("req_contract_data", req_id=1, **EUR)
        assert way.sent == []
        way.says("req_positions")
        assert way.sent == [["contract_data_end", "position_end"]]

    on_the_way(script.recording(), talk, client_id=7)


@pytest.mark.parametrize(("speed", "at_once"), [(AT_THE_CLIENTS_PACE, True), (1e6, False)])
def test_at_a_speed_it_comes_when_it_came(speed: Speed, *, at_once: bool) -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.now += 1e9
    script.says(one, "contract_data_end", req_id=1)

    async def talk(way: Way) -> None:
        way.says("req_contract_data", req_id=1, **EUR)
        assert ("contract_data_end" in chain(*way.sent)) is at_once

    on_the_way(script.recording(), talk, client_id=7, speed=speed)


def test_what_comes_unasked_and_what_waits_keep_their_place_beside_it() -> None:
    script = Script()
    one = script.connect()
    script.asks(one, "req_contract_data", req_id=1, **EUR)
    script.asks(one, "req_current_time")
    script.says(one, "contract_data_end", req_id=1)
    script.says(one, "error", req_id=-1, code=1100, text="Connectivity has been lost.")
    script.says(one, "current_time", time=1)
    script.asks(one, "req_positions")
    script.says(one, "position_end")

    async def talk(port: int) -> list[str]:
        async with joined(port, client_id=7) as asker:
            asker.say(Message("req_contract_data", {"req_id": 1, **EUR}))
            asker.say(Message("req_current_time"))
            return [*names(await asker.said(3)), *names(await asker.asked("req_positions"))]

    assert replayed(script.recording(), talk) == ["contract_data_end", "error", "current_time", "position_end"]
