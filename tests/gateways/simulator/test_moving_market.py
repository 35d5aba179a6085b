"""A market that moves, as a client sees it: lines, ticks and bars that agree with each other, and refusals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AsyncExitStack
from itertools import pairwise
from types import TracebackType
from typing import Any, Self

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated

FRIDAY = dt.datetime(2026, 12, 4, 15, tzinfo=dt.UTC).timestamp()
"""Half an hour after the opening in New York."""
NIGHT = dt.datetime(2026, 12, 5, 7, tzinfo=dt.UTC).timestamp()

AAPL: Mapping[str, Value] = {
    "req_id": 3,
    "con_id": 265598,
    "symbol": "AAPL",
    "sec_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
}
EURUSD: Mapping[str, Value] = {
    "req_id": 3,
    "symbol": "EUR",
    "sec_type": "CASH",
    "exchange": "IDEALPRO",
    "currency": "USD",
}


class Exchange:
    """A client of a gateway whose clock is stepped; its answers end with that to a question of the time."""

    def __init__(self, start: float = FRIDAY, seed: int = 1, version: int = 226) -> None:
        self.clock = SteppedTime(start)
        self._gateway = simulated("10.45", seed=seed, timing=self.clock)
        self._version = version
        self._stack = AsyncExitStack()
        self._client: Client | None = None

    async def __aenter__(self) -> Self:
        gateway = await self._stack.enter_async_context(self._gateway)
        self._client = await self._stack.enter_async_context(connected(gateway, 7, self._version))
        await self.asked()  # the notices that a gateway may have besides
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def asked(self, *requests: Message) -> list[Message]:
        """Ask; return all that comes before the gateway has answered a last question."""
        assert self._client is not None
        for request in requests:
            self._client.say(request)
        return (await self._client.ask(Message("req_ids"), end="next_valid_id"))[:-1]

    async def passes(self, seconds: float) -> list[Message]:
        """Let time pass, from one moment that is waited for to the next; return what came."""
        heard: list[Message] = []
        ends = self.clock.now() + seconds
        while (due := await self.clock.awaited()) <= ends:
            self.clock.step(due - self.clock.now())
            heard += await self.asked()
        self.clock.step(ends - self.clock.now())
        return heard


def numbers(messages: list[Message], name: str, *fields: str) -> list[tuple[Value, ...]]:
    return [tuple(message[field] for field in fields) for message in messages if message.name == name]


def refused(wanted: Mapping[str, Value], name: str = "req_market_data", start: float = FRIDAY) -> tuple[Value, Value]:
    async def scenario() -> list[Message]:
        async with Exchange(start) as exchange:
            return await exchange.asked(Message(name, wanted))

    (message,) = run(scenario())
    assert (message.name, message["req_id"]) == ("error", wanted["req_id"])
    return message["code"], message["text"]


def test_a_line_begins_with_all_that_is_known_in_the_order_of_a_real_one() -> None:
    """Captured: AAPL, SPY and QQQ at 10.40; a size comes with its price and then again alone."""

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_data", AAPL))

    kind, parameters, *batch = run(scenario())
    assert (kind.name, kind["market_data_type"]) == ("market_data_type", 1)
    assert [parameters[key] for key in ("min_tick", "bbo_exchange", "snapshot_permissions")] == ["0.01", "9c0001", 3]
    assert [tick["tick_type"] for tick in batch] == [45, 4, 5, 8, 6, 7, 9, 14, 1, 0, 2, 3]
    sizes = {tick["tick_type"]: tick["size"] for tick in batch if tick.name == "tick_size"}
    assert [(price["size"], price["attributes"]) for price in batch if price["tick_type"] in {1, 2}] == [
        (sizes[0], 1),
        (sizes[3], 1),
    ]


def test_then_only_what_has_changed_is_told() -> None:
    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_data", AAPL)), await exchange.passes(20)

    first, later = run(scenario())
    told = {tick["tick_type"]: tick.values for tick in first if "tick_type" in tick.values}
    assert later
    for before, tick in pairwise([first[-1], *later]):
        repeated = before.name == "tick_price" and tick.name == "tick_size"  # the size of a price comes again alone
        assert repeated or told.get(tick["tick_type"]) != tick.values
        told[tick["tick_type"]] = tick.values


def test_ticks_one_by_one_make_the_bars_that_are_told_and_the_volume_of_the_line() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            requests = (
                Message("req_tick_by_tick", {**AAPL, "tick_type": "AllLast"}),
                Message("req_real_time_bars", {**AAPL, "what_to_show": "TRADES"}),
                Message("req_market_data", AAPL),
            )
            return [*await exchange.asked(*requests), *await exchange.passes(60), *await exchange.passes(0.25)]

    heard = run(scenario())
    ticks = numbers(heard, "tick_by_tick", "last_time", "last_price", "last_size")
    bars = numbers(heard, "real_time_bar", "time", "open", "high", "low", "close", "volume", "bar_count")
    assert len(bars) == 12
    for begins, opens, high, low, closes, volume, count in bars:
        inside = [(price, size) for time, price, size in ticks if begins <= time < begins + 5]  # type: ignore[operator]
        assert count == len(inside)
        assert int(str(volume)) == sum(int(str(size)) for _, size in inside)
        if inside:
            prices = [float(str(price)) for price, _ in inside]
            assert (opens, high, low, closes) == (prices[0], max(prices), min(prices), prices[-1])
    volumes = [int(str(tick["size"])) for tick in heard if tick.name == "tick_size" and tick["tick_type"] == 8]
    assert volumes == sorted(volumes)
    assert volumes[-1] - volumes[0] == sum(int(str(size)) for _, _, size in ticks)


def test_history_has_the_bars_that_were_told_when_they_came() -> None:
    wanted = {**AAPL, "bar_size": "5 secs", "duration": "60 S", "what_to_show": "TRADES", "format_date": 2}

    async def scenario() -> tuple[list[Message], list[Message]]:
        async with Exchange() as exchange:
            await exchange.asked(Message("req_real_time_bars", {**AAPL, "what_to_show": "TRADES"}))
            live = await exchange.passes(60)
            return live, await exchange.asked(Message("req_historical_data", {**wanted, "req_id": 4}))

    live, (history, _) = run(scenario())
    fields = ("open", "high", "low", "close", "volume", "wap", "bar_count")
    known = [(str(bar["time"]), *(bar[field] for field in fields)) for bar in live]
    assert [(bar["date"], *(bar[field] for field in fields)) for bar in history["bars"]] == known  # type: ignore[union-attr,index]


def test_bars_kept_up_to_date_grow_and_are_followed_by_the_next() -> None:
    wanted = {**AAPL, "bar_size": "1 min", "duration": "300 S", "what_to_show": "TRADES", "keep_up_to_date": True}

    async def scenario() -> list[Message]:
        async with Exchange(FRIDAY + 30) as exchange:
            await exchange.asked(Message("req_historical_data", {**wanted, "format_date": 2}))
            return await exchange.passes(60)

    updates = numbers(run(scenario()), "historical_data_update", "date", "bar_count")
    minutes = [int(str(date)) - int(FRIDAY) for date, _ in updates]
    assert minutes == sorted(minutes)
    assert set(minutes) == {0, 60}
    for minute in (0, 60):
        counts = [int(str(count)) for date, count in updates if int(str(date)) - int(FRIDAY) == minute]
        assert counts == sorted(counts)


def test_nothing_is_told_once_it_is_cancelled() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            await exchange.asked(
                Message("req_tick_by_tick", {**AAPL, "tick_type": "BidAsk"}),
                Message("req_market_data", {**AAPL, "req_id": 4}),
                Message("req_real_time_bars", {**AAPL, "req_id": 5, "what_to_show": "TRADES"}),
            )
            cancels = (Message("cancel_tick_by_tick", {"req_id": 3}), Message("cancel_market_data", {"req_id": 4}))
            await exchange.asked(*cancels)
            return await exchange.passes(10)

    assert {message.name for message in run(scenario())} == {"real_time_bar"}


def test_the_same_seed_tells_the_same() -> None:
    async def scenario(seed: int) -> list[Message]:
        async with Exchange(seed=seed) as exchange:
            await exchange.asked(Message("req_tick_by_tick", {**AAPL, "tick_type": "Last"}))
            return await exchange.passes(30)

    one, again, other = (run(scenario(seed)) for seed in (5, 5, 6))
    assert one == again
    assert one != other


@pytest.mark.parametrize(("version", "divided"), [(219, 100), (220, 1)])
def test_the_volume_of_a_stock_in_the_united_states_is_in_hundreds_until_220(version: int, divided: int) -> None:
    """Captured at 10.40; that 220 announces shares is in IBKR's client."""

    async def scenario() -> list[Message]:
        async with Exchange(version=version) as exchange:
            return await exchange.asked(Message("req_market_data", {**AAPL, "generic_ticks": "233"}))

    heard = run(scenario())
    (volume,) = (tick["size"] for tick in heard if tick.name == "tick_size" and tick["tick_type"] == 8)
    (whole,) = (tick["value"] for tick in heard if tick.name == "tick_string" and tick["tick_type"] == 48)
    assert int(str(volume)) == int(str(whole).split(";")[3]) // divided


