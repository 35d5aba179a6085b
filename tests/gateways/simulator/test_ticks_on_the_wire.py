"""Past ticks, depth, real-time bars and news: values of the truth, in the bytes of each version."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.gateways.simulator.truth import load
from harness.wire.framing import FrameReader
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_services_on_the_wire import conversation
from tests.gateways.simulator.test_truth_on_the_wire import TRUTH, asked, names

AAPL: Mapping[str, Value] = {"req_id": 3, "con_id": 265598, "exchange": "SMART"}
ES: Mapping[str, Value] = {"req_id": 3, "con_id": 495512563, "exchange": "CME"}
EURUSD: Mapping[str, Value] = {"req_id": 3, "con_id": 12087792, "exchange": "IDEALPRO"}
MARKET = load("paper").market
PAST = MARKET.past[265598]
START = 1795206660.0
"""When the stepped clocks begin: full five seconds."""


def told(request: Message, count: int = 1, version: int = 226, **options: Any) -> list[Message]:
    """The first messages that come back."""

    async def scenario() -> list[Message]:
        async with simulated(**options) as gateway, connected(gateway, 7, version) as client:
            client.say(request)
            return [await client.message() for _ in range(count)]

    return run(scenario())


def refused(name: str, values: Mapping[str, Value], version: int = 226) -> tuple[Value, Value, str]:
    """Id, code and text of the refusal."""
    (error,) = told(Message(name, values), version=version)
    return error["req_id"], error["code"], error.text("text")


def payload(request: Message, version: int) -> bytes:
    """The first frame that comes back, without its length."""

    async def scenario() -> bytes:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            client.say(request)
            reader = FrameReader()
            while True:
                for frame in reader.feed(await client.reader.read(65536)):
                    return frame

    return run(scenario())


def items(message: Message, name: str) -> list[dict[str, Any]]:
    """A list of a message."""
    rows = message[name]
    assert isinstance(rows, tuple)
    return [dict(row) for row in rows]


def text(number: int, body: str, version: int) -> bytes:
    head = struct.pack(">I", number) if version >= 201 else f"{number}\0".encode()
    return head + body.replace("|", "\0").encode()


@pytest.mark.parametrize("version", [157, 200, 201, 207, 208, 226])
def test_the_first_moment_is_told_in_utc(version: int) -> None:
    request = Message("req_head_timestamp", {**AAPL, "what_to_show": "TRADES", "format_date": 1})
    as_protobuf = struct.pack(">I", 288) + b"\x08\x03\x12\x1119801212-14:30:00"
    expected = as_protobuf if version >= 208 else text(88, "3|19801212-14:30:00|", version)
    assert payload(request, version) == expected


def test_the_first_moment_is_told_in_seconds_to_who_asks_so() -> None:
    (answer,) = told(Message("req_head_timestamp", {**AAPL, "what_to_show": "TRADES", "format_date": 2}))
    assert answer["head_timestamp"] == "345479400"


@pytest.mark.parametrize("version", [157, 200, 201, 207, 208, 226])
def test_the_histogram_is_that_of_the_truth(version: int) -> None:
    entries = TRUTH["histogram"]["aapl"]
    as_text = "".join(f"{price}|{size}|" for price, size in entries)
    expected = text(89, f"3|{len(entries)}|{as_text}", version)
    if version >= 208:
        expected = struct.pack(">I", 289) + b"\x08\x03" + b"".join(map(histogram_entry, entries))
    assert payload(Message("req_histogram", {**AAPL, "period": "3 days"}), version) == expected


def histogram_entry(entry: tuple[float, str]) -> bytes:
    """A price and its size, as protobuf."""
    price, size = entry
    body = b"\x09" + struct.pack("<d", price) + b"\x12" + bytes([len(size)]) + size.encode()
    return b"\x12" + bytes([len(body)]) + body


TICKS_BEFORE = {**AAPL, "end": "20261120-21:00:00", "number_of_ticks": 2}


def test_trades_of_the_past_are_the_newest_before_an_end() -> None:
    answers = asked(
        Message("req_historical_ticks", {**TICKS_BEFORE, "what_to_show": "TRADES"}), end="historical_ticks_last"
    )
    for version, answer in answers.items():
        (only,) = answer
        ticks = [tick | {"mask": 0, "unreported": False} for tick in items(only, "ticks")]
        assert ticks == [
            dict(tick) | {"mask": 0, "unreported": False, "past_limit": False} for tick in PAST.trades[-2:]
        ]
        assert (only["req_id"], only["done"]) == (3, True), version


@pytest.mark.parametrize("version", [157, 207, 208])
def test_an_odd_lot_is_unreported_in_a_mask_and_in_a_flag(version: int) -> None:
    wanted = {**AAPL, "start": "20261120-20:30:56", "number_of_ticks": 1, "what_to_show": "TRADES"}
    (answer,) = told(Message("req_historical_ticks", wanted), version=version)
    (tick,) = items(answer, "ticks")
    assert (tick["price"], tick["conditions"]) == (190.2375, " 4 I")
    assert (tick["mask"], tick["unreported"]) == ((2, False) if version < 208 else (0, True))


@pytest.mark.parametrize("bound", ["start", "end"])
@pytest.mark.parametrize(("zone", "codes"), [("", [2174]), (" US/Eastern", [])])
def test_past_ticks_whose_bound_has_no_zone_are_warned_of(bound: str, zone: str, codes: list[int]) -> None:
    wanted = {**AAPL, bound: f"20261120 15:30:56{zone}", "number_of_ticks": 1, "what_to_show": "TRADES"}
    answer = told(Message("req_historical_ticks", wanted), len(codes) + 1)
    assert [message["code"] for message in answer if message.name == "error"] == codes
    assert answer[-1].name == "historical_ticks_last"


def test_quotes_and_midpoints_of_the_past_are_the_same_quotes() -> None:
    (quotes,) = told(Message("req_historical_ticks", {**TICKS_BEFORE, "what_to_show": "BID_ASK"}))
    (middles,) = told(Message("req_historical_ticks", {**TICKS_BEFORE, "what_to_show": "MIDPOINT"}))
    assert [(tick["bid"], tick["ask_size"]) for tick in items(quotes, "ticks")] == [(190.25, "100"), (190.25, "200")]
    assert [(tick["price"], tick["size"]) for tick in items(middles, "ticks")] == [(190.5, "0"), (190.375, "0")]


def test_trades_of_a_pair_are_midpoints() -> None:
    wanted = {**EURUSD, "end": "20261120-21:00:00", "number_of_ticks": 1, "what_to_show": "TRADES"}
    (answer,) = told(Message("req_historical_ticks", wanted))
    assert (answer.name, items(answer, "ticks")[0]["price"]) == ("historical_ticks", 1.084175)


def test_aggregated_trades_of_a_share_are_its_trades_after_a_warning() -> None:
    warning, ticks = told(Message("req_historical_ticks", {**TICKS_BEFORE, "what_to_show": "AGGTRADES"}), 2)
    text = "Expected what to show is TRADES, please use that instead of AGGTRADES."
    assert (warning["req_id"], warning["code"], warning["text"]) == (3, 10299, text)
    assert ticks == told(Message("req_historical_ticks", {**TICKS_BEFORE, "what_to_show": "TRADES"}))[0]


@pytest.mark.parametrize(
    ("asked_for", "code", "part"),
    [
        ({"what_to_show": "NONSENSE"}, 321, "cause - Invalid source price"),
        ({"number_of_ticks": 0}, 321, "cause - Number of ticks must be > 0"),
        ({"start": "20261120-20:00:00"}, 10187, "2 out of startTime/endTime/timeLength parameters"),
        ({"end": "yesterday"}, 10314, "End Date/Time: The date, time, or time-zone entered is invalid."),
        ({"end": "20261120 20:00:00 Mars/Olympus"}, 10314, "End Date/Time"),
        ({"con_id": 1}, 200, "No security definition"),
        ({"con_id": 495512563, "exchange": "CME"}, 10187, "No market data permissions for CME FUT"),
    ],
)
def test_past_ticks_that_cannot_be_had_are_refused(asked_for: Mapping[str, Value], code: int, part: str) -> None:
    wanted = {**TICKS_BEFORE, "what_to_show": "TRADES", **asked_for}
    req_id, number, said = refused("req_historical_ticks", wanted)
    assert (req_id, number) == (3, code)
    assert part in said


def test_past_ticks_without_permission_are_refused_without_a_full_stop() -> None:
    wanted = {**TICKS_BEFORE, "con_id": 495512563, "exchange": "CME", "what_to_show": "TRADES"}
    text = "Failed to request historical ticks:No market data permissions for CME FUT"
    assert refused("req_historical_ticks", wanted) == (3, 10187, text)


@pytest.mark.parametrize("name", ["req_head_timestamp", "req_histogram"])
def test_the_past_of_what_has_none_is_refused(name: str) -> None:
    assert refused(name, {"req_id": 3, "con_id": 1, "exchange": "SMART"})[:2] == (3, 200)
    assert refused(name, {"req_id": 3, "con_id": 29621283, "exchange": "SMART"})[:2] == (3, 162)


@pytest.mark.parametrize("version", [148, 157, 205, 206, 226])
def test_the_depth_of_smart_is_every_row_with_its_exchange_and_a_notice(version: int) -> None:
    request = Message("req_market_depth", {**AAPL, "rows": 3, "smart_depth": True})
    *rows, notice = told(request, 7, version)
    expected = [(1, row) for row in TRUTH["depth"]["aapl"]["bids"][:3]] + [
        (0, row) for row in TRUTH["depth"]["aapl"]["asks"][:3]
    ]
    assert {row.name for row in rows} == {"market_depth_l2"}
    assert [(row["side"], [row["market_maker"], row["price"], row["size"]]) for row in rows] == expected
    assert [row["position"] for row in rows] == [0, 1, 2, 0, 1, 2]
    assert notice["code"] == 2152
    assert notice["text"] == (
        "Exchanges - Depth: NASDAQ; ARCA; IEX; Top: BYX; AMEX; MEMX; "
        "Need additional market data permissions - Depth: NYSE; BATS; "
    )


def test_the_depth_of_one_exchange_is_its_rows_without_their_exchange() -> None:
    rows = told(Message("req_market_depth", {**AAPL, "exchange": "NASDAQ", "rows": 5}), 4)
    assert names(rows) == ["market_depth"] * 4
    assert [(row["side"], row["price"]) for row in rows] == [(1, 190.25), (1, 190.1), (0, 190.5), (0, 190.75)]


@pytest.mark.parametrize("count", [-1, 0])
def test_who_asks_for_no_rows_of_depth_gets_every_row(count: int) -> None:
    of_all, of_none = (
        conversation(226, Message("req_market_depth", {**AAPL, "exchange": "NASDAQ", "rows": rows}))
        for rows in (20, count)
    )
    assert len(of_all) == 4
    assert of_none == of_all


def test_the_depth_begins_with_the_quote_and_is_in_order() -> None:
    quote, depth = TRUTH["quote"]["aapl"], MARKET.depth[265598]
    assert [(row.price, row.size) for row in (depth.bids[0], depth.asks[0])] == [
        (quote["bid"], quote["bid_size"]),
        (quote["ask"], quote["ask_size"]),
    ]
    assert all(better.price > worse.price for better, worse in pairwise(depth.bids))
    assert all(better.price < worse.price for better, worse in pairwise(depth.asks))


@pytest.mark.parametrize(
    ("asked_for", "code"),
    [({"smart_depth": False}, 10092), ({"con_id": 495512563, "exchange": "CME"}, 10092), ({"con_id": 1}, 200)],
)
def test_depth_that_cannot_be_had_is_refused(asked_for: Mapping[str, Value], code: int) -> None:
    assert refused("req_market_depth", {**AAPL, "rows": 3, "smart_depth": True, **asked_for})[:2] == (3, code)


def test_an_id_of_depth_is_taken_until_it_is_cancelled() -> None:
    request = Message("req_market_depth", {**AAPL, "exchange": "NASDAQ", "rows": 1})
    cancel = Message("cancel_market_depth", {"req_id": 3})

    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7) as client:
            for message in (request, request, cancel, cancel, request):
                client.say(message)
            return [await client.message() for _ in range(6)]

    heard = run(scenario())
    assert [message.values.get("code") for message in heard] == [None, None, 322, 310, None, None]
    assert heard[2]["text"] == "Error processing request.-'bQ' : cause - Duplicate ticker id"
    assert heard[3]["text"] == "Can't find the subscribed market depth with tickerId:3"


def bar(client_bar: Message) -> dict[str, Any]:
    return {name: client_bar[name] for name in ("time", "open", "high", "low", "close", "volume", "wap", "bar_count")}


async def stepped(clock: SteppedTime, client: Client, seconds: float, count: int) -> list[Message]:
    """Step the clock once somebody waits for it, and hear what comes."""
    await clock.awaited()
    clock.step(seconds)
    return [await client.message() for _ in range(count)]


UNTRADED = {"wap": "-1", "volume": "-1", "bar_count": -1}
"""Of midpoints, as a notebook of ib_insync shows them (2018); of quotes inferred."""


@pytest.mark.parametrize("version", [157, 207, 208, 226])
@pytest.mark.parametrize(
    ("shown", "price"), [("TRADES", 190.25), ("BID", 190.25), ("ASK", 190.5), ("MIDPOINT", 190.375)]
)
def test_a_real_time_bar_comes_at_once_and_every_five_seconds(version: int, shown: str, price: float) -> None:
    clock = SteppedTime(START + 1)

    async def scenario() -> list[Message]:
        async with simulated(timing=clock) as gateway, connected(gateway, 7, version) as client:
            client.say(Message("req_real_time_bars", {**AAPL, "bar_size": 5, "what_to_show": shown}))
            first = await client.message()
            return [first, *await stepped(clock, client, 4, 1), *await stepped(clock, client, 5, 1)]

    still = {**dict.fromkeys(("open", "high", "low", "close"), price), **UNTRADED}
    expected = TRUTH["real_time_bar"]["aapl"] if shown == "TRADES" else still
    heard = run(scenario())
    assert [bar(one) for one in heard] == [{"time": START + more, **expected} for more in (-5, 0, 5)]
    assert {one["req_id"] for one in heard} == {3}


def test_real_time_bars_end_with_their_cancel() -> None:
    clock = SteppedTime(START)
    request = Message("req_real_time_bars", {**AAPL, "what_to_show": "TRADES"})

    async def scenario() -> list[Message]:
        async with simulated(timing=clock) as gateway, connected(gateway, 7) as client:
            client.say(request)
            heard = [await client.message(), *await stepped(clock, client, 5, 1)]
            client.say(Message("cancel_real_time_bars", {"req_id": 3}))
            assert await client.answers()
            clock.step(5)
            client.say(Message("req_current_time"))
            return [*heard, await client.message()]

    assert names(run(scenario())) == ["real_time_bar", "real_time_bar", "current_time"]


@pytest.mark.parametrize(
    ("asked_for", "code", "part"),
    [
        ({"what_to_show": "BID_ASK"}, 321, "cause - What to show field is missing or incorrect."),
        ({"con_id": 29621283}, 420, "Invalid Real-time Query:No market data permissions for SBF STK."),
        ({"con_id": 29621283, "what_to_show": "MIDPOINT"}, 10089, "requires additional subscription for API"),
        ({"con_id": 1}, 200, "No security definition"),
    ],
)
def test_real_time_bars_that_cannot_be_had_are_refused(asked_for: Mapping[str, Value], code: int, part: str) -> None:
    req_id, number, said = refused("req_real_time_bars", {**AAPL, "what_to_show": "TRADES", **asked_for})
    assert (req_id, number) == (3, code)
    assert part in said


NEWS: Mapping[str, Value] = {"req_id": 3, "con_id": 265598, "provider_codes": "BRFG+DJNL", "total_results": 10}


@pytest.mark.parametrize("version", [157, 208, 209, 226])
def test_headlines_come_newest_first_and_say_whether_there_are_more(version: int) -> None:
    def headlines(**wanted: Value) -> list[Message]:
        answer = told(Message("req_historical_news", {**NEWS, **wanted}), 3, version)
        assert names(answer) == ["historical_news"] * 2 + ["historical_news_end"]
        return answer

    first, second, end = headlines()
    article = TRUTH["news"][0]
    assert [first[name] for name in ("time", "article_id", "headline")] == [
        "2026-11-20 14:05:31.0",
        article["id"],
        article["headline"],
    ]
    assert second["provider_code"] == "DJNL"
    assert end["has_more"] is False
    only = told(Message("req_historical_news", {**NEWS, "total_results": 1}), 2, version)
    assert (names(only), only[1]["has_more"]) == (["historical_news", "historical_news_end"], True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"provider_codes": "DJNL"}, ["DJNL"]),
        ({"con_id": 1}, []),
        ({"start": "2026-11-20 00:00:00.0"}, ["BRFG"]),
        ({"end": "2026-11-20 00:00:00.0"}, ["DJNL"]),
        ({"start": "2026-11-20 00:00:00.0", "end": "2026-11-20 00:00:00.0"}, ["DJNL"]),
        ({"start": "yesterday"}, ["BRFG", "DJNL"]),
    ],
)
def test_headlines_are_those_that_were_asked_for(wanted: Mapping[str, Value], found: list[str]) -> None:
    *heard, _ = told(Message("req_historical_news", {**NEWS, **wanted}), len(found) + 1)
    assert [headline["provider_code"] for headline in heard] == found


@pytest.mark.parametrize("version", [157, 208, 209])
def test_an_article_is_its_text(version: int) -> None:
    article = TRUTH["news"][0]
    wanted = {"req_id": 3, "provider_code": article["provider"], "article_id": article["id"]}
    (answer,) = told(Message("req_news_article", wanted), version=version)
    assert (answer["article_type"], answer["text"]) == (0, article["text"])
    assert refused("req_news_article", {**wanted, "article_id": "none"}, version)[:2] == (3, 10172)


@pytest.mark.parametrize("version", [157, 208, 209])
def test_bulletins_of_today_go_to_who_wants_all(version: int) -> None:
    async def scenario() -> list[Message]:
        async with simulated() as gateway, connected(gateway, 7, version) as client:
            for every in (False, True):
                client.say(Message("req_news_bulletins", {"all_messages": every}))
            client.say(Message("cancel_news_bulletins"))
            return await client.ask(Message("req_ids"), end="next_valid_id")

    bulletin, _ = run(scenario())
    (expected,) = TRUTH["bulletin"]
    assert [bulletin[name] for name in ("news_id", "news_type", "text", "exchange")] == [
        expected["id"],
        expected["kind"],
        expected["text"],
        expected["exchange"],
    ]
