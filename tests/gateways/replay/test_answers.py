"""A replayed gateway gives each request its recorded answer, in whatever order and at which version they are asked."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.wire.message import Message
from tests.gateways.replay.asking import as_read, joined, replayed, unnumbered
from tests.recordings.making import ACCOUNT, Script

VERSIONS = (176, 178, 200, 203, 207, 213, 223)
END_APART_SINCE = 196
EUR = {"symbol": "EUR", "sec_type": "CASH", "exchange": "IDEALPRO", "currency": "USD"}

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "time": ("req_current_time", {}),
    "positions": ("req_positions", {}),
    "rule": ("req_market_rule", {"market_rule_id": 26}),
    "euro": ("req_contract_data", {"req_id": 1, **EUR}),
    "yen": ("req_contract_data", {"req_id": 1, **EUR, "symbol": "JPY"}),
    "nothing": ("req_contract_data", {"req_id": 1, "symbol": "XXXX"}),
    "summary": ("req_account_summary", {"req_id": 1, "group": "All", "tags": "NetLiquidation"}),
    "silent": ("req_head_timestamp", {"req_id": 1, **EUR}),
    "bars": ("req_historical_data", {"req_id": 1, **EUR, "bar_size": "1 day", "duration": "5 D"}),
}


def question(key: str, number: int) -> Message:
    name, values = QUESTIONS[key]
    return Message(name, {**values, "req_id": number} if "req_id" in values else values)


def answer(key: str, turn: int, number: int, version: int) -> list[Message]:
    """Give what the gateway says when it is asked for the turn-th time."""
    req: dict[str, Any] = {"req_id": number}
    contract_end = Message("contract_data_end", req)
    holding = {"account": ACCOUNT, "symbol": f"A{turn}", "position": "5"}
    told: dict[str, list[Message]] = {
        "time": [Message("current_time", {"time": 1000 + turn})],
        "positions": [Message("position", holding), Message("position_end")],
        "rule": [Message("market_rule", {"market_rule_id": 26, "increments": ({"low_edge": 0.0, "increment": turn},)})],
        "euro": [Message("contract_data", {**req, **EUR, "con_id": turn}), contract_end],
        "yen": [Message("contract_data", {**req, **EUR, "symbol": "JPY", "con_id": turn}), contract_end],
        "nothing": [Message("error", {**req, "code": 200, "text": f"none, {turn}"})],
        "summary": [Message("account_summary", {**req, "value": str(turn)}), Message("account_summary_end", req)],
        "bars": bars(req, turn, version),
        "silent": [],
    }
    return told[key]


def bars(req: dict[str, Any], turn: int, version: int) -> list[Message]:
    bar: dict[str, Any] = {"date": "20261120", "open": 1.0 + turn, "volume": "10", "wap": "1.5"}
    span = {"start": "20261119", "end": f"2026112{turn}"}
    if version < END_APART_SINCE:
        return [Message("historical_data", {**req, **span, "bars": (bar,)})]
    return [Message("historical_data", {**req, "bars": (bar,)}), Message("historical_data_end", {**req, **span})]


def recorded_script(keys: list[str], version: int, *, pipelined: bool) -> Script:
    """Record these questions, each answered before the next one, or all after the last one."""
    script, turns = Script(), Counter[str]()
    one = script.connect(version)
    later: list[Message] = []
    for number, key in enumerate(keys, start=1000):
        turns[key] += 1
        asked = question(key, number)
        script.asks(one, asked.name, **asked.values)
        later += answer(key, turns[key], number, version)
        if not pipelined:
            while later:
                told = later.pop(0)
                script.says(one, told.name, **told.values)
    for told in later:
        script.says(one, told.name, **told.values)
    script.waits(5.0)
    return script


@given(
    st.lists(st.sampled_from(sorted(QUESTIONS)), min_size=1, max_size=8).flatmap(
        lambda keys: st.tuples(st.just(keys), st.permutations(keys))
    ),
    st.sampled_from(VERSIONS),
    st.sampled_from(VERSIONS),
    st.booleans(),
)
def test_any_order_of_recorded_requests_gets_the_recorded_answers(
    keys: tuple[list[str], list[str]],
    recorded_at: int,
    asked_at: int,
    pipelined: bool,  # noqa: FBT001
) -> None:
    script = recorded_script(keys[0], recorded_at, pipelined=pipelined)
    version = min(recorded_at, asked_at)

    async def talk(port: int) -> None:
        turns = Counter[str]()
        async with joined(port, version=asked_at) as asker:
            assert asker.version == version
            for number, key in enumerate(keys[1], start=7):
                turns[key] += 1
                asker.say(question(key, number))
                told = [as_read(each, version) for each in answer(key, turns[key], number, version)]
                heard = await asker.said(len(told))
                assert unnumbered(heard) == unnumbered(told)
                assert {each["req_id"] for each in heard if "req_id" in each.values} <= {number}
            assert await asker.asked("set_server_log_level", level=1) == []

    replayed(script.recording(), talk)


OF_EACH = 4
"""Questions at most: the turns of the first client are 1 to 4, those of the second 5 to 8, so no answers are equal."""

ASKED = st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(sorted(QUESTIONS))), min_size=2, max_size=OF_EACH)


@given(
    ASKED.flatmap(lambda asked: st.tuples(st.just(asked), st.permutations(asked))),
    st.tuples(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS)),
    st.lists(st.integers(1, 10**6), min_size=OF_EACH, max_size=OF_EACH, unique=True),
)
def test_clients_that_ask_in_any_order_between_each_other_get_what_each_was_told(
    asked: tuple[list[tuple[int, str]], list[tuple[int, str]]],
    versions: tuple[int, int],
    numbers: list[int],
) -> None:
    script, turns = Script(), Counter[tuple[int, str]]()
    connections = [script.connect(version, client_id=7 + each) for each, version in enumerate(versions)]
    for number, (client, key) in enumerate(asked[0], start=1000):
        turns[client, key] += 1
        request = question(key, number)
        script.asks(connections[client], request.name, **request.values)
        for told in answer(key, OF_EACH * client + turns[client, key], number, versions[client]):
            script.says(connections[client], told.name, **told.values)
    script.waits(5.0)

    async def talk(port: int) -> None:
        turns.clear()
        first, second = (joined(port, version=version, client_id=50 + each) for each, version in enumerate(versions))
        async with first as one, second as two:
            for number, (client, key) in zip(numbers, asked[1], strict=False):
                asker, version = (one, two)[client], versions[client]
                turns[client, key] += 1
                asker.say(question(key, number))
                told = answer(key, OF_EACH * client + turns[client, key], number, version)
                heard = await asker.said(len(told))
                assert unnumbered(heard) == unnumbered(as_read(each, version) for each in told)
                assert {each["req_id"] for each in heard if "req_id" in each.values} <= {number}
            for asker in (one, two):
                assert await asker.asked("set_server_log_level", level=1) == []

    replayed(script.recording(), talk)
