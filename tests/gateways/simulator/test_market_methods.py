"""Every method of market data of the real libraries returns, with the values of the truth."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.simulator.option_model import Option
from harness.gateways.simulator.timing import SteppedTime
from tests.gateways.simulator.talk import simulated
from tests.gateways.simulator.test_options_on_the_wire import CALL_ENDS, priced
from tests.gateways.simulator.test_truth_on_the_wire import TRUTH
from tests.limits import PATIENCE
from tests.rows import LibraryRow, need_row

SCRIPT = Path(__file__).with_name("market_methods.py")
PRICE = priced(Option(is_call=True, strike=600.5, years=0.1, underlying=595.0), 0.25)
QUOTE, ARTICLES = TRUTH["quote"]["aapl"], TRUTH["news"]


def depth() -> list[list[Any]]:
    rows = TRUTH["depth"]["aapl"]
    return [[maker, price, float(size)] for side in ("bids", "asks") for maker, price, size in rows[side][:3]]


EXPECTED = {
    "head timestamp": "19801212-14:30:00",
    "histogram": [[price, float(size)] for price, size in TRUTH["histogram"]["aapl"]],
    "past TRADES": [row[1] for row in TRUTH["past"]["aapl"]["trades"][-2:]],
    "past BID_ASK": [row[1] for row in TRUTH["past"]["aapl"]["quotes"][-2:]],
    "past MIDPOINT": [(row[1] + row[2]) / 2 for row in TRUTH["past"]["aapl"]["quotes"][-2:]],
    "schedule": ["20261120", "20261123"],
    "depth": depth(),
    "real-time bar": [190.375, -1.0],
    "kept up to date": [6, 6724.5],
    "tick Last": TRUTH["trade"]["aapl"]["price"],
    "tick AllLast": TRUTH["trade"]["aapl"]["price"],
    "tick BidAsk": QUOTE["ask"],
    "tick MidPoint": 190.375,
    "option price": [pytest.approx(PRICE.price, rel=1e-3), pytest.approx(PRICE.delta, rel=1e-3)],
    "implied volatility": pytest.approx(0.25),
    "bulletin": TRUTH["bulletin"][0]["text"],
    "headlines": [article["id"] for article in ARTICLES],
    "article": ARTICLES[0]["text"],
}


class Stepped:
    """A gateway in a thread, whose clock is stepped from outside."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.clock = SteppedTime(CALL_ENDS - 36.5 * 86400)
        self.gateway = simulated(timing=self.clock)
        self._loop = loop

    def step(self) -> None:
        """Go to the next moment that somebody waits for, once somebody does."""

        async def to_next() -> None:
            self.clock.step(await self.clock.awaited() - self.clock.now())

        asyncio.run_coroutine_threadsafe(to_next(), self._loop).result(PATIENCE)


@contextmanager
def stepped_gateway() -> Iterator[Stepped]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    stepped = Stepped(loop)
    try:
        asyncio.run_coroutine_threadsafe(stepped.gateway.__aenter__(), loop).result(PATIENCE)
        yield stepped
    finally:
        leaving = stepped.gateway.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


def asked(row: LibraryRow, folder: Path) -> dict[str, Any]:
    """Call every method, and return what each gave."""
    errors = folder / "stderr.txt"
    with stepped_gateway() as stepped, errors.open("wb") as stderr:
        command: list[str | Path] = [row.python, "-I", SCRIPT, row.adapter, str(stepped.gateway.port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
            lines = list(said(process, stepped))
    assert lines, errors.read_text("utf-8", "replace")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def said(process: subprocess.Popen[str], stepped: Stepped) -> Iterator[str]:
    """Yield what a script says, and step the clock where it says so; whatever happens, the script ends."""
    assert process.stdout is not None
    overdue = threading.Timer(PATIENCE, process.kill)
    overdue.daemon = True
    overdue.start()
    try:
        for line in process.stdout:
            if line == "step\n":
                stepped.step()
            else:
                yield line
    finally:
        overdue.cancel()
        process.kill()


@pytest.mark.parametrize("library", ["ib_async==2.1.0", "ibapi-latest==10.51.1"])
def test_every_method_returns_with_the_truth(library: str, tmp_path: Path) -> None:
    found = asked(need_row(library), tmp_path)
    assert {name: found.get(name) for name in EXPECTED} == EXPECTED
