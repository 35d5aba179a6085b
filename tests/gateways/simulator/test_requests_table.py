"""The table of every request in the documentation is what simulated gateways of each version do.

``IB_COMPAT_REWRITE=1`` writes the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

import pytest

from harness.gateways.simulator.gateway_profiles import load
from harness.gateways.simulator.timing import SteppedTime
from harness.wire.catalogue import catalogue
from harness.wire.message import Message, Sender, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_moving_market import AAPL, FRIDAY

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "requests.md"
HEAD = "| request | number | answer |\n|---|---|---|\n"

GATEWAYS = tuple(name.partition("-")[2] for name in load() if name.startswith("gateway"))
NOT_BEFORE = {
    "req_current_time_in_millis": 197,
    "cancel_contract_data": 215,
    "cancel_historical_ticks": 215,
    "req_config": 219,
    "update_config": 221,
}
"""Server versions below which clients do not have a request; all others are older than the oldest gateway."""
NOT_KNOWN = {"verify_request", "verify_message", "verify_and_auth_request", "verify_and_auth_message"}
"""No recording has what a real Gateway says to them."""
LATER = {"req_real_time_bars", "req_tick_by_tick"}
"""Whose answers come on the clock."""
NOTICES = range(2100, 2200)

ORDER: Mapping[str, Value] = {"action": "BUY", "order_type": "LMT", "limit_price": 1.0, "total_quantity": "1"}
SPY: Mapping[str, Value] = {"symbol": "SPY", "sec_type": "OPT", "exchange": "SMART", "last_trade_date": "20261218"}
OPTION: Mapping[str, Value] = {**SPY, "strike": 400.0, "right": "C", "trading_class": "SPY", "req_id": 3}
ONE: Mapping[str, Value] = {"req_id": 3}
BARS: Mapping[str, Value] = {**AAPL, "bar_size": "1 min", "duration": "60 S", "what_to_show": "TRADES"}
PAST: Mapping[str, Value] = {**AAPL, "number_of_ticks": 5, "end": "20261204-15:00:00", "what_to_show": "TRADES"}
SCAN: Mapping[str, Value] = {**ONE, "instrument": "STK", "location_code": "STK.US", "scan_code": "HOT_BY_VOLUME"}
COMPUTED: Mapping[str, Value] = {**OPTION, "option_price": 300.0, "volatility": 0.2, "underlying_price": 690.0}
EXERCISE: Mapping[str, Value] = {"order_id": 301, "exercise_action": 1, "exercise_quantity": 1}

VALUES: Mapping[str, Mapping[str, Value]] = {
    "req_account_updates": {"subscribe": True},
    "req_account_summary": {**ONE, "group": "All", "tags": "NetLiquidation"},
    "req_pnl_single": {**ONE, "account": "DU9000001", "con_id": 265598},
    "req_sec_def_opt_params": {**ONE, "underlying_con_id": 265598},
    "req_historical_data": {**BARS, "keep_up_to_date": True},
    "req_market_data_type": {"market_data_type": 1},
    "req_tick_by_tick": {**AAPL, "tick_type": "BidAsk"},
    "req_news_bulletins": {"all_messages": True},
    "req_news_article": {**ONE, "provider_code": "BRFG", "article_id": "X"},
    "req_historical_news": {**ONE, "con_id": 265598, "provider_codes": "BRFG", "total_results": 5},
    "exercise_options": {**{name: OPTION[name] for name in OPTION if name != "req_id"}, **EXERCISE},
    "place_order": {**AAPL, **ORDER, "order_id": 401, "time_in_force": "DAY", "transmit": True},
    "cancel_order": {"order_id": 401},
    "req_matching_symbols": {**ONE, "pattern": "AAPL"},
    "req_smart_components": {**ONE, "bbo_exchange": "9c0001"},
    "req_market_rule": {"market_rule_id": 26},
    "req_fa": {"fa_data_type": 1},
    "req_scanner_subscription": SCAN,
    "req_fundamental_data": {**AAPL, "report_type": "ReportSnapshot"},
    "subscribe_to_group_events": {**ONE, "group_id": 1},
    "update_display_group": {**ONE, "contract_info": "265598@SMART"},
    "set_server_log_level": {"level": 5},
    "req_real_time_bars": {**AAPL, "what_to_show": "TRADES"},
    "req_market_depth": {**AAPL, "rows": 5, "smart_depth": True},
    "cancel_market_depth": {**ONE, "smart_depth": True},
    "req_histogram": {**AAPL, "period": "3 days"},
    "req_historical_ticks": PAST,
}
"""What is asked for, where a number alone says nothing."""


def requests() -> Iterator[Message]:
    """Every request, those of one family in the order of the catalogue: what is cancelled was asked for before."""
    for name, kind in catalogue().by_name.items():
        if kind.sender is Sender.CLIENT:
            fields = kind.defaults
            given = VALUES.get(name) or (COMPUTED if "calculate" in name else AAPL if "con_id" in fields else ONE)
            yield Message(name, {key: value for key, value in given.items() if key in fields})


async def answered(client: Client, clock: SteppedTime, request: Message) -> list[Message]:
    """What comes of a request up to the answer to a question of the time, which is asked for last."""
    if request.name != "req_current_time":
        client.say(request)
    heard = (await client.ask(Message("req_current_time"), end="current_time"))[:-1]
    while request.name in LATER and not heard:
        clock.step(await clock.awaited() - clock.now())
        heard = (await client.ask(Message("req_current_time"), end="current_time"))[:-1]
    return heard


def in_words(request: Message, heard: list[Message]) -> str:
    own = [one for one in heard if one.name != "error" or one["code"] not in NOTICES]
    if request.name in NOT_KNOWN and not own:
        return "silent; of a real one it is not known"
    if request.name == "req_current_time" or any(one.name != "error" for one in own):
        return "served"
    return f"error {own[0]['code']}" if own else "silent"


def told_by(gateway: str) -> dict[str, str]:
    """What a gateway answers, by request; a request that its clients do not have is left out."""
    clock = SteppedTime(FRIDAY)

    async def scenario() -> dict[str, str]:
        async with simulated(gateway, seed=1, timing=clock) as served, connected(served, 7) as client:
            await client.ask(Message("req_current_time"), end="current_time")
            version = load()[f"gateway-{gateway}"].server_version
            return {
                request.name: in_words(request, await answered(client, clock, request))
                for request in requests()
                if version >= NOT_BEFORE.get(request.name, 0)
            }

    return run(scenario())


def row(name: str, told: Mapping[str, Mapping[str, str]]) -> str:
    answers = [(gateway, told[gateway].get(name, "")) for gateway in GATEWAYS]
    runs = [(key, [gateway for gateway, _ in group]) for key, group in groupby(answers, key=lambda pair: pair[1])]
    spoken = [f"{key} (from {gateways[0]})" if number else key for number, (key, gateways) in enumerate(runs)]
    return f"| `{name}` | {catalogue().by_name[name].id} | {', '.join(each for each in spoken if each)} |\n"


@pytest.mark.slow
def test_the_table_says_what_gateways_of_every_version_answer() -> None:
    told = {gateway: told_by(gateway) for gateway in GATEWAYS}
    names = sorted({request.name for request in requests()}, key=lambda name: catalogue().by_name[name].id)
    table = HEAD + "".join(row(name, told) for name in names)
    text = PAGE.read_text("utf-8")
    begins = text.index(HEAD)
    ends = text.find("\n\n", begins) + 1 or len(text)
    if os.environ.get("IB_COMPAT_REWRITE"):
        PAGE.write_text(text[:begins] + table + text[ends:], "utf-8")
    assert text[begins:ends] == table