def test_a_pair_has_neither_trades_nor_volume() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_market_data", {**EURUSD, "snapshot": True}))

    heard = run(scenario())
    types = {tick["tick_type"] for tick in heard if "tick_type" in tick.values}
    assert types & {4, 5, 8, 14} == set()
    assert {1, 2} < types
    assert [tick["tick_type"] for tick in heard if "tick_type" in tick.values] == [45, 49, 6, 7, 9, 1, 0, 2, 3]
    assert heard[-1].name == "tick_snapshot_end"


def test_an_option_is_told_with_what_is_computed_of_it() -> None:
    underlying: Mapping[str, Value] = {"underlying_symbol": "AAPL", "underlying_con_id": 265598}
    option: Mapping[str, Value] = {**AAPL, "con_id": 0, "sec_type": "OPT", "right": "C"}

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            chain: Any = (await exchange.asked(Message("req_sec_def_opt_params", {"req_id": 9, **underlying})))[
                0
            ].values
            strikes = [strike["price"] for strike in chain["strikes"]]
            which = {"last_trade_date": chain["expirations"][3]["date"], "strike": strikes[len(strikes) // 2]}
            return await exchange.asked(Message("req_market_data", {**option, **which}))

    computed = {tick["tick_type"]: tick for tick in run(scenario()) if tick.name == "tick_option_computation"}
    assert set(computed) == {10, 11, 13}
    assert 0 < float(str(computed[13]["delta"])) < 1
    assert computed[10]["option_price"] < computed[13]["option_price"] < computed[11]["option_price"]  # type: ignore[operator]


TOYOTA: Mapping[str, Value] = {**AAPL, "con_id": 0, "symbol": "7203", "currency": "JPY"}
NESTLE: Mapping[str, Value] = {**AAPL, "con_id": 0, "symbol": "NESN", "currency": "CHF"}


def test_delayed_data_has_types_of_its_own_and_a_notice() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(
                Message("req_market_data_type", {"market_data_type": 3}), Message("req_market_data", TOYOTA)
            )

    kind, notice, _, *batch = run(scenario())
    assert kind["market_data_type"] == 3
    assert (notice["code"], notice["req_id"]) == (10167, 3)
    assert [tick["tick_type"] for tick in batch] == [66, 67, 68, 88, 72, 73, 74, 75, 76]  # no size comes alone


@pytest.mark.parametrize(
    ("wanted", "code", "part"),
    [
        pytest.param(TOYOTA, 10168, "Delayed market data is not enabled.", id="delayed alone, and live asked for"),
        pytest.param(NESTLE, 354, "Requested market data is not subscribed. Check API status", id="none at all"),
        pytest.param({**AAPL, "con_id": 1}, 200, "No security definition", id="unknown"),
        pytest.param({**AAPL, "generic_ticks": "999"}, 321, "Incorrect generic tick list of 999.  Legal", id="999"),
        pytest.param({**AAPL, "generic_ticks": "104"}, 321, "generic tick list of 104.", id="104 is refused"),
        pytest.param(
            {**AAPL, "generic_ticks": "233", "snapshot": True}, 321, "not applicable to generic ticks", id="a snapshot"
        ),
    ],
)
def test_lines_that_cannot_be_had_are_refused(wanted: Mapping[str, Value], code: int, part: str) -> None:
    number, text = refused(wanted)
    assert number == code
    assert part in str(text)


@pytest.mark.parametrize(
    ("name", "wanted", "most", "code"),
    [("req_market_data", {}, 100, 101), ("req_tick_by_tick", {"tick_type": "Last"}, 5, 10190)],
)
def test_there_are_so_many_lines_and_no_more(name: str, wanted: Mapping[str, Value], most: int, code: int) -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            requests = [Message(name, {**AAPL, **wanted, "req_id": number}) for number in range(most + 1)]
            return await exchange.asked(*requests)

    assert numbers(run(scenario()), "error", "req_id", "code") == [(most, code)]


@pytest.mark.parametrize(("start", "kind"), [(FRIDAY, 1), (NIGHT, 2)])
def test_frozen_data_is_told_while_the_market_is_closed(start: float, kind: int) -> None:
    async def scenario() -> list[Message]:
        async with Exchange(start) as exchange:
            return await exchange.asked(
                Message("req_market_data_type", {"market_data_type": 2}), Message("req_market_data", AAPL)
            )

    assert run(scenario())[0]["market_data_type"] == kind


def test_nothing_moves_at_night() -> None:
    async def scenario() -> list[Message]:
        async with Exchange(NIGHT) as exchange:
            await exchange.asked(
                Message("req_market_data", AAPL),
                Message("req_real_time_bars", {**AAPL, "req_id": 4, "what_to_show": "TRADES"}),
                Message("req_tick_by_tick", {**AAPL, "req_id": 5, "tick_type": "Last"}),
            )
            return await exchange.passes(60)

    assert run(scenario()) == []


def test_more_bars_than_one_answer_holds_are_refused() -> None:
    wanted = {**AAPL, "bar_size": "1 secs", "duration": "1 D", "what_to_show": "TRADES"}
    number, text = refused(wanted, "req_historical_data")
    assert number == 162
    assert "Time length exceed max" in str(text)


@pytest.mark.parametrize(("shown", "field"), [("TRADES", "price"), ("BID_ASK", "bid"), ("MIDPOINT", "price")])
def test_ticks_of_the_past_are_the_newest_before_a_moment(shown: str, field: str) -> None:
    wanted = {**AAPL, "what_to_show": shown, "number_of_ticks": 40, "end": "20261204-15:00:00"}

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message("req_historical_ticks", wanted))

    (message,) = run(scenario())
    ticks = message["ticks"]
    assert isinstance(ticks, tuple | list)
    assert len(ticks) == 40
    times = [tick["time"] for tick in ticks]
    assert times == sorted(times)
    assert int(str(times[-1])) <= FRIDAY
    assert all(float(str(tick[field])) > 0 for tick in ticks)


def test_who_stays_for_days_is_told_of_the_contracts_of_the_day() -> None:
    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            heard = []
            for _ in range(2):
                heard.append((await exchange.asked(Message("req_contract_data", AAPL)))[0])
                exchange.clock.step(3 * 86400)
            return heard

    friday, monday = (str(details["trading_hours"])[:8] for details in run(scenario()))
    assert (friday, monday) == ("20261204", "20261207")


@pytest.mark.parametrize(
    ("name", "answer"), [("req_market_data", "reroute_market_data"), ("req_market_depth", "reroute_market_depth")]
)
def test_who_asks_for_a_cfd_is_sent_to_its_underlying(name: str, answer: str) -> None:
    """Captured for data: nothing else follows."""

    async def scenario() -> list[Message]:
        async with Exchange() as exchange:
            return await exchange.asked(Message(name, {**AAPL, "con_id": 0, "sec_type": "CFD"}))

    (message,) = run(scenario())
    assert (message.name, message["con_id"], message["exchange"]) == (answer, 265598, "SMART")
