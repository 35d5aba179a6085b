"""What one client may have at once: the last that it may have works, and one more is refused until another ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.gateways.simulator.answers import limits
from harness.wire.message import Message
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_bars_on_the_wire import ES
from tests.gateways.simulator.test_services_on_the_wire import conversation, refused
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL

Ask = Callable[[int], Message]

LIMITED: dict[str, tuple[Ask, str, int, int, str]] = {
    "depth": (
        lambda req_id: Message(
            "req_market_depth", {**AAPL, "req_id": req_id, "rows": 1, "smart_depth": True, "exchange": "SMART"}
        ),
        "cancel_market_depth",
        3,
        309,
        "Max number (3) of market depth requests has been reached",
    ),
    "bars that are kept up to date": (
        lambda req_id: Message("req_historical_data", {**ES, "req_id": req_id, "keep_up_to_date": True}),
        "cancel_historical_data",
        50,
        322,
        "Error processing request.-'D' : cause - Only 50 simultaneous API historical data requests allowed.",
    ),
    "real-time bars": (
        lambda req_id: Message("req_real_time_bars", {**AAPL, "req_id": req_id, "what_to_show": "TRADES"}),
        "cancel_real_time_bars",
        60,
        420,
        "Invalid Real-time Query:Pacing violation",
    ),
    "scans": (
        lambda req_id: Message("req_scanner_subscription", {"req_id": req_id, "location_code": "STK.US"}),
        "cancel_scanner_subscription",
        10,
        322,
        "Error processing request.-'bQ' : cause - Only 10 simultaneous API scanner subscriptions are allowed.",
    ),
    "subscriptions to display groups": (
        lambda req_id: Message("subscribe_to_group_events", {"req_id": req_id, "group_id": 1}),
        "unsubscribe_from_group_events",
        limits.MOST_GROUP_SUBSCRIPTIONS,
        322,
        "Error processing request.-'bQ' : cause - Max number of display group subscriptions has been reached",
    ),
}


@pytest.mark.parametrize("what", LIMITED)
def test_one_too_many_is_refused_until_another_ends(what: str) -> None:
    ask, cancel, most, code, text = LIMITED[what]

    async def errors_of(client: Client, *requests: Message) -> list[Message]:
        for request in requests:
            client.say(request)
        heard = await client.ask(Message("req_ids"), end="next_valid_id")
        return [one for one in heard if one.name == "error" and one["code"] != 2152]  # a notice of depth

    async def scenario() -> tuple[list[Message], list[Message], list[Message]]:
        async with simulated() as gateway, connected(gateway, 7) as client:
            allowed = await errors_of(client, *(ask(req_id) for req_id in range(1, most + 1)))
            too_many = await errors_of(client, ask(most + 1))
            await errors_of(client, Message(cancel, {"req_id": 1}))
            return allowed, too_many, await errors_of(client, ask(most + 1))

    allowed, too_many, again = run(scenario())
    assert (allowed, again) == ([], [])
    (refusal,) = too_many
    assert (refusal["req_id"], refusal["code"], refusal["text"]) == (most + 1, code, text)


def test_an_id_of_real_time_bars_is_taken_until_it_is_cancelled() -> None:
    """What a real Gateway says is not known; depth is refused so (captured)."""
    ask = Message("req_real_time_bars", {**AAPL, "req_id": 4, "what_to_show": "TRADES"})
    other = Message("req_real_time_bars", {**AAPL, "req_id": 4, "what_to_show": "BID"})
    cancel = Message("cancel_real_time_bars", {"req_id": 4})
    (refusal,) = [one for one in conversation(226, ask, other, cancel, other) if one.name == "error"]
    assert (refusal["req_id"], refusal["code"]) == (4, 322)
    assert refusal["text"] == "Error processing request.-'bQ' : cause - Duplicate ticker id"


@pytest.mark.parametrize("group", [-1, 0, 8])
def test_there_are_seven_display_groups(group: int) -> None:
    assert refused(conversation(226, Message("subscribe_to_group_events", {"req_id": 2, "group_id": group}))) == [
        (321, 2)
    ]
    assert refused(conversation(226, Message("subscribe_to_group_events", {"req_id": 2, "group_id": 7}))) == []


def test_a_display_group_shows_no_contract_of_any_length() -> None:
    subscribe = Message("subscribe_to_group_events", {"req_id": 2, "group_id": 1})
    short, long = (
        Message("update_display_group", {"req_id": 2, "contract_info": "9" * length})
        for length in (limits.LONGEST_CONTRACT_INFO, limits.LONGEST_CONTRACT_INFO + 1)
    )
    subscribed, updated, refusal = conversation(226, subscribe, short, long)
    assert (subscribed["contract_info"], updated["contract_info"]) == ("none", short["contract_info"])
    assert (refusal["req_id"], refusal["code"]) == (2, 321)


def test_a_subscription_to_a_display_group_can_be_changed_when_there_are_no_more() -> None:
    every = [
        Message("subscribe_to_group_events", {"req_id": req_id, "group_id": 1})
        for req_id in range(limits.MOST_GROUP_SUBSCRIPTIONS)
    ]
    changed = Message("subscribe_to_group_events", {"req_id": 0, "group_id": 2})
    assert refused(conversation(226, *every, changed)) == []
