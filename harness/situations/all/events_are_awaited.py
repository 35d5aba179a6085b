"""A program awaits events, and makes streams of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from harness.situations.situation import About, Situation

if TYPE_CHECKING:
    from harness.situations.stage import Stage


async def _first(event: Any) -> Any:
    return await event


def play(stage: Stage) -> None:
    """Await an event, chain operators, and make bars of ticks."""
    ib = stage.connected()
    contract = stage.stock(ib)
    ticker = ib.reqMktData(contract)
    stage.settle(ib, seconds=1)

    async def program() -> str:
        waits = asyncio.ensure_future(_first(ticker.updateEvent))
        await asyncio.sleep(0)
        stage.gateway.set_price("AAPL", 190.0, 190.5)
        stage.gateway.step(2)
        return type(await asyncio.wait_for(waits, 20)).__name__

    stage.calls("await ticker.updateEvent", lambda: stage.library.util.run(program()))
    for name in ("trades", "bids", "asks", "bidasks", "midpoints"):
        stage.calls(f"updateEvent.{name}()", lambda: type(getattr(ticker.updateEvent, name)()).__name__)
    bars = stage.calls("updateEvent.trades().tickbars()", lambda: ticker.updateEvent.trades().tickbars(1), quiet=True)
    stage.calls("the list of such bars as a key", lambda: len({bars.bars: 1}))


SITUATION = Situation(about=About.MARKET, play=play)
