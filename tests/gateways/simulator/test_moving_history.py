"""History of a market that moves, beside bars of trades: the schedule, and what else may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import run
from tests.gateways.simulator.test_moving_market import AAPL, Exchange

DAYS: Mapping[str, Value] = {**AAPL, "bar_size": "1 day", "duration": "3 D", "use_rth": True, "format_date": 1}
FUTURE: Mapping[str, Value] = {"req_id": 3, "symbol": "ES", "sec_type": "CONTFUT", "exchange": "CME", "con_id": 0}


def answer(**asked: Value) -> Message:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_historical_data", {**DAYS, **asked}))

    return run(scenario())[0]


def rows(message: Message, name: str) -> list[dict[str, Any]]:
    found = message[name]
    assert isinstance(found, tuple)
    return [dict(row) for row in found]


def schedule(**asked: Value) -> list[dict[str, Any]]:
    return rows(answer(what_to_show="SCHEDULE", **asked), "sessions")


def test_a_schedule_goes_back_from_now_over_the_weekend() -> None:
    """It is Friday 4 December 2026, half an hour after the opening."""
    assert schedule() == [
        {"start": f"{day}-09:30:00", "end": f"{day}-16:00:00", "ref_date": day}
        for day in ("20261202", "20261203", "20261204")
    ]
    assert schedule(duration="5 D")[0]["ref_date"] == "20261130"
    assert [session["ref_date"] for session in schedule(duration="1 W")] == [
        *("20261127", "20261130", "20261201", "20261202", "20261203", "20261204")
    ]


def test_a_schedule_goes_back_from_the_end_that_is_asked_for() -> None:
    asked = schedule(end="20261108-00:00:00", duration="2 D", use_rth=False)
    assert [session["ref_date"] for session in asked] == ["20261105", "20261106"]
    assert asked[0] == {"start": "20261105-04:00:00", "end": "20261105-20:00:00", "ref_date": "20261105"}


def test_a_session_that_begins_on_the_evening_before_is_of_the_day_on_which_it_ends() -> None:
    (session,) = schedule(**FUTURE, duration="1 D", use_rth=False)
    assert session == {"start": "20261203-17:00:00", "end": "20261204-16:00:00", "ref_date": "20261204"}
