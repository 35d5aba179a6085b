"""Recordings of our own simulator: what a client asks of it, through a tap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.recordings.exchanges import dialogues_of
from harness.recordings.recording import Framed, Recording
from harness.run.tap.proxy import Tap
from harness.wire.codec import Codec
from harness.wire.message import Message, Sender, Value
from tests.gateways.simulator.talk import Client, simulated
from tests.recordings.making import of_transcripts

ACCOUNT = "DU9000001"
AAPL: Mapping[str, Value] = {"con_id": 265598, "exchange": "SMART"}
EUR: Mapping[str, Value] = {"con_id": 12087792, "exchange": "IDEALPRO"}
ORDER: Mapping[str, Value] = {
    **AAPL,
    "symbol": "AAPL",
    "sec_type": "STK",
    "currency": "USD",
    "action": "BUY",
    "total_quantity": "1",
    "order_type": "LMT",
    "limit_price": 1.0,
    "time_in_force": "DAY",
    "transmit": True,
}
ES: Mapping[str, Value] = {"con_id": 495512563, "exchange": "CME"}
BARS: Mapping[str, Value] = {"duration": "1 D", "bar_size": "5 mins", "what_to_show": "TRADES", "format_date": 1}
CHAIN: Mapping[str, Value] = {"underlying_symbol": "AAPL", "underlying_sec_type": "STK", "underlying_con_id": 265598}

READING = (
    Message("req_managed_accounts"),
    Message("req_ids", {"count": 1}),
    Message("req_account_updates", {"subscribe": True, "account": ACCOUNT}),
    Message("req_account_updates", {"subscribe": False, "account": ACCOUNT}),
    Message("req_positions"),
    Message("cancel_positions"),
    Message("req_account_summary", {"req_id": 11, "group": "All", "tags": "NetLiquidation,TotalCashValue,AccountType"}),
    Message("cancel_account_summary", {"req_id": 11}),
    Message("req_account_updates_multi", {"req_id": 12, "account": ACCOUNT}),
    Message("req_positions_multi", {"req_id": 13, "account": ACCOUNT}),
    Message("req_pnl", {"req_id": 14, "account": ACCOUNT}),
    Message("req_pnl_single", {"req_id": 15, "account": ACCOUNT, "con_id": 265598}),
    Message("req_contract_data", {"req_id": 16, "symbol": "AAPL", "sec_type": "STK", "currency": "USD"}),
    Message("req_contract_data", {"req_id": 17, "symbol": "NONE", "sec_type": "STK"}),
    Message("req_sec_def_opt_params", {"req_id": 18, **CHAIN}),
    Message("req_market_data_type", {"market_data_type": 3}),
    Message("req_market_data", {"req_id": 19, **AAPL}),
    Message("req_tick_by_tick", {"req_id": 20, **EUR, "tick_type": "BidAsk"}),
    Message("req_market_depth", {"req_id": 21, **AAPL, "rows": 3, "smart_depth": True}),
    Message("req_real_time_bars", {"req_id": 22, **AAPL, "what_to_show": "TRADES"}),
    Message("req_historical_data", {"req_id": 23, **ES, **BARS}),
    Message("req_head_timestamp", {"req_id": 24, **AAPL, "what_to_show": "TRADES", "format_date": 1}),
    Message("req_histogram", {"req_id": 25, **AAPL, "period": "3 days"}),
    Message("req_matching_symbols", {"req_id": 26, "pattern": "AAPL"}),
    Message("req_market_depth_exchanges"),
    Message("req_market_rule", {"market_rule_id": 26}),
    Message("req_news_providers"),
    Message("req_historical_news", {"req_id": 27, "con_id": 265598, "provider_codes": "BRFG", "total_results": 3}),
    Message("req_open_orders"),
    Message("req_all_open_orders"),
    Message("req_completed_orders"),
    Message("req_executions", {"req_id": 28}),
    Message("req_scanner_parameters"),
    Message("req_user_info", {"req_id": 29}),
    Message("req_family_codes"),
    Message("cancel_market_data", {"req_id": 19}),
)
"""Requests of most kinds that change nothing."""

ORDERS = (
    Message("place_order", {"order_id": 101, **ORDER}),
    Message("place_order", {"order_id": 102, **ORDER, "order_type": "MKT"}),
    Message("place_order", {"order_id": 103, **ORDER, "what_if": True}),
    Message("cancel_order", {"order_id": 101}),
)


async def recorded(
    requests: Iterable[Message], *, profile: str = "10.45", most: int = 226, **options: Any
) -> Recording:
    """Record a client that asks one thing after the other, each when the one before was answered."""
    async with simulated(profile, **options) as gateway, Tap(gateway.host, gateway.port) as tap:
        client = await Client.connect(tap.address[1], most)
        await client.greet()
        await client.start(7)
        for request in requests:
            client.say(request)
            await client.ask(Message("req_current_time"), end="current_time")
        await client.leave()
    recording = of_transcripts([tap.transcript])
    told = {"product": gateway.profile.product, "build": gateway.profile.version}
    return with_gateway(
        replace(recording, manifest=recording.manifest.model_copy(update={"began": tap.transcript.began})), **told
    )


def with_gateway(recording: Recording, **told: Any) -> Recording:
    """Give a recording whose manifest says something else of the gateway."""
    gateway = recording.manifest.gateway.model_copy(update=told)
    return replace(recording, manifest=recording.manifest.model_copy(update={"gateway": gateway}))


def changed(recording: Recording, name: str, change: Callable[[Message], Iterable[Message]]) -> Recording:
    """Give a recording in which the first message of a name that the gateway sent is replaced."""
    (dialogue,) = dialogues_of(recording)
    codec, entries = Codec(dialogue.server_version), list(recording.entries)
    told = [
        place for place, entry in enumerate(entries) if isinstance(entry, Framed) and entry.sender is Sender.GATEWAY
    ]
    for place in told[1:]:  # the first is the version reply
        entry = entries[place]
        assert isinstance(entry, Framed)
        message = codec.decode(entry.payload, Sender.GATEWAY)
        if isinstance(message, Message) and message.name == name:
            entries[place : place + 1] = [replace(entry, payload=codec.encode(each)) for each in change(message)]
            return replace(recording, entries=tuple(entries))
    raise AssertionError(f"the recording has no {name}")
