"""Requests with absurd values are answered or refused as any: none makes the simulator itself fail."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import pytest

from harness.gateways.simulator.timing import SteppedTime
from harness.wire import values
from harness.wire.catalogue import Kind
from harness.wire.message import Message, Value
from tests.gateways.simulator.talk import Client, connected, run, simulated
from tests.gateways.simulator.test_bars_on_the_wire import ES
from tests.gateways.simulator.test_options_on_the_wire import CALL_ENDS, SPY_CALL
from tests.gateways.simulator.test_ticks_on_the_wire import AAPL

BARS, TICKS = "req_historical_data", "req_historical_ticks"
PRICE, VOLATILITY = "req_calculate_option_price", "req_calculate_implied_volatility"
NO_MOMENT, NOT_VALID = 10314, 321
TICKS_OF = {**AAPL, "number_of_ticks": 1, "what_to_show": "TRADES"}
LONG_ZONE = "A" * 400

MANY_DIGITS = "9" * 5000
OF_TIMES: Mapping[str, tuple[str, Mapping[str, Value], int]] = {
    "bars up to a folder of zones": (BARS, {**ES, "end": "20261120 20:00:00 US"}, NO_MOMENT),
    "bars up to a long zone": (BARS, {**ES, "end": f"20261120 20:00:00 {LONG_ZONE}"}, NO_MOMENT),
    "bars of many days": (BARS, {**ES, "duration": f"{MANY_DIGITS} D"}, NOT_VALID),
    "bars of many seconds": (BARS, {**ES, "duration": f"{MANY_DIGITS} S"}, NOT_VALID),
    "ticks since a folder of zones": (TICKS, {**TICKS_OF, "start": "20261120 20:00:00 US"}, NO_MOMENT),
    "ticks up to a long zone": (TICKS, {**TICKS_OF, "end": f"20261120 20:00:00 {LONG_ZONE}"}, NO_MOMENT),
}


class Infinity(float):
    """An infinite number that is written as IBKR's own client writes it."""

    def __str__(self) -> str:
        return "Infinity" if self > 0 else "-Infinity"


NUMBERS = (5e-324, Infinity("inf"), Infinity("-inf"), math.nan)
OF_NUMBERS: Mapping[str, tuple[str, Mapping[str, Value], None]] = {
    f"{name} {field} {number}": (name, {**SPY_CALL, **usual, field: number}, None)
    for name, usual in (
        (PRICE, {"volatility": 0.25, "underlying_price": 595.0}),
        (VOLATILITY, {"option_price": 2.0, "underlying_price": 595.0}),
    )
    for field in usual
    for number in NUMBERS
    if (field, number) != ("option_price", NUMBERS[0])  # a price like others: no volatility leads to it
}
ABSURD: Mapping[str, tuple[str, Mapping[str, Value], int | None]] = {**OF_TIMES, **OF_NUMBERS}


def as_a_library_may(client: Client, request: Message, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Encode a request; other libraries write infinity and NaN, too, which ours refuses to."""
    with monkeypatch.context() as patched:
        patched.setitem(values._FITS, Kind.FLOAT, lambda _: True)
        return client.side.send(request)


@pytest.mark.parametrize("version", [200, 226])
@pytest.mark.parametrize("case", ABSURD)
def test_absurd_values_are_refused_or_answered_with_numbers(
    case: str, version: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, asked_for, code = ABSURD[case]

    async def scenario() -> Message:
        clock = SteppedTime(CALL_ENDS - 36.5 * 86400)
        async with simulated(timing=clock) as gateway, connected(gateway, 7, version) as client:
            client.writer.write(as_a_library_may(client, Message(name, asked_for), monkeypatch))
            answer = await client.message()
            assert await client.answers()
            return answer

    answer = run(scenario())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert answer["req_id"] == 3
    if code is not None:
        assert (answer.name, answer["code"]) == ("error", code)
        return
    assert answer.name == "tick_option_computation"
    numbers = [value for value in answer.values.values() if isinstance(value, float)]
    assert len(numbers) == 8
    assert all(map(math.isfinite, numbers))
