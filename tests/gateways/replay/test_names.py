"""A program asks under the names that it knows; the recording has those that cleaning gave."""

from __future__ import annotations

from typing import Any

import pytest

from harness.wire.message import Message
from tests.gateways.replay.asking import is_not_recorded, joined, names, replayed
from tests.recordings.making import ACCOUNT, Script

REAL, OTHER = "DU7654321", "DU9000002"
ORDER: dict[str, Any] = {"symbol": "AAPL", "order_type": "LMT", "limit_price": 10.0, "total_quantity": "1"}


def asked(script: Script, name: str, **values: Any) -> list[Message]:
    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            return await asker.asked(name, **values)

    return replayed(script.recording(), talk)


def recorded(name: str, *named: dict[str, Any], end: str) -> Script:
    """Record a request under some names, and its end."""
    script = Script()
    one = script.connect()
    for number, names_in_it in enumerate(named, start=1):
        script.asks(one, name, req_id=number, **names_in_it)
        script.says(one, end, req_id=number)
    return script


@pytest.mark.parametrize(
    ("name", "was", "field", "end"),
    [
        ("req_account_summary", {"group": "Group1", "tags": "NetLiquidation"}, "group", "account_summary_end"),
        ("req_positions_multi", {"account": ACCOUNT, "model_code": "Model1"}, "model_code", "position_multi_end"),
        ("req_pnl", {"account": ACCOUNT}, "account", "pnl"),
    ],
)
def test_a_name_of_ones_own_stands_for_the_only_one_that_was_recorded(
    name: str, was: dict[str, Any], field: str, end: str
) -> None:
    once = recorded(name, was, was, end=end)
    mine = {**was, field: "Mine"}
    assert names(asked(once, name, req_id=7, **was)) == [end]
    assert names(asked(once, name, req_id=7, **mine)) == [end]
    (refused,) = asked(once, name, req_id=7, **{**was, field: "All"})
    assert is_not_recorded(refused)


def test_under_several_names_it_is_refused_but_under_one_of_them() -> None:
    script = recorded("req_pnl", {"account": ACCOUNT}, {"account": OTHER}, end="pnl")
    assert names(asked(script, "req_pnl", req_id=7, account=OTHER)) == ["pnl"]
    (refused,) = asked(script, "req_pnl", req_id=7, account=REAL)
    assert is_not_recorded(refused)


def test_what_is_recorded_for_everybody_or_without_a_name_is_no_other_name() -> None:
    for was in ({"group": "All"}, {}):
        script = recorded("req_account_summary", {**was, "tags": "NetLiquidation"}, end="account_summary_end")
        (refused,) = asked(script, "req_account_summary", req_id=7, group="Mine", tags="NetLiquidation")
        assert is_not_recorded(refused)


def test_an_order_for_an_account_of_ones_own_is_placed_changed_and_cancelled_as_recorded() -> None:
    script = Script()
    one = script.connect()
    for price, status in ((10.0, "Submitted"), (11.0, "PreSubmitted")):
        script.asks(one, "place_order", order_id=1, **{**ORDER, "limit_price": price}, account=ACCOUNT)
        script.says(one, "order_status", order_id=1, client_id=7, status=status)

    async def talk(port: int) -> list[Message]:
        async with joined(port) as asker:
            placed = await asker.asked("place_order", order_id=30, **ORDER, account=REAL)
            changed = {**ORDER, "limit_price": 11.0}
            return [*placed, *await asker.asked("place_order", order_id=30, **changed, account=REAL)]

    heard = replayed(script.recording(), talk)
    assert [(each["order_id"], each["status"]) for each in heard] == [(30, "Submitted"), (30, "PreSubmitted")]
